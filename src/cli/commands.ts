/**
 * The commands of tandem as one table: their operands, options and words.
 *
 * Parsing (`arguments.ts`), help (`help.ts`), completion (`completion.ts`) and the manual page are
 * made of it, and its types hold the examples (`examples.ts`), so none of them can say what another
 * does not; what a command's code reads of its options is typed by its row. Paragraphs may be broken
 * anywhere: the help sets them anew.
 */
import type { Language } from "../emit/language.ts";
import { choice, command, type Entry, entriesOf, type Operand } from "./command.ts";
import { either } from "../base/sentences.ts";
import { axisNames } from "../scenario/axes.ts";
import { killWords } from "../scenario/kill.ts";
import { reportFormats } from "./report-formats.ts";
import { strategyWords } from "../scenario/strategy.ts";
import type { FirstWord, WrittenDemand } from "../strategies/demand-words.ts";

/** The shells whose completion can be printed. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/** What has a JSON Schema. */
const schemas = ["scenario", "events", "run", "compare", "crash", "check", "observe"] as const;

/** The one topic of help that is no command. */
/** What there is help of beside the commands. */
export const topics = ["findings", "observing"] as const;

const catalogueNames = async (): Promise<readonly string[]> =>
  (await import("../scenario/catalogue.ts")).catalogue.map(({ name }) => name);

const scenario: Operand = {
  name: "scenario",
  what: "a scenario",
  says: `a name from "tandem list", a YAML or JSON file, or - for standard input`,
  least: 1,
  most: 1,
  offers: catalogueNames,
  isFile: true,
};

/** The options by which a user overrules what is found out about the terminal. */
const look = (says: string) => ({ ascii: { beside: "no-color" }, "no-color": { says } }) as const;

/** A word of `--must` as a help writes it; the vocabulary knows each. */
const word = (written: FirstWord): string => written;

/** What a report is written as, by the end of its file's name. */
const formats = Object.values(reportFormats).map(({ ending, says }) => ({ head: ending, says }));

/** The options of a report to look at. */
const page = {
  report: {
    says: "write a report of what is told here to FILE, as the end of its name says",
    below: [formats],
  },
  "full-paths": { says: "with --report: paths outside of the working folder as they are" },
} as const;

/** The options of a page that is served while something runs. */
const livePage = {
  "full-paths": {
    says: "with --report or --live: paths outside of the working folder as they are",
  },
  live: {
    says: `serve the page that --report writes on 127.0.0.1 while it runs, at an address that
      stderr tells: it grows as events come; where it is open at the end, and stderr is a terminal,
      tandem stays until Ctrl-C`,
  },
  open: { says: "with --live: open the page in the browser" },
} as const;

/** The option by which the budget of a command is overruled. */
const large = {
  large: { says: "also what would take more than about 10 s or 1 GB by an estimate made before" },
} as const;

/** What is said of the place of a durable queue by commands that run more than once. */
const engineSays = `for real: where a durable queue keeps tasks (sqlite:FILE, or redis://HOST:PORT with the rules
  of that), from one run to the next; left out: in a file of each run's own`;

/** A demand as a help writes it; the vocabulary knows each. */
const must = (...written: WrittenDemand[]): string => written.join(",");

/** The heads of the help of `--must`: every word with which a demand begins has its place there. */
type DemandHead =
  | Exclude<FirstWord, "lost" | "failed" | "main.end" | "late.p99" | "tasks">
  | "lost, failed"
  | "TASK=STATUS";

/** What may stand behind --must, and what it means. */
const demandWords = entriesOf<DemandHead>({
  finish: "every task finishes, or is ended at shutdown where that is its end",
  "lost, failed": `how many tasks are: ${must("lost==0")}, ${must("failed==0")}`,
  heard: "every failure is raised into somebody who can act: main, or a launch",
  cleanup: "what began and has clean-up runs it to its end",
  status: "the exit status is not 0 where main fails or a failure is not heard",
  ended: "nothing is under way when the process ends",
  "survives-kill": `a kill (SIGKILL) at any moment loses nothing that was handed over; see "crash"`,
  main: `main finishes, and when: ${must("main<=10s")}; ${word("main.end")}: when it ends, be it by failing`,
  wall: "when the process ends",
  background: "when the last task ends",
  block: "for how long one step holds the event loop at most",
  late: `how late a task wakes at most; ${word("late.p99")}: 99 of 100 sleeps`,
  overlap: `the share of the background's time in which main does not wait: ${must("overlap>=50%")}`,
  "TASK=STATUS": `what becomes of a task, as ${must("upload=finished")}; ${must("tasks=failed")}: of all`,
  prints: `${must('prints contains "a line"')}, ${must('prints exactly "one" "two"')}, or ${must("prints nothing")}`,
  deadlock: `${must("deadlock==false")}, or ${must("deadlock==true")}`,
});

/** `tandem` alone, which asks what to do. */
export const tandem = command({
  name: null,
  summary: "run a synchronous program beside its asynchronous background tasks",
  about: `tandem runs a synchronous program beside its asynchronous background tasks, and shows what
    finishes, what is lost, what blocks, and who hears of a failure.`,
  // What stands there is told what it is, and where it belongs.
  operand: { name: "command", what: "nothing", least: 0, most: Infinity },
  options: look("draw without colours, or with ASCII characters only"),
});

const run = command({
  name: "run",
  summary: "run a scenario and show what became of every task",
  about: `Runs a synchronous main program beside its asynchronous tasks. What the program prints goes
    to stdout; what your own functions write to stderr, and then what became of main and of every
    task, goes to stderr.`,
  operand: scenario,
  options: {
    strategy: {
      says: "instead of the document's own",
      below: [
        entriesOf(strategyWords),
        `axes: ${axisNames.join(", ")}; offload=threads or processes has a pool perform the
        blocking steps of tasks; those from engine on are a durable queue's`,
      ],
    },
    driver: { says: "for real (default), or at once in virtual time" },
    speed: {
      says: `run N times as fast; reported times are multiplied back, those of
        your own functions ("call") as well`,
    },
    engine: {
      says: `for real: where a durable queue keeps tasks: sqlite:FILE, or a server
        (redis://HOST:PORT/DATABASE, rediss:// with TLS, USER:PASSWORD@ before HOST), which also sets
        engine=redis; left out: in a file of the run's own, which is removed with it`,
    },
    "takes-from": {
      says: `in virtual time: what "call" steps come to, from a recorded run: each task's calls in
        order, their times, and the errors they failed with; what was cancelled or cut off takes the
        mean of its function`,
    },
    timeout: { says: "end the run after D of scenario time (as 10s, 500ms)" },
    jitter: {
      says: "in virtual time: durations vary at random by up to P (as 5%) each way",
    },
    runs: {
      says: `with --jitter: the odds of each outcome, from N runs; with --driver real: what was the same
        in N runs and what was not (--events keeps the rarest)`,
    },
    seed: {
      says: "with --jitter: other random durations (1 if left out), or a run again",
    },
    events: { says: "write every event to FILE, one JSON object a line" },
    force: { says: "let --events replace a file that exists" },
    ...page,
    ...livePage,
    json: { says: "write the result as one JSON object to stdout instead" },
    strict: { says: "exit with 1 if any task was lost" },
    ...large,
    timeline: { says: "show what every thread and task did, and when, as a picture" },
    "no-live": {
      says: "draw no picture on the terminal while a real run goes on",
    },
    ...look("draw without colours (as with NO_COLOR set), or with ASCII only"),
  },
  last: ["json", "events", "force"],
  exitStatus: {
    done: "the run came to its end and main finished",
    fellShort: `it did not (or, with --strict, work was lost, or the output could not be written)`,
    wrong: "the command line or the document is wrong",
    SIGHUP: "by a terminal that was closed",
    SIGINT: "interrupted by Ctrl-C",
    SIGQUIT: "by Ctrl-\\",
    SIGTERM: "by SIGTERM",
    outputClosed: "nobody reads the output any more",
  },
  more: `With --jitter each sleep, block, compute and call takes, each time it is performed, its
    duration times a random factor (uniform, from 1 - P to 1 + P), so which of two events of one
    instant comes first is left to chance. Not varied are timeouts and grace, which are limits; what
    takes no time, and the order of such steps where none that takes time lies between them; and
    whom a closing loop cancels first. With --runs the report goes to stdout: the share of each
    outcome with the seed of a run that came to it, which orders are luck, and what was the same in
    all runs. Its exit status is 1 if that of any of the runs would be.`,
});

const compare = command({
  name: "compare",
  summary: "run a scenario under several strategies, side by side",
  about: `Runs a scenario under each strategy of its "compare", or under all named ones but durable, and shows
    what each makes of it: a table of figures, in which a * marks the best of a column, and a small
    timeline each. The document's own strategy, "(own)", is always among them, but for --strategies,
    which are these alone. With --all, strategies that come to the same share a row of their simplest
    one. Then it says which to choose, what that costs, and the smallest change of the scenario that
    was found under which another would be right: of steps up to 64 times as long or short, of a
    failure, of a block in the place of a sleep, of another task, and of a wait left out.`,
  operand: scenario,
  options: {
    strategies: { says: `these instead, each as for "run"` },
    all: { says: "every meaningful combination of loop, settle, atExit and offload" },
    driver: { default: "virtual", says: "in virtual time (default), or for real" },
    speed: { says: "for real: N times as fast" },
    engine: { says: engineSays },
    sort: {
      says: `the best first: finished, lost, failed, main, background, wall ("process"), block
        ("loop held") or cleanup`,
    },
    must: {
      says: `what must hold, between commas, as ${must("finish", "main<=10s", "lost==0")}`,
      below: [
        demandWords,
        `Without it: what the document expects, and ${must("lost==0")}, ${must("heard")}, ${must("cleanup")} and ${must("status")}. Time is
        wanted only where the document or you say so, and else told as what the choice costs`,
      ],
    },
    "counter-example": {
      says: `write the scenario with the smallest change found under which another strategy would be
        right, and nothing else`,
    },
    verify: {
      says: `run each strategy in virtual time and for real, and tell everything in which the two
        differ, with its cause`,
    },
    ...page,
    ...large,
    json: { says: "write the result objects and the advice, as one JSON object" },
    markdown: { says: "write table and advice as Markdown" },
    ...look("draw without colours, or with ASCII characters only"),
  },
  exitStatus: {
    done: "it was compared, whatever came of it",
    fellShort: "with --verify the two drivers differ for no known reason",
    wrong: `the command line or the document is wrong, or there is no counter-example to write`,
    SIGINT: "interrupted by Ctrl-C",
  },
});

const crash = command({
  name: "crash",
  summary: "kill a scenario at every moment, and show what is lost",
  about: `Shows what a crash at any moment costs (SIGKILL, the out-of-memory killer, a power cut) under each
    strategy of "compare", and under durable where the scenario allows that: how many tasks are lost, left
    half done or done twice, for how long that may happen, and when somebody could know of it. Where there
    are worker processes, the same for the end of one of them. That of the whole process is noticed at once, by its status 137. The moments are the whiles between two instants at which something happens: within one, a kill
    comes to the same. Steps that take no time happen at one instant, and no kill comes between them. A
    "kill" of the document is left out.`,
  operand: scenario,
  options: {
    strategy: { says: 'this one alone, as for "run"' },
    all: { says: "every meaningful combination; those that come to the same share a row" },
    output: { says: "write the scenario with the kill at the worst moment to FILE, ready to run" },
    force: { says: "let -o replace a file that exists" },
    driver: {
      default: "virtual",
      says: `in virtual time (default); real: the worst moments that last long enough to be hit
        (100ms) for real as well, beside their model`,
    },
    speed: { says: "for real: N times as fast" },
    engine: { says: engineSays },
    ...page,
    ...large,
    json: { says: "write the result as one JSON object to stdout instead" },
    ...look("draw without colours, or with ASCII characters only"),
  },
  last: ["json"],
  sections: [
    {
      title: `What can be killed (kill: { what: main, at: 3s } in a document)`,
      entries: entriesOf(killWords),
    },
  ],
  exitStatus: {
    done: "it was found out, whatever it comes to",
    fellShort: "with --driver real a kill comes to something else for no known reason",
    wrong: `the command line or the document is wrong, or there is no moment for -o to write`,
    SIGINT: "interrupted by Ctrl-C",
  },
});

const check = command({
  name: "check",
  summary: "check scenarios against what they expect, for CI",
  about: `Runs scenarios and checks their "expect". Of a folder and the folders in it all .yaml and
    .yml files are checked, and those .json files that have a list called "main"; what is hidden, and
    node_modules, is passed over. All mistakes of all documents are told, and none keeps another from
    being checked.`,
  operand: {
    name: "files or folders",
    what: "a file, a folder or a scenario",
    says: `files, folders, names from "tandem list", or - for standard input`,
    least: 1,
    most: Infinity,
    offers: catalogueNames,
    isFile: true,
  },
  options: {
    reporter: {
      says: `text (default), junit, github (text, and what GitHub shows at the lines of the
        documents), sarif or json`,
    },
    driver: {
      default: "virtual",
      says: `in virtual time (default), or for real, as many at once as there are cores, and those
        that compute or call your functions one by one`,
    },
    speed: { says: "for real: N times as fast; what is expected stays the same" },
    engine: { says: engineSays },
    compare: { says: `under each strategy of the document's "compare"` },
    must: {
      says: `what must hold in each, beside what it expects, as for "compare":
        ${must("finish", "main<=10s", "lost==0")}`,
    },
    ...page,
    ...large,
    ascii: { says: `"ok" and "FAIL" instead of signs that not every terminal has` },
  },
  last: ["reporter", "ascii"],
  sections: [
    {
      title: "What a document may expect (each may be left out)",
      column: 30,
      entries: entriesOf({
        "tasks: finished": `the status of all tasks, or by name: { upload: finished, log: failed } (one that
            says "until: shutdown" may be ended there instead)`,
        "lost: 0": "how many tasks are lost: not those that a timeout or a group gave up",
        'wall: "<= 9.5s"': "when the process ends; also main, longestBlock, lateness.p99, overlap",
        "prints: [first, last]": "all lines in their order, or { contains: [first] }",
        "deadlock: true": "that nothing can ever go on",
      }),
    },
  ],
  exitStatus: {
    done: "all is as expected",
    fellShort: "something fell short",
    wrong: "a document is wrong",
    undecided: `a real run fell short each of the three times that it was tried, and had to wait
      for a core of the machine, or was stopped: that decides nothing`,
    SIGINT: "interrupted",
  },
});

const code = command({
  name: "code",
  summary: "print the equivalent program in TypeScript or Python",
  about: `Prints a program that does what the scenario does under a strategy, as a person would have
    written it: for Bun, or for Python 3.11 or later. A "kill" comes from outside, and is in no program.`,
  operand: scenario,
  options: {
    lang: { says: "typescript by default" },
    strategy: { says: `instead of the document's own, as for "run"` },
  },
  sections: [
    {
      title: "What differs from a run",
      entries: entriesOf<Language>({
        python: `No loop floats there ("float", "exit"), and it cannot import the module of a
            "call": both are refused. "{runtime}" is "python". Before 3.11 the program says that it
            needs a later one, and exits with 2.`,
        typescript: `Where asyncio's rules hold and JavaScript has none, the program brings its own:
            tasks that are cancelled where they wait, and a loop that goes by turns and
            closes. Its timers count whole milliseconds. Main hears that a task failed, not
            why. Your own functions get args, signal, sleep and print; keep the program beside the
            document. Refused are a channel that both threads send into or receive from, a
            bounded one from a Worker to main, a pool for "call", and a main that waits for
            what floats.`,
      }),
    },
  ],
});

const worker = command({
  name: "worker",
  summary: "perform the tasks of a durable queue that somebody else fills",
  about: `Is a worker process of a durable queue (loop=durable), on whichever machine: it takes tasks that a
    run of the scenario has put there, now or before, and performs them, until it is told to end. What
    tasks print goes to stdout, what becomes of each attempt to stderr. SIGTERM and Ctrl-C have it take no
    more tasks, and end when those that it has begun have ended; a second one ends it at once, and what it
    had begun is performed again when its lease has run out.`,
  operand: scenario,
  options: {
    engine: { says: "the queue: sqlite:FILE or redis://HOST:PORT, as for the run that fills it" },
    strategy: {
      says: `how it works, as the run that fills it: slots, retry, backoff and lease of a durable
        strategy; left out: the document's own, or durable`,
    },
    speed: { says: "N times as fast, as the run that fills it" },
    "until-empty": { says: "end when nothing is in the queue any more" },
    quiet: { says: "tell only at the end what became of attempts" },
  },
  exitStatus: {
    done: "it has ended as it was told to",
    fellShort: "its process ended unexpectedly",
    wrong: "the command line or the document is wrong, or the queue cannot be used",
  },
});

const list = command({
  name: "list",
  summary: "list the scenarios that come with tandem",
  about: `Lists the catalogue: a name for "tandem run" and "tandem show", and what it is about.`,
  operand: null,
  options: {
    json: { says: "as one JSON object, with strategies, tasks and descriptions" },
  },
});

const show = command({
  name: "show",
  summary: "print a scenario's document",
  about: `Checks a scenario's document and prints it: a catalogue scenario is a good start for your
    own.`,
  operand: scenario,
  options: {},
});

const make = command({
  name: "new",
  summary: "make a scenario of your own by answering questions",
  about: `Asks what main does and which tasks there are, shows the document and writes it. It needs
    a terminal, and never replaces a file without asking.`,
  operand: { name: "file", what: "a file", least: 0, most: 1, isFile: true },
  options: look("ask without colours, or with ASCII characters only"),
});

const observe = command({
  name: "observe",
  summary: "run a program of your own and tell what became of everything in it",
  about: `Runs a program of Python, JavaScript or TypeScript that nobody has changed, with a recorder inside
    it, and tells what became of its threads, event loops, tasks and promises, with file and line: what was
    lost and why, what stood still, who heard of a failure. What the program prints, its input, its signals
    and its exit status are its own; the verdict goes to stderr when it has ended. All processes of Python,
    Node.js and Bun below it are observed as well.`,
  operand: {
    name: "program",
    what: "a program",
    says: `a file of Python (.py), JavaScript or TypeScript (.js, .ts, .tsx, .mjs, …); or any command
      behind --, as -- pytest, -- node app.mjs or -- npm test`,
    least: 1,
    most: Infinity,
    isFile: true,
    isProgram: true,
  },
  options: {
    must: {
      says: `what must hold, between commas, as for "compare": ${must("finish", "heard", "block<=50ms")}`,
    },
    timeout: { says: "end the program after D (as 10s), and tell where everything stood" },
    hang: {
      says: `end it when nothing has moved for D, and no timer, listening socket, input or child can
        wake it: tells who waits for whom`,
    },
    fix: {
      says: `find the smallest edit of your file that heals each finding, and prove it: the program runs
        again with it, for real, and the file stays what it is`,
    },
    yes: { says: "with --fix: run the program again without asking" },
    runs: {
      says: `run it N times, and tell what was the same in all and what was not; --events keeps the rarest
        run. With --fix: N times with each text (1; 3 where findings vary)`,
    },
    write: { says: "with --fix: write what was proven to your file" },
    edit: { says: "with --write or --patch: which edits, by name or number, as keep-and-await" },
    patch: { file: "FILE", says: "with --fix: write what was proven to FILE, as a diff" },
    events: { says: "write every event to FILE, one JSON object a line" },
    force: { says: "let --events replace a file that exists" },
    ...page,
    ...livePage,
    reporter: {
      says: `how findings are told: text (default); github: on stderr as well, for the lines that GitHub
        shows them at; junit, sarif or json: to stdout (they need --quiet-program)`,
    },
    json: { file: "FILE", says: "write the result as one JSON object to FILE" },
    all: { says: "with --json: every task, and not only those that something is told of" },
    timeline: { says: "show what every thread and task did, and when, as a picture" },
    quiet: { says: "tell nothing on stderr" },
    "quiet-program": { says: `discard what the program prints to stdout ("--json -" needs it)` },
    "no-prints": { says: "keep what the program prints out of the record" },
    blocks: { says: "tell of an event loop that was held for D or more (100ms; at least 1ms)" },
    include: { says: `whose places count as yours: files that match, as "lib/*,app.py"` },
    exclude: { says: "files whose places do not" },
    python: { says: "what runs Python (that of the active virtual environment, or python3)" },
    runtime: { says: "what runs JavaScript: bun, node or a path (the Bun inside tandem)" },
    ...look("draw without colours (as with NO_COLOR set), or with ASCII only"),
  },
  last: ["json", "events", "force"],
  exitStatus: {
    fellShort: "with --must: a demand was not kept, and the program itself ended with 0",
    wrong: "the command line is wrong, or the program cannot be started",
    overtime: "--timeout or --hang ended it",
    broken: "tandem itself failed",
  },
  more: `Otherwise the exit status is the program's own, 128 and more where a signal ended it. SIGUSR1 to
    tandem tells on stderr where everything stands at this moment, and the program goes on.`,
});

const report = command({
  name: "report",
  summary: "show the verdict of a recorded run",
  about: `Reads the events that "tandem run --events FILE" wrote and shows the same verdict again.`,
  operand: {
    name: "events",
    what: "a file of events",
    says: "a file of events, or - for standard input",
    least: 1,
    most: 1,
    isFile: true,
  },
  options: {
    json: { says: "write the result as one JSON object to stdout instead" },
    timeline: { says: "show what every thread and task did, and when, as a picture" },
    output: {
      says: "write a report to FILE, as the end of its name says",
      below: [formats],
    },
    "full-paths": { says: "with -o: paths outside of the working folder as they are" },
    ...look("draw without colours, or with ASCII characters only"),
  },
  last: ["json"],
});

const schema = command({
  name: "schema",
  summary: "print the JSON Schema of scenarios, of events, or of a result",
  about: `Prints the JSON Schema of scenario documents (the default), of one line of an event file, or of
    what a command writes: "run", "compare" and "crash" with --json, "check" with --reporter json, "observe" with --json.
    The number at the end of its $id changes where a key goes or means something else.`,
  operand: choice({
    words: schemas,
    what: either(schemas),
    least: 0,
    refusal: ["there is no schema", "schemas"],
  }),
  options: {},
});

const completion = command({
  name: "completion",
  summary: "print what completes tandem's words in your shell",
  about: `Prints a script that completes commands, options, scenarios and strategies.`,
  operand: choice({
    words: shells,
    what: `a shell (${either(shells)})`,
    least: 1,
    refusal: ["there is no completion for", "shells"],
  }),
  options: {},
});

const man = command({
  name: "man",
  summary: "print the manual page",
  about: `Prints the manual page, for man(1): all of the help in one.`,
  operand: null,
  options: {},
});

const version = command({
  name: "version",
  summary: "print the version",
  about: `Prints the version of tandem, of the Bun inside it, and the platform.`,
  operand: null,
  options: {
    licenses: {
      says: `the licences and notices of all that the executable holds instead: tandem, its packages,
        and Bun with JavaScriptCore`,
    },
  },
});

const help = command({
  name: "help",
  summary: "show this, the help of one command, or all findings",
  about: `"tandem help findings" lists the rules by which a verdict says what went wrong: their ids (as in
    the JSON's "findings"), what each is about, and what to do. "tandem help observing" tells what a
    program can see of being observed.`,
  operand: {
    name: `command|${topics.join("|")}`,
    what: "a command",
    least: 0,
    most: 1,
    offers: async (): Promise<readonly string[]> => [...Object.keys(commands), ...topics],
  },
  options: {},
});

/** The variables of the environment that tandem goes by. */
export const environment: readonly Entry[] = entriesOf({
  NO_COLOR: "if it is set and not empty, nothing is drawn in colours",
  FORCE_COLOR: "colours also where no terminal is; 0: none",
  COLUMNS: "the width of texts (40 to 120), instead of the terminal's, or 80",
  TERM: '"dumb" draws and asks nothing, "linux" draws in ASCII',
  CI: "if it is set, nothing is drawn over itself, and nothing is asked",
  "LC_ALL, LC_CTYPE, LANG": "the first that is set: without UTF-8, all is drawn in ASCII",
  "XDG_CACHE_HOME, TMPDIR": "where what observing keeps, and what a run needs, is put",
});

/** The files and folders that tandem reads or writes unasked. */
export const files: readonly Entry[] = entriesOf({
  "~/.cache/tandem": `what observing takes to begin, kept for the next time; it can be deleted at
    any time`,
  "/tmp/tandem-*": "what a run or a record needs while it goes on; deleted at its end",
});

/** All commands, by name, in the order of \`tandem help\`. */
export const commands = {
  run,
  compare,
  crash,
  check,
  code,
  worker,
  list,
  show,
  new: make,
  observe,
  report,
  schema,
  completion,
  man,
  version,
  help,
};

export type CommandName = keyof typeof commands;
