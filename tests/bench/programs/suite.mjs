// Three hundred tests as they are mostly written: some files, some text, some awaits.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-bench-suite-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

class Store {
  #file;
  constructor(file) {
    this.#file = file;
  }
  async save(rows) {
    await writeFile(this.#file, JSON.stringify(rows));
  }
  async load() {
    return JSON.parse(await readFile(this.#file, "utf8"));
  }
}

function rowsOf(count) {
  return Array.from({ length: count }, (_, id) => ({ id, name: `row ${(id * 7919) % count}` }));
}

for (let k = 0; k < 300; k++)
  test(`rows are found again, sorted (${k})`, async () => {
    const store = new Store(join(folder, `${k}.json`));
    await store.save(rowsOf(2000 + k));
    const rows = await store.load();
    const sorted = rows.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(sorted).toHaveLength(2000 + k);
    expect(sorted[0].name).toBe("row 0");
  });
