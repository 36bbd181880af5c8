/** What every way to observe a program shares: its usual settings, and the signals that come meanwhile. */
import { NS_PER_TICK, TICKS_PER_MS } from "../base/duration.ts";
import type { RecorderSettings, RunningProgram } from "../runs/observe.ts";
import { HeardSignals } from "./signals.ts";

/** The threshold is that of asyncio's own warnings (slow_callback_duration). */
export const usualSettings: RecorderSettings = {
  prints: true,
  blocksNs: 100 * TICKS_PER_MS * NS_PER_TICK,
  include: null,
  exclude: null,
};

/** What `--hang` is where an answer is wanted, in ms. */
export const usualHangMs = 10_000;

/** The signals that come to tandem while its program runs: handed on, or answered. */
export class ForwardedSignals implements Disposable {
  readonly #signals: HeardSignals;
  #program: RunningProgram | null = null;
  /** The first signal that was handed on. */
  forwarded: NodeJS.Signals | null = null;

  /** @param isQuiet whether nothing is told on stderr. */
  constructor({ isQuiet }: { isQuiet: boolean }) {
    const handed = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const;
    this.#signals = new HeardSignals([...handed, "SIGUSR1"], (name) => {
      if (name === "SIGUSR1") void this.#look(isQuiet);
      else this.#forward(name);
    });
  }

  #forward(name: NodeJS.Signals): void {
    this.forwarded ??= name;
    this.#program?.forward(name);
  }

  goTo(program: RunningProgram): void {
    this.#program = program;
    if (this.forwarded !== null) program.send(this.forwarded);
  }

  /** Tells where everything stands, and lets the program go on. */
  async #look(isQuiet: boolean): Promise<void> {
    if (this.#program === null || isQuiet) return;
    const { tellNow } = await import("./observed.ts");
    await tellNow(this.#program);
  }

  [Symbol.dispose](): void {
    this.#signals[Symbol.dispose]();
  }
}
