/** `tandem compare`: strategies beside each other, which of them to choose, and when that would be wrong. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { TandemInTerminal } from "../support/terminal.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

interface Result {
  /** Only where it was compared. */
  own?: boolean;
  wall: number;
  exitCode: number | null;
  interruptedBy: string | null;
  strategy: { name: string };
  main: { status: string; endedAt: number };
  tasks: {
    name: string;
    status: string;
    lost: boolean;
    heard: string | null;
    cleanup: string;
  }[];
  prints: { text: string }[];
  metrics: { longestBlock: { duration: number } | null; lateness: { max: number } };
}

interface Comparison {
  runs: Result[];
  classes?: { strategy: string; members: string[]; own: boolean }[];
  advice: {
    must: { written: string; says: string }[];
    source: string;
    choose: string | null;
    because: string[];
    cost: string | null;
    unless: { change: string; message: string; instead: string | null; document: string }[];
  };
}

async function compare(...args: string[]): Promise<Comparison> {
  const { status, stdout, stderr } = await tandemHere(["compare", ...args, "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Comparison;
}

/** The rows of the table, each as its cells; a table that goes on below is put together. */
async function rows(...args: string[]): Promise<Record<string, string>[]> {
  const { stdout } = await tandemHere(["compare", ...args]);
  const found = new Map<string, Record<string, string>>();
  for (const band of stdout.split("\n\n")) {
    const [head, ...lines] = band.split("\n").map((line) => line.split(/ {2,}/));
    if (head?.[0] !== "strategy") break;
    for (const line of lines) {
      const row = found.get(line[0]!) ?? {};
      head.forEach((title, k) => (row[title] = line[k]!));
      found.set(line[0]!, row);
    }
  }
  return [...found.values()];
}

describe("the table", () => {
  test("tells what each strategy of the scenario makes of it, the best of each column marked", async () => {
    expect(await rows("lost")).toEqual([
      {
        strategy: "detach (own)",
        finished: "0",
        lost: "1",
        failed: "0",
        main: "9s *",
        background: "0ms",
        process: "9s *",
        exit: "0",
      },
      {
        strategy: "await",
        finished: "1 *",
        lost: "0 *",
        failed: "0",
        main: "14s",
        background: "5s *",
        process: "14s",
        exit: "0",
      },
      {
        strategy: "thread",
        finished: "1 *",
        lost: "0 *",
        failed: "0",
        main: "9s *",
        background: "5s *",
        process: "9s *",
        exit: "0",
      },
    ]);
  });

  test("tells who heard of failures, whether clean-up ran, what held the loop, and that main failed", async () => {
    const [portal] = await rows("unretrieved");
    expect(portal).toMatchObject({ failed: "2 (1 logged, 1 nobody)" });
    const [group, , settled] = await rows("group-failure");
    expect(group).toMatchObject({
      "clean-up": "all",
      failed: "1 (raised) *",
      main: "750ms failed",
      exit: "1",
    });
    expect(settled).toMatchObject({ lost: "0 *", main: "3.75s" });
    const [daemon, cancel] = await rows("abandon");
    expect(daemon).toMatchObject({ "clean-up": "none", lost: "1" });
    expect(cancel).toMatchObject({ "clean-up": "all *" });
    expect((await rows("blocking"))[0]).toMatchObject({ "loop held": "1.5s" });
  });

  test("a deadlock never ends", async () => {
    const deadlocked = (await rows("queue")).find(({ strategy }) => strategy === "await");
    expect(deadlocked).toMatchObject({ main: "never", process: "never", exit: "-" });
  });

  test("below it main and all tasks together are drawn for each strategy, over one axis", async () => {
    const { stdout } = await tandemHere(["compare", "lost", "--ascii"]);
    const picture = stdout.split("\n").filter((line) => / (main|tasks) +[#.\-+c]/.test(line));
    expect(picture.map((line) => line.replace(/(.)\1+/g, "$1").trim())).toEqual([
      "detach (own) main #+",
      "tasks c",
      "await main .#+",
      "tasks -+",
      "thread main #+",
      "tasks -+",
    ]);
  });

  test("--all groups all 128 strategies into classes of equal outcome, under the simplest", async () => {
    const { classes, runs } = await compare("threaded", "--all");
    expect(runs).toHaveLength(128);
    expect(classes!.flatMap(({ members }) => members).toSorted()).toEqual(
      runs.map(({ strategy }) => strategy.name).toSorted(),
    );
    expect(classes!.map(({ strategy }) => strategy)).toEqual([
      "detach",
      "await",
      "thread",
      "durable",
      "durable,settle=gather",
      "durable,engine=redis",
      "durable,settle=gather,engine=redis",
      "float",
      "exit",
    ]);
    expect((await rows("threaded", "--all")).map(({ strategy }) => strategy)).toEqual(
      classes!.map(({ strategy, members, own }) =>
        members.length === 1
          ? strategy
          : `${strategy} (+${members.length - 1}${own ? ", own" : ""})`,
      ),
    );
  });

  test("every strategy of --all goes by a name that means it", async () => {
    const { runs } = await compare("exit-early", "--all");
    const names = runs.map(({ strategy }) => strategy.name);
    const again = await compare("exit-early", "--strategies", names.join(","));
    expect(again.runs).toEqual(runs);
  });

  test("--strategies names them, refined or not; --sort puts the best first", async () => {
    const words = ["--strategies", "await,thread,offload=threads,workers=4,detach"];
    const sorted = await rows("blocking", ...words, "--sort", "block");
    expect(sorted.map(({ strategy }) => strategy)).toEqual([
      "thread,offload=threads,workers=4",
      "detach",
      "await",
    ]);
    expect(await rows("blocking", ...words, "--sort", "loop held")).toEqual(sorted);
    const byMain = await rows("blocking", ...words, "--sort", "main");
    expect(byMain.at(-1)).toMatchObject({ strategy: "await" });
  });

  test("a strategy that is named twice is compared once", async () => {
    const names = (await compare("lost", "--strategies", "thread,await,thread")).runs;
    expect(names.map(({ strategy }) => strategy.name)).toEqual(["thread", "await"]);
  });

  test.each(["--verify", "--driver=real"])(
    "Ctrl-C ends compare %s with 130 and says so, with no table of half the truth",
    async (option) => {
      await using run = new TandemInTerminal(["compare", "threaded", option]);
      await run.shows(/^\[[#.]{20}\] \d of 3; /m);
      run.type("\u0003");
      expect(await run.exited()).toBe(130);
      expect(run.text).toMatch(/^tandem: interrupted when \d of 3 strategies had been run$/m);
      expect(run.text).not.toContain("strategy  ");
    },
    60_000,
  );

  test("--driver real proves it: the same table, but for the times", async () => {
    const real = await rows("lost", "-d", "real", "--speed", "50");
    expect(real.map(({ finished, lost, exit }) => [finished, lost, exit])).toEqual([
      ["0", "1", "0"],
      ["1 *", "0 *", "0"],
      ["1 *", "0 *", "0"],
    ]);
    // Two times of which chance decides which is shorter are equally good.
    const slower = await rows("lost", "-d", "real", "--speed", "10");
    const best = slower.map(({ main }) => main!.endsWith(" *"));
    expect([best[0]! || best[2]!, best[1]!]).toEqual([true, false]);
  });

  test("--json holds each result as run gives it; --markdown is a table and the advice", async () => {
    const { runs } = await compare("lost");
    const alone = (await tandemHere(["run", "lost", "-s", "await", "-d", "virtual", "--json"]))
      .stdout;
    expect(runs[1] as object).toEqual({ ...(JSON.parse(alone) as object), own: false });
    const { stdout } = await tandemHere(["compare", "lost", "--markdown"]);
    expect(stdout).toStartWith("| strategy | finished |");
    expect(stdout).toContain('\n\nWhat must hold, since nothing else is said (--must "lost==0,');
    expect(stdout).toContain(
      "\nChoose await: of 3 strategies 2 keep all of that, and it is the simplest of them.",
    );
  });

  test.each([
    [["--sort", "mian"], 'did you mean "main"?'],
    [["--driver", "reel"], 'did you mean "real"?'],
    [["--must", "finnish"], 'did you mean "finish"?'],
    [["--must", "finish,"], "a comma stands between two rules"],
    [["--sort", "exit"], "no such column to sort by; columns: finished"],
    [["--must", "main<=soon"], "a bound is written as main<=10s"],
    [["--must", "overlap>=1s"], "a bound is written as main<=10s"],
    [["--must", "lost==0s"], "a bound is written as main<=10s"],
    [["--must", "wall"], "a bound is written as main<=10s"],
    [["--strategies", "thred"], 'did you mean "thread"?'],
    [["--all", "--strategies", "await"], "exclude each other"],
    [["--json", "--markdown"], "exclude each other"],
    [["--speed", "0"], "--speed is a number from 0.001 to 10000"],
  ])("%j is refused with a sentence", async (words, sentence) => {
    const { status, stdout, stderr } = await tandemHere(["compare", "lost", ...words]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd()).not.toContain("\n");
  });
});

/** What an expert would choose, from the scenario and what is compared for it. */
const expert: Record<string, string | null> = {
  lost: "await",
  // Main may wait here: the document has it so, and a second thread is not worth half a second.
  awaited: "await",
  threaded: "thread",
  choosing: "thread",
  // That the orders are late is told as what it costs: the document wants only that all finish.
  blocking: "await",
  offloaded: "thread,offload=threads",
  // In JavaScript threads compute side by side; the advice says that in Python they do not.
  processes: "await,offload=threads",
  queue: "thread",
  submit: "portal",
  "result-timeout": "portal",
  // No strategy makes heard what nobody asks for.
  unretrieved: null,
  reraised: "await",
  "group-failure": "group",
  // Main's end cuts the upload off, which nobody has said is meant.
  "cancel-cleanup": "thread",
  abandon: "thread",
  "join-timeout": "thread",
  floating: "float",
  // In JavaScript, leaving out process.exit() is the least change.
  "exit-early": "float",
  // Nothing is demanded of a kill, and without one a thread that main joins keeps the mails.
  "handed-over": "thread",
  "asked-for": "durable",
  // Whoever is killed has not handed over what comes later.
  "main-killed": null,
  "worker-killed": "durable",
  "killed-twice": "durable,retry=3,lease=1s",
  "lease-lost": "durable,consumers=2",
  // Two mails are sent by trying again alone, and no queue makes heard what nobody asks for.
  "mail-twice": null,
  "one-attempt": "await",
  "not-awaited": "durable",
  "taken-off": "durable,lease=1s",
};

/** What a result lacks of a demand, judged here from the result alone. */
function lacks(result: Result, demand: string): boolean {
  const { tasks, main, wall, metrics, prints, exitCode } = result;
  if (result.interruptedBy === "deadlock") return true;
  const [, figure, limit, unit] = /^([\w.]+)(?:<=|==)([\d.]+)(us|ms|s|m|)$/.exec(demand) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1000, m: 60_000, "": 1 }[unit ?? ""]!;
  const most = Number(limit) * scale;
  const isUnheard = tasks.some(({ heard }) => heard === "nobody" || heard === "logged");
  switch (figure ?? demand) {
    case "finish":
      return tasks.some(({ status }) => status !== "finished");
    case "heard":
      return isUnheard;
    case "status":
      return exitCode === 0 && (isUnheard || main.status !== "finished");
    case "cleanup":
      return tasks.some(({ cleanup }) => cleanup === "skipped" || cleanup === "cut-short");
    case "lost":
      return tasks.filter(({ lost }) => lost).length !== most;
    case "main.end":
      return main.endedAt > most;
    case "wall":
      return wall > most;
    case "block":
      return (metrics.longestBlock?.duration ?? 0) > most;
    case "deadlock==false":
      return false;
  }
  const [, lines] = /^prints exactly (.*)$/.exec(demand) ?? [];
  if (lines !== undefined)
    return prints.map(({ text }) => JSON.stringify(text)).join(" ") !== lines;
  const [, contained] = /^prints contains (.*)$/.exec(demand) ?? [];
  if (contained !== undefined)
    return !prints.some(({ text }) => JSON.stringify(text) === contained);
  const [name, status] = demand.split("=");
  if (status === undefined) throw new Error(`no such demand: ${demand}`);
  return tasks.some((task) => (name === "tasks" || task.name === name) && task.status !== status);
}

describe("the advice", () => {
  test.each(catalogue.map(({ name }) => name))(
    "for %s is what an expert would say",
    async (name) => {
      expect(name in expert).toBe(true);
      const { advice, runs } = await compare(name);
      expect(advice.choose).toBe(expert[name]!);
      if (advice.choose === null) return;
      const named = ({ strategy }: Result): boolean => strategy.name === advice.choose;
      // Where none of the compared will do, the choice is another.
      const chosen =
        runs.find(named) ?? (await compare(name, "--strategies", advice.choose)).runs.find(named)!;
      for (const { written } of advice.must)
        expect([written, lacks(chosen, written)]).toEqual([written, false]);
      expect(advice.because.length).toBeGreaterThanOrEqual(2);
      expect(advice.cost).toStartWith("It costs ");
    },
  );

  test("--must is what must hold instead, and the simplest that keeps it is chosen", async () => {
    const choice = async (must: string): Promise<string | null> =>
      (await compare("blocking", "--all", "--must", must)).advice.choose;
    expect(await choice("finish")).toBe("await");
    expect(await choice("finish,main<=2s")).toBe("thread");
    expect(await choice("finish,main<=2s,block<=50ms")).toBe("thread,offload=threads");
    expect(await choice("lost==0, late<100ms")).toBe("await,offload=threads");
    expect(await choice("overlap>=50%")).toBe("thread");
    expect(await choice("finish,wall<=1s")).toBeNull();
  });

  test("many short blocks in a row hold the loop for as long as all of them", async () => {
    const file = join(import.meta.dir, "../truth/many-short-blocks.yaml");
    const { advice } = await compare(file, "--all", "--must", "finish,block<=50ms");
    expect(advice.choose).toBe("await,offload=threads");
  });

  test("a main that fails is not praised for being over early", async () => {
    using folder = temporaryFolder();
    const file = folder.file(
      "own.yaml",
      `name: own
main: [launch, block: 500ms]
tasks: { a: [sleep: 100ms], b: [sleep: 200ms, fail: broken] }
strategy: thread
`,
    );
    const { choose, because } = (await compare(file, "--must", "finish,main")).advice;
    expect([choose, because.at(-1)]).toEqual([
      null,
      "So the scenario has to change, or what must hold.",
    ]);
    const asked = async (must: string): Promise<string | null> =>
      (await compare(file, "--must", must)).advice.choose;
    expect([
      await asked("lost==0"),
      await asked("lost==0,main"),
      await asked("lost==0,main<=1s"),
    ]).toEqual(["await", "thread", "thread"]);
  });

  test("a simpler strategy is named with what it lacks, in figures", async () => {
    const { because } = (await compare("lost", "--must", "finish,main<=10s")).advice;
    expect(because.at(-1)).toBe("await is simpler, but main ends at 14s (wanted: at most 10s).");
  });

  test("where nothing does, it names the nearest, what it lacks, and what would help", async () => {
    expect((await compare("unretrieved")).advice).toMatchObject({
      choose: null,
      because: [
        "None of the 3 strategies compared keeps all of that, nor does any of 117 others.",
        "The nearest is portal, but the failures of invoice and mail are raised into nobody and the exit status is 0.",
        'What would help: take its result in main ("result: invoice"), where its error is raised again.',
      ],
      cost: null,
      unless: [],
    });
  });

  test("where no strategy does, none is said to help, and one that loses nothing is nearer", async () => {
    using folder = temporaryFolder();
    const file = folder.file(
      "own.yaml",
      "name: own\nmain: [launch, block: 1s]\ntasks: { a: [sleep: 1s, fail: broken] }\n",
    );
    expect((await compare(file, "--must", "finish")).advice.because).toEqual([
      "None of the 8 strategies compared keeps all of that, nor does any of 112 others.",
      "The nearest is await, but a fails.",
      "So the scenario has to change, or what must hold.",
    ]);
    const { because } = (await compare(file, "--must", "finish", "--all")).advice;
    expect(because[0]).toBe("None of the 128 strategies compared keeps all of that.");
    expect(because.at(-1)).toBe("So the scenario has to change, or what must hold.");
  });

  test("a deadlock is never the nearest where anything else is", async () => {
    using folder = temporaryFolder();
    const file = folder.file(
      "own.yaml",
      "name: own\nmain: [launch]\ntasks: { a: [receive: box] }\nchannels: { box: {} }\n",
    );
    const { because } = (await compare(file, "--must", "finish,lost==0")).advice;
    expect(because[1]).toBe("The nearest is detach, but a is cancelled and a is lost.");
  });

  test.each([
    ["a: [sleep: 1s]", "a is cancelled", "a is lost"],
    ["a: [sleep: 1s], b: [sleep: 1s]", "neither task finishes", "both tasks are lost"],
    [
      "a: { steps: [sleep: 1s], copies: 3 }",
      "none of the 3 tasks finishes",
      "all 3 tasks are lost",
    ],
    [
      "a: [sleep: 1s], b: [sleep: 1s], c: []",
      "2 of 3 tasks do not finish",
      "2 of 3 tasks are lost",
    ],
  ])("of { %s }, what is lacking is said in English", async (tasks, finish, lost) => {
    using folder = temporaryFolder();
    const file = folder.file("own.yaml", `name: own\nmain: [launch]\ntasks: { ${tasks} }\n`);
    for (const [must, lack] of [
      ["finish", finish],
      ["lost==0", lost],
    ] as const) {
      const { because } = (await compare(file, "--strategies", "detach,await", "--must", must))
        .advice;
      expect(because.at(-1)).toBe(`detach is simpler, but ${lack}.`);
    }
  });

  test("where none of the compared does, it looks further", async () => {
    const { advice } = await compare(
      "blocking",
      ...["--strategies", "await,thread", "--must", "finish,main<=2s,block<=50ms"],
    );
    expect(advice.choose).toBe("thread,offload=threads");
    expect(advice.because[0]).toContain("none of the 2 compared keeps all of that");
  });

  test("a choice that loses what nobody asked for says so among its costs", async () => {
    const { advice } = await compare("lost", "--must", "main<=10s,main<=10s");
    expect(advice.must.map(({ written }) => written)).toEqual(["main<=10s"]);
    expect(advice.choose).toBe("detach");
    expect(advice.cost).toBe("It costs its task (which is lost).");
  });

  test("what takes less than a hundredth of the whole, as a real run does by itself, is no cost", async () => {
    using folder = temporaryFolder();
    const costOf = async (sleep: string): Promise<string | null> => {
      const text = `name: own\nmain: [launch, block: 10s]\ntasks: { a: [sleep: ${sleep}] }\nstrategy: thread\n`;
      return (await compare(folder.file("own.yaml", text), "--strategies", "thread")).advice.cost;
    };
    const thread = "It costs a second thread (and care with what both of them touch)";
    expect(await costOf("10.05s")).toBe(`${thread}.`);
    expect(await costOf("12s")).toBe(`${thread} and 2s of waiting after main's end.`);
  });

  test("that no counter-example was found is said, and that nobody has looked", async () => {
    using folder = temporaryFolder();
    const document = (copies: number): string =>
      `name: own\nmain: [launch]\ntasks: { a: { steps: [sleep: 1s], copies: ${copies} } }\n`;
    const words = ["--strategies", "await", "--must", "finish"];
    const told = async (copies: number): Promise<string[]> => {
      const file = folder.file(`${copies}.yaml`, document(copies));
      const [text, alone] = await Promise.all(
        [[], ["--counter-example"]].map((more) => tandemHere(["compare", file, ...words, ...more])),
      );
      expect(alone!.status).toBe(2);
      return [text!.stdout.trimEnd().split("\n").slice(-2).join(" "), alone!.stderr];
    };
    const [none, noneAlone] = await told(1);
    expect(none).toEndWith(
      "No small change of the scenario was found under which that would be wrong.",
    );
    expect(noneAlone).toContain("no small change was found under which await would be wrong");
    const [much, muchAlone] = await told(10_000);
    expect(much).toContain("Whether a small change would make that wrong was not looked");
    expect(muchAlone).toContain("whether a small change would make await wrong was not looked for");
  });

  test("a scenario of 2,000 steps has a counter-example as well, where the longest step is turned", async () => {
    using folder = temporaryFolder();
    const steps = Array.from({ length: 100 }, (_, k) => ({ sleep: k === 57 ? 900 : 10 }));
    const tasks = Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`task-${k}`, steps]));
    const text = JSON.stringify({ name: "own", main: ["launch", { block: "1s" }], tasks });
    const file = folder.file("own.json", text);
    const { unless } = (await compare(file, "--must", "finish,main<=3s")).advice;
    expect(unless[0]!.change).toBe('"block: 1s" of main (line 1) becomes "block: 1.2s"');
  });

  test("what it costs is a list that reads as one", async () => {
    const cost = async (...args: string[]): Promise<string> =>
      (await compare(...args)).advice.cost!;
    expect(await cost("blocking", "--must", "finish,block<=50ms", "--all")).toBe(
      "It costs 1.75s in which main stands still and a pool of 2 threads; thread,offload=threads would end main at 2s instead of 3.75s.",
    );
    expect(await cost("submit", "--strategies", "portal", "--must", "finish")).toStartWith(
      "It costs a second thread (whose loop stays open until main ends)",
    );
  });

  test("threads take turns at computing in Python, and the advice says so", async () => {
    expect((await compare("processes")).advice.cost).toContain("(the GIL): there, take processes.");
    expect((await compare("offloaded")).advice.cost).not.toContain("GIL");
  });

  test("--counter-example writes the changed scenario alone, ready to be run", async () => {
    const { status, stdout } = await tandemHere(["compare", "awaited", "--counter-example"]);
    expect(status).toBe(0);
    expect(stdout).toStartWith(
      [
        '# Unless "block: 500ms" of main (line 12) becomes "block: 670ms": then under await the process ends at 2.51s (wanted: at most 2.5s), and thread would be right.',
        '# To see it: tandem compare FILE --must "finish,wall<=2.5s,heard,cleanup,status"',
        "",
      ].join("\n"),
    );
    const run = await tandemHere(["run", "-", "-d", "virtual", "--json"], { stdin: stdout });
    const { wall, strategy } = JSON.parse(run.stdout) as Result;
    expect([strategy.name, wall]).toEqual(["await", 2510]);
    const none = await tandemHere(["compare", "unretrieved", "--counter-example"]);
    expect(none).toMatchObject({ status: 2 });
  });

  test("a document's comments and order survive the change", async () => {
    using folder = temporaryFolder();
    const text = `# mine
name: mine # its name
tasks:
  a: [sleep: 1s] # a nap
main: [launch, block: 2s]
strategy: exit
`;
    const { document } = (await compare(folder.file("mine.yaml", text))).advice.unless[0]!;
    expect(document).toContain("# mine\n");
    expect(document).toContain("name: mine # its name\n");
    expect(document).toContain("# a nap");
    expect(document.indexOf("tasks:")).toBeLessThan(document.indexOf("main:"));
  });

  test("a scenario whose calls nobody can foresee is compared for real, without a counter-example", async () => {
    using folder = temporaryFolder();
    folder.file("job.ts", "export default () => {};");
    const file = folder.file(
      "own.yaml",
      "name: own\nmain: [launch]\ntasks: { a: [call: { module: ./job.ts }] }\ncompare: [detach, await]\n",
    );
    expect(await tandemHere(["compare", file])).toMatchObject({ status: 2 });
    const { advice } = await compare(file, "--driver", "real");
    expect(advice.unless).toEqual([]);
  });
});
