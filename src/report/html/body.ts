/** What the page says in words: the verdict, findings with their places, sources with the lines told. */
import { formatMeasured, type Ticks } from "../../base/duration.ts";
import { formatCount } from "../../base/count.ts";
import { htmlText, type HtmlText, joined } from "../../base/texts.ts";
import type {
  LineNote,
  Matrix,
  Report,
  ReportedEdit,
  ReportedFinding,
  SourceFile,
  Verdict,
} from "../model/report.ts";
import type { Row } from "../terminal/rows.ts";
import { highlighted } from "./highlighted.ts";

/** How many lines are shown around those that are told, of a file that has more than `wholeFile`. */
const around = 12;
const wholeFile = 300;

/** @param isOver whether it is known that nothing more will be found. */
export function bodyOf(report: Report, { isOver }: { isOver: boolean }): HtmlText {
  const links = new Links(report.sources);
  const { title, verdict, findings, sources, matrix, record } = report;
  return htmlText`<a class="skip" href="#timeline">Skip to the timeline</a>
    <header>
      <p class="brand">tandem</p>
      <h1>${title}</h1>
      <p class="headline">${[links.linked(verdict.headline)]}</p>
    </header>
    <main>
      ${[verdictOf(verdict, links, record)]} ${[matrix === null ? htmlText`` : matrixOf(matrix)]}
      ${[matrix !== null && findings.length === 0 ? htmlText`` : findingsOf(findings, { links, isOver })]} ${[timelineFrame(report)]} ${[sourcesOf(sources)]}
    </main>`;
}

/** Turns `app.py:14` in a text into a link to that line, where the page holds the file. */
class Links {
  readonly #files: readonly string[];
  readonly #pattern: RegExp | null;

  constructor(sources: readonly SourceFile[]) {
    this.#files = sources.map(({ file }) => file);
    const names = this.#files.toSorted((a, b) => b.length - a.length).map(RegExp.escape);
    this.#pattern =
      names.length === 0 ? null : new RegExp(`(?<![\\w./-])(${names.join("|")}):(\\d+)`, "g");
  }

  linked(text: string): HtmlText {
    if (this.#pattern === null) return htmlText`${text}`;
    const parts: HtmlText[] = [];
    let at = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const [whole, file, line] = match;
      parts.push(htmlText`${text.slice(at, match.index)}`);
      parts.push(htmlText`<a href="#${this.idOf(file!, Number(line))!}">${whole}</a>`);
      at = match.index + whole.length;
    }
    return joined([...parts, htmlText`${text.slice(at)}`], "");
  }

  /** The id of a line; null where the page does not hold its file. */
  idOf(file: string, line: number): string | null {
    const index = this.#files.indexOf(file);
    return index < 0 ? null : `L${index}-${line}`;
  }
}

function verdictOf(verdict: Verdict, links: Links, record: readonly string[]): HtmlText {
  const rows = verdict.rows.map((row) => rowOf(row, links));
  const table = htmlText`<div
    class="scroll"
    role="region"
    aria-label="What became of everything"
    tabindex="0"
  >
    <table class="verdict">
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">Status</th>
          <th scope="col">When</th>
          <th scope="col">What is known</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
  const sentences = [...verdict.sentences, ...record].map(
    (sentence) => htmlText`<p class="sentence">${[links.linked(sentence)]}</p>`,
  );
  return htmlText`<section id="verdict" aria-labelledby="verdict-title">
    <h2 id="verdict-title">Verdict</h2>
    <div class="sum">${sentences}</div>
    ${rows.length === 0 ? [] : [table]}
  </section>`;
}

/** What colours a status; its word says the same. */
function toneOf(status: string): string {
  if (/\bLOST\b|\blost\b|never awaited/i.test(status)) return "lost";
  if (/FAILED|failed|deadlocked|interrupted|abandoned/i.test(status)) return "failed";
  if (/given up|cancelled|alive|destroyed/i.test(status)) return "stopped";
  return /finished|ended|closed/i.test(status) ? "fine" : "plain";
}

function rowOf({ who, depth = 0, status, when, story }: Row, links: Links): HtmlText {
  return htmlText`<tr class="tone-${toneOf(status)}">
    <th scope="row" class="depth-${Math.min(depth, 3)}">${who}</th>
    <td class="status">${status}</td>
    <td class="when">${when}</td>
    <td class="story">${[links.linked(story)]}</td>
  </tr> `;
}

function matrixOf({ title, hint, rows: [titles = [], ...rows] }: Matrix): HtmlText {
  const head = titles.map((one) => htmlText`<th scope="col">${one}</th>`);
  const body = rows.map(([name = "", ...cells]) => {
    const own = cells.map((cell) => htmlText`<td>${cell}</td>`);
    return htmlText`<tr>
      <th scope="row">${name}</th>
      ${own}
    </tr> `;
  });
  return htmlText`<section id="matrix" aria-labelledby="matrix-title">
    <h2 id="matrix-title">${title}</h2>
    ${hint === null ? [] : [htmlText`<p class="hint">${hint}</p>`]}
    <div class="scroll" role="region" aria-label="${title} side by side" tabindex="0">
      <table class="matrix">
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
  </section>`;
}

function findingsOf(
  findings: readonly ReportedFinding[],
  { links, isOver }: { links: Links; isOver: boolean },
): HtmlText {
  const items = findings.map((finding, index) => findingOf(finding, index, links));
  return htmlText`<section id="findings" aria-labelledby="findings-title">
    <h2 id="findings-title">Findings <span class="count">${formatCount(findings.length)}</span></h2>
    ${
      findings.length === 0
        ? [
            htmlText`<p class="none">${isOver ? "Nothing was found." : "Nothing was found so far."}</p>`,
          ]
        : [
            htmlText`<ol class="findings">
              ${items}
            </ol>`,
          ]
    }
  </section>`;
}

function findingOf(
  { rule, message, fix, at, places, edits }: ReportedFinding,
  index: number,
  links: Links,
): HtmlText {
  const seen = new Set<string>();
  const lines = places.flatMap(({ is, file, line }): HtmlText[] => {
    const id = links.idOf(file, line);
    const key = `${file}:${line}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const what = htmlText`<span class="is">${is}</span> ${key}`;
    return [
      id === null
        ? htmlText`<li>${[what]}</li>`
        : htmlText`<li><a href="#${id}">${[what]}</a></li>`,
    ];
  });
  return htmlText`<li class="finding" id="finding-${index + 1}">
    <p class="rule"><code>${rule}</code></p>
    <p class="message">${[links.linked(message)]}.</p>
    ${fix === null ? [] : [htmlText`<p class="fix"><span class="label">To change that:</span> ${[links.linked(fix)]}.</p>`]}
    ${edits.map((edit) => editOf(edit, index))}
    <div class="goto">
      ${at === null ? [] : [jump(at, index)]}
      ${
        lines.length === 0
          ? []
          : [
              htmlText`<ul class="places">
                ${lines}
              </ul>`,
            ]
      }
    </div>
  </li>`;
}

function editOf({ does, proof, diff }: ReportedEdit, index: number): HtmlText {
  const lines = diff.map((line) => {
    const is = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
    return htmlText`<span class="diff-${is}">${line}</span>`;
  });
  return htmlText`<div class="edit"><p><strong>${does}</strong></p>${proof.map((words) => htmlText`<p>${words}</p>`)}
<div class="scroll" role="region" aria-label="The edit of finding ${index + 1}" tabindex="0"><pre>${lines}</pre></div></div>`;
}

function jump(at: Ticks, index: number): HtmlText {
  return htmlText`<button type="button" class="jump" data-finding="${index}" hidden>
        Show at ${formatMeasured(at)}<span class="quiet"> finding ${index + 1}</span>
      </button>`;
}

/** What the page's program fills; without it a sentence says what is missing. */
function timelineFrame({ findings }: Report): HtmlText {
  const options = findings.map(
    ({ rule }, index) => htmlText`<option value="${index}">${index + 1}: ${rule}</option>`,
  );
  const told = findings.some(({ at }) => at !== null);
  const choice = htmlText`<label>Finding
    <select id="filter">
      <option value="">all</option>
      ${options}
    </select></label>`;
  return htmlText`<section id="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title">Timeline</h2>
    <noscript><p>The timeline is drawn by the page's own program, and scripts are switched off.</p></noscript>
    <div id="tools" class="tools" hidden>
      <label>Search <input id="search" type="search" autocomplete="off" spellcheck="false"></label>
      <span id="choice">${told ? [choice] : []}</span>
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" id="zoom-in" aria-label="Zoom in">+</button>
        <button type="button" id="zoom-out" aria-label="Zoom out">−</button>
        <button type="button" id="zoom-all">All</button>
        <button type="button" id="next-loss">Next loss</button>
      </div>
    </div>
    <div id="stage" class="stage" hidden>
      <div id="scroller" class="scroller">
        <canvas
          id="canvas"
          tabindex="0"
          role="application"
          aria-roledescription="timeline"
          aria-label="Timeline of threads and tasks"
          aria-describedby="keys"
        ></canvas>
        <div id="spacer"></div>
      </div>
      <div id="tip" class="tip" hidden></div>
    </div>
    <div id="legend" class="legend"></div>
    <p id="status" class="status-line" role="status"></p>
    <aside id="detail" class="detail" aria-label="Details of the selection" hidden></aside>
    <p id="keys" class="keys">
      Wheel scrolls, with Ctrl it zooms; drag or pinch on the picture. Keys: W S zoom, A D or ← →
      move, ↑ ↓ choose a lane, , and . step through it, Enter opens a group, N goes to the next
      loss, 0 shows all, Escape lets go.
    </p>
  </section>`;
}

function sourcesOf(sources: readonly SourceFile[]): HtmlText {
  if (sources.length === 0) return htmlText``;
  const all = sources.map((source, index) => sourceOf(source, index));
  return htmlText`<section id="sources" aria-labelledby="sources-title">
    <h2 id="sources-title">Sources</h2>
    ${all}
  </section>`;
}

function sourceOf({ file, text, doubt, lines }: SourceFile, index: number): HtmlText {
  const all = highlighted((text ?? "").replace(/\r?\n$/, ""), file);
  const shown = shownLines(all.length, [...lines.keys()]);
  let before = 0;
  const body = shown.flatMap((number) => {
    const gap = number > before + 1 ? [htmlText`<span class="gap">⋯</span>`] : [];
    before = number;
    return [...gap, lineOf(all[number - 1]!, { number, index, notes: lines.get(number) ?? [] })];
  });
  const doubted = doubt === null ? htmlText`` : htmlText`<p class="doubt">${doubt}</p>`;
  return htmlText`<details class="source" open>
    <summary><h3>${file}</h3></summary>
    ${[doubted]}
    <div class="scroll code" role="region" aria-label="Source of ${file}" tabindex="0">
      <pre>${body}</pre>
    </div>
  </details> `;
}

/** The gravest kind of note is what marks a line. */
const grave: readonly LineNote["is"][] = ["held", "finding", "stood", "made"];

/** How a line is marked. */
const markOf: Readonly<Record<LineNote["is"], string>> = {
  held: "held",
  finding: "about",
  stood: "stood",
  made: "made",
};

function lineOf(
  code: HtmlText,
  { number, index, notes }: { number: number; index: number; notes: readonly LineNote[] },
): HtmlText {
  const is = grave.find((one) => notes.some((note) => note.is === one));
  const words = [...new Set(notes.map((note) => note.words))];
  const shown = words.length > 4 ? [...words.slice(0, 3), `${words.length - 3} more`] : words;
  const note = is === undefined ? [] : [htmlText`<span class="note">${shown.join("; ")}</span>`];
  return htmlText`<span class="line${is === undefined ? "" : ` told ${markOf[is]}`}" id="L${index}-${number}"><span class="number">${number}</span><code>${[code]}</code>${note}</span>`;
}

/** The numbers of the lines that are shown. */
function shownLines(count: number, told: readonly number[]): number[] {
  if (count <= wholeFile) return Array.from({ length: count }, (_, k) => k + 1);
  const shown = new Set<number>();
  for (const line of told)
    for (let one = Math.max(1, line - around); one <= Math.min(count, line + around); one++)
      shown.add(one);
  return [...shown].toSorted((a, b) => a - b);
}
