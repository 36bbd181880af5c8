/** Checks as GitHub's workflow commands: each shows at the line of the document that it is about. */
import type { CheckedDocument } from "../strategies/expectations.ts";
import type { Position } from "../base/position.ts";
import { joined, workflowCommand, type WorkflowText } from "../base/texts.ts";

export function toAnnotations(documents: readonly CheckedDocument[]): WorkflowText {
  const annotations = documents.flatMap(({ file, strategy, checks, problems }) => [
    ...problems.map(({ position, path, message }) =>
      annotation(file, position, path === "" ? message : `${path}: ${message}`),
    ),
    ...checks
      .filter(({ met }) => !met)
      .map(({ of, expected, found, position }) =>
        annotation(file, position, `${strategy}: ${of}: expected ${expected}, found ${found}`),
      ),
  ]);
  return joined(annotations, "");
}

function annotation(file: string, position: Position | null, message: string): WorkflowText {
  const place = position === null ? {} : { line: position.line, col: position.column };
  return workflowCommand("error", { file, ...place }, message);
}
