/** The schemas of results, held against what the commands really write. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { z } from "zod";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { patience } from "../support/patience.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const schemas = new Map<string, Promise<object>>();

function schemaOf(name: string): Promise<object> {
  return schemas.getOrInsertComputed(
    name,
    async () => JSON.parse((await tandemHere(["schema", name])).stdout) as object,
  );
}

/** What is wrong with a result, by its schema. */
async function problemsIn(name: string, result: string): Promise<unknown> {
  const validator = z.fromJSONSchema((await schemaOf(name)) as never);
  return validator.safeParse(JSON.parse(result)).error?.issues;
}

/** What is wrong with the output of a command. */
async function problemsOf(name: string, args: readonly string[], cwd?: string): Promise<unknown> {
  return problemsIn(name, (await tandemHere(args, cwd === undefined ? {} : { cwd })).stdout);
}

describe("the schema", () => {
  test.each(catalogue.map(({ name }) => name))(
    "of run holds for %s, under each way to end",
    async (name) => {
      const run = ["run", name, "--driver", "virtual", "--json"];
      for (const more of [
        [],
        ["--strategy", "detach"],
        ["--strategy", "exit"],
        ["--jitter", "5%"],
        ["--timeout", "20ms"],
      ]) {
        const { stdout } = await tandemHere([...run, ...more]);
        // Some have no such run.
        if (stdout === "") continue;
        expect([name, more, await problemsIn("run", stdout)]).toEqual([name, more, undefined]);
      }
    },
  );

  test("of compare holds, with classes and without", async () => {
    for (const args of [
      ["lost"],
      ["blocking", "--all"],
      ["threaded", "--strategies", "await,thread"],
    ])
      expect(await problemsOf("compare", ["compare", ...args, "--json"])).toBeUndefined();
  });

  test("of run holds for one that is killed", async () => {
    const text =
      "name: a\nmain: [launch]\ntasks: { t: [sleep: 1s] }\nkill: { what: main, at: 1ms }\n";
    const { stdout } = await tandemHere(["run", "-", "-d", "virtual", "--json"], { stdin: text });
    expect(await problemsIn("run", stdout)).toBeUndefined();
  });

  test("of crash holds, with workers, for real and where nothing is at risk", async () => {
    for (const args of [
      ["lost"],
      ["processes", "--all"],
      ["queue", "--driver", "real", "--speed", "9"],
    ])
      expect(await problemsOf("crash", ["crash", ...args, "--json"])).toBeUndefined();
  });

  test("of run holds for many runs, in virtual time and for real; of compare for --verify", async () => {
    using folder = temporaryFolder();
    folder.file("a.yaml", "name: a\nmain: [launch]\ntasks: { t: [sleep: 1ms, print: x] }\n");
    for (const more of [
      ["--jitter", "5%", "--runs", "20"],
      ["--driver", "real", "--runs", "3"],
    ])
      expect(
        await problemsOf("run", ["run", "a.yaml", "--json", ...more], folder.path),
      ).toBeUndefined();
    expect(
      await problemsOf("run", ["run", "threaded", "--json", "--jitter", "40%", "--runs", "50"]),
    ).toBeUndefined();
    expect(
      await problemsOf("compare", ["compare", "a.yaml", "--verify", "--json"], folder.path),
    ).toBeUndefined();
  });

  test("of check holds for what is good, what falls short and what cannot be read", async () => {
    using folder = temporaryFolder();
    folder.file("good.yaml", "name: a\nmain: [launch]\nexpect: { lost: 0 }\n");
    folder.file("short.yaml", "name: b\nmain: [launch]\nexpect: { lost: 1 }\n");
    folder.file("wrong.yaml", "name: c\nmain: [lunch]\n");
    const args = ["check", ".", "--reporter", "json"];
    expect(await problemsOf("check", args, folder.path)).toBeUndefined();
  });

  test("of observe holds for what was observed", async () => {
    const traces = [...new Glob("**/*.ndjson").scanSync(join(import.meta.dir, "traces"))].sort();
    expect(traces.length).toBeGreaterThan(5);
    for (const trace of [...traces.slice(0, 12), "app.ndjson"]) {
      const args = ["report", join(import.meta.dir, "traces", trace), "--json"];
      expect([trace, await problemsOf("observe", args)]).toEqual([trace, undefined]);
    }
  });

  test("of a result refuses what the result never has", async () => {
    const validator = z.fromJSONSchema((await schemaOf("run")) as never);
    const { stdout } = await tandemHere(["run", "lost", "--driver", "virtual", "--json"]);
    const result = JSON.parse(stdout) as object;
    expect(validator.safeParse({ ...result, more: 1 }).success).toBe(false);
    expect(validator.safeParse({ ...result, wall: "9s" }).success).toBe(false);
    expect(validator.safeParse({ ...result, tasks: [{ name: "x" }] }).success).toBe(false);
  });

  test("has a version, and each time says its unit", async () => {
    for (const name of ["run", "compare", "check", "observe"]) {
      const schema = await schemaOf(name);
      expect(schema).toMatchObject({ $id: `urn:tandem:result:${name}:1` });
      const times = new Set<string>();
      JSON.stringify(schema, (key, value: unknown) => {
        if (
          typeof value === "object" &&
          value !== null &&
          "type" in value &&
          value.type === "number"
        )
          times.add(`${key}: ${(value as { description?: string }).description ?? "nothing"}`);
        return value;
      });
      expect(
        [...times].filter(
          (one) => !/ms|0 to 1|seconds|times as fast/.test(one) && !/^(?:0|1):/.test(one),
        ),
      ).toEqual([]);
    }
  });
});
