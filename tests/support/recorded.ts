/**
 * Python programs with the recorder inside, and what it wrote of them, slot by slot.
 *
 * From a shell: `bun tests/support/recorded.ts /path/to/python3 app.py [args…]` prints the slots.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recorderFiles } from "../../src/observe/python/recorder.ts";
import { eventShapes, eventTypes, type EventShape } from "../../src/trace/event.ts";

/** A slot whose ids are looked up: places as `file:line function`, texts as they are. */
export interface Slot {
  kind: string;
  /** ns since the recorder's start. */
  at: number;
  value: number;
  /** The value's word, where it is one of the table's. */
  word?: string;
  actor: number;
  /** `app.py:3 main`; null where there is none. */
  place: string | null;
  text: string | null;
  thread: number;
  extra: number;
}

export interface Recorded {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** The slots of each process, in order; the first is the process that was started. */
  processes: Slot[][];
}

const others: Record<number, string> = {
  202: "PLACE",
  203: "THREAD",
  204: "ACTOR",
  205: "NAME",
  206: "RESOURCE",
  207: "LOOP",
  208: "CODE",
  209: "MORE",
  210: "TROUBLE",
  211: "STACK",
  212: "SOURCE",
  213: "CHILD",
  214: "DONE",
};

const headerBytes = 4096;

/** Runs Python with the recorder; arguments as `["app.py"]` or `["-c", text]`. */
export function record(
  python: string,
  argv: string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    timeout?: number;
    /** The recorder's folder, which is kept; else one of this process's own. */
    recorder?: string;
  } = {},
): Recorded {
  const folder = mkdtempSync(join(tmpdir(), "tandem-recorded-"));
  try {
    const recorder = options.recorder ?? folder;
    for (const [name, text] of Object.entries(recorderFiles()))
      if (!existsSync(join(recorder, name))) writeFileSync(join(recorder, name), text);
    const run = Bun.spawnSync([python, ...argv], {
      cwd: options.cwd ?? process.cwd(),
      env: { ...process.env, ...options.env, PYTHONPATH: recorder, TANDEM_RECORD: folder },
      stdout: "pipe",
      stderr: "pipe",
      timeout: options.timeout ?? 60_000,
    });
    const names = readdirSync(folder).sort();
    const trouble = names.filter((name) => name.endsWith(".trouble"));
    if (trouble.length > 0) throw new Error(readFileSync(join(folder, trouble[0]!), "utf8"));
    return {
      exitCode: run.exitCode,
      stdout: run.stdout.toString(),
      stderr: run.stderr.toString(),
      processes: names
        .filter((name) => name.endsWith(".rec"))
        .sort((a, b) => bornAt(a) - bornAt(b))
        .map((name) => slotsOf(readFileSync(join(folder, name)))),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const bornAt = (name: string): number => Number(name.split("-")[1]!.slice(0, -4));

/**
 * All slots of a file's two rings, in the order of time; none of a file that its process was ended before it had
 * laid out.
 */
function slotsOf(file: Buffer): Slot[] {
  if (file.length < headerBytes) return [];
  const began = file.readBigInt64LE(32);
  const texts = new Map<number, string>();
  const parts = new Map<number, Buffer[]>();
  const places = new Map<number, string>();
  const slots: Slot[] = [];
  let base = file.readUInt32LE(8);
  for (const count of [file.readUInt32LE(20), file.readUInt32LE(24)]) {
    for (let index = 0; index < count; index += 1) {
      const at = base + 32 * index;
      if (at + 32 > file.length) break;
      if (file[at + 31] === 0) continue;
      const kind = file[at + 30]!;
      if (kind === 201) {
        const id = file.readUInt32LE(at + 22);
        const known = parts.get(id) ?? [];
        parts.set(id, [...known, file.subarray(at, at + 22)]);
        const whole = Buffer.concat(parts.get(id)!).subarray(0, file.readUInt16LE(at + 28));
        texts.set(id, whole.toString());
        continue;
      }
      const value = Number(file.readBigInt64LE(at + 8));
      const [actor, place, extra] = [16, 20, 24].map((offset) => file.readUInt32LE(at + offset));
      if (kind === 202) {
        const [line, name] = [value % 2 ** 32, texts.get(place!)!.split("/").pop()];
        places.set(actor!, `${name}:${line} ${texts.get(extra!) ?? ""}`.trim());
        continue;
      }
      const type = eventTypes[kind];
      const shape: EventShape | undefined = type && eventShapes[type];
      const words = shape?.value && "words" in shape.value ? shape.value.words : undefined;
      slots.push({
        kind: type ?? others[kind] ?? String(kind),
        at: Number(file.readBigInt64LE(at) - began),
        value,
        ...(words && { word: words[value] }),
        actor: actor!,
        place: places.get(place!) ?? null,
        text: texts.get(extra!) ?? null,
        thread: file.readUInt16LE(at + 28),
        extra: extra!,
      });
    }
    base += 32 * count;
  }
  return slots;
}

if (import.meta.main) {
  const [python, ...argv] = process.argv.slice(2);
  const run = record(python!, argv, { timeout: 20_000 });
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  for (const slots of run.processes) {
    console.log("--- process");
    for (const { kind, at, actor, thread, value, word, place, text, extra } of slots)
      console.log(
        (at / 1e6).toFixed(2).padStart(9),
        `t${thread}`,
        `#${actor}`.padEnd(4),
        kind.padEnd(16),
        word ?? (value > 2 ** 32 ? `${Math.floor(value / 2 ** 32)}<${value % 2 ** 32}` : value),
        place ?? "",
        text ?? (extra > 0 ? `(${extra})` : ""),
      );
  }
  console.log("exit", run.exitCode);
}
