/** What a run's numbers stand for: threads, actors, resources and places of a scenario. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { definitionsOf } from "../../src/program/definitions.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { eventTypes, waits } from "../../src/trace/event.ts";
import { LAUNCH, MAIN } from "../../src/scenario/numbers.ts";
import { performForReal } from "../support/real.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const document = `name: definitions
channels:
  jobs: { capacity: 2 }
main:
  - launch
  - submit: late
  - receive: jobs
  - result: late
launch:
  - start: upload
  - sleep: 5ms
tasks:
  upload:
    copies: 3
    finally: [print: done]
    steps:
      - repeat: 2
        steps:
          - sleep: 10ms
      - send: { channel: jobs, value: 1 }
      - block: 20ms
  late:
    - print: here
    - fail: broken
`;
const scenario = parseScenario(document, "file.yaml");
const lines = document.split("\n");

function run(strategy: string) {
  const plan = { scenario, strategy: parseStrategy(strategy) };
  return {
    definitions: definitionsOf(plan, "file.yaml"),
    log: runVirtually({ ...plan, runtime: "test" }),
  };
}

type Recorded = ReturnType<typeof run>;

/** Every event with the line of the document that it is about, as `task: type | line`. */
function placed({ definitions, log }: Recorded): string[] {
  const told: string[] = [];
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      const place = definitions.places.get(chunk.place[k]!);
      const { name } = definitions.actors.get(chunk.actor[k]!)!;
      if (place !== undefined)
        told.push(`${name}: ${eventTypes[chunk.type[k]!]} | ${lines[place.line - 1]!.trim()}`);
    }
  return told;
}

describe("the definitions of a run", () => {
  test("name main, launch and each copy of a task, with who made it and where", () => {
    const { actors, places } = run("thread").definitions;
    expect(
      [...actors].map(([number, { kind, name, parent }]) => [number, kind, name, parent]),
    ).toEqual([
      [MAIN, "main", "main", null],
      [LAUNCH, "launch", "launch", MAIN],
      [0, "task", "upload#0", LAUNCH],
      [1, "task", "upload#1", LAUNCH],
      [2, "task", "upload#2", LAUNCH],
      [3, "task", "late", MAIN],
    ]);
    expect(actors.size).toBe(6);
    expect(actors.get(4)).toBeUndefined();
    expect(actors.get(2)).toMatchObject({ function: "upload", cleanup: true, until: null });
    expect(actors.get(3)).toMatchObject({ function: "late", cleanup: false });
    expect(places.get(actors.get(1)!.place!)).toEqual({
      file: "file.yaml",
      line: 10,
      column: 5,
      function: null,
    });
  });

  test("have a loop's thread where there is one, and a process for each thread of a pool of processes", () => {
    const inline = run("await").definitions;
    expect([...inline.threads].map(([, { name }]) => name)).toEqual(["main"]);
    expect([...inline.loops]).toEqual([[0, { thread: 0, rules: "asyncio" }]]);
    expect(run("float").definitions.loops.get(0)!.rules).toBe("javascript");
    const pool = run("thread,offload=processes,workers=2").definitions;
    expect([...pool.threads].map(([number, { name, process }]) => [number, name, process])).toEqual(
      [
        [0, "main", 0],
        [1, "loop", 0],
        [2, "pool#0", 1],
        [3, "pool#1", 2],
      ],
    );
    expect(pool.processes.get(2)).toMatchObject({ name: "pool#1", parent: 0 });
    expect(
      [...pool.resources].map(([, { kind, name, capacity }]) => [kind, name, capacity]),
    ).toEqual([
      ["channel", "jobs", 2],
      ["pool", "process pool", 2],
    ]);
  });

  test("of a million tasks are made when somebody asks for them", () => {
    const crowd = parseScenario(
      "name: crowd\nmain: [launch]\ntasks: { one: { copies: 1000000, steps: [sleep: 1ms] } }",
      "crowd.yaml",
    );
    const { actors } = definitionsOf(
      { scenario: crowd, strategy: parseStrategy("await") },
      "crowd.yaml",
    );
    expect(actors.size).toBe(1_000_002);
    expect(actors.get(999_999)!.name).toBe("one#999999");
  });
});

describe("an event", () => {
  test("stands where its step does", () => {
    const told = placed(run("thread"));
    expect(told).toContain("upload#1: task-created | - start: upload");
    expect(told).toContain("launch: sleep-began | - sleep: 5ms");
    expect(told).toContain("upload#2: sleep-began | - sleep: 10ms");
    expect(told).toContain("upload#0: sent | - send: { channel: jobs, value: 1 }");
    expect(told).toContain("upload#0: block-began | - block: 20ms");
    expect(told).toContain("upload#0: printed | finally: [print: done]");
    expect(told).toContain("main: wait-began | - receive: jobs");
    expect(told).toContain("main: received | - receive: jobs");
    expect(told).toContain("late: task-submitted | - submit: late");
    expect(told).toContain("late: task-ended | - fail: broken");
  });

  test("of a pool stands there as well, and says which resource it is about", () => {
    const pooled = run("thread,offload=threads,workers=1");
    expect(placed(pooled)).toContain("upload#0: job-began | - block: 20ms");
    expect(resourcesOf(pooled)).toEqual([
      "job-began thread pool",
      "offload-began thread pool",
      "received jobs",
      "sent jobs",
      "wait-began jobs",
    ]);
  });

  test.each([
    ["thread", ["result late", "join launch"]],
    ["await", ["launch launch"]],
  ])("of a wait for an actor says by number which, in both drivers (%s)", async (strategy, all) => {
    const waiting = parseScenario(
      document.replace("  - receive: jobs\n  - result: late\n", "  - result: late\n"),
      "file.yaml",
    );
    const parts = { scenario: waiting, strategy: parseStrategy(strategy), runtime: "test" };
    const definitions = definitionsOf(parts, "file.yaml");
    expect(awaitedIn({ definitions, log: runVirtually(parts) })).toEqual(all);
    expect(awaitedIn({ definitions, log: await performForReal(parts, 1) })).toEqual(all);
  });

  test.each(["thread", "await", "thread,offload=threads,workers=1"])(
    "of a real run has the places and resources that it has in virtual time (%s)",
    async (strategy) => {
      const modelled = run(strategy);
      const plan = { scenario, strategy: parseStrategy(strategy), runtime: "test" };
      const real = { ...modelled, log: await performForReal(plan, 1) };
      // Whether somebody waits for a channel is a matter of time.
      const lasting = (told: string): boolean => !told.includes("wait-began");
      expect(placed(real).filter(lasting).sort()).toEqual(placed(modelled).filter(lasting).sort());
      expect(resourcesOf(real).filter(lasting)).toEqual(resourcesOf(modelled).filter(lasting));
    },
  );
});

/** The types of events that are about a resource, each with that one's name. */
function resourcesOf({ definitions, log }: Recorded): string[] {
  const about = new Set<string>();
  for (const { type, resources } of log.chunks)
    for (const [k, resource] of resources)
      about.add(`${eventTypes[type[k]!]} ${definitions.resources.get(resource)!.name}`);
  return [...about].sort();
}

/** The waits that say for whom they are, in their order. */
function awaitedIn({ definitions, log }: Recorded): string[] {
  const told: string[] = [];
  for (const { numbers, value } of log.chunks)
    for (const [k, { whom }] of numbers)
      if (whom !== undefined)
        told.push(`${waits[value[k]!]} ${definitions.actors.get(whom)!.name}`);
  return told;
}
