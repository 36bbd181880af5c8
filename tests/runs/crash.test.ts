/** What crashes cost: what is read off the run that nobody kills is what the killed runs come to. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { isLost } from "../../src/outcome/outcome.ts";
import { readKills, type Remains } from "../../src/reading/kills.ts";
import { simulate } from "../../src/runs/simulate.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy } from "../../src/scenario/strategy.ts";
import { middleOf, withKill } from "../../src/strategies/crash.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { drawClosing } from "../threads/closing.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261130);

test("law: a kill leaves at every moment what is read off the run without it", () => {
  for (let round = 0; round < rounds(40, 1500); round++) {
    const random = randomFrom(seed + 7919 * round);
    const { document, strategy: written } = (round % 3 === 0 ? drawClosing : draw)(random);
    const scenario = parseScenario(JSON.stringify(document), "random.json");
    const strategy = resolveStrategy(written);
    const changes: { task: number; from: number; remains: Remains }[] = [];
    const whole = simulate({ scenario, strategy });
    const moments = readKills(whole.trace, (task, from, remains) => {
      changes.push({ task, from, remains });
    });
    expect(moments.at(-1)?.to ?? 0).toBe(whole.outcome.wall);
    const instants = whole.trace.log.chunks.flatMap(({ at, length }) => [
      ...at.subarray(0, length),
    ]);
    for (const moment of moments) {
      const { calm, from, to } = moment;
      expect([calm.from >= from, calm.to <= to, calm.from < calm.to]).toEqual([true, true, true]);
      expect(instants.some((at) => at > calm.from && at < calm.to)).toBe(false);
      // In the middle, at the first instant, and at the last.
      const at = [middleOf(moment), moment.from, moment.to - 1][Math.floor(random() * 3)]!;
      const { outcome } = simulate({ scenario: withKill(scenario, "process", at), strategy });
      const { tasks } = outcome;
      const lost = tasks.filter(isLost);
      const remains = tasks.map(({ number }) => {
        return changes.findLast((one) => one.task === number && one.from <= moment.from)!.remains;
      });
      const where = `TANDEM_SEED=${seed} round ${round} at ${at}`;
      expect([where, outcome.exitCode, outcome.wall]).toEqual([where, 137, at]);
      expect([where, ...remains.map((one) => [one.lost, one.done])]).toEqual([
        where,
        ...tasks.map((task) => [task.lost, task.stepsDone]),
      ]);
      expect(moment).toMatchObject({
        lost: lost.length,
        halfDone: lost.filter(({ stepsDone }) => stepsDone > 0).length,
        handedOverLost: lost.filter(
          ({ status, submittedAt }) => status !== "unstarted" || submittedAt !== null,
        ).length,
      });
    }
  }
});
