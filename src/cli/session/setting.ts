/** The setting of the session's next run, and the questions by which a user changes it. */
import { catalogue } from "../../scenario/catalogue.ts";
import type { Scenario } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource, readSourceNow, type Source } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, strategyWords } from "../../scenario/strategy.ts";
import { type Plan, planOf, virtual } from "../../outcome/plan.ts";
import {
  documentProblem,
  firstProblem,
  markedAsEdited,
  numbersOf,
  withNumber,
} from "../questions/edit.ts";
import { makeScenario } from "../questions/make.ts";
import {
  type Choice,
  askFound,
  askOne,
  askText,
  askWhatToDo,
  done,
  note,
  type Offer,
  setStake,
  tell,
} from "../questions/prompt.ts";
import { expectedTime } from "../shown-run.ts";
import { strategyLine } from "../strategy-words.ts";

export interface Setting {
  source: Source;
  scenario: Scenario;
  strategy: Strategy;
  driver: "real" | "virtual";
  speed: number;
}

/** A scenario that is made by answering questions. */
export async function makeSource(): Promise<Source> {
  const file = await makeScenario(null);
  return done(() => readSource(file));
}

/** A scenario in a file. */
export async function openSource(): Promise<Source> {
  const problem = (file: string): string | undefined => {
    if (file === "" || file === "-") return "Write a file's name, as ./mine.yaml";
    return firstProblem(() => {
      const source = readSourceNow(file);
      parseScenario(source.text, source.file);
    });
  };
  const file = await askText("Which file?", { placeholder: "./mine.yaml", problem });
  return done(() => readSource(file));
}

/** A scenario of the catalogue. */
export async function chooseSource(): Promise<Source> {
  const choices = catalogue.map(({ name, text: document, file }) => {
    const { title, description } = parseScenario(document, file);
    const [, watchFor] = description?.split("Watch for: ") ?? [];
    return {
      value: name,
      label: `${name}: ${title}`,
      ...(watchFor === undefined ? {} : { hint: `watch for: ${watchFor}` }),
    };
  });
  const none = "No scenario has that in its name or title";
  const name = await askFound("Which scenario? (type to search)", choices, none);
  const source = await readSource(name);
  const { title, description } = parseScenario(source.text, source.file);
  if (description !== null) note(description, title ?? name);
  return source;
}

/** The first setting of a scenario; null when the document is wrong, which the user is told. */
export function settingFor(source: Source): Setting | null {
  return orTold(() => {
    const scenario = parseScenario(source.text, source.file);
    return { source, scenario, strategy: scenario.strategy, driver: "real", speed: 1 };
  });
}

/** The result of using a document; null where it has a problem, which the user is told. */
export function orTold<Result>(use: () => Result): Result | null {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    tell.error(error.message);
    return null;
  }
}

/** Lets the user choose among the named strategies, the document's own and `proposed`. */
export async function chooseStrategy(
  setting: Setting,
  proposed: Strategy,
  message: string,
): Promise<Strategy>;
/** The same, or none of them. @param none the words for that, which give null. */
export async function chooseStrategy(
  setting: Setting,
  proposed: Strategy,
  message: string,
  none: string,
): Promise<Strategy | null>;
export async function chooseStrategy(
  { scenario, strategy: now }: Setting,
  proposed: Strategy,
  message: string,
  none?: string,
): Promise<Strategy | null> {
  const own = scenario.strategy.name;
  const names = new Set([...Object.keys(strategyWords), own, now.name, proposed.name]);
  const refined = (name: string): string =>
    name === own ? "the document's own" : name === now.name ? "as it ran last" : "as advised";
  const choices: Choice<string | null>[] = [...names].map((value) => ({
    value,
    label: strategyLine(value, refined(value)),
  }));
  if (none !== undefined) choices.push({ value: null, label: none });
  const chosen = await askOne(message, choices, proposed.name);
  return chosen === null ? null : parseStrategy(chosen);
}

/** Lets the user change how it runs, and the scenario's numbers, until it is to begin. */
export async function adjust(setting: Setting): Promise<void> {
  for (let begins = false; !begins;) {
    const { scenario, strategy, driver } = setting;
    const numbers = numbersOf(setting.source.text);
    const offers: (Offer<boolean | Promise<boolean>> | null)[] = [
      { label: "Run it", hint: whenOf(setting), take: () => true },
      {
        label: driver === "real" ? "In virtual time instead" : "For real instead",
        hint: driver === "real" ? "at once, and always the same" : "threads, sleeps and exits",
        take() {
          setting.driver = driver === "real" ? "virtual" : "real";
          return false;
        },
      },
      driver === "virtual"
        ? null
        : {
            label: "Another speed",
            hint: `now ${setting.speed}`,
            async take() {
              setting.speed = await askSpeed(setting.speed);
              return false;
            },
          },
      numbers.length === 0
        ? null
        : {
            label: "Change a number",
            hint: "how long, how often",
            async take() {
              await changeNumber(setting);
              return false;
            },
          },
    ];
    begins = await askWhatToDo(
      `${scenario.name}, strategy ${strategy.name}`,
      offers.filter((offer) => offer !== null),
    );
  }
}

/** The driver of the next run and its duration, in words. */
function whenOf(setting: Setting): string {
  const { driver, speed } = setting;
  if (driver === "virtual") return "at once";
  const expected = expectedTime(planOfSetting(setting));
  const takes = expected === null ? "" : `, about ${(expected / 1e6 / speed).toFixed(1)}s`;
  return `for real${takes}`;
}

async function askSpeed(now: number): Promise<number> {
  const problem = (word: string): string | undefined =>
    Number(word) >= 0.001 && Number(word) <= 10_000
      ? undefined
      : "Write a number from 0.001 to 10000";
  return Number(await askText("How many times as fast?", { initial: String(now), problem }));
}

async function changeNumber(setting: Setting): Promise<void> {
  const { text: document, file } = setting.source;
  const choices = numbersOf(document).map((number) => ({
    value: number,
    label: `${number.of} ${number.written}`,
    hint: `line ${number.line}`,
  }));
  const number = await askOne("Which number?", choices);
  const problem = (word: string): string | undefined =>
    word === ""
      ? "Write a number or a duration"
      : documentProblem(withNumber(document, number, word), file);
  const written = await askText(number.of, { initial: number.written, problem });
  if (written === number.written) return;
  const changed = markedAsEdited(withNumber(document, number, written));
  setting.source = { ...setting.source, text: changed };
  setting.scenario = parseScenario(setting.source.text, file);
  setStake("The numbers that you have changed are in no file.");
}

export function planOfSetting({ scenario, strategy, driver, speed, source }: Setting): Plan {
  const { file, folder } = source;
  return planOf(scenario, {
    strategy,
    file,
    folder,
    driver: driver === "real" ? { kind: "real", speed } : virtual,
  });
}
