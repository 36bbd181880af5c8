/** A scenario that is being made by answering questions, and the commented document it becomes. */

/** The kinds of work of a round of main or of a task, and what each means. */
export const works = {
  sleep: { label: "It waits and lets others go on (sleep)", comment: "the loop goes on meanwhile" },
  block: { label: "It stands still (block)", comment: "the whole thread stands still" },
  compute: { label: "It computes", comment: "burns a core, and holds its thread" },
} as const;

export type Work = keyof typeof works;

/** A step that is repeated; numbers and durations are as they were written. */
export interface WorkDraft {
  kind: Work;
  takes: string;
  rounds: string;
}

export interface TaskDraft {
  name: string;
  work: WorkDraft;
  copies: string;
  /** The error that it fails with after its rounds; null where it finishes. */
  fails: string | null;
  cleansUp: boolean;
}

export interface ScenarioDraft {
  name: string;
  /** The work of main once the tasks are launched. */
  main: WorkDraft[];
  tasks: TaskDraft[];
  strategy: string;
}

/** The draft that questions begin with: each answer replaces a part of it. */
export const emptyDraft: ScenarioDraft = { name: "mine", main: [], tasks: [], strategy: "thread" };

/** The draft as a document for `tandem run`. It is valid if every answer in it is. */
export function writeDraft({ name, main, tasks, strategy }: ScenarioDraft): string {
  const names = tasks.map((task) => task.name).join(", ");
  return `# Made with "tandem new". Run it: tandem run FILE
# All that may stand here: tandem schema
name: ${name}
main: # the synchronous program
  - print: main starts
  - launch # the asynchronous part begins here
${main
  .map((work, index) =>
    writeWork(work, "  ", `main, ${main.length > 1 ? `part ${index + 1}, ` : ""}round {i}`),
  )
  .join("")}  - print: main ends
launch: # the asynchronous entry
${tasks.length === 0 ? "" : `  - start: [${names}]\n`}  - settle # what happens here, the strategy says
tasks:${tasks.length === 0 ? " {}" : ""}
${tasks.map(writeTask).join("")}# Another: tandem run FILE --strategy NAME
strategy: ${strategy}
`;
}

function writeTask({ name, work, copies, fails, cleansUp }: TaskDraft): string {
  const several = copies !== "1";
  const who = several ? "{task}" : name;
  return `  ${name}:
${several ? `    copies: ${copies} # ${name}#0, ${name}#1, …\n` : ""}    steps:
${writeWork(work, "      ", `${who}, round {i}`)}${fails === null ? "" : `      - fail: ${JSON.stringify(fails)}\n`}${
    cleansUp
      ? `    # Also when it is cancelled, not when the process just ends:
    finally:
      - print: "${who} cleans up"
`
      : ""
  }`;
}

function writeWork({ kind, takes, rounds }: WorkDraft, indent: string, words: string): string {
  return `${indent}- repeat: ${rounds}
${indent}  steps:
${indent}    - ${kind}: ${takes} # ${works[kind].comment}
${indent}    - print: "${words}"
`;
}
