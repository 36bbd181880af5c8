/**
 * The page of a report, served while its program or its scenario runs: `--live`.
 *
 * Only this machine reaches it, and only who knows its address. The program never waits for it: what is known is
 * read between two looks at the record, seldom enough to take a tenth of a core at most, and a reader that does
 * not take what it is sent is sent nothing more.
 */
import type { Server, ServerWebSocket } from "bun";
import { UserError } from "../base/user-error.ts";
import type { Report } from "../report/model/report.ts";
import type { LiveStage } from "../report/page/format.ts";
import type { PageParts } from "../report/page/prepared.ts";
import { terminal, writeErrLine } from "./output.ts";
import { SignalWatch } from "./signals.ts";

/** How often the page grows at most, in ms. */
const restMs = 500;

/** How much of the time of a core it takes at most, as one part of so many. */
const share = 10;

/** The longest that a report may take to make, in ms of a core, while records fill that nobody reads meanwhile. */
const mostMs = 500;

/** From how many events in a ms on the record goes before: its rings have to be emptied. */
const rush = 40;

/** From how many events on the time that a report took foretells that of a longer one: the first ones run cold. */
const leastTelling = 20_000;

/** How much may be on its way to a reader, in bytes. */
const mostOnWay = 8e6;

/** For how long, in ms, a reader may take to have all of it when the program has ended. */
const partingMs = 2000;

/** What a reader has been sent last. */
interface Reader {
  sent: Uint8Array | null;
}

/** Nobody else may have it in a frame, read it, or learn its address from it. */
const headers = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** What a page grows with: a program or a run of which more and more is known. */
export interface Growing {
  /** How many events have come. */
  readonly heard: number;
  /** The report on what is known; null where nothing is. */
  report(): Report | null;
}

/** No address on this machine can be had; the message says why. */
export class CannotServe extends UserError {}

/** What pages are made with, which no other command loads. */
interface Making {
  html: typeof import("../report/html/file.ts");
  parts: PageParts;
}

export class LivePage implements Disposable {
  readonly #server: Server<Reader>;
  /** Who knows it may read. */
  readonly #token = crypto.getRandomValues(new Uint8Array(16)).toHex();
  readonly #making: Making;
  readonly #within: string | null;
  readonly #readers = new Set<ServerWebSocket<Reader>>();
  #growing: Growing | null = null;
  #report: Report | null = null;
  /** Settles when there is a report. */
  readonly #begun = Promise.withResolvers<void>();
  #stage: LiveStage = "growing";
  /** The report as it is sent; null where it is not made. */
  #message: Uint8Array<ArrayBuffer> | null = null;
  /** How many events the report tells of. */
  #heard = -1;
  /** When the page was to grow last, and how many events had come by then. */
  #before = { at: performance.now(), heard: 0 };
  /** What making a report takes for each event, in ms. */
  #perEvent = 0;
  #timer: Timer | undefined;

  /** Serves a page as the options say, and tells where it is. @throws CannotServe */
  static async open(options: { "full-paths": boolean; open: boolean }): Promise<LivePage> {
    const html = await import("../report/html/file.ts");
    const { pageParts } = await import("../report/page/parts.ts");
    const page = new LivePage({ html, parts: await pageParts() }, options["full-paths"]);
    writeErrLine(`tandem: ${page.address} shows the program while it runs`);
    if (options.open) openInBrowser(page.address);
    return page;
  }

  private constructor(making: Making, fullPaths: boolean) {
    this.#making = making;
    this.#within = fullPaths ? null : process.cwd();
    try {
      this.#server = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        development: false,
        fetch: (request) => this.#answer(request),
        websocket: {
          perMessageDeflate: false,
          maxPayloadLength: 1024,
          open: (reader) => {
            this.#readers.add(reader);
            this.#send();
          },
          message: (reader) => reader.close(1008, "nothing is taken here"),
          close: (reader) => void this.#readers.delete(reader),
        },
      });
    } catch (error) {
      throw new CannotServe(`--live: nothing can be served here: ${(error as Error).message}`);
    }
  }

  get address(): string {
    return `http://${this.#host}/${this.#token}/`;
  }

  get #host(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  /** Has the page grow with what runs. */
  follow(growing: Growing): void {
    if (this.#stage === "over") return;
    this.#growing = growing;
    // The first one has nothing to tell yet, and costs little.
    this.#wait(0);
  }

  /** Shows a report on the program, which has ended. */
  show(report: Report): void {
    clearTimeout(this.#timer);
    this.#growing = null;
    this.#set(report, "over");
    this.#send();
  }

  /** Waits for readers to have all of it; for Ctrl-C, where somebody looks at the page and at the terminal. */
  async leave(): Promise<void> {
    if (this.hasReaders && terminal.stderr.isTTY) {
      const ended = Promise.withResolvers<void>();
      using _ = new SignalWatch(ended.resolve);
      writeErrLine(`tandem: ${this.address} stays until Ctrl-C`);
      await ended.promise;
    }
    await this.#part();
  }

  /** Settles when readers have all that they were sent, or take too long. */
  async #part(): Promise<void> {
    const until = performance.now() + partingMs;
    this.#send();
    const isOnWay = (): boolean =>
      [...this.#readers].some(
        (reader) => reader.data.sent !== this.#message || reader.getBufferedAmount() > 0,
      );
    while (isOnWay() && performance.now() < until) {
      await Bun.sleep(10);
      this.#send();
    }
    // Closed in order, so that what has been sent comes before.
    for (const reader of this.#readers) reader.close(1000);
    while (this.hasReaders && performance.now() < until) await Bun.sleep(10);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    void this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response | undefined> {
    if (request.headers.get("host") !== this.#host) return refused(421);
    const origin = request.headers.get("origin");
    if (origin !== null && origin !== `http://${this.#host}`) return refused(403);
    const { pathname } = new URL(request.url);
    if (request.method !== "GET") return refused(405);
    if (pathname === `/${this.#token}/live`)
      return this.#server.upgrade(request, { data: { sent: null }, headers })
        ? undefined
        : refused(426);
    if (pathname !== `/${this.#token}/`) return refused(404);
    return await this.#page();
  }

  async #page(): Promise<Response> {
    await this.#begun.promise;
    const { html, parts } = this.#making;
    const pieces = html.htmlFile(this.#report!, {
      parts,
      within: this.#within,
      socket: `ws://${this.#host}/${this.#token}/live`,
    });
    return new Response(pieces.join(""), {
      headers: { ...headers, "Content-Type": "text/html; charset=utf-8" },
    });
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#grow(), ms);
  }

  #grow(): void {
    const before = spentMs();
    try {
      const isRush = this.#isRush();
      if (this.#report === null || (this.hasReaders && !isRush)) this.#look();
      this.#send();
    } catch (error) {
      // The program goes on, and so does its record.
      writeErrLine(`tandem: the page grows no more before the end: ${(error as Error).message}`);
      return;
    }
    this.#wait(Math.max(restMs, (spentMs() - before) * share));
  }

  /** Whether very much has come since this was asked last. */
  #isRush(): boolean {
    const { at, heard } = this.#before;
    const now = { at: performance.now(), heard: this.#growing?.heard ?? heard };
    this.#before = now;
    return now.heard - heard > rush * (now.at - at);
  }

  /** Takes in what has come to be known. */
  #look(): void {
    const growing = this.#growing;
    if (growing === null || growing.heard === this.#heard || this.#stage !== "growing") return;
    const { heard } = growing;
    if (this.#report !== null && heard * this.#perEvent > mostMs)
      return this.#set(this.#report, "large");
    const before = spentMs();
    const report = growing.report();
    if (report === null) return;
    this.#heard = heard;
    this.#set(report, "growing");
    this.#message = this.#made();
    this.#perEvent = (spentMs() - before) / Math.max(heard, leastTelling);
  }

  #set(report: Report, stage: LiveStage): void {
    this.#report = report;
    this.#stage = stage;
    this.#message = null;
    this.#begun.resolve();
  }

  #made(): Uint8Array<ArrayBuffer> {
    const { liveMessage } = this.#making.html;
    return liveMessage(this.#report!, { within: this.#within, stage: this.#stage });
  }

  /** Sends the report to those who have another one, unless they have not taken what is on its way to them. */
  #send(): void {
    if (this.#report === null) return;
    for (const reader of this.#readers) {
      if (reader.data.sent !== null && reader.data.sent === this.#message) continue;
      if (reader.getBufferedAmount() > mostOnWay) continue;
      this.#message ??= this.#made();
      reader.data.sent = this.#message;
      reader.sendBinary(this.#message);
    }
  }
}

/** What this thread has taken of a core, in ms. */
function spentMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function refused(status: number): Response {
  return new Response(null, { status, headers });
}

/** Opens an address in the browser, or says that it cannot. */
function openInBrowser(address: string): void {
  const [program, ...words] = openers[process.platform] ?? ["xdg-open"];
  const path = Bun.which(program);
  if (path === null)
    return writeErrLine(`tandem: there is no ${program} here that would open a browser`);
  const child = Bun.spawn([path, ...words, address], {
    stdio: ["ignore", "ignore", "ignore"],
    onExit: (_child, code) => {
      if (code !== 0) writeErrLine(`tandem: ${program} opened no browser`);
    },
  });
  child.unref();
}

/** What opens an address in the browser, by platform. */
const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};
