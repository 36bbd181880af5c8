/** The page's program: it takes in the data, draws the timeline, and joins it to the words around it. */
import { formatCount } from "../../../base/count.ts";
import { type Data, readData, readHead } from "./data.ts";
import { Timeline } from "./timeline.ts";

const element = <Kind extends HTMLElement>(id: string): Kind | null =>
  document.getElementById(id) as Kind | null;

/** What the picture's colours and shapes mean. */
const legend = [
  ["holding", "holds its thread"],
  ["starved", "ready, its thread is held"],
  ["running", "runs"],
  ["waiting", "waits, or was last seen waiting"],
  ["alive", "there, nothing told"],
  ["lost", "lost"],
  ["failed", "failed"],
  ["exit", "end of a process"],
] as const;

async function start(): Promise<void> {
  const data = await readData(readHead());
  for (const id of ["tools", "stage"]) element(id)!.hidden = false;
  showLegend();
  const timeline = new Timeline(data);
  joinFindings(timeline);
  joinTools(timeline, data);
  document.documentElement.dataset["drawn"] = "";
}

function showLegend(): void {
  element("legend")!.append(
    ...legend.map(([name, words]) => {
      const entry = document.createElement("span");
      const swatch = document.createElement("span");
      swatch.className = `swatch swatch-${name}`;
      entry.append(swatch, words);
      return entry;
    }),
  );
}

function joinFindings(timeline: Timeline): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.jump")) {
    button.hidden = false;
    button.addEventListener("click", () => timeline.showFinding(Number(button.dataset["finding"])));
  }
  const filter = element<HTMLSelectElement>("filter");
  filter?.addEventListener("change", () =>
    timeline.filter(filter.value === "" ? null : Number(filter.value)),
  );
}

function joinTools(timeline: Timeline, { head }: Data): void {
  const search = element<HTMLInputElement>("search")!;
  const status = element("status")!;
  search.addEventListener("input", () => {
    const count = timeline.search(search.value);
    status.textContent =
      count === null
        ? ""
        : `${formatCount(count)} found${count === 0 ? "" : "; Enter goes to the next"}`;
  });
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") timeline.nextFound();
  });
  const on = (id: string, action: () => void): void =>
    element(id)!.addEventListener("click", action);
  on("zoom-in", () => timeline.zoomBy(2));
  on("zoom-out", () => timeline.zoomBy(0.5));
  on("zoom-all", () => timeline.showAll());
  on("next-loss", () => timeline.nextLoss());
  element("canvas")!.setAttribute(
    "aria-label",
    `Timeline of ${formatCount(head.columns[0]!.length)} threads and tasks`,
  );
}

if (document.readyState === "loading")
  document.addEventListener("DOMContentLoaded", () => void start());
else void start();
