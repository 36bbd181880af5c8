// reduce(async …) starts every price at once, and waits for the sums in turn. The first fails while the second
// still waits for its own: nobody has a handler yet, and the process dies in spite of the catch. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

async function price(item) {
  await sleep(item.ms);
  if (item.price === undefined) throw new Error(`${item.name} has no price`);
  return item.price;
}

const cart = [
  { name: "pen", ms: 30 },
  { name: "ink", ms: 900, price: 4 },
];

async function total() {
  return await cart.reduce(async (sum, item) => {
    const one = await price(item);
    return (await sum) + one;
  }, Promise.resolve(0));
}

try {
  console.log("total:", await total());
} catch (error) {
  console.log("never printed on Node:", error.message);
}
