/** Signals end what tandem does with a verdict, in the status that shells give to them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { command, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const signals = [
  ["SIGHUP", 1, 129],
  ["SIGINT", 2, 130],
  ["SIGTERM", 15, 143],
] as const;

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

describe.skipIf(process.platform !== "linux")("a signal", () => {
  const endless = {
    name: "endless",
    main: ["launch"],
    tasks: { task: [{ repeat: 4_000_000, steps: [{ sleep: 1 }] }] },
  };
  const file = folder.file("endless.json", JSON.stringify(endless));
  const expecting = { ...endless, expect: { lost: 0 } };
  const checked = folder.file("expecting.json", JSON.stringify(expecting));
  const waiting = folder.file(
    "waiting.json",
    JSON.stringify({ name: "waiting", main: ["launch"], tasks: { task: [{ sleep: "1h" }] } }),
  );
  const virtual = ["--driver", "virtual"];

  test.each(signals)(
    "ends a run in virtual time with a verdict (%s)",
    async (name, number, one) => {
      const signal = [name, number, one] as const;
      const { status, stderr } = await signalled(["run", file, ...virtual], signal);
      expect(stderr).toContain("Interrupted at ");
      expect(status).toBe(one);
    },
  );

  test.each(signals)("ends a real run with a verdict (%s)", async (name, number, one) => {
    const signal = [name, number, one] as const;
    const { status, stderr } = await signalled(["run", waiting], signal);
    expect(stderr).toContain("Interrupted at ");
    expect(status).toBe(one);
  });

  test.each(signals)("is heard within one of many runs (%s)", async (name, number, one) => {
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
  test.each(tries.flatMap((k) => signals.map((signal) => [...signal, k] as const)))(
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
});
