/** How a process of Bun was started. */
import { homedir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "./originals.ts";

/** Whether something else may be loaded between the recorder and the program. */
export function hasOtherPreloads(): boolean {
  const loads = /^(?:-r|--(?:preload|require|import))(?:=|$)/;
  const count = process.execArgv.filter((each) => loads.test(each)).length;
  return count > 1 || configurations().some((text) => /^\s*preload\s*=/m.test(text));
}

function configurations(): string[] {
  const { XDG_CONFIG_HOME: home = homedir() } = process.env;
  return [join(process.cwd(), "bunfig.toml"), join(home, ".bunfig.toml")].map((path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  });
}

interface TestRunner {
  afterAll(callback: () => void): void;
}

/** What `bun test` gives to the files of tests; null where it is not what runs. */
export function testRunner(): TestRunner | null {
  if (!/[._](?:test|spec)\.[cm]?[jt]sx?$/.test(Bun.main)) return null;
  const runner = createRequire(Bun.main)("bun:test") as TestRunner;
  try {
    // Refused outside of it.
    runner.afterAll(() => undefined);
    return runner;
  } catch {
    return null;
  }
}
