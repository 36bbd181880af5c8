/** Processes: which are there, as the system says, or does not. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isAlive } from "../../src/base/processes.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

test("a process is alive until it has ended, whether or not somebody has asked for its status", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  expect([isAlive(process.pid), isAlive(child.pid)]).toEqual([true, true]);
  child.kill("SIGKILL");
  await child.exited;
  expect(isAlive(child.pid)).toBe(false);
});

test.skipIf(process.platform !== "linux")(
  "a process is taken for alive where no descriptor can be had to look at it",
  () => {
    const text = `
      const { isAlive } = await import(${JSON.stringify(join(import.meta.dir, "../../src/base/processes.ts"))});
      const { openSync } = await import("node:fs");
      isAlive(process.pid);
      try { for (;;) openSync("/dev/null"); } catch {}
      process.stdout.write(String(isAlive(process.ppid)));`;
    const { stdout } = Bun.spawnSync([
      "sh",
      "-c",
      'ulimit -n 64; exec "$0" -e "$1"',
      process.execPath,
      text,
    ]);
    expect(stdout.toString()).toBe("true");
  },
);
