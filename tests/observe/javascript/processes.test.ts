/** The recorder comes into a program's Workers and children, and these are what they are without it. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../../support/executable.ts";
import { patience } from "../../support/patience.ts";
import { Programs } from "./programs.ts";
import { allRuntimes } from "./runtimes.ts";
import { unless } from "../../support/skipped.ts";

setDefaultTimeout(patience);

const programs = new Programs();
beforeAll(() => programs.prepare());
afterAll(() => programs.remove());

/** The modules that the recorder is told of, when the program prints as it does bare. */
async function modulesSeen(command: readonly string[], folder: string): Promise<string[]> {
  const bare = await programs.bare(command, folder);
  const { told, ...observed } = await programs.observed(command, folder);
  expect(observed).toEqual(bare);
  expect(bare).toMatchObject({ stderr: "", status: 0 });
  const modules = told.filter((line) => line.includes(": module"));
  return modules.map((line) => line.replace(/: module \d+$/, ""));
}

const said = (what: string): string =>
  `const said = async () => { await 0; console.log(${JSON.stringify(what)}, process.env.OWN ?? "-", process.argv.length, process.execArgv); };\nsaid();\n`;

describe.each(allRuntimes)("$title", ({ command, isBun, why }) => {
  const onlyIf = test.skipIf(why !== "");

  onlyIf(`Workers${why}`, async () => {
    const folder = await programs.write({
      "app.mjs": `import { SHARE_ENV, Worker } from "node:worker_threads";
import * as workers from "node:worker_threads";
const ended = (worker) => new Promise((resolve) => worker.on("exit", resolve));
console.log(await ended(new Worker(new URL("./esm.mjs", import.meta.url))));
console.log(await ended(new Worker(new URL("./common.cjs", import.meta.url), { argv: ["x"], workerData: 5 })));
console.log(await ended(new Worker(new URL("./bare.mjs", import.meta.url), { env: { OWN: "1" } })));
console.log(await ended(new Worker(new URL("./shared.mjs", import.meta.url), { env: SHARE_ENV })));
console.log(await ended(new Worker("console.log('as it is')", { eval: true })));
console.log(Worker === workers.Worker, Worker.name, Worker.length, new Worker("0", { eval: true }) instanceof Worker);
class Own extends Worker {}
const own = new Own("0", { eval: true });
console.log(own instanceof Own, own.constructor === Own, Worker.prototype.constructor === Worker, Worker.toString().length > 20);
try { Worker() } catch (error) { console.log(error.name) }
try { new Worker(5) } catch (error) { console.log(error.name) }
`,
      "bare.mjs": `const job = async () => process.env.OWN;\nconsole.log("bare", await job(), process.env.PATH);\n`,
      "shared.mjs": `const job = async () => process.env.PATH !== undefined;\nconsole.log("shared", await job());\n`,
      "esm.mjs": `import { threadId } from "node:worker_threads";\nconst job = async () => threadId > 0;\nconsole.log("esm", await job());\n`,
      "common.cjs": `const { workerData } = require("node:worker_threads");\nconst job = async () => workerData;\njob().then((it) => console.log("common", it));\n`,
    });
    expect(await modulesSeen([...command, "app.mjs"], folder)).toEqual([
      "app.mjs",
      "bare.mjs",
      "common.cjs",
      "esm.mjs",
      "shared.mjs",
    ]);
  });

  test.skipIf(!isBun)(`Workers of the web${unless(isBun, "it is about Bun")}`, async () => {
    const folder = await programs.write({
      "app.ts": `const worker = new Worker(new URL("./job.ts", import.meta.url).href, { name: "w" });
worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };
console.log(worker instanceof Worker, worker.constructor === Worker, Worker.name, Worker.length);
`,
      "job.ts": `const job = async (x: number): Promise<number> => x + 1;\npostMessage(await job(1));\n`,
    });
    expect(await modulesSeen([...command, "app.ts"], folder)).toContain("app.ts");
  });

  onlyIf(`children, whatever environment they are given${why}`, async () => {
    const folder = await programs.write({
      "app.cjs": `const childProcess = require("node:child_process");
const { once } = require("node:events");
const runtime = process.execPath;
const show = (text) => console.log(String(text).trim());
(async () => {
  show(childProcess.execFileSync(runtime, ["a.js"]));
  show(childProcess.execFileSync(runtime, ["b.js"], { env: { OWN: "1" } }));
  show(childProcess.spawnSync(runtime, ["c.js", "x"], { env: { OWN: "2", NODE_OPTIONS: "--no-deprecation" } }).stdout);
  show(childProcess.execSync(\`"\${runtime}" d.js\`, { env: { PATH: process.env.PATH, OWN: "3" } }));
  for (const start of [
    () => childProcess.spawn(runtime, ["e.js"], { stdio: "inherit", env: { OWN: "4" } }),
    () => childProcess.fork("./f.js", ["x"], { env: { OWN: "5" } }),
    () => childProcess.spawn("exec " + runtime + " g.js", { shell: "/bin/sh", stdio: "inherit", env: {} }),
  ]) await once(start(), "exit");
  await new Promise((resolve) => childProcess.exec(\`"\${runtime}" h.js\`, { env: { OWN: "6" } }, (error, stdout) => { show(stdout); resolve(); }));
  await new Promise((resolve) => childProcess.execFile(runtime, ["i.js"], (error, stdout) => { show(stdout); resolve(); }));
  process.env.OWN = "7";
  await once(childProcess.spawn(runtime, ["j.js"], { stdio: "inherit" }), "exit");
  console.log(childProcess.spawnSync("there-is-none").error.code);
  for (const name of ["spawnSync", "execFileSync", "execSync", "fork"]) console.log(childProcess[name].name, childProcess[name].length);
})();
`,
      ...Object.fromEntries([..."abcdefghij"].map((name) => [`${name}.js`, said(name)])),
    });
    expect(await modulesSeen([...command, "app.cjs"], folder)).toEqual(
      [..."abcdefghij".replace("j", "j")].map((name) => `${name}.js`).toSpliced(1, 0, "app.cjs"),
    );
  });

  test.skipIf(!isBun)(
    `children of Bun's shell, whatever environment they are given${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "app.ts": `const { $ } = Bun;
import { $ as other } from "bun";
const { PATH } = process.env;
console.log(await $\`\${process.execPath} a.js\`.text());
console.log(await other\`\${process.execPath} b.js x\`.env({ PATH, OWN: "1" }).quiet().nothrow().text());
await $\`cd . && OWN=2 \${process.execPath} c.js\`.env({});
const own = new $.Shell();
own.env({ OWN: "3" });
await own\`\${process.execPath} d.js\`;
$.env({ PATH, OWN: "4" });
await $\`\${process.execPath} e.js\`;
$.env(undefined);
process.env.OWN = "5";
await $\`\${process.execPath} f.js\`;
console.log($.name, $.length, typeof $, $ === other, $.env.name, $.ShellPromise.prototype.env.length, String($.env));
console.log(await $\`echo $OWN\`.env({ OWN: "6" }).text());
`,
        ...Object.fromEntries([..."abcdef"].map((name) => [`${name}.js`, said(name)])),
      });
      const files = [..."abcdef"].map((name) => `${name}.js`);
      expect(await modulesSeen([...command, "app.ts"], folder)).toEqual(
        files.toSpliced(1, 0, "app.ts"),
      );
    },
  );

  test.skipIf(!isBun)(
    `children of Bun.spawn and Bun.spawnSync${unless(isBun, "it is about Bun")}`,
    async () => {
      const folder = await programs.write({
        "app.ts": `const bun = process.execPath;
console.log(Bun.spawnSync([bun, "a.js"], { env: { OWN: "1" } }).stdout.toString().trim());
console.log(Bun.spawnSync({ cmd: [bun, "b.js"], env: {} }).stdout.toString().trim());
await Bun.spawn([bun, "c.js"], { stdout: "inherit", env: { OWN: "2" } }).exited;
await Bun.spawn({ cmd: [bun, "d.js"], stdout: "inherit" }).exited;
console.log(Bun.spawn.name, Bun.spawn.length, Bun.spawnSync.name, Bun.spawnSync.length, Bun.spawn.toString());
try { Bun.spawn([]) } catch (error) { console.log(error.message) }
`,
        ...Object.fromEntries([..."abcd"].map((name) => [`${name}.js`, said(name)])),
      });
      expect(await modulesSeen([...command, "app.ts"], folder)).toEqual([
        "a.js",
        "app.ts",
        "b.js",
        "c.js",
        "d.js",
      ]);
    },
  );
});

describe("the Bun inside the executable", () => {
  test("is Bun for its own children, also by the name of bun, and for nobody else's", async () => {
    const tandem = builtExecutable();
    const folder = await programs.write({
      "app.cjs": `const { execFileSync, execSync, fork, spawnSync } = require("node:child_process");
const { once } = require("node:events");
const show = (text) => console.log(String(text).trim());
(async () => {
  console.log(process.env.BUN_BE_BUN);
  show(execFileSync(process.execPath, ["a.js"]));
  show(execSync(\`"\${process.execPath}" b.js\`));
  await once(fork("./c.js", []), "exit");
  show(execFileSync("bun", ["d.js"]));
  show(execFileSync("bun", ["run", "script"], { stdio: ["ignore", "pipe", "ignore"] }));
  show(Bun.spawnSync([process.execPath, "f.js"]).stdout);
  show(await Bun.$\`\${process.execPath} g.js\`.text());
  show(await Bun.$\`bun h.js\`.text());
  show(await Bun.$\`\${process.execPath} i.js\`.env({}).text());
  show(execFileSync("./other", ["version"]));
  show(Bun.spawnSync(["./other", "version"]).stdout);
  show(await Bun.$\`./other version\`.text());
})();
`,
      "package.json": `{ "scripts": { "script": "bun e.js" } }`,
      ...Object.fromEntries([..."abcdefghi"].map((name) => [`${name}.js`, said(name)])),
    });
    await copyFile(tandem, join(folder, "other"));
    await chmod(join(folder, "other"), 0o700);
    const { told, ...observed } = await programs.observed([tandem, "app.cjs"], folder, {
      variables: { BUN_BE_BUN: "1", PATH: "/usr/bin:/bin" },
    });
    const version = /^tandem .*$/m.exec(observed.stdout)?.[0];
    const lines = [..."abcdefghi"].map((name) => `${name} - 2 []`);
    expect(observed).toEqual({
      stdout: ["undefined", ...lines, version, version, version, ""].join("\n"),
      stderr: "",
      status: 0,
    });
    expect(told.filter((line) => line.includes(": module"))).toHaveLength(10);
  });
});
