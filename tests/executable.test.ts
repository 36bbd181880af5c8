/** The executable, from another folder: one file that needs nothing and heeds nothing around it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "../.ci/build.ts";
import packageJson from "../package.json";
import { call, type Called, temporaryFolder } from "./support/tandem.ts";
import type { RunResult } from "./support/simulate.ts";

const folder = temporaryFolder();
const elsewhere = temporaryFolder();
const executable = join(folder.path, "tandem");

beforeAll(() => build(executable), 120_000);
afterAll(() => {
  folder[Symbol.dispose]();
  elsewhere[Symbol.dispose]();
});

function tandem(args: string[], env: Record<string, string> = {}): Called {
  return call([executable, ...args], { cwd: elsewhere.path, env });
}

describe("the executable", () => {
  test("tells its version", () => {
    const { status, stdout } = tandem(["version"]);
    expect([status, stdout]).toEqual([
      0,
      `tandem ${packageJson.version} (Bun ${Bun.version}, ${process.platform} ${process.arch})\n`,
    ]);
  });

  test("runs a scenario in virtual time, with nothing on its PATH and no home", () => {
    const { status, stdout } = tandem(["run", "lost", "--driver", "virtual"], {
      PATH: "",
      HOME: "",
    });
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(1, 4)).toEqual(["a", "b", "Background task iteration 0"]);
  });

  test("runs a scenario for real, with its loop in a Worker", () => {
    const { status, stdout } = tandem(["run", "threaded", "--speed", "50", "--json"]);
    expect(status).toBe(0);
    const { tasks, prints } = JSON.parse(stdout) as RunResult;
    expect(tasks[0]!.status).toBe("finished");
    expect(prints.filter(({ thread }) => thread === "loop").length).toBe(8);
  });

  test("reads a document of the folder it stands in, and reports its mistakes by line", () => {
    elsewhere.file("mine.yaml", "name: mine\nmain:\n  - sleep: 3s\n");
    const { status, stderr } = tandem(["run", "mine.yaml"]);
    expect([status, stderr]).toEqual([
      2,
      `mine.yaml:3:5: main[0].sleep: main is synchronous, so it cannot sleep; use "block: 3s"\n`,
    ]);
  });

  test("loads no .env, no bunfig.toml and no package of the folder it stands in", () => {
    const trap = elsewhere.file("trap.ts", `require("fs").writeFileSync("sprung", "");`);
    elsewhere.file("bunfig.toml", `preload = ["${trap}"]\n`);
    elsewhere.file(".env", "BUN_OPTIONS=--preload=./trap.ts\nNO_COLOR=from-the-folder\n");
    for (const driver of ["virtual", "real"]) {
      const { status } = tandem(["run", "threaded", "--driver", driver, "--speed", "100"]);
      expect(status).toBe(0);
    }
    expect(existsSync(join(elsewhere.path, "sprung"))).toBe(false);
  });

  test("prints schemas, and reads again what it recorded", () => {
    expect(JSON.parse(tandem(["schema"]).stdout)).toMatchObject({ title: "tandem scenario" });
    const events = elsewhere.file("lost.ndjson");
    const run = tandem(["run", "lost", "-d", "virtual", "--json", "--events", events]);
    expect(run.status).toBe(0);
    expect(tandem(["report", events, "--json"]).stdout).toBe(run.stdout);
  });
});
