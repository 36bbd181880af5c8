/** What every key of a scenario's document means, with an example: for the descriptions that editors show. */

/** A description and an example of a value. */
export interface KeyWords {
  says: string;
  example: unknown;
}

/** By what a key stands in, and by its name. Steps have the object of their own key. */
export const keyWords: Readonly<Record<string, Readonly<Record<string, KeyWords>>>> = {
  document: {
    $schema: {
      says: "The schema of this document, for editors; nothing else reads it.",
      example: "./scenario.schema.json",
    },
    name: {
      says: "What the scenario is called, in kebab-case; left out, as its file is.",
      example: "upload-report",
    },
    title: { says: "What it is about, in a line.", example: "An upload that nobody waits for" },
    description: { says: "More about it.", example: "Main ends while the upload is under way." },
    main: {
      says: "The steps of main, a synchronous program, in their order.",
      example: ["launch", { block: "2s" }],
    },
    launch: {
      says: "The steps of the async part, which starts the tasks. Left out: it starts every task, then settles.",
      example: [{ start: "upload" }, "settle"],
    },
    tasks: {
      says: "The tasks by their names, each a list of steps or an object with more.",
      example: { upload: [{ sleep: "1s" }] },
    },
    channels: {
      says: "The channels by their names; {} or null has no limit.",
      example: { inbox: { capacity: 10 } },
    },
    strategy: { says: "How main and its tasks come to their end.", example: "thread" },
    compare: {
      says: "The strategies that tandem compare sets beside the document's own.",
      example: ["detach", "await"],
    },
    kill: {
      says: "A process that is killed (SIGKILL), and when, or a list of them.",
      example: { what: "main", at: "3s" },
    },
    expect: { says: "What tandem check holds a run against.", example: { lost: 0 } },
  },
  task: {
    steps: { says: "The steps of the task, in their order.", example: [{ sleep: "1s" }] },
    finally: {
      says: "Its clean-up: the steps that it performs at its end, and when it is cancelled.",
      example: [{ print: "closed" }],
    },
    copies: { says: "How many of them there are, as upload#0, upload#1.", example: 3 },
    until: {
      says: "What the task's proper end is: being cancelled at the end of the program is no loss then.",
      example: "shutdown",
    },
  },
  kill: {
    what: { says: "Which process: main, worker or process.", example: "main" },
    at: {
      says: "When: what happens at this very instant has happened, and nothing comes after it.",
      example: "3s",
    },
  },
  channel: { capacity: { says: "How many values it holds at most.", example: 10 } },
  print: { print: { says: "Prints a line.", example: "task {i}" } },
  sleep: {
    sleep: { says: "Waits, and leaves the thread to others; not in main.", example: "500ms" },
  },
  block: {
    block: { says: "Stands still and holds its thread, as synchronous I/O.", example: "2s" },
  },
  compute: { compute: { says: "Computes for so long, on a core.", example: "100ms" } },
  repeat: {
    repeat: { says: "How often the steps are performed.", example: 3 },
    steps: { says: "What is repeated; {i} is the index.", example: [{ sleep: "100ms" }] },
  },
  fail: { fail: { says: "Fails with an error.", example: "no connection" } },
  launch: { launch: { says: "Runs the async part.", example: null } },
  start: { start: { says: "Starts a task, or several.", example: ["upload", "log"] } },
  settle: {
    settle: { says: "The completion point: what happens there is the strategy's.", example: null },
  },
  submit: { submit: { says: "Hands a task to the loop, from main.", example: "upload" } },
  result: {
    result: { says: "Waits for the result of a task that was submitted.", example: "upload" },
    timeout: { says: "For how long at most.", example: "1s" },
  },
  join: {
    join: { says: "Waits for the loop's thread to end.", example: null },
    timeout: { says: "For how long at most.", example: "1s" },
  },
  send: {
    send: { says: "Puts a value into a channel.", example: { channel: "inbox", value: 1 } },
  },
  receive: {
    receive: { says: "Takes a value out of a channel, and waits for one.", example: "inbox" },
    timeout: { says: "For how long at most.", example: "1s" },
  },
  call: {
    call: { says: "Calls a function of your own.", example: { module: "./job.ts" } },
  },
  sending: {
    channel: { says: "The channel's name.", example: "inbox" },
    value: { says: "Any value. The texts in it are filled in as that of a print is.", example: 1 },
  },
  calling: {
    module: { says: "The module, beside the document.", example: "./job.ts" },
    export: { says: "Which of its exports; left out: the default one.", example: "run" },
    args: {
      says: "What it is given. The texts in it are filled in as that of a print is.",
      example: ["{i}"],
    },
    takes: { says: "How long it takes in virtual time.", example: "200ms" },
  },
  strategy: {
    use: { says: "The named strategy that the axes refine.", example: "thread" },
    loop: { says: "Where does the event loop live?", example: "thread" },
    settle: { says: "What happens at the completion point?", example: "gather" },
    timeout: { says: "How long may the completion point take?", example: "5s" },
    atExit: { says: "What happens to the background when main's steps end?", example: "cancel" },
    grace: {
      says: "How long may the wait at exit take before what is left is abandoned?",
      example: "1s",
    },
    offload: { says: "Who executes the blocking steps of tasks?", example: "threads" },
    workers: { says: "How many workers does the pool have?", example: 2 },
    engine: {
      says: "By whose rules does a durable queue live: those of OpenWorkflow on SQLite, or of BullMQ on Redis?",
      example: "redis",
    },
    consumers: {
      says: "How many worker processes perform the tasks of a durable queue?",
      example: 2,
    },
    slots: {
      says: "How many tasks does each worker process of a durable queue perform at once?",
      example: 4,
    },
    retry: {
      says: "How often is a task of a durable queue tried again that has failed? Left out: never.",
      example: 3,
    },
    backoff: {
      says: "How long before such a task is tried again the first time? Each next time it is twice as long.",
      example: "500ms",
    },
    lease: {
      says: "For how long does a task of a durable queue belong to its worker, if that renews nothing?",
      example: "30s",
    },
    acks: {
      says: "When is a task off its durable queue: when it is done, or when a worker takes it?",
      example: "late",
    },
    enqueue: {
      says: "Does main wait until a task is stored in its durable queue?",
      example: "awaited",
    },
  },
  expect: {
    tasks: { says: "The status of all tasks, or by name.", example: { upload: "finished" } },
    lost: { says: "How many tasks are lost.", example: 0 },
    wall: { says: "When the process ends.", example: "<= 9.5s" },
    main: { says: "When main ends.", example: "<= 5s" },
    longestBlock: {
      says: "For how long one step holds the event loop at most.",
      example: "<= 50ms",
    },
    "lateness.p99": { says: "How late 99 of 100 sleeps wake at most.", example: "<= 10ms" },
    overlap: {
      says: "The share of the background's time in which main goes on.",
      example: ">= 50%",
    },
    prints: { says: "All lines in their order, or { contains: … }.", example: ["first", "last"] },
    deadlock: { says: "Whether nothing can ever go on.", example: true },
  },
  prints: { contains: { says: "Lines that are among those printed.", example: ["done"] } },
};

/** What an object of the schema is, by the keys that it has. */
const signs: Readonly<Record<string, string>> = {
  $schema: "document",
  "lateness.p99": "expect",
  use: "strategy",
  copies: "task",
  what: "kill",
  capacity: "channel",
  contains: "prints",
  channel: "sending",
  module: "calling",
};

/** An object of a JSON Schema. */
type Node = Record<string, unknown>;

/** What is said of a key, and of the kind of its values. */
function together({ says }: KeyWords, { description }: Node): string {
  return typeof description === "string" && description !== says ? `${says} ${description}` : says;
}

/** Describes the keys of every object of a JSON Schema, in place. @returns the keys that nothing is said of. */
export function describeKeys(schema: unknown): string[] {
  const untold: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    const { properties } = node as { properties?: Record<string, Node> };
    if (properties !== undefined && typeof properties === "object") {
      const keys = Object.keys(properties);
      const sign = Object.keys(signs).find((one) => keys.includes(one));
      const table = keyWords[sign === undefined ? keys[0]! : signs[sign]!] ?? {};
      for (const [key, value] of Object.entries(properties)) {
        const words = table[key];
        if (words === undefined) untold.push(key);
        else
          Object.assign(value, { description: together(words, value), examples: [words.example] });
      }
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(schema);
  return untold;
}
