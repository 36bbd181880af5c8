/** A scenario that is being made by answering questions, and the commented document it becomes. */

export interface TaskDraft {
  name: string;
  rounds: string;
  sleep: string;
  /** What it fails with after its rounds, or null. */
  fails: string | null;
  cleansUp: boolean;
}

export interface Draft {
  name: string;
  rounds: string;
  block: string;
  tasks: TaskDraft[];
  strategy: string;
}

/** The draft that questions begin with: each answer replaces a part of it. */
export const emptyDraft: Draft = {
  name: "mine",
  rounds: "3",
  block: "1s",
  tasks: [],
  strategy: "thread",
};

/** The draft as a document for `tandem run`. It is valid if every answer in it is. */
export function writeDraft({ name, rounds, block, tasks, strategy }: Draft): string {
  return `# Made with "tandem new". Run it with "tandem run FILE"; "tandem schema" has all that may stand here.
name: ${name}
main: # the synchronous program
  - print: main starts
  - launch # the asynchronous part begins here
  - repeat: ${rounds}
    steps:
      - block: ${block} # the whole thread stands still
      - print: "main, round {i}"
  - print: main ends
launch: # the asynchronous entry
${tasks.length === 0 ? "" : `  - start: [${tasks.map((task) => task.name).join(", ")}]\n`}  - settle # the completion point: what happens here is the strategy's choice
tasks:${tasks.length === 0 ? " {}" : ""}
${tasks.map(writeTask).join("")}strategy: ${strategy} # instead: tandem run FILE --strategy NAME
`;
}

function writeTask({ name, rounds, sleep, fails, cleansUp }: TaskDraft): string {
  return `  ${name}:
    steps:
      - repeat: ${rounds}
        steps:
          - sleep: ${sleep} # the loop goes on meanwhile
          - print: "${name}, round {i}"
${fails === null ? "" : `      - fail: ${JSON.stringify(fails)}\n`}${
    cleansUp
      ? `    finally: # also when it is cancelled, but not when the process just ends
      - print: ${name} cleans up
`
      : ""
  }`;
}
