/**
 * Observing a program: it is started with a recorder inside, its record is taken while it runs, and its end
 * is known.
 *
 * The program's streams, folder and signals are its own; tandem stands beside it and reads files. Invariant:
 * when `observe` has settled the program has ended, and the folder of the run is gone.
 */
import { closeSync, openSync } from "node:fs";
import { type Interruption, interruptions } from "../trace/event.ts";
import type { RecordedTrace } from "../trace/read.ts";
import { shellWord } from "../base/texts.ts";
import { UserError } from "../base/user-error.ts";
import { removeOwnFolder } from "../base/own-folder.ts";
import { isAlive } from "../base/processes.ts";
import { makeRunFolder, recorderFolder } from "./folders.ts";
import { Followers } from "./followers.ts";
import type { ObservedLanguage, RecorderSettings } from "./language.ts";
import { KeptOutput } from "./output.ts";
import { layOut, type OverlaidFile, type Served, servedFrom } from "./overlay.ts";
import { lookMs, type Motion, StillnessWatch } from "./stillness.ts";
import { cpuOf, descendantsOf, descriptorsFor, isAwake, isInForeground } from "./system.ts";
import { Transcript } from "./transcript.ts";
import { type Unseen, UnseenWatch } from "./unseen.ts";

/** A program that cannot be started; the message says why. */
export class CannotStart extends UserError {}

export type { OverlaidFile, Served } from "./overlay.ts";

export interface Observing {
  /** The program and its arguments. */
  command: readonly string[];
  /** The same as it is told, where what runs it has another name for its user. */
  told?: readonly string[];
  /** All that are observed, the program's own first, as far as that is known. */
  languages: readonly ObservedLanguage[];
  /** What the program is started with beside the variables that there are. */
  variables: Readonly<Record<string, string>>;
  settings: RecorderSettings;
  /** Whether what it prints to stdout is discarded. */
  isQuiet: boolean;
  /** After how long it is ended, in ms; null for never. */
  timeoutMs: number | null;
  /** After how long without any motion it is ended, in ms, unless it may go on; null for never. */
  hangMs: number | null;
  /** Texts that its runtimes read in place of what stands in these files; none where that is left out. */
  overlay?: readonly OverlaidFile[];
  /** Whether what it prints is kept, and goes nowhere else. */
  keepsOutput?: boolean;
  /** The file that is its standard input; null or left out where that is tandem's own. */
  input?: string | null;
  /** The version of tandem. */
  tandem: string;
  /** Ends it, as `--timeout` does. */
  signal?: AbortSignal;
  /** Hears that it has been started. */
  onStart?: (running: Running) => void;
}

/** A program that runs. */
export interface Running {
  pid: number;
  /** Hands it a signal that has come to tandem, unless it came by the terminal, which sends it to both. */
  forward(signal: NodeJS.Signals): void;
  /** Sends it a signal that came before it was started: nobody else has sent it that. */
  send(signal: NodeJS.Signals): void;
  /** Asks where everything stands now. */
  look(): Promise<RecordedTrace>;
  /** How many events have come so far. */
  readonly heard: number;
  /** What has come so far, without asking anybody; null while so much is coming that to read it goes before. */
  known(): RecordedTrace | null;
}

export interface Observed {
  trace: RecordedTrace;
  /** The status it ended with; null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why tandem ended it; null where it ended by itself. */
  endedFor: "timeout" | "hang" | "abort" | null;
  unseen: Unseen[];
  /** What its recorder failed in. */
  troubles: string[];
  /** Who was given a text of the overlay. */
  served: readonly Served[];
  /** What it printed; null where that was not kept. */
  output: { stdout: Uint8Array; stderr: Uint8Array } | null;
}

const nsPerMs = 1e6;

/** How often the record is looked at, in ms: while much is coming, and otherwise. */
const busyMs = 5;
const restMs = 30;

/** From which share of a record in use on much is coming. */
const busyFullness = 0.05;

/** For how long, in ms, recorders are waited for that have been asked where everything stands. */
const answerMs = 500;

/** For how long, in ms, a program that is ended may clean up. */
const graceMs = 3000;

/**
 * Runs a program to its end, observed. Where there is no room for a record it runs all the same, and that is
 * told.
 *
 * @throws CannotStart
 */
export async function observe(observing: Observing): Promise<Observed> {
  // Before anything is opened here that is not to be handed on.
  const descriptors = descriptorsFor(observing.command);
  const place = await prepared(observing);
  try {
    return await new Observation(observing, place, descriptors).perform();
  } finally {
    place.output?.[Symbol.dispose]();
    if (place.folders !== null) removeOwnFolder(place.folders.run);
  }
}

type Descriptors = ReturnType<typeof descriptorsFor>;

/** The folders of a run, or why there are none. */
interface Prepared {
  folders: RunFolders | null;
  why: string;
  /** Where what it prints is kept; null where that is not wanted, or cannot be. */
  output: KeptOutput | null;
}

interface RunFolders {
  run: string;
  /** That of the texts in place of files; null where there are none. */
  overlay: string | null;
  /** By the name of a language. */
  recorders: ReadonlyMap<string, string>;
}

async function prepared(observing: Observing): Promise<Prepared> {
  const { languages, overlay = [], keepsOutput = false } = observing;
  let run: string | undefined;
  try {
    run = makeRunFolder();
    const recorders = new Map<string, string>();
    for (const language of languages)
      recorders.set(language.name, await recorderFolder(await language.recorder(), run));
    const texts = overlay.length === 0 ? null : layOut(overlay, run);
    const output = keepsOutput ? new KeptOutput(run) : null;
    return { folders: { run, overlay: texts, recorders }, why: "", output };
  } catch (error) {
    if (run !== undefined) removeOwnFolder(run);
    const why = `there is no room for its record: ${(error as Error).message}`;
    return { folders: null, why, output: null };
  }
}

class Observation implements Running {
  readonly #observing: Observing;
  readonly #prepared: Prepared;
  readonly #child: Bun.Subprocess;
  readonly #transcript: Transcript;
  readonly #followers: Followers;
  readonly #unseen: UnseenWatch;
  readonly #stillness: StillnessWatch | null;
  #endedFor: Observed["endedFor"] = null;
  #lookedAt = 0;
  readonly #startedAt = Date.now();
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(observing: Observing, prepared: Prepared, descriptors: Descriptors) {
    const { languages, settings, hangMs, tandem } = observing;
    this.#observing = observing;
    this.#prepared = prepared;
    this.#child = start(observing, prepared, descriptors);
    const { pid } = this.#child;
    this.#transcript = new Transcript({
      kind: "observed",
      language: languages[0]!.name,
      runtime: languages[0]!.name,
      command: this.#words,
      pid,
      blocks: settings.blocksNs / nsPerMs,
      tandem,
      folder: process.cwd(),
    });
    const run = prepared.folders?.run ?? null;
    this.#followers = new Followers(run, this.#transcript, { languages, root: pid });
    this.#unseen = new UnseenWatch(languages);
    this.#stillness = hangMs === null ? null : new StillnessWatch(hangMs);
  }

  get pid(): number {
    return this.#child.pid;
  }

  forward(signal: NodeJS.Signals): void {
    const isTyped = ["SIGINT", "SIGQUIT", "SIGHUP"].includes(signal);
    if (!isTyped || !isInForeground()) this.send(signal);
  }

  send(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }

  get heard(): number {
    return this.#followers.heard;
  }

  known(): RecordedTrace | null {
    return this.#followers.fullness > busyFullness ? null : this.#transcript.trace();
  }

  async look(): Promise<RecordedTrace> {
    await this.#ask();
    return this.#transcript.trace();
  }

  /** Has every recorder tell where everything stands. */
  async #ask(): Promise<void> {
    this.#followers.request();
    const until = performance.now() + answerMs;
    do {
      this.#followers.poll(performance.now());
      if (this.#followers.hasAnswered) break;
      await this.#rest(busyMs);
    } while (performance.now() < until && !this.#hasEnded);
  }

  async perform(): Promise<Observed> {
    void this.#child.exited.then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
    const abort = (): void => this.#wake();
    this.#observing.signal?.addEventListener("abort", abort);
    this.#observing.onStart?.(this);
    await this.#follow();
    this.#observing.signal?.removeEventListener("abort", abort);
    return this.#result(Date.now());
  }

  async #follow(): Promise<void> {
    const { timeoutMs, signal } = this.#observing;
    let limit = timeoutMs === null ? Infinity : performance.now() + timeoutMs;
    for (let before = performance.now(); !this.#hasEnded;) {
      const now = performance.now();
      // Where tandem itself was stopped (Ctrl-Z), so was the program.
      if (now - before > 1000) limit += now - before;
      before = now;
      this.#followers.poll(now);
      this.#prepared.output?.bound();
      if (now - this.#lookedAt >= lookMs) this.#lookAround(now);
      if (signal?.aborted) return this.#end("abort");
      if (now >= limit) return this.#end("timeout");
      if (this.#stillness?.isStill && (await this.#isHung())) return this.#end("hang");
      await this.#rest(this.#followers.fullness > busyFullness ? busyMs : restMs);
    }
  }

  /** Waits for some ms, or for the program's end. */
  #rest(ms: number): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lookAround(now: number): void {
    this.#lookedAt = now;
    const below = descendantsOf(this.pid);
    const seen = new Set(this.#followers.pids);
    this.#unseen.look([this.pid, ...below], seen, now);
    this.#stillness?.note(now, this.#motion(below));
  }

  #motion(below: readonly number[]): Motion {
    const live = new Set(this.#followers.livePids);
    const isOther = (pid: number): boolean => !live.has(pid) && !this.#unseen.isHelper(pid);
    // Bun turns its loop round and round where a module waits for ever.
    const idle = new Set(this.#followers.idlePids);
    const counted = [this.pid, ...below].filter((pid) => !idle.has(pid));
    return {
      events: this.#followers.heard,
      cpuMs: counted.reduce((sum, pid) => sum + cpuOf(pid), 0),
      processes: below,
      isAwake: counted.some(isAwake) || below.some(isOther),
    };
  }

  /** Whether nothing can wake it any more, as its recorders say; if something can, it has as long again. */
  async #isHung(): Promise<boolean> {
    await this.#ask();
    // What has come to run since may not have come to tell of it.
    const { isAwake } = this.#motion(descendantsOf(this.pid));
    if (!isAwake && !this.#followers.mayGoOn && !this.#hasEnded) return true;
    this.#stillness?.startOver();
    return false;
  }

  /** Ends the program: asks where everything stands, then asks it to go, then makes it. */
  async #end(why: NonNullable<Observed["endedFor"]>): Promise<void> {
    this.#endedFor = why;
    if (why !== "hang") await this.#ask();
    const below = descendantsOf(this.pid);
    this.send("SIGTERM");
    await this.#waitForEnd(graceMs);
    this.send("SIGKILL");
    while (!this.#hasEnded) await this.#waitForEnd(graceMs);
    for (const pid of below) kill(pid, "SIGTERM");
    const until = performance.now() + answerMs;
    while (below.some(isAlive) && performance.now() < until) await Bun.sleep(busyMs);
    for (const pid of below) kill(pid, "SIGKILL");
  }

  async #waitForEnd(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (!this.#hasEnded && performance.now() < until) {
      await this.#rest(restMs);
      this.#followers.poll(performance.now());
      this.#prepared.output?.bound();
    }
  }

  #result(endedAt: number): Observed {
    const endedBy = this.#endedFor === "abort" ? "signal" : this.#endedFor;
    const { command, told = command } = this.#observing;
    const code = this.#child.exitCode;
    const signal = this.#child.signalCode as NodeJS.Signals | null;
    this.#followers.finish(interruptions.indexOf(endedBy ?? "crash"), signal === null);
    this.#tellEnd(endedAt, { code, signal, endedBy });
    const { pid } = this;
    const unseen =
      this.#prepared.folders === null
        ? [{ process: this.#words, why: this.#prepared.why }]
        : [
            ...this.#unseen.result(new Set(this.#followers.pids), { pid, command, told }),
            ...this.#followers.unseen,
          ];
    const troubles = this.#transcript.processes.flatMap((one) => [...one.troubles]);
    return {
      trace: this.#transcript.trace(),
      code: signal === null ? code : null,
      signal,
      endedFor: this.#endedFor,
      unseen,
      troubles: [...new Set([...this.#followers.troubles, ...troubles])],
      served: this.#served,
      output: this.#prepared.output?.contents() ?? null,
    };
  }

  get #served(): Served[] {
    const overlay = this.#prepared.folders?.overlay ?? null;
    return overlay === null ? [] : servedFrom(overlay, this.#observing.overlay ?? []);
  }

  /** Tells the end of the process that was started, where a recorder was in it or in none at all. */
  #tellEnd(
    endedAt: number,
    { code, signal, endedBy }: Pick<Observed, "code" | "signal"> & { endedBy: Interruption | null },
  ): void {
    const root = this.#followers.of(this.pid) ?? this.#unseenRoot();
    const at = this.#transcript.clock.ticksAt(endedAt);
    const by = endedBy ?? (signal === null ? null : "signal");
    if (by === null) root?.ended(at, { code: code ?? 0 });
    else root?.ended(at, { by: interruptions.indexOf(by), detail: signal });
  }

  /** The process that was started, where nothing was seen of any. */
  #unseenRoot() {
    if (this.#transcript.processes.length > 0) return null;
    const { pid } = this;
    return this.#transcript.addUnseen({ pid, command: this.#words, epochMs: this.#startedAt });
  }

  get #words(): string {
    const { command, told = command } = this.#observing;
    return told.map(shellWord).join(" ");
  }
}

/** @throws CannotStart */
function start(observing: Observing, { folders, output }: Prepared, descriptors: Descriptors) {
  const { command, languages, settings, input = null } = observing;
  const recorders = folders === null ? [] : languages;
  const variables = recorders.map((language) => {
    const { run, overlay } = folders!;
    const of = { run, overlay, recorder: folders!.recorders.get(language.name)! };
    return language.variables(of, settings, process.env);
  });
  const stdin = input === null ? null : openSync(input, "r");
  try {
    return Bun.spawn([...command], {
      stdio: [stdin ?? "inherit", ...printsTo(observing, output), ...descriptors],
      env: Object.assign({}, process.env, observing.variables, ...variables),
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = reasons[code ?? ""] ?? message;
    throw new CannotStart(`${command[0]} cannot be started: ${why}`);
  } finally {
    if (stdin !== null) closeSync(stdin);
  }
}

/** What standard output and standard error are for the program. */
function printsTo(
  { isQuiet, keepsOutput = false }: Observing,
  output: KeptOutput | null,
): [stdout: Sink, stderr: Sink] {
  if (output !== null) return output.descriptors;
  if (keepsOutput) return ["ignore", "ignore"];
  return [isQuiet ? "ignore" : "inherit", "inherit"];
}

type Sink = number | "ignore" | "inherit";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file, or what its first line names is not there",
  EACCES: "it is not executable",
  ENOEXEC: "the system does not know how to run it",
};

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone meanwhile.
  }
}
