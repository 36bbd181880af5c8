/**
 * Documents that nobody would write: those of the catalogue with bytes, lines, values and features of YAML
 * changed at random. Each comes from its number alone, so that what it breaks can be seen again.
 */
import { stringify } from "yaml";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseYaml } from "../../src/scenario/yaml.ts";
import { randomFrom } from "../drivers/arbitrary.ts";
import { hostilePieces } from "./hostile.ts";

export interface Mutant {
  /** A file's name: some things depend on its end. */
  file: string;
  bytes: Uint8Array;
  /** What was done to which scenario, for whoever reads a failure. */
  how: string;
}

const seed = 20261130;

/** The mutant of a number. */
export function mutantOf(number: number): Mutant {
  const chance = new Chance(seed + 7919 * number);
  const { name, text } = chance.one(catalogue);
  const [kind, mutate] = chance.one(Object.entries(kinds));
  const rounds = 1 + chance.below(3);
  const { file, bytes } = mutate(text, chance, rounds);
  return { file, bytes, how: `${number}: ${kind} of ${name}, ${rounds} times` };
}

/** Random choices. */
class Chance {
  readonly #random: () => number;

  constructor(from: number) {
    this.#random = randomFrom(from);
    // The first few numbers of neighbouring seeds are alike.
    for (let k = 0; k < 5; k++) this.#random();
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  one<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

type Mutation = (
  text: string,
  chance: Chance,
  rounds: number,
) => { file: string; bytes: Uint8Array };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function repeatedly<Value>(value: Value, rounds: number, change: (value: Value) => Value): Value {
  let changed = value;
  for (let k = 0; k < rounds; k++) changed = change(changed);
  return changed;
}

const kinds: Record<string, Mutation> = {
  bytes(text, chance, rounds) {
    const bytes = repeatedly(Buffer.from(text), 2 * rounds, (before) => {
      const at = chance.below(before.length + 1);
      const to = Math.min(before.length, at + chance.below(40));
      const byte = chance.one([chance.below(256), ...breakingBytes]);
      return chance.one([
        () => Buffer.concat([before.subarray(0, at), Buffer.of(byte), before.subarray(at + 1)]),
        () => Buffer.concat([before.subarray(0, at), Buffer.of(byte), before.subarray(at)]),
        () => Buffer.concat([before.subarray(0, at), before.subarray(to)]),
        () => Buffer.concat([before.subarray(0, to), before.subarray(at)]),
        () => before.subarray(0, at),
      ])();
    });
    return { file: "bytes.yaml", bytes };
  },

  lines(text, chance, rounds) {
    const lines = repeatedly(text.split("\n"), 2 * rounds, (before) => {
      const at = chance.below(before.length);
      const other = chance.below(before.length);
      const line = before[at]!;
      const indent = " ".repeat(chance.below(9));
      return before.toSpliced(
        at,
        1,
        ...chance.one([
          [],
          [line, line],
          [before[other]!],
          [line, before[other]!],
          [indent + line.trimStart()],
          [line.replace(/^ +/, (spaces) => "\t".repeat(spaces.length / 2))],
          [`${line} ${before[other]!.trim()}`],
          [line.replace(/: .*/, ":")],
          [line.replaceAll(/[\w.]+$/g, () => chance.one(words))],
          [line.replace(/\w+(?=:)/, () => chance.one(words))],
          [line.replace(/\w+(?=:)/, () => chance.one(keys))],
        ]),
      );
    });
    return { file: "lines.yaml", bytes: bytesOf(lines.join(chance.one(["\n", "\n", "\r\n"]))) };
  },

  features(text, chance, rounds) {
    const changed = repeatedly(text, rounds, (before) => {
      const values = [...before.matchAll(/(?<=: |- )\S.*$/gm)];
      const { index, 0: value } = chance.one(values) ?? { index: 0, 0: "" };
      const put = (instead: string): string =>
        before.slice(0, index) + instead + before.slice(index + value.length);
      return chance.one([
        () => put(`&a ${value}`) + chance.one(["", "\nx: *a\n", "\ntitle: *a\n", "\nmain: *a\n"]),
        () => put("*a"),
        () => put(`&a [${"*a, ".repeat(chance.below(4))}]`),
        () => put(chance.one(tags) + " " + value),
        () => put(`{ <<: ${chance.one(["*a", "{ sleep: 1s }", "[{ a: 1 }, { b: 2 }]", "1"])} }`),
        () => put(`"${value}`),
        () => put(`'${value}'`),
        () => put(`"${chance.one(escapes)}"`),
        () => put(`${chance.one(["|", ">", "|+", ">-", "|9", "|0", "|2-"])}\n      ${value}`),
        () => put(`? ${value}\n: ${value}`),
        () => put(`[${"[".repeat(chance.one([1, 20, 60, 120, 5000]))}`),
        () => put(`${"[".repeat(90)}1${"]".repeat(chance.one([90, 89]))}`),
        () =>
          put(`${"{ a: ".repeat(chance.one([3, 60, 200]))}1${" }".repeat(chance.one([3, 60]))}`),
        () => put(chance.one(words)),
        () => put(`${value} # ${chance.one(hostilePieces)}`),
        () => `${before}\n---\n${before}`,
        () =>
          `${chance.one(["%YAML 1.1", "%YAML 9.9", "%TAG ! tag:x,2026:", "%"])}\n---\n${before}`,
        () =>
          `${chance.one(["\ufeff", "\ufeff\ufeff", "...\n", "---\n", "--- ", "\0", "\t"])}${before}`,
        () =>
          before + chance.one(["\n...\n", "\n...\nmore", "\n&a", "\n!!map", "\n\0", "\n\ufeff"]),
        () => billionLaughs(before, chance.one([3, 9, 30])),
        () => before.replaceAll("\n", chance.one(["\r\n", "\r", "\u2028", "\n\n", "\n#\n"])),
      ])();
    });
    return { file: "features.yaml", bytes: bytesOf(changed) };
  },

  json(text, chance, rounds) {
    const { data } = parseYaml(text, "catalogue.yaml");
    const written = JSON.stringify(data, null, chance.below(3));
    const changed = repeatedly(written, rounds, (before) => {
      const marks = [...before.matchAll(/[[\]{},:"]/g)];
      if (marks.length === 0) return before;
      const { index, 0: mark } = chance.one(marks);
      const [begin, end] = [before.slice(0, index), before.slice(index + 1)];
      return chance.one([
        () => begin + end,
        () => begin + mark + mark + end,
        () => begin + chance.one([..."[]{},:\"'"]) + end,
        () => `${begin}${mark}/* ${chance.one(hostilePieces)} */${end}`,
        () => `${begin}${mark} // ${chance.one(words)}\n${end}`,
        () => before.replaceAll('"', "'"),
        () => before.replaceAll(/"(\w+)":/g, "$1:"),
        () => before.replaceAll(/([\]}])/g, ",$1"),
        () => begin + chance.one(escapes) + mark + end,
        () => before + chance.one(["", before, "\n{}", " null", "]"]),
        () => begin,
        () => begin + mark + chance.one(words) + end,
      ])();
    });
    return { file: "json.json", bytes: bytesOf(changed) };
  },

  values(text, chance, rounds) {
    return written(mutated(text, chance, 2 * rounds), chance);
  },

  // What is right more often, so that more is performed.
  meanings(text, chance, rounds) {
    const document = parseYaml(text, "catalogue.yaml").data as Tree;
    for (let k = 0; k < 2 * rounds; k++) changeMeaning(document, chance);
    return written(document, chance);
  },
};

type Tree = Record<string, unknown>;

const breakingBytes = [0, 9, 10, 13, 27, 34, 39, 58, 0x80, 0xbf, 0xc0, 0xed, 0xf4, 0xff];

const tags = [
  ..."!!str !!int !!float !!bool !!null !!binary !!set !!omap !!pairs !!timestamp !!merge".split(
    " ",
  ),
  "!!js/function",
  "!!python/object/apply:os.system",
  "!local",
  "!",
  "!<tag:x>",
];

const escapes = [
  ..."\\0 \\u202e \\x1b[2J \\ud800 \\U0010ffff \\U00110000 \\q \\x1 \\N \\_ \\L \\P \\e".split(" "),
  "\\",
];

/** What has another meaning than it seems, or more of it than anybody needs. */
const values: readonly unknown[] = [
  null,
  true,
  "",
  " ",
  "~",
  0,
  -0,
  -1,
  1.5,
  1e-9,
  1e21,
  1e308,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  99999999999999999999n.toString(),
  "1e400",
  "0x10",
  "0o17",
  "1_000",
  ".inf",
  ".nan",
  "2026-11-30",
  "12:30:45",
  "yes",
  "1s",
  "0ms",
  "1us",
  "0.1us",
  "-1s",
  "1e3s",
  "9007199254740991us",
  "99999999999999h",
  "1 s",
  "١s",
  "{i}",
  "{value}",
  "{value}{value}{value}",
  "{{i}}",
  "{task} {copy} {runtime}",
  "{nothing}",
  "{",
  "}}{",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "main",
  "launch",
  "task",
  [],
  {},
  [[]],
  [null],
  { a: { b: { c: [] } } },
  { __proto__: null, toString: 1 },
  JSON.parse('{"__proto__": {"print": "x"}}'),
  "x".repeat(5000),
  "é".repeat(300),
];

const words = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));

const keys = [
  ..."name title description main launch tasks channels strategy compare kill expect steps finally copies until".split(
    " ",
  ),
  ..."print sleep block compute repeat fail start settle submit result join send receive call".split(
    " ",
  ),
  ..."module export args takes channel value capacity timeout what at use $schema".split(" "),
  ..."loop settle atExit grace offload workers consumers slots retry backoff lease".split(" "),
  ..."lost wall longestBlock lateness.p99 overlap prints deadlock contains".split(" "),
  "__proto__",
  "constructor",
  "prototype",
  "valueOf",
  "toJSON",
  "then",
  "length",
  "",
  "a b",
  "x".repeat(2000),
];

/** A text of a megabyte would fill a document; this is done to one in a few hundred. */
const huge = 900_000;

/** A scenario's data with some of it changed to anything. */
function mutated(text: string, chance: Chance, rounds: number): Tree {
  const document = parseYaml(text, "catalogue.yaml").data as Tree;
  for (let k = 0; k < rounds; k++) {
    const { holder, key } = chance.one(placesIn(document));
    const other = chance.one(placesIn(document));
    const value = holder[key];
    const put = (instead: unknown): void => void (holder[key] = instead);
    chance.one([
      () => put(chance.one(values)),
      () => put(chance.one(values)),
      () => put(chance.one(hostilePieces)),
      () => put(copyOf(other.holder[other.key])),
      () => put([copyOf(value)]),
      () => put({ [chance.one(keys)]: copyOf(value) }),
      () => put(Array.from({ length: chance.one([2, 3, 200]) }, () => copyOf(value))),
      () => put(nested(value, chance.one([5, 49, 51, 99, 120, 3000]))),
      () => put(chance.below(20) === 0 ? "x".repeat(huge) : "y"),
      () => {
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
      },
      () => {
        if (!Array.isArray(holder)) define(holder, chance.one(keys), copyOf(value));
      },
      () => {
        if (Array.isArray(holder)) return;
        delete holder[key];
        define(holder, chance.one([...keys, ...hostilePieces]), value);
      },
    ])();
  }
  return document;
}

/** An own property, whatever it is called. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function nested(value: unknown, depth: number): unknown {
  let inner = value;
  for (let k = 0; k < depth; k++) inner = k % 2 === 0 ? [inner] : { repeat: 1, steps: inner };
  return inner;
}

function copyOf<Value>(value: Value): Value {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as Value);
}

/** Wherever a value stands. */
function placesIn(root: Tree): { holder: Record<PropertyKey, unknown>; key: string }[] {
  const places: { holder: Record<PropertyKey, unknown>; key: string }[] = [];
  const stack: unknown[] = [root];
  for (let node; (node = stack.pop()) !== undefined;) {
    if (typeof node !== "object" || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      places.push({ holder: node as Record<PropertyKey, unknown>, key });
      if (places.length < 500 && value !== undefined) stack.push(value);
    }
  }
  return places.length > 0 ? places : [{ holder: root, key: "main" }];
}

const durations = ["0ms", "1us", "1ms", "10ms", "250ms", "1s", "90s", "36h", "365000h"];

/** Changes a document to another that is likely to mean something. */
function changeMeaning(document: Tree, chance: Chance): void {
  const duration = (): string => chance.one(durations);
  const tasks = (document["tasks"] ?? {}) as Tree;
  const task = (): string => chance.one([...Object.keys(tasks), "task", "other"]);
  const stepsOf = (value: unknown): unknown[] =>
    Array.isArray(value) ? value : ((value as Tree)?.["steps"] as unknown[]);
  const some = (): unknown[] =>
    chance.one(
      [document["main"], document["launch"], ...Object.values(tasks).map(stepsOf)].filter(
        (steps): steps is unknown[] => Array.isArray(steps),
      ),
    );
  const leaf = (): unknown =>
    chance.one([
      { sleep: duration() },
      { block: duration() },
      { compute: duration() },
      { print: chance.one(["{i} {task} {copy} {runtime}", "{value}", "a", ...hostilePieces]) },
      { fail: chance.one(["no", "{value}", ...hostilePieces]) },
      { send: { channel: "box", value: chance.one(values) } },
      { receive: "box", timeout: duration() },
      { receive: "box" },
      { call: { module: "./job.ts", takes: duration(), args: { a: chance.one(values) } } },
      "launch",
      "settle",
      "join",
      { join: null, timeout: duration() },
      { start: task() },
      { submit: task() },
      { result: task(), timeout: duration() },
    ]);
  const count = (): number => chance.one([0, 1, 2, 5, 64, 1000, 10_000, 300_000, 1e9]);
  const strategy = (): unknown => ({
    use: chance.one([
      ..."detach await group thread daemon portal float exit durable durable".split(" "),
    ]),
    ...Object.fromEntries(
      Array.from({ length: chance.below(4) }, () =>
        chance.one<[string, unknown]>([
          ["settle", chance.one(["none", "gather", "group", "settled"])],
          ["timeout", duration()],
          ["atExit", chance.one(["wait", "cancel", "abandon"])],
          ["grace", duration()],
          ["offload", chance.one(["none", "threads", "processes"])],
          ["workers", chance.one([1, 2, 64])],
          ["consumers", chance.one([1, 2, 16])],
          ["slots", chance.one([1, 4, 1000])],
          ["retry", chance.one([1, 3, 1000])],
          ["backoff", duration()],
          ["lease", duration()],
        ]),
      ),
    ),
  });
  const insert = (step: unknown): void => {
    const steps = some();
    steps?.splice(chance.below(steps.length + 1), 0, step);
  };
  chance.one([
    () => insert(leaf()),
    () => insert(leaf()),
    () => insert({ repeat: count(), steps: [leaf(), leaf()] }),
    () => insert({ repeat: 3, steps: [{ repeat: count(), steps: [leaf()] }, leaf()] }),
    () => some()?.splice(0, 1),
    () => void (document["strategy"] = strategy()),
    () => void (document["strategy"] = strategy()),
    () => void (document["compare"] = [strategy(), strategy(), "await"]),
    () =>
      void (document["kill"] = Array.from({ length: 1 + chance.below(3) }, () => ({
        what: chance.one(["main", "worker", "process"]),
        at: duration(),
      }))),
    () =>
      void (document["channels"] = {
        box: chance.one([null, {}, { capacity: 1 }, { capacity: 1e6 }]),
      }),
    () =>
      define(tasks, chance.one(["other", "constructor", "toString", "valueOf"]), [leaf(), leaf()]),
    () => {
      const name = task();
      const steps = stepsOf(tasks[name]);
      if (!Array.isArray(steps)) return;
      tasks[name] = {
        steps,
        ...chance.one([
          { copies: count() },
          { finally: [leaf(), leaf()] },
          { until: "shutdown", finally: [{ sleep: duration() }] },
        ]),
      };
    },
    () =>
      void (document["expect"] = chance.one<unknown>([
        { tasks: "finished", lost: 0 },
        { wall: "<= 9.5s", main: "> 1ms", longestBlock: "== 0s", "lateness.p99": "< 1ms" },
        { overlap: ">= 50%", prints: [chance.one(hostilePieces)], deadlock: chance.below(2) === 0 },
        { prints: { contains: "a" }, tasks: { [task()]: "lost" } },
      ])),
    () => void (document["title"] = chance.one(hostilePieces)),
    () => void (document["description"] = chance.one(hostilePieces).repeat(3)),
  ])();
}

/** A document as YAML or JSON has it, whatever its data is. */
function written(document: Tree, chance: Chance): { file: string; bytes: Uint8Array } {
  const asJson = (): string => JSON.stringify(document, null, chance.below(3));
  const json = asJson();
  // What nests deep would be indented by megabytes.
  const isDeep = /(?:[[{][^[\]{}]*){60}/.test(json);
  if (chance.below(2) === 0 || isDeep) return { file: "values.json", bytes: bytesOf(json) };
  try {
    return { file: "values.yaml", bytes: bytesOf(stringify(document)) };
  } catch {
    // The package has limits of its own.
    return { file: "values.yaml", bytes: bytesOf(json) };
  }
}

/** Each list has the one before several times: small as text, and huge when expanded. */
function billionLaughs(text: string, depth: number): string {
  const lists = Array.from(
    { length: depth },
    (_, k) =>
      `l${k}: &l${k} [${
        k === 0
          ? "x"
          : Array(9)
              .fill(`*l${k - 1}`)
              .join(", ")
      }]`,
  );
  return `${lists.join("\n")}\n${text}`;
}
