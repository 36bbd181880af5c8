/** A report of a hundred thousand tasks and a million stretches: the file stays small, and the page usable. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Growing } from "../../../src/report/model/flattened.ts";
import type { Report } from "../../../src/report/model/report.ts";
import type { Row } from "../../../src/report/model/timeline.ts";
import { chromium, Page } from "../../support/browser.ts";
import { patience } from "../../support/patience.ts";
import { fileOf } from "../../support/reports.ts";
import { temporaryFolder } from "../../support/tandem.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const tasks = 100_000;
const kinds = 40;
const each = 10;
const minute = 60e6;

/** Tasks of forty kinds within a minute; all times are random, which packs worst. */
function largeReport(): Report {
  const stretches = new Growing();
  const none = (): number[] => Array.from({ length: tasks }, () => -1);
  const from = Array.from({ length: tasks }, () => Math.floor(Math.random() * minute * 0.9));
  const rows: Row[] = [];
  const perKind = tasks / kinds;
  for (let kind = 0; kind < kinds; kind++) {
    const first = kind * perKind;
    const own = from.slice(first, first + perKind).toSorted((a, b) => a - b);
    from.splice(first, perKind, ...own);
    rows.push({ is: "work", name: `f${kind}`, depth: 0, first, count: perKind, story: "task" });
  }
  const to: number[] = [];
  for (let task = 0; task < tasks; task++) {
    let at = from[task]!;
    for (let k = 0; k < each; k++) {
      const begins = at + Math.floor(Math.random() * 20_000);
      at = begins + 1 + Math.floor(Math.random() * 300_000);
      const state = Math.random() < 0.9 ? 3 : Math.floor(Math.random() * 3);
      stretches.add(task, begins, at, state, 1 + (k % 5), k % 7, -1);
    }
    to.push(at);
  }
  return {
    title: "large",
    verdict: { headline: "large", rows: [], sentences: ["200 of 100,000 tasks lost."] },
    matrix: null,
    findings: [],
    record: [],
    sources: [],
    timeline: {
      wall: to.reduce((most, one) => Math.max(most, one), 0),
      rows,
      stretches,
      arrows: [],
      stacks: new Map(),
      moments: [],
      texts: ["", "sleeps", "computes", "holds", "waits", "runs"],
      places: Array.from({ length: 7 }, (_, k) => {
        return { file: "app.py", line: k + 1, column: null, function: "f" };
      }),
      ofActor: new Map(),
      entities: {
        name: Array.from({ length: tasks }, (_, task) => `Task-${task}`),
        from,
        to,
        fate: Array.from({ length: tasks }, (_, task) => (task % 500 === 0 ? 2 : 1)),
        made: none(),
        stood: none(),
        parent: none(),
        created: from,
        stretches: Array.from({ length: tasks }, () => each),
        error: Array.from({ length: tasks }, () => 0),
      },
    },
  };
}

describe("a report of a million stretches", () => {
  const file = fileOf(largeReport());

  test("is a file of less than 12 MB", async () => {
    expect((await file).length).toBeLessThan(12e6);
  });

  test.skipIf(chromium === null)(
    `is drawn, zoomed and opened, and its losses are found, with nothing but one redraw a frame${unless(chromium !== null, "there is no Chromium")}`,
    async () => {
      using folder = temporaryFolder();
      await using page = await Page.open(folder.file("large.html", await file));
      await page.evaluate(`document.getElementById("canvas").focus()`);
      for (const key of ["w", "w", "d", "ArrowDown", "Enter", "End", "s", "n"])
        await page.press(key);
      expect(await page.text("#status")).toContain("lost at");
      expect(await page.text("#detail")).toContain("Task-");
      const frames = await page.evaluate<number>(`new Promise((done) => {
        const canvas = document.getElementById("canvas");
        const context = canvas.getContext("2d");
        let frames = 0;
        const fill = context.setTransform.bind(context);
        context.setTransform = (...of) => (frames++, fill(...of));
        for (let k = 0; k < 20; k++)
          canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "w", bubbles: true }));
        requestAnimationFrame(() => setTimeout(() => done(frames), 0));
      })`);
      expect(frames).toBe(1);
      expect([page.complaints, page.requests]).toEqual([[], []]);
    },
  );
});
