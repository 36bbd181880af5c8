/** `tandem version` */
import { printableLines, terminal } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";
import { version } from "../version.ts";

export async function run(argv: string[]): Promise<number> {
  const { options } = readArguments(commands.version, argv);
  if (options.licenses) writeOut(printableLines(await licenses()));
  else
    writeOut(
      terminal`tandem ${version} (Bun ${Bun.version}, ${process.platform} ${process.arch})\n`,
    );
  return exitStatus.done;
}

/** As they were collected for the executable, or, from source, collected now. */
async function licenses(): Promise<string> {
  const { prepared } = await import("../licenses/prepared.ts");
  return prepared ?? (await import("../licenses/collect.ts")).collectLicenses();
}
