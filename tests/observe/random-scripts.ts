/**
 * Random asynchronous JavaScript: ES modules that await, chain, combine, iterate, reject and drop promises,
 * and log each thing they do. All their timers have one delay, so that the order of a log is that of the language.
 */

/** A stream of whole numbers below a bound, the same for one seed. */
function drawsOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const functions = 5;
const generators = 3;

class RandomScript {
  readonly #draw: (below: number) => number;
  #names = 0;
  /** How many statements may still be made. */
  #budget = 60;
  /** Functions from this number on may be called here, so that no call comes back to its function. */
  #from = 0;
  /** The same for generators. */
  #fromGenerator = 0;

  constructor(seed: number) {
    this.#draw = drawsOf(seed);
  }

  text(): string {
    const parts = [`const log = globalThis.logOf(import.meta.url);`, prelude];
    for (let index = 0; index < functions; index++) {
      this.#from = index + 1;
      this.#budget = 14;
      parts.push(this.#functionOf(index));
    }
    this.#from = functions;
    for (let index = 0; index < generators; index++) {
      this.#fromGenerator = index + 1;
      this.#budget = 10;
      parts.push(`async function* g${index}(x) { ${this.#generatorBlock()} }`);
    }
    this.#from = 0;
    this.#fromGenerator = 0;
    this.#budget = 24;
    for (let index = 0; index < 6; index++) parts.push(this.#statement(2, "module"));
    parts.push(`log("end");`);
    return `${parts.join("\n")}\n`;
  }

  #pick<Value>(...values: readonly Value[]): Value {
    return values[this.#draw(values.length)]!;
  }

  #name(): string {
    return `v${++this.#names}`;
  }

  #functionOf(index: number): string {
    const name = `f${index}`;
    const body = (): string => this.#block(3, "async");
    return this.#pick(
      () => `async function ${name}(x) { ${body()} }`,
      () => `const ${name} = async (x) => { ${body()} };`,
      () => `const ${name} = async (x) => ${this.#awaited(2)};`,
      () => `const ${name} = async x => ({ x: await ${this.#awaited(1)} }).x;`,
      () =>
        `const o${index} = { async ${name}(x = log("default")) { ${body()} } }; const ${name} = (x) => o${index}.${name}(x);`,
      () =>
        `class C${index} { async run(x) { ${body()} } }
class D${index} extends C${index} { async run(x) { log(this instanceof D${index}, arguments.length); return super.run(x); } }
function ${name}(x) { return new D${index}().run(x); }`,
    )();
  }

  #generatorBlock(): string {
    const parts: string[] = [];
    const count = 2 + this.#draw(3);
    for (let index = 0; index < count; index++)
      parts.push(
        this.#pick(
          () => `yield ${this.#awaited(1)};`,
          () => `log("sent", yield ${this.#draw(9)});`,
          () => `yield* [1, Promise.resolve(2)];`,
          () =>
            `try { yield ${this.#draw(9)}; ${this.#statement(1, "async")} } finally { ${this.#log()} await ${this.#awaited(0)}; ${this.#log()} }`,
          () => this.#statement(2, "async"),
        )(),
      );
    return parts.join(" ");
  }

  #block(depth: number, place: "async" | "sync"): string {
    const count = 1 + this.#draw(3);
    return Array.from({ length: count }, () => this.#statement(depth, place)).join(" ");
  }

  #log(): string {
    return `log("${this.#name()}");`;
  }

  /** An expression whose value may be a promise. */
  #awaited(depth: number): string {
    const inner = (): string => (depth > 0 ? this.#awaited(depth - 1) : `${this.#draw(100)}`);
    const call = (): string =>
      this.#from < functions
        ? `f${this.#from + this.#draw(functions - this.#from)}(${this.#draw(9)})`
        : `micro(${this.#draw(9)})`;
    return this.#pick(
      () => `${this.#draw(100)}`,
      () => `Promise.resolve(${inner()})`,
      call,
      call,
      call,
      () => `(${call()})`,
      () => `pause(${this.#draw(9)})`,
      () => `micro(${this.#draw(9)})`,
      () => `thenable(${this.#draw(9)})`,
      () => `Promise.all([${inner()}, ${inner()}])`,
      () => `Promise.allSettled([${inner()}, ${inner()}])`,
      () => `Promise.race([${inner()}, ${inner()}])`,
      () => `Promise.any([${inner()}, ${inner()}])`,
      () => `(flag() ? ${inner()} : ${inner()})`,
      () => `(${this.#draw(9)}, ${inner()})`,
      () => `(flag() && ${inner()})`,
      () => `${call()}.then((v) => { log("then", v); return ${inner()}; })`,
      () => `${call()}?.then((v) => v)`,
      () => `${call()}.catch((e) => log("caught", e.message)).finally(() => ${inner()})`,
      () => `(async () => ${inner()})()`,
      () => `(async (x) => { await x; return ${inner()}; })(${inner()})`,
      () => `new Promise((resolve) => { log("executor"); resolve(${inner()}); })`,
      () => `Promise.reject(new Error("r${++this.#names}"))`,
    )();
  }

  #statement(depth: number, place: "async" | "sync" | "module"): string {
    if (this.#budget-- <= 0 || depth <= 0) return this.#log();
    if (place === "sync") return this.#anywhere(depth);
    if (this.#draw(3) === 0) return this.#anywhere(depth);
    return this.#suspending(depth, place);
  }

  /** A statement that stands in synchronous functions as well. */
  #anywhere(depth: number): string {
    const block = (): string => this.#block(depth - 1, "sync");
    const value = (): string => this.#awaited(1);
    return this.#pick(
      () => this.#log(),
      () => `${value()};`,
      () => `void ${value()};`,
      () => `flag() && ${value()};`,
      () => `queueMicrotask(() => { ${block()} });`,
      () => `process.nextTick(() => { ${block()} });`,
      () => `setTimeout(() => { ${block()} }, 1);`,
      () => `setTimeout(async () => { ${this.#block(depth - 1, "async")} }, 1);`,
      () => `[1, 2].forEach(async (x) => { ${this.#block(depth - 1, "async")} });`,
      () => `(${value()})?.then?.((v) => { log("then", v); }, (e) => log("rejected", e.message));`,
      () => `for (let n = 0; n < 2; n++) { ${block()} }`,
      () =>
        `try { ${block()} if (flag()) throw new Error("sync"); } catch { ${this.#log()} } finally { ${this.#log()} }`,
    )();
  }

  #suspending(depth: number, place: "async" | "module"): string {
    const value = (): string => this.#awaited(2);
    const inner = (): string => this.#statement(depth - 1, place);
    const name = this.#name();
    const source = (): string => {
      const from = this.#fromGenerator;
      const items = `[1, Promise.resolve(2), 3]`;
      if (from >= generators) return items;
      const call = `g${from + this.#draw(generators - from)}(1)`;
      return this.#pick(call, items, `(${call})`);
    };
    return this.#pick(
      () => `await ${value()};`,
      () => `log("is", await ${value()});`,
      () => `const ${name} = await ${value()}; log(${name});`,
      () => `const { ${name} = await ${value()} } = {}; log(${name});`,
      () => "log(`${await " + value() + "}`);",
      () => `if (await ${value()}) { ${inner()} } else { ${inner()} }`,
      () => `{ ${inner()} ${inner()} }`,
      () =>
        `try { ${inner()} await ${value()}; } catch (e) { log("caught", e.message); ${inner()} }`,
      () =>
        `try { await ${value()}; } catch { ${inner()} } finally { ${this.#log()} await ${value()}; }`,
      () =>
        `try { if (flag()) throw new Error("t${name}"); ${inner()} } catch ({ message }) { log(message); await ${value()}; }`,
      () =>
        `for await (const x of ${source()}) { log("item", x); ${inner()} if (flag()) continue; if (flag()) break; await ${value()}; }`,
      () => `for await (const x of ${source()}) log("one", x)\n;`,
      () =>
        `${name}: for await (const x of ${source()}) { for (const y of [1, 2]) { log(x, y); if (flag()) continue ${name}; await ${value()}; } }`,
      () => `for (let n = 0; n < 2; n++) { await ${value()}; ${inner()} }`,
      () => (place === "module" ? this.#log() : `if (flag()) return ${value()};`),
      () => (place === "module" ? this.#log() : `if (flag()) throw new Error("f${name}");`),
      () => `const ${name} = ${value()}; ${inner()} await ${name};`,
    )();
  }
}

const prelude = `let turns = 0;
const flag = () => turns++ % 3 === 1;
const pause = (n) => new Promise((resolve) => setTimeout(() => { log("timer", n); resolve(n); }, 1));
const micro = (n) => new Promise((resolve) => queueMicrotask(() => { log("micro", n); resolve(n); }));
const thenable = (n) => ({ then(resolve) { log("asked", n); resolve(n); } });`;

/** The text of a random module, the same for one seed. It finds its log by \`globalThis.logOf(import.meta.url)\`. */
export const randomScript = (seed: number): string => new RandomScript(seed).text();
