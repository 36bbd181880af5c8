/** `tandem man`: the manual page, made of the same words as the help. */
import { printableLines } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands, tandem } from "../commands.ts";
import { overview, renderHelp } from "../help.ts";
import { writeOut } from "../output.ts";
import { version } from "../version.ts";

export function run(argv: string[]): number {
  readArguments(commands.man, argv);
  writeOut(
    printableLines(
      [
        `.TH TANDEM 1 "" "tandem ${version}" "User Commands"`,
        ".SH NAME",
        `tandem \\- ${tandem.summary}`,
        ".SH DESCRIPTION",
        verbatim(overview()),
        ".SH COMMANDS",
        ...Object.values(commands).flatMap((one) => [`.SS ${one.name}`, verbatim(renderHelp(one))]),
        "",
      ].join("\n"),
    ),
  );
  return exitStatus.done;
}

/** Text as it stands: a backslash, and a dot or quote at the start of a line, would mean something. */
function verbatim(text: string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&"));
  return [".nf", ...lines, ".fi"].join("\n");
}
