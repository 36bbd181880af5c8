/** What keeps any command from doing what is asked: words and folders that are not UTF-8 reach tandem as others. */
import { lookAt } from "../base/paths.ts";
import { UsageError } from "./errors.ts";
import { readFileSync } from "node:fs";

/** What stands in the place of bytes that are no text. */
const replacement = "\ufffd";

/** The words that read and write no file of the current folder. */
const fileless = ["help", "version", "list", "schema", "man", "completion", "--help", "-h"];

/** Refuses what would mean another file, or another word, than the user's. */
export function checkSurroundings(argv: readonly string[]): void {
  const word = argv.find((one) => one.includes(replacement));
  if (word !== undefined && !areWordsUtf8())
    throw new UsageError(
      `"${word}" is not UTF-8, and would come to mean something else; name it in UTF-8, as by renaming the file`,
    );
  if (fileless.includes(argv[0]!)) return;
  const folder = process.cwd();
  if (folder.includes(replacement) && lookAt(folder).kind === "nothing")
    throw new UsageError(
      `the name of the current folder is not UTF-8 (${folder}), so nothing in it can be found; change to another folder, or rename it`,
    );
}

/** Whether the words of this process are UTF-8, each as it was given; where nobody says it they are taken to be. */
function areWordsUtf8(): boolean {
  let bytes;
  try {
    bytes = readFileSync("/proc/self/cmdline");
  } catch {
    return true;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
