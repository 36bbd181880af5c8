// What a program can see of its own functions, and what is easily broken by putting something into them.
const log = globalThis.logOf(import.meta.url);
const tick = async (v) => v;

// Functions: length, names, kinds, hoisting, arguments, this, new.target, shadowing.
log(hoisted.length, hoisted.name, (await hoisted(1, 2)).join());
async function hoisted(a, b = 2, ...rest) {
  later();
  return [arguments.length, rest.length, a, b];
  function later() {
    log("later");
  }
}
const AsyncFunction = (async () => {}).constructor;
log(
  AsyncFunction.name,
  hoisted instanceof AsyncFunction,
  Object.getPrototypeOf(async function* () {}).constructor.name,
);
async function empty() {}
async function commented() {
  /* nothing */
}
const arrow = async () => {};
log(await empty(), await commented(), await arrow());
async function shadow(t, i, e) {
  try {
    throw t;
  } catch (e) {
    var caught = e;
    e = i;
  }
  return [caught, i, e].join();
}
log(await shadow(1, 2, 3));
async function both(g) {
  var g;
  function g() {
    return "function";
  }
  return typeof g;
}
log(await both(5));
async function again() {
  return typeof inner;
  var x = await 1;
  function inner() {}
}
log(await again());
async function both2() {
  await 1;
  if (true) {
    var v = 1;
  }
  function v() {}
  return typeof v;
}
log(await both2());
function Made() {
  const inside = async () => new.target === Made;
  this.inside = inside;
}
log(await new Made().inside());
const computed = {
  async [await tick("key")]() {
    return this.x;
  },
  x: 7,
  async *["gen" + 1]() {
    yield* [1, await tick(2)];
  },
  async "quoted key"() {
    return 1;
  },
  async 5() {
    return 5;
  },
};
log(
  await computed.key(),
  Object.keys(computed),
  await computed["quoted key"](),
  await computed[5](),
);
for await (const x of computed.gen1()) log(x);

// Classes: super, private, static, accessors, fields, blocks.
class Base {
  async run(x) {
    return `base ${x}`;
  }
  static async make() {
    return new this();
  }
  get thing() {
    return tick("thing");
  }
}
class Derived extends Base {
  #secret = tick("secret");
  static made = tick("static");
  static {
    log("block", typeof this.made.then);
  }
  field = async () => [await this.#secret, await super.run(1)].join();
  async run(x) {
    const up = async () => super.run(x);
    return [await up(), await super.run(2), await this.#own()].join();
  }
  async #own() {
    return #secret in this;
  }
  static async *[Symbol.asyncIterator]() {
    try {
      yield 1;
      yield 2;
    } finally {
      await tick();
      log("returned");
    }
  }
  constructor() {
    super();
  }
}
const derived = await Derived.make();
log(await derived.run(3), await derived.field(), await Derived.made, await derived.thing);
for await (const x of Derived) {
  log(x);
  break;
}
log(
  await class extends (await tick(Base)) {
    async run() {
      return (await super.run(9)) + "!";
    }
  }.prototype.run(),
);

// Operators and parentheses.
const n = { a: { b: async () => ({ c: (x) => x, d: 4 }) } };
log(
  (await n.a.b()).d,
  await n?.a?.b(),
  (await n.a?.b?.())?.c?.(1),
  n.z?.b().c.d,
  n.z?.[0]?.(tick()).then(1),
);
log(
  -(await tick(2)),
  (await tick(2)) ** 2,
  !(await tick(0)),
  typeof (await tick(0)),
  void tick(1),
  (await tick(1)) + (await tick(2)) * 3,
);
log(
  await 1,
  await tick(2),
  await tick(3),
  await (1, tick(4)),
  await tick`x`,
  await (
    await tick(tick)
  )(6),
);
log((await tick(1), await tick(2)), [await tick(1), ...(await tick([2, 3]))], {
  ...(await tick({ q: 1 })),
});
const ret = async () => {
    return tick(1);
  },
  ret2 = async () => ({ x: 1 }),
  ret3 = async () => [1],
  ret4 = async (x) => (x, 2),
  ret5 = async () => async () => 5;
log(await ret(), await ret2(), await ret3(), await ret4(), await (await ret5())());
log(
  await (async (x) => await x)(1),
  async function () {
    return this;
  }.call(5) instanceof Promise,
);
let assigned;
assigned ??= await tick(1);
assigned += await tick(2);
log(assigned);
const { d = await tick("default"), ["k" + (await tick(1))]: e = 2 } = {};
log(d, e);
log(`${await tick(1)}${`${await tick(2)}`}`, String.raw`\n${await tick(3)}`);
delete n?.a;
log(n);

// Statements, without semicolons where that is allowed.
const noSemicolon = async () => tick(1);
[await noSemicolon()].forEach((x) => log(x));
let y = 1;
await tick();
++y;
log(y);
outer: for (const a of [1, 2, 3]) {
  inner: for await (const b of [1, tick(2), 3]) {
    if (b === 2) continue outer;
    if (a === 3) break outer;
    log(a, b);
    if (b === 5) continue inner;
  }
}
label: for await (const a of [1, 2, 3])
  if (a === 2) continue label;
  else log("odd", a);
for await (const a of [1]);
for await (const a of [2]) log("one line", a);
for await (const a of [tick(3)]) {
  log("block", a);
}
if (y) for await (const b of [4]) log("in if", b);
else log("never");
switch (await tick(1)) {
  case await tick(1):
    log("case");
    for await (const x of [1]) break;
  default:
    log("default");
}
do {
  y--;
} while (await tick(y > 0));
for (let k = await tick(0); k < (await tick(2)); k += await tick(1)) log("for", k);
async function overriding() {
  try {
    return await tick("try");
  } finally {
    return "finally";
  }
}
async function throwing() {
  try {
    throw new Error("a");
  } catch {
    throw new Error("b");
  } finally {
    log("finally");
  }
}
log(
  await overriding(),
  await throwing().catch((error) => error.message),
  await throwing().then(null, ({ message }) => message),
);
async function catching() {
  try {
    await Promise.reject(new Error("deep"));
  } catch ({ message, ...rest }) {
    return message;
  }
}
log(await catching());
async function direct() {
  const local = 5;
  return eval("local + arguments.length");
}
log(await direct(1, 2));
async function nested() {
  const a = async () => {
    const b = async () => {
      await tick();
      return "b";
    };
    return (await b()) + "a";
  };
  return a();
}
log(await nested());
async function strict() {
  "use strict";
  return (
    (function () {
      return this;
    })() === undefined
  );
}
async function directiveOnly() {
  "use strict";
}
log(await strict(), await directiveOnly());
async function* gen() {
  const got = yield 1;
  log("got", got);
  try {
    log(yield);
    yield tick(3);
  } catch (error) {
    log("thrown", error);
    yield 4;
  } finally {
    yield 5;
  }
  return 6;
}
const it = gen();
log(
  JSON.stringify([
    await it.next(),
    await it.next("a"),
    await it.next("b"),
    await it.throw("c"),
    await it.return(9),
    await it.next(),
    await it.next(),
  ]),
);
const it2 = gen();
log(JSON.stringify([await it2.return(tick(8)), await it2.next()]));
function* sync() {
  const x = yield tick(1);
  log("sync", x);
}
const s = sync();
await s.next().value;
s.next(2);
log(
  await Promise.all([1, 2].map(async (x) => x * 2)),
  [3, 1, 2].sort((a, b) => a - b),
);
setTimeout(
  function () {
    log("timer", arguments.length, this !== undefined);
  },
  1,
  "x",
);
setTimeout(() => log("arrow"), 1);
queueMicrotask(() => {});
process.nextTick(function named() {
  log(named.name);
});
new Promise((resolve) => resolve(1))
  .then(function (v) {
    "use strict";
    log(v, this === undefined);
  })
  .finally(() => log("fin"));
log(new Error("here").stack.split("\n")[1].match(/:(\d+):\d+/)[1]);
const at = async () => {
  await tick();
  return new Error("x").stack.match(/mjs:(\d+)/)[1];
};
log(await at());
log(import.meta.url.endsWith("language.mjs"), typeof (await import("node:fs")).readFileSync);
const tagged = (strings, ...values) => strings.raw.join() + values;
log(tagged`a${tick.length}b`);
export default class {
  async method() {
    return "exported";
  }
}
export const named = async () => await tick(1);
export async function f() {}
export { y as default2 };
log(y); // the end
