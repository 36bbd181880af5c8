// Three hundred tests that await a little.
import { expect, test } from "bun:test";

async function double(number) {
  await Promise.resolve();
  return number * 2;
}

async function sum(numbers) {
  let sum = 0;
  for (const number of numbers) sum += await double(number);
  return sum;
}

for (let k = 0; k < 300; k++)
  test(`the doubles of ${k} numbers`, async () => {
    const numbers = Array.from({ length: k }, (_, number) => number);
    expect(await sum(numbers)).toBe(k * k - k);
  });
