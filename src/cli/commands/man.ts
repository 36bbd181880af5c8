/** `tandem man`: the manual page, made of the same words as the help. */
import { printableLines } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands, environment, files, tandem } from "../commands.ts";
import { listed, overview, renderHelp, synopsis } from "../help.ts";
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
        ".SH SYNOPSIS",
        verbatim(synopsis()),
        ".SH DESCRIPTION",
        verbatim(overview()),
        ".SH COMMANDS",
        ...Object.values(commands).flatMap((one) => [`.SS ${one.name}`, verbatim(renderHelp(one))]),
        ".SH ENVIRONMENT",
        verbatim(listed(environment)),
        ".SH FILES",
        verbatim(listed(files)),
        "",
      ].join("\n"),
    ),
  );
  return exitStatus.done;
}

/** Text as it stands, from the first column on, as it fills the lines of a terminal: a backslash, and a dot or quote at the start of a line, would mean something. */
function verbatim(text: string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&"));
  return [".in 0", ".nf", ...lines, ".fi", ".in"].join("\n");
}
