/**
 * The truth about a program, written down beside it, held against the result of observing it.
 *
 * `truth.json` says what became of the program's work: `line` is where it stood (of what never started:
 * its `def` line), `created` where it was started or handed over. Lines are of the program. Lines, items,
 * who heard and the exit status are compared exactly, durations with a fifth less allowed, and of a task
 * the function; `read x 3` are three of it.
 */

/** What became of a piece of work. */
export interface Fate {
  task: string;
  name?: string;
  line?: number;
  created?: number;
  by?: number;
  /** How many there are of it; 1 where it does not say. */
  count?: number;
}

export interface Truth {
  language: "python" | "javascript" | "typescript";
  /** The status of the bare program; null when it does not end by itself. */
  exit: number | null;
  runtime?: readonly string[];
  /** What is otherwise on a runtime: as fields that are compared there, or in words for people. */
  differs?: Readonly<Record<string, Partial<Truth> | string>>;
  /** What stands before the program on a runtime's command line, by the runtime's name. */
  arguments?: Readonly<Record<string, readonly string[]>>;
  /** Null where it is another each time. */
  stdout: readonly string[] | null;
  /** Parts of what stands in stderr. */
  stderr?: readonly string[];
  lost?: readonly Fate[];
  givenUp?: readonly Fate[];
  cancelled?: readonly Fate[];
  outlived?: readonly Fate[];
  swallowed?: readonly Fate[];
  late?: readonly { task: string; ms: number }[];
  blocked?: readonly { line?: number; ms: number | null; function?: string; task?: string }[];
  failures?: readonly (Partial<Fate> & {
    error: string;
    heard?: "raised" | "logged" | "nobody";
  })[];
  left?: readonly { queue: string; line: number; items: number; unfinished?: number }[];
  /** What had been printed and not flushed when the process ended. */
  cut?: readonly { stream: string; bytes?: number; line: number }[];
  /** Whether its output is buffered, as without a terminal it is. */
  buffered?: true;
  unrun?: readonly { handler: string; line: number }[];
  holds?: readonly { what: string; created?: number; function?: string }[];
  threads?: readonly { name: string; daemon?: boolean; line?: number; function?: string }[];
  processes?: readonly { signal?: string }[];
  kinds?: readonly ({ function: string; created?: number } & Record<string, number | string>)[];
  /** Empty: a program that has no fault. */
  findings?: readonly { rule: string; line?: number }[];
  /** Who stands in the circle of those that wait for each other. */
  circle?: readonly string[];
  exitPlace?: number;
  hang: boolean;
  hangIsIdle?: boolean;
}

interface Place {
  file: string;
  line: number;
  function?: string | null;
}

interface Task {
  name: string;
  function: string | null;
  kind: string;
  created: Place | null;
  status: string;
  lost: boolean;
  givenUp: unknown;
  cancelledBy: Place | null;
  stoodAt: Place | null;
  outlived: unknown;
  swallowed: unknown;
}

/** The result of observing, as far as it is compared. */
export interface Result {
  exit: { code: number | null; signal: string | null; place: Place | null };
  threads: { name: string; daemon: boolean; function?: string | null; stoodAt: Place | null }[];
  processes: { signal?: string | null }[];
  kinds: ({ function: string; created: Place | null } & Record<string, unknown>)[];
  tasks: Task[];
  outputCut: { stream: string; bytes: number; place: Place | null }[];
  blocks: {
    kind: string | null;
    ms: number | null;
    place: Place | null;
    task: string | null;
    late: { task: string; ms: number }[];
  }[];
  failures: {
    task: string | null;
    place: Place | null;
    created: Place | null;
    error: string;
    heard: string;
  }[];
  left: { resource: string; place: Place | null; items: number; unfinished?: number | null }[];
  unrun: { handler: string; place: Place | null }[];
  holds: { what: string; place: Place | null; function: string | null }[];
  waits: { who: string; circle: boolean }[];
  hang: "idle" | "blocked" | null;
  findings: { rule: string; place: Place | null; places: Place[]; message: string }[];
}

/** The function's own name: of `Meter.store` or `main (on_command, line 23)` the part that stays the same. */
export function functionOf(text: string | null): string {
  const [first = ""] = /^[\w<>.#$]+/.exec(text ?? "") ?? [];
  return first
    .split(".")
    .at(-1)!
    .replace(/^[<#]|>$/g, "");
}

/** The message of an error alone, without its class. */
function messageOf(error: string): string {
  return error.replace(/^\w*Error: /, "");
}

/** The truth on a runtime, which may differ; null where that is not told field by field. */
export function truthOn(truth: Truth, runtime: string): Truth | null {
  const [, other] =
    Object.entries(truth.differs ?? {}).find(([name]) => name.startsWith(runtime)) ?? [];
  if (typeof other === "object") return { ...truth, ...other };
  return truth.runtime?.some((one) => one.startsWith(runtime)) ? truth : null;
}

/** What of the truth the result does not tell, or tells otherwise; empty where it is all there. */
export function discrepancies(truth: Truth, result: Result): string[] {
  const wrong: string[] = [];
  const is = (what: string, expected: unknown, found: unknown): void => {
    if (JSON.stringify(expected) !== JSON.stringify(found))
      wrong.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  };
  if (!truth.hang) is("exit status", truth.exit, result.exit.code);
  if (truth.exitPlace !== undefined) is("exit place", truth.exitPlace, result.exit.place?.line);
  const isPython = truth.language === "python";
  const hang = truth.hangIsIdle ? "idle" : "blocked";
  if (truth.hang)
    is(
      "hang",
      truth.hangIsIdle === undefined && result.hang !== null ? result.hang : hang,
      result.hang,
    );
  else is("hang", null, result.hang);
  fates(
    "lost",
    truth.lost ?? [],
    result.tasks.filter((task) => task.lost),
  );
  fates(
    "given up",
    truth.givenUp ?? [],
    result.tasks.filter((task) => task.givenUp),
  );
  fates(
    "outlived",
    truth.outlived ?? [],
    // What was cut off in the end is lost, although it has outlived somebody as well.
    result.tasks.filter((task) => task.outlived && !task.lost),
  );
  fates(
    "swallowed",
    truth.swallowed ?? [],
    result.tasks.filter((task) => task.swallowed),
  );
  const onPurpose = result.tasks.filter(
    ({ status, lost, givenUp }) => status === "cancelled" && !lost && !givenUp,
  );
  if (truth.cancelled !== undefined) fates("cancelled", truth.cancelled, onPurpose);
  for (const expected of truth.late ?? []) {
    const late = result.blocks
      .flatMap((block) => block.late)
      .filter(({ task }) => functionOf(task) === functionOf(expected.task));
    const most = Math.max(0, ...late.map(({ ms }) => ms));
    if (most < expected.ms * 0.8) wrong.push(`late ${expected.task}: ${most} ms of ${expected.ms}`);
  }
  if (truth.blocked !== undefined) for (const expected of truth.blocked) blocked(expected);
  else if (truth.findings?.length === 0)
    // A machine that has no room for the program is no fault of it, nor that a runtime makes ready what it loads.
    is(
      "blocks",
      [],
      result.blocks.filter(({ kind, late }) => kind !== "queued" && (isPython || late.length > 0)),
    );
  several("failures", truth.failures ?? [], result.failures, (expected, found) => [
    expected.task === undefined || functionOf(expected.task) === functionOf(found.task),
    expected.line === undefined || expected.line === found.place?.line,
    expected.created === undefined || expected.created === found.created?.line,
    expected.error === (isPython ? found.error : messageOf(found.error)),
    expected.heard === undefined || expected.heard === found.heard,
  ]);
  several("left", truth.left ?? [], result.left, (expected, found) => [
    expected.line === found.place?.line,
    expected.items === found.items,
    expected.unfinished === undefined || expected.unfinished === found.unfinished,
  ]);
  several("cut", truth.cut ?? [], result.outputCut, (expected, found) => [
    expected.stream === found.stream,
    expected.bytes === undefined || expected.bytes === found.bytes,
    expected.line === found.place?.line,
  ]);
  several("unrun", truth.unrun ?? [], result.unrun, (expected, found) => [
    functionOf(expected.handler) === functionOf(found.handler),
    expected.line === found.place?.line,
  ]);
  if (truth.holds !== undefined)
    several("holds", truth.holds, result.holds, (expected, found) => [
      expected.created === undefined || expected.created === found.place?.line,
      expected.function === undefined ||
        functionOf(expected.function) === functionOf(found.function),
    ]);
  for (const expected of truth.threads ?? []) thread(expected);
  for (const { signal } of truth.processes ?? [])
    if (signal !== undefined && !result.processes.some((one) => one.signal === signal))
      wrong.push(`processes: none ended by ${signal}: ${JSON.stringify(result.processes)}`);
  for (const { function: of, created, ...counts } of truth.kinds ?? []) {
    const kind = result.kinds.find(
      (one) =>
        functionOf(one.function) === functionOf(of) &&
        (created === undefined || one.created?.line === created),
    );
    if (kind === undefined) wrong.push(`kinds: no ${of}`);
    else
      for (const [key, count] of Object.entries(counts)) is(`kind ${of}.${key}`, count, kind[key]);
  }
  if (truth.circle !== undefined)
    is(
      "circle",
      [...truth.circle].sort(),
      result.waits
        .filter(({ circle }) => circle)
        .map(({ who }) => functionOf(who))
        .sort(),
    );
  if (truth.findings?.length === 0)
    is(
      "findings",
      [],
      result.findings.map(({ rule, message }) => `${rule}: ${message}`),
    );
  for (const { rule, line } of truth.findings ?? [])
    if (
      !result.findings.some(
        (found) =>
          found.rule === rule &&
          (line === undefined ||
            [found.place, ...found.places].some((place) => place?.line === line)),
      )
    )
      wrong.push(
        `findings: no ${rule}${line === undefined ? "" : ` at ${line}`}: ${JSON.stringify(result.findings.map((one) => [one.rule, one.place?.line]))}`,
      );
  return wrong;

  function fates(what: string, expected: readonly Fate[], found: readonly Task[]): void {
    const wanted = expected.flatMap((one) => {
      const [, times = "1"] = / x (\d+)$/.exec(one.task) ?? [];
      return Array<Fate>(one.count ?? Number(times)).fill(one);
    });
    several(what, wanted, found, (one, task) => [
      functionOf(one.task) === functionOf(task.function ?? task.name),
      one.name === undefined || one.name === task.name,
      one.line === undefined || one.line === task.stoodAt?.line,
      one.created === undefined || one.created === task.created?.line,
      one.by === undefined || one.by === task.cancelledBy?.line,
    ]);
  }

  /** Each that is expected is found once, and nothing else is. */
  function several<Expected, Found>(
    what: string,
    expected: readonly Expected[],
    found: readonly Found[],
    fits: (expected: Expected, found: Found) => readonly boolean[],
  ): void {
    const rest = [...found];
    for (const one of expected) {
      const at = rest.findIndex((candidate) => fits(one, candidate).every(Boolean));
      if (at < 0) wrong.push(`${what}: missing ${JSON.stringify(one)}`);
      else rest.splice(at, 1);
    }
    for (const one of rest) wrong.push(`${what}: told and not there ${JSON.stringify(one)}`);
  }

  function blocked(expected: NonNullable<Truth["blocked"]>[number]): void {
    const { line, ms, function: of } = expected;
    const block = result.blocks.find(
      (one) =>
        (line === undefined || one.place?.line === line) &&
        (of === undefined || functionOf(one.place?.function ?? null) === of) &&
        (ms === null ? one.ms === null || truth.hang : (one.ms ?? 0) >= ms * 0.8),
    );
    if (block === undefined)
      wrong.push(
        `blocked: missing ${JSON.stringify(expected)} in ${JSON.stringify(result.blocks)}`,
      );
  }

  function thread(expected: NonNullable<Truth["threads"]>[number]): void {
    const { name, daemon, line } = expected;
    // Before 3.10 a thread's own name has no function in it.
    const [short] = name.split(" (");
    const found =
      result.threads.find((one) => one.name === name) ??
      result.threads.find((one) => one.name === short);
    if (found === undefined)
      wrong.push(`threads: no ${name} in ${JSON.stringify(result.threads.map((one) => one.name))}`);
    else {
      if (daemon !== undefined) is(`thread ${name}.daemon`, daemon, found.daemon);
      if (line !== undefined) is(`thread ${name}.line`, line, found.stoodAt?.line);
    }
  }
}
