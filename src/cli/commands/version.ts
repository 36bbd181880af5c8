/** `tandem version` */
import { terminal } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";
import { version } from "../version.ts";

export function run(argv: string[]): number {
  readArguments(commands.version, argv);
  writeOut(terminal`tandem ${version} (Bun ${Bun.version}, ${process.platform} ${process.arch})\n`);
  return exitStatus.done;
}
