/**
 * Repetitions of several contenders, interleaved, so that whatever else the machine does meets all of
 * them alike; and the statistics of what came out.
 */

/** Values by contender, one of each round; the k-th values of all belong to the same round. */
export type Samples<Name extends string> = Record<Name, number[]>;

/**
 * Measures every contender once in each round.
 *
 * @param contenders each measures itself once. Who is first changes from round to round, so that
 *   nobody always comes after the same other.
 */
export async function interleave<Name extends string, Sample>(
  rounds: number,
  contenders: Record<Name, () => Sample | Promise<Sample>>,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Sample[]
  >;
  for (let round = 0; round < rounds; round++)
    for (let k = 0; k < names.length; k++) {
      const name = names[(round + k) % names.length]!;
      samples[name].push(await contenders[name]());
    }
  return samples;
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median over rounds of one contender's value over the other's in the same round. */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value / others[round]!));
}

/** The median over rounds of how much more one contender took than the other in the same round. */
export function medianDifference(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, round) => value - others[round]!));
}

/** A median with the range it comes from: `218.3 ms (209.1 … 240.0)`. */
export function formatSamples(values: readonly number[], unit = "ms"): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(1)} ${unit} (${least.toFixed(1)} … ${most.toFixed(1)})`;
}

/**
 * The wall time of a whole process, from before it is started to after its end, in milliseconds.
 *
 * @throws Error when it does not exit with status 0.
 */
export function processMs(command: readonly string[], cwd = "."): number {
  const startedAt = performance.now();
  const { exitCode, signalCode } = Bun.spawnSync([...command], {
    cwd,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ms = performance.now() - startedAt;
  if (exitCode !== 0)
    throw new Error(`${command.join(" ")} ended with ${signalCode ?? `exit status ${exitCode}`}`);
  return ms;
}

/** The figure that a program has printed of itself. @throws Error when it does not exit with status 0. */
export function figureOf(command: readonly string[]): number {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command]);
  const figure = Number.parseFloat(stdout.toString());
  if (exitCode !== 0 || Number.isNaN(figure))
    throw new Error(`${command.join(" ")} ended with status ${exitCode}: ${stderr.toString()}`);
  return figure;
}
