/**
 * The examples of the help, each a command with options of its row in the table, held by types: an option
 * that a command has not, or a word that an option does not take, is no example.
 *
 * They stand apart from the rows since those of one command name others.
 */
import type { OperandOf } from "./command.ts";
import type { CommandName, commands } from "./commands.ts";
import type { ValuedName, valuedOptions } from "./options.ts";

/** The type of an option's value: one of its few words, any text, or for a flag nothing. */
type Written<Name> = Name extends ValuedName
  ? (typeof valuedOptions)[Name] extends { offers: readonly (infer Word extends string)[] }
    ? Word
    : string
  : true;

type WrittenOptions<Name extends CommandName> = {
  readonly [
    Option in keyof (typeof commands)[Name]["options"]
  ]?: (typeof commands)[Name]["options"][Option] extends {
    file: string;
  }
    ? string
    : Written<Option>;
};

/** A command line as a user writes it in a shell. Values with signs of the shell's bring their quotes. */
function tandem<Name extends CommandName>(
  name: Name,
  operands: readonly OperandOf<(typeof commands)[Name]>[] = [],
  options: WrittenOptions<Name> = {},
): string {
  return ["tandem", name, ...operands, ...wordsOf(options)].join(" ");
}

/** The same of a command that runs a program: its options stand before that. */
function tandemBefore<Name extends CommandName>(
  name: Name,
  program: readonly string[],
  options: WrittenOptions<Name> = {},
): string {
  return ["tandem", name, ...wordsOf(options), ...program].join(" ");
}

function wordsOf(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([option, written]) =>
    written === true ? [`--${option}`] : [`--${option}`, String(written)],
  );
}

/** An example with what it shows beside it. */
function shows(example: string, what: string): string {
  return `${example.padEnd(36)}${what}`;
}

/** The examples of `tandem help`. */
export const firstExamples: readonly string[] = [
  shows(tandem("run", ["lost"]), "a task that nobody awaits is lost"),
  shows(tandem("run", ["lost"], { strategy: "await" }), "awaited, it finishes"),
  shows(tandem("run", ["threaded"], { speed: "10" }), "the loop in its own thread, 10 × as fast"),
  shows(tandem("help", ["run"]), `all options of "run"`),
];

/** The examples of each command's help. */
export const examples: Readonly<Record<CommandName, readonly string[]>> = {
  run: [
    tandem("run", ["lost"]),
    tandem("run", ["threaded"], { speed: "10" }),
    tandem("run", ["lost"], { driver: "virtual", timeline: true }),
    tandem("run", ["my.yaml"], {
      strategy: "thread,atExit=cancel,grace=1s",
      driver: "virtual",
    }),
    `${tandem("show", ["lost"])} | ${tandem("run", ["-"], { strategy: "await", json: true })}`,
    tandem("run", ["blocking"], { strategy: "await,offload=threads,workers=4" }),
    tandem("run", ["threaded"], { jitter: "5%", runs: "10000" }),
    tandem("run", ["threaded"], { jitter: "5%", seed: "2654435770", timeline: true }),
  ],
  compare: [
    tandem("compare", ["lost"]),
    tandem("compare", ["blocking"], { all: true }),
    tandem("compare", ["threaded"], { strategies: `"detach,await,thread,atExit=cancel"` }),
    tandem("compare", ["blocking"], { all: true, must: `"finish,block<=50ms"` }),
    `${tandem("compare", ["choosing"], { "counter-example": true })} | ${tandem("run", ["-"], { driver: "virtual" })}`,
    tandem("compare", ["threaded"], { verify: true, speed: "10" }),
  ],
  crash: [
    tandem("crash", ["lost"]),
    tandem("crash", ["threaded"], { all: true }),
    tandem("crash", ["lost"], { strategy: "await", output: "worst.yaml" }),
    tandem("crash", ["threaded"], { strategy: "thread", driver: "real", speed: "5" }),
  ],
  check: [
    tandem("check", ["scenarios/"]),
    tandem("check", ["mine.yaml"], { driver: "real", speed: "5" }),
    `${tandem("check", ["scenarios/"], { reporter: "junit" })} > junit.xml`,
  ],
  code: [
    tandem("code", ["lost"], { lang: "python" }),
    tandem("code", ["lost"], { strategy: "await" }),
    `${tandem("code", ["threaded"])} > threaded.ts && bun threaded.ts`,
  ],
  worker: [
    tandem("run", ["lost"], { strategy: "durable", engine: "sqlite:q", speed: "10" }),
    tandem("worker", ["lost"], { engine: "sqlite:q", "until-empty": true }),
    tandem("worker", ["lost"], {
      engine: "sqlite:q",
      strategy: "durable,slots=8",
      "until-empty": true,
    }),
  ],
  list: [tandem("list")],
  show: [tandem("show", ["lost"]), `${tandem("show", ["threaded"])} > mine.yaml`],
  new: [tandem("new"), tandem("new", ["mine.yaml"])],
  observe: [
    tandemBefore("observe", ["app.py", "--port", "80"]),
    tandemBefore("observe", ["app.ts"]),
    tandemBefore("observe", ["app.mjs"], { runtime: "node", timeline: true }),
    tandemBefore("observe", ["--", "npm", "test"], { must: "finish,heard" }),
    tandemBefore("observe", ["app.py"], { must: "finish,heard", timeout: "60s" }),
    tandemBefore("observe", ["--", "python3", "-m", "app"], { hang: "30s", timeline: true }),
    tandemBefore("observe", ["app.py"], { "quiet-program": true, json: "-" }),
    tandemBefore("observe", ["app.py"], { live: true, open: true }),
    tandemBefore("observe", ["app.py"], { reporter: "github", report: "app.sarif" }),
  ],
  report: [
    tandem("run", ["lost"], { driver: "virtual", events: "lost.ndjson" }),
    tandem("report", ["lost.ndjson"], { timeline: true }),
    tandem("report", ["lost.ndjson"], { output: "lost.html" }),
    tandem("report", ["lost.ndjson"], { output: "lost.svg" }),
  ],
  schema: [`${tandem("schema")} > scenario.schema.json`, tandem("schema", ["events"])],
  completion: [
    `eval "$(${tandem("completion", ["bash"])})"`,
    `${tandem("completion", ["fish"])} > ~/.config/fish/completions/tandem.fish`,
  ],
  man: [`${tandem("man")} > tandem.1`],
  version: [tandem("version")],
  help: [tandem("help"), tandem("help", ["run"]), tandem("help", ["findings"])],
};
