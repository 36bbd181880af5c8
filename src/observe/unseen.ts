/** The processes of a program that no recorder tells of, and why. */
import { shellWord } from "../base/texts.ts";
import type { ObservedLanguage, UnseenProcess } from "./language.ts";
import { lookAtProcess } from "./system.ts";

/** A process of which nothing was seen. */
export interface Unseen {
  /** Its command line. */
  process: string;
  why: string;
}

/** For how long, in ms, a process may take to make its file. */
const startMs = 500;

export class UnseenWatch {
  readonly #languages: readonly ObservedLanguage[];
  readonly #looked = new Map<number, { process: UnseenProcess; first: number; last: number }>();

  constructor(languages: readonly ObservedLanguage[]) {
    this.#languages = languages;
  }

  /** Looks at the processes that there are. @param seen those that have a file. */
  look(pids: readonly number[], seen: ReadonlySet<number>, now: number): void {
    for (const pid of pids) {
      if (seen.has(pid)) continue;
      const first = this.#looked.get(pid)?.first ?? now;
      // A process may have become another program since.
      this.#looked.set(pid, { process: lookAtProcess(pid), first, last: now });
    }
  }

  /** Whether a process is a helper of a language's own. */
  isHelper(pid: number): boolean {
    const words = this.#looked.get(pid)?.process.words ?? [];
    return this.#languages.some((language) => language.isHelper(words.join(" ")));
  }

  /** @param root the process that was started, which may have been too short to be looked at. */
  result(seen: ReadonlySet<number>, root: Root): Unseen[] {
    const unseen: Unseen[] = [];
    for (const [pid, { process, first, last }] of this.#looked) {
      const isStarted = pid === root.pid || last - first >= startMs;
      if (!isStarted || seen.has(pid) || this.isHelper(pid)) continue;
      const isAsStarted =
        pid === root.pid && shellWords(process.words) === shellWords(root.command);
      unseen.push(...this.#unseen(process, isAsStarted ? root.told : process.words));
    }
    if (unseen.length > 0 || seen.size > 0) return unseen;
    const { told } = root;
    const asStarted = this.#unseen({ executable: null, words: told, environment: null }, told);
    if (asStarted.length > 0) return asStarted;
    const name = shellWords(told);
    return [{ process: name, why: "no process below it loaded the recorder" }];
  }

  /** What is told of a process without a file; nothing where it is of no language that is observed. */
  #unseen(process: UnseenProcess, told: readonly string[]): Unseen[] {
    const of = this.#languages.find(
      (one) => one.isOfIt(process) || one.isOfIt({ ...process, words: told }),
    );
    return of === undefined ? [] : [{ process: shellWords(told), why: of.whyUnseen(process) }];
  }
}

/** The process that was started. */
interface Root {
  pid: number;
  command: readonly string[];
  /** The command as it is told. */
  told: readonly string[];
}

function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
