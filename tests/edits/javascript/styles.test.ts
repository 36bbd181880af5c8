/** Edits of texts in many shapes and styles, made by what the trace would know: right to the byte, or refused. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Asked, At, PatternName } from "../../../src/edits/javascript/asked.ts";
import { javascriptEditor } from "../../../src/edits/javascript/javascript.ts";
import { Refusal } from "../../../src/edits/pattern.ts";
import { splice } from "../../../src/edits/splice.ts";
import { patience } from "../../support/patience.ts";
import { type Shape, shapes } from "./shapes.ts";
import { styles } from "./styles.ts";

setDefaultTimeout(patience);

/** A text with its marks taken out, and where they stood. */
function placesIn(marked: string): { text: string; places: At[] } {
  const parts = marked.split("«");
  const places: At[] = [];
  let text = "";
  for (const part of parts) {
    const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n/);
    places.push({ line: lines.length, column: lines.at(-1)!.length + 1 });
    text += part;
  }
  return { text, places: places.slice(1) };
}

/** What each pattern is asked, by the places that are marked. */
const questions: { [Name in PatternName]: (places: At[]) => Partial<Asked[Name]> } = {
  await: ([dropped, ...callers]) => ({
    dropped: dropped!,
    callers: callers.length > 0 ? callers : null,
  }),
  "await-and-catch": ([dropped, ...callers]) => ({
    dropped: dropped!,
    callers: callers.length > 0 ? callers : null,
  }),
  "await-in-turn": ([dropped, ...callers]) => ({
    dropped: dropped!,
    callers: callers.length > 0 ? callers : null,
  }),
  "await-together": ([dropped]) => ({ dropped: dropped! }),
  "await-void": ([dropped, ...callers]) => ({
    dropped: dropped!,
    callers: callers.length > 0 ? callers : null,
  }),
  "await-condition": ([taken]) => ({ taken: taken! }),
  "await-answers": ([taken]) => ({ taken: taken! }),
  "make-async": ([at, exit]) => ({ at: at!, exit: exit ?? null }),
  "keep-until-exit": ([dropped, exit]) => ({ dropped: dropped!, exit: exit! }),
  "await-kept": ([made, exit]) => ({ made: made!, exit: exit! }),
  "await-map": ([made]) => ({ made: made! }),
  "all-of-map": ([dropped]) => ({ dropped: dropped! }),
  "all-of-map-in-async": ([dropped]) => ({ dropped: dropped! }),
  "all-of-called-back": ([dropped]) => ({ dropped: dropped! }),
  "all-settled": ([combined]) => ({ combined: combined! }),
  "await-child": ([blocked]) => ({ blocked: blocked! }),
  "clear-limit": ([timer]) => ({ timer: timer! }),
  "await-blocked": ([blocked]) => ({ blocked: blocked! }),
  "handle-at-once": ([made]) => ({ made: made! }),
  "turn-of-the-loop": ([awaited]) => ({ awaited: awaited! }),
};

/** What a text comes to, or why it stays. */
async function edited(
  { pattern, file, known = {} }: Shape,
  marked: string,
  encode: (text: string) => Uint8Array = (text) => Buffer.from(text),
): Promise<Uint8Array | string> {
  const { text, places } = placesIn(marked);
  const bytes = encode(text);
  const asked = { ...known, ...questions[pattern](places) };
  const [answer] = await javascriptEditor.edit(
    [{ pattern, file, known: asked }],
    new Map([[file, bytes]]),
  );
  if (answer == null) return "nothing";
  return answer instanceof Refusal ? answer.reason : splice(bytes, answer);
}

const asText = (result: Uint8Array | string): string =>
  typeof result === "string" ? `refused: ${result}` : Buffer.from(result).toString();

/** Texts with several statements in a line, or none, have no style without semicolons. */
const withoutSemicolons = (text: string): string => text.replaceAll(/;$/gm, "");

describe("a text is changed", () => {
  for (const shape of shapes)
    test(`${shape.pattern} in ${shape.file}: ${JSON.stringify(shape.before)}`, async () => {
      const result = asText(await edited(shape, shape.before));
      if (shape.refused !== undefined)
        expect(result.replace(/^refused: /, "")).toMatch(shape.refused);
      else expect(result).toBe(shape.after!);
    });
});

describe("an edit commutes with a change of style", () => {
  for (const [style, restyled] of Object.entries(styles))
    test(style, async () => {
      for (const shape of shapes) {
        const result = asText(await edited(shape, restyled(shape.before)));
        if (shape.after === undefined) expect(result).toStartWith("refused: ");
        else expect(result).toBe(restyled(shape.after));
      }
    });

  test("no semicolons", async () => {
    let tried = 0;
    for (const shape of shapes) {
      if (shape.after === undefined || /;.*;|; /.test(shape.before)) continue;
      const before = withoutSemicolons(shape.before);
      if (before === shape.before) continue;
      expect(asText(await edited(shape, before))).toBe(withoutSemicolons(shape.after));
      tried++;
    }
    expect(tried).toBeGreaterThan(20);
  });
});

test("a file that is not written in UTF-8 is left alone, with the reason", async () => {
  const [shape] = shapes as [Shape];
  const latin = (text: string): Uint8Array => Buffer.from(`// caf\xe9\n${text}`, "latin1");
  expect(asText(await edited(shape, shape.before, latin))).toBe(
    "refused: app.mjs is not written in UTF-8",
  );
});

test("several asks about a file are answered each for itself, in their order", async () => {
  const { text, places } = placesIn("«save();\n«xs.forEach(save);\n");
  const file = "app.mjs";
  const asks = [
    { pattern: "all-of-map", file, known: { dropped: places[1] } },
    { pattern: "await", file, known: { dropped: places[1], callers: null } },
    { pattern: "await", file, known: { dropped: places[0], callers: null } },
  ];
  const bytes = Buffer.from(text);
  const answers = await javascriptEditor.edit(asks, new Map([[file, bytes]]));
  const texts = answers.map((one) =>
    one === null
      ? "nothing"
      : one instanceof Refusal
        ? one.reason
        : Buffer.from(splice(bytes, one!)).toString(),
  );
  expect(texts).toEqual([
    "save();\nawait Promise.all(xs.map(save));\n",
    "save();\nawait xs.forEach(save);\n",
    "await save();\nxs.forEach(save);\n",
  ]);
});
