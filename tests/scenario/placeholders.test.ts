/** Placeholders in every text that a program produces: printed, raised and sent, in a run and in what `code` writes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { emitProgram } from "../../src/emit/emit.ts";
import type { Language } from "../../src/emit/language.ts";
import { toJson } from "../../src/report/json.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { rounds } from "../support/laws.ts";
import { holds } from "../support/property.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { simulate } from "../support/simulate.ts";
import { call, tandem, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** Pieces of a text: placeholders, what looks like one, and what languages write in their own way. */
const piece = fc.constantFrom(
  ...["{i}", "{task}", "{copy}", "{runtime}", "{value}", "{{task}}", "{{value}}"],
  ...["{", "}", "{}", "{ i }", "{{", "${", "$", "`", '"', "'", "\\", "\n", "\t", "é", "😀", " a "],
);

// Braces that come to stand together may make another placeholder than either was.
const template = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(" "));

/** What comes in before the texts are filled in, and is `{value}` in them. */
const odd = 'a "quoted" \\ text {i} of é';

/** Two copies print each text and send it, alone and within other data; one task prints what it receives. */
function document(texts: readonly string[]): { [key: string]: unknown } {
  const steps = texts.flatMap((text) => [
    { print: text },
    { send: { channel: "out", value: text } },
    { send: { channel: "out", value: { deep: [text, 1, null], "{ key }": true } } },
  ]);
  return {
    name: "placeholders",
    main: ["launch"],
    launch: [
      { repeat: 2, steps: [{ send: { channel: "seed", value: odd.replace("{i}", "{{i}}") } }] },
      { start: ["sender", "receiver"] },
    ],
    tasks: {
      sender: { copies: 2, steps: [{ receive: "seed" }, { repeat: 2, steps }] },
      receiver: [
        { repeat: 2 * 2 * 2 * texts.length, steps: [{ receive: "out" }, { print: "{value}" }] },
      ],
    },
    channels: { seed: {}, out: {} },
  };
}

function linesOf(texts: readonly string[], runtime: string): { task: string; text: string }[] {
  const scenario = parseScenario(JSON.stringify(document(texts)), "document.json");
  const { strategy } = scenario;
  const log = runVirtually({ scenario, strategy, runtime });
  const { prints } = toJson(runOf(planOf(scenario, { strategy }), log).outcome, []);
  return prints.map(({ task, text }) => ({ task: task!.split("#")[0]!, text }));
}

function callProgram(file: string): string {
  return call([process.execPath, file]).stdout;
}

describe("a placeholder", () => {
  test("law: that is sent arrives as the sender would have printed it, within other data as well", () => {
    holds(
      fc.property(fc.array(template, { minLength: 1, maxLength: 3 }), (texts) => {
        const lines = linesOf(texts, "python");
        const printed = lines.filter(({ task }) => task === "sender").map(({ text }) => text);
        expect(lines.filter(({ task }) => task === "receiver").map(({ text }) => text)).toEqual(
          printed.flatMap((text) => [
            text,
            JSON.stringify({ deep: [text, 1, null], "{ key }": true }),
          ]),
        );
      }),
      { numRuns: rounds(50, 1000) },
    );
  });

  const python = findPython(11);
  const commands: Record<Language, string | undefined> = {
    python: python?.path,
    typescript: process.execPath,
  };
  for (const language of ["python", "typescript"] as const) {
    const why = language === "python" ? whyNoPython(11) : "";
    test.skipIf(commands[language] === undefined)(
      `law: is filled in by the emitted ${language} as in a run, wherever it stands${why}`,
      () => {
        using folder = temporaryFolder();
        const all = fc.sample(template, { seed: 20261129, numRuns: rounds(60, 600) });
        for (let from = 0; from < all.length; from += 60) {
          const texts = all.slice(from, from + 60);
          const scenario = parseScenario(JSON.stringify(document(texts)), "document.json");
          const program = emitProgram(scenario, scenario.strategy, language);
          const file = folder.file(`program.${language === "python" ? "py" : "ts"}`, program);
          const { stdout } = call([commands[language]!, file], {
            env: { PYTHONIOENCODING: "utf-8" },
          });
          const runtime = language === "python" ? "python" : `Bun ${Bun.version}`;
          expect(stdout).toBe(
            linesOf(texts, runtime)
              .map(({ text }) => `${text}\n`)
              .join(""),
          );
        }
      },
    );
  }

  test("is filled in in what a function gets, on whichever thread or in whichever process it is called", () => {
    using folder = temporaryFolder();
    folder.file("job.ts", "export default ({ args, print }) => { print(JSON.stringify(args)); };");
    const args = { "{ k }": ["{task} {copy} {i} {{i}}", 1, "{value}"] };
    const call = { call: { module: "./job.ts", args, takes: 1 } };
    const plain = { call: { module: "./job.ts", args: { n: [null, "plain"] }, takes: 1 } };
    const file = folder.file(
      "own.json",
      JSON.stringify({
        name: "own",
        main: [
          ...[0, 1].map(() => ({ send: { channel: "inbox", value: odd.replace("{i}", "{{i}}") } })),
          { repeat: 1, steps: [{ call: { module: "./job.ts", args: "main {i}", takes: 1 } }] },
          "launch",
        ],
        tasks: {
          job: { copies: 2, steps: [{ receive: "inbox" }, { repeat: 2, steps: [call, plain] }] },
        },
        channels: { inbox: {} },
      }),
    );
    const jobs = [0, 1].flatMap((copy) =>
      [0, 1].flatMap((i) => [
        JSON.stringify({ "{ k }": [`job#${copy} ${copy} ${i} {i}`, 1, odd] }),
        JSON.stringify({ n: [null, "plain"] }),
      ]),
    );
    const expected = ['"main 0"', ...jobs].sort();
    for (const axes of ["", ",offload=threads,workers=2", ",offload=processes,workers=1"]) {
      const { stdout, stderr, status } = tandem(["run", file, "--strategy", `await${axes}`]);
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
      expect(stdout.trim().split("\n").sort()).toEqual(expected);
    }
    const emitted = tandem(["code", file, "--strategy", "await", "--lang", "typescript"]);
    const program = folder.file("program.ts", emitted.stdout);
    expect(callProgram(program).trim().split("\n").sort()).toEqual(expected);
  });

  test("is filled in in what a step raises", () => {
    const steps = [{ receive: "inbox" }, { repeat: 2, steps: [{ fail: "{task} {i} {value}" }] }];
    const { tasks, main } = simulate(
      {
        name: "sample",
        main: [{ send: { channel: "inbox", value: "odd" } }, "launch"],
        tasks: { one: { copies: 1, steps } },
        channels: { inbox: {} },
      },
      "await",
    );
    expect(tasks[0]!.error).toBe("one#0 0 odd");
    expect(main.error).toBe("one#0 0 odd");
  });
});

describe("what is wrong with a placeholder", () => {
  function problems(text: string): string[] {
    try {
      parseScenario(text, "a.yaml");
      return [];
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      return error.problems.map(
        ({ position, path, message }) =>
          `${position?.line}:${position?.column} ${path}: ${message}`,
      );
    }
  }
  const within = (step: string): string => `name: a\nmain:\n  - ${step}\nchannels: { inbox: {} }\n`;

  test("is told of what is raised and of what is sent, however deep, as of what is printed", () => {
    expect(problems(within('fail: "no {tsak}"'))).toEqual([
      '3:11 main[0].fail: "{tsak}" is no placeholder; did you mean "task"? (write "{{tsak}}" to print the braces)',
    ]);
    expect(problems(within('send: { channel: inbox, value: [1, { a: "{i}" }] }'))).toEqual([
      '3:45 main[0].send.value[1].a: "{i}" is the index of the repeat around it, and there is none here; use "repeat"',
    ]);
    expect(problems(within('send: { channel: inbox, value: "{task}" }'))).toEqual([
      '3:36 main[0].send.value: "{task}" has a meaning only in a task; write the text out',
    ]);
  });

  test("is told of the keys of what is sent, since they stay as they are", () => {
    expect(problems(within('send: { channel: inbox, value: { "{runtime}": 1 } }'))).toEqual([
      '3:36 main[0].send.value: "{runtime}" stands in a key, and keys are not filled in; put it into a value',
    ]);
    expect(problems(within('send: { channel: inbox, value: { "{other}": 1 } }'))).toEqual([]);
  });

  test("is told where quotes are missing, and an object with that key may be sent", () => {
    expect(problems(within("send: { channel: inbox, value: {runtime} }"))).toEqual([
      '3:36 main[0].send.value: without quotes {runtime} is an object with the key "runtime"; write "{runtime}"',
    ]);
    expect(problems(within("call: { module: ./job.ts, args: { name: {runtime} } }"))).toEqual([
      '3:45 main[0].call.args.name: without quotes {runtime} is an object with the key "runtime"; write "{runtime}"',
    ]);
    for (const value of ["{ runtime: null }", '{ "runtime": null }', "{ runtime: }", "{ other }"])
      expect(problems(within(`send: { channel: inbox, value: ${value} }`))).toEqual([]);
  });
});
