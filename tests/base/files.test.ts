/** Files that are written: whole under their names, or not there. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { NameTaken, OutputFailed, putInPlace, writeFile } from "../../src/base/files.ts";
import { printable } from "../../src/base/texts.ts";
import { patience } from "../support/patience.ts";
import { rounds } from "../support/laws.ts";
import { call, command, environment, shell, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

/** What a piece of a test's files holds: a part is told from the whole by its length. */
const piece = printable("x".repeat(1000));

function* pieces(count: number, between: (index: number) => void = () => undefined) {
  for (let index = 0; index < count; index++) {
    between(index);
    yield piece;
  }
}

const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe("a file that is written", () => {
  test("has its name only when it is whole", async () => {
    using folder = temporaryFolder();
    const file = folder.file("new.txt");
    const seen: boolean[] = [];
    await writeFile(
      file,
      pieces(3, () => seen.push(existsSync(file))),
      { replace: false },
    );
    expect(seen).toEqual([false, false, false]);
    expect(readFileSync(file, "utf8")).toBe(piece.repeat(3));
    expect(readdirSync(folder.path)).toEqual(["new.txt"]);
  });

  test("takes the place of the old one only when it is whole, and keeps its permissions", async () => {
    using folder = temporaryFolder();
    const file = folder.file("old.txt", "old");
    chmodSync(file, 0o640);
    const seen: string[] = [];
    await writeFile(
      file,
      pieces(2, () => seen.push(readFileSync(file, "utf8"))),
      { replace: true },
    );
    expect(seen).toEqual(["old", "old"]);
    expect(readFileSync(file, "utf8")).toBe(piece.repeat(2));
    expect(modeOf(file)).toBe(0o640);
    expect(readdirSync(folder.path)).toEqual(["old.txt"]);
  });

  test("may be read by others as the user's mask says, and by nobody else where it is private", async () => {
    using folder = temporaryFolder();
    const open = folder.file("open.txt");
    await writeFile(open, [piece], { replace: false });
    expect(modeOf(open)).toBe(0o666 & ~process.umask());
    const record = folder.file("record.txt", "a record that everybody may read");
    await writeFile(record, [piece], { replace: true, isPrivate: true });
    expect(modeOf(record)).toBe(0o600);
  });

  test("is kept under another name, which is told, where somebody takes its own meanwhile", async () => {
    using folder = temporaryFolder();
    const file = folder.file("mine.txt");
    const taking = pieces(2, (index) => index === 1 && folder.file("mine.txt", "theirs"));
    const error: Error = await writeFile(file, taking, { replace: false }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(OutputFailed);
    expect(readFileSync(file, "utf8")).toBe("theirs");
    const sibling = readdirSync(folder.path).find((name) => name !== "mine.txt")!;
    expect(error.message).toContain(folder.file(sibling));
    expect(readFileSync(folder.file(sibling), "utf8")).toBe(piece.repeat(2));
  });

  test("leaves nothing where it is interrupted, and the old file where there is one", async () => {
    using folder = temporaryFolder();
    const old = folder.file("old.txt", "old");
    for (const file of [old, folder.file("new.txt")]) {
      const controller = new AbortController();
      const ended = pieces(5, (index) => index === 3 && controller.abort());
      const writing = writeFile(file, ended, { replace: true, signal: controller.signal });
      expect(writing).rejects.toThrow(`${file}: not written: interrupted`);
      await writing.catch(() => undefined);
    }
    expect(readdirSync(folder.path)).toEqual(["old.txt"]);
    expect(readFileSync(old, "utf8")).toBe("old");
  });

  test("leaves nothing where what writes it fails", async () => {
    using folder = temporaryFolder();
    const failing = pieces(5, (index) => {
      if (index === 3) throw Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
    });
    const file = folder.file("new.txt");
    const error = await writeFile(file, failing, { replace: false }).catch((thrown) => thrown);
    expect(error.message).toBe(`${file}: cannot be written: the disk is full`);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("is the one that a symbolic link leads to, there or not", async () => {
    using folder = temporaryFolder();
    folder.file("old.txt", "old");
    for (const name of ["old.txt", "new.txt"]) {
      symlinkSync(name, folder.file(`to-${name}`));
      await writeFile(folder.file(`to-${name}`), [piece], { replace: true });
      expect(readFileSync(folder.file(name), "utf8")).toBe(piece);
    }
    expect(readdirSync(folder.path).sort()).toEqual([
      "new.txt",
      "old.txt",
      "to-new.txt",
      "to-old.txt",
    ]);
  });

  test("takes its name without replacing also where a file system has no second names", () => {
    using folder = temporaryFolder();
    const noLinks = (): never => {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
    };
    const target = folder.file("mine.txt");
    putInPlace(folder.file("one.part", "one"), target, noLinks);
    expect(readFileSync(target, "utf8")).toBe("one");
    expect(() => putInPlace(folder.file("two.part", "two"), target, noLinks)).toThrow(NameTaken);
    expect(readdirSync(folder.path).sort()).toEqual(["mine.txt", "two.part"]);
    expect(readFileSync(target, "utf8")).toBe("one");
  });

  test("says in one sentence why it cannot be written, and names itself", async () => {
    using folder = temporaryFolder();
    const file = folder.file("nowhere/new.txt");
    const error = await writeFile(file, [piece], { replace: false }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(OutputFailed);
    expect(error.message).toStartWith(`${file}: cannot be written: ENOENT`);
    expect(error.message).not.toContain(".part");
  });

  test("that is a FIFO is written to whoever reads it; while nobody does, it can be interrupted", async () => {
    using folder = temporaryFolder();
    const fifo = folder.file("fifo");
    call(["mkfifo", fifo]);
    const reader = Bun.spawn(["cat", fifo], { stdout: "pipe" });
    await writeFile(fifo, pieces(300), { replace: false });
    expect(await new Response(reader.stdout).text()).toBe(piece.repeat(300));
    expect(statSync(fifo).isFIFO()).toBe(true);
    // By a process of its own: the thread that waits for a reader would outlast the test.
    const waiting = `
      import { writeFile } from ${JSON.stringify(new URL("../../src/base/files.ts", import.meta.url).href)};
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 1);
      await writeFile(process.argv[1], ["x"], { replace: false, signal: controller.signal })
        .catch(({ message }) => console.log(message));
      process.exit(0);`;
    expect(call([process.execPath, "-e", waiting, fifo]).stdout).toBe(
      `${fifo}: not written: interrupted\n`,
    );
  });
});

describe("a record of events", () => {
  /** A scenario whose record takes long enough to be interrupted. */
  const document = JSON.stringify({
    name: "big",
    main: ["launch", { join: null }],
    launch: [{ start: "crowd" }],
    tasks: { crowd: { copies: 800, steps: [{ repeat: 100, steps: [{ sleep: "1ms" }] }] } },
    strategy: "portal",
  });

  test("may be read by nobody but its user", () => {
    using folder = temporaryFolder();
    const file = folder.file("events.ndjson");
    expect(shell(`tandem run lost --driver virtual --events '${file}'`).status).toBe(0);
    expect(modeOf(file)).toBe(0o600);
  });

  test("goes to a stream as it is, behind what the program has printed there", () => {
    using folder = temporaryFolder();
    const out = folder.file("out.txt");
    shell(`tandem run lost --driver virtual --events /dev/stdout > '${out}'`);
    const [first, ...rest] = readFileSync(out, "utf8").split("\n").filter(Boolean);
    expect(first).not.toStartWith("{");
    expect(rest.at(-1)).toContain(`"type":"process-ended"`);
    const piped = shell("tandem run lost --driver virtual --events /dev/stdout | cat");
    expect(piped.stdout).toBe(readFileSync(out, "utf8"));
  });

  test("that fills the disk leaves nothing behind", () => {
    using folder = temporaryFolder();
    folder.file("big.json", document);
    const full = shell(
      `trap '' XFSZ; ulimit -f 64; cd '${folder.path}'; tandem run big.json --driver virtual --events events.ndjson`,
    );
    expect(full.stderr).toContain("tandem: events.ndjson: cannot be written: EFBIG");
    expect(full.status).toBe(1);
    expect(readdirSync(folder.path)).toEqual(["big.json"]);
  });

  test("law: that a signal cuts is not there, and with --force the old one is", async () => {
    using folder = temporaryFolder();
    const file = folder.file("events.ndjson");
    const scenario = folder.file("big.json", document);
    for (let round = 0; round < rounds(4, 80); round++) {
      const [signal, status] =
        round % 2 === 0 ? (["SIGINT", 130] as const) : (["SIGTERM", 143] as const);
      const before = round % 4 < 2 ? null : folder.file("events.ndjson", "old");
      const child = Bun.spawn(
        [...command(), "run", scenario, "--driver", "virtual", "--force", "--events", file],
        { stdout: "ignore", stderr: "pipe", env: environment() },
      );
      const parts = (): string[] =>
        readdirSync(folder.path).filter((name) => name.endsWith(".part"));
      while (parts().length === 0 && child.exitCode === null) await Bun.sleep(1);
      await Bun.sleep((round / 4) % 20);
      child.kill(signal);
      await child.exited;
      expect(await new Response(child.stderr).text()).toContain(
        `tandem: ${file}: not written: interrupted\n`,
      );
      expect(child.exitCode).toBe(status);
      expect(readdirSync(folder.path).sort()).toEqual(
        before === null ? ["big.json"] : ["big.json", "events.ndjson"],
      );
      if (before !== null) {
        expect(readFileSync(before, "utf8")).toBe("old");
        unlinkSync(before);
      }
    }
  });
});
