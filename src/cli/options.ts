/**
 * The options that take a value: how each is written, which values it takes, and what their text means.
 *
 * Invariant: one name means one thing in every command, as the scripts of completion, which look at
 * the word before, need it. An option that stands here takes a value; any other is a flag.
 *
 * Nothing heavy is loaded for this table: what only completion offers is fetched when it is asked for.
 */
import { parseDuration, type Ticks } from "../base/duration.ts";
import { nearest, suggestion } from "../base/suggest.ts";
import { UserError } from "../base/user-error.ts";
import { type Language, languages } from "../emit/language.ts";
import { axisNames, axisOf } from "../scenario/axes.ts";
import { type EngineAddress, EngineError, parseEngine } from "../scenario/engine.ts";
import { mostSeed, parseJitterShare } from "../scenario/jitter.ts";
import {
  parseStrategy,
  type Strategy,
  StrategyError,
  strategyWords,
} from "../scenario/strategy.ts";

/** A value that an option cannot take: one sentence that begins with the option's name. */
export class ValueError extends UserError {}

/** The words that completion offers. */
export type Offers = readonly string[] | (() => Promise<readonly string[]>);

/** An option that takes a value. */
export interface ValuedOption<Value> {
  /** Its single letter. */
  short?: string;
  /** The placeholder of the value in the help; where it is left out, the words that the value may be. */
  value?: string;
  offers?: Offers;
  /** Whether the value is the name of a file. */
  isFile?: true;
  /** Its value where it is left out; without one, null. A command may have a default of its own. */
  default?: Value;
  /**
   * Makes a value of what was written.
   *
   * @param option its name, as `--speed`.
   * @throws ValueError
   */
  parse(word: string, option: string): Value;
}

/** The drivers of a run. */
export const drivers = ["real", "virtual"] as const;

/** The forms in which `tandem check` tells its results. */
export const reporters = ["text", "junit", "github", "sarif", "json"] as const;

export type Reporter = (typeof reporters)[number];

/** The largest value of `--runs`: enough to tell odds of one in a hundred thousand. */
const mostRuns = 1_000_000;

/** The axes of a strategy that are durations. */
const durationAxes = axisNames.filter((name) => axisOf(name).kind === "duration");

/** The names of strategies, in the order in which a newcomer should meet them. */
const strategyNames = Object.keys(strategyWords);

export const valuedOptions = {
  strategy: {
    short: "s",
    value: "NAME[,axis=value...]",
    offers: strategyNames,
    parse: strategyFrom,
  },
  driver: {
    short: "d",
    offers: drivers,
    parse: (word, option) => oneOf(drivers, word, `${option} is "real" or "virtual"`),
  },
  lang: { short: "l", offers: languages, default: "typescript", parse: languageFrom },
  reporter: {
    value: "NAME",
    offers: reporters,
    default: "text",
    parse: (word, option) => oneOf(reporters, word, `${option} is one of ${reporters.join(", ")}`),
  },
  strategies: { value: "A,B,C", offers: strategyNames, parse: strategiesFrom },
  // The values of these two stay text: their meaning depends on modules that `compare` alone loads, and
  // on the names of the scenario's tasks.
  sort: {
    value: "COLUMN",
    offers: async () => (await import("../report/terminal/comparison.ts")).sortable,
    parse: asWritten,
  },
  must: {
    value: "RULES",
    offers: async () => (await import("../strategies/demand-words.ts")).demandWords,
    parse: asWritten,
  },
  events: { value: "FILE", isFile: true, parse: asWritten },
  report: { value: "FILE", isFile: true, parse: asWritten },
  output: { short: "o", value: "FILE", isFile: true, parse: asWritten },
  "takes-from": { value: "EVENTS", isFile: true, parse: asWritten },
  speed: { value: "N", default: 1, parse: speedFrom },
  engine: { value: "WHERE", parse: engineFrom },
  timeout: { value: "D", parse: durationFrom },
  hang: { value: "D", parse: durationFrom },
  blocks: { value: "D", parse: durationFrom },
  python: { value: "PATH", isFile: true, parse: asWritten },
  runtime: { value: "PATH", isFile: true, parse: asWritten },
  include: { value: "GLOBS", parse: asWritten },
  exclude: { value: "GLOBS", parse: asWritten },
  edit: { value: "NAMES", parse: asWritten },
  jitter: { value: "P", parse: jitterShareFrom },
  runs: { value: "N", default: 1, parse: wholeNumber(1, mostRuns) },
  seed: { value: "N", default: 1, parse: wholeNumber(0, mostSeed) },
} as const satisfies Record<string, ValuedOption<unknown>>;

export type ValuedName = keyof typeof valuedOptions;

/** The value of an option that is given. */
export type ValueOf<Name extends ValuedName> = ReturnType<(typeof valuedOptions)[Name]["parse"]>;

/** The row of an option; null for a flag. */
export function valuedOption(name: string): ValuedOption<unknown> | null {
  return Object.hasOwn(valuedOptions, name) ? valuedOptions[name as ValuedName] : null;
}

function asWritten(word: string): string {
  return word;
}

/** @param is the beginning of the sentence that says what would be right. */
function oneOf<Word extends string>(words: readonly Word[], word: string, is: string): Word {
  const found = words.find((one) => one === word);
  if (found !== undefined) return found;
  const near = nearest(word, words);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  throw new ValueError(`${is}, not "${word}"${hint}`);
}

function languageFrom(word: string, option: string): Language {
  const language = languages.find((one) => one === word);
  if (language !== undefined) return language;
  const hint = suggestion(word, languages, "languages");
  throw new ValueError(`${option} ${word}: there is no such language; ${hint}`);
}

function strategyFrom(text: string, option: string): Strategy {
  const unitless = durationAxes.flatMap((axis) => {
    const [, value] = new RegExp(`,\\s*${axis}\\s*=\\s*(\\d[\\d.]*)\\s*(?:,|$)`).exec(text) ?? [];
    return value === undefined || Number(value) === 0 ? [] : [{ axis, value }];
  });
  for (const { axis, value } of unitless) throw unitNeeded(`${option}: ${axis}`, value);
  try {
    return parseStrategy(text);
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    throw new ValueError(`${option} ${text}: ${error.message}`);
  }
}

/** Strategies between commas, each once; a word with a = refines the one before it. */
function strategiesFrom(text: string, option: string): Strategy[] {
  const words: string[] = [];
  for (const word of text.split(",").map((one) => one.trim()))
    if (word.includes("=") && words.length > 0) words.push(`${words.pop()},${word}`);
    else words.push(word);
  const strategies = words.map((word) => strategyFrom(word, option));
  return [...new Map(strategies.map((one) => [one.name, one])).values()];
}

function speedFrom(written: string, option: string): number {
  const speed = /^[\d.]+$/.test(written) ? Number(written) : NaN;
  if (speed >= 0.001 && speed <= 10_000) return speed;
  throw new ValueError(`${option} is a number from 0.001 to 10000, not "${written}"`);
}

function durationFrom(written: string, option: string): Ticks {
  const duration = parseDuration(written);
  if (duration !== undefined && duration > 0 && /\d\s*$/.test(written))
    throw unitNeeded(option, written.trim());
  if (duration !== undefined) return duration;
  throw new ValueError(`${option} is a duration (as 250ms, 3s, 2m or 1h), not "${written}"`);
}

function engineFrom(written: string, option: string): EngineAddress {
  try {
    return parseEngine(written);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new ValueError(`${option}: ${error.message}`);
  }
}

/** In a document a bare number is milliseconds; whoever types `--timeout 5` means seconds. */
function unitNeeded(what: string, value: string): ValueError {
  return new ValueError(`${what} needs a unit: did you mean ${value}s, or ${value}ms?`);
}

/** A share of a duration, from 0 to 1. */
function jitterShareFrom(written: string, option: string): number {
  const share = parseJitterShare(written);
  if (share !== undefined) return share;
  const near = parseJitterShare(`${written}%`) === undefined ? "" : `; did you mean ${written}%?`;
  throw new ValueError(
    `${option} is a percentage above 0% and up to 100% (as 5%), not "${written}"${near}`,
  );
}

function wholeNumber(least: number, most: number): (written: string, option: string) => number {
  return (written, option) => {
    const number = /^\d{1,10}$/.test(written) ? Number(written) : NaN;
    if (number >= least && number <= most) return number;
    throw new ValueError(`${option} is a whole number from ${least} to ${most}, not "${written}"`);
  };
}
