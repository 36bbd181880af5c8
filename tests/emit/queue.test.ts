// The programs of a durable queue, performed on a server: they print what the run in virtual time does.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import type { RunResult } from "../../src/report/json.ts";
import { patience } from "../support/patience.ts";
import { redisMissing, RedisServer, redisServer } from "../support/redis.ts";
import { tandemHere, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const isMissing = redisServer === null;
let server: RedisServer;

beforeAll(async () => {
  if (!isMissing) server = await RedisServer.start();
});

afterAll(() => server?.[Symbol.asyncDispose]());

test.skipIf(isMissing).each([
  ["handed-over", "durable"],
  ["handed-over", "durable,settle=gather"],
  ["asked-for", "durable"],
  ["one-attempt", "durable,settle=gather"],
  ["one-attempt", "durable,settle=settled,retry=1,backoff=200ms"],
])(
  `%s under %s: main and a worker print what the run does, and main ends as it does there${redisMissing}`,
  async (scenario, written) => {
    const strategy = `${written},engine=redis`;
    const words = [scenario, "--strategy", strategy];
    const model = await tandemHere(["run", ...words, "--driver", "virtual", "--json"]);
    const { prints, exitCode } = JSON.parse(model.stdout) as RunResult;
    const of = (isMain: boolean): string[] =>
      prints.filter(({ thread }) => (thread === "main") === isMain).map(({ text }) => text);

    using folder = temporaryFolder();
    symlinkSync(join(import.meta.dir, "../../node_modules"), join(folder.path, "node_modules"));
    const program = folder.file("program.ts", (await tandemHere(["code", ...words])).stdout);
    // Each case has a database of its own.
    const url = `${server.url}/${databases++}`;
    const start = (...args: string[]) =>
      Bun.spawn([process.execPath, program, ...args], {
        env: { ...process.env, REDIS_URL: url },
        stdio: ["ignore", "pipe", "ignore"],
      });
    const worker = start("worker");
    const main = start();
    try {
      expect(await new Response(main.stdout).text()).toBe(
        of(true)
          .map((one) => `${one}\n`)
          .join(""),
      );
      expect(await main.exited).toBe(exitCode!);
      const wanted = of(false).toSorted();
      let heard = "";
      if (wanted.length > 0)
        for await (const piece of worker.stdout.pipeThrough(new TextDecoderStream())) {
          heard += piece;
          if (heard.split("\n").length > wanted.length) break;
        }
      expect(heard.split("\n").slice(0, -1).toSorted()).toEqual(wanted);
      worker.kill("SIGTERM");
      expect(await worker.exited).toBe(0);
    } finally {
      worker.kill("SIGKILL");
      main.kill("SIGKILL");
    }
  },
);

let databases = 1;
