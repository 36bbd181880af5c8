/**
 * Gives mutants to the commands that read a document, in this process, and tells what is not as it should be:
 * `bun tests/support/mutant-trials.ts FROM TO`.
 *
 * It is a program of its own, since nothing within a process can tell that this hangs. Each line of stdout is a JSON
 * object: the command that begins, and, where something is wrong with it, what.
 */
import { readFileSync, rmSync, writeSync } from "node:fs";
import { mutantOf } from "./mutants.ts";
import { dangersIn } from "./hostile.ts";
import { findPython } from "./python.ts";
import { call, type Called, tandemHere, temporaryFolder } from "./tandem.ts";

/** The most that a command may compute, in s, and the most memory that it may come to, in bytes. */
const most = { seconds: 12, bytes: 1e9 };

/** The longest line that is still a sentence. */
const longestSentence = 2500;

/** What a mistake of tandem's own looks like. */
const mistakes =
  /^\s+at .+[:(]\d|\b(?:Type|Reference|Range|Syntax|Internal)Error\b|Maximum call stack|is not (?:a function|iterable|an object)|\[object \w+\]/m;

interface Command {
  words: readonly string[];
  /** The statuses that it may end in. */
  statuses: readonly number[];
  /** Whether stdout is the program's own. */
  printsOwn?: boolean;
  check?: (called: Called) => void;
}

const folder = temporaryFolder();
const record = folder.file("events.ndjson");
const python = findPython();
const programs: { number: number; program: string }[] = [];

const virtual = ["run", "FILE", "--driver", "virtual"];
const isJson = ({ stdout }: Called): void => {
  if (stdout !== "") JSON.parse(stdout);
};
const isXml = ({ stdout }: Called): void => void Bun.XML.parse(stdout);
const isOfGithub = ({ stdout }: Called): void => {
  const wrong = /^\s*::(?!(?:error|warning|notice) (?:file=|title=tandem::)).*/m.exec(stdout);
  if (wrong !== null) throw new Error(`an injected command: ${wrong[0]}`);
};
const transpiler = new Bun.Transpiler({ loader: "ts" });
const isTypescript = ({ stdout }: Called): void => void transpiler.transformSync(stdout);

/** Each mutant is given to these. */
const always = (number: number): Command[] => [
  { words: ["check", "FILE"], statuses: [0, 1, 2] },
  { words: virtual, statuses: [0, 1, 2], printsOwn: true },
  { words: ["compare", "FILE"], statuses: [0, 2] },
  { words: ["crash", "FILE"], statuses: [0, 2] },
  { words: ["code", "FILE"], statuses: [0, 2], check: isTypescript },
  {
    words: ["code", "FILE", "--lang", "python"],
    statuses: [0, 2],
    check: ({ stdout, status }) => {
      if (status === 0) programs.push({ number, program: stdout });
    },
  },
];

/** And to one of these in turn. */
const inTurn: readonly (readonly Command[])[] = [
  [{ words: ["check", "FILE", "--reporter", "json"], statuses: [0, 1, 2], check: isJson }],
  [{ words: ["check", "FILE", "--reporter", "junit"], statuses: [0, 1, 2], check: isXml }],
  [{ words: ["check", "FILE", "--reporter", "github"], statuses: [0, 1, 2], check: isOfGithub }],
  [{ words: ["check", "FILE", "--reporter", "sarif"], statuses: [0, 1, 2], check: isJson }],
  [{ words: ["check", "FILE", "--compare", "--must", "finish,lost==0"], statuses: [0, 1, 2] }],
  [{ words: [...virtual, "--json"], statuses: [0, 1, 2], check: isJson }],
  [{ words: [...virtual, "--timeline", "--strict"], statuses: [0, 1, 2], printsOwn: true }],
  [{ words: [...virtual, "--jitter", "50%", "--runs", "3"], statuses: [0, 1, 2] }],
  [
    {
      words: [...virtual, "--strategy", "durable,retry=3,consumers=2"],
      statuses: [0, 1, 2],
      printsOwn: true,
    },
  ],
  [{ words: ["show", "FILE"], statuses: [0, 2] }],
  [{ words: ["compare", "FILE", "--json"], statuses: [0, 2], check: isJson }],
  [{ words: ["compare", "FILE", "--all", "--markdown"], statuses: [0, 2] }],
  [{ words: ["compare", "FILE", "--counter-example", "--must", "finish"], statuses: [0, 2] }],
  [{ words: ["crash", "FILE", "--json"], statuses: [0, 2], check: isJson }],
  [{ words: ["crash", "FILE", "-o", folder.file("worst.yaml"), "--force"], statuses: [0, 2] }],
  [
    { words: [...virtual, "--events", record, "--force"], statuses: [0, 1, 2], printsOwn: true },
    { words: ["report", record], statuses: [0, 2] },
    { words: ["report", record, "--json"], statuses: [0, 2], check: isJson },
  ],
  ...["html", "svg", "md", "csv", "sarif", "perfetto.json"].map((ending): Command[] => {
    const report = folder.file(`report.${ending}`);
    const isSafe = (): void => {
      const dangers = dangersIn(readFileSync(report, "utf8"));
      if (dangers.length > 0) throw new Error(`in the report: ${dangers.join(" ")}`);
      rmSync(report);
    };
    const check = ({ status }: Called): void => (status === 2 ? undefined : isSafe());
    return [
      { words: [...virtual, "--report", report], statuses: [0, 1, 2], printsOwn: true, check },
      { words: ["crash", "FILE", "--report", report], statuses: [0, 2], check },
    ];
  }),
  // What reads something else, or nothing, says so.
  [{ words: ["report", "FILE"], statuses: [2] }],
  [{ words: ["new", "FILE"], statuses: [2] }],
];

function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** What is not as it should be, in words; null where all is. */
function faultOf(command: Command, called: Called, text: string): string | null {
  const { status, stdout, stderr } = called;
  if (!command.statuses.includes(status)) return `status ${status}`;
  const told = command.printsOwn ? stderr : stdout + stderr;
  const dangers = dangersIn(told);
  if (dangers.length > 0) return `dangers: ${dangers.join(" ")}`;
  const mistake = mistakes.exec(told);
  if (mistake !== null && !text.includes(mistake[0].trim())) return `told: ${mistake[0]}`;
  if (status === 2 && command.words[0] !== "check") {
    if (stdout !== "") return "refused, and still something on stdout";
    const lines = stderr.trimEnd().split("\n");
    const isPlaced = (line: string): boolean =>
      /^(?:tandem: |… and \d+ more problems? in |See: |[^\n]*\.(?:yaml|json|ndjson):)/.test(line);
    if (lines.length > 22 || !lines.every(isPlaced)) return "no sentences with their places";
    if (lines.some((line) => line.length > longestSentence)) return "a sentence without end";
  }
  try {
    command.check?.(called);
  } catch (error) {
    return String(error);
  }
  return null;
}

async function attempt(number: number): Promise<void> {
  const { file, bytes, how } = mutantOf(number);
  let highest = process.resourceUsage().maxRSS * 1024;
  const path = folder.file(file, bytes);
  const text = new TextDecoder().decode(bytes);
  for (const command of [...always(number), ...inTurn[number % inTurn.length]!]) {
    const words = command.words.map((word) => (word === "FILE" ? path : word));
    tell({ number, words: command.words });
    const before = process.cpuUsage();
    const fault = await tandemHere(words).then(
      (called) => {
        const fault = faultOf(command, called, text);
        return fault === null
          ? null
          : `${fault}\n${called.stderr.slice(0, 1000)}\n${called.stdout.slice(0, 1000)}`;
      },
      (error: Error) => `thrown: ${error.stack}`,
    );
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    const peak = process.resourceUsage().maxRSS * 1024;
    const what =
      fault ??
      (seconds > most.seconds
        ? `it took ${seconds} s`
        : peak > most.bytes && peak > highest
          ? `it came to ${peak / 1e6} MB`
          : null);
    if (what !== null) tell({ number, how, words: command.words, what });
    highest = peak;
  }
}

/** Programs in Python are parsed all at once. */
function parsePython(): void {
  if (python === null) return;
  const check = `import ast, json, sys
for one in json.load(open(sys.argv[1], encoding="utf-8")):
    try:
        ast.parse(one["program"])
    except Exception as error:
        print(json.dumps({ "number": one["number"], "words": ["code", "FILE", "--lang", "python"], "what": repr(error) }))
`;
  const file = folder.file("programs.json", JSON.stringify(programs));
  writeSync(1, call([python.path, folder.file("check.py", check), file]).stdout);
}

const [from = 0, to = 100] = process.argv.slice(2).map(Number);
for (let number = from; number < to; number++) await attempt(number);
parsePython();
folder[Symbol.dispose]();
process.exit(0);
