/**
 * Edits of programs in JavaScript and TypeScript that were observed: which are proposed, and that the edited program no
 * longer has the fault, on Bun and on Node.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { basename, join } from "node:path";
import { javascriptEditor } from "../../../src/edits/javascript/javascript.ts";
import { withoutTypes } from "../../observe/without-types.ts";
import { allRounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { Lanes } from "../../support/real.ts";
import { callBeside, temporaryFolder } from "../../support/tandem.ts";
import { changedLines, proposedFor } from "../observed-edits.ts";
import { undisturbed } from "../../support/undisturbed.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const lanes = new Lanes(2);
const programs = join(import.meta.dir, "../../observe/cases");
const node = Bun.which("node");

interface Wanted {
  program: string;
  /** Whether it is observed on Node, as its fault shows there for certain. */
  onNode?: true;
  /** By pattern, the changed lines. */
  edits: Record<string, string[]>;
  /** By pattern, what the edited program prints. */
  prints: Record<string, readonly string[]>;
  /** Those that somebody has to choose. */
  choices?: readonly string[];
  /** By rule, why there is no edit. */
  reasons?: Record<string, string>;
}

const cases: Wanted[] = [
  {
    program: "25-foreach-async/app.ts",
    edits: {
      "all-of-map": [
        "-  users.forEach(async (user) => {",
        "+  await Promise.all(users.map(async (user) => {",
        "-  });",
        "+  }));",
      ],
    },
    prints: {
      "all-of-map": ["updated ann", "updated bob", "updated cem", "migration is done: 3 of 3 rows"],
    },
  },
  {
    program: "26-all-rejects-siblings-go-on/app.mjs",
    choices: ["all-settled"],
    edits: {
      "all-settled": [
        "-  await Promise.all(rows.map((row, index) => insert(row, 50 + 50 * index)));",
        "+  const results = await Promise.allSettled(rows.map((row, index) => insert(row, 50 + 50 * index)));",
        '+  const failed = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));',
        "+  if (failed.length === 1) throw failed[0];",
        '+  if (failed.length > 1) throw new AggregateError(failed, failed.map(String).join("; "));',
      ],
    },
    prints: {
      "all-settled": [
        "inserted receipt in the transaction",
        "inserted stock in the transaction",
        "rolled back: Error: bad lot violates a constraint; Error: bad log violates a constraint",
        "the table holds: ",
      ],
    },
  },
  {
    program: "28-async-exit-handler/app.ts",
    edits: {},
    prints: {},
    reasons: {
      "lost-at-exit":
        "a listener of exit can await nothing, and where it is to be done before is for you to decide",
      "handler-unrun":
        "whether the process can end by itself, which would have called it, is for you to decide",
    },
  },
  {
    program: "36-awaits-its-own-import/app.mjs",
    onNode: true,
    edits: {},
    prints: {},
    reasons: {
      "lost-at-exit":
        "modules that wait for each other have to be taken apart, and what goes where is for you to decide",
    },
  },
  {
    program: "39-child-sync-in-handler/app.ts",
    choices: ["await-child"],
    edits: {
      "await-child": [
        '-import { execFileSync } from "node:child_process";',
        '+import { execFile } from "node:child_process";',
        '+import { promisify } from "node:util";',
        "-function hypotheses(): string {",
        '-  return execFileSync("sh", ["-c", "sleep 0.8; echo 3 hypotheses"], { encoding: "utf8" }).trim();',
        "+async function hypotheses(): Promise<string> {",
        '+  return (await promisify(execFile)("sh", ["-c", "sleep 0.8; echo 3 hypotheses"], { encoding: "utf8" })).stdout.trim();',
        '-  if (path === "/hypotheses") return hypotheses();',
        '+  if (path === "/hypotheses") return await hypotheses();',
      ],
    },
    prints: { "await-child": ["GET /hypotheses: 3 hypotheses"] },
  },
  {
    program: "101-timer-of-a-race/app.ts",
    edits: {
      "clear-limit": [
        "+  let timer: ReturnType<typeof setTimeout> | undefined;",
        '-    setTimeout(() => reject(new Error("too late")), ms);',
        '+    timer = setTimeout(() => reject(new Error("too late")), ms);',
        "-  return Promise.race([work, limit]);",
        "+  return Promise.race([work, limit]).finally(() => clearTimeout(timer));",
      ],
    },
    prints: { "clear-limit": ["ready: yes", "done"] },
  },
  {
    program: "30-caught-too-late/app.mjs",
    onNode: true,
    edits: { "handle-at-once": ["+  price.catch(() => {});"] },
    prints: { "handle-at-once": ["price service is down", "other request: order 17 is saved"] },
  },
  {
    program: "32-atomics-wait-for-own-loop/app.mjs",
    choices: ["await-blocked"],
    edits: { "await-blocked": ["-  runSync(release());", "+  await release();"] },
    prints: { "await-blocked": ["main: releasing", "never printed"] },
  },
  {
    program: "38-awaits-starve-timers/app.mjs",
    onNode: true,
    edits: {
      "turn-of-the-loop": ["-    await null;", "+    await new Promise(setImmediate);"],
    },
    prints: { "turn-of-the-loop": ["timer: in time", "counter: was told"] },
  },
  {
    program: "105-three-of-five-fail/app.mjs",
    choices: ["all-settled"],
    edits: {
      "all-settled": [
        "-  return await Promise.all(names.map((name, k) => thumbnail(name, 50 + 200 * k)));",
        "+  const pending = names.map((name, k) => thumbnail(name, 50 + 200 * k));",
        "+  const results = await Promise.allSettled(pending);",
        '+  const failed = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));',
        "+  if (failed.length === 1) throw failed[0];",
        '+  if (failed.length > 1) throw new AggregateError(failed, failed.map(String).join("; "));',
        "+  return await Promise.all(pending);",
      ],
    },
    prints: { "all-settled": ["no album: Error: a.gif cannot be read; Error: c.gif cannot"] },
  },
  {
    program: "107-floating-in-a-loop/app.ts",
    choices: ["await-together", "await-in-turn"],
    edits: {
      "await-together": [
        "+const underWay: Promise<unknown>[] = [];",
        "-  mailer.welcome(user);",
        "+  underWay.push(mailer.welcome(user));",
        "+await Promise.all(underWay);",
      ],
      "await-in-turn": ["-  mailer.welcome(user);", "+  await mailer.welcome(user);"],
    },
    prints: {
      "await-together": ["5 users are welcome, 5 know"],
      "await-in-turn": ["5 users are welcome, 5 know"],
    },
  },
  {
    program: "108-map-without-await/app.mjs",
    edits: {
      "await-map": [
        "-const rows = [1, 2].map(async (id) => {",
        "+const rows = await Promise.all([1, 2].map(async (id) => {",
        "-});",
        "+}));",
      ],
    },
    prints: { "await-map": ['{"id":2,"name":"row 2","read":true}'] },
  },
  {
    program: "109-filter-async/app.mjs",
    edits: {
      "await-answers": [
        "-const admins = Object.keys(roles).filter(async (name) => {",
        "+const all = Object.keys(roles);",
        "+const answers = await Promise.all(all.map(async (name) => {",
        "-});",
        "+}));",
        "+const admins = all.filter((_, index) => answers[index]);",
      ],
    },
    prints: { "await-answers": ["administrators: ann\n"] },
  },
  {
    program: "112-void-on-purpose/app.ts",
    choices: ["await-void", "keep-until-exit"],
    edits: {
      "await-void": ["-  void audit(`GET ${path}`);", "+  await audit(`GET ${path}`);"],
      "keep-until-exit": [
        "+const underWay = new Set<Promise<unknown>>();",
        "+",
        "+function keep(promise: Promise<unknown>): void {",
        "+  underWay.add(promise);",
        "+  Promise.resolve(promise).then(() => underWay.delete(promise), () => {});",
        "+}",
        "+",
        "-  void audit(`GET ${path}`);",
        "+  keep(audit(`GET ${path}`));",
        "+await Promise.all(underWay);",
      ],
    },
    prints: { "await-void": ["entries: 2"], "keep-until-exit": ["entries: 0"] },
  },
  {
    program: "129-child-not-waited-for/app.mjs",
    edits: { await: ['-exportTo("users.csv");', '+await exportTo("users.csv");'] },
    prints: { await: ["exported users.csv 0", "command: done"] },
  },
  {
    program: "140-private-methods/app.mjs",
    choices: ["keep-until-exit"],
    edits: {
      "keep-until-exit": [
        "+const underWay = new Set();",
        "+",
        "+function keep(promise) {",
        "+  underWay.add(promise);",
        "+  Promise.resolve(promise).then(() => underWay.delete(promise), () => {});",
        "+}",
        "+",
        "-    this.#flush();",
        "+    keep(this.#flush());",
        "-setTimeout(() => process.exit(0), 50);",
        "+setTimeout(async () => { await Promise.all(underWay); process.exit(0); }, 50);",
      ],
    },
    prints: { "keep-until-exit": ["flushed first", "flushed second"] },
  },
  {
    program: "146-middleware-without-await/app.mjs",
    onNode: true,
    edits: { "await-and-catch": ["-  next();", "+  await next();"] },
    prints: { "await-and-catch": ["never printed", "never printed on Node"] },
  },
  {
    program: "152-for-await-fails/app.mjs",
    onNode: true,
    edits: {},
    prints: {},
    reasons: { "only-logged": "nothing would catch its error at line 19 either" },
  },
];

// The suite tries one of three, the laws all.
const tried = cases.filter((_, index) => allRounds || index % 3 === 0);
for (const { program, onNode = false, edits, prints, choices = [], reasons = {} } of tried)
  test.concurrent.skipIf(onNode && node === null)(
    `law: ${program} is offered its edits, and has lost its fault with each${unless(!onNode || node !== null, "there is no Node")}`,
    () =>
      lanes.run(() =>
        undisturbed(async () => {
          const options = onNode ? ["--runtime", node!] : [];
          const proposed = await proposedFor(join(programs, program), javascriptEditor, options);
          const lines = proposed.edits.map((one) => [one.pattern, changedLines(one.change)]);
          expect(Object.fromEntries(lines)).toEqual(edits);
          const chosen = proposed.edits.filter(({ isChoice }) => isChoice);
          expect(chosen.map(({ pattern }) => pattern)).toEqual([...choices]);
          expect(proposed.reasons).toEqual(reasons);
          for (const { pattern, change } of proposed.edits)
            for (const runtime of [process.execPath, ...(node === null ? [] : [node])]) {
              const { stdout, status } = await ran(runtime, basename(program), change.after);
              expect([runtime, status]).toEqual([runtime, 0]);
              for (const part of prints[pattern]!) expect(stdout).toContain(part);
            }
        }),
      ),
  );

/** What comes of a program that is run by itself; for Node without its types. */
async function ran(runtime: string, name: string, bytes: Uint8Array) {
  using folder = temporaryFolder();
  // A busy machine may take longer than this to start a Worker.
  const text = Buffer.from(bytes).toString().replace("), 500);", "), 3_000);");
  const isStripped = runtime === node && name.endsWith(".ts");
  const file = isStripped ? folder.file("app.mjs", withoutTypes(text)) : folder.file(name, text);
  return await callBeside([runtime, file]);
}
