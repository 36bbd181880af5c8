// --engine redis://…: which server, what it must be able to do, and what is said of it.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type RunResult } from "../../src/report/json.ts";
import { patience } from "../support/patience.ts";
import { redisMissing, RedisServer, redisServer } from "../support/redis.ts";
import { command, tandemHere } from "../support/tandem.ts";

setDefaultTimeout(patience);

const document = `name: small
main: [launch]
launch: [start: a]
tasks: { a: [print: done] }
strategy: durable
`;

function run(...words: string[]) {
  return tandemHere(["run", "-", "--no-live", ...words], { stdin: document });
}

describe("--engine redis://…", () => {
  test.each([
    [
      ["--strategy", "durable,engine=redis"],
      "a real run must know which; name it (--engine redis://localhost:6379)",
    ],
    [
      ["--engine", "redis://me:secret@host", "--strategy", "durable,engine=sqlite"],
      "--engine redis://host:6379 names a Redis server, and the strategy says engine=sqlite; leave one of them out",
    ],
    [
      ["--engine", "sqlite:q", "--strategy", "durable,engine=redis"],
      "--engine sqlite:q names a file, and strategy durable,engine=redis keeps its tasks on a Redis server",
    ],
    [["--engine", "redis://host", "--strategy", "thread"], "strategy thread has none"],
    [
      ["--engine", "redis://me:secret@host/second"],
      "the address of a Redis server is redis://HOST:PORT/DATABASE",
    ],
    [["--engine", "redis:"], "the address of a Redis server is redis://HOST:PORT/DATABASE"],
    [["--engine", "valkey://host"], "names no engine of a durable queue"],
  ])("%p is refused in a sentence, which has no password", async (words, says) => {
    const { status, stdout, stderr } = await run(...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("secret");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("has durable strategies go by the rules of Redis in virtual time, where no server is needed", async () => {
    const words = ["--json", "--driver", "virtual", "--engine", "redis://nobody.invalid"];
    const { strategy } = JSON.parse((await run(...words)).stdout) as RunResult;
    expect(strategy).toMatchObject({ name: "durable,engine=redis", engine: "redis" });
  });

  test("names a server that must answer, within seconds, and be one", async () => {
    using silent = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: () => undefined },
    });
    await using web = Bun.serve({ port: 0, fetch: () => new Response("hello") });
    const servers = [
      ["redis://127.0.0.1:1", "does not answer (ECONNREFUSED)"],
      [`redis://127.0.0.1:${silent.port}`, "does not answer (nothing comes)"],
      [`rediss://127.0.0.1:${silent.port}`, "does not answer (nothing comes)"],
      [`redis://127.0.0.1:${web.port}`, "is no Redis server"],
    ] as const;
    for (const [server, says] of servers) {
      const from = performance.now();
      const { status, stderr } = await run("--engine", server);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`${server} ${says}`) as string]);
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(performance.now() - from).toBeLessThan(patience / 2);
    }
  });
});

const isMissing = redisServer === null;

describe(`a Redis server${redisMissing}`, () => {
  let plain: RedisServer;
  let locked: RedisServer;

  beforeAll(async () => {
    if (isMissing) return;
    plain = await RedisServer.start("--appendonly", "no", "--maxmemory-policy", "allkeys-lru");
    locked = await RedisServer.start("--requirepass", "secret");
  });

  afterAll(async () => {
    await plain?.[Symbol.asyncDispose]();
    await locked?.[Symbol.asyncDispose]();
  });

  test.skipIf(isMissing)(
    "that may lose tasks is told of before the run, with what to set",
    async () => {
      const { status, stdout, stderr } = await run("--engine", plain.url);
      expect([status, stdout]).toEqual([0, "done\n"]);
      expect(stderr.split("\n").slice(0, 2)).toEqual([
        `tandem: ${plain.url} writes nothing to disk before it acknowledges it (appendonly no), so tasks that it has taken are gone when it is killed; set appendonly yes`,
        `tandem: ${plain.url} throws keys away when its memory is full (maxmemory-policy allkeys-lru), and tasks with them; set maxmemory-policy noeviction`,
      ]);
      expect(stderr).not.toContain("IMPORTANT");
      expect(await plain.keys()).toEqual([]);
    },
  );

  test.skipIf(isMissing)(
    "that wants a password is refused without it, and used with it, which nobody reads",
    async () => {
      const server = locked.url.replace("//", "//:secret@");
      const without = await run("--engine", locked.url);
      expect([without.status, without.stderr]).toEqual([
        2,
        `tandem: ${locked.url} wants a password; write it, as --engine redis://USER:PASSWORD@HOST:PORT\n`,
      ]);
      const wrong = await run("--engine", server.replace("secret", "wrong"));
      expect([wrong.status, wrong.stderr]).toEqual([
        2,
        `tandem: ${locked.url} does not take the user or the password; write those that it knows\n`,
      ]);
      const right = await run("--engine", `${server}/3`);
      expect([right.status, right.stdout]).toEqual([0, "done\n"]);
      expect(right.stderr).not.toContain("secret");
      const cut = await run("--engine", `${server}/4`, "--timeout", "0ms");
      expect(cut.stderr).not.toContain("secret");
      const outside = await run("--engine", `${server}/99`);
      expect([outside.status, outside.stderr]).toEqual([
        2,
        `tandem: ${locked.url}/99 refuses what a queue needs (ERR DB index is out of range); name a database and a user that may write there\n`,
      ]);
    },
  );

  test.skipIf(isMissing)(
    "that is killed in the middle of a run ends it with a sentence",
    async () => {
      await using server = await RedisServer.start();
      const long = document.replace("print: done", "print: begun, sleep: 20s");
      const called = Bun.spawn({
        cmd: [...command(), "run", "-", "--no-live", "--engine", server.url],
        stdio: [new Blob([long]), "pipe", "pipe"],
      });
      for await (const _ of called.stdout) {
        await server.kill();
        break;
      }
      expect(await called.exited).toBe(2);
      expect(await new Response(called.stderr).text()).toBe(
        `tandem: ${server.url} does not answer any more; what it had acknowledged is there when it comes back, as far as it was on its disk\n`,
      );
    },
  );

  test.skipIf(isMissing)(
    "that is killed ends a worker that waits for tasks with a sentence",
    async () => {
      await using server = await RedisServer.start();
      const worker = Bun.spawn({
        cmd: [...command(), "worker", "-", "--engine", server.url],
        stdio: [new Blob([document]), "pipe", "pipe"],
      });
      const filled = await run("--engine", server.url);
      expect(filled.status).toBe(0);
      await server.kill();
      expect(await worker.exited).toBe(2);
      expect(await new Response(worker.stderr).text()).toEndWith(
        `tandem: ${server.url} does not answer any more; what it had acknowledged is there when it comes back, as far as it was on its disk\n`,
      );
    },
  );

  test.skipIf(isMissing)(
    "that takes no task ends main there, which is told with what it says",
    async () => {
      await using server = await RedisServer.start();
      const late = `name: late
main: [print: begins, block: 1s, submit: a]
tasks: { a: [print: done] }
strategy: durable
`;
      const called = Bun.spawn({
        cmd: [...command(), "run", "-", "--no-live", "--engine", server.url],
        stdio: [new Blob([late]), "pipe", "pipe"],
      });
      for await (const _ of called.stdout) {
        await server.set("maxmemory", "1");
        break;
      }
      expect(await called.exited).toBe(1);
      const told = await new Response(called.stderr).text();
      expect(told).toContain("The process of the run ended unexpectedly");
      expect(told).toEndWith(
        `tandem: ${server.url} refuses what a queue needs (OOM command not allowed when used memory > 'maxmemory'); have it take that, or name another server\n`,
      );
    },
  );

  test.skipIf(isMissing)(
    "is beside a file where compare has a strategy by the rules of each",
    async () => {
      const words = [
        "compare",
        "-",
        "--driver",
        "real",
        "--json",
        "--engine",
        locked.url.replace("//", "//:secret@"),
      ];
      const strategies = "durable,durable,engine=redis";
      const { stdout, stderr } = await tandemHere([...words, "--strategies", strategies], {
        stdin: document,
      });
      expect(stderr).toBe("");
      const { runs } = JSON.parse(stdout) as { runs: RunResult[] };
      expect(runs.map(({ strategy, tasks }) => [strategy.name, tasks[0]!.status])).toEqual([
        ["durable", "finished"],
        ["durable,engine=redis", "finished"],
      ]);
    },
  );
});
