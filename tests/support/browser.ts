/**
 * A page in a real browser: Chromium, without a window, as Bun drives it. Whatever it complains of is kept, an
 * error, a refusal of the page's policy or a request to any network, so that a test can expect nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Chromium stands; null where there is none. */
export const chromium =
  process.env["TANDEM_CHROMIUM"] ??
  Bun.which("chromium") ??
  Bun.which("chromium-browser") ??
  Bun.which("google-chrome") ??
  null;

export interface Look {
  width: number;
  height: number;
  dark?: boolean;
  touch?: boolean;
  /** `print`, or else the screen. */
  media?: "print" | "screen";
  scale?: number;
}

export class Page implements AsyncDisposable {
  /** What the browser complained of. */
  readonly complaints: string[] = [];
  /** What was asked of any network, the page itself left out. */
  readonly requests: string[] = [];
  readonly #view: Bun.WebView;
  readonly #folder: string;

  private constructor({ width, height }: Look) {
    this.#folder = mkdtempSync(join(tmpdir(), "tandem-browser-"));
    this.#view = new Bun.WebView({
      width,
      height,
      dataStore: { directory: this.#folder },
      // Else it may join a browser that somebody has open.
      backend: { type: "chrome", url: false, path: chromium!, argv: ["--no-sandbox"] },
      console: (...call) => void this.complaints.push(JSON.stringify(call)),
    });
  }

  /** Opens a file from disk, or an address, and waits until its timeline is drawn. */
  static async open(place: string, look: Look = { width: 1440, height: 900 }): Promise<Page> {
    const page = new Page(look);
    await page.#prepare(look);
    await page.go(place);
    return page;
  }

  /** Runs a text before the program of whatever page comes. */
  async before(program: string): Promise<void> {
    await this.cdp("Page.addScriptToEvaluateOnNewDocument", { source: program });
  }

  /** Goes to a file or an address, and waits until its timeline is drawn. */
  async go(place: string): Promise<void> {
    await this.#view.navigate(place.startsWith("http:") ? place : `file://${place}`);
    await this.until(`document.documentElement.dataset.drawn !== undefined`);
  }

  async #prepare(look: Look): Promise<void> {
    await this.#view.navigate("about:blank");
    for (const domain of ["Runtime", "Log", "Network", "Page"]) await this.cdp(`${domain}.enable`);
    this.#on("Runtime.exceptionThrown", ({ exceptionDetails }) =>
      this.complaints.push(JSON.stringify(exceptionDetails)),
    );
    this.#on("Log.entryAdded", ({ entry }) => this.complaints.push(JSON.stringify(entry)));
    this.#on("Network.requestWillBeSent", ({ type, request }) => {
      if (type !== "Document") this.requests.push(JSON.stringify(request));
    });
    await this.look(look);
  }

  async look({ width, height, dark, touch, media, scale = 1 }: Look): Promise<void> {
    await this.cdp("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: touch === true,
    });
    await this.cdp("Emulation.setEmulatedMedia", {
      media: media ?? "screen",
      features: [{ name: "prefers-color-scheme", value: dark === true ? "dark" : "light" }],
    });
    if (touch === true)
      await this.cdp("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 2 });
  }

  #on(event: string, heard: (details: Record<string, unknown>) => void): void {
    this.#view.addEventListener(event, (message) =>
      heard((message as MessageEvent<Record<string, unknown>>).data),
    );
  }

  cdp(method: string, parameters: object = {}): Promise<unknown> {
    return this.#view.cdp(method, parameters as Record<string, unknown>);
  }

  /** The value of an expression in the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = (await this.cdp("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: Value }; exceptionDetails?: object };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    await this.evaluate(`new Promise((done) => {
      const look = () => (${expression}) ? done(true) : setTimeout(look, 5);
      look();
    })`);
  }

  /** What stands in an element, as one reads it. */
  text(selector: string): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  }

  /** Presses a key, as `n` or `ArrowDown`. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : key === "Enter" ? { text: "\r" } : {};
    await this.cdp("Input.dispatchKeyEvent", { type: "keyDown", key, ...text });
    await this.cdp("Input.dispatchKeyEvent", { type: "keyUp", key });
    await this.frame();
  }

  /** Waits until what has been asked for is drawn. */
  async frame(): Promise<void> {
    await this.evaluate(`new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))`);
  }

  async mouse(type: string, x: number, y: number, more: object = {}): Promise<void> {
    await this.cdp("Input.dispatchMouseEvent", { type, x, y, ...more });
  }

  async click(x: number, y: number): Promise<void> {
    for (const type of ["mousePressed", "mouseReleased"])
      await this.mouse(type, x, y, { button: "left", clickCount: 1 });
    await this.frame();
  }

  /** Where the canvas stands in the window. */
  canvas(): Promise<{ x: number; y: number; width: number; height: number }> {
    return this.evaluate(`(() => {
      const { x, y, width, height } = document.getElementById("canvas").getBoundingClientRect();
      return { x, y, width, height };
    })()`);
  }

  /** A picture of the window, or of all of the page. */
  async picture({ whole = false } = {}): Promise<Uint8Array> {
    const { data } = (await this.cdp("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: whole,
    })) as { data: string };
    return Buffer.from(data, "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#view.close();
    // Chromium writes to its folder until it has ended.
    for (let tries = 0; tries < 50; tries++) {
      try {
        rmSync(this.#folder, { recursive: true, force: true });
        return;
      } catch {
        await Bun.sleep(20);
      }
    }
  }
}
