/**
 * The constraints of a document that span several steps: what may happen only once, what the placeholders
 * of a text refer to, and how much a run may hold.
 *
 * They look at the data as written and pass over whatever has another shape, so that they are told
 * together with the schema's complaints and not after them.
 */
import { spelled } from "../base/suggest.ts";
import { placeholderProblems, valueProblems } from "./placeholders.ts";

/** The most steps of one run. The events of more might not fit into memory. */
const maxSteps = 10_000_000;

/** The most tasks one run may hold. */
export const maxTasks = 1_000_000;

/** The largest count that a document may hold. */
export const maxCount = 1_000_000_000;

/**
 * The callback for a broken constraint: its path, a sentence, and the earlier place that it contradicts, or
 * the key of the object at the path that it is about.
 */
export type Report = (
  path: PropertyKey[],
  message: string,
  at?: { earlier?: PropertyKey[]; key?: string },
) => void;

/**
 * Holds a document's data against the constraints.
 *
 * @param isBare whether nothing at all is written behind the key at a path.
 */
export function checkConstraints(
  data: Record<string, unknown>,
  report: Report,
  isBare: (path: PropertyKey[]) => boolean,
): void {
  new Constraints(report, isBare).document(data);
}

interface Around {
  inTask: boolean;
  inRepeat: boolean;
}

class Constraints {
  readonly #report: Report;
  readonly #isBare: (path: PropertyKey[]) => boolean;
  /** The steps that may stand only once, and where each was first met. */
  readonly #once = new Map<string, PropertyKey[]>();

  /** The names of the document's tasks; another one the schema complains of. */
  #tasks: ReadonlySet<string> = new Set();

  constructor(report: Report, isBare: (path: PropertyKey[]) => boolean) {
    this.#report = report;
    this.#isBare = isBare;
  }

  document(data: Record<string, unknown>): void {
    const around: Around = { inTask: false, inRepeat: false };
    this.#tasks = new Set(Object.keys(objectOr(data["tasks"])));
    let steps = this.#steps(data["main"], ["main"], around, ["launch", "submit"]);
    steps += this.#steps(data["launch"], ["launch"], around, ["settle", "start"]);
    let tasks = 0;
    for (const [name, task] of Object.entries(objectOr(data["tasks"]))) {
      const inTask: Around = { inTask: true, inRepeat: false };
      const long = objectOr(task);
      const copies = countOr(long["copies"], maxTasks);
      const path = ["tasks", name];
      tasks += copies;
      steps +=
        copies *
        (Array.isArray(task)
          ? this.#steps(task, path, inTask, [])
          : this.#steps(long["steps"], [...path, "steps"], inTask, []) +
            this.#steps(long["finally"], [...path, "finally"], inTask, []));
    }
    this.#limit("perform", steps, "steps", maxSteps);
    this.#limit("hold", tasks, "tasks", maxTasks);
    const named = { tasks: data["tasks"], channels: data["channels"] };
    for (const [key, object] of Object.entries(named)) this.#names(object, [key]);
    this.#names(objectOr(data["expect"])["tasks"], ["expect", "tasks"]);
  }

  /** Refuses the one name that the schema does not see: it copies no key that would be a prototype. */
  #names(object: unknown, path: PropertyKey[]): void {
    if (Object.hasOwn(objectOr(object), "__proto__"))
      this.#report(path, `"__proto__" cannot be a name here; use another`, { key: "__proto__" });
  }

  /** @returns how many steps the list takes, repeats multiplied out. */
  #steps(list: unknown, path: PropertyKey[], around: Around, once: string[]): number {
    if (!Array.isArray(list)) return 0;
    let count = 0;
    for (const [index, item] of list.entries()) {
      const at = [...path, index];
      const step: Record<string, unknown> =
        typeof item === "string" ? { [item]: null } : objectOr(item);
      if ("repeat" in step) {
        const times = countOr(step["repeat"], maxCount);
        count +=
          times * this.#steps(step["steps"], [...at, "steps"], { ...around, inRepeat: true }, once);
        continue;
      }
      count++;
      this.#texts(step, at, around);
      for (const word of once) if (word in step) this.#onlyOnce(word, step[word], at, around);
      if (path[0] === "main" && this.#tasks.has(step["result"] as string))
        this.#resultOf(step["result"] as string, at);
    }
    return count;
  }

  #texts(step: Record<string, unknown>, at: PropertyKey[], around: Around): void {
    for (const word of ["print", "fail"])
      if (typeof step[word] === "string")
        for (const message of placeholderProblems(step[word], around))
          this.#report([...at, word], message);
    for (const [word, key] of [
      ["send", "value"],
      ["call", "args"],
    ] as const) {
      if (!(word in step)) continue;
      const within = [...at, word, key];
      const isBare = (path: PropertyKey[]): boolean => this.#isBare([...within, ...path]);
      for (const { path, message } of valueProblems(objectOr(step[word])[key], around, isBare))
        this.#report([...within, ...path], message);
    }
  }

  #onlyOnce(word: string, value: unknown, at: PropertyKey[], { inRepeat }: Around): void {
    const things =
      word === "start" || word === "submit"
        ? [value].flat().map((task) => ({
            key: `begin ${spelled(task)}`,
            what: `task ${JSON.stringify(task)} is ${word === "start" ? "started" : "submitted"}`,
            wayOut: `use "copies", or a task of its own`,
          }))
        : [
            {
              key: word,
              what: `"${word}" stands`,
              wayOut: inRepeat ? "take it out" : "keep one of them",
            },
          ];
    for (const { key, what, wayOut } of things) {
      if (inRepeat)
        this.#report(at, `${what} inside a repeat, and it may happen only once; ${wayOut}`);
      else if (this.#once.has(key))
        this.#report(at, `${what} a second time; ${wayOut}`, { earlier: this.#once.get(key)! });
      else this.#once.set(key, at);
    }
  }

  /** Main's steps are walked in their order, so what has been submitted is known by now. */
  #resultOf(task: string, at: PropertyKey[]): void {
    if (!this.#once.has(`begin ${task}`))
      this.#report(
        [...at, "result"],
        `main has not submitted ${JSON.stringify(task)} by then; put "submit: ${task}" before it`,
      );
  }

  #limit(verb: string, found: number, what: string, most: number): void {
    if (found > most)
      this.#report(
        [],
        `this scenario would ${verb} ${found.toLocaleString("en")} ${what}, and the most is ${most.toLocaleString("en")}; lower a "repeat" or "copies"`,
      );
  }
}

/** A count as written, or 1 for a value that is none, of which the schema complains. */
function countOr(value: unknown, most: number): number {
  const isCount = typeof value === "number" && Number.isInteger(value) && value >= 0;
  return isCount && value <= most ? value : 1;
}

function objectOr(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
