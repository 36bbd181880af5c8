/** Changing a document's text in one place, with its comments and all else left as it was. */
import { isMap, isPair, isScalar, type Pair, parseDocument, type Scalar, visit } from "yaml";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { type Strategy, toDocument } from "../../scenario/strategy.ts";

/** A number or duration of a document, and where it stands in the text. */
export interface DocumentNumber {
  /** Its name, as `main: block`, `task: sleep`. */
  of: string;
  written: string;
  line: number;
  from: number;
  to: number;
}

/** The keys whose values are numbers or durations to change. */
const numberKeys = [
  "block",
  "sleep",
  "compute",
  "repeat",
  "copies",
  "timeout",
  "takes",
  "capacity",
  "grace",
  "workers",
  "consumers",
  "slots",
  "retry",
  "backoff",
  "lease",
];

/** All numbers and durations of a document, in the order of the text. */
export function numbersOf(text: string): DocumentNumber[] {
  const found: DocumentNumber[] = [];
  visit(parseDocument(text), {
    Pair(_, { key, value }, path) {
      if (!isScalar(key) || !numberKeys.includes(String(key.value))) return;
      if (!isScalar(value) || !["string", "number"].includes(typeof value.value)) return;
      const range = (value as Scalar).range;
      if (!range) return;
      const keys = path.flatMap((node) =>
        isPair(node) && isScalar(node.key) && node.key.value !== "steps" ? [node.key.value] : [],
      );
      const [from, to] = range;
      found.push({
        of: nameOf(keys.map(String), String(key.value)),
        written: text.slice(from, to),
        line: text.slice(0, from).split("\n").length,
        from,
        to,
      });
    },
  });
  return found.toSorted((a, b) => a.from - b.from);
}

/** The name of a number, by the keys around it: `main: block`, `task: copies`, `strategy: grace`. */
function nameOf(keys: string[], key: string): string {
  const inside = keys.filter((one) => one !== "repeat");
  if (inside.length > 1 && ["tasks", "channels"].includes(inside[0]!)) inside.shift();
  return inside.length === 0 ? key : `${inside.join(" ")}: ${key}`;
}

export function withNumber(text: string, { from, to }: DocumentNumber, written: string): string {
  return text.slice(0, from) + written + text.slice(to);
}

/** The document, whose title and description say that it was edited: they may speak of other numbers. */
export function markedAsEdited(text: string): string {
  return edited(edited(text, "description", descriptionEdited), "title", "(edited)");
}

const descriptionEdited = "(Edited: some numbers are others than this says.)";

/** The document with a remark behind the text of a key, unless it stands there or there is no such text. */
function edited(text: string, key: "title" | "description", remark: string): string {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return text;
  const pair = contents.items.find((item) => isScalar(item.key) && item.key.value === key);
  const scalar = pair?.value as Scalar | undefined;
  if (typeof scalar?.value !== "string" || !scalar.range) return text;
  const { value, range } = scalar;
  if (value.trimEnd().endsWith(remark)) return text;
  const [from, to] = range;
  const written = text.slice(from, to);
  // A block's lines go on below, as wide in as its last one.
  const last = /\n([ ]+)\S[^\n]*\n*$/.exec(written);
  if (/^[|>]/.test(written) && last !== null)
    return `${text.slice(0, from)}${written.trimEnd()}\n${last[1]}${remark}\n${text.slice(to)}`;
  return text.slice(0, from) + JSON.stringify(`${value} ${remark}`) + text.slice(to);
}

/** The document with another strategy. */
export function withStrategy(text: string, strategy: Strategy): string {
  const written = inOneLine(toDocument(strategy));
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return text;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "strategy");
  const range = (pair?.value as Scalar | undefined)?.range;
  const plain = contents.flow ? written : written.replaceAll('"', "");
  if (range) return `${text.slice(0, range[0])}${plain}${text.slice(range[1])}`;
  if (!contents.flow) return `${text.trimEnd()}\nstrategy: ${plain}\n`;
  const brace = text.indexOf("{");
  return `${text.slice(0, brace + 1)}\n  "strategy": ${written},${text.slice(brace + 1)}`;
}

/** The document without its "expect". */
export function withoutExpectations(text: string): string {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return text;
  const index = contents.items.findIndex(({ key }) => isScalar(key) && key.value === "expect");
  if (index < 0) return text;
  const [from, to] = extentOf(contents.items[index]!);
  const before = contents.items[index - 1];
  const behind = contents.items[index + 1];
  // In a flow map one comma is removed as well, in a block map the rest of the line.
  if (!contents.flow) {
    const lineEnd = text[to - 1] === "\n" ? to : text.indexOf("\n", to) + 1 || text.length;
    return text.slice(0, from) + text.slice(lineEnd);
  }
  if (before !== undefined) return text.slice(0, extentOf(before)[1]) + text.slice(to);
  return text.slice(0, from) + text.slice(behind === undefined ? to : extentOf(behind)[0]);
}

/** Where a pair of a document's map stands in its text. */
function extentOf({ key, value }: Pair): [from: number, to: number] {
  return [(key as Scalar).range![0], (value as Scalar).range![1]];
}

/** A name in quotes, or an object in braces. */
function inOneLine(strategy: ReturnType<typeof toDocument>): string {
  if (typeof strategy === "string") return JSON.stringify(strategy);
  const entries = Object.entries(strategy).map(
    ([key, value]) => `"${key}": ${JSON.stringify(value)}`,
  );
  return `{ ${entries.join(", ")} }`;
}

/** The first problem of a document, in one sentence; undefined when it has none. */
export function documentProblem(text: string, file: string): string | undefined {
  return firstProblem(() => parseScenario(text, file));
}

/** The first problem that reading a document throws, in one sentence; undefined when it throws none. */
export function firstProblem(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return error.message.split("\n")[0];
  }
}
