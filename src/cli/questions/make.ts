/** Making a scenario of one's own by answering questions: `tandem new`, and the session's own entry. */
import { withSchemaLine } from "../../scenario/schema-line.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import { catalogue } from "../../scenario/catalogue.ts";
import {
  emptyDraft,
  type ScenarioDraft,
  type Work,
  type WorkDraft,
  works,
  writeDraft,
} from "./scenario-draft.ts";
import { documentProblem } from "./edit.ts";
import { askOne, askText, askWhether, converse, noteAsItIs, setStake } from "./prompt.ts";
import { asWord, save } from "./save.ts";
import { strategyWords } from "../../scenario/strategy.ts";
import { strategyLine } from "../strategy-words.ts";

/** `tandem new`, from its first question on. @returns the exit status. */
export async function runMaking(file: string | null): Promise<number> {
  const words = { title: "A scenario of your own", left: "Left. Nothing was written." };
  return converse(words, async () => `Run it: tandem run ${asWord(await makeScenario(file))}`);
}

/**
 * Asks for a scenario, shows it, and writes it where the user says.
 *
 * @param file the file proposed, or null.
 * @returns the file.
 */
export async function makeScenario(file: string | null): Promise<string> {
  let draft: ScenarioDraft = emptyDraft;
  const name = await ask("What is it called? (kebab-case)", draft.name, (written) => ({
    ...draft,
    name: written,
  }));
  draft = { ...draft, name };
  setStake("What you have answered is written nowhere yet.");
  do {
    const { main } = draft;
    const work = await askWork(
      main.length === 0 ? "Main launches its tasks. What does it do then?" : "And after that?",
      "main",
      { kind: "block", takes: "1s", rounds: "3" },
      (part) => ({ ...draft, main: [...main, part] }),
    );
    draft = { ...draft, main: [...main, work] };
  } while (await askWhether("Does main do something else after that?"));
  do draft = await askTask(draft);
  while (await askWhether("One more task?"));
  const strategies = Object.keys(strategyWords);
  const strategy = await askOne(
    "Which strategy?",
    strategies.map((value) => ({ value, label: strategyLine(value) })),
    draft.strategy,
  );
  const document = await visibleDocument(withSchemaLine(writeDraft({ ...draft, strategy })));
  noteAsItIs(document.trimEnd(), "This is the document");
  const proposed = file ?? `./${draft.name}.yaml`;
  const written = await save("it", proposed, document);
  setStake(null);
  return written;
}

/** Asks for one more task. @returns the draft with it. */
async function askTask(draft: ScenarioDraft): Promise<ScenarioDraft> {
  const number = draft.tasks.length + 1;
  const sleeps: WorkDraft = { kind: "sleep", takes: "500ms", rounds: "5" };
  let task = { name: `task${number}`, work: sleeps, copies: "1", fails: null, cleansUp: false };
  const withTask = (part: Partial<ScenarioDraft["tasks"][number]>): ScenarioDraft => ({
    ...draft,
    tasks: [...draft.tasks, { ...task, ...part }],
  });
  const name = await ask(`Task ${number}: what is it called?`, task.name, (written) =>
    withTask({ name: written }),
  );
  task = { ...task, name };
  const work = await askWork(`${name}: what does it do in a round?`, name, task.work, (part) =>
    withTask({ work: part }),
  );
  task = { ...task, work };
  const copies = await ask(`How many such tasks at once?`, task.copies, (written) =>
    withTask({ copies: written }),
  );
  task = { ...task, copies };
  const fails = (await askWhether(`Does ${name} fail at its end?`))
    ? await ask("With which message?", "no connection", (written) => withTask({ fails: written }))
    : null;
  const cleansUp = await askWhether(`Has ${name} something to clean up?`);
  return withTask({ fails, cleansUp });
}

/** Asks what a round does, how long that takes and how many there are. */
async function askWork(
  message: string,
  who: string,
  proposed: WorkDraft,
  put: (work: WorkDraft) => ScenarioDraft,
): Promise<WorkDraft> {
  // Main is synchronous: it cannot wait and let others go on.
  const kinds = (Object.keys(works) as Work[]).filter((kind) => who !== "main" || kind !== "sleep");
  const kind = await askOne(
    message,
    kinds.map((value) => ({ value, label: works[value].label })),
    proposed.kind,
  );
  const takes = await ask(`${who}: for how long? (1s, 250ms)`, proposed.takes, (written) =>
    put({ ...proposed, kind, takes: written }),
  );
  const rounds = await ask(`${who}: how many such rounds?`, proposed.rounds, (written) =>
    put({ kind, takes, rounds: written }),
  );
  return { kind, takes, rounds };
}

/** Asks for words, and again for as long as the document that they make is wrong. */
function ask(
  message: string,
  initial: string,
  put: (written: string) => ScenarioDraft,
): Promise<string> {
  return askText(message, { initial, problem: (written) => answerProblem(put(written)) });
}

/** The problem of the latest answer, by the schema that checks every document. */
function answerProblem(draft: ScenarioDraft): string | undefined {
  const names = draft.tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `There is a task named ${twice} already`;
  if (catalogue.some(({ name }) => name === draft.name))
    return `"${draft.name}" is a scenario of the catalogue; choose another name`;
  const problem = documentProblem(writeDraft(draft), "answer");
  // The position is cut off, since the user has not seen the document.
  return problem?.replace(/^answer:\d+:\d+: (?:[\w[\].#-]+: )?/, "");
}
