/** A recorder that counts what it is told, by file and kind of site, and writes that down when the process ends. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Inserted, Site } from "../../../src/observe/javascript/inserted.ts";
import type { Recorder } from "../../../src/observe/javascript/loading/recorder.ts";
import { passing } from "./passing.ts";

/** `file: kind line` of each site that was called, or why a file is unseen. */
const told = new Set<string>();
const sites: { file: string; site: Site }[] = [];

const note = (number: number): void => {
  const { file, site } = sites[number] ?? {};
  told.add(
    site === undefined ? `site ${number} is not known` : `${file}: ${site.kind} ${site.line}`,
  );
};

const t = Object.fromEntries(
  Object.entries(passing.t).map(([name, call]) => [
    name,
    (...given: never[]) => {
      if ("medvpghwxk".includes(name)) note(given[0]!);
      return (call as (...given: never[]) => unknown)(...given);
    },
  ]),
) as unknown as Inserted;

const flush = (): void => {
  const path = join(process.env["TANDEM_RECORD"]!, `${process.pid}.json`);
  for (const line of told) appendFileSync(path, `${JSON.stringify(line)}\n`);
  told.clear();
};
process.on("exit", flush);

// As the recorder sees which promises are waited for.
let constructor: unknown = Promise;
Object.defineProperty(Promise.prototype, "constructor", {
  configurable: true,
  enumerable: false,
  get: () => constructor,
  set: (value: unknown) => (constructor = value),
});

export const recorder: Recorder = {
  t,
  addSites(file, added, first) {
    for (const [index, site] of added.entries())
      sites[first + index] = { file: site.file ?? file, site };
  },
  addSource: () => undefined,
  unseen: (file, why) => told.add(`${file}: ${why}`),
  printedAgain() {},
  took: () => {},
  flush,
};
