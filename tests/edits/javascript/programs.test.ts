/**
 * Programs in many shapes and styles, really observed: the edits that are proposed are those of their fault, and run by
 * itself the edited program has it no longer, on Bun and on Node.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { javascriptEditor } from "../../../src/edits/javascript/javascript.ts";
import { rounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { Lanes } from "../../support/real.ts";
import { callBeside, temporaryFolder } from "../../support/tandem.ts";
import { proposedFor } from "../observed-edits.ts";
import { type Faulty, faulty } from "./programs.ts";
import { styles } from "./styles.ts";
import { undisturbed } from "../../support/undisturbed.ts";

setDefaultTimeout(patience);

const lanes = new Lanes(2);
const runtimes = [process.execPath, ...[Bun.which("node") ?? []].flat()];
const restyled = [(text: string): string => text, ...Object.values(styles)];

/** Programs by turns, each in a style of its own, and the next time in another. */
const variants = Array.from({ length: rounds(6, 4 * faulty.length) }, (_, k) => {
  const index = (k * 7) % faulty.length;
  const lap = Math.floor(k / faulty.length);
  return {
    program: faulty[index]!,
    style: restyled[(index + 3 * lap) % restyled.length]!,
    runtime: runtimes[(index + lap) % runtimes.length]!,
  };
});

for (const [index, { program, style, runtime }] of variants.entries())
  test.concurrent(`law: a program in a shape of its own loses its fault (${index})`, () =>
    lanes.run(() => undisturbed(() => tried(program, style(program.text), runtime))),
  );

async function tried({ file, prints, patterns }: Faulty, text: string, runtime: string) {
  using home = temporaryFolder();
  const path = home.file(file, text);
  const proposed = await proposedFor(path, javascriptEditor, ["--runtime", runtime]);
  expect(proposed.stdout, text).not.toContain(prints);
  const found = proposed.edits.map(({ pattern }) => pattern);
  expect(found, text).toEqual([...patterns]);
  for (const { change } of proposed.edits)
    for (const runs of runtimes) {
      home.file(file, change.after);
      const { stdout, stderr } = await callBeside([runs, path]);
      expect([stdout, stderr], Buffer.from(change.after).toString()).toEqual([
        expect.stringContaining(prints),
        "",
      ]);
    }
}
