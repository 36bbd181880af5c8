/** The body of the Worker that performs a command beside the main thread (`cli/beside.ts`). */
import { hearUnfinished } from "./base/files.ts";
import type { CommandInput, FromCommand, ToCommand } from "./cli/beside.ts";
import { runCommandLine } from "./cli/command-line.ts";
import { hearSignals } from "./cli/signals.ts";
import { keepRead } from "./scenario/source.ts";

declare const self: Worker;

const say = (message: FromCommand): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToCommand>) => {
  if (!("signal" in data)) return void perform(data);
  // The system tells the main thread alone of it.
  process.emit(data.signal, data.signal);
  say({ heard: data.signal });
};

hearSignals();
hearUnfinished((unfinished, isThere) => say({ unfinished, isThere }));

async function perform({ argv, read }: CommandInput): Promise<void> {
  if (read !== null) keepRead(read.word, read.text);
  try {
    say({ status: await runCommandLine(argv) });
  } catch (error) {
    say({ failed: Bun.inspect(error) });
  }
}
