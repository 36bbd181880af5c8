/** The commands: their words for `help`, and where each is loaded from when it is needed. */
import { strategyWords } from "./strategy-words.ts";
import type { CommandModule } from "./command.ts";

export interface Command {
  name: string;
  /** One line of `tandem help`. */
  summary: string;
  /** All of `tandem help NAME`. */
  help: string;
  load: (() => Promise<CommandModule>) | null;
}

const scenarioHelp = `  <scenario>   a name from "tandem list", a YAML or JSON file, or - for standard input`;

const strategyLines = Object.entries(strategyWords)
  .map(([name, words]) => `        ${name.padEnd(6)}   ${words}`)
  .join("\n");

/** What may stand behind --must, and what it means. */
const demandLines = Object.entries({
  finish: "every task finishes, or is ended at shutdown where that is its end",
  "lost, failed": "how many tasks are: lost==0, failed==0",
  heard: "every failure is raised into somebody who can act: main, or a launch",
  cleanup: "what began and has clean-up runs it to its end",
  status: "the exit status is not 0 where main fails or a failure is not heard",
  ended: "nothing is under way when the process ends",
  main: "main finishes, and when: main<=10s; main.end: when it ends, be it by failing",
  wall: "when the process ends",
  background: "when the last task ends",
  block: "for how long one step holds the event loop at most",
  late: "how late a task wakes at most; late.p99: 99 of 100 sleeps",
  overlap: "the share of the background's time in which main does not wait: overlap>=50%",
  "TASK=STATUS": "what becomes of a task, as upload=finished; tasks=failed: of all",
  prints: `prints contains "a line", prints exactly "one" "two", or prints nothing`,
  deadlock: "deadlock==false, or deadlock==true",
})
  .map(([word, meaning]) => `        ${word.padEnd(14)} ${meaning}`)
  .join("\n");

export const commands: readonly Command[] = [
  {
    name: "run",
    summary: "run a scenario and show what became of every task",
    help: `tandem run <scenario> [options]

Runs a synchronous main program beside its asynchronous tasks. What the program prints goes to
stdout; what your own functions write to stderr, and then what became of main and of every task,
goes to stderr.

${scenarioHelp}

Options
  --strategy, -s NAME[,axis=value...]   instead of the document's own
${strategyLines}
        axes: loop, settle, timeout, atExit, grace, offload, workers; offload=threads or processes
        has a pool perform the blocking steps of tasks
  --driver, -d real|virtual   for real (default), or at once in virtual time
  --speed N                   run N times as fast; reported times are multiplied back, those of
                              your own functions ("call") as well
  --takes-from EVENTS         in virtual time: what "call" steps come to, from a recorded run: each
                              task's calls in order, their times, and the errors they failed with;
                              what was cancelled or cut off takes the mean of its function
  --timeout D                 end the run after D of scenario time (as 10s, 500ms)
  --jitter P                  in virtual time: durations vary at random by up to P (as 5%) each way
  --runs N                    with --jitter: the odds of each outcome, from N runs
  --seed N                    with --jitter: other random durations (1 if left out), or a run again
  --strict                    exit with 1 if any task was lost
  --timeline                  show what every thread and task did, and when, as a picture
  --no-live                   draw no picture while a real run goes on (a terminal shows one)
  --no-color, --ascii         draw without colours (as with NO_COLOR set), or with ASCII only
  --json                      write the result as one JSON object to stdout instead
  --events FILE               write every event to FILE, one JSON object a line
  --force                     let --events replace a file that exists

Exit status: 0 the run came to its end and main finished, 1 it did not (or, with --strict, work was
lost, or the output could not be written), 2 the command line or the document is wrong, 130
interrupted by Ctrl-C, 143 by SIGTERM, 141 nobody reads the output any more.

With --jitter each sleep, block, compute and call takes, each time it is performed, its duration
times a random factor (uniform, from 1 - P to 1 + P), so which of two events of one instant comes
first is left to chance. Not varied are timeouts and grace, which are limits; what takes no time,
and the order of such steps where none that takes time lies between them; and whom a closing loop
cancels first. With --runs the report goes to stdout: the share of each outcome with the seed of a
run that came to it, which orders are luck, and what was the same in all runs. Its exit status is 1
if that of any of the runs would be.

Examples
  tandem run lost
  tandem run threaded --speed 10
  tandem run lost --driver virtual --timeline
  tandem run my.yaml --strategy thread,atExit=cancel,grace=1s --driver virtual
  tandem show lost | tandem run - --strategy await --json
  tandem run blocking --strategy await,offload=threads,workers=4
  tandem run threaded --jitter 5% --runs 10000
  tandem run threaded --jitter 5% --seed 2654435770 --timeline
`,
    load: () => import("./commands/run.ts"),
  },
  {
    name: "compare",
    summary: "run a scenario under several strategies, side by side",
    help: `tandem compare <scenario> [options]

Runs a scenario under each strategy of its "compare", or under all named ones, and shows what each
makes of it: a table of figures, in which a * marks the best of a column, and a small timeline each.
The document's own strategy, "(own)", is always among them, but for --strategies, which are these
alone. With --all, strategies that come to the same share a row of their simplest one. Then it says
which to choose, what that costs, and the smallest change of the scenario that was found under which
another would be right: of steps up to 64 times as long or short, of a failure, of a block in the
place of a sleep, of another task, and of a wait left out.

${scenarioHelp}

Options
  --strategies A,B,C          these instead, each as for "run"
  --all                       every meaningful combination of loop, settle, atExit and offload
  --driver, -d virtual|real   in virtual time (default), or for real
  --speed N                   for real: N times as fast
  --sort COLUMN               the best first: finished, lost, failed, main, background, wall
                              ("process"), block ("loop held") or cleanup
  --must RULES                what must hold, between commas, as finish,main<=10s,lost==0
${demandLines}
        Without it: what the document expects, and lost==0, heard, cleanup and status. Time is
        wanted only where the document or you say so, and else told as what the choice costs
  --counter-example           write the scenario with the smallest change found under which another
                              strategy would be right, and nothing else
  --verify                    run each strategy in virtual time and for real, and tell everything in
                              which the two differ, with its cause
  --json                      write the result objects and the advice, as one JSON object
  --markdown                  write table and advice as Markdown
  --no-color, --ascii         draw without colours, or with ASCII characters only

Exit status: 0 it was compared, whatever came of it, 1 with --verify the two drivers differ for no
known reason, 2 the command line or the document is wrong, or there is no counter-example to write,
130 interrupted by Ctrl-C.

Examples
  tandem compare lost
  tandem compare blocking --all
  tandem compare threaded --strategies "detach,await,thread,atExit=cancel"
  tandem compare blocking --all --must "finish,block<=50ms"
  tandem compare choosing --counter-example | tandem run - --driver virtual
  tandem compare threaded --verify --speed 10
`,
    load: () => import("./commands/compare.ts"),
  },
  {
    name: "check",
    summary: "check scenarios against what they expect, for CI",
    help: `tandem check <files or folders> [options]

Runs scenarios and checks their "expect". Of a folder and the folders in it all .yaml and .yml files
are checked, and those .json files that have a list called "main"; what is hidden, and node_modules,
is passed over. All mistakes of all documents are told, and none keeps another from being checked.

  <files or folders>   files, folders, names from "tandem list", or - for standard input

Options
  --driver, -d virtual|real   in virtual time (default), or for real, as many at once as there are
                              cores, and those that compute or call your functions one by one
  --speed N                   for real: N times as fast; what is expected stays the same
  --compare                   under each strategy of the document's "compare"
  --must RULES                what must hold in each, beside what it expects, as for "compare":
                              finish,main<=10s,lost==0
  --reporter NAME             text (default), junit, github (text, and what GitHub shows at the
                              lines of the documents) or json
  --ascii                     "ok" and "FAIL" instead of signs that not every terminal has

What a document may expect (each may be left out)
  tasks: finished             the status of all tasks, or by name: { upload: finished, log: failed }
                              (one that says "until: shutdown" may be ended there instead)
  lost: 0                     how many tasks are lost: not those that a timeout or a group gave up
  wall: "<= 9.5s"             when the process ends; also main, longestBlock, lateness.p99, overlap
  prints: [first, last]       all lines in their order, or { contains: [first] }
  deadlock: true              that nothing can ever go on

Exit status: 0 all is as expected, 1 something fell short, 2 a document is wrong, 130 interrupted.

Examples
  tandem check scenarios/
  tandem check mine.yaml --driver real --speed 5
  tandem check scenarios/ --reporter junit > junit.xml
`,
    load: () => import("./commands/check.ts"),
  },
  {
    name: "code",
    summary: "print the equivalent program in TypeScript or Python",
    help: `tandem code <scenario> [options]

Prints a program that does what the scenario does under a strategy, as a person would have written
it: for Bun, or for Python 3.11 or later.

${scenarioHelp}

Options
  --lang, -l typescript|python          typescript by default
  --strategy, -s NAME[,axis=value...]   instead of the document's own, as for "run"

What differs from a run
  python       No loop floats there ("float", "exit"), and it cannot import the module of a "call":
               both are refused. "{runtime}" is "python". Before 3.11 the program says that it
               needs a later one, and exits with 2.
  typescript   Where asyncio's rules hold and JavaScript has none, the program brings its own:
               tasks that are cancelled where they wait, and a loop that goes by turns and
               closes. Its timers count whole milliseconds. Main hears that a task failed, not
               why. Your own functions get args, signal, sleep and print; keep the program beside
               the document. Refused are a channel that both threads send into or receive from, a
               bounded one from a Worker to main, a pool for "call", and a main that waits for
               what floats.

Examples
  tandem code lost --lang python
  tandem code lost --strategy await
  tandem code threaded > threaded.ts && bun threaded.ts
`,
    load: () => import("./commands/code.ts"),
  },
  {
    name: "list",
    summary: "list the scenarios that come with tandem",
    help: `tandem list

Lists the catalogue: a name for "tandem run" and "tandem show", and what it is about.

Example
  tandem list
`,
    load: () => import("./commands/list.ts"),
  },
  {
    name: "show",
    summary: "print a scenario's document",
    help: `tandem show <scenario>

Checks a scenario's document and prints it: a catalogue scenario is a good start for your own.

${scenarioHelp}

Examples
  tandem show lost
  tandem show threaded > mine.yaml
`,
    load: () => import("./commands/show.ts"),
  },
  {
    name: "new",
    summary: "make a scenario of your own by answering questions",
    help: `tandem new [file] [options]

Asks what main does and which tasks there are, shows the document and writes it. It needs a
terminal, and never replaces a file without asking.

Options
  --no-color, --ascii   ask without colours, or with ASCII characters only

Examples
  tandem new
  tandem new mine.yaml
`,
    load: () => import("./commands/new.ts"),
  },
  {
    name: "report",
    summary: "show the verdict of a recorded run",
    help: `tandem report <events> [options]

Reads the events that "tandem run --events FILE" wrote and shows the same verdict again.

  <events>   a file of events, or - for standard input

Options
  --timeline            show what every thread and task did, and when, as a picture
  --no-color, --ascii   draw without colours, or with ASCII characters only
  --json                write the result as one JSON object to stdout instead

Examples
  tandem run lost --driver virtual --events lost.ndjson
  tandem report lost.ndjson --timeline
`,
    load: () => import("./commands/report.ts"),
  },
  {
    name: "schema",
    summary: "print the JSON Schema of scenarios, or of events",
    help: `tandem schema [scenario|events]

Prints the JSON Schema of scenario documents (the default) or of one line of an event file.

Examples
  tandem schema > scenario.schema.json
  tandem schema events
`,
    load: () => import("./commands/schema.ts"),
  },
  {
    name: "completion",
    summary: "print what completes tandem's words in your shell",
    help: `tandem completion bash|zsh|fish

Prints a script that completes commands, options, scenarios and strategies.

Examples
  eval "$(tandem completion bash)"
  tandem completion fish > ~/.config/fish/completions/tandem.fish
`,
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "man",
    summary: "print the manual page",
    help: `tandem man

Prints the manual page, for man(1): all of the help in one.

Example
  tandem man > tandem.1
`,
    load: () => import("./commands/man.ts"),
  },
  {
    name: "version",
    summary: "print the version",
    help: `tandem version

Prints the version of tandem, of the Bun inside it, and the platform.

Example
  tandem version
`,
    load: () => import("./commands/version.ts"),
  },
  {
    name: "help",
    summary: "show this, the help of one command, or all findings",
    help: `tandem help [command|findings]

"tandem help findings" lists the rules by which a verdict says what went wrong: their ids (as in
the JSON's "findings"), what each is about, and what to do.

Examples
  tandem help
  tandem help run
  tandem help findings
`,
    // The one command that is about this table: the command line answers it itself.
    load: null,
  },
];

/** The one topic of help that is no command. */
export const findingsTopic = "findings";

/** All of `tandem help`. */
export function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`);
  return `tandem runs a synchronous program beside its asynchronous background tasks, and shows what
finishes, what is lost, what blocks, and who hears of a failure.

Usage: tandem [--no-color] [--ascii]   asks what to do, in a terminal
       tandem <command> [...]

Commands
${lines.join("\n")}

Examples
  tandem run lost                     a task that nobody awaits is lost
  tandem run lost --strategy await    awaited, it finishes
  tandem run threaded --speed 10      the loop in a thread of its own, ten times as fast
  tandem help run                     all options of "run", as "tandem run --help"
`;
}
