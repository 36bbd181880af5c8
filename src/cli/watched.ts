/** Use cases that a user watches: a signal aborts them, and a line tells how far they are. */
import type { Progress, Watcher } from "../runs/many.ts";
import { ProgressLine } from "./progress.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

/** The interval, in ms, at which the line is drawn. */
const tickMs = 100;

/** The width of its bar. */
const barWidth = 20;

/** The result of a use case, if it has one, and how it ended. */
export interface Watched<Result> {
  result: Result;
  /** The signal by which the user ended it. */
  signal: EndingSignal | null;
  /** Its last progress; null where it has reported none. */
  progress: Progress | null;
}

/**
 * Waits for a use case to end.
 *
 * @param words the text of the line for some progress.
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
