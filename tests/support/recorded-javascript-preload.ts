/** What the runtime loads before a program that `recorded-javascript.ts` has transformed. */
import { readFileSync } from "node:fs";
import { startRecorder } from "../../src/observe/javascript/recorder/start.ts";

const { TANDEM_RECORD, TANDEM_BLOCKS, TANDEM_TEST_SITES, TANDEM_TEST_NAME } = process.env;
const recorder = startRecorder({
  runtime: typeof Bun === "undefined" ? "node" : "bun",
  settings: {
    folder: TANDEM_RECORD!,
    blocksNs: Number(TANDEM_BLOCKS ?? 100_000_000),
    prints: false,
  },
  own: import.meta.filename,
});
for (const { file, first, sites } of JSON.parse(readFileSync(TANDEM_TEST_SITES!, "utf8")))
  recorder.addSites(file, sites, first);
(globalThis as Record<string, unknown>)[TANDEM_TEST_NAME!] = recorder.t;
