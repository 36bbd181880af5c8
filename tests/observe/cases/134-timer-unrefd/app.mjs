// A flush waits on an unref'd timer. Main ends before it, nothing else keeps the process, and the last
// batch is never written. Ends by itself with status 0.
const batch = ["a", "b"];

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function flushLater() {
  await pause(5_000);
  console.log("flushed", batch.length);
}

flushLater();
console.log("batched", batch.length);
