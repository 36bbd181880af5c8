/**
 * Files of events with lines and values changed at random, given to `report` in each of its forms: each is read, or
 * refused in one sentence with its line. `TANDEM_CASES` says how many, `TANDEM_CASE` which one alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { randomFrom } from "../drivers/arbitrary.ts";
import { dangersIn, hostilePieces } from "../support/hostile.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(allRounds ? 3_600_000 : 300_000);

const only = process.env["TANDEM_CASE"];
const cases = Number(process.env["TANDEM_CASES"] ?? rounds(40, 3000));

/** What is put in the place of a value, as JSON. */
const instead = [
  ...[null, true, "", -1, 1.5, 1e308, 2 ** 53, "x", [], {}, "__proto__", "constructor"],
  ...hostilePieces,
].map((value) => JSON.stringify(value));
instead.push(
  '{"toString":1}',
  '{"__proto__":{"a":1}}',
  "9".repeat(400),
  JSON.stringify("x".repeat(200_000)),
  "[".repeat(20_000) + "]".repeat(20_000),
);

const forms = [[], ["--json"], ["--timeline"]];
const endings = ["html", "svg", "md", "csv", "sarif", "perfetto.json", "pftrace"];

test(`${allRounds ? "law: " : ""}whatever a file of events has become, report reads it or says what is wrong in which line`, async () => {
  using folder = temporaryFolder();
  const records = [
    readFileSync(join(import.meta.dir, "../report/traces/app.ndjson"), "utf8"),
    readFileSync(join(import.meta.dir, "../report/traces/app.ndjson"), "utf8"),
  ];
  for (const name of ["lost", "queue", "blocking", "worker-killed", "processes"]) {
    const file = folder.file(`${name}.ndjson`);
    await tandemHere(["run", name, "--driver", "virtual", "--events", file]);
    records.push(readFileSync(file, "utf8"));
  }
  const numbers =
    only === undefined ? Array.from({ length: cases }, (_, number) => number) : [Number(only)];
  for (const number of numbers) {
    const random = randomFrom(20261130 + 7919 * number);
    for (let k = 0; k < 5; k++) random();
    const one = <Value>(values: readonly Value[]): Value =>
      values[Math.floor(random() * values.length)]!;
    const lines = one(records).trimEnd().split("\n");
    for (let changes = 1 + Math.floor(3 * random()); changes > 0; changes--) {
      const index = random() < 0.3 ? 0 : Math.floor(random() * lines.length);
      const line = lines[index]!;
      const fields = [
        ...line.matchAll(/"(\w+)":("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null|\[|\{)/g),
      ];
      if (fields.length === 0) continue;
      const { index: at, 0: whole, 1: key, 2: value } = one(fields);
      const put = (text: string): void => {
        lines[index] = line.slice(0, at) + text + line.slice(at + whole.length);
      };
      one([
        () => put(`"${key}":${one(instead)}`),
        () => put(`"${key}":${one(instead)}`),
        () => put(`"${one(["type", "define", "id", "actor", "at", "__proto__"])}":${value}`),
        () => put(`"x":1`),
        () => lines.splice(index, 1),
        () => lines.splice(index, 0, one(lines)),
        () => void (lines[index] = line.slice(0, Math.floor(random() * line.length))),
      ])();
    }
    const file = folder.file("mutated.ndjson", lines.join("\n") + one(["\n", ""]));
    for (const words of [...forms, ["-o", folder.file(`report.${one(endings)}`)]]) {
      const { status, stdout, stderr } = await tandemHere(["report", file, ...words]);
      const told = {
        number,
        words,
        isKnown: [0, 2].includes(status),
        dangers: dangersIn(stdout + stderr),
        isTrace: /^\s+at .*:\d+:\d+|\b\w+Error\b/m.test(stderr),
        // A document in it may have several mistakes, each with a sentence.
        areSentences: status === 0 || (stderr.split("\n").length < 23 && stderr.length < 25_000),
        isPlaced: status === 0 || /^(?:tandem: )?[^\n]*(?::\d+:\d+|ndjson): ./.test(stderr),
      };
      const right = { isKnown: true, dangers: [], isTrace: false, areSentences: true };
      expect(told).toEqual({ number, words, ...right, isPlaced: true });
      if (words.includes("--json") && status === 0) JSON.parse(stdout);
    }
  }
});
