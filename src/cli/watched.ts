/** Use cases on behalf of somebody at a terminal: a signal aborts them, and a line tells how far they are. */
import type { Progress, Watcher } from "../runs/many.ts";
import { ProgressLine } from "./progress.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

/** How often, in ms, the line is drawn. */
const tickMs = 100;

/** How wide the bar is in it. */
const barWidth = 20;

/** What became of a use case. */
export interface Watched<Result> {
  result: Result;
  /** The signal by which the user ended it. */
  signal: EndingSignal | null;
  /** How far it had come; null where it has not said so. */
  progress: Progress | null;
}

/**
 * Waits for a use case to end.
 *
 * @param words what is said of how far it is.
 */
export async function watched<Result>(
  useCase: (watcher: Watcher) => Promise<Result>,
  words: (progress: Progress) => string = barOf,
): Promise<Watched<Result>> {
  const controller = new AbortController();
  using watch = new SignalWatch(() => controller.abort());
  using line = new ProgressLine();
  let progress: Progress | null = null;
  let toldAt = performance.now();
  const tell = (): void => {
    if (progress !== null) line.show(words(progress));
    toldAt = performance.now();
  };
  const ticker = setInterval(tell, tickMs);
  try {
    const onProgress = (now: Progress): void => {
      progress = now;
      if (performance.now() - toldAt >= tickMs) tell();
    };
    const result = await useCase({ signal: controller.signal, onProgress });
    return { result, signal: watch.heard, progress };
  } finally {
    clearInterval(ticker);
  }
}

function barOf({ done, of, latest }: Progress): string {
  const filled = Math.round((done / of) * barWidth);
  const bar = "#".repeat(filled).padEnd(barWidth, ".");
  return `[${bar}] ${done} of ${of}; ${latest}`;
}
