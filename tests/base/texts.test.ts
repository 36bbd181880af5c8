/** Texts of a program or a document as each kind of output takes them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import {
  htmlText,
  inComment,
  joined,
  json,
  markdown,
  printable,
  quotedForShell,
  shellWord,
  sourceText,
  stillProgramText,
  terminal,
  workflowCommand,
  xml,
} from "../../src/base/texts.ts";
import { dangersIn, hostileText } from "../support/hostile.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { call } from "../support/tandem.ts";

setDefaultTimeout(patience);

const numRuns = rounds(300, 20_000);

const kinds: Record<string, (text: string) => string> = {
  terminal: (text) => terminal`${text} is lost`,
  json: (text) => json({ [text]: [text] }, 2),
  xml: (text) => xml`<a name="${text}">${text}</a>`,
  html: (text) => htmlText`<a title="${text}">${text}</a>`,
  markdown: (text) => markdown`| ${text} |`,
  workflow: (text) => workflowCommand("error", { file: text }, text),
  TypeScript: (text) => sourceText("typescript", [JSON.stringify(text), `// ${inComment(text)}`]),
  Python: (text) => sourceText("python", [JSON.stringify(text), `# ${inComment(text)}`]),
  "a shell": (text) => `${shellWord(text)} ${quotedForShell(text)}`,
};

describe("a text", () => {
  test.each(Object.keys(kinds))("law: for %s has no dangerous code point", (name) => {
    fc.assert(
      fc.property(hostileText, (text) => expect(dangersIn(kinds[name]!(text))).toEqual([])),
      { numRuns },
    );
  });

  test("that is ordinary stays as it is", () => {
    const ordinary = "Größe: 3 naïve_names, 漢字, it's 100 % (a-b) 😀 ❤️ main<=2s";
    expect(printable(ordinary)).toBe(ordinary as never);
    expect(json(ordinary)).toBe(`"${ordinary}"\n` as never);
    expect(markdown`${ordinary}`).toBe(ordinary as never);
    expect(sourceText("python", [ordinary])).toBe(`${ordinary}\n` as never);
  });

  test("shows what is dangerous as it would be escaped", () => {
    const rlo = "a\u202eb\u001b[2J\u009b\ud800";
    const shown = String.raw`a\u202eb\u001b[2J\u009b\ud800`;
    expect([printable(rlo), xml`${rlo}`, htmlText`${rlo}`] as string[]).toEqual([
      shown,
      shown,
      shown,
    ]);
    expect(json(rlo) as string).toBe(`"${shown}"\n`);
    expect(printable(printable(rlo))).toBe(printable(rlo));
  });

  test("shows what cannot be seen: soft hyphens, fillers, and tags above U+FFFF", () => {
    const hidden = "a\u00ad\u180e\u3164\u{e0041}b";
    const shown = String.raw`a\u00ad\u180e\u3164\udb40\udc41b`;
    expect(printable(hidden) as string).toBe(shown);
    expect(JSON.parse(json(hidden))).toBe(hidden);
    // Halves of a pair would be no code point there.
    const whole = String.raw`a\u00ad\u180e\u3164\U000e0041b`;
    expect(sourceText("python", [hidden]) as string).toBe(`${whole}\n`);
    expect(shellWord(hidden) as string).toBe(`$'${whole}'`);
  });

  test("that is safe already stands in a list, and is not made safe again", () => {
    const inner = joined([xml`<b/>`, xml`<c name="${"<"}"/>`], "\n");
    expect(xml`<a>${[inner]}</a>` as string).toBe('<a><b/>\n<c name="&lt;"/></a>');
  });

  test("law: as JSON is parsed to what it was", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(JSON.parse(json({ text, list: [text] }, 2))).toEqual({ text, list: [text] });
      }),
      { numRuns },
    );
  });

  test("law: in a program of TypeScript means what it is", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const program = sourceText("typescript", [
          `return ${JSON.stringify(text)} // ${inComment(text)}`,
        ]);
        expect(new Function(program)()).toBe(text);
      }),
      { numRuns },
    );
  });

  test("law: in markup keeps within its element and attribute", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const bare = (markup: string): string[] => markup.match(/[<>"]/g) ?? [];
        expect(bare(xml`<a b="${text}">${text}</a>`)).toEqual(bare(`<a b=""></a>`));
        expect(bare(htmlText`<a b="${text}">${text}</a>`)).toEqual(bare(`<a b=""></a>`));
      }),
      { numRuns },
    );
  });

  test("law: in a workflow command stays in its command", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const [, properties, message] =
          /^::error ([^\n]*?)::([^\n]*)\n$/.exec(workflowCommand("error", { file: text }, text)) ??
          expect.unreachable();
        expect(properties).not.toMatch(/^file=.*[:,]/);
        expect(message).not.toMatch(/%(?!25|0A|0D)/);
      }),
      { numRuns },
    );
  });

  test("as a word of a shell is that word", () => {
    const words = [
      "plain",
      "two words",
      "$(id)",
      "it's",
      'a"b',
      "a\nb\u001b[2J",
      "a\\\u202e'!b",
      "a\u{e0041}",
    ];
    for (const quote of [shellWord, quotedForShell]) {
      const line = `printf '%s\\0' ${words.map((word) => quote(word)).join(" ")}`;
      expect(call(["bash", "-c", line]).stdout).toBe(words.map((word) => `${word}\0`).join(""));
    }
  });
});

describe("lines of a program above a live picture", () => {
  test("keep their colours and end them", () => {
    expect(stillProgramText("\u001b[31mred\u001b[0m and \u001b[1mbold\n") as string).toBe(
      "\u001b[31mred\u001b[0m and \u001b[1mbold\u001b[0m\n",
    );
  });

  test("stay as they are where they move no cursor", () => {
    const still = "a\tb\r\nc é ✓\n";
    expect(stillProgramText(still) as string).toBe(still);
  });

  test("have no more colours than they had where they end them", () => {
    const red = "\u001b[31mred\u001b[0m\n";
    expect<string>(stillProgramText(red)).toBe(red);
    expect<string>(stillProgramText("back\r\u001b[31mred\u001b[m\n")).toBe(
      "back\\u000d\u001b[31mred\u001b[m\n",
    );
  });

  test("show what would turn the line around, end it or hide in it", () => {
    expect(stillProgramText("A\u202eB\u2028C\u00ad\u{e0041}\n") as string).toBe(
      String.raw`A\u202eB\u2028C\u00ad\udb40\udc41` + "\n",
    );
  });

  test("show what would move the cursor", () => {
    expect(
      stillProgramText("\u001b[2A\u001b[Jx\ry\bz\u009b1A\u001b]52;c;x\u0007\n") as string,
    ).toBe(String.raw`\u001b[2A\u001b[Jx\u000dy\u0008z\u009b1A\u001b]52;c;x\u0007` + "\n");
  });
});
