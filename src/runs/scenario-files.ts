/** From the words on a command line to all the scenarios that they mean: files, and those in folders. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { lookAt } from "../base/paths.ts";
import { catalogue } from "../scenario/catalogue.ts";
import { DocumentError } from "../scenario/problem.ts";
import { maxBytes, tooLarge } from "../scenario/source.ts";

/** What a word means: something to be read as a scenario, or why there is nothing. */
export type Found = { word: string } | { error: DocumentError };

/** Finds the scenarios of several words, in their order, each once. */
export function findScenarios(words: readonly string[]): Found[] {
  const seen = new Set<string>();
  return words.flatMap(scenariosOf).filter((found) => {
    if ("error" in found) return true;
    const place = isFile(found.word) ? resolve(found.word) : found.word;
    return !seen.has(place) && seen.add(place);
  });
}

/** Names of the catalogue come before files of the same name, as for every command. */
function isFile(word: string): boolean {
  return word !== "-" && !catalogue.some(({ name }) => name === word);
}

function scenariosOf(word: string): Found[] {
  if (!isFile(word) || lookAt(word).kind !== "folder") return [{ word }];
  const found = inFolder(word);
  if (found.length > 0) return found;
  return [
    refusal(word, `there is no scenario in this folder: no .yaml, .yml, or .json with "main"`),
  ];
}

/**
 * The scenarios of a folder and of the folders in it, in the order of their names. What is hidden and
 * what is installed is passed over.
 */
function inFolder(folder: string): Found[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return [refusal(folder, `this folder cannot be read: ${(error as Error).message}`)];
  }
  return entries
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return inFolder(path);
      // A link may lead to a folder, and in circles; only one to a file is followed.
      if (entry.isSymbolicLink() && lookAt(path).kind === "folder") return [];
      return isScenario(path) ? [scenarioAt(path)] : [];
    });
}

/** A file of a folder. What was not named, and is no file, might never come to an end: it is not opened. */
function scenarioAt(path: string): Found {
  const there = lookAt(path);
  if (there.kind === "nothing" && path.includes("\ufffd"))
    return refusal(path, "its name is not UTF-8; give it another");
  if (there.kind === "stream") return refusal(path, "it is neither a file nor a folder");
  if (there.kind === "unreachable") return refusal(path, `it cannot be read: ${there.why}`);
  if (there.kind === "file" && there.stats.size > maxBytes)
    return refusal(path, tooLarge(maxBytes));
  return { word: path };
}

/**
 * Whether a file of a folder is meant to be a scenario. All YAML is; JSON has a hundred other uses, so
 * it has to have a list called "main", which package.json, for one, has not.
 */
function isScenario(path: string): boolean {
  if (/\.ya?ml$/i.test(path)) return true;
  if (!/\.json$/i.test(path)) return false;
  if (lookAt(path).kind !== "file") return true;
  try {
    return /"main"\s*:\s*\[/.test(beginningOf(path));
  } catch {
    // What cannot be read may be one; reading it says why not.
    return true;
  }
}

/** The text of a file, as far as a document may be long. */
function beginningOf(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const bytes = new Uint8Array(Math.min(maxBytes, fstatSync(descriptor).size));
    return new TextDecoder().decode(bytes.subarray(0, readSync(descriptor, bytes)));
  } finally {
    closeSync(descriptor);
  }
}

function refusal(file: string, message: string): Found {
  return { error: new DocumentError(file, [{ position: null, path: "", message }]) };
}
