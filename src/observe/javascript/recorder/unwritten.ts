/** What the program has written and the system has not been given. When the process ends then, it is lost. */
import { Buffer } from "node:buffer";
import { fromHere } from "./here.ts";
import { isMainThread } from "node:worker_threads";

/** What has not been written of a stream. */
export interface Unwritten {
  /** `stdout`, `stderr`, a file's path, or `messages` to another process. */
  stream: string;
  bytes: number;
}

/** A stream of Node's: what waits behind the chunk that is being written. */
interface Stream {
  fd?: unknown;
  path?: unknown;
  destroyed?: boolean;
  _writableState?: { getBuffer?(): { chunk: unknown; encoding: unknown }[] };
  _handle?: { writeQueueSize?: unknown } | null;
  writeQueueSize?: unknown;
}

/** File streams, which nobody but what writes them need have. */
let files: WeakRef<Stream>[] = [];
/** Beyond so many those that are gone are forgotten. */
let most = 64;

export function fileStreamMade(stream: object): void {
  files.push(new WeakRef(stream));
  if (files.length <= most) return;
  files = files.filter((one) => one.deref() !== undefined);
  most = Math.max(64, files.length * 2);
}

export function unwritten(): Unwritten[] {
  const streams = files.flatMap((one) => one.deref() ?? []);
  return [...ofHandles(), ...streams.map(ofFile)].filter(({ bytes }) => bytes > 0);
}

/** What is being written of a file may still arrive. */
function ofFile(stream: Stream): Unwritten {
  const { path, destroyed } = stream;
  // Libraries have functions of that name that make other streams.
  const name = Buffer.isBuffer(path) ? path.toString() : path;
  if (typeof name !== "string" || destroyed === true) return { stream: "", bytes: 0 };
  return { stream: fromHere(name), bytes: waiting(stream) };
}

/**
 * Pipes of Node's, of which it has a list: those of the program's own output, and to other processes. Bun tries once more
 * behind the last line of the program's, so that of its pipes nobody can say what arrives.
 */
function ofHandles(): Unwritten[] {
  const { _getActiveHandles: list } = process as unknown as { _getActiveHandles?(): Stream[] };
  if (!isMainThread) return [];
  return (list?.call(process) ?? []).map((stream) => {
    const { fd, _writableState: isStream } = stream;
    if (isStream === undefined)
      return { stream: "messages", bytes: isPipe(stream) ? numberIn(stream.writeQueueSize) : 0 };
    const isOwn = fd === 1 || fd === 2;
    const bytes = numberIn(stream._handle?.writeQueueSize) + waiting(stream);
    return { stream: fd === 1 ? "stdout" : "stderr", bytes: isOwn ? bytes : 0 };
  });
}

/** A pipe without a stream is one that messages go through, of `process.send` or to a child. */
const isPipe = (of: object): boolean => of.constructor?.name === "Pipe";

const numberIn = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The bytes of the chunks that wait for their turn. */
function waiting({ _writableState: state }: Stream): number {
  let bytes = 0;
  for (const { chunk, encoding } of state?.getBuffer?.() ?? [])
    if (typeof chunk === "string") bytes += Buffer.byteLength(chunk, encoding as BufferEncoding);
    else if (ArrayBuffer.isView(chunk)) bytes += chunk.byteLength;
  return bytes;
}
