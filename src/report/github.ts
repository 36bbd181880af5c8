/** Checks as GitHub's workflow commands: each shows at the line of the document that it is about. */
import type { CheckedDocument } from "../strategies/expectations.ts";
import type { Position } from "../base/position.ts";

export function toAnnotations(documents: readonly CheckedDocument[]): string {
  return documents
    .flatMap(({ file, strategy, checks, problems }) => [
      ...problems.map(({ position, path, message }) =>
        annotation(file, position, path === "" ? message : `${path}: ${message}`),
      ),
      ...checks
        .filter(({ met }) => !met)
        .map(({ of, expected, found, position }) =>
          annotation(file, position, `${strategy}: ${of}: expected ${expected}, found ${found}`),
        ),
    ])
    .join("");
}

function annotation(file: string, position: Position | null, message: string): string {
  const place = position === null ? "" : `,line=${position.line},col=${position.column}`;
  const name = escaped(file).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::error file=${name}${place}::${escaped(message)}\n`;
}

/** As the toolkit of GitHub's own actions escapes what it says. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
