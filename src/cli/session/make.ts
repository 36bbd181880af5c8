/** Making a scenario of one's own by answering questions: `tandem new`, and the session's own entry. */
import { confirm, log, note, select, text } from "@clack/prompts";
import { catalogue } from "../../scenario/catalogue.ts";
import { emptyDraft, type Draft, type TaskDraft, writeDraft } from "./draft.ts";
import { documentProblem } from "./edit.ts";
import { answer, save } from "./prompt.ts";
import { strategyWords } from "./strategies.ts";

/**
 * Asks for a scenario, shows it, and writes it where the user says.
 *
 * @param file the file proposed, or null.
 * @returns the file, or null where nothing was written.
 */
export async function makeScenario(file: string | null): Promise<string | null> {
  let draft: Draft = emptyDraft;
  const ask = async (
    message: string,
    initialValue: string,
    put: (written: string) => Draft,
  ): Promise<void> => {
    const written = await answer(
      text({
        message,
        initialValue,
        validate: (word) => answerProblem(put(word ?? "")),
      }),
    );
    draft = put(written);
  };
  await ask("What is it called? (kebab-case)", draft.name, (name) => ({ ...draft, name }));
  await ask("How many rounds does main go?", draft.rounds, (rounds) => ({ ...draft, rounds }));
  await ask("For how long does main stand still in each? (1s, 250ms)", draft.block, (block) => ({
    ...draft,
    block,
  }));
  do {
    const number = draft.tasks.length + 1;
    let task: TaskDraft = {
      name: `task${number}`,
      rounds: "5",
      sleep: "500ms",
      fails: null,
      cleansUp: false,
    };
    const others = draft.tasks;
    const put = (part: Partial<TaskDraft>): Draft => {
      return { ...draft, tasks: [...others, { ...task, ...part }] };
    };
    await ask(`Task ${number}: what is it called?`, task.name, (name) => put({ name }));
    task = draft.tasks.at(-1)!;
    await ask(`${task.name}: how many rounds?`, task.rounds, (rounds) => put({ rounds }));
    task = draft.tasks.at(-1)!;
    await ask(`${task.name}: for how long does it sleep in each?`, task.sleep, (sleep) =>
      put({ sleep }),
    );
    task = draft.tasks.at(-1)!;
    if (
      await answer(confirm({ message: `Does ${task.name} fail at its end?`, initialValue: false }))
    )
      await ask("With which message?", "no connection", (fails) => put({ fails }));
    task = draft.tasks.at(-1)!;
    const cleansUp = await answer(
      confirm({ message: `Has ${task.name} something to clean up?`, initialValue: false }),
    );
    draft = put({ cleansUp });
  } while (await answer(confirm({ message: "One more task?", initialValue: false })));
  const strategy = await answer(
    select({
      message: "Which strategy?",
      options: Object.entries(strategyWords).map(([value, hint]) => ({ value, hint })),
      initialValue: draft.strategy,
    }),
  );
  draft = { ...draft, strategy };
  const document = writeDraft(draft);
  note(document.trimEnd(), "This is the document", { format: (line) => line });
  const proposed = file ?? `./${draft.name}.yaml`;
  return save("it", proposed, document, (message) => log.error(message));
}

/** What is wrong with the latest answer, by the schema that checks every document. */
function answerProblem(draft: Draft): string | undefined {
  const names = draft.tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `There is a task named ${twice} already`;
  if (catalogue.some(({ name }) => name === draft.name))
    return `"${draft.name}" is a scenario of the catalogue; choose another name`;
  const problem = documentProblem(writeDraft(draft), "answer");
  // Where in the document it stands is of no use to somebody who has not seen the document.
  return problem?.replace(/^answer:\d+:\d+: (?:[\w[\].#-]+: )?/, "");
}
