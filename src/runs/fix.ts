/**
 * The edits that heal what an observed program has come to: proposed, and each proven by running it.
 */
import type { Edit, FileChange } from "../edits/edit.ts";
import { identityOf } from "../edits/identity.ts";
import type { Editor } from "../edits/pattern.ts";
import type { ProofRun, ProvenEdit, ProvenEdits } from "../edits/proven.ts";
import { propose, type Proposed, type Told } from "../edits/propose.ts";
import { splice, together } from "../edits/splice.ts";
import type { Watcher } from "./many.ts";
import { limitFor, type Provable, prove, runBefore } from "./proof.ts";

export { isAsItWas, ProofAborted } from "./proof.ts";

/** How often each is run where nobody says it, and where findings differ from run to run. */
export const usualRuns = 1;
export const varyingRuns = 3;

export interface Fixing extends Provable {
  proposals: Proposed;
  /** What the program came to first, and how long it took from before its runtime was started, in ms. */
  told: Told;
  took: number;
  /** How often the program is run with each text; null where findings are to say. */
  runs: number | null;
}

/** Proposes edits. Nothing of the program is run. */
export async function proposeEdits(told: Told): Promise<Proposed> {
  return propose(told, await editorsFor(told));
}

/** The editors of the languages that the program's processes ran in. */
async function editorsFor({ definitions, findings }: Told): Promise<Editor[]> {
  if (findings.length === 0) return [];
  const commands = [...definitions.processes].flatMap(([, { command }]) => command ?? []);
  const { pythonEditor } = await import("../edits/python/python.ts");
  const { javascriptEditor } = await import("../edits/javascript/javascript.ts");
  const { pythonIn } = await import("../observe/python/python.ts");
  const interpreter = pythonIn(commands);
  return [...(interpreter === null ? [] : [pythonEditor(interpreter)]), javascriptEditor];
}

/**
 * Proves each edit, one after the other.
 *
 * @throws ProofAborted
 */
export async function proveEdits(
  fixing: Fixing,
  { signal, onProgress }: Watcher,
): Promise<ProvenEdits> {
  const { edits, without } = fixing.proposals;
  if (edits.length === 0) return { edits: [], without };
  const provable = { ...fixing, observing: { ...fixing.observing, signal } };
  let done = 0;
  let runs = fixing.runs ?? usualRuns;
  const tell = (latest: string) => (): void =>
    onProgress?.({ done: done++, of: runs * (edits.length + 1), latest });
  const before: ProofRun[] = [];
  for (let index = 0; index < runs; index++) {
    tell("the program as it is")();
    before.push(await runBefore(provable, limitFor(fixing.took)));
    if (fixing.runs === null && index === 0 && differs(fixing, before[0]!)) runs = varyingRuns;
  }
  const proven: ProvenEdit[] = [];
  for (const edit of edits) {
    const claim = { ...edit, changes: [edit.change] };
    proven.push({ ...edit, proof: await prove(provable, claim, before, tell(edit.pattern)) });
  }
  return { edits: proven, without };
}

/** Whether a run came to other findings than the first. */
function differs({ told, definitions }: Fixing, { identities }: ProofRun): boolean {
  const first = new Set(told.findings.map((finding) => identityOf(finding, definitions)));
  return first.symmetricDifference(new Set(identities)).size > 0;
}

/**
 * Proves several edits as one, since each was proven alone.
 *
 * @returns the changes, a file once; or why they do not go together.
 * @throws ProofAborted
 */
export async function proveTogether(
  fixing: Fixing,
  edits: readonly ProvenEdit[],
  { signal, onProgress }: Watcher,
): Promise<FileChange[] | string> {
  const changes = joinedChanges(edits);
  if (edits.length <= 1 || typeof changes === "string") return changes;
  const provable = { ...fixing, observing: { ...fixing.observing, signal } };
  const { before } = edits[0]!.proof;
  const claim = {
    findings: edits.flatMap(({ findings }) => findings),
    mayBring: edits.flatMap(({ mayBring }) => mayBring),
    healsEnd: edits.some(({ healsEnd }) => healsEnd),
    changes,
  };
  let done = 0;
  const { verdict, but } = await prove(provable, claim, before, () =>
    onProgress?.({ done: done++, of: before.length, latest: "all edits together" }),
  );
  return verdict === "proven" ? changes : (but ?? "they do not go together");
}

function joinedChanges(edits: readonly Edit[]): FileChange[] | string {
  const byPath = Map.groupBy(edits, ({ change }) => change.path);
  const changes: FileChange[] = [];
  for (const some of byPath.values()) {
    const [{ change }] = some as [Edit];
    const replacements = some
      .map((one) => one.change.replacements)
      .reduce(together)
      .toSorted((a, b) => a.from - b.from);
    try {
      changes.push({ ...change, replacements, after: splice(change.before, replacements) });
    } catch {
      return `two of them change the same lines of ${change.file}`;
    }
  }
  return changes;
}
