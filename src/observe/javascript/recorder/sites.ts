/** The sites of all modules of a thread by number, and the places of the record that they stand at. */
import type { Site } from "../inserted.ts";
import type { SourceOfModule } from "../loading/recorder.ts";
import { firstId, write } from "./writer.ts";

/** By site. */
export const sites: Site[] = [];
/** By site: the name that a caller calls a function by, or that a call's value was got by. */
export const names: (string | undefined)[] = [];
/** By site: whether it is a function that is written where it is given to something. */
export const areGiven: boolean[] = [];
/** By site: whether it is an async generator. */
export const areGenerators: boolean[] = [];
/** By site of a function: the site of the call that it is given to, where there is one. */
const givenAt: (number | undefined)[] = [];
/** By site: the file that it stands in, and the module's own, which may have been made from that. */
const files: string[] = [];
const modules: string[] = [];
const told: boolean[] = [];
/** Places that are no site's, by file, line, column and function. */
const others = new Map<string, number>();
/** By file, of a module or of what one was made from: the module's first site and the one behind its last. */
const ranges = new Map<string, { from: number; to: number }>();

/** Ids of places that are no site's begin here. */
const firstOther = 2 ** 31;

/** @returns the number of the first of them; the others follow it. */
export function addSites(file: string, added: readonly Site[], first = sites.length): number {
  for (const [index, site] of added.entries()) {
    const number = first + index;
    sites[number] = site;
    files[number] = site.file ?? file;
    modules[number] = file;
    ranges.set(files[number], { from: first, to: first + added.length });
    told[number] = false;
    areGiven[number] = site.given !== undefined;
    areGenerators[number] = site.generator === true;
    names[number] = site.kind === "call" ? site.name : site.called?.name;
    for (const each of site.called?.gives ?? []) givenAt[first + each] ??= number;
  }
  ranges.set(file, { from: first, to: first + added.length });
  return first;
}

/** By site of an async generator: the one site that calls it. */
const generatorCalls = new Map<number, number | null>();

/**
 * The site that calls an async generator, whose body begins later than that; null where there are several, or none, of
 * its name.
 */
export function callOfGenerator(site: number): number | null {
  let found = generatorCalls.get(site);
  if (found === undefined) {
    const name = names[site];
    const calls = [...sites.keys()].filter(
      (one) => names[one] === name && one !== site && sites[one]?.called !== undefined,
    );
    found = name === "" || name === undefined || calls.length !== 1 ? null : calls[0]!;
    generatorCalls.set(site, found);
  }
  return found;
}

/** The one site of its module that hands a function over by its name, as to `on`; null where there is none, or several do. */
export function handedAt(site: number): number | null {
  const name = names[site];
  if (name === undefined || name === "") return null;
  const { from, to } = ranges.get(modules[site]!)!;
  const found: number[] = [];
  for (let one = from; one < to; one++)
    if (sites[one]!.called?.passes?.includes(name)) found.push(one);
  // A call may have two sites.
  const [first] = found.map((one) => sites[one]!.called!);
  const isOne = found.every((one) => {
    const { line, column } = sites[one]!.called!;
    return line === first!.line && column === first!.column;
  });
  return first !== undefined && isOne ? found[0]! : null;
}

/** What a blocking call is told as: by its name, which says nothing of Atomics.wait. */
export function blockingName(site: number): string {
  const name = sites[site]!.called?.name ?? "";
  return name === "wait" ? "Atomics.wait" : name;
}

/** The sites of the functions that a call is given. */
export function givesOf(site: number): number[] {
  const { from } = ranges.get(modules[site]!)!;
  return (sites[site]!.called?.gives ?? []).map((each) => from + each);
}

export const fileOf = (site: number): string => files[site]!;

/** By a module's file: what it was made from, which its sites stand in. */
const sources = new Map<string, SourceOfModule>();

export function addSource(file: string, source: SourceOfModule): void {
  sources.set(file, source);
}

/** The file that the runtime has loaded for a site. */
export const loadedFrom = (site: number): string => modules[site]!;

/** A position in what a module was made from; where it is its own source, as it is. */
export function inSource(
  file: string,
  position: { line: number; column: number },
): { file: string; line: number } {
  return sources.get(file)?.place(position) ?? { file, line: position.line };
}

/** The same for a whole line; null where it was made from several. */
export function lineInSource(file: string, line: number): { file: string; line: number } | null {
  const source = sources.get(file);
  return source === undefined ? { file, line } : source.placeOfLine(line);
}

export const isTransformed = (file: string): boolean => ranges.has(file);

/** The id of a site's place, which is told with its first use. */
export function placeOf(site: number): number {
  const id = firstId + site + 1;
  if (told[site]) return id;
  told[site] = true;
  const { line, column, function: name } = sites[site]!;
  write(["place", id, files[site]!, line, column, name === "<module>" ? null : name]);
  return id;
}

/** The id of a place that no site stands at. */
export function otherPlace(
  file: string,
  line: number,
  column: number | null,
  name: string | null,
): number {
  const key = `${file}:${line}:${column}:${name}`;
  let id = others.get(key);
  if (id === undefined) {
    id = firstId + firstOther + others.size;
    others.set(key, id);
    write(["place", id, file, line, column, name]);
  }
  return id;
}

/** Where a function was given to what calls it; null where it was given to nobody. */
export function placeGiven(site: number): number | null {
  const at = givenAt[site];
  if (at !== undefined) return placeOf(at);
  const given = sites[site]!.given;
  return given === undefined ? null : otherPlace(files[site]!, given.line, given.column, null);
}

/** The function that a line stands in, by the sites in it; null: in none; undefined where no site tells. */
export function functionAt(file: string, line: number): string | null | undefined {
  const range = ranges.get(file);
  if (range === undefined) return undefined;
  for (let site = range.from; site < range.to; site++) {
    const { kind, line: at, function: name } = sites[site]!;
    if (files[site] === file && at === line && kind !== "call" && kind !== "callback")
      return name === "<module>" ? null : name;
  }
  return undefined;
}
