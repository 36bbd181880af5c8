/** A page that grows while its program runs: what comes takes the place of what was there. */
import type { LiveHead, LiveStage } from "../format.ts";
import { type Data, readData } from "./data.ts";
import type { Timeline } from "./timeline.ts";

const stageWords: Readonly<Record<LiveStage, string>> = {
  growing: "The program runs; this page grows with its record.",
  large:
    "The program runs; its record has become too large to be shown before its end. This is an earlier state.",
  over: "The program has ended; this is its report.",
};

/** What is replaced by what comes. */
const replaced = ["header > h1", "header > .headline", "#verdict", "#findings", "#choice"] as const;

/** @param take is given the data of what comes, when its words are in the page. */
export function follow(address: string, timeline: Timeline, take: (data: Data) => void): void {
  const state = document.createElement("p");
  state.className = "status-line";
  state.id = "live";
  state.textContent = stageWords.growing;
  document.querySelector("header")!.append(state);
  timeline.isGrowing = true;
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  let next: ArrayBuffer | null = null;
  let isAtIt = false;
  const takeAll = async (): Promise<void> => {
    if (isAtIt) return;
    isAtIt = true;
    while (next !== null) {
      const message = next;
      next = null;
      const { head, body, stage, block } = parted(message);
      const data = await readData(head, block);
      showWords(body);
      timeline.isGrowing = stage !== "over";
      take(data);
      state.textContent = stageWords[stage];
      document.documentElement.dataset["stage"] = stage;
    }
    isAtIt = false;
    if (socket.readyState === WebSocket.CLOSED) showEnd();
  };
  // What came before it has been shown is no longer the newest.
  socket.addEventListener("message", ({ data }) => {
    next = data as ArrayBuffer;
    void takeAll();
  });
  const showEnd = (): void => {
    if (isAtIt || document.documentElement.dataset["stage"] === "over") return;
    state.textContent = "tandem has gone; this is what it had told until then.";
    document.documentElement.dataset["stage"] = "gone";
  };
  socket.addEventListener("close", showEnd);
}

function parted(message: ArrayBuffer): LiveHead & { block: Uint8Array<ArrayBuffer> } {
  const length = new DataView(message).getUint32(0, true);
  const json = new TextDecoder().decode(new Uint8Array(message, 4, length));
  return { ...(JSON.parse(json) as LiveHead), block: new Uint8Array(message, 4 + length) };
}

/** Puts words into the page, where they are others than those that stand there. */
function showWords(body: string): void {
  const page = new DOMParser().parseFromString(body, "text/html");
  for (const selector of replaced) {
    const now = document.querySelector(selector)!;
    const coming = page.querySelector(selector)!;
    showJumps(coming);
    if (!now.isEqualNode(coming)) now.replaceWith(coming);
  }
  showSources(page);
}

/** The buttons that are hidden where the page's program does not run. */
export function showJumps(part: ParentNode): void {
  for (const button of part.querySelectorAll<HTMLElement>("button.jump")) button.hidden = false;
}

/** Sources come one by one; what is closed stays closed. */
function showSources(page: Document): void {
  const now = document.getElementById("sources");
  const coming = page.getElementById("sources");
  if (coming === null) return now?.remove();
  const closed = new Set(
    [...(now?.querySelectorAll("details:not([open]) h3") ?? [])].map((title) => title.textContent),
  );
  for (const title of coming.querySelectorAll("h3"))
    if (closed.has(title.textContent)) title.closest("details")!.open = false;
  if (now === null) document.querySelector("main")!.append(coming);
  else if (!now.isEqualNode(coming)) now.replaceWith(coming);
}
