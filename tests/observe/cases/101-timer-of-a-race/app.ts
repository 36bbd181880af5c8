// The answer comes at once, but the timer of the race is never cleared: it rejects a promise that nobody waits
// for any more, and the command line hangs about until it is due. Ends by itself, 1.5 s late.
import { setTimeout as sleep } from "node:timers/promises";

async function ask(question: string): Promise<string> {
  await sleep(50);
  return `${question}: yes`;
}

function withLimit<T>(work: Promise<T>, ms: number): Promise<T> {
  const limit = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("too late")), ms);
  });
  return Promise.race([work, limit]);
}

console.log(await withLimit(ask("ready"), 1_500));
console.log("done");
