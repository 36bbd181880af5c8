/** Signals end what tandem does with a verdict, in the status that shells give to them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { command, tandem, temporaryFolder } from "../support/tandem.ts";
import { TandemInTerminal } from "../support/terminal.ts";
import { unlessLinux } from "../support/skipped.ts";

setDefaultTimeout(patience);

const signals = [
  ["SIGHUP", 1, 129],
  ["SIGINT", 2, 130],
  ["SIGQUIT", 3, 131],
  ["SIGTERM", 15, 143],
] as const;

/** In the suite two of them, where one more would show no more. */
const usual = signals.filter(([name]) => allRounds || name === "SIGINT" || name === "SIGTERM");

/** Whether a process hears a signal, by the mask that the system tells. */
function hears(pid: number, number: number): boolean {
  const mask = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!;
  return (BigInt(`0x${mask}`) & (1n << BigInt(number - 1))) !== 0n;
}

/** Sends a signal as soon as tandem hears it, or when `until` says so, and waits for tandem's end. */
async function signalled(
  words: readonly string[],
  [name, number]: readonly [NodeJS.Signals, number, number],
  until: (pid: number) => boolean = (pid) => hears(pid, number),
): Promise<{ status: number | string; stderr: string }> {
  const child = Bun.spawn([...command(), ...words], { stdout: "ignore", stderr: "pipe" });
  const stderr = child.stderr.text();
  while (child.exitCode === null && !until(child.pid)) await Bun.sleep(2);
  child.kill(name);
  await child.exited;
  return { status: child.signalCode ?? child.exitCode!, stderr: await stderr };
}

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe.skipIf(process.platform !== "linux")(`a signal${unlessLinux}`, () => {
  const endless = {
    name: "endless",
    main: ["launch"],
    tasks: { task: [{ repeat: 900_000, steps: [{ sleep: 1 }] }] },
  };
  const file = folder.file("endless.json", JSON.stringify(endless));
  const expecting = { ...endless, expect: { lost: 0 } };
  const checked = folder.file("expecting.json", JSON.stringify(expecting));
  const waiting = folder.file(
    "waiting.json",
    JSON.stringify({ name: "waiting", main: ["launch"], tasks: { task: [{ sleep: "1h" }] } }),
  );
  const virtual = ["--driver", "virtual"];

  test.each(signals)("ends a run in virtual time with a verdict (%s)", async (name, _, one) => {
    const told = folder.file(`told-${name}`, "");
    const words = [...command(), "run", file, ...virtual];
    const child = Bun.spawn(words, { stdout: "ignore", stderr: Bun.file(told) });
    // That is told just before the run begins.
    const hasBegun = (): boolean => readFileSync(told, "utf8").includes("Ctrl-C ends it");
    while (child.exitCode === null && !hasBegun()) await Bun.sleep(2);
    child.kill(name);
    await child.exited;
    const status = child.signalCode ?? child.exitCode;
    const stderr = readFileSync(told, "utf8");
    expect(stderr).toContain("Interrupted at ");
    expect(status).toBe(one);
  });

  test.each(signals)("ends a real run with a verdict (%s)", async (name, number, one) => {
    const signal = [name, number, one] as const;
    const { status, stderr } = await signalled(["run", waiting], signal);
    expect(stderr).toContain("Interrupted at ");
    expect(status).toBe(one);
  });

  test.each(usual)("law: is heard within one of many runs (%s)", async (name, number, one) => {
    const signal = [name, number, one] as const;
    for (const words of [
      ["run", file, ...virtual, "--jitter", "10%", "--runs", "3"],
      ["check", checked],
    ])
      expect((await signalled(words, signal)).status).toBe(one);
  });

  const large = folder.file(
    "large.json",
    JSON.stringify({
      name: "large",
      main: ["launch"],
      tasks: { task: { steps: [{ print: "a line" }, { sleep: 1 }], copies: 30_000 } },
    }),
  );
  const tries = Array.from({ length: rounds(1, 40) }, (_, k) => k);
  test.each(tries.flatMap((k) => usual.map((signal) => [...signal, k] as const)))(
    `${rounds(0, 1) === 1 ? "law: " : ""}leaves no part of a file that it keeps from being written (%s)`,
    async (name, number, status, k) => {
      const events = `events-${k}-${name}.ndjson`;
      const words = ["run", large, ...virtual, "--json", "--events", `${folder.path}/${events}`];
      const isWritten = (): boolean =>
        readdirSync(folder.path).some((one) => one.startsWith(events) && one.endsWith(".part"));
      const ended = await signalled(words, [name, number, status], isWritten);
      // It may have been written before the signal came.
      if (existsSync(`${folder.path}/${events}`)) return;
      expect(ended.status).toBe(status);
      expect(ended.stderr).toContain("not written: interrupted");
      expect(readdirSync(folder.path).filter((one) => one.endsWith(".part"))).toEqual([]);
    },
  );

  /** Whether a pipe takes no byte more. */
  function isFull(fifo: string): boolean {
    const pipe = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(pipe, "\n");
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      return true;
    } finally {
      closeSync(pipe);
    }
  }

  /** Starts tandem with a standard output that nobody reads, and sends a signal once it waits for that. */
  async function unread(
    words: readonly string[],
    [name]: readonly [NodeJS.Signals, number, number],
  ): Promise<{ status: number | string; stderr: string }> {
    const fifo = folder.file("unread");
    if (!existsSync(fifo)) Bun.spawnSync(["mkfifo", fifo]);
    // Opened for both, neither waits for the other; and it has a reader, who reads nothing.
    const pipe = openSync(fifo, constants.O_RDWR);
    try {
      const stderr = folder.file("unread-stderr");
      const child = Bun.spawn([...command(), ...words], { stdout: pipe, stderr: Bun.file(stderr) });
      const isOver = (): boolean =>
        Bun.spawnSync(["pgrep", "-P", String(child.pid)]).stdout.length === 0;
      while (child.exitCode === null && !(isFull(fifo) && isOver())) await Bun.sleep(5);
      child.kill(name);
      await child.exited;
      return { status: child.signalCode ?? child.exitCode!, stderr: await Bun.file(stderr).text() };
    } finally {
      closeSync(pipe);
    }
  }

  const wordy = folder.file(
    "wordy.json",
    JSON.stringify({
      name: "wordy",
      strategy: "await",
      main: ["launch"],
      tasks: { task: { steps: [{ print: "a line ".repeat(200) }], copies: 100 } },
    }),
  );

  test.each(usual)(
    "law: ends a tandem of which nobody reads the output (%s)",
    async (name, number, one) => {
      const signal = [name, number, one] as const;
      expect((await unread(["run", wordy, ...virtual], signal)).status).toBe(one);
      expect((await unread(["run", wordy, ...virtual, "--json"], signal)).status).toBe(one);
      const { status, stderr } = await unread(["run", wordy], signal);
      expect(stderr).toContain("0 of 100 tasks lost");
      expect(status).toBe(one);
    },
  );

  test("ends the reading of very many documents, which it is heard within", async () => {
    const many = `${folder.path}/many`;
    mkdirSync(many);
    const steps = Array.from({ length: 100 }, () => ({ sleep: 1 }));
    const one = JSON.stringify({ name: "one", main: ["launch"], tasks: { task: steps } });
    for (let k = 0; k < 1500; k++) writeFileSync(`${many}/${k}.json`, one);
    const check = [...command(), "check", many];
    const whole = Bun.spawnSync(check).resourceUsage!.cpuTime.total;
    const child = Bun.spawn(check, { stdout: "ignore", stderr: "ignore" });
    /** The time that it has computed, in hundredths of a second: it is up in a tenth of one. */
    const computed = (): number =>
      Number(readFileSync(`/proc/${child.pid}/stat`, "utf8").replace(/.*\) /, "").split(" ")[11]);
    while (child.exitCode === null && computed() < 25) await Bun.sleep(2);
    child.kill("SIGINT");
    await child.exited;
    expect(child.exitCode).toBe(130);
    expect(Number(child.resourceUsage()!.cpuTime.total)).toBeLessThan(0.7 * Number(whole));
  });

  test.each(usual)("law: ends the reading of a standard input (%s)", async (name, number, one) => {
    for (const words of [
      ["show", "-"],
      ["report", "-"],
      ["check", "-"],
      ["run", "-"],
    ]) {
      const child = Bun.spawn([...command(), ...words], { stdin: "pipe", stderr: "ignore" });
      while (child.exitCode === null && !hears(child.pid, number)) await Bun.sleep(2);
      child.kill(name);
      await child.exited;
      expect(child.signalCode ?? child.exitCode).toBe(one);
    }
  });

  test(`${rounds(0, 1) === 1 ? "law: " : ""}ends tandem by its status at any moment from its first line on, and nothing is torn`, async () => {
    const lost = ["run", "lost", "--speed", "100"];
    const commands: (readonly [words: readonly string[], ms: number])[] = [
      [[...lost, "--events", "at-any-moment", "--force"], 250],
      [[...lost, "--runs", "5", "--events", "at-any-moment", "--force"], 500],
      [["run", "lost", ...virtual, "--report", `${folder.path}/report.html`], 250],
      [["compare", "threaded", "--all"], 300],
      [["compare", "lost", "--verify", "--speed", "100"], 500],
      [["check", checked, "--driver", "real"], 200],
      [["run", "lost", ...virtual, "--jitter", "10%", "--runs", "2000"], 300],
    ];
    const kill = fc.record({
      command: fc.constantFrom(...commands),
      signal: fc.constantFrom(...signals),
      moment: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    for (const { command: one, signal, moment } of fc.sample(kill, {
      seed: 22,
      numRuns: rounds(8, 2000),
    })) {
      const [words, most] = one;
      const [name, number, status] = signal;
      const child = Bun.spawn([...command(), ...words], {
        cwd: folder.path,
        stdout: "ignore",
        stderr: "pipe",
      });
      const stderr = child.stderr.text();
      while (child.exitCode === null && !hears(child.pid, number)) await Bun.sleep(1);
      await Bun.sleep(moment * most);
      child.kill(name);
      await child.exited;
      expect([0, status]).toContain(child.exitCode!);
      expect(await stderr).not.toMatch(/^ +at /m);
      const left = readdirSync(folder.path);
      expect(left.filter((name) => name.endsWith(".part"))).toEqual([]);
      if (left.includes("at-any-moment"))
        expect(readFileSync(`${folder.path}/at-any-moment`, "utf8")).toEndWith("\n");
    }
  });

  test.each(usual)(
    "is heard while very much is computed, and ends that with a sentence (%s)",
    async (name, number, one) => {
      const steps = [{ repeat: 20, steps: [{ print: "a line" }, { sleep: 1 }] }];
      const much = { name: "much", main: ["launch"], tasks: { task: { steps, copies: 4000 } } };
      const path = folder.file("much.json", JSON.stringify({ ...much, strategy: "await" }));
      const events = folder.file("much.ndjson");
      if (!existsSync(events)) tandem(["run", path, ...virtual, "--json", "--events", events]);
      // Once it has begun to read, it does nothing but compute until it has told.
      const hasRead = (pid: number): boolean =>
        Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))![1]) >
        statSync(events).size / 2;
      for (const words of [["--json"], ["-o", `${folder.path}/much.csv`]]) {
        const all = ["report", events, ...words];
        const { status, stderr } = await signalled(all, [name, number, one], hasRead);
        expect([status, stderr]).toEqual([one, "tandem: interrupted before all was told\n"]);
      }
      expect(readdirSync(folder.path).filter((one) => one.startsWith("much.csv"))).toEqual([]);
    },
  );

  test.skipIf(!allRounds).each(signals)(
    "law: ends at once what is told of a run of very many events, whose record is whole by then (%s)",
    async (name, _, one) => {
      const steps = [{ repeat: 20, steps: [{ print: "a line" }, { sleep: 1 }] }];
      const many = { name: "many", main: ["launch"], tasks: { task: { steps, copies: 20_000 } } };
      const path = folder.file("many.json", JSON.stringify({ ...many, strategy: "await" }));
      const events = folder.file("many.ndjson");
      const run = ["run", path, ...virtual, "--json", "--events", events];
      const child = Bun.spawn([...command(), ...run], { stdout: "ignore", stderr: "ignore" });
      while (child.exitCode === null && !existsSync(events)) await Bun.sleep(2);
      child.kill(name);
      await child.exited;
      expect(child.signalCode ?? child.exitCode).toBe(one);
      const { status, stdout } = tandem(["report", events]);
      expect([status, stdout.includes("0 of 20,000 tasks lost")]).toEqual([0, true]);
      rmSync(events);
    },
  );

  test.each(signals)(
    "leaves no folder of an input that was to be kept (%s)",
    async (name, number, one) => {
      const child = Bun.spawn([...command(), "observe", "--runs", "2", "--", "cat"], {
        ...{ stdin: "pipe", stdout: "ignore", stderr: "pipe" },
      });
      child.stdin.write("something");
      await child.stdin.flush();
      const folders = (): string[] =>
        ["/dev/shm", tmpdir()].flatMap((place) =>
          readdirSync(place).filter((each) => each.startsWith(`tandem-observe-${child.pid}-`)),
        );
      while (child.exitCode === null && (folders().length === 0 || !hears(child.pid, number)))
        await Bun.sleep(2);
      child.kill(name);
      await child.exited;
      expect(child.signalCode ?? child.exitCode).toBe(one);
      expect(folders()).toEqual([]);
    },
  );

  test.each(signals)("gives the terminal back at a question (%s)", async (name, _, one) => {
    await using session = new TandemInTerminal([]);
    await session.at("What would you like to do?");
    session.signal(name);
    expect(await session.exited()).toBe(one);
    expect(session.isCooked).toBeTrue();
    expect(session.hasCursor).toBeTrue();
  });

  test.each(signals)("gives the terminal back during a run (%s)", async (name, _, one) => {
    await using run = new TandemInTerminal(["run", waiting]);
    await run.until(() => !run.hasCursor, "a picture");
    run.signal(name);
    expect(await run.exited()).toBe(one);
    expect(run.text).toContain("Interrupted at ");
    expect(run.isCooked).toBeTrue();
    expect(run.hasCursor).toBeTrue();
  });
});
