/** Going back in a conversation, without a terminal. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { Answers } from "../../src/cli/questions/answers.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** The wish to go back. */
class Back extends Error {}

/** What is given to a question in turn: an answer, or null to go back. */
type Given = number | null;

/**
 * A conversation that asks differently by what is answered, and does something after each answer.
 *
 * @returns what it came to, and what it did, in the order of doing.
 */
async function converse(given: readonly Given[]): Promise<{ came: string[]; did: string[] }> {
  const answers = new Answers();
  const did: string[] = [];
  let next = 0;
  const ask = (question: string): Promise<number> =>
    answers.question<number>(question, async () => {
      const one = next < given.length ? given[next++]! : 0;
      if (one === null) throw new Back();
      return one;
    });
  for (;;) {
    answers.begin();
    try {
      const came: string[] = [];
      for (let depth = 0; depth < 4; depth++) {
        const question = `after ${came.join()}`;
        came.push(String(await ask(question)));
        came.push(
          await answers.done(() => {
            did.push(`${question}: ${came.at(-1)}`);
            return `done${came.at(-1)}`;
          }),
        );
      }
      return { came, did };
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      answers.takeBack();
    }
  }
}

/** The answers that stand once all that was taken back is gone. */
function standing(given: readonly Given[]): number[] {
  const stack: number[] = [];
  for (const one of given) {
    if (stack.length === 4) break;
    if (one === null) stack.pop();
    else stack.push(one);
  }
  return [...stack, 0, 0, 0, 0].slice(0, 4);
}

test("a conversation comes to what its standing answers come to, and does again only what follows another answer", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant(null), fc.nat({ max: 2 })), { maxLength: 12 }),
      async (given) => {
        const { came, did } = await converse(given);
        expect(came).toEqual(standing(given).flatMap((one) => [`${one}`, `done${one}`]));
        const asked = given.filter((one) => one !== null).length;
        expect(did.length).toBeLessThanOrEqual(asked + 4);
      },
    ),
    { seed: 20261124 },
  ));

test("the answer that was taken back is proposed when its question is asked again", async () => {
  const answers = new Answers();
  const proposals: unknown[] = [];
  const ask = (question: string) =>
    answers.question<string>(question, async (proposed) => {
      proposals.push(proposed);
      return `answer to ${question}`;
    });
  await ask("a");
  await ask("b");
  answers.takeBack();
  answers.begin();
  await ask("a");
  await ask("b");
  expect(proposals).toEqual([undefined, undefined, "answer to b"]);
});

test("where another question comes than before, as a file has changed, it is asked", async () => {
  const answers = new Answers();
  const ask = (question: string, value: string) => answers.question(question, async () => value);
  await ask("a", "1");
  await ask("b", "2");
  await ask("c", "3");
  answers.takeBack();
  answers.begin();
  expect(await ask("a", "9")).toBe("1");
  expect(await ask("other", "8")).toBe("8");
  expect(answers.isRetracing).toBe(false);
});
