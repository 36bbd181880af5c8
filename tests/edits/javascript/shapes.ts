/**
 * Texts that the patterns are asked about, in as many shapes as code has: the one that is changed, with `«` before what
 * the trace knows the place of, and the text that it comes to; or why it is not changed.
 */
import type { PatternName } from "../../../src/edits/javascript/asked.ts";

export interface Shape {
  pattern: PatternName;
  file: string;
  before: string;
  /** The whole text; or the reason, where it is refused. */
  after?: string;
  refused?: RegExp;
  /** What the pattern is asked beside places. */
  known?: Record<string, unknown>;
}

const of =
  (pattern: PatternName, file: string, known: Record<string, unknown> = {}) =>
  (before: string, after: string | RegExp): Shape =>
    typeof after === "string"
      ? { pattern, file, before, after, known }
      : { pattern, file, before, refused: after, known };

const esm = of("await", "app.mjs");
const ts = of("await", "app.ts");
const cjs = of("await", "app.cjs");

const dropped: Shape[] = [
  esm("«save();\n", "await save();\n"),
  esm("export {};\nif (ready) «save();\n", "export {};\nif (ready) await save();\n"),
  esm("a(); «save(); b();\n", "a(); await save(); b();\n"),
  esm("ready && «save();\n", "ready && (await save());\n"),
  esm("ready ? «save() : 0;\n", "ready ? await save() : 0;\n"),
  esm("(«save());\n", "await (save());\n"),
  esm("«api.of(1).save();\n", "await api.of(1).save();\n"),
  esm("api\n  .of(1)\n  .«save();\n", "await api\n  .of(1)\n  .save();\n"),
  esm("const a = b\n;(«save())\n", "const a = b\n;await (save())\n"),
  esm("«api?.save?.(1);\n", "await api?.save?.(1);\n"),
  esm("async function f() {\n  «save();\n}\n", "async function f() {\n  await save();\n}\n"),
  esm(
    "const f = async () => {\n  «save();\n};\n",
    "const f = async () => {\n  await save();\n};\n",
  ),
  esm(
    "class Mailer {\n  async send() {\n    «this.#flush();\n  }\n  async #flush() {}\n}\n",
    "class Mailer {\n  async send() {\n    await this.#flush();\n  }\n  async #flush() {}\n}\n",
  ),
  esm(
    "const o = {\n  async send() {\n    «save();\n  },\n};\n",
    "const o = {\n  async send() {\n    await save();\n  },\n};\n",
  ),
  esm(
    "async function* f() {\n  «save();\n  yield 1;\n}\n",
    "async function* f() {\n  await save();\n  yield 1;\n}\n",
  ),
  esm(
    "async function f() {\n  function g() {\n    «save();\n  }\n  g();\n}\n",
    /^g is not async, so nothing can be awaited at line 3/,
  ),
  esm("function* f() {\n  «save();\n  yield 1;\n}\n", /^f is not async/),
  esm("class A {\n  static {\n    «save();\n  }\n}\n", /^nothing can be awaited at line 3$/),
  esm("class A {\n  x = «save();\n}\n", /^the text at line \d of app.mjs has none of the shapes/),
  esm("for (const x of xs) «save(x);\n", /^nothing$/),
  esm("const x = «save();\n", /^the text at line \d of app.mjs has none of the shapes/),
  esm(
    "async function f() {\n  return «save();\n}\n",
    /^the text at line \d of app.mjs has none of the shapes/,
  ),
  esm("// no call\n«1;\n", /^the text at line \d of app.mjs has none of the shapes/),
  esm("let = «save(;\n", /^app.mjs cannot be parsed$/),
  esm(
    "switch (x) {\n  case 1:\n    «save();\n}\n",
    "switch (x) {\n  case 1:\n    await save();\n}\n",
  ),
  esm(
    "try {\n  «save();\n} finally {\n  done();\n}\n",
    "try {\n  await save();\n} finally {\n  done();\n}\n",
  ),
  ts(
    "import { a } from 'b';\nconst x = a as number;\n«save<number>(x!)!;\n",
    "import { a } from 'b';\nconst x = a as number;\nawait save<number>(x!)!;\n",
  ),
  ts("export {};\nnamespace N {\n  «save();\n}\n", /^nothing can be awaited at line 3$/),
  ts(
    "export class A {\n  @logged\n  async f(@Inject() b: B): Promise<void> {\n    «save();\n  }\n}\n",
    "export class A {\n  @logged\n  async f(@Inject() b: B): Promise<void> {\n    await save();\n  }\n}\n",
  ),
  of("await", "app.tsx")(
    'export const A = async () => {\n  «save();\n  return <b title="x">{1}</b>;\n};\n',
    'export const A = async () => {\n  await save();\n  return <b title="x">{1}</b>;\n};\n',
  ),
  cjs(
    "«save();\n",
    /^app.cjs is no ES module, so nothing can be awaited outside of its functions \(line 1\)$/,
  ),
  cjs(
    'const { save } = require("./store");\nasync function f() {\n  «save();\n}\n',
    'const { save } = require("./store");\nasync function f() {\n  await save();\n}\n',
  ),
  of("await", "app.js")('const fs = require("fs");\n«save();\n', /^app.js is no ES module/),
  of("await", "app.js")(
    'import fs from "fs";\n«save();\n',
    'import fs from "fs";\nawait save();\n',
  ),
  of("await", "app.js")("await ready();\n«save();\n", "await ready();\nawait save();\n"),
  esm("#!/usr/bin/env node\n«save();\n", "#!/usr/bin/env node\nawait save();\n"),
  esm(
    "async function main() {\n  «save();\n}\n«main();\n",
    "async function main() {\n  await save();\n}\nawait main();\n",
  ),
  esm(
    "async function f() {\n  «save();\n}\nasync function g() {\n  f();\n  await f();\n}\ng();\n",
    "async function f() {\n  await save();\n}\nasync function g() {\n  await f();\n  await f();\n}\nawait g();\n",
  ),
  esm(
    "const f = async () => {\n  «save();\n};\nsetTimeout(f, 5);\n",
    /^what calls f waits for nothing/,
  ),
  esm(
    'shop.on("order", async () => {\n  «save();\n});\n',
    /^what calls the function at line 1 waits for nothing/,
  ),
  esm(
    "xs.forEach(async (x) => {\n  «save(x);\n});\n",
    /^what calls the function at line 1 waits for nothing/,
  ),
  esm(
    "async function main() {\n  «save();\n}\nawait «main();\n",
    "async function main() {\n  await save();\n}\nawait main();\n",
  ),
  esm(
    "async function main() {\n  «save();\n}\nvoid «main();\n",
    /^whoever makes it is dropped by void at line 4$/,
  ),
  cjs("async function main() {\n  «save();\n}\n«main();\n", /^app.cjs is no ES module/),
  of("await-and-catch", "app.mjs")(
    "try {\n  «save();\n} catch {\n  undo();\n}\n",
    "try {\n  await save();\n} catch {\n  undo();\n}\n",
  ),
  of("await-and-catch", "app.mjs")(
    "«save();\n",
    /^nothing would catch its error at line 1 either$/,
  ),
];

const turns = of("await-in-turn", "app.mjs");
const together = of("await-together", "app.mjs");

const loops: Shape[] = [
  turns("for (const x of xs) «save(x);\n", "for (const x of xs) await save(x);\n"),
  turns("while (more()) {\n  «save();\n}\n", "while (more()) {\n  await save();\n}\n"),
  turns("«save();\n", /^nothing$/),
  together(
    "const xs = [1];\nfor (const x of xs) {\n  «save(x);\n}\nbye();\n",
    "const xs = [1];\nconst underWay = [];\nfor (const x of xs) {\n  underWay.push(save(x));\n}\nawait Promise.all(underWay);\nbye();\n",
  ),
  together(
    "async function f(underWay) {\n  for (let k = 0; k < 3; k++) for (const x of underWay) «save(x);\n}\n",
    "async function f(underWay) {\n  const underWay2 = [];\n  for (let k = 0; k < 3; k++) for (const x of underWay) underWay2.push(save(x));\n  await Promise.all(underWay2);\n}\n",
  ),
  together("while (true) {\n  «save();\n}\n", /^the loop at line 1 has no end$/),
  together("for (;;) «save();\n", /^the loop at line 1 has no end$/),
  together(
    "async function f() {\n  for (const x of xs) {\n    «save(x);\n    if (x) return;\n  }\n}\n",
    /^the loop at line 2 may be left/,
  ),
  together("if (a) for (const x of xs) «save(x);\n", /^the loop at line 1 may be left/),
  of("await-together", "app.ts")(
    "export {};\nfor (const x of xs) {\n  «save(x);\n}\n",
    "export {};\nconst underWay: Promise<unknown>[] = [];\nfor (const x of xs) {\n  underWay.push(save(x));\n}\nawait Promise.all(underWay);\n",
  ),
];

const voids: Shape[] = [
  of("await-void", "app.mjs")("void «save();\n", "await save();\n"),
  of("await-void", "app.mjs")(
    "async function f() {\n  ready && void «this.save();\n}\n",
    "async function f() {\n  ready && await this.save();\n}\n",
  ),
  of("await-void", "app.mjs")(
    "const f = () => void «save();\n",
    /^the text at line \d of app.mjs has none of the shapes/,
  ),
];

const condition = of("await-condition", "app.mjs");

const conditions: Shape[] = [
  condition("if («may()) go();\n", "if (await may()) go();\n"),
  condition("if (!«may()) go();\n", "if (!(await may())) go();\n"),
  condition(
    "if («may() && «other) go();\n".replace("«other", "other"),
    "if ((await may()) && other) go();\n",
  ),
  condition("if (other || «may()) go();\n", "if (other || (await may())) go();\n"),
  condition("const x = «may() ? 1 : 2;\n", "const x = (await may()) ? 1 : 2;\n"),
  condition("while («may()) go();\n", "while (await may()) go();\n"),
  condition("do go();\nwhile («may());\n", "do go();\nwhile (await may());\n"),
  condition("function f() {\n  if («may()) go();\n}\n", /^f is not async/),
  condition("const x = «may();\n", /^the text at line \d of app.mjs has none of the shapes/),
];

const answers = (method: string) => of("await-answers", "app.mjs", { method });

const asked: Shape[] = [
  answers("some")(
    "if (xs.«some(async (x) => ok(x))) go();\n".replace("xs.«", "«xs."),
    "if ((await Promise.all(xs.map(async (x) => ok(x)))).some(Boolean)) go();\n",
  ),
  answers("every")(
    "const all = xs.every((x) => «ok(x));\n",
    "const all = (await Promise.all(xs.map((x) => ok(x)))).every(Boolean);\n",
  ),
  answers("every")(
    "const all = «xs.every(ok);\n",
    "const all = (await Promise.all(xs.map(ok))).every(Boolean);\n",
  ),
  answers("filter")(
    "const good = «xs.filter(async (x) => {\n  return ok(x);\n});\n",
    "const answers = await Promise.all(xs.map(async (x) => {\n  return ok(x);\n}));\nconst good = xs.filter((_, index) => answers[index]);\n",
  ),
  answers("filter")(
    "async function f(answers) {\n  return «list(1).filter(ok).length;\n}\n",
    "async function f(answers) {\n  const all = list(1);\n  const answers2 = await Promise.all(all.map(ok));\n  return all.filter((_, index) => answers2[index]).length;\n}\n",
  ),
  answers("find")(
    "export const first = «this.xs.find(ok);\n",
    "const answers = await Promise.all(this.xs.map(ok));\nexport const first = this.xs.find((_, index) => answers[index]);\n",
  ),
  answers("filter")(
    "go(); const good = «xs.filter(ok); use(good);\n",
    "go(); const answers = await Promise.all(xs.map(ok)); const good = xs.filter((_, index) => answers[index]); use(good);\n",
  ),
  answers("filter")(
    "use(first(), «xs.filter(ok));\n",
    /^filter at line 1 is not the first that its statement does$/,
  ),
  answers("filter")("if (a) use(«xs.filter(ok));\n", /^filter at line 1 is not the first/),
  answers("filter")(
    "const good = «xs.filter(ok, this);\n",
    /^filter at line 1 is given more than a callback$/,
  ),
  answers("filter")("const f = (xs) => «xs.filter(ok);\n", /^f is not async/),
  answers("some")("const any = «xs?.some(ok);\n", /^some stands in a chain/),
];

const each = of("all-of-map", "app.mjs");

const forEach: Shape[] = [
  each(
    "«xs.forEach(async (x) => {\n  await save(x);\n});\n",
    "await Promise.all(xs.map(async (x) => {\n  await save(x);\n}));\n",
  ),
  each("«xs.forEach(save);\n", "await Promise.all(xs.map(save));\n"),
  each("«xs.forEach((x) => save(x));\n", "await Promise.all(xs.map((x) => save(x)));\n"),
  each(
    "«xs.forEach(async function (x) { await save(x); }, this);\n",
    "await Promise.all(xs.map(async function (x) { await save(x); }, this));\n",
  ),
  each(
    "xs\n  .filter(Boolean)\n  .«forEach(save);\n",
    "await Promise.all(xs\n  .filter(Boolean)\n  .map(save));\n",
  ),
  each("«xs?.forEach(save);\n", "await Promise.all(xs?.map(save) ?? []);\n"),
  each("«a?.b.forEach(save);\n", /stands in a chain that may end before it$/),
  each(
    "const s = new Set([1]);\n«s.forEach(save);\n",
    "const s = new Set([1]);\nawait Promise.all([...s].map(save));\n",
  ),
  each("const m = new Map();\n«m.forEach(save);\n", /^forEach at line 2 goes through no array$/),
  each(
    "const b = new Uint8Array(2);\n«b.forEach(save);\n",
    /^forEach at line 2 goes through no array$/,
  ),
  each(
    "const n = new Array(2);\n«n.forEach(save);\n",
    "const n = new Array(2);\nawait Promise.all(n.map(save));\n",
  ),
  each("xs.forEach((x) => «save(x));\n", "await Promise.all(xs.map((x) => save(x)));\n"),
  each(
    "xs.forEach(function (x) { return «save(x); });\n",
    "await Promise.all(xs.map(function (x) { return save(x); }));\n",
  ),
  each(
    "const f = async () => «await xs.forEach(save);\n",
    "const f = async () => { await Promise.all(xs.map(save)); };\n",
  ),
  each("await «xs.forEach(save);\n", "await Promise.all(xs.map(save));\n"),
  each(
    "const f = async () => «xs.forEach(save);\n",
    "const f = async () => { await Promise.all(xs.map(save)); };\n",
  ),
  of("all-of-map-in-async", "app.mjs")(
    "function f() {\n  «xs.forEach(save);\n}\nf();\n",
    "async function f() {\n  await Promise.all(xs.map(save));\n}\nawait f();\n",
  ),
  of("all-of-map-in-async", "app.mjs")("on(() => «xs.forEach(save));\n", /^nothing$/),
  of("all-of-map-in-async", "app.mjs")("«xs.forEach(save);\n", /^nothing$/),
  each("const r = «xs.forEach(save);\n", /^forEach is no statement of its own at line 1$/),
  each("function f() {\n  «xs.forEach(save);\n}\n", /^f is not async/),
  of("all-of-map", "app.ts")(
    "export async function f(s: Set<number>): Promise<void> {\n  «s.forEach(async (x: number): Promise<void> => save(x));\n}\n",
    "export async function f(s: Set<number>): Promise<void> {\n  await Promise.all([...s].map(async (x: number): Promise<void> => save(x)));\n}\n",
  ),
  of("all-of-map", "app.ts")(
    "export async function f(s: ReadonlyMap<string, number>) {\n  «s.forEach(save);\n}\n",
    /^forEach at line 2 goes through no array$/,
  ),
  of("all-of-map", "app.cjs")(
    "async function f(xs) {\n  «xs.forEach(save);\n}\n",
    "async function f(xs) {\n  await Promise.all(xs.map(save));\n}\n",
  ),
  of("all-of-called-back", "app.mjs")(
    "xs.forEach((x) => {\n  «save(x);\n});\n",
    "await Promise.all(xs.map(async (x) => {\n  await save(x);\n}));\n",
  ),
  of("all-of-called-back", "app.mjs")(
    "xs.forEach(function (x) { log(x); «save(x); });\n",
    "await Promise.all(xs.map(async function (x) { log(x); await save(x); }));\n",
  ),
  of("all-of-called-back", "app.mjs")("on(() => {\n  «save();\n});\n", /^nothing$/),
];

const map = of("await-map", "app.mjs");

const maps: Shape[] = [
  map(
    "const rows = «ids.map(async (id) => read(id));\nshow(rows);\n",
    "const rows = await Promise.all(ids.map(async (id) => read(id)));\nshow(rows);\n",
  ),
  map("const rows = await «ids.map(read);\n", "const rows = await Promise.all(ids.map(read));\n"),
  map("await «ids.map(read);\n", "await Promise.all(ids.map(read));\n"),
  map("«ids.map(read);\n", "await Promise.all(ids.map(read));\n"),
  map(
    "const rows = «ids.map(read);\nif (a) await Promise.all(rows);\n",
    /^rows is used as promises at line 2/,
  ),
  map(
    "const rows = «ids.map(read);\nfor (const row of rows) await row;\n",
    "const rows = await Promise.all(ids.map(read));\nfor (const row of rows) await row;\n",
  ),
  map("use(«ids.map(read));\n", /^the promises that map gives go elsewhere than to a variable$/),
  of("await-map", "app.ts")(
    "export const rows: Promise<Row>[] = «ids.map(read);\n",
    /^rows is declared to hold promises$/,
  ),
];

const kept = of("await-kept", "app.mjs");

const keeping: Shape[] = [
  kept(
    "const saving = «save();\nawait other();\n«process.exit(0);\n",
    "const saving = save();\nawait other();\nawait saving;\nprocess.exit(0);\n",
  ),
  kept(
    "async function f() {\n  const saving = «save();\n  if (a) {\n    «process.exit(1);\n  }\n}\n",
    "async function f() {\n  const saving = save();\n  if (a) {\n    await saving;\n    process.exit(1);\n  }\n}\n",
  ),
  kept(
    "const saving = «save(); «process.exit(0);\n",
    "const saving = save(); await saving; process.exit(0);\n",
  ),
  kept(
    "async function f() {\n  const saving = «save();\n}\nf();\n«process.exit(0);\n",
    /^saving cannot be seen where process.exit is called$/,
  ),
  kept(
    "const saving = «save();\nif (a) «process.exit(0);\n",
    /^process.exit shares its statement$/,
  ),
  kept(
    "const saving = «save();\nsetTimeout(() => {\n  «process.exit(0);\n}, 5);\n",
    /^the function at line 2 is not async/,
  ),
  kept(
    "const { a } = «save();\n«process.exit(0);\n",
    /^its promise is kept in no variable of its own$/,
  ),
];

const keptMany: Shape[] = [
  kept(
    "const jobs = [];\nfor (const x of xs) jobs.push(«work(x));\nawait other();\n«process.exit(0);\n",
    "const jobs = [];\nfor (const x of xs) jobs.push(work(x));\nawait other();\nawait Promise.all(jobs);\nprocess.exit(0);\n",
  ),
  kept(
    "const jobs = new Set();\njobs.add(«work(1));\n«process.exit(0);\n",
    "const jobs = new Set();\njobs.add(work(1));\nawait Promise.all(jobs);\nprocess.exit(0);\n",
  ),
  kept(
    "const jobs = xs.map((x) => «work(x));\n«process.exit(0);\n",
    "const jobs = xs.map((x) => work(x));\nawait Promise.all(jobs);\nprocess.exit(0);\n",
  ),
  kept(
    "const jobs = xs.map((x) => { return «work(x); });\n«process.exit(0);\n",
    "const jobs = xs.map((x) => { return work(x); });\nawait Promise.all(jobs);\nprocess.exit(0);\n",
  ),
  kept(
    "jobs.push(«work(1));\n«process.exit(0);\n",
    /^its promise is kept in no variable of its own$/,
  ),
  kept(
    "const f = (jobs) => { jobs.push(«work(1)); };\n«process.exit(0);\n",
    /^jobs cannot be seen where process.exit is called$/,
  ),
];

const asAsync = of("make-async", "app.mjs", { how: "statement" });
const asked2 = of("make-async", "app.mjs", { how: "condition" });

const asynchronous: Shape[] = [
  asAsync(
    'process.on("SIGTERM", () => {\n  «flush();\n  «process.exit(0);\n});\n',
    'process.on("SIGTERM", async () => {\n  await flush();\n  process.exit(0);\n});\n',
  ),
  asAsync(
    "setTimeout(function () { «flush(); «process.exit(0); }, 50);\n",
    "setTimeout(async function () { await flush(); process.exit(0); }, 50);\n",
  ),
  asAsync(
    'function stop() {\n  «flush();\n  «process.exit(0);\n}\nprocess.once("SIGINT", stop);\nprocess.once("SIGTERM", stop);\n',
    'async function stop() {\n  await flush();\n  process.exit(0);\n}\nprocess.once("SIGINT", stop);\nprocess.once("SIGTERM", stop);\n',
  ),
  asAsync(
    "const close = () => {\n  «flush();\n};\nawait ready;\nclose();\n«process.exit(0);\n",
    "const close = async () => {\n  await flush();\n};\nawait ready;\nawait close();\nprocess.exit(0);\n",
  ),
  asAsync(
    "function f() {\n  «flush();\n  return 1;\n}\nshow(f().toFixed());\n«process.exit(0);\n",
    "async function f() {\n  await flush();\n  return 1;\n}\nshow((await f()).toFixed());\nprocess.exit(0);\n",
  ),
  asAsync(
    "setInterval(() => {\n  «flush();\n}, 5);\n«process.exit(0);\n",
    /is called by what waits for nothing$/,
  ),
  asAsync(
    'process.on("exit", () => {\n  «flush();\n  «process.exit(0);\n});\n',
    /^who calls the function at line 1 is not known/,
  ),
  asAsync(
    "export function f() {\n  «flush();\n}\nf();\n«process.exit(0);\n",
    /^who calls f is not known/,
  ),
  asAsync(
    "function f() {\n  «flush();\n}\nshow(f);\n«process.exit(0);\n",
    /^f is used otherwise than to be called at line 4/,
  ),
  asAsync(
    "function f() {\n  «flush();\n}\nfunction g() {\n  f();\n}\ng();\n«process.exit(0);\n",
    /^g is not async/,
  ),
  asAsync(
    "class A {\n  close() {\n    «flush();\n  }\n}\nnew A().close();\n«process.exit(0);\n",
    /^close cannot be made async$/,
  ),
  asked2(
    "function remove(x) {\n  if («may(x)) drop(x);\n}\nremove(1);\n",
    "async function remove(x) {\n  if (await may(x)) drop(x);\n}\nawait remove(1);\n",
  ),
  of("make-async", "app.ts", { how: "condition" })(
    "function count(x: number): number {\n  return !«may(x) ? 0 : 1;\n}\nexport const n = count(1);\n",
    "async function count(x: number): Promise<number> {\n  return !(await may(x)) ? 0 : 1;\n}\nexport const n = await count(1);\n",
  ),
];

const until = (how: string, file = "app.mjs") => of("keep-until-exit", file, { how });
const keeper = [
  "const underWay = new Set();",
  "",
  "function keep(promise) {",
  "  underWay.add(promise);",
  "  Promise.resolve(promise).then(() => underWay.delete(promise), () => {});",
  "}",
  "",
].join("\n");

const untilExit: Shape[] = [
  until("statement")(
    'import { a } from "b";\nimport c from "d"; // c\n\nclass A {\n  close() {\n    «this.#flush();\n  }\n  async #flush() {}\n}\nnew A().close();\n«process.exit(0);\n',
    `import { a } from "b";\nimport c from "d"; // c\n\n${keeper}\nclass A {\n  close() {\n    keep(this.#flush());\n  }\n  async #flush() {}\n}\nnew A().close();\nawait Promise.all(underWay);\nprocess.exit(0);\n`,
  ),
  until("setInterval")(
    "«setInterval(async () => {\n  await tick();\n}, 5);\nsetTimeout(() => «process.exit(0), 50);\n",
    `${keeper}\nsetInterval(() => keep((async () => {\n  await tick();\n})()), 5);\nsetTimeout(async () => { await Promise.all(underWay); process.exit(0); }, 50);\n`,
  ),
  until("on")(
    'const keep = 1;\n«shop.on("order", async ({ id }) => pack(id));\nsetTimeout(() => {\n  bye();\n  «process.exit(0);\n}, 50);\n',
    `${keeper.replaceAll("keep(", "keep2(")}\nconst keep = 1;\nshop.on("order", ({ id }) => keep2((async () => pack(id))()));\nsetTimeout(async () => {\n  bye();\n  await Promise.all(underWay);\n  process.exit(0);\n}, 50);\n`,
  ),
  until("void")(
    "const f = () => {\n  void «save();\n};\nf();\n«process.exit();\n",
    `${keeper}\nconst f = () => {\n  keep(save());\n};\nf();\nawait Promise.all(underWay);\nprocess.exit();\n`,
  ),
  until("on")(
    'if (open) {\n  shop.on("order", (order) => «pack(order));\n}\n«process.exit(0);\n',
    `${keeper}\nif (open) {\n  shop.on("order", (order) => keep(pack(order)));\n}\nawait Promise.all(underWay);\nprocess.exit(0);\n`,
  ),
  until("on")(
    '«shop.on("order", pack);\n«process.exit(0);\n',
    /^what on calls back is no async function that is written there$/,
  ),
  until("statement")("«save();\n«process.exit(0);\n", /^nothing$/),
  until("statement", "app.cjs")(
    "function f() {\n  «save();\n}\nf();\n«process.exit(0);\n",
    /^app.cjs is no ES module/,
  ),
  until("statement")(
    'process.on("exit", () => «process.exit(0));\nconst f = () => { «save(); };\n'
      .replace("«process.exit(0)", "process.exit(0)")
      .replace("«save(); };", "«save(); };\nfunction g() {\n  «process.exit(0);\n}"),
    /^g is not async/,
  ),
];

const settled = of("all-settled", "app.mjs");
const thrown = (lead: string, results = "results", failed = "failed") =>
  `${lead}const ${failed} = ${results}.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));\n` +
  `${lead}if (${failed}.length === 1) throw ${failed}[0];\n` +
  `${lead}if (${failed}.length > 1) throw new AggregateError(${failed}, ${failed}.map(String).join("; "));\n`;

const settling: Shape[] = [
  settled(
    'log("a");\nasync function f() {\n  await «Promise.all(xs.map(save));\n  done();\n}\n',
    `log("a");\nasync function f() {\n  const results = await Promise.allSettled(xs.map(save));\n${thrown("  ")}  done();\n}\n`,
  ),
  settled(
    'const results = "a";\nlet failed;\nawait «Promise.all([a(), b()]);\n',
    `const results = "a";\nlet failed;\nconst results2 = await Promise.allSettled([a(), b()]);\n${thrown("", "results2", "failed2")}`,
  ),
  settled(
    'const say = "a";\nconst [a, b] = await «Promise.all([\n  one(),\n  two(),\n]);\n',
    `const say = "a";\nconst pending = [\n  one(),\n  two(),\n];\nconst results = await Promise.allSettled(pending);\n${thrown("")}const [a, b] = await Promise.all(pending);\n`,
  ),
  settled(
    'const f = async (xs) => {\n  log("a");\n  return await «Promise.all(xs.map(save));\n};\n',
    `const f = async (xs) => {\n  log("a");\n  const pending = xs.map(save);\n  const results = await Promise.allSettled(pending);\n${thrown("  ")}  return await Promise.all(pending);\n};\n`,
  ),
  settled(
    'async function f(xs) {\n  log("a");\n  return «Promise.all(xs);\n}\n',
    `async function f(xs) {\n  log("a");\n  const pending = xs;\n  const results = await Promise.allSettled(pending);\n${thrown("  ")}  return Promise.all(pending);\n}\n`,
  ),
  of("all-settled", "app.ts")(
    'export const say = "a";\nexport const [a, b] = await «Promise.all([one(), two()]);\n',
    `export const say = "a";\nconst pending = [one(), two()] as const;\nconst results = await Promise.allSettled(pending);\n${thrown("")}export const [a, b] = await Promise.all(pending);\n`,
  ),
  settled("function f(xs) {\n  return «Promise.all(xs);\n}\n", /^f is not async/),
  settled(
    "const all = «Promise.all(xs);\nawait all;\n",
    /^what Promise.all gives at line 1 goes elsewhere$/,
  ),
  settled("show(await «Promise.all(xs));\n", /^what Promise.all gives at line 1 goes elsewhere$/),
  settled("if (a) await «Promise.all(xs);\n", /^Promise.all at line 1 shares its statement$/),
];

const handled = of("handle-at-once", "app.mjs");

const handling: Shape[] = [
  handled(
    "async function f() {\n  const a = «load();\n  await other();\n  return await a;\n}\n",
    "async function f() {\n  const a = load();\n  a.catch(() => {});\n  await other();\n  return await a;\n}\n",
  ),
  handled(
    "const a = «load(); await b(); await a;\n",
    "const a = load(); a.catch(() => {}); await b(); await a;\n",
  ),
  handled(
    "const a = «load(); // the slow one\nawait b();\nawait Promise.all([a, c]);\n",
    "const a = load(); // the slow one\na.catch(() => {});\nawait b();\nawait Promise.all([a, c]);\n",
  ),
  handled(
    "export const a = «load(\n  1,\n);\nawait a;\n",
    "export const a = load(\n  1,\n);\na.catch(() => {});\nawait a;\n",
  ),
  handled(
    "const a = «load();\nawait b();\nawait a.catch(tell);\n",
    "const a = load();\na.catch(() => {});\nawait b();\nawait a.catch(tell);\n",
  ),
  handled(
    "async function f() {\n  const a = «load();\n  try {\n    if (await b()) use(await other());\n    return (await a) && 1;\n  } finally {\n    done();\n  }\n}\n",
    "async function f() {\n  const a = load();\n  a.catch(() => {});\n  try {\n    if (await b()) use(await other());\n    return (await a) && 1;\n  } finally {\n    done();\n  }\n}\n",
  ),
  // Where it is not awaited at times, its failure would be heard by nobody then.
  handled("const a = «load();\nif (await b()) await a;\n", /^a is awaited .*, or only at times$/),
  handled("const a = «load();\nconst c = (await b()) && (await a);\n", /or only at times$/),
  handled("const a = «load();\nfor (const c of d) await a;\n", /or only at times$/),
  handled(
    "async function f() {\n  const a = «load();\n  if (await b()) return 1;\n  return await a;\n}\n",
    /or only at times$/,
  ),
  handled("const a = «load();\nuse(a);\n", /^a is awaited nowhere behind where it is made/),
  handled("const a = «load();\nconst f = async () => await a;\n", /^a is awaited nowhere/),
  handled("const a = «load();\n{\n  const a = 1;\n  await a;\n}\n", /^a is awaited nowhere/),
  handled("const { a } = «load();\nawait a;\n", /^its promise is kept in no variable/),
  handled(
    "class A {\n  constructor() {\n    this.ready = «load();\n  }\n  async get() {\n    await this.ready;\n  }\n}\n",
    "class A {\n  constructor() {\n    this.ready = load();\n    this.ready.catch(() => {});\n  }\n  async get() {\n    await this.ready;\n  }\n}\n",
  ),
  handled(
    "const all = ids.map((x) => «load(x));\nfor (const one of all) show(await one);\n",
    "const all = ids.map((x) => load(x));\nfor (const one2 of all) one2.catch(() => {});\nfor (const one of all) show(await one);\n",
  ),
  handled("const all = ids.map((x) => «load(x));\nshow(all);\n", /^all is awaited nowhere/),
  handled("this.ready = «load();\n", /^this.ready is awaited nowhere/),
  handled("use(«load());\n", /^its promise is kept in no variable/),
];

const turn = of("turn-of-the-loop", "app.mjs");

const turning: Shape[] = [
  turn(
    "while (!done) {\n  «await null;\n}\n",
    "while (!done) {\n  await new Promise(setImmediate);\n}\n",
  ),
  turn(
    "while (!done) «await Promise.resolve();\n",
    "while (!done) await new Promise(setImmediate);\n",
  ),
  turn("while (!done) «await void 0;\n", "while (!done) await new Promise(setImmediate);\n"),
  turn(
    "while (!done) {\n  done = «await check();\n}\n",
    "while (!done) {\n  done = await check();\n  await new Promise(setImmediate);\n}\n",
  ),
  turn(
    "while («await check()) go();\n",
    /is no statement in a loop that another could stand behind$/,
  ),
  turn("«await check();\n", /is no statement in a loop/),
  turn(
    'import { setImmediate } from "node:timers/promises";\nwhile (!done) «await null;\n',
    /^setImmediate is another function in app.mjs$/,
  ),
];

const blocked = of("await-blocked", "app.mjs");
const runSync =
  "function runSync(promise) {\n  promise.then(wake, wake);\n  «Atomics.wait(flag, 0, 0);\n}\n";

const blocking: Shape[] = [
  blocked(`${runSync}runSync(load());\n`, `${runSync.replace("«", "")}await load();\n`),
  blocked(
    `${runSync}const f = async () => runSync(a.b).length;\n`,
    `${runSync.replace("«", "")}const f = async () => (await a.b).length;\n`,
  ),
  blocked(
    `${runSync}runSync(a ?? b);\nrunSync(load());\n`,
    `${runSync.replace("«", "")}await (a ?? b);\nawait load();\n`,
  ),
  blocked(`${runSync}function f() {\n  runSync(load());\n}\n`, /^f is not async/),
  blocked(`export ${runSync}`, /^runSync is called from another file$/),
  blocked(
    "function pause(ms) {\n  «Atomics.wait(flag, 0, 0, ms);\n}\npause(5);\n",
    /^what waits at line 2 is no function that does nothing but/,
  ),
];

const child = of("await-child", "app.mjs", { of: "execFileSync" });
const importing = 'import { execFileSync } from "node:child_process";\n';
const imported =
  'import { execFile } from "node:child_process";\nimport { promisify } from "node:util";\n';

const children: Shape[] = [
  child(
    `${importing}async function f() {\n  return «execFileSync("git", ["log"], { encoding: "utf8", cwd }).trim();\n}\n`,
    `${imported}async function f() {\n  return (await promisify(execFile)("git", ["log"], { encoding: "utf8", cwd })).stdout.trim();\n}\n`,
  ),
  child(
    `${importing}const f = (x) => «execFileSync(x).toString();\nshow(f("a"));\n`,
    `${imported}const f = async (x) => (await promisify(execFile)(x)).stdout.toString();\nshow(await f("a"));\n`,
  ),
  child(
    `${importing}import { promisify } from "util";\nconst a = «execFileSync("a").toString();\nconst b = execFileSync("b");\n`,
    'import { execFileSync, execFile } from "node:child_process";\nimport { promisify } from "util";\nconst a = (await promisify(execFile)("a")).stdout.toString();\nconst b = execFileSync("b");\n',
  ),
  child(`${importing}const a = «execFileSync("a");\n`, /^the child at line 2 gives bytes/),
  child(
    `${importing}const a = «execFileSync("a", { stdio: "inherit" });\n`,
    /^what the child at line 2 is given has no like/,
  ),
  child(
    `${importing}const a = «execFileSync("a", options());\n`,
    /^what the child at line 2 is given has no like/,
  ),
  child(
    `${importing}const f = () => «execFileSync("a").toString();\nexport const all = xs.map(f);\n`,
    /^f is used otherwise than to be called at line 3/,
  ),
  child(
    'import * as cp from "node:child_process";\nconst a = «cp.execFileSync("a").toString();\n',
    /^execFileSync is not imported by its name/,
  ),
  of("await-child", "app.ts", { of: "execSync" })(
    'import { execSync } from "child_process";\n\nfunction f(): string {\n  return «execSync("ls", { encoding: "utf8" });\n}\n\nasync function g() {\n  return f();\n}\n',
    'import { exec } from "child_process";\nimport { promisify } from "node:util";\n\nasync function f(): Promise<string> {\n  return (await promisify(exec)("ls", { encoding: "utf8" })).stdout;\n}\n\nasync function g() {\n  return await f();\n}\n',
  ),
];

const limit = of("clear-limit", "app.mjs");

const limits: Shape[] = [
  limit(
    "async function f(work, timer) {\n  return await Promise.race([work, new Promise((_, no) => «setTimeout(no, 5))]);\n}\n",
    "async function f(work, timer) {\n  let timer2;\n  return await Promise.race([work, new Promise((_, no) => (timer2 = setTimeout(no, 5)))]).finally(() => clearTimeout(timer2));\n}\n",
  ),
  limit(
    "const f = (work) => {\n  const late = new Promise((_, no) => {\n    «setTimeout(() => no(1), 5);\n  });\n  return Promise.race([work(), late]);\n};\n",
    "const f = (work) => {\n  let timer;\n  const late = new Promise((_, no) => {\n    timer = setTimeout(() => no(1), 5);\n  });\n  return Promise.race([work(), late]).finally(() => clearTimeout(timer));\n};\n",
  ),
  limit("const timer = «setTimeout(go, 5);\n", /^when the timer at line 1 is not needed any more/),
  limit(
    "const late = new Promise((_, no) => «setTimeout(no, 5));\nawait late;\n",
    /^the promise of the timer at line 1 is in no race/,
  ),
  limit(
    "const late = new Promise((_, no) => «setTimeout(no, 5));\nconst race = Promise.race([work(), late]);\n",
    /^the promise of the timer at line 1 is in no race/,
  ),
];

export const shapes: readonly Shape[] = [
  ...[...dropped, ...loops, ...voids, ...conditions, ...asked, ...forEach],
  ...[
    ...keptMany,
    ...asynchronous,
    ...untilExit,
    ...maps,
    ...keeping,
    ...settling,
    ...handling,
    ...turning,
    ...blocking,
    ...children,
    ...limits,
  ],
];
