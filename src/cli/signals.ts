/** The signals by which a user ends what tandem is doing, heard from its first moment to its last. */
import { signalStatus } from "./command.ts";

export type EndingSignal = keyof typeof signalStatus;

export const endingSignals = Object.keys(signalStatus) as EndingSignal[];

/** Whoever hears signals now, the innermost last. */
const hearing: HeardSignals[] = [];

/**
 * Has signals end tandem from now on, in the status that says so, wherever nobody else hears them. The
 * runtime's default would end it by the signal itself, and leave the terminal as a picture had set it.
 */
export function hearSignals(): void {
  for (const name of endingSignals)
    process.on(name, () => {
      if (hearing.length === 0) process.exit(signalStatus[name]);
    });
  // Whoever started it may have had this one ignored, which is inherited: the system would then forget
  // children as they end, and nobody would hear of that.
  if (process.platform !== "win32") process.on("SIGCHLD", () => undefined);
}

/** Signals that somebody hears until its scope ends (`using`), and that do not end tandem itself. */
export class HeardSignals<Name extends NodeJS.Signals = NodeJS.Signals> implements Disposable {
  readonly #handlers: [Name, () => void][];

  constructor(names: readonly Name[], hear: (name: Name) => void) {
    hearing.push(this);
    this.#handlers = names.map((name) => [name, () => hear(name)]);
    for (const [name, handler] of this.#handlers) process.on(name, handler);
  }

  /** Whether nobody within its scope hears them as well. */
  get isInnermost(): boolean {
    return hearing.at(-1) === this;
  }

  /** A second time it does nothing. */
  [Symbol.dispose](): void {
    if (hearing.includes(this)) hearing.splice(hearing.indexOf(this), 1);
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }
}

/** The least time, in ms, between two signals of a user: who sends one to a group may send it twice. */
const apart = 200;

/** Keeps signals from ending tandem itself until its scope ends (`using`); a second one ends it all the same. */
export class SignalWatch implements Disposable {
  /** The first signal that came. */
  heard: EndingSignal | null = null;
  #heardAt = 0;
  readonly #signals: HeardSignals<EndingSignal>;

  /** @param onSignal called when one comes. */
  constructor(onSignal: () => void = () => undefined) {
    this.#signals = new HeardSignals(endingSignals, (name) => {
      if (this.heard === null) {
        this.heard = name;
        this.#heardAt = performance.now();
        onSignal();
      } else if (performance.now() - this.#heardAt > apart) process.exit(signalStatus[name]);
    });
  }

  [Symbol.dispose](): void {
    this.#signals[Symbol.dispose]();
  }
}
