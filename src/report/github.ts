/** Checks as GitHub's workflow commands: each shows at the line of the document that it is about. */
import type { CheckedDocument } from "../strategies/expectations.ts";
import type { Position } from "../base/position.ts";
import { joined, workflowCommand, type WorkflowText } from "../base/texts.ts";
import { checkWords } from "./terminal/checks.ts";
import { formatCount } from "../base/count.ts";

/** The most annotations of one kind that GitHub takes from a step; the others it drops in silence. */
const mostOfKind = 10;

export interface Annotation {
  level: "error" | "warning";
  properties: Record<string, string | number>;
  message: string;
}

/** The first annotations of each kind, the last of which says how many more there are. */
export function limitedAnnotations(annotations: readonly Annotation[]): WorkflowText {
  const commands = (["error", "warning"] as const).flatMap((level) => {
    const own = annotations.filter((one) => one.level === level);
    const shown = own.length <= mostOfKind ? own : own.slice(0, mostOfKind - 1);
    const more = own.length - shown.length;
    return [
      ...shown.map(({ properties, message }) => workflowCommand(level, properties, message)),
      ...(more === 0
        ? []
        : [workflowCommand(level, { title: "tandem" }, `${formatCount(more)} more like these`)]),
    ];
  });
  return joined(commands, "");
}

export function toAnnotations(documents: readonly CheckedDocument[]): WorkflowText {
  return limitedAnnotations(
    documents.flatMap(({ file, strategy, checks, problems, undecided }) => [
      ...problems.map(({ position, path, message }) =>
        annotation("error", { file, position }, path === "" ? message : `${path}: ${message}`),
      ),
      ...checks
        .filter(({ met }) => !met)
        .map((check) =>
          annotation(
            undecided === null ? "error" : "warning",
            { file, position: check.position },
            `${strategy}: ${checkWords(check, undecided)}`,
          ),
        ),
    ]),
  );
}

function annotation(
  level: Annotation["level"],
  { file, position }: { file: string; position: Position | null },
  message: string,
): Annotation {
  const place = position === null ? {} : { line: position.line, col: position.column };
  return { level, properties: { file, ...place }, message };
}
