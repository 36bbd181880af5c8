/** The page of a report in a real browser: what it shows, and what wheel, keys and touch do. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../../src/report/model/report.ts";
import { catalogue } from "../../../src/scenario/catalogue.ts";
import { chromium, type Look, Page } from "../../support/browser.ts";
import { allRounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { fileOf, toldOfEvents, toldOfScenario, toldOfTrace } from "../../support/reports.ts";
import { unless } from "../../support/skipped.ts";
import { temporaryFolder } from "../../support/tandem.ts";

setDefaultTimeout(patience);

if (chromium === null)
  console.warn("There is no Chromium here: the page of a report is not tested.");

const axe = readFileSync(
  join(import.meta.dir, "../../../node_modules/axe-core/axe.min.js"),
  "utf8",
);

const folder = temporaryFolder();

afterAll(() => folder[Symbol.dispose]());

let reports = 0;

/** The file of a report. */
async function pageOf(report: Report): Promise<string> {
  return folder.file(`${reports++}.html`, await fileOf(report));
}

/** Opens a report in the browser. */
async function opened(report: Report, look?: Look): Promise<Page> {
  return Page.open(await pageOf(report), look);
}

/** The words of a text, whatever stands between them. */
const words = (text: string): string => text.replaceAll(/[*\s]+/g, " ").trim();

const traces = join(import.meta.dir, "../traces");
const app = (): ReturnType<typeof toldOfTrace> => toldOfTrace(join(traces, "app.ndjson"));

const blocking = `name: blocking
main: [launch, block: 350ms]
tasks:
  slow: { steps: [block: 300ms, sleep: 100ms] }
  quick: { copies: 30, steps: [sleep: 50ms, sleep: 50ms, print: x] }
`;

const why = unless(chromium !== null, "there is no Chromium");

describe.skipIf(why !== "")(`the page of a report${why}`, () => {
  for (const [name, told] of [
    ["an observed program", app],
    ["a scenario", () => toldOfScenario(blocking, "thread,atExit=abandon")],
  ] as const)
    test(`says what the verdict says of ${name}, at 360 px and at 1920, and the browser has nothing to say`, async () => {
      const { report, verdict } = told();
      for (const look of [
        { width: 360, height: 740, touch: true },
        { width: 1920, height: 1080, dark: true },
      ]) {
        await using page = await opened(report, look);
        const text = words(await page.text("body"));
        const { headline, rows, sentences } = report.verdict;
        expect(text).toContain(words(headline));
        for (const sentence of sentences) expect(text).toContain(words(sentence));
        for (const { who, status, story } of rows)
          for (const part of [who, status, story]) expect(text).toContain(words(part));
        for (const { message, fix } of report.findings) {
          expect(text).toContain(words(message));
          expect(text).toContain(words(fix!));
          expect(words(verdict)).toContain(words(message));
        }
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        expect(wide).toBeLessThanOrEqual(look.width);
        expect([page.complaints, page.requests]).toEqual([[], []]);
      }
    });

  test("has nothing that axe finds to be serious, light and dark, wide and narrow", async () => {
    for (const look of [
      { width: 1440, height: 900 },
      { width: 360, height: 740, dark: true },
    ]) {
      await using page = await opened(app().report, look);
      await page.evaluate(axe);
      const violations = await page.evaluate<{ id: string; impact: string; nodes: object[] }[]>(
        `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
      );
      expect(violations).toEqual([]);
    }
  });

  test("goes to the moment of a finding, and tells of whom it is about with the line", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    await using page = await opened(report);
    await page.evaluate(`document.querySelector("button.jump").click()`);
    await page.frame();
    expect(await page.text("#status")).toContain("Finding 1");
    expect(await page.text("#detail")).toContain("scenario.yaml:");
    const line = await page.evaluate<string>(`document.querySelector("#detail a").hash`);
    expect(line).toMatch(/^#L0-\d+$/);
    expect(await page.evaluate(`document.querySelector("${line}").className`)).toContain("line");
  });

  test("zooms by ctrl and wheel around the pointer, and by keys; the address keeps what is in view", async () => {
    await using page = await opened(app().report);
    await page.evaluate(`document.getElementById("canvas").scrollIntoView({ block: "center" })`);
    const { x, y, width, height } = await page.canvas();
    await page.mouse("mouseWheel", x + width * 0.6, y + height / 2, {
      deltaX: 0,
      deltaY: -400,
      modifiers: 2,
    });
    await page.until(`location.hash.startsWith("#t=")`);
    const spanOf = async (): Promise<[number, number]> => {
      const hash = await page.evaluate<string>("location.hash");
      return /t=(-?\d+),(-?\d+)/.exec(hash)!.slice(1).map(Number) as [number, number];
    };
    const [from, to] = await spanOf();
    expect(from).toBeGreaterThan(0);
    await page.evaluate(`document.getElementById("canvas").focus()`);
    await page.press("w");
    await page.until(`location.hash !== "#t=${from},${to}"`);
    const [closer, end] = await spanOf();
    expect(end - closer).toBeLessThan(to - from);
    await page.press("0");
    await page.until(`location.hash === ""`);
    expect(page.complaints).toEqual([]);
  });

  test("goes through lanes, groups and losses by keys alone, and says where it is", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    await using page = await opened(report);
    await page.evaluate(`document.getElementById("canvas").focus()`);
    await page.press("ArrowDown");
    expect(await page.text("#status")).toContain("main");
    await page.press("n");
    expect(await page.text("#status")).toContain("lost");
    expect(await page.text("#detail")).toContain("lost");
    await page.press("End");
    expect(await page.text("#status")).toContain("quick ×30");
    const before = await page.evaluate<number>(`document.getElementById("scroller").scrollHeight`);
    await page.press("Enter");
    await page.frame();
    const after = await page.evaluate<number>(`document.getElementById("scroller").scrollHeight`);
    expect(after).toBeGreaterThan(before);
    await page.press("Escape");
    expect(await page.evaluate(`document.getElementById("detail").hidden`)).toBe(true);
  });

  test("finds what is sought by a part of its name, and Enter goes to it", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    await using page = await opened(report);
    await page.evaluate(`document.getElementById("search").focus()`);
    for (const key of "qui") await page.press(key);
    expect(await page.text("#status")).toContain("30 found");
    await page.press("Enter");
    expect(await page.text("#detail h3")).toContain("quick");
  });

  test("zooms by two fingers", async () => {
    await using page = await opened(app().report, { width: 400, height: 800, touch: true });
    await page.evaluate(`document.getElementById("canvas").scrollIntoView({ block: "center" })`);
    const { x, y, width, height } = await page.canvas();
    const touch = (type: string, apart: number | null): Promise<unknown> =>
      page.cdp("Input.dispatchTouchEvent", {
        type,
        touchPoints:
          apart === null
            ? []
            : [-apart, apart].map((by, id) => ({
                x: x + width * 0.65 + by,
                y: y + height / 2,
                id,
              })),
      });
    await touch("touchStart", 10);
    for (const apart of [20, 40, 60]) await touch("touchMove", apart);
    await touch("touchEnd", null);
    await page.until(`location.hash.startsWith("#t=")`);
    expect(page.complaints).toEqual([]);
  });

  test("draws what holds its thread in the colour of that, light and dark", async () => {
    const { report } = toldOfScenario(
      "name: x\nmain: [launch, join]\ntasks:\n  slow: { steps: [block: 1s] }\n",
      "thread",
    );
    for (const [dark, colour] of [
      [false, [0x61, 0x0a, 0xbb]],
      [true, [0x6e, 0x45, 0xfa]],
    ] as const) {
      await using page = await opened(report, { width: 1200, height: 800, dark });
      const pixels = await page.evaluate<number[][]>(`(() => {
        const canvas = document.getElementById("canvas");
        const context = canvas.getContext("2d");
        const seen = [];
        for (let y = 30; y < canvas.height; y += 4)
          seen.push([...context.getImageData(canvas.width * 0.6, y, 1, 1).data.slice(0, 3)]);
        return seen;
      })()`);
      expect(pixels).toContainEqual([...colour]);
    }
  });

  // The suite tries one of three, the laws all.
  test("law: of each scenario of the catalogue, and of each program recorded, opens without a word from the browser", async () => {
    const recorded = [...new Glob("*.ndjson").scanSync(join(traces, "python"))].toSorted();
    const all = [
      ...catalogue.map(({ text }) => toldOfScenario(text)),
      ...recorded.map((file) => toldOfTrace(join(traces, "python", file))),
    ];
    const tried = all.filter((_, index) => allRounds || index % 3 === 0);
    const [first, ...others] = tried as [(typeof all)[number], ...typeof all];
    await using page = await opened(first.report, { width: 800, height: 600 });
    for (const { report } of others) {
      await page.go(await pageOf(report));
      const text = words(await page.text("main"));
      for (const { message } of report.findings) expect(text).toContain(words(message));
      await page.evaluate(`document.getElementById("canvas").focus()`);
      for (const key of ["w", "ArrowDown", "Enter", "ArrowDown", ".", "n"]) await page.press(key);
      expect([report.title, page.complaints, page.requests]).toEqual([report.title, [], []]);
    }
  });

  test("shows on paper all of the axis, and in a system's own colours those", async () => {
    await using page = await opened(app().report);
    const colourAt = `(() => {
      const canvas = document.getElementById("canvas");
      return [...canvas.getContext("2d").getImageData(4, 4, 1, 1).data].join();
    })()`;
    const paper = `(() => {
      dispatchEvent(new Event("beforeprint"));
      const printed = document.getElementById("canvas").toDataURL();
      dispatchEvent(new Event("afterprint"));
      return printed;
    })()`;
    const whole = await page.evaluate(paper);
    await page.evaluate(`document.getElementById("zoom-in").click()`);
    await page.frame();
    const shown = await page.evaluate(`document.getElementById("canvas").toDataURL()`);
    expect(shown).not.toBe(whole);
    expect(await page.evaluate(paper)).toBe(whole);
    expect(await page.evaluate(`document.getElementById("canvas").toDataURL()`)).toBe(shown);
    await page.cdp("Emulation.setEmulatedMedia", {
      features: [{ name: "forced-colors", value: "active" }],
    });
    await page.frame();
    expect(await page.evaluate(`matchMedia("(forced-colors: active)").matches`)).toBe(true);
    expect(await page.evaluate(colourAt)).toMatch(/^(?:0,0,0|255,255,255),255$/);
    const { data } = (await page.cdp("Page.printToPDF", {})) as { data: string };
    expect(Buffer.from(data, "base64").subarray(0, 5).toString()).toBe("%PDF-");
    expect(page.complaints).toEqual([]);
  });

  test("tells beside the pointer what it is on, moves by dragging, and opens a group by a click", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    await using page = await opened(report);
    await page.evaluate(`document.getElementById("canvas").scrollIntoView({ block: "center" })`);
    const { x, y, width, height } = await page.canvas();
    const row = async (words: string): Promise<number> => {
      for (let down = 30; down < height; down += 4) {
        await page.mouse("mouseMoved", x + width * 0.5, y + down);
        const tip = await page.evaluate<string>(`document.getElementById("tip").innerText`);
        if (tip.includes(words)) return down;
      }
      throw new Error(`nothing tells of ${words}`);
    };
    const slow = await row("slow");
    expect(await page.text("#tip")).toContain("stands still, holding its thread, scenario.yaml:");
    await page.click(x + width * 0.5, y + slow);
    expect(await page.text("#detail h3")).toBe("slow");
    const quick = await row("quick ×30");
    const tall = `document.getElementById("scroller").scrollHeight`;
    const before = await page.evaluate<number>(tall);
    await page.click(x + 40, y + quick);
    expect(await page.evaluate<number>(tall)).toBeGreaterThan(before);
    await page.evaluate(`document.getElementById("zoom-in").click()`);
    await page.until(`location.hash.includes("t=")`);
    const hash = await page.evaluate<string>("location.hash");
    await page.mouse("mousePressed", x + width * 0.6, y + slow, { button: "left", clickCount: 1 });
    await page.mouse("mouseMoved", x + width * 0.75, y + slow, { button: "left", buttons: 1 });
    await page.mouse("mouseReleased", x + width * 0.75, y + slow, { button: "left" });
    await page.until(`location.hash !== ${JSON.stringify(hash)}`);
    expect(page.complaints).toEqual([]);
  });

  test("shows those of a finding alone where that is chosen, and all of them again", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    await using page = await opened(report);
    const index = report.findings.findIndex(({ entities }) => entities.length > 1);
    const choose = (value: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const filter = document.getElementById("filter");
        filter.value = "${value}";
        filter.dispatchEvent(new Event("change", { bubbles: true }));
      })()`);
    await choose(String(index));
    const count = report.findings[index]!.entities.length;
    expect(await page.text("#status")).toBe(`${count} shown, of finding ${index + 1}`);
    await choose("");
    expect(await page.text("#status")).toBe("All are shown");
  });

  test("comes back to what its address names", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    const file = await pageOf(report);
    const slow = report.timeline.entities.name.indexOf("slow");
    await using page = await Page.open(`${file}#t=100000,200000&task=${slow}`);
    expect(await page.text("#detail h3")).toBe("slow");
    await page.until(`location.hash.startsWith("#t=")`);
    const hash = await page.evaluate<string>("location.hash");
    expect(hash).toContain(`task=${slow}`);
  });

  test("shows where the callers stood of a task that was lost", async () => {
    const { report } = toldOfEvents(
      [
        `{"type":"trace-began","format":"tandem-events/2","tandem":"x","source":{"kind":"observed","language":"python","runtime":"CPython 3.13","command":"python app.py"}}`,
        `{"define":"process","id":0}`,
        `{"define":"thread","id":0,"process":0,"name":"MainThread"}`,
        `{"define":"place","id":1,"file":"app.py","line":10,"function":"read"}`,
        `{"define":"place","id":2,"file":"app.py","line":20,"function":"load"}`,
        `{"define":"actor","id":0,"kind":"main"}`,
        `{"define":"actor","id":1,"kind":"task","function":"load","parent":0}`,
        `{"at":0,"type":"main-started","thread":0,"actor":0}`,
        `{"at":1,"type":"task-created","thread":0,"actor":1}`,
        `{"at":2,"type":"task-started","thread":0,"actor":1}`,
        `{"at":3,"type":"stood-at","thread":0,"actor":1,"place":1,"stack":[1,2]}`,
        `{"at":9,"type":"process-ended","thread":0,"actor":0,"code":0}`,
      ].join("\n"),
    );
    await using page = await opened(report);
    await page.evaluate(`document.getElementById("canvas").focus()`);
    for (const key of ["n", "n"]) await page.press(key);
    const detail = words(await page.text("#detail"));
    expect(detail).toContain("Called from app.py:20 in load");
    expect(detail).toContain("lost at 9ms");
  });

  test("needs nothing of a browser that came in the last years", async () => {
    const { report } = toldOfScenario(blocking, "thread,atExit=abandon");
    const file = await pageOf(report);
    await using page = await Page.open(file);
    await page.before(`
      for (const name of ["getOrInsert", "getOrInsertComputed"]) delete Map.prototype[name];
      for (const name of ["fromBase64", "fromHex"]) delete Uint8Array[name];
      for (const name of ["union", "intersection", "difference", "isSubsetOf"]) delete Set.prototype[name];
      for (const name of ["map", "filter", "take", "drop", "toArray", "find"]) delete Iterator.prototype[name];
      delete Map.groupBy; delete Object.groupBy; delete Promise.try; delete Promise.withResolvers;
      delete RegExp.escape; delete Array.fromAsync; delete Error.isError;
    `);
    await page.go(file);
    expect(await page.evaluate("Map.prototype.getOrInsertComputed === undefined")).toBe(true);
    await page.evaluate(`document.getElementById("canvas").focus()`);
    for (const key of ["ArrowDown", "w", "n", ".", "End", "Enter"]) await page.press(key);
    expect(await page.text("#detail")).toContain("lost");
    expect(page.complaints).toEqual([]);
  });

  test("runs nothing of what names, errors and sources hold, wherever they are shown", async () => {
    const ran = "document.documentElement.dataset.ran = 1";
    const names = [
      `</script><script>${ran}</script>`,
      `<img src=x onerror="${ran}">`,
      `<!--<script>${ran}`,
      `"><svg onload=${ran}>`,
      `' onmouseover='${ran}`,
      `javascript:${ran}`,
      "\u202eevil\u202c",
      "a\u0000b\u001b[2J",
      "\ud800",
      "]]>{{7*7}}${7*7}",
    ];
    const lines = [
      {
        type: "trace-began",
        format: "tandem-events/2",
        tandem: "x",
        source: {
          kind: "observed",
          language: "python",
          runtime: names[0],
          command: `python ${names[1]}`,
        },
      },
      { define: "process", id: 0, name: names[2] },
      { define: "thread", id: 0, process: 0, name: names[3] },
      { define: "actor", id: 0, kind: "main", name: names[4] },
      { at: 0, type: "main-started", thread: 0, actor: 0 },
      ...names.flatMap((name, k) => [
        { define: "place", id: k, file: `${k}.py`, line: 1, function: name, source: name },
        { define: "actor", id: k + 1, kind: "task", name, function: name, place: k, parent: 0 },
        { at: k, type: "task-created", thread: 0, actor: k + 1 },
        { at: k, type: "task-started", thread: 0, actor: k + 1 },
        { at: k, type: "wait-began", thread: 0, actor: k + 1, for: "result", of: name, place: k },
        { at: 20 + k, type: "wait-ended", thread: 0, actor: k + 1, for: "result" },
        { at: 20 + k, type: "task-ended", thread: 0, actor: k + 1, status: "failed", error: name },
      ]),
    ].toSorted((a, b) => ("at" in a ? a.at : -1) - ("at" in b ? b.at : -1));
    lines.push({ at: 40, type: "process-ended", thread: 0, actor: 0, code: 0 } as never);
    const source = { text: names.join("\n"), changedAt: null };
    const { report } = toldOfEvents(
      lines.map((line) => JSON.stringify(line)).join("\n"),
      () => source,
    );
    await using page = await opened(report);
    await page.evaluate(`document.getElementById("canvas").scrollIntoView({ block: "center" })`);
    const { x, y, width, height } = await page.canvas();
    for (let down = 30; down < height; down += 15) {
      await page.mouse("mouseMoved", x + width * 0.5, y + down);
      await page.click(x + width * 0.5, y + down);
    }
    expect(await page.text("#detail")).toContain("7*7");
    expect(await page.evaluate("document.documentElement.dataset.ran")).toBeUndefined();
    expect([page.complaints, page.requests]).toEqual([[], []]);
  });
});
