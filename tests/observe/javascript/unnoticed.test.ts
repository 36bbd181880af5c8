/** What a program can find out about itself is the same with the recorder's loading as it is bare. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { patience } from "../../support/patience.ts";
import { Programs } from "./programs.ts";
import { allRuntimes } from "./runtimes.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const programs = new Programs();
beforeAll(() => programs.prepare());
afterAll(() => programs.remove());

/** Programs by what they look at; each is run as an ES module, and as CommonJS where it says so. */
const looking: Record<string, { text: string; files?: Record<string, string> }> = {
  "the texts of functions": {
    text: `
function   plain(a,   b) { return a+b ; }
async   function waits (x) { /* kept? */ const y = await plain( x , 1 ); return  y }
const arrow = async (x) =>  await  waits(x);
class  A extends Array { static async s ( ) { return await 1 } async m(x){ for await (const y of x) { y } } #p = async () => await 2; get g() { return this.#p } static { this.z = async () => { try { await 0 } catch { } finally { } } } }
const o = { async m ( ) { return plain(1,2) }, n: function ( ) { return waits( 5 ) }, async * g ( ) { yield await 1 }, ["c" + 1]: async ( ) => { } };
for (const f of [plain, waits, arrow, A, A.s, A.prototype.m, A.z, o.m, o.n, o.g, o.c1, Object.getOwnPropertyDescriptor(A.prototype, "g").get])
  console.log(f.toString(), String(f) === f + "", f.name, f.length);
console.log(Function.prototype.toString.toString(), Function.prototype.toString.name, Function.prototype.toString.length, Math.max.toString());
try { Function.prototype.toString.call({}) } catch (error) { console.log(error.name) }
try { new Function.prototype.toString() } catch (error) { console.log(error.name) }
`,
  },
  "promises as they are inspected": {
    text: `
import { inspect } from "node:util";
const pending = new Promise(() => {});
console.log(inspect(pending), inspect(Promise.resolve({ a: [1, { b: { c: { d: 1 } } }] })), inspect({ deep: { in: { it: Promise.resolve(5) } } }));
console.log(inspect(Promise.resolve(Promise)), inspect(class extends Promise {}), inspect(Promise.prototype), inspect([Promise.resolve([pending])], { compact: false }));
class Sub extends Promise {}
console.log(inspect(Sub.resolve(1)), Promise.resolve(1), pending.constructor === Promise, Object.keys(Promise.prototype));
console.log(inspect(Promise.reject(new RangeError("no")).catch(() => {}) && 1));
console.log(Promise.prototype.finally.name, Promise.prototype.finally.length, Promise.prototype.finally.toString());
for (const f of [process.exit, process.emit]) console.log(f.name, f.length, f.toString());
console.log(Object.keys(process).includes("emit"), "exit" in process);
`,
  },
  "the columns of a stack": {
    text: `
async function inner(x) { await 0; const y = await Promise.all([1, x]); throw new RangeError("no " + y) }
async function outer(x) { return await inner(await x, 1) }
try { await outer(2) } catch (error) { console.log(error.stack) }
const list = [1].map((x) => [Promise.resolve(x), new Error("in a callback")][1]);
console.log(list[0].stack.split("\\n").slice(0, 2).join("\\n"));
const o = { get x() { return [setTimeout(() => {}, 0), new Error("getter").stack][1].split("\\n")[1] } };
console.log(o.x, Error.stackTraceLimit, typeof Error.prepareStackTrace);
const before = Error.prepareStackTrace;
Error.prepareStackTrace = (error, frames) => error.message + frames[0].getLineNumber();
console.log(new Error("own").stack);
Error.prepareStackTrace = before;
console.log(new Error("again").stack.split("\\n").length > 1);
`,
  },
  "the stacks of what is no error": {
    text: `
const lines = (of) => of.stack.replaceAll(/:(\\d+):\\d+/g, ":$1");
class Own { constructor() { Error.captureStackTrace(this, Own) } }
function Old(message) { this.message = message; Error.captureStackTrace(this, Old) }
Old.prototype = Object.create(Error.prototype, { name: { value: "Old" } });
const made = () => [{}, { name: "N", message: "m" }, [], Object.create(null)];
for (const of of made()) { Error.captureStackTrace(of); console.log(lines(of).split("\\n").slice(0, 1).join()) }
const f = () => [new Own(), new Old("no")].map((of) => lines(of).split("\\n").slice(0, 2).join());
console.log(f());
`,
  },
  "the messages of errors": {
    text: `
const get = async () => undefined; const sync = () => undefined; const o = { async m(x) { return null } };
const tries = [
  async () => (await get()).name,
  async () => sync().name,
  async () => { const { a } = await get(); return a },
  async () => (await get())(),
  async () => (await o.m("a, (b")).deep.er,
  async () => { for (const x of await get()) x },
  async () => [...sync()],
  async () => o.nothing(await get(), sync()),
  async () => o.nothing.more(await get()),
  async () => new (await get())(),
  async () => (await get())[await get()],
  async () => { null[sync()] },
  async () => [1].map((x) => o.nothing(Promise.resolve(x), await_(x))),
  async () => { throw Object.freeze(new TypeError("$td.b(1,2)")) },
];
for (const each of tries) try { await each() } catch (error) { console.log(error.message, "|", error.stack.split("\\n")[0], Object.keys(error).includes("message")) }
`,
  },
  "the process": {
    text: `
console.log(process.argv.length, process.execArgv, Object.keys(globalThis).filter((name) => name.includes("td")));
console.log(Object.keys(process.env).filter((name) => /^BUN_BE/.test(name)));
console.log(import.meta.url.endsWith("app.mjs"), Object.getOwnPropertyNames(Promise.prototype).length);
`,
  },
  "how soon finally comes": {
    text: `
const log = [];
const mark = (name, turns, promise = Promise.resolve()) => { for (let turn = 1; turn <= turns; turn++) promise = promise.then(() => log.push(name + turn)); };
mark("t", 8);
Promise.resolve(1).finally(() => log.push("plain")).then((x) => log.push("after plain" + x));
Promise.reject(new Error("x")).finally(() => Promise.resolve(2)).catch((e) => log.push("after promise " + e.message));
Promise.resolve(1).finally(() => ({ then(f) { log.push("thenable"); f(3) } })).then((x) => log.push("after thenable" + x));
Promise.resolve(1).finally(() => { throw new Error("thrown") }).catch((e) => log.push(e.message));
Promise.resolve(1).finally(() => Promise.reject(new Error("rejected"))).catch((e) => log.push(e.message));
Promise.resolve(1).finally(5).then((x) => log.push("no function" + x));
(class extends Promise {}).resolve(1).finally(() => 1).then((x) => log.push("sub" + x));
await new Promise((resolve) => setTimeout(resolve, 5));
console.log(log.join("\\n"));
`,
  },
};

describe.each(allRuntimes)("$title", ({ command, isBun, why }) => {
  test.skipIf(why !== "").each(Object.entries(looking))(
    `sees no change in %s${why}`,
    async (_, { text }) => {
      const folder = await programs.write({ "app.mjs": text });
      const bare = await programs.bare([...command, "app.mjs"], folder);
      const { told, ...observed } = await programs.observed([...command, "app.mjs"], folder);
      expect(observed).toEqual(bare);
      expect(bare.stderr).toBe("");
      expect(told.length).toBeGreaterThan(0);
    },
  );

  test.skipIf(why !== "")(`sees no change in the texts and stacks of CommonJS${why}`, async () => {
    // Of `new Error` Bun has the column of its class, which it has from its own printing of the text.
    const placeOf = `(error) => error.stack.split("\\n")[1]${isBun ? `.replace(/:\\d+\\)?$/, "")` : ""}`;
    const text = `${looking["the texts of functions"]!.text}
const placeOf = ${placeOf};
require("./other.js");
console.log(Object.keys(require.cache).length);
console.log(placeOf(new Error("here")));
console.log(new Error("here").stack.split("\\n").filter((line) => line.includes(__dirname)).length);
`;
    const folder = await programs.write({
      "app.cjs": text,
      "other.js": `console.log([1].map((x) => [Promise.resolve(x), new Error("there")][1]).map(${placeOf}));\n`,
    });
    const bare = await programs.bare([...command, "app.cjs"], folder);
    const { told, ...observed } = await programs.observed([...command, "app.cjs"], folder);
    expect(observed).toEqual(bare);
    expect(told.length).toBeGreaterThan(0);
  });

  test.skipIf(!isBun)(
    `sees no change in CommonJS with types${unless(isBun, "it is about Bun")}`,
    async () => {
      const text = `
interface Size { width: number }
type Named<T = string> = { name: T }
declare const nowhere: number;
function over(a: string): string
function over(a: number): number
function over(a: any): any { return a }
const at = (error: Error): string => error.stack!.split("\\n")[1]!.replace(/:\\d+\\)?$/, "");
abstract class Base<T> implements Named, Iterable<T> {
  declare ghost: string;
  private static readonly count: number = 1;
  protected readonly #x?: T;
  public name!: string;
  [key: string]: unknown;
  abstract area(): number;
  constructor(x?: T) { this.#x = x as T }
  *[Symbol.iterator](): Generator<T> { yield this.#x! }
  protected async wait<U extends T>(this: Base<T>, y?: U, ...more: readonly U[]): Promise<U | undefined> { return y satisfies U | undefined }
}
class Real extends Base<number> implements Named { override area(): number { return <number>over(5) } public go() { return this.wait<number>(1) } }
let later!: number, list: Array<Map<string, number[]>> = [], f = <T,>(x: T): x is T => !!x;
later = 3 as unknown as number;
for (const each of [1, 2] as const) list.push(new Map<string, number[]>([["a", [each]]]))
;(async () => {
  const real = new Real(2);
  console.log(await real.go(), [...real], later!, list.length!, f<number>(1), real.area(), at(new Error("x")));
  try { await (null as any).x } catch (error: unknown) { console.log(at(error as Error)) }
})()
`;
      const folder = await programs.write({ "app.ts": text });
      const bare = await programs.bare([...command, "app.ts"], folder);
      const { told, ...observed } = await programs.observed([...command, "app.ts"], folder);
      expect(observed).toEqual(bare);
      expect(bare.status).toBe(0);
      expect(told).toContain("app.ts: call 18");
    },
  );

  test.skipIf(!isBun)(
    `sees no change in the texts of TypeScript's functions${unless(isBun, "it is about Bun")}`,
    async () => {
      const text = `
enum Kind { A = 1 }
export async function job<T>(a: T, ...rest: Kind[]): Promise<T> { await rest[0]; return a as T; }
abstract class Base { constructor(protected readonly x: number) {} async m(this: Base, y?: number): Promise<number> { return (await this.x!) + y! } }
class Real extends Base { override async m() { return await super.m(1) } }
for (const f of [job, Base, Real, Real.prototype.m, (async <T,>(x: T) => await x)]) console.log(f.toString());
`;
      const folder = await programs.write({ "app.ts": text });
      const bare = await programs.bare([...command, "app.ts"], folder);
      const { told, ...observed } = await programs.observed([...command, "app.ts"], folder);
      expect(observed).toEqual(bare);
      expect(told.length).toBeGreaterThan(0);
    },
  );
});
