/** `tandem version` */
import { readArguments } from "../arguments.ts";
import { writeOut } from "../output.ts";
import { version } from "../version.ts";

export function run(argv: string[]): number {
  readArguments("version", argv, {}, { least: 0, most: 0, what: "nothing" });
  writeOut(`tandem ${version} (Bun ${Bun.version}, ${process.platform} ${process.arch})\n`);
  return 0;
}
