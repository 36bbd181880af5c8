// A draft is saved when nothing has been typed for a while: the timer calls the function that debounce() was handed, by the
// name of a parameter, and nobody has its promise. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

const saved = [];

async function saveDraft(text) {
  await sleep(10_000);
  saved.push(text);
}

function debounce(run, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), ms);
  };
}

const save = debounce(saveDraft, 20);

save("a");
save("ab");
await sleep(100);
console.log(`saved: ${saved.length}`);
process.exit(0);
