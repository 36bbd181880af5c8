/** Demands as text: what may stand behind `--must`, with a sentence for every mistake. */
import { type TaskStatus, taskStatuses, toBound } from "../scenario/expectation.ts";
import { suggestion } from "../base/suggest.ts";
import { UserError } from "../base/user-error.ts";
import type { Demand } from "./demands.ts";
import { deadlockDemand, lineDemand, linesDemand, statusDemand } from "./expect-demands.ts";
import {
  boundDemand,
  type DemandWord,
  type FigureName,
  figures,
  wordDemand,
  wordDemands,
} from "./vocabulary.ts";

/** A demand that cannot be understood: what was found, and what would be right. */
export class DemandError extends UserError {}

/** The words that begin demands which are neither a word nor a bound on a figure. */
const otherWords = ["tasks", "prints", "deadlock"] as const;

/** A word with which a demand begins. */
export type FirstWord = DemandWord | FigureName | (typeof otherWords)[number];

/** A demand as it is written, as far as types can tell. */
export type WrittenDemand =
  | DemandWord
  | `${FigureName}${"<=" | ">=" | "==" | "<" | ">"}${number}${"" | "ms" | "s" | "%"}`
  | `deadlock==${boolean}`
  | `prints ${`contains ${string}` | `exactly ${string}` | "nothing"}`
  | `${string}=${TaskStatus}`;

/** The words with which a demand begins, for help, completion and suggestions. */
export const demandWords: readonly string[] = [
  ...new Set([...Object.keys(wordDemands), ...Object.keys(figures), ...otherWords]),
];

const forms = {
  bound: "a bound is written as main<=10s, lost==0 or overlap>=50%",
  prints: `lines are written as prints contains "a line", prints exactly "one" "two", or prints nothing`,
  deadlock: "it is written as deadlock==false or deadlock==true",
};

/** The names that figures have in `expect` alone, and their names as demands. */
const expectNames: Readonly<Record<string, string>> = {
  longestBlock: "block",
  "lateness.p99": "late.p99",
};

/**
 * Reads demands between commas: `finish, main<=10s, prints contains "a, b"`.
 *
 * @param tasks the names of the scenario's tasks; null where they are not known.
 * @returns each once.
 * @throws DemandError for the first that is none.
 */
export function parseDemands(text: string, tasks: readonly string[] | null = null): Demand[] {
  const demands = split(text).map((part) => parseDemand(part, tasks));
  return [...new Map(demands.map((one) => [one.written, one])).values()];
}

/** The demands as one text, which `parseDemands` reads back. */
export function writeDemands(demands: readonly Pick<Demand, "written">[]): string {
  return demands.map(({ written }) => written).join(",");
}

/** Splits at commas that do not stand between quotes. */
function split(text: string): string[] {
  const parts = [""];
  let quote: string | null = null;
  for (let k = 0; k < text.length; k++) {
    const char = text[k]!;
    if (quote === null && char === ",") {
      parts.push("");
      continue;
    }
    parts[parts.length - 1] += char;
    if (quote === '"' && char === "\\") parts[parts.length - 1] += text[++k] ?? "";
    else if (char === quote) quote = null;
    else if (quote === null && (char === '"' || char === "'")) quote = char;
  }
  if (quote !== null) throw new DemandError(`a quote (${quote}) is opened and not closed`);
  return parts.map((part) => part.trim());
}

function parseDemand(part: string, tasks: readonly string[] | null): Demand {
  if (part === "") throw new DemandError("a comma stands between two rules");
  if (Object.hasOwn(wordDemands, part)) return wordDemand(part);
  const [word] = /^[\w.-]*/.exec(part)!;
  if (word === "prints") return parsePrints(part);
  if (word === "deadlock") return parseDeadlock(part);
  // A single sign of equality is for a task, two are for a figure.
  const [, name, status] = /^("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)\s*=(?!=)\s*(.*)$/.exec(part) ?? [];
  return name === undefined ? parseBound(part, word) : parseStatus(part, status!, name, tasks);
}

function parseBound(part: string, word: string): Demand {
  const name = expectNames[word] ?? word;
  const figure = Object.hasOwn(figures, name) ? figures[name]! : undefined;
  if (figure === undefined) {
    // A known word, as `finish`, has something behind it.
    if (Object.hasOwn(wordDemands, word)) throw noRule(part, `"${word}" stands alone`);
    throw noRule(part, suggestion(word, demandWords, "rules"));
  }
  const { unit } = figure;
  const [, comparison, limit = ""] =
    /^\s*(<=|>=|==|<|>)\s*(.*)$/.exec(part.slice(word.length)) ?? [];
  if (unit === "time" && /^[\d.]+$/.test(limit))
    throw noRule(part, `a time needs a unit, as ${name}${comparison}${limit}s`);
  const shape = { time: /^[\d.]+\s*[a-z]+$/, count: /^\d+$/, share: /^[\d.]+\s*%$/ }[unit];
  if (comparison === undefined || !shape.test(limit)) throw noRule(part, forms.bound);
  // A bare count must not pass through `toBound`, which takes it for milliseconds.
  const bound = toBound(`${comparison}${unit === "count" ? 0 : limit}`);
  if (unit === "count") bound.limit = Number(limit);
  if (bound.limit === undefined || Number.isNaN(bound.limit)) throw noRule(part, forms.bound);
  return boundDemand(name, bound);
}

function parseStatus(
  part: string,
  status: string,
  quoted: string,
  tasks: readonly string[] | null,
): Demand {
  const isQuoted = /^["']/.test(quoted);
  const name = isQuoted ? readLine(part, quoted) : quoted;
  if (!isStatus(status)) {
    // `main=10s` was meant as a bound.
    if (!isQuoted && Object.hasOwn(figures, name)) throw noRule(part, forms.bound);
    throw noRule(part, `"${status}" is no status; ${suggestion(status, taskStatuses, "statuses")}`);
  }
  if (name === "tasks" && !isQuoted) return statusDemand(null, status);
  if (tasks !== null && !tasks.includes(name))
    throw noRule(part, `"${name}" is no task of the scenario; ${suggestion(name, tasks, "tasks")}`);
  return statusDemand(name, status);
}

function isStatus(word: string): word is TaskStatus {
  return (taskStatuses as readonly string[]).includes(word);
}

function parsePrints(part: string): Demand {
  const [, how, rest = ""] = /^prints\s+(contains|exactly|nothing)\b\s*(.*)$/s.exec(part) ?? [];
  const lines = rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g) ?? [];
  const read = lines.map((line) => readLine(part, line));
  if (how === "nothing" && read.length === 0) return linesDemand([]);
  if (how === "exactly" && read.length > 0) return linesDemand(read);
  if (how === "contains" && read.length === 1) return lineDemand(read[0]!);
  throw noRule(part, forms.prints);
}

/** The text between quotes: single quotes know no escapes, double ones are JSON's. */
function readLine(part: string, quoted: string): string {
  if (quoted.startsWith("'")) return quoted.slice(1, -1);
  try {
    if (quoted.startsWith('"')) return JSON.parse(quoted) as string;
  } catch {
    throw noRule(part, `${quoted} is no text as in JSON; a \\ is written as \\\\`);
  }
  throw noRule(part, forms.prints);
}

function parseDeadlock(part: string): Demand {
  const [, value] = /^deadlock\s*==\s*(true|false)$/.exec(part) ?? [];
  if (value === undefined) throw noRule(part, forms.deadlock);
  return deadlockDemand(value === "true");
}

function noRule(part: string, instead: string): DemandError {
  // A part may hold quotes of its own.
  return new DemandError(`${part.includes('"') ? part : `"${part}"`} is no rule; ${instead}`);
}
