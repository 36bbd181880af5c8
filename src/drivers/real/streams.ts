/** What the processes of a run are handed, and what comes out of them: their input, and lines for whoever watches. */
import { typeNumber } from "../../trace/event.ts";
import type { Columns } from "../../trace/log.ts";

type HearLine = (text: string, stream: "stdout" | "stderr") => void;

/** Hands a process its input, and ends that. */
export async function handInput(stdin: Bun.FileSink, input: object): Promise<void> {
  try {
    await stdin.write(JSON.stringify(input));
    await stdin.end();
  } catch (error) {
    // The process has been ended meanwhile, and its end tells the rest.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** Hands on what comes out of a process's own streams, which are pipes, line by line and to their end. */
export async function forwardLines(
  process: Pick<Bun.Subprocess, "stdout" | "stderr">,
  hear: HearLine | undefined,
): Promise<void> {
  const forward = async (name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    let partial = "";
    for await (const piece of process[name] as ReadableStream<Uint8Array>) {
      const lines = (partial + decoder.decode(piece, { stream: true })).split("\n");
      partial = lines.pop()!;
      for (const line of lines) hear?.(line, name);
    }
    if (partial !== "") hear?.(partial, name);
  };
  await Promise.all([forward("stdout"), forward("stderr")]);
}

/** Tells the lines that a program printed, or wrote to stderr, among events. */
export function tellLines({ type, texts }: Columns, hear: HearLine): void {
  const { printed, complained } = typeNumber;
  // Few types matter here, and in a block of sleeps none of them is found at the speed of memory.
  if (!type.includes(printed) && !type.includes(complained)) return;
  for (const [k, text] of texts)
    if (type[k] === printed || type[k] === complained)
      hear(text, type[k] === printed ? "stdout" : "stderr");
}
