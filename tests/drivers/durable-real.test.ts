// Durable queues for real: what the model says of them, and what is left when a run has ended.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "../../src/report/json.ts";
import { patience } from "../support/patience.ts";
import { tandem } from "../support/tandem.ts";

setDefaultTimeout(patience);

/** A folder with a document in it, for as long as its scope lasts; temporary files of what runs there lie in it as well. */
class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "durable-test-"));

  constructor(document: string) {
    writeFileSync(join(this.folder, "kept.yaml"), `name: kept\n${document}`);
  }

  call(...args: string[]) {
    return tandem(args, { cwd: this.folder, env: { TMPDIR: this.folder } });
  }

  async result(...args: string[]): Promise<RunResult> {
    const { stdout } = await this.call("run", "kept.yaml", "--json", ...args);
    return JSON.parse(stdout) as RunResult;
  }

  get files(): string[] {
    return readdirSync(this.folder).toSorted();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What became of each task, and of each attempt at it, but for times. */
function fates({ main, tasks, exitCode }: RunResult): unknown {
  return [
    main.status,
    exitCode,
    tasks.map(({ name, status, error, attempts }) => [
      name,
      status,
      error,
      attempts!.map(({ worker, how, stepsDone }) => [worker, how, stepsDone]),
    ]),
  ];
}

describe("a durable queue for real", () => {
  test("does what its model does: a killed worker's tasks come again, a failed one is tried again", async () => {
    using place = new Place(`main: [launch, block: 500ms]
launch: [start: [mail, flaky]]
tasks:
  mail: [print: begin, sleep: 3s, print: end]
  flaky: [sleep: 100ms, fail: down]
strategy: { use: durable, lease: 1500ms, retry: 1, backoff: 300ms }
kill: { what: worker, at: 2500ms }
`);
    const model = await place.result("--driver", "virtual");
    const real = await place.result("--speed", "4");
    expect(fates(real)).toEqual(fates(model));
    const [first, second] = real.tasks[0]!.attempts!;
    // Nobody else has it before its lease is over, which is renewed after half of it.
    expect(second!.from - first!.from).toBeGreaterThanOrEqual(2500);
    expect(place.files).toEqual(["kept.yaml"]);
  });

  test("keeps what a run leaves in the file that was named, and a worker performs it", async () => {
    using place = new Place(`main: [launch]
launch: [start: mail]
tasks: { mail: { copies: 2, steps: [sleep: 400ms, print: "sent {copy}"] } }
strategy: { use: durable, slots: 1, lease: 1s }
`);
    const engine = ["--engine", "sqlite:queue.db", "--speed", "2"];
    const cut = await place.result(...engine, "--timeout", "700ms");
    expect(cut).toMatchObject({
      interruptedBy: "timeout",
      tasks: [{ lost: false }, { lost: false }],
    });
    const again = await place.call("run", "kept.yaml", ...engine);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("of an earlier run of kept");
    const worked = await place.call("worker", "kept.yaml", ...engine, "--until-empty");
    expect(worked.status).toBe(0);
    const sent = [...cut.prints.map(({ text }) => text), ...worked.stdout.trim().split("\n")];
    expect(new Set(sent)).toEqual(new Set(["sent 0", "sent 1"]));
    expect(worked.stderr).toContain("nothing is left in the queue");
    expect(place.files).toEqual(["kept.yaml", "queue.db"]);
  });
});
