// A comparator is async: what sort takes for a number is a promise, so nothing is put in order. Ends by itself with status 0.
async function priority(job) {
  await null;
  return job.length;
}

const jobs = ["ccc", "a", "bb"];
jobs.sort(async (a, b) => (await priority(a)) - (await priority(b)));
console.log(jobs.join(" "));
