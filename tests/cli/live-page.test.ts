/** `--live`, of `tandem observe` and `tandem run`: who may read the page, how it grows with its program, and how it ends. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { chromium, Page } from "../support/browser.ts";
import { patience } from "../support/patience.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { command, environment, tandemHere, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";

setDefaultTimeout(patience);

const python = findPython(9);

/** A program in JavaScript that goes on until a file named `end` is there, or its own is gone: a tandem that is killed ends nobody. */
const waiting = `import { existsSync } from "node:fs";
const look = () => existsSync("end") || !existsSync("app.mjs") ? process.exit(3) : setTimeout(look, 5);
look();
`;

/** Tandem that serves a page of a program. */
class Live implements AsyncDisposable {
  /** What has come on stderr. */
  told = "";
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #ended: Promise<void>;

  private constructor(words: readonly string[], { cwd, env }: { cwd: string; env: object }) {
    this.#child = Bun.spawn([...command(), ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd,
      env: environment({ ...env }),
    });
    this.#ended = this.#read();
  }

  /** @param words of `observe`, or `run` and its own. */
  static async start(words: readonly string[], cwd: string, env: object = {}): Promise<Live> {
    const isRun = words[0] === "run";
    const all = isRun ? [...words, "--live"] : ["observe", "--live", ...words];
    const live = new Live(all, { cwd, env });
    await live.tells(/http:\S+/);
    return live;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child.stderr) this.told += decoder.decode(piece);
  }

  /** Waits until something stands on stderr. */
  async tells(what: RegExp): Promise<void> {
    const isOver = this.#ended.then(() => true);
    while (!what.test(this.told)) {
      const over = await Promise.race([isOver, Bun.sleep(5)]);
      if (over === true && !what.test(this.told)) throw new Error(this.told);
    }
  }

  get address(): string {
    return /http:\S+/.exec(this.told)![0];
  }

  /** Its exit status and what the program printed, once it has ended. */
  async ended(): Promise<{ status: number; stdout: string }> {
    const stdout = await this.#child.stdout.text();
    await this.#ended;
    return { status: await this.#child.exited, stdout };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends tandem where it stands. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
  }
}

/** The bytes that ask for a WebSocket, as a program writes them that is no browser. */
function upgrade(address: string, headers: Readonly<Record<string, string>> = {}): string {
  const { pathname, host } = new URL(address);
  const all = {
    Host: host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${pathname}live HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The first line of the answer to some bytes. */
async function answerTo(address: string, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(address).port), "127.0.0.1", () => socket.write(bytes));
  socket.on("error", reject);
  socket.once("data", (data) => resolve(data.toString().split("\r\n")[0]!));
  const line = await promise;
  socket.destroy();
  return line;
}

/** A program that is observed with `--live` in a folder of its own. */
async function served(text: string) {
  await using all = new AsyncDisposableStack();
  const folder = all.use(temporaryFolder());
  folder.file("app.mjs", text);
  const live = all.use(await Live.start(["app.mjs"], folder.path));
  const own = all.move();
  return { folder, live, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

describe("the page of a program that runs", () => {
  test("is read by who knows its address, on this machine and from no other page", async () => {
    await using run = await served(waiting);
    const { address } = run.live;
    const { port } = new URL(address);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(path, { headers })).status;
    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
    });
    expect(await statusOf(address, { Host: `localhost:${port}` })).toBe(421);
    expect(await statusOf(address, { Host: "evil.example" })).toBe(421);
    expect(await statusOf(address, { Origin: "https://evil.example" })).toBe(403);
    expect(await statusOf(address, { Origin: "null" })).toBe(403);
    expect(await statusOf(`http://127.0.0.1:${port}/`)).toBe(404);
    expect(await statusOf(`http://127.0.0.1:${port}/${"0".repeat(32)}/`)).toBe(404);
    expect((await fetch(address, { method: "POST", body: "x" })).status).toBe(405);
    expect(await answerTo(address, upgrade(address))).toContain(" 101 ");
    for (const [headers, status] of [
      [{ Host: `localhost:${port}` }, 421],
      [{ Origin: "https://evil.example" }, 403],
      [{ Origin: "null" }, 403],
    ] as const)
      expect(await answerTo(address, upgrade(address, headers))).toContain(` ${status} `);
    expect(await answerTo(address, upgrade(`http://127.0.0.1:${port}/`))).toContain(" 404 ");
  });

  test("takes no messages", async () => {
    await using run = await served(waiting);
    const socket = new WebSocket(`${run.live.address.replace("http", "ws")}live`);
    const { promise, resolve } = Promise.withResolvers<number>();
    socket.addEventListener("open", () => socket.send("anything"));
    socket.addEventListener("close", ({ code }) => resolve(code));
    expect(await promise).toBe(1008);
  });

  test("does not keep tandem, where stderr is no terminal", async () => {
    await using run = await served(waiting);
    const socket = new WebSocket(`${run.live.address.replace("http", "ws")}live`);
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener("close", ({ code }) => resolve(code)),
    );
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    run.folder.file("end", "");
    expect((await run.live.ended()).status).toBe(3);
    expect(await closed).toBe(1000);
  });

  test("keeps tandem until Ctrl-C where it is open and stderr is a terminal, and the status is the program's", async () => {
    using folder = temporaryFolder();
    folder.file("app.mjs", waiting);
    await using tandem = new TandemInTerminal(["observe", "--live", "app.mjs"], {
      columns: 200,
      cwd: folder.path,
    });
    await tandem.shows(/http:\S+\/ shows/);
    const [address] = /http:\S+/.exec(tandem.text)!;
    const socket = new WebSocket(`${address.replace("http", "ws")}live`);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    folder.file("end", "");
    await tandem.shows("stays until Ctrl-C");
    expect((await fetch(address)).status).toBe(200);
    tandem.type("\u0003");
    expect(await tandem.exited()).toBe(3);
  });

  test("lets tandem end with its program where nobody has it open", async () => {
    using folder = temporaryFolder();
    folder.file("app.mjs", "process.exit(3)");
    await using tandem = new TandemInTerminal(["observe", "--live", "app.mjs"], {
      cwd: folder.path,
    });
    expect(await tandem.exited()).toBe(3);
    expect(tandem.text).not.toContain("Ctrl-C");
  });

  test("does not make the program wait for a reader that takes nothing", async () => {
    using folder = temporaryFolder();
    folder.file(
      "app.mjs",
      `import { existsSync } from "node:fs";
const rest = (ms) => new Promise((done) => setTimeout(done, ms));
async function work(n) { await rest(n % 7); }
while (!existsSync("go")) await rest(5);
for (let k = 0; k < 50; k++) {
  const all = [];
  for (let n = 0; n < 400; n++) all.push(work(n));
  await Promise.all(all);
}
console.log("done");`,
    );
    await using live = await Live.start(["app.mjs"], folder.path);
    const { address } = live;
    const asleep = connect(Number(new URL(address).port), "127.0.0.1");
    asleep.pause();
    asleep.write(upgrade(address));
    await using _ = { [Symbol.asyncDispose]: async () => void asleep.destroy() };
    asleep.on("error", () => undefined);
    folder.file("go", "");
    expect(await live.ended()).toEqual({ status: 0, stdout: "done\n" });
    expect(live.told).toMatch(/work ×20,000\s+20,000 finished/);
  });

  test("ends with its program by a signal that comes as soon as its address is told, before that is started", async () => {
    await using run = await served(waiting);
    run.live.signal("SIGTERM");
    expect((await run.live.ended()).status).toBe(143);
  });

  test("is opened by --open, and where nothing opens it a sentence says so", async () => {
    using folder = temporaryFolder();
    folder.file("app.mjs", waiting);
    const name = process.platform === "darwin" ? "open" : "xdg-open";
    chmodSync(folder.file(name, `#!/bin/sh\necho "$1" > opened\n`), 0o755);
    {
      await using live = await Live.start(["--open", "app.mjs"], folder.path, {
        PATH: `${folder.path}:/usr/bin:/bin`,
      });
      const read = (): string => {
        try {
          return readFileSync(folder.file("opened"), "utf8");
        } catch {
          return "";
        }
      };
      while (!read().endsWith("\n")) await Bun.sleep(5);
      expect(read().trim()).toBe(live.address);
    }
    await using live = await Live.start(["--open", "app.mjs"], folder.path, { PATH: "/nowhere" });
    await live.tells(new RegExp(`there is no ${name} here`));
  });

  test("is refused where nobody could be told of it or there are many runs, and --open alone opens nothing", async () => {
    for (const [words, said] of [
      [["--live", "--quiet"], "--live tells its address on stderr"],
      [["--live", "--runs", "2"], "--live is about one run"],
      [["--open"], "--open is about the page of --live"],
    ] as const) {
      const { status, stderr } = await tandemHere(["observe", ...words, "app.py"]);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(said) });
    }
    for (const [words, said] of [
      [["--live", "--driver", "virtual"], "in virtual time it is over at once"],
      [["--live", "--driver", "real", "--runs", "2"], "--live is about one run"],
      [["--open"], "--open is about the page of --live"],
    ] as const) {
      const { status, stderr } = await tandemHere(["run", "lost", ...words]);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(said) });
    }
  });
});

const growing = `import asyncio, os
async def until(file):
    while not os.path.exists(file):
        await asyncio.sleep(0.005)
async def early():
    await until("end")
async def late():
    await until("never")
async def main():
    first = asyncio.create_task(early())
    await until("more")
    for _ in range(5):
        asyncio.create_task(late())
    await first
asyncio.run(main())
`;

describe.skipIf(chromium === null || python === null)(
  `the page of a program that runs, in a browser${chromium === null ? " (skipped: there is no Chromium)" : whyNoPython(9)}`,
  () => {
    test("grows with it, keeps what is in view, chosen and sought, and has all of it at the end", async () => {
      using folder = temporaryFolder();
      folder.file("app.py", growing);
      await using live = await Live.start(["--python", python!.path, "app.py"], folder.path);
      await using page = await Page.open(live.address);
      const has = (selector: string, text: string): string =>
        `document.querySelector("${selector}").innerText.includes("${text}")`;
      await page.until(has("#verdict", "early"));
      expect(await page.text("#live")).toContain("The program runs");
      expect(await page.text("#verdict")).not.toContain("late");
      await page.evaluate(`(() => {
        const search = document.getElementById("search");
        search.value = "early";
        search.dispatchEvent(new Event("input"));
        search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
        document.getElementById("zoom-in").click();
      })()`);
      expect(await page.text("#detail h3")).toContain("early");
      await page.until(`location.hash.startsWith("#t=")`);
      const view = await page.evaluate<string>("location.hash");
      folder.file("more", "");
      await page.until(has("#verdict", "late"));
      expect(await page.text("#detail h3")).toContain("early");
      expect(await page.evaluate<string>(`document.getElementById("search").value`)).toBe("early");
      // What is in view is told in whole microseconds.
      const numbers = (hash: string): number[] => hash.match(/\d+/g)!.map(Number);
      await page.frame();
      const now = numbers(await page.evaluate<string>("location.hash"));
      for (const [k, number] of numbers(view).entries())
        expect(Math.abs(now[k]! - number)).toBeLessThanOrEqual(2);
      folder.file("end", "");
      expect((await live.ended()).status).toBe(0);
      await page.until(`document.documentElement.dataset.stage === "over"`);
      expect(await page.text("#live")).toContain("has ended; this is its report");
      const text = (await page.text("body")).replaceAll(/\s+/g, " ");
      for (const words of ["late ×5", "5 of 6 tasks lost"])
        expect([live.told, text]).toEqual(Array(2).fill(expect.stringContaining(words)));
      expect(await page.text("#detail h3")).toContain("early");
      await page.evaluate(`document.querySelector("button.jump").click()`);
      expect(await page.text("#status")).toContain("Finding 1");
      expect([page.complaints, page.requests]).toEqual([[], []]);
    });

    test("grows with a run of a scenario, of whose tasks nothing is said before they end", async () => {
      using folder = temporaryFolder();
      folder.file(
        "until.mjs",
        `import { existsSync } from "node:fs";
export default async ({ args, sleep }) => { while (!existsSync(args[0])) await sleep(5); };`,
      );
      folder.file(
        "two.yaml",
        `name: two
main: [launch]
launch: [{ start: [first, second] }, settle]
tasks:
  first: [{ call: { module: ./until.mjs, args: [one] } }]
  second: [{ call: { module: ./until.mjs, args: [two] } }]
strategy: await
`,
      );
      await using live = await Live.start(["run", "two.yaml"], folder.path);
      await using page = await Page.open(live.address);
      const says = (text: string): string =>
        `document.querySelector("#verdict").innerText.includes("${text}")`;
      await page.until(says("so far 0 of 2 tasks ended"));
      expect(await page.text("#verdict")).not.toContain("lost");
      expect(await page.text("#findings")).toContain("so far");
      folder.file("one", "");
      await page.until(says("so far 1 of 2 tasks ended"));
      folder.file("two", "");
      expect((await live.ended()).status).toBe(0);
      await page.until(`document.documentElement.dataset.stage === "over"`);
      expect(await page.text("#verdict")).toContain("0 of 2 tasks lost");
      expect([page.complaints, page.requests]).toEqual([[], []]);
    });

    test("says so when tandem is gone before the end", async () => {
      using folder = temporaryFolder();
      folder.file("app.mjs", waiting);
      const live = await Live.start(["app.mjs"], folder.path);
      await using page = await Page.open(live.address);
      await live.kill();
      await page.until(`document.documentElement.dataset.stage === "gone"`);
      expect(await page.text("#live")).toContain("tandem has gone");
    });
  },
);
