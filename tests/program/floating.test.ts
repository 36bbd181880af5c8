/**
 * Random floating scenarios, held against JavaScript itself: the same programs under Node, whose rule
 * for unhandled rejections tandem follows, and under Bun where nothing is left unhandled.
 *
 * Invariant: what is expected always comes from the runtime, to the millisecond, never from a
 * recording of it. `TANDEM_SEED=n` draws other scenarios.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { drawFloating, holdAgainst, simulateFloating } from "./floating.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261129);
const drawn = Array.from({ length: rounds(20, 400) }, (_, number) =>
  drawFloating(randomFrom(seed + 104_729 * number)),
);
const node = Bun.which("node");
/** In ms. */
const limit = rounds(120_000, 1_200_000);

test.skipIf(node === null)(
  `law: what floats does what it does in Node, to the rejection that ends the process${node === null ? " (skipped: there is no node)" : ""}`,
  () => holdAgainst(node!, drawn),
  limit,
);

test(
  "law: what floats does what it does in Bun, where no rejection is left unhandled",
  () => {
    const calm = drawn.filter((one) => simulateFloating(one).exitCode === 0);
    expect(calm.length).toBeGreaterThan(drawn.length / 4);
    holdAgainst(process.execPath, calm);
  },
  limit,
);
