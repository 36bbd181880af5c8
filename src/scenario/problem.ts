/** Problems of a document: each says where it is, what was found and what would be right. */
import type { Position } from "../base/position.ts";
import { brief } from "../base/sentences.ts";
import { printable, type TerminalText } from "../base/texts.ts";
import { UserError } from "../base/user-error.ts";

export interface Problem {
  /** Null where the file as a whole is meant (it is a folder, it cannot be read). */
  position: Position | null;
  /** Path within the document, as `main[2].sleep`; empty for the document itself. */
  path: string;
  message: string;
}

/** The most problems of one document that are told at once, and that are kept for those who want them all. */
const mostTold = 20;
const mostKept = 1000;

/** A document that cannot be used, with all that is wrong with it. */
export class DocumentError extends UserError {
  readonly file: string;
  readonly problems: Problem[];
  readonly #count: number;

  /** @param problems of which the last ones are counted only, where there are very many. */
  constructor(file: string, problems: Problem[]) {
    const kept = problems.slice(0, mostKept).map(shortened);
    const more = problems.length - kept.length;
    super(kept.map((problem) => formatProblem(file, problem)).join("\n"));
    this.file = file;
    this.#count = problems.length;
    const others = { position: null, path: "", message: `… and ${moreProblems(more)}` };
    this.problems = more === 0 ? kept : [...kept, others];
  }

  /** A line for each problem, which begins with its place as compilers write it. */
  override get told(): readonly string[] {
    const lines = this.message.split("\n");
    const more = this.#count - mostTold;
    if (more <= 0) return lines;
    return [...lines.slice(0, mostTold), `… and ${moreProblems(more)} in ${this.file}`];
  }
}

function moreProblems(count: number): string {
  return `${count} more problem${count === 1 ? "" : "s"}`;
}

/** A problem in sentences of a length that somebody reads, whatever stands in the document. */
function shortened({ position, path, message }: Problem): Problem {
  return { position, path: brief(path), message: brief(message) };
}

/** One line: `scenario.yaml:14:7: main[2].sleep: message`. */
export function formatProblem(file: string, problem: Problem): TerminalText {
  const { position, path, message } = problem;
  const where = position === null ? file : `${file}:${position.line}:${position.column}`;
  return printable(path === "" ? `${where}: ${message}` : `${where}: ${path}: ${message}`);
}

/** `["main", 2, "sleep"]` as `main[2].sleep`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`,
    )
    .join("");
}
