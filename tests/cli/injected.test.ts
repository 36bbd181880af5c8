/**
 * Hostile texts where only a program, a file's name, a folder, an engine's address or the environment can have them:
 * what is told of a program that was observed, in each format, on the live page and in an error. `TANDEM_CASES` says
 * how many programs, `TANDEM_CASE` which one alone.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomFrom } from "../drivers/arbitrary.ts";
import { dangersIn, hostilePieces } from "../support/hostile.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { findPython } from "../support/python.ts";
import { call, command, environment, tandem, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(allRounds ? 3_600_000 : 300_000);

const only = process.env["TANDEM_CASE"];
const cases = Number(process.env["TANDEM_CASES"] ?? rounds(1, 150));

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** Texts of several pieces. A half of a pair cannot be printed by either language. */
class Texts {
  readonly #random: () => number;
  readonly #pieces = [...hostilePieces, "::error::no", "</script>", "javascript:x"];

  constructor(number: number) {
    this.#random = randomFrom(20261130 + 7919 * number);
    for (let k = 0; k < 5; k++) this.#random();
  }

  next(without = /[\ud800-\udfff]/g): string {
    const parts = Array.from({ length: 1 + Math.floor(3 * this.#random()) }, () => {
      const piece = this.#pieces[Math.floor(this.#random() * this.#pieces.length)]!;
      return `a${piece}b`;
    });
    return parts.join("").toWellFormed().replaceAll(without, "");
  }

  /** A part of a path. */
  name(): string {
    return this.next(/[\0/]/g).slice(0, 60).toWellFormed();
  }
}

/** A program that loses a task, fails, and holds its loop, with hostile texts wherever it may have them. */
function pythonOf(texts: Texts): string {
  const [task, error, print, thread, own] = Array.from({ length: 5 }, () =>
    JSON.stringify(texts.next()),
  );
  return `import asyncio, threading, time
class Odd(Exception): pass
Odd.__name__ = Odd.__qualname__ = ${own}.replace("\\0", "")
async def fails():
    await asyncio.sleep(0.001)
    raise Odd(${error})
async def waits():
    await asyncio.sleep(10)
waits.__name__ = waits.__qualname__ = ${own}
async def main():
    print(${print})
    asyncio.create_task(waits(), name=${task})
    asyncio.create_task(fails(), name=${task})
    thread = threading.Thread(target=time.sleep, args=(0.01,), name=${thread})
    thread.start()
    await asyncio.sleep(0.02)
    time.sleep(0.12)
asyncio.run(main())
`;
}

function javascriptOf(texts: Texts): string {
  const [error, print, own, other] = Array.from({ length: 4 }, () => JSON.stringify(texts.next()));
  return `const named = { async [${own}]() { await new Promise((done) => setTimeout(done, 5000)); } };
class Odd extends Error {}
Object.defineProperty(Odd.prototype, "name", { value: ${other} });
async function fails() { await Promise.resolve(); throw new Odd(${error}); }
console.log(${print});
named[${own}]();
fails().catch(() => {});
setTimeout(() => { fails(); process.exitCode = 3; process.exit(); }, 20);
`;
}

const reports = ["html", "svg", "md", "csv", "sarif", "perfetto.json"];

/** The dangers of all that tandem itself says. */
function expectSafe(about: unknown, text: string): void {
  expect([about, dangersIn(text.replaceAll("\r\n", "\n"))]).toEqual([about, []]);
  const commands = text.match(
    /^[^\S\n]*::(?!(?:error|warning|notice) (?:file|title)=)[a-z-]+(?: .*)?::.*$/gm,
  );
  expect([about, commands]).toEqual([about, null]);
}

const numbers =
  only === undefined ? Array.from({ length: cases }, (_, number) => number) : [Number(only)];

test(`${allRounds ? "law: " : ""}a text of a program that is observed does nothing where it is told`, () => {
  for (const number of numbers) {
    const texts = new Texts(number);
    const isPython = number % 2 === 0 && findPython() !== null;
    const here = join(folder.path, `${number} ${texts.name()}`);
    mkdirSync(here);
    const file = join(here, `${texts.name()}.${isPython ? "py" : "mjs"}`);
    writeFileSync(file, isPython ? pythonOf(texts) : javascriptOf(texts));
    const events = join(here, "events.ndjson");
    const observed = tandem(
      [
        ...["observe", "--quiet-program", "--reporter", "github", "--timeline"],
        ...[
          "--events",
          events,
          "--json",
          join(here, "told.json"),
          file,
          texts.next(/\0|[\ud800-\udfff]/g),
        ],
      ],
      { cwd: here },
    );
    const what = `TANDEM_CASE=${number} bun test tests/cli/injected.test.ts`;
    // On stderr the program's own errors stand as they are; the verdict is read again below.
    expectSafe([what, "observe"], observed.stdout);
    for (const written of ["events.ndjson", "told.json"])
      expectSafe([what, written], readFileSync(join(here, written), "utf8"));
    JSON.parse(readFileSync(join(here, "told.json"), "utf8"));
    for (const words of [[], ["--json"], ["--timeline"]]) {
      const { stdout, stderr, status } = tandem(["report", events, ...words]);
      expectSafe([what, words], stdout + stderr);
      expect([what, status, stderr]).toEqual([what, 0, ""]);
    }
    for (const ending of reports) {
      const report = join(here, `report.${ending}`);
      const { status, stderr } = tandem(["report", events, "-o", report]);
      expect([what, status, stderr]).toEqual([what, 0, ""]);
      const text = readFileSync(report, "utf8");
      expectSafe([what, ending], text);
      if (["sarif", "perfetto.json"].includes(ending)) JSON.parse(text);
      if (ending === "svg") Bun.XML.parse(text);
      if (ending === "html") expect([what, text.match(/<script/gi)?.length]).toEqual([what, 3]);
    }
  }
});

test(`${allRounds ? "law: " : ""}an address, a folder or a variable of the environment does nothing where it is told`, async () => {
  for (const number of numbers) {
    const texts = new Texts(1000 + number);
    const here = join(folder.path, `e${number} ${texts.name()}`);
    mkdirSync(here);
    const what = `TANDEM_CASE=${number} bun test tests/cli/injected.test.ts`;
    const odd = texts.next(/\0|[\ud800-\udfff]/g);
    const env = {
      COLUMNS: odd,
      LINES: odd,
      TERM: odd,
      NO_COLOR: odd,
      LANG: odd,
      TMPDIR: join(here, "temporary"),
      HOME: join(here, texts.name()),
      PYTHONPATH: odd,
      GITHUB_ACTIONS: odd,
      [`TANDEM_${number}`]: odd,
    };
    mkdirSync(env.TMPDIR);
    for (const words of [
      ["run", "handed-over", "--speed", "100", "--engine", `sqlite:${odd}/queue.db`],
      ["run", "handed-over", "--speed", "100", "--engine", odd],
      ["worker", "handed-over", "--engine", `sqlite:${texts.name()}`, "--until-empty"],
      ["run", "lost", "--driver", "virtual", "--timeline", "--takes-from", texts.name()],
      ["run", "lost", "--driver", "virtual", "--report", `${texts.name()}/${texts.name()}.html`],
      ["crash", "lost", "-o", `${texts.name()}/x.yaml`],
      ["compare", "lost", "--report", texts.name()],
      ["observe", texts.name()],
      ["observe", "--", texts.name()],
      ["observe", "--runtime", odd, "x.js"],
      ["new", `${texts.name()}/x.yaml`],
      ["completion", odd],
      ["schema", odd],
      ["run", "lost", "--driver", "virtual", "--timeline"],
    ]) {
      const { stdout, stderr, status } = call([...command(), ...words], { cwd: here, env });
      expectSafe([what, words], words.includes("lost") ? stderr : stdout + stderr);
      expect([
        what,
        words,
        /^\s+at .*:\d+:\d+/m.exec(stderr),
        status > 128 && status !== 141,
      ]).toEqual([what, words, null, false]);
    }
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  }
});

test(`${allRounds ? "law: " : ""}a text does nothing on the live page`, async () => {
  for (const number of numbers.filter((each) => each % 5 === 0)) {
    const texts = new Texts(2000 + number);
    const [title, print, error] = [texts.next(), texts.next(/[{}]/g), texts.next(/[{}]/g)];
    const document = {
      name: "live",
      title,
      main: [{ print }, "launch", { block: "400ms" }],
      tasks: { one: [{ print }, { sleep: "100ms" }, { fail: error }] },
      strategy: "thread",
    };
    const file = folder.file(`live-${number}.json`, JSON.stringify(document));
    const child = Bun.spawn([...command(), "run", file, "--live"], {
      ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe" },
      env: environment(),
    });
    let stderr = "";
    let page: Promise<string> | undefined;
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream() as never)) {
      stderr += piece as unknown as string;
      const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(stderr)?.[0];
      if (address !== undefined)
        page ??= fetch(address)
          .then((answer) => answer.text())
          .catch(() => "");
    }
    await child.exited;
    const what = `TANDEM_CASE=${number} bun test tests/cli/injected.test.ts`;
    expectSafe([what, "stderr"], stderr);
    expect(page).toBeDefined();
    expectSafe([what, "page"], (await page)!);
  }
});
