/**
 * The axes of a completion strategy, and the points on them that have names: one table, from which
 * parsing, naming, the enumeration of all strategies, their order from simple to complex, what they cost,
 * what they remedy, their words, what no program can be written for and the document's schema follow.
 */
import { formatDuration, type Ticks, TICKS_PER_MS } from "../base/duration.ts";

/** The traits of values, asked for instead of comparing values. Each belongs to words of one axis alone. */
interface Traits {
  /** Main stands still until the loop has closed. */
  blocksMain?: true;
  /** The loop has a thread of its own. */
  beside?: true;
  /** The loop stays open for what main submits, until main ends. */
  staysOpen?: true;
  /** The background goes on on main's own thread whenever that is free, by JavaScript's rules. */
  floats?: true;
  /** Tasks are kept in a durable queue and performed by processes of their own, whatever becomes of main's. */
  outlives?: true;
  /** A task is taken off its durable queue when it is begun, and not when it is done. */
  acknowledgesFirst?: true;
  /** Tasks are written into a durable queue by writes that nobody waits for. */
  leavesWrites?: true;
  /** Launch waits at its completion point for the tasks that it has started. */
  awaits?: true;
  /** The first task that fails cancels the others. */
  groups?: true;
  /** The errors of tasks are collected instead of being raised. */
  collects?: true;
  /** At exit every task comes to its end. */
  drains?: true;
  /** At exit what is left is cancelled, and cleans up. */
  cancels?: true;
  /** At exit what is left simply stops. */
  abandons?: true;
  /** Tasks that have not ended at exit are given up, so that those it loses are its cost. */
  givesUp?: true;
}

/** A value of an axis that is words. */
interface Word extends Traits {
  /** How much more it asks of whoever uses it than the simplest value; the smaller the simpler. */
  weight: number;
  /** Its cost in any scenario, as the end of "It costs …". */
  costs?: string;
  /** Its effect as the remedy of a finding, as the beginning of "… (atExit=wait)"; left out: it is none. */
  remedy?: string;
  /** The mistake that it is, which people make: it is performed, and told of, but neither enumerated nor advised. */
  mistake?: string;
  /** The reason why a language has no program for it, with the way out, behind the strategy's name; left out: it has one. */
  unwritable?: { readonly [language in "typescript" | "python"]?: string };
}

/**
 * The values of the axes that are words, the simplest first, which is the order of their enumeration.
 * Giving work up at exit weighs more than a pool: where a run is good under both, it is so by luck under
 * the first.
 */
const words = {
  loop: {
    inline: { weight: 0, blocksMain: true, remedy: "await it in main" },
    thread: {
      weight: 10,
      costs: "a second thread (and care with what both of them touch)",
      remedy: "give the loop a thread of its own",
      beside: true,
    },
    portal: {
      weight: 20,
      costs: "a second thread (whose loop stays open until main ends)",
      remedy: "keep the loop open until main has ended and all tasks have",
      beside: true,
      staysOpen: true,
    },
    float: {
      weight: 0,
      costs: "a background that stands still whenever main does",
      floats: true,
      unwritable: {
        python:
          "lets the background float on main's own loop, which asyncio does not know: no Python program does that; use --lang typescript, or another strategy",
      },
    },
    durable: {
      weight: 400,
      costs: "a durable queue and its worker processes (and tasks that may be performed twice)",
      remedy: "hand it to a durable queue",
      outlives: true,
      unwritable: {
        python:
          "keeps tasks in a durable queue, and tandem writes no Python program for one; use --lang typescript, which has BullMQ, or another strategy",
      },
    },
  },
  settle: {
    none: { weight: 0 },
    gather: { weight: 1, remedy: "wait at the completion point", awaits: true },
    group: { weight: 2, remedy: "raise all errors together", awaits: true, groups: true },
    settled: {
      weight: 3,
      remedy: "wait for all tasks whatever becomes of them",
      awaits: true,
      collects: true,
    },
  },
  atExit: {
    wait: { weight: 0, remedy: "wait at exit", drains: true },
    cancel: {
      weight: 60,
      costs: "the tasks that have not ended when main does (they are cancelled)",
      remedy: "cancel what is left",
      cancels: true,
      givesUp: true,
    },
    abandon: {
      weight: 120,
      costs: "the tasks that have not ended when main does (they stop, without clean-up)",
      abandons: true,
      givesUp: true,
    },
  },
  offload: {
    none: { weight: 0 },
    threads: { weight: 40, remedy: "hand what blocks to a pool" },
    processes: { weight: 80 },
  },
  engine: {
    sqlite: { weight: 0 },
    redis: { weight: 30, costs: "a server (which must write to disk what it is given)" },
  },
  acks: {
    late: { weight: 0, remedy: "acknowledge it when it is done" },
    early: {
      weight: 1000,
      costs:
        "the tasks whose worker ends before they do (they are off the queue when they are begun)",
      acknowledgesFirst: true,
      mistake: "a task is off the queue when it is begun",
      unwritable: {
        typescript:
          "acknowledges a task before it is done, and BullMQ does that when its processor has returned, so no program does it that way; use acks=late, or another strategy",
      },
    },
  },
  enqueue: {
    awaited: { weight: 0, remedy: "await the write into the queue" },
    unawaited: {
      weight: 1000,
      costs: "the tasks whose write into the queue is not done when main ends",
      leavesWrites: true,
      mistake: "nothing awaits the write into the queue",
    },
  },
} as const satisfies Record<string, Record<string, Word>>;

/** The values of a strategy, one on each axis; null where an axis means nothing beside the others. */
export interface Axes {
  loop: keyof (typeof words)["loop"];
  settle: keyof (typeof words)["settle"];
  /** Null: no limit. */
  timeout: Ticks | null;
  /** Null where the loop has closed before that. */
  atExit: keyof (typeof words)["atExit"] | null;
  /** Null: no limit. */
  grace: Ticks | null;
  offload: keyof (typeof words)["offload"];
  /** Null without a pool. */
  workers: number | null;
  /** By whose rules a durable queue lives; null without one, as all that follows. */
  engine: keyof (typeof words)["engine"] | null;
  /** How many processes perform tasks of a durable queue. */
  consumers: number | null;
  /** How many tasks each of them performs at once. */
  slots: number | null;
  /** How often a task that fails is tried again; null: never. */
  retry: number | null;
  /** How long before it is tried again the first time; null where it is not. */
  backoff: Ticks | null;
  /** For how long a task is its worker's alone if that renews nothing; null where it is off the queue by then. */
  lease: Ticks | null;
  /** When a task is off the queue: when it is done, or when a worker takes it. */
  acks: keyof (typeof words)["acks"] | null;
  /** Whether main waits until a task is stored. */
  enqueue: keyof (typeof words)["enqueue"] | null;
}

export type AxisName = keyof Axes;

/** The kind of an axis's values: words, durations, or whole numbers from 1. */
type Values =
  | { kind: "word"; words: Readonly<Record<string, Word>> }
  | { kind: "duration" }
  | { kind: "count"; most: number };

type Row = Values & {
  /** The question that its values answer. */
  asks: string;
  /** The axis whose value decides whether this one means anything. */
  hangsOn: AxisName | null;
  /** The reason why it means nothing beside the values of others; null where it means something. Asked after `hangsOn`. */
  meaningless?: (axes: Axes) => string | null;
  /** Its default; left out: null. */
  usual?: string | number;
  /** The value that it has where it means nothing; left out: null. */
  without?: string;
  /** What having no value means, where that is not having no limit. */
  absent?: string;
  /** The axis that must have no value of its own for this one to be varied by itself. */
  variedWithout?: AxisName;
  /** A value as it stands in a verdict's heading; left out where that does not tell it. */
  heading?: (axes: Axes) => string | null;
  /** The effect of having no limit as the remedy of a finding, where its values are durations. */
  remedy?: string;
  /** The cost of a value, beside what its word says. */
  costs?: (axes: Axes) => string | null;
};

/** The axes, in the order in which a strategy tells them. */
const axes: { readonly [name in AxisName]: Row } = {
  loop: {
    asks: "where does the event loop live?",
    kind: "word",
    words: words.loop,
    hangsOn: null,
    heading: ({ loop }) => `loop ${loop}`,
  },
  settle: {
    asks: "what happens at the completion point?",
    kind: "word",
    words: words.settle,
    hangsOn: null,
    heading: ({ settle }) => `settle ${settle}`,
  },
  timeout: {
    asks: "how long may the completion point take?",
    kind: "duration",
    remedy: "give the completion point as long as it takes",
    hangsOn: "settle",
    meaningless: ({ settle }) =>
      settle === "none"
        ? `timeout bounds the completion point, and "settle: none" does not wait there; use "settle: gather", or leave timeout out`
        : null,
  },
  atExit: {
    asks: "what happens to the background when main's steps end?",
    kind: "word",
    words: words.atExit,
    hangsOn: "loop",
    usual: "wait",
    variedWithout: "grace",
    meaningless: ({ loop }) =>
      loop === "inline"
        ? `with "loop: inline" main stands still until the loop has closed, so at exit nothing is left for atExit; leave it out, or use "loop: thread"`
        : loop === "durable"
          ? `with "loop: durable" tasks are performed by other processes, whatever main does at its end; leave atExit out`
          : null,
    heading: ({ atExit }) => (atExit === null ? null : `at exit ${atExit}`),
  },
  grace: {
    asks: "how long may the wait at exit take before what is left is abandoned?",
    kind: "duration",
    remedy: "wait at exit for as long as it takes",
    hangsOn: "atExit",
    meaningless: ({ atExit, loop }) =>
      atExit === null
        ? `grace bounds the wait at exit, and with ${loop === "durable" ? `"loop: durable"` : `"loop: inline"`} there is none; leave it out, or bound the completion point with "timeout"`
        : atExit === "abandon"
          ? `"atExit: abandon" waits for nothing, so there is no grace; use "atExit: wait" or "atExit: cancel", or leave grace out`
          : null,
  },
  offload: {
    asks: "who executes the blocking steps of tasks?",
    kind: "word",
    words: words.offload,
    hangsOn: "loop",
    without: "none",
    variedWithout: "workers",
    meaningless: ({ loop }) =>
      loop === "durable"
        ? `with "loop: durable" tasks are performed by processes of their own already, blocking steps included; leave offload out, or use "consumers: 4"`
        : null,
    heading: ({ offload, workers }) =>
      workers === null ? null : `offload ${offload} x ${workers}`,
    costs: ({ offload, workers }) => (workers === null ? null : `a pool of ${workers} ${offload}`),
  },
  workers: {
    asks: "how many workers does the pool have?",
    kind: "count",
    most: 64,
    hangsOn: "offload",
    usual: 2,
    meaningless: ({ offload }) =>
      offload === "none"
        ? `workers is the size of the pool, and "offload: none" has no pool; use "offload: threads", or leave workers out`
        : null,
  },
  engine: {
    asks: "by whose rules does a durable queue live?",
    kind: "word",
    words: words.engine,
    hangsOn: "loop",
    usual: "sqlite",
    absent: "there is no such queue",
    meaningless: onlyDurable("engine is what keeps a durable queue"),
    heading: ({ engine }) => (engine === null ? null : `engine ${engine}`),
  },
  consumers: {
    asks: "how many worker processes perform the tasks of a durable queue?",
    kind: "count",
    most: 16,
    hangsOn: "loop",
    usual: 1,
    absent: "there is no such queue",
    meaningless: onlyDurable("consumers are the worker processes of a durable queue"),
    heading: ({ consumers, slots }) =>
      consumers === null ? null : `${consumers} x ${slots} at once`,
  },
  slots: {
    asks: "how many tasks does each worker process of a durable queue perform at once?",
    kind: "count",
    most: 1000,
    hangsOn: "loop",
    usual: 4,
    absent: "there is no such queue",
    meaningless: onlyDurable("slots are what each worker process of a durable queue has"),
  },
  retry: {
    asks: "how often is a task of a durable queue tried again that has failed?",
    kind: "count",
    most: 1000,
    hangsOn: "acks",
    absent: "never",
    meaningless: (all) =>
      onlyDurable("retry is what a durable queue does with a task that has failed")(all) ??
      onlyLate("it is tried again by nobody", "retry")(all),
    heading: ({ retry }) => (retry === null ? null : `retry ${retry}`),
  },
  backoff: {
    asks: "how long before such a task is tried again the first time? Each next time it is twice as long.",
    kind: "duration",
    hangsOn: "retry",
    usual: TICKS_PER_MS * 1000,
    absent: "it is not tried again",
    meaningless: ({ retry }) =>
      retry === null
        ? `backoff is the wait before a task is tried again, and without "retry" it never is; add "retry: 3", or leave backoff out`
        : null,
  },
  lease: {
    asks: "for how long does a task of a durable queue belong to its worker, if that renews nothing?",
    kind: "duration",
    hangsOn: "acks",
    usual: TICKS_PER_MS * 30_000,
    absent: "there is no such queue",
    meaningless: (all) =>
      onlyDurable("lease is for how long a task of a durable queue is its worker's alone")(all) ??
      onlyLate("no other worker ever gets it", "lease")(all),
    heading: ({ lease }) => (lease === null ? null : `lease ${formatDuration(lease)}`),
  },
  acks: {
    asks: "when is a task off its durable queue: when it is done, or when a worker takes it?",
    kind: "word",
    words: words.acks,
    hangsOn: "loop",
    usual: "late",
    absent: "there is no such queue",
    meaningless: onlyDurable("acks is when a worker has a durable queue know that a task is done"),
    heading: ({ acks }) => (acks === "early" ? "acks early" : null),
  },
  enqueue: {
    asks: "does main wait until a task is stored in its durable queue?",
    kind: "word",
    words: words.enqueue,
    hangsOn: "loop",
    usual: "awaited",
    absent: "there is no such queue",
    meaningless: onlyDurable("enqueue is how a task comes into a durable queue"),
    heading: ({ enqueue }) => (enqueue === "unawaited" ? "enqueue unawaited" : null),
  },
};

/** Why an axis means nothing where a task is off its queue before it is done. */
function onlyLate(why: string, name: AxisName): (axes: Axes) => string | null {
  return ({ acks }) =>
    acks === "early"
      ? `with "acks: early" a task is off its queue when it is begun, so ${why}; leave ${name} out, or use "acks: late"`
      : null;
}

/** Why an axis of durable queues means nothing without one. */
function onlyDurable(what: string): (axes: Axes) => string | null {
  return ({ loop }) =>
    loop === "durable"
      ? null
      : `${what}, and "loop: ${loop}" has none; use "loop: durable", or leave it out`;
}

/** A named point: where it differs from the plainest, and what it does in a line. */
interface Point extends Pick<Axes, "loop" | "settle"> {
  atExit?: Axes["atExit"];
  /** Its effect in a line: where the loop lives, who waits, what is lost. */
  about: string;
}

/** The named points, in the order in which a newcomer should meet them; of each loop the plainest first. */
const points = {
  detach: {
    loop: "inline",
    settle: "none",
    about: "loop in main; nobody waits; unfinished tasks are lost",
  },
  await: {
    loop: "inline",
    settle: "gather",
    about: "loop in main, which waits; lost only if one fails",
  },
  group: {
    loop: "inline",
    settle: "group",
    about: "the same; the first failure cancels the siblings",
  },
  thread: {
    loop: "thread",
    settle: "gather",
    atExit: "wait",
    about: "loop in a thread; main goes on, and waits at its end",
  },
  daemon: {
    loop: "thread",
    settle: "gather",
    atExit: "abandon",
    about: "loop in a thread; nobody waits; main's end cuts it off",
  },
  portal: {
    loop: "portal",
    settle: "none",
    atExit: "wait",
    about: 'loop in a thread, open to "submit"; main waits at end',
  },
  float: {
    loop: "float",
    settle: "none",
    atExit: "wait",
    about: "JavaScript: tasks move once main rests, and then finish",
  },
  exit: {
    loop: "float",
    settle: "none",
    atExit: "abandon",
    about: "the same, but process.exit(): what still floats is lost",
  },
  durable: {
    loop: "durable",
    settle: "none",
    about: "a durable queue; worker processes perform its tasks",
  },
} as const satisfies Record<string, Point>;

export const axisNames = Object.keys(axes) as AxisName[];

/** The axes whose values are words: those of which every combination can be tried. */
export const wordAxes = axisNames.filter((name) => axes[name].kind === "word");

/** The row of an axis. */
export function axisOf(name: AxisName): Row {
  return axes[name];
}

/** The words of an axis, the simplest first; none for one of numbers. */
export function wordsOf(name: AxisName): readonly string[] {
  const axis = axes[name];
  return axis.kind === "word" ? Object.keys(axis.words) : [];
}

/** The same without those that are mistakes. */
export function advisedOf(name: AxisName): readonly string[] {
  const axis = axes[name];
  if (axis.kind !== "word") return [];
  return Object.entries(axis.words).flatMap(([word, { mistake }]) =>
    mistake === undefined ? [word] : [],
  );
}

/** The mistakes that a strategy makes, whatever comes of them, each as a sentence without its full stop. */
export function mistakesOf(values: Axes): string[] {
  return wordAxes.flatMap((name) => wordAt(values, name)?.mistake ?? []);
}

/** The effect of each named point, in a line. */
export const strategyWords: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(points).map(([name, { about }]) => [name, about]),
);

/** What a named point has on the axes that it does not name. */
const plainest: Omit<Axes, "loop" | "settle"> = {
  timeout: null,
  atExit: null,
  grace: null,
  offload: "none",
  workers: null,
  engine: null,
  consumers: null,
  slots: null,
  retry: null,
  backoff: null,
  lease: null,
  acks: null,
  enqueue: null,
};

/** The axes that hang on others, each behind the one that it hangs on. */
const dependents = behind(null);

function behind(on: AxisName | null): AxisName[] {
  return axisNames
    .filter((name) => axes[name].hangsOn === on)
    .flatMap((name) => [...(on === null ? [] : [name]), ...behind(name)]);
}

/**
 * Sets axes that mean nothing to null, and those that have come to mean something to their default.
 *
 * @param refuse hears why an axis means nothing.
 */
export function normalized(
  given: Axes,
  refuse: (name: AxisName, why: string) => void = () => undefined,
): Axes {
  const result: Record<AxisName, Axes[AxisName]> = { ...given };
  for (const name of dependents) {
    const { meaningless, usual = null, without = null } = axes[name];
    const why = meaningless?.(result as Axes) ?? null;
    if (why === null) result[name] ??= usual as Axes[AxisName];
    else {
      if (result[name] !== without) refuse(name, why);
      result[name] = without as Axes[AxisName];
    }
  }
  return result as Axes;
}

/** The named points. */
export const namedStrategies: Readonly<Record<string, Axes>> = Object.fromEntries(
  Object.entries(points).map(([name, { loop, settle, atExit = null }]: [string, Point]) => [
    name,
    normalized({ ...plainest, loop, settle, atExit }),
  ]),
);

/** Every combination of the axes that are words, those left out that mean nothing. */
export function combinations(): Partial<Axes>[] {
  return wordAxes.reduce<Partial<Axes>[]>(
    (all, name) =>
      all.flatMap((some) =>
        (axes[name].meaningless?.(some as Axes) ?? null) === null
          ? advisedOf(name).map((word) => ({ ...some, [name]: word }))
          : [some],
      ),
    [{}],
  );
}

/** The sum of the weights of a strategy's values. */
export function weightOf(values: Axes): number {
  return wordAxes.reduce((sum, name) => sum + (wordAt(values, name)?.weight ?? 0), 0);
}

/** The cost of the value on an axis in any scenario. */
export function costsOf(values: Axes, name: AxisName): string[] {
  const costs = wordAt(values, name)?.costs ?? axes[name].costs?.(values) ?? null;
  return costs === null ? [] : [costs];
}

/** The effect of a changed axis as the remedy of a finding. @throws where no row says it. */
export function remedyWords(changed: Partial<Axes>, name: AxisName): string {
  const words = changed[name] === null ? axes[name].remedy : wordAt(changed, name)?.remedy;
  if (words === undefined) throw new Error(`${name}=${changed[name]} remedies nothing`);
  return words;
}

/** Whether one of the values of a strategy does that. */
export function does(values: Axes, trait: keyof Traits): boolean {
  const name = traitAxes.get(trait);
  return name !== undefined && wordAt(values, name)?.[trait] === true;
}

/** The axis of each trait. It is a table, since each of thousands of runs asks for traits. */
const traitAxes: ReadonlyMap<string, AxisName> = new Map(
  wordAxes.flatMap((name) => {
    const axis = axes[name];
    const words = axis.kind === "word" ? Object.values(axis.words) : [];
    return words.flatMap((word) => Object.keys(word).map((key) => [key, name] as const));
  }),
);

/** Whether the process may end while the background goes on. */
export function mayAbandon(values: Axes): boolean {
  return does(values, "abandons") || values.grace !== null;
}

/** The reason why a language has no program for a strategy, with the way out; null where it has one. */
export function unwritable(values: Axes, language: "typescript" | "python"): string | null {
  const reasons = wordAxes.map((name) => wordAt(values, name)?.unwritable?.[language]);
  return reasons.find((reason) => reason !== undefined) ?? null;
}

/** The axes in a verdict's heading. */
export function headingOf(values: Axes): string {
  return axisNames.flatMap((name) => axes[name].heading?.(values) ?? []).join(", ");
}

/** A value as it is written behind `axis=`. */
export function formatValue(name: AxisName, value: Axes[AxisName]): string {
  return axes[name].kind === "duration" ? formatDuration(value as Ticks) : String(value);
}

function wordAt(values: Partial<Axes>, name: AxisName): Word | undefined {
  const axis = axes[name];
  return axis.kind === "word" ? axis.words[String(values[name])] : undefined;
}
