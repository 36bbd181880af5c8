/** How a process of Bun was started. */
import { homedir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "./originals.ts";

/** Whether something else may be loaded between the recorder, which does not show among the options any more, and the program. */
export function hasOtherPreloads(): boolean {
  const loads = /^(?:-r|--(?:preload|require|import))(?:=|$)/;
  const isAsked = process.execArgv.some((each) => loads.test(each));
  return isAsked || configurations().some((text) => /^\s*preload\s*=/m.test(text));
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

/** What the program's folder has Bun load, which is before all that the command line and the environment name, and why it is unseen. */
export function loadedBefore(isTest: boolean): { path: string; why: string }[] {
  const folder = process.cwd();
  try {
    const file = Bun.TOML.parse(readFileSync(join(folder, "bunfig.toml"), "utf8")) as Configuration;
    const { preload = [] } = isTest ? (file.test ?? {}) : file;
    return [preload].flat().map((name) => {
      const path = Bun.resolveSync(name, folder);
      const isPlugin = /\bplugin\s*\(/.test(readFileSync(path, "utf8"));
      const what = isPlugin ? ", and what plugins in it make of other files is not seen" : "";
      return { path, why: `bunfig.toml has it loaded before the recorder${what}` };
    });
  } catch {
    // There is no such file, or Bun says itself what is wrong in it.
    return [];
  }
}

interface Configuration {
  preload?: string | string[];
  test?: Pick<Configuration, "preload">;
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
