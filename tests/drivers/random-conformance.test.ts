/**
 * Random scenarios, over all four axes and around a closing loop: what they do in virtual time they do for real.
 *
 * `TANDEM_SEED=n` draws others, `TANDEM_RUNS=n` another number of them, `TANDEM_CASE=n` the n-th alone.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy } from "../../src/scenario/strategy.ts";
import { disordered, essence, lateness, performTwice, Lanes, tooEarly } from "../support/real.ts";
import { rounds } from "../support/laws.ts";
import { drawClosing } from "../threads/closing.ts";
import { draw, type Drawn, isRobust, randomFrom } from "./arbitrary.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261124);
const runs = Number(process.env["TANDEM_RUNS"] ?? 0);
const only = process.env["TANDEM_CASE"] === undefined ? null : Number(process.env["TANDEM_CASE"]);

/** Mostly they sleep, so many go at once. */
const sideways = 10;

interface Case extends Drawn {
  number: number;
}

function cases(from: (random: () => number) => Drawn, wanted: number): Case[] {
  const found: Case[] = [];
  for (let number = 0; found.length < (runs || wanted); number++) {
    if (only !== null && number !== only) {
      if (number > only) break;
      continue;
    }
    const drawn = from(randomFrom(seed + 7919 * number));
    if (only !== null || isRobust(drawn, randomFrom(seed ^ number)))
      found.push({ ...drawn, number });
  }
  return found;
}

/** How a case ended otherwise than in virtual time. */
interface Wrong {
  wrong: string;
  /** By how much the machine was late, in ms. */
  late: number;
}

/** Performs a case on both drivers. @returns null if all is well. */
async function tryCase({ document, strategy }: Case): Promise<Wrong | null> {
  const scenario = parseScenario(JSON.stringify(document), "random.json");
  const plan = { scenario, strategy: resolveStrategy(strategy), runtime: "test" };
  const twice = await performTwice(plan, 1);
  const { model, modelLog, real, realLog } = twice;
  try {
    expect(essence(real)).toEqual(essence(model));
    expect(tooEarly(model, real)).toEqual([]);
    expect(disordered(modelLog, scenario)).toEqual([]);
    expect(disordered(realLog, scenario)).toEqual([]);
    return null;
  } catch (error) {
    // That something happened before its cause is no machine's doing.
    const late = disordered(realLog, scenario).length === 0 ? lateness(twice) : 0;
    return { wrong: (error as Error).message, late };
  }
}

describe.each([
  ["over all four axes", draw, rounds(12, 300)],
  ["that submit to a closing loop", drawClosing, rounds(5, 100)],
] as const)("random scenarios %s", (_, from, wanted) => {
  test("law: they end alike, virtually and for real", async () => {
    const failures: string[] = [];
    const report = ({ number, document, strategy }: Case, { wrong, late }: Wrong): void => {
      failures.push(
        `TANDEM_SEED=${seed} TANDEM_CASE=${number} bun test tests/drivers/random-conformance.test.ts\n` +
          `${JSON.stringify(document)}\n${JSON.stringify(strategy)}\n` +
          `the machine was late by ${late.toFixed(1)} ms\n${wrong}`,
      );
    };
    const late: Case[] = [];
    await new Lanes(sideways).each(cases(from, wanted), async (one) => {
      const told = await tryCase(one);
      if (told === null) return;
      // Where a busy machine was late by half of what the scenario was shaken by, it is asked again.
      if (told.late > 10) late.push(one);
      else report(one, told);
    });
    for (const one of late) {
      let told = await tryCase(one);
      for (let tries = 1; told !== null && told.late > 10 && tries < 6; tries++)
        told = await tryCase(one);
      if (told !== null) report(one, told);
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} end differently:\n${failures.slice(0, 3).join("\n\n")}`);
  }, 300_000);
});
