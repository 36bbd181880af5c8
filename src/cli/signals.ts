/** The signals by which a user ends what tandem is doing, heard for as long as somebody listens. */
import { signalStatus } from "./command.ts";

export type EndingSignal = keyof typeof signalStatus;

/** Keeps signals from ending tandem itself until its scope ends (`using`). */
export class SignalWatch implements Disposable {
  /** The first signal that came. */
  heard: EndingSignal | null = null;
  readonly #handlers: { name: EndingSignal; handler: () => void }[];

  /** @param onSignal called whenever one comes. */
  constructor(onSignal: () => void = () => undefined) {
    this.#handlers = (Object.keys(signalStatus) as EndingSignal[]).map((name) => {
      const handler = (): void => {
        this.heard ??= name;
        onSignal();
      };
      process.on(name, handler);
      return { name, handler };
    });
  }

  [Symbol.dispose](): void {
    for (const { name, handler } of this.#handlers) process.off(name, handler);
  }
}
