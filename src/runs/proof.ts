/**
 * The proof of an edit: the program is run with its own text and, in the same minutes, with the changed text
 * in place of its file.
 *
 * Nothing is written where the program stands. An edit is proven when the changed text was really read by
 * every process that has told of a line of it, the unchanged program showed the fault each time, the changed
 * one never did and showed nothing new, and it ended as it should.
 */
import { readFileSync } from "node:fs";
import { formatMeasured, TICKS_PER_MS } from "../base/duration.ts";
import { list } from "../base/sentences.ts";
import type { FileChange, Price } from "../edits/edit.ts";
import { identityOf, type LineOf, linesBefore } from "../edits/identity.ts";
import type { Proof, ProofRun, Verdict } from "../edits/proven.ts";
import { observe, type Observing, type Served } from "../observe/observe.ts";
import type { Reading } from "../reading/reading.ts";
import { findInProgram, type ProgramFinding } from "../remedies/program/findings.ts";
import { Names } from "../remedies/program/names.ts";
import type { Definitions } from "../trace/definitions.ts";
import { recordingOf } from "./recording.ts";

/** What is to be proven: texts that are changed together, and what they are to heal. */
export interface Claim extends Pick<Price, "mayBring" | "healsEnd"> {
  findings: readonly ProgramFinding[];
  changes: readonly FileChange[];
}

/** A program as it is run for proofs. */
export interface Provable {
  observing: Observing;
  /** How it was told of first: whose findings are to be healed. */
  definitions: Definitions;
}

/** The proofs were ended before they had come to anything. */
export class ProofAborted extends Error {}

/** How long a changed program may take: twice as long as the unchanged one, and this many ms. */
const slackMs = 5000;

/**
 * Runs the unchanged program.
 *
 * @param limitMs after how long it is ended.
 * @throws ProofAborted
 */
export async function runBefore({ observing }: Provable, limitMs: number): Promise<ProofRun> {
  return (await runOnce(observing, [], limitMs)).run;
}

/** How long a program may take that has taken so long. */
export function limitFor(ms: number): number {
  return 2 * ms + slackMs;
}

/**
 * Proves a claim, or finds why it does not hold, as soon as that is known.
 *
 * @param before the runs of the unchanged program in the same minutes.
 * @param onRun hears when one more run begins.
 * @throws ProofAborted
 */
export async function prove(
  provable: Provable,
  claim: Claim,
  before: readonly ProofRun[],
  onRun: () => void,
): Promise<Proof> {
  const { observing, definitions } = provable;
  const faults = claim.findings.map((finding) => identityOf(finding, definitions));
  const runs = before.length;
  const proof: Proof = { verdict: "proven", but: null, runs, before, after: [], served: [] };
  const shown = before.filter(({ identities }) => faults.every((one) => identities.includes(one)));
  if (shown.length < before.length) {
    const but = `the unchanged program showed the fault in ${shown.length} of ${before.length} runs`;
    return { ...proof, verdict: "unproven", but };
  }
  const edited = claim.changes.find((change) => !isAsItWas(change));
  if (edited !== undefined) return { ...proof, verdict: "unproven", but: hasChanged(edited) };
  const limit = limitFor(Math.max(...before.map(({ took }) => took)));
  const after: ProofRun[] = [];
  const served: (readonly Served[])[] = [];
  const prices = new Set<string>();
  for (let index = 0; index < runs; index++) {
    onRun();
    const { run, by } = await runOnce(observing, claim.changes, limit);
    after.push(run);
    served.push(by.served);
    const judged = judge({ claim, faults, before, run, by, limit });
    if (judged.verdict === "refuted" || judged.verdict === "unproven")
      return { ...proof, after, served, ...judged };
    if (judged.but !== null) prices.add(judged.but);
  }
  const since = claim.changes.find((change) => !isAsItWas(change));
  if (since !== undefined)
    return { ...proof, after, served, verdict: "unproven", but: hasChanged(since) };
  if (prices.size === 0) return { ...proof, after, served };
  return { ...proof, after, served, verdict: "heals", but: list([...prices]) };
}

/** Whether a file still holds what it did when the program was observed. */
export function isAsItWas({ path, before }: FileChange): boolean {
  try {
    return Buffer.compare(readFileSync(path), before) === 0;
  } catch {
    return false;
  }
}

function hasChanged({ file }: FileChange): string {
  return `${file} has changed since the program was observed`;
}

interface Judged {
  verdict: Verdict;
  but: string | null;
}

/** What one run with the changed text says of a claim. */
function judge(one: {
  claim: Claim;
  faults: readonly string[];
  before: readonly ProofRun[];
  run: ProofRun;
  by: Ran;
  limit: number;
}): Judged {
  const { claim, faults, before, run, by, limit } = one;
  const unread = unreadBy(by, claim.changes);
  if (unread !== null) return { verdict: "unproven", but: unread };
  const stays = run.identities.findIndex((identity) => faults.includes(identity));
  if (stays >= 0) return { verdict: "refuted", but: `it changed nothing: ${of(run, stays)}` };
  const known = new Set(before.flatMap(({ identities }) => identities));
  const isOver = run.endedFor === null;
  const notOver = `it had not ended after ${formatMeasured(run.ms * TICKS_PER_MS)}`;
  if (!isOver && claim.findings.some(({ rule }) => shownByEnds.has(rule)))
    return { verdict: "unproven", but: `${notOver}, and only its end would show that it heals` };
  const news = run.findings
    .filter((_, index) => !known.has(run.identities[index]!))
    // Where it was ended, what it was ended in is told by that alone.
    .filter(({ rule }) => isOver || !endings.has(rule));
  const unforeseen = news.find(({ rule }) => !claim.mayBring.includes(rule));
  if (unforeseen !== undefined)
    return { verdict: "refuted", but: `it brings something new: ${unforeseen.message}` };
  const brings = news.map(({ message }) => `it brings this: ${message}`);
  const ends = isOver ? [] : [`${notOver}, and was ended then`];
  const but = [...ends, ...brings];
  const status = isOver ? statusWords(before, run, claim.healsEnd) : null;
  if (status !== null) return { verdict: "refuted", but: status };
  if (isOver && run.ms > limit)
    return { verdict: "refuted", but: `it took ${formatMeasured(run.ms * TICKS_PER_MS)}` };
  return but.length === 0 ? { verdict: "proven", but: null } : { verdict: "heals", but: list(but) };
}

/** Rules of what an end from outside finds under way. */
const endings: ReadonlySet<string> = new Set([
  "woken-never",
  "lost-at-exit",
  "lost-at-close",
  "kept-alive",
  "handler-unrun",
  "left-in-queue",
  "cleanup-cut",
  "never-started",
]);

/** Rules of what is there, or is not, by how a program ends. */
const shownByEnds: ReadonlySet<string> = new Set([...endings, "floating", "output-cut"]);

function of({ findings }: ProofRun, index: number): string {
  return findings[index]!.message;
}

/** How a run ended otherwise than it should have; null where it ended well. */
function statusWords(
  before: readonly ProofRun[],
  { code, signal }: ProofRun,
  healsEnd: boolean,
): string | null {
  const told = signal === null ? `status ${code}` : signal;
  if (code === 0 && (healsEnd || before.some(({ endedFor }) => endedFor !== null))) return null;
  if (before.some((one) => one.code === code && one.signal === signal)) return null;
  const [first] = before as [ProofRun];
  const was = first.signal === null ? `status ${first.code}` : first.signal;
  return `it ended with ${told}, and the unchanged program with ${was}`;
}

/** Why a changed text was not read by all that ran it; null where it was. */
function unreadBy({ served, reading, definitions }: Ran, changes: readonly FileChange[]) {
  for (const { path, file } of changes) {
    const readers = new Set(served.filter((one) => one.path === path).map(({ pid }) => pid));
    if (readers.size === 0) return `the changed text of ${file} was read by no process`;
    const [missing] = processesOf(file, reading, definitions).difference(readers);
    if (missing !== undefined)
      return `the changed text of ${file} was not read by process ${missing}, which ran it`;
  }
  return null;
}

/** The processes that have told of a line in a file. */
function processesOf(file: string, reading: Reading, definitions: Definitions): Set<number> {
  const homes = new Map(reading.threads.map(({ number, process }) => [number, process]));
  const isIn = (place: number | null | undefined): boolean =>
    definitions.places.get(place ?? NaN)?.file === file;
  const pids = reading.actors
    .filter(
      ({ number, lastPlace }) => isIn(definitions.actors.get(number)?.code) || isIn(lastPlace),
    )
    .flatMap(({ thread }) => homes.get(thread ?? NaN) ?? [])
    .flatMap((process) => definitions.processes.get(process)?.pid ?? []);
  return new Set(pids);
}

/** What is known of a run beside what is kept of it. */
interface Ran {
  served: readonly Served[];
  reading: Reading;
  definitions: Definitions;
}

async function runOnce(
  observing: Observing,
  changes: readonly FileChange[],
  limitMs: number,
): Promise<{ run: ProofRun; by: Ran }> {
  const { timeoutMs } = observing;
  const overlay = changes.map(({ path, after: text }) => ({ path, text }));
  const startedAt = performance.now();
  const observed = await observe({
    ...observing,
    keepsOutput: true,
    overlay,
    timeoutMs: changes.length === 0 ? Math.min(timeoutMs ?? Infinity, limitMs) : limitMs,
  });
  if (observed.endedFor === "abort") throw new ProofAborted();
  const { trace, code, signal, endedFor, served, output } = observed;
  const took = performance.now() - startedAt;
  const { source, reading } = recordingOf(trace);
  const { definitions } = trace;
  const findings = findInProgram(reading, { source, names: new Names(definitions) });
  const lineOf: LineOf = linesBefore(changes);
  const run = {
    ...{ code, signal, endedFor, findings },
    ms: reading.wall / TICKS_PER_MS,
    took,
    identities: findings.map((finding) => identityOf(finding, definitions, lineOf)),
    stdout: output?.stdout ?? new Uint8Array(),
    stderr: output?.stderr ?? new Uint8Array(),
  };
  return { run, by: { served, reading, definitions } };
}
