// A suite of fifty tests, each with its own work, a hook before and after, and one that expects a rejection. No fault.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

let table;

async function open() {
  await sleep(5);
  return new Map(Array.from({ length: 48 }, (_, id) => [id, id * id]));
}

async function find(id) {
  await sleep(1);
  if (!table.has(id)) throw new RangeError(`no row ${id}`);
  return table.get(id);
}

describe("table", () => {
  before(async () => {
    table = await open();
  });
  for (let id = 0; id < 48; id++)
    test(`row ${id}`, async () => {
      assert.equal(await find(id), id * id);
    });
  test("a missing row", async () => {
    await assert.rejects(find(99), RangeError);
  });
  test("many at once", async () => {
    assert.equal((await Promise.all([1, 2, 3].map((id) => find(id)))).length, 3);
  });
  after(async () => {
    await sleep(5);
    table.clear();
  });
});
