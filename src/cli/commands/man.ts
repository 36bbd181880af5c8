/** `tandem man`: the manual page, made of the same words as the help. */
import { readArguments } from "../arguments.ts";
import { commands, overview } from "../commands.ts";
import { writeOut } from "../output.ts";
import { version } from "../version.ts";

export function run(argv: string[]): number {
  readArguments("man", argv, {}, { least: 0, most: 0, what: "nothing" });
  writeOut(
    [
      `.TH TANDEM 1 "" "tandem ${version}" "User Commands"`,
      ".SH NAME",
      "tandem \\- run a synchronous program beside its asynchronous background tasks",
      ".SH DESCRIPTION",
      verbatim(overview()),
      ".SH COMMANDS",
      ...commands.flatMap(({ name, help }) => [`.SS ${name}`, verbatim(help)]),
      "",
    ].join("\n"),
  );
  return 0;
}

/** Text as it stands: a backslash, and a dot or quote at the start of a line, would mean something. */
function verbatim(text: string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&"));
  return [".nf", ...lines, ".fi"].join("\n");
}
