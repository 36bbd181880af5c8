/** Whole programs with one fault each, in the shapes that code has; what they print says whether it is there. */

export interface Faulty {
  file: string;
  text: string;
  /** What is printed when the fault is gone, with any of the edits; none of it is when it is there. */
  prints: string;
  patterns: readonly string[];
}

const sleep = `import { setTimeout as sleep } from "node:timers/promises";\n`;
const required = `const { setTimeout: sleep } = require("node:timers/promises");\n`;
const save = `
async function save(what) {
  await sleep(300);
  console.log("stored " + what);
}
`;

const program = (
  text: string,
  patterns: string,
  prints = "stored x",
  file = "app.mjs",
): Faulty => ({
  file,
  text,
  prints,
  patterns: patterns.split(" "),
});

export const faulty: readonly Faulty[] = [
  program(
    `${sleep}${save}
async function work() {
  save("x");
  await sleep(5);
}

await work();
process.exit(0);
`,
    "await",
  ),
  program(
    `${sleep}
class Store {
  #name = "x";

  async #save() {
    await sleep(300);
    console.log("stored " + this.#name);
  }

  close = async () => {
    await sleep(5);
    if (this.#name) this.#save();
  };
}

await new Store().close();
process.exit(0);
`,
    "await",
  ),
  program(
    `${sleep}${save}
const o = {
  async work(ready) {
    await sleep(5); ready && save("x"); console.log("worked");
  },
};

await o.work("é漢😀");
process.exit(0);
`,
    "await",
  ),
  program(
    `${required}${save}
async function main() {
  save("x");
  await sleep(5);
  process.exit(0);
}

main();
`,
    "await",
    "stored x",
    "app.cjs",
  ),
  program(
    `${required}${save}
const run = async (ids) => {
  ids.forEach(async (id) => {
    await save(id);
  });
  await sleep(5);
};

run(["x"]).then(() => process.exit(0));
`,
    "all-of-map",
    "stored x",
    "app.cjs",
  ),
  program(
    `${sleep}${save}
async function outer() {
  async function inner() {
    save("x");
  }
  inner();
  await sleep(5);
}

outer();
setTimeout(() => process.exit(0), 100);
`,
    "await",
  ),
  program(
    `${sleep}${save}
const ids = new Set(["w", "x"]);
ids.forEach(save);
await sleep(5);
process.exit(0);
`,
    "all-of-map",
  ),
  program(
    `${sleep}${save}
class Batch {
  ids = ["w", "x"];

  async run() {
    this.ids
      .filter((id) => id !== "w")
      .forEach((id) => {
        save(id);
      });
    await sleep(5);
  }
}

await new Batch().run();
process.exit(0);
`,
    "all-of-called-back",
  ),
  program(
    `${sleep}
const read = async (id) => {
  await sleep(300);
  return "stored " + id;
};

const rows = ["w", "x"].map((id) => id).map(async (id) => read(id));
console.log(rows.join());
process.exit(0);
`,
    "await-map",
  ),
  program(
    `${sleep}
async function isGood(what) {
  await sleep(20);
  return what === "x";
}

async function pick(all) {
  const good = all.filter(async (one) => {
    return await isGood(one);
  });
  return good.join("+");
}

console.log("stored " + (await pick(["x", "y"])) + ".");
`,
    "await-answers",
    "stored x.",
  ),
  program(
    `${sleep}
const isOpen = async () => {
  await sleep(20);
  return false;
};

async function enter() {
  if (!isOpen()) return "stored x";
  return "in";
}

console.log(await enter());
`,
    "await-condition",
  ),
  program(
    `${sleep}
async function isOpen() {
  await sleep(20);
  return false;
}

function enter() {
  if (isOpen()) console.log("in");
  else console.log("stored x");
}

enter();
`,
    "make-async",
  ),
  program(
    `${sleep}${save}
const saving = save("x");
await sleep(5);
console.log("bye"); process.exit(0);
`,
    "await-kept",
  ),
  program(
    `${sleep}${save}
async function main() {
  const jobs = [];
  for (const id of ["w", "x"]) jobs.push(save(id));
  await sleep(5);
  process.exit(0);
}

await main();
`,
    "await-kept",
  ),
  program(
    `${sleep}${save}
setTimeout(function () {
  save("x");
  process.exit(0);
}, 20);
`,
    "make-async",
  ),
  program(
    `${sleep}${save}
const stop = () => {
  save("x");
  process.exit(0);
};

process.once("SIGUSR2", stop);
process.kill(process.pid, "SIGUSR2");
await sleep(2_000);
`,
    "make-async",
  ),
  program(
    `${sleep}${save}
let turns = 0;
const timer = setInterval(async () => {
  turns += 1;
  if (turns === 2) clearInterval(timer);
  await save("x");
}, 20);

while (turns < 2) await sleep(5);
process.exit(0);
`,
    "keep-until-exit",
  ),
  program(
    `${sleep}${save}
for (let k = 0; k < 3; k++) {
  for (const id of ["x"]) save(id + k);
}
process.exit(0);
`,
    "await-together await-in-turn",
    "stored x2",
  ),
  program(
    `${sleep}
async function fail() {
  await sleep(20);
  throw new Error("stored x");
}

async function both() {
  const failing = fail(); // the quick one
  try {
    await sleep(100);
    await sleep(100);
    return await failing;
  } catch (error) {
    return error.message;
  }
}

both().then((told) => console.log(told));
`,
    "handle-at-once",
  ),
  program(
    `${sleep}
async function part(ms, isBad) {
  await sleep(ms);
  if (isBad) throw new Error("bad " + ms);
  console.log("part", ms);
  return ms;
}

const whole = async () => {
  const [a, b] = await Promise.all([part(20, true), part(200, false)]);
  return a + b;
};

const told = await whole().catch((error) => error.message);
console.log("told:", told);
`,
    "all-settled",
    "part 200\ntold: bad 20",
  ),
  program(
    `${sleep}${save}
const work = async (ids) => await ids.forEach(async (id) => {
  await save(id);
});

await work(["w", "x"]);
process.exit(0);
`,
    "all-of-map",
  ),
  program(
    `${sleep}${save}
function migrate(ids) {
  ids.forEach((id) => save(id));
  console.log("migrated");
}

migrate(["w", "x"]);
setTimeout(() => process.exit(0), 50);
`,
    "all-of-map-in-async",
  ),
  program(
    `${sleep}
class Client {
  constructor(url) {
    this.ready = this.#connect(url);
  }

  async #connect(url) {
    await sleep(20);
    throw new Error("stored " + url);
  }

  async get() {
    await this.ready;
  }
}

const client = new Client("x");

async function main() {
  await sleep(100);
  await sleep(100);
  await client.get();
}

main().catch((error) => console.log(error.message));
`,
    "handle-at-once",
  ),
  program(
    `${sleep}
async function load(ms) {
  await sleep(ms);
  if (ms < 100) throw new Error("stored " + ms);
}

async function all() {
  const loads = [300, 20].map((ms) => load(ms));
  for (const one of loads) await one;
}

all().catch((error) => console.log(error.message));
`,
    "handle-at-once",
    "stored 20",
  ),
];
