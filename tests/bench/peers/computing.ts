/** The measure of "200 jobs": Workers that compute as many and say nothing to each other. Prints their makespan in ms. */
import { compute } from "../../../src/drivers/real/hold.ts";

declare const self: Worker;

/** Resolves when a Worker says anything. */
const word = (worker: Worker): Promise<unknown> =>
  new Promise((resolve) => {
    worker.onmessage = resolve;
  });

if (Bun.isMainThread) {
  const [workers, jobs, ms] = process.argv.slice(2).map(Number) as [number, number, number];
  const all = Array.from({ length: workers }, () => new Worker(import.meta.url));
  await Promise.all(all.map(word));
  const began = performance.now();
  for (const worker of all) worker.postMessage([jobs / workers, ms]);
  await Promise.all(all.map(word));
  console.log(performance.now() - began);
  process.exit(0);
} else {
  self.onmessage = ({ data: [jobs, ms] }: MessageEvent<[number, number]>) => {
    for (let job = 0; job < jobs; job++) compute(ms);
    postMessage("done");
  };
  postMessage("ready");
}
