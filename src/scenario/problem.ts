/** Problems of a document: each says where it is, what was found and what would be right. */
import type { Position } from "../base/position.ts";
import { printable, type TerminalText } from "../base/texts.ts";
import { UserError } from "../base/user-error.ts";

export interface Problem {
  /** Null where the file as a whole is meant (it is a folder, it cannot be read). */
  position: Position | null;
  /** Path within the document, as `main[2].sleep`; empty for the document itself. */
  path: string;
  message: string;
}

/** The most problems of one document that are told at once. */
const mostTold = 20;

/** A document that cannot be used, with all that is wrong with it. */
export class DocumentError extends UserError {
  readonly file: string;
  readonly problems: Problem[];

  constructor(file: string, problems: Problem[]) {
    super(problems.map((problem) => formatProblem(file, problem)).join("\n"));
    this.file = file;
    this.problems = problems;
  }

  /** A line for each problem, which begins with its place as compilers write it. */
  override get told(): readonly string[] {
    const lines = this.message.split("\n");
    const more = lines.length - mostTold;
    if (more <= 0) return lines;
    const others = `… and ${more} more problem${more === 1 ? "" : "s"} in ${this.file}`;
    return [...lines.slice(0, mostTold), others];
  }
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
