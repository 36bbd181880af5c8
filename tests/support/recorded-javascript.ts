/**
 * JavaScript programs with the recorder inside, and what it wrote of them, event by event.
 *
 * From a shell: `bun tests/support/recorded-javascript.ts bun|node FOLDER/app.ts [args…]` prints the events.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { javascript } from "../../src/observe/javascript/javascript.ts";
import { bundle } from "../../src/observe/javascript/loading/bundle.ts";
import type { RecordLine } from "../../src/observe/javascript/record.ts";
import { patience } from "./patience.ts";
import { withoutTypes } from "../observe/without-types.ts";
import { eventShapes, type EventShape } from "../../src/trace/event.ts";

export type Runtime = "bun" | "node";

export interface RecordedProgram {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** All lines, in the order in which they were written. */
  lines: RecordLine[];
  /** The events in the order of time, as `late 1100 timer callback app.mjs:16 in …`. */
  events: string[];
}

let prepared: Promise<string> | undefined;

/** A folder with the recorder's files, as tandem lays them out. */
async function prepare(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tandem-recorder-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(await bundle()))
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  return folder;
}

/** Runs a program of one or more files, the first of which is its entry. */
export async function recordProgram(
  runtime: Runtime,
  files: Readonly<Record<string, string>>,
  options: {
    args?: string[];
    env?: Record<string, string>;
    /** Of a program that does not end by itself: it is killed when its record has come to this. */
    until?: (told: Pick<RecordedProgram, "lines" | "events">) => boolean;
    blocksMs?: number;
  } = {},
): Promise<RecordedProgram> {
  prepared ??= prepare();
  const recorder = await prepared;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tandem-program-")));
  const run = realpathSync(mkdtempSync(join(tmpdir(), "tandem-run-")));
  try {
    let entry: string | undefined;
    for (const [file, source] of Object.entries(files)) {
      const isStripped = /\.[mc]?tsx?$/.test(file) && runtime === "node";
      const target = join(folder, isStripped ? file.replace(/tsx?$/, "mjs") : file);
      mkdirSync(dirname(target), { recursive: true });
      entry ??= target;
      writeFileSync(target, isStripped ? withoutTypes(source) : source);
    }
    const { NODE_OPTIONS: _node, BUN_OPTIONS: _bun, ...environment } = process.env;
    const settings = {
      prints: false,
      blocksNs: (options.blocksMs ?? 100) * 1e6,
      include: null,
      exclude: null,
    };
    const child = Bun.spawn(
      [runtime === "bun" ? process.execPath : "node", entry!, ...(options.args ?? [])],
      {
        cwd: folder,
        env: {
          ...environment,
          ...javascript.variables({ recorder, run }, settings, {}),
          ...options.env,
        },
        stdout: "pipe",
        stderr: "pipe",
        stdin: "ignore",
        timeout: patience / 2,
        killSignal: "SIGKILL",
      },
    );
    const told = (): Pick<RecordedProgram, "lines" | "events"> => {
      const own = readdirSync(run).find((one) => one.startsWith(`${child.pid}-`));
      const lines = own === undefined ? [] : linesIn(readFileSync(join(run, own), "utf8"));
      return { lines, events: eventsOf(lines) };
    };
    const { until } = options;
    const look = setInterval(() => until?.(told()) && child.kill("SIGKILL"), 50);
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    await child.exited;
    clearInterval(look);
    return { exitCode: child.exitCode, stdout, stderr, ...told() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(run, { recursive: true, force: true });
  }
}

/** Events in words: times are left out, places are `line`, actors their function and a letter. */
export function eventsOf(lines: readonly RecordLine[]): string[] {
  const places = new Map<number, string>();
  const actors = new Map<number, string>();
  const counts = new Map<string, number>();
  for (const line of lines)
    if (line[0] === "place") places.set(line[1], `${line[3]}`);
    else if (line[0] === "actor") {
      const of = line[2] === "main" ? "main" : (line[3].function ?? line[2]);
      const count = (counts.get(of) ?? 0) + 1;
      counts.set(of, count);
      actors.set(line[1], count === 1 ? of : `${of}#${count}`);
    }
  const events: [number, string][] = [];
  for (const line of lines) {
    if (line[0] === "actor") {
      const { parent, place, code } = line[3];
      const words = [
        `= ${actors.get(line[1])}`,
        line[2],
        ...(place === undefined ? [] : [`at ${places.get(place)}`]),
        ...(code === undefined ? [] : [`code ${places.get(code)}`]),
        ...(parent === undefined ? [] : [`by ${actors.get(parent)}`]),
      ];
      events.push([-1, words.join(" ")]);
    }
    if (line[0] !== "event") continue;
    const [, at, type, , actor, value, details = {}] = line;
    const shape: EventShape = eventShapes[type];
    const told: string[] = [type];
    if (shape.value !== undefined)
      told.push("words" in shape.value ? (shape.value.words[value] ?? "?") : String(value));
    if (actor !== 0) told.push(actors.get(actor) ?? `?${actor}`);
    if (details.place !== undefined) told.push(`at ${places.get(details.place) ?? "?"}`);
    if (details.text !== undefined) told.push(`"${details.text}"`);
    for (const { name: field, unit } of shape.numbers ?? []) {
      const number = details.numbers?.[field];
      if (number === undefined) continue;
      told.push(
        `${field} ${unit === "actor" ? actors.get(number) : unit === "ticks" ? Math.round(number / 1000) : number}`,
      );
    }
    for (const place of details.stack ?? []) told.push(`< ${places.get(place)}`);
    events.push([at, told.join(" ")]);
  }
  return events.toSorted(([x], [y]) => x - y).map(([, text]) => text);
}

if (import.meta.main) {
  const [runtime, path, ...args] = process.argv.slice(2);
  const folder = dirname(path!);
  const entry = basename(path!);
  const files: Record<string, string> = { [entry]: readFileSync(path!, "utf8") };
  for (const file of readdirSync(folder))
    if (/\.[mc]?[jt]sx?$/.test(file) && file !== entry)
      files[file] = readFileSync(join(folder, file), "utf8");
  const end = performance.now() + 5000;
  const until = (): boolean => performance.now() > end;
  const told = await recordProgram(runtime as Runtime, files, { args, until });
  process.stdout.write(`${told.stdout}\n--- stderr\n${told.stderr}\n--- ${told.exitCode}\n`);
  for (const line of told.lines)
    if (["trouble", "unseen", "alive", "child", "dropped", "thread"].includes(line[0]))
      process.stdout.write(`${JSON.stringify(line)}\n`);
  if (process.env["RAW"] !== undefined)
    for (const line of told.lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  process.stdout.write(`${told.events.join("\n")}\n`);
}

/** The whole lines of a record. */
function linesIn(text: string): RecordLine[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).trimEnd();
  return whole === "" ? [] : whole.split("\n").map((line) => JSON.parse(line) as RecordLine);
}
