/** Changing a document's text in one place. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { markedAsEdited } from "../../src/cli/questions/edit.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

describe("a document that was edited says so in its title and its description", () => {
  const remark = "(Edited: some numbers are others than this says.)";

  test.each([
    ["name: n\ntitle: a # b\nmain: []\n", 'name: n\ntitle: "a (edited)" # b\nmain: []\n'],
    [`{ "title": "a\\"b", "main": [] }`, `{ "title": "a\\"b (edited)", "main": [] }`],
    ["description: a\n  b\nmain: []\n", `description: "a b ${remark}"\nmain: []\n`],
    [
      "description: |\n  a\n  b\n\nmain: []\n",
      `description: |\n  a\n  b\n  ${remark}\n\nmain: []\n`,
    ],
    ["name: n\nmain: []\n", "name: n\nmain: []\n"],
    ["title: [1]\nmain: []\n", "title: [1]\nmain: []\n"],
  ])("%j", (text, edited) => {
    expect(markedAsEdited(text)).toBe(edited);
    expect(markedAsEdited(edited)).toBe(edited);
  });

  test.each(catalogue.map(({ name, text }) => [name, text]))("%s", (name, text) => {
    const before = parseScenario(text!, name!);
    const after = parseScenario(markedAsEdited(text!), name!);
    expect(after.title).toBe(`${before.title} (edited)`);
    expect(after.description!.trim()).toBe(`${before.description!.trim()} ${remark}`);
    expect(after.main.length).toBe(before.main.length);
  });
});
