/** The file of a report: what it lets run, what it carries, and what it keeps to itself. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { inflateRawSync } from "node:zlib";
import { join } from "node:path";
import { packed } from "../../../src/report/html/packed.ts";
import { readBlock } from "../../../src/report/page/browser/columns.ts";
import { catalogue } from "../../../src/scenario/catalogue.ts";
import { dangersIn, hostileText } from "../../support/hostile.ts";
import { patience } from "../../support/patience.ts";
import { fileOf, toldOfEvents, toldOfScenario, toldOfTrace } from "../../support/reports.ts";

setDefaultTimeout(patience);

const traces = join(import.meta.dir, "../traces");

const hashOf = (text: string): string =>
  `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;

describe("a report as a file", () => {
  test("lets its own program and its own style alone run, each by its hash, and fetches nothing", async () => {
    const text = await fileOf(toldOfTrace(join(traces, "app.ndjson")).report);
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(text)!;
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(text)!;
    const scripts = [...text.matchAll(/<script(?: [^>]*)?>([\s\S]*?)<\/script>/g)];
    const [program, ...others] = scripts.filter(([whole]) => whole.startsWith("<script>"));
    expect(others).toEqual([]);
    expect(policy!.replaceAll("&#39;", "'")).toBe(
      `default-src 'none'; script-src ${hashOf(program![1]!)}; style-src ${hashOf(style!)}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(text).not.toMatch(/\b(?:src|href)="(?!#)/);
    expect(text).not.toContain(" style=");
    // The words come before the data.
    expect(text.indexOf("</main>")).toBeLessThan(text.indexOf('id="data"'));
  });

  test("carries each number as it was, whatever the trace", () => {
    for (const { text } of catalogue) {
      const { report } = toldOfScenario(text);
      const { head, block } = packed(report);
      const { texts, columns } = readBlock(inflateRawSync(block), head);
      const { entities, stretches, arrows } = report.timeline;
      expect(texts.texts).toEqual(report.timeline.texts);
      expect([...columns.name].map((name) => texts.names[name]!)).toEqual(entities.name);
      expect([...columns.from]).toEqual(entities.from);
      expect([...columns.parent].map((one) => one - 1)).toEqual(entities.parent);
      expect([...columns.place].map((one) => one - 1)).toEqual([
        ...stretches.place.subarray(0, stretches.length),
      ]);
      expect([...columns.arrowAt]).toEqual(arrows.map(({ at }) => at));
      let k = 0;
      for (const [entity, count] of [...columns.stretches].entries())
        for (let at = columns.from[entity]!, own = 0; own < count; own++, k++) {
          at += columns.gap[k]!;
          const end = at + columns.duration[k]!;
          expect([at, end]).toEqual([stretches.from[k]!, stretches.to[k]!]);
          at = end;
        }
    }
  });

  test("tells a run of many hours in larger units, and none of its times before another that came first", () => {
    const hours = 5 * 3_600_000;
    const { report } = toldOfScenario(
      `name: x\nmain: [launch, join]\ntasks:\n  long: { steps: [sleep: ${hours}ms, block: 1s, sleep: 1ms] }\n`,
      "thread",
    );
    const { head, block } = packed(report);
    const { columns } = readBlock(inflateRawSync(block), head);
    expect(head.unit).toBe(5);
    expect(head.wall).toBe(Math.floor((hours * 1000 + 1_001_000) / 5));
    const { stretches, entities } = report.timeline;
    const long = entities.name.indexOf("long");
    const first = stretches.entity.indexOf(long);
    expect([...columns.gap.subarray(first, first + 3)]).toEqual([0, 0, 0]);
    expect([...columns.duration.subarray(first, first + 3)]).toEqual([hours * 200, 200_000, 200]);
  });

  test("holds no path out of the working folder, but for what tells places of libraries apart", async () => {
    const outside = "/home/somebody/secret/lib/python3.12/asyncio/runners.py";
    const events = [
      `{"type":"trace-began","format":"tandem-events/2","tandem":"by hand","source":{"kind":"observed","language":"python","runtime":"CPython 3.12","command":"/home/somebody/bin/python3 /home/somebody/secret/app.py --data=/home/somebody/data.csv"}}`,
      `{"define":"process","id":0,"name":"/home/somebody/bin/python3","command":"/home/somebody/bin/python3 app.py"}`,
      `{"define":"place","id":0,"file":${JSON.stringify(outside)},"line":3,"function":"run"}`,
      `{"define":"thread","id":0,"process":0,"name":"MainThread"}`,
      `{"define":"actor","id":0,"kind":"main","name":"main"}`,
      `{"define":"actor","id":1,"kind":"task","name":"Task-1","function":"load","place":0,"parent":0}`,
      `{"at":0,"type":"main-started","thread":0,"actor":0}`,
      `{"at":1,"type":"task-created","thread":0,"actor":1}`,
      `{"at":1,"type":"task-started","thread":0,"actor":1}`,
      `{"at":2,"type":"task-ended","thread":0,"actor":1,"status":"failed","error":"no file '/home/somebody/data.csv' and no route /api/users"}`,
      `{"at":9,"type":"main-ended","thread":0,"actor":0,"status":"finished"}`,
      `{"at":9,"type":"process-ended","thread":0,"actor":0,"code":0}`,
    ].join("\n");
    const { report } = toldOfEvents(events);
    const text = await fileOf(report);
    const inside = blockTexts(text);
    for (const part of [text, inside]) expect(part).not.toContain("somebody");
    expect(text).toContain("asyncio/runners.py:3");
    expect(text).toContain("no file &#39;…/data.csv&#39; and no route /api/users");
    expect(inside).toContain("asyncio/runners.py");
    const full = await fileOf(report, null);
    expect(full).toContain("/home/somebody/data.csv");
    expect(blockTexts(full)).toContain(outside);
  });

  test("no text of a program changes what the file is made of, or hides in it", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (name, error) => {
        const events = [
          {
            type: "trace-began",
            format: "tandem-events/2",
            tandem: "x",
            source: {
              kind: "observed",
              language: "python",
              runtime: name,
              command: `python ${name}`,
            },
          },
          { define: "process", id: 0, name },
          { define: "place", id: 0, file: `${name}.py`, line: 3, function: name, source: name },
          { define: "thread", id: 0, process: 0, name },
          { define: "actor", id: 0, kind: "main", name },
          { define: "actor", id: 1, kind: "task", name, function: name, place: 0, parent: 0 },
          { at: 0, type: "main-started", thread: 0, actor: 0 },
          { at: 1, type: "task-created", thread: 0, actor: 1 },
          { at: 1, type: "task-started", thread: 0, actor: 1 },
          { at: 2, type: "wait-began", thread: 0, actor: 1, for: "result", of: name, place: 0 },
          { at: 4, type: "wait-ended", thread: 0, actor: 1, for: "result" },
          { at: 5, type: "task-ended", thread: 0, actor: 1, status: "failed", error },
          { at: 9, type: "process-ended", thread: 0, actor: 0, code: 0 },
        ].map((line) => JSON.stringify(line));
        const source = { text: `${name}\n${error}\nx = 1\n`, changedAt: null };
        const { report } = toldOfEvents(events.join("\n"), () => source);
        const text = await fileOf(report);
        expect(dangersIn(text)).toEqual([]);
        expect(dangersIn(blockTexts(text))).toEqual([]);
        expect(text.match(/<script/gi)).toHaveLength(3);
        expect(text.match(/<\/script/gi)).toHaveLength(3);
        const tags = [
          ...text.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "").matchAll(/<\/?([a-z]\w*)/g),
        ];
        expect(new Set(tags.map(([, tag]) => tag)).isSubsetOf(known)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

/** All elements that tandem itself writes. */
const known = new Set(
  "html head meta title body a header p h1 h2 h3 main section div table thead tbody tr th td ol ul li code span button label select option input noscript canvas aside details summary pre".split(
    " ",
  ),
);

/** The texts in the data of a file, those of its head with them. */
function blockTexts(text: string): string {
  const [, head] = /id="head">([\s\S]*?)<\/script>/.exec(text)!;
  const [, data] = /id="data">([\s\S]*?)<\/script>/.exec(text)!;
  const { texts } = readBlock(inflateRawSync(Buffer.from(data!, "base64")), JSON.parse(head!));
  return `${head}${Object.values(texts).flat(2).join("\n")}`;
}
