/** The page's program: it takes in the data, draws the timeline, and joins it to the words around it. */
import { formatCount } from "../../../base/count.ts";
import { type Data, ownData } from "./data.ts";
import { follow, showJumps } from "./live.ts";
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
  const data = await ownData();
  for (const id of ["tools", "stage"]) element(id)!.hidden = false;
  showLegend();
  const timeline = new Timeline(data);
  joinFindings(timeline);
  joinTools(timeline);
  showCount(data);
  const socket = document.documentElement.dataset["live"];
  if (socket !== undefined) follow(socket, timeline, (more) => grow(timeline, more));
  document.documentElement.dataset["drawn"] = "";
}

/** Takes in more of the same. */
function grow(timeline: Timeline, data: Data): void {
  timeline.update(data);
  showCount(data);
  const filter = element<HTMLSelectElement>("filter");
  if (filter !== null) filter.value = String(timeline.filtered ?? "");
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
  showJumps(document);
  // Of a page that grows both are replaced.
  document.addEventListener("click", ({ target }) => {
    const button = (target as Element).closest<HTMLElement>("button.jump");
    if (button !== null) timeline.showFinding(Number(button.dataset["finding"]));
  });
  document.addEventListener("change", ({ target }) => {
    const { id, value } = target as HTMLSelectElement;
    if (id === "filter") timeline.filter(value === "" ? null : Number(value));
  });
}

function showCount({ entities }: Data): void {
  element("canvas")!.setAttribute(
    "aria-label",
    `Timeline of ${formatCount(entities.count)} threads and tasks`,
  );
}

function joinTools(timeline: Timeline): void {
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
}

if (document.readyState === "loading")
  document.addEventListener("DOMContentLoaded", () => void start());
else void start();
