/** The house's own rules, held against the source. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { dirname, join, relative } from "node:path";
import { patience } from "./support/patience.ts";

setDefaultTimeout(patience);

const src = join(import.meta.dir, "../src");
const files = [...new Glob("**/*.ts").scanSync(src)].sort();

/** The files that import what only a run can name: the module of the user's functions. */
const importsByName = ["drivers/real/user-code.ts"];

/** What each folder may import from; itself is always allowed. */
const allowed: Record<string, string[]> = {
  base: [],
  trace: ["base"],
  scenario: ["base"],
  program: ["base", "trace", "scenario"],
  drivers: ["base", "trace", "scenario", "program"],
  observe: ["base", "trace"],
  reading: ["base", "trace"],
  outcome: ["base", "trace", "scenario", "program", "reading"],
  remedies: ["base", "trace", "scenario", "reading", "outcome"],
  strategies: ["base", "trace", "scenario", "reading", "outcome", "remedies"],
  report: ["base", "trace", "scenario", "reading", "outcome", "remedies", "strategies", "edits"],
  edits: ["base", "trace", "reading", "remedies", "observe"],
  emit: ["base", "trace", "scenario"],
  runs: [
    "base",
    "trace",
    "scenario",
    "program",
    "drivers",
    "observe",
    "reading",
    "outcome",
    "remedies",
    "strategies",
    "edits",
  ],
  cli: [
    "base",
    "trace",
    "scenario",
    "reading",
    "outcome",
    "remedies",
    "strategies",
    "report",
    "edits",
    "emit",
    "runs",
  ],
};

/** A text of TypeScript without its comments. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

/** Where an import leads to, relative to src; packages by their name. */
function placeOf(of: string, path: string): string {
  return path.startsWith(".") ? relative(src, join(src, dirname(of), path)) : path;
}

/** What a text of TypeScript imports and exports from elsewhere, for types as well, and what it may import later. */
function pathsIn(text: string): Set<string> {
  const code = withoutComments(text);
  const forTypes = code.matchAll(
    /^(?:import|export)\s[^;"'`]*?\bfrom\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*,?\s*\)/gm,
  );
  return new Set([
    ...new Bun.Transpiler({ loader: "ts" })
      .scanImports(text.replace(/^#!.*/, ""))
      .map(({ path }) => path),
    ...[...forTypes].map(([, fixed, dynamic]) => (fixed ?? dynamic)!),
  ]);
}

/** Imports of a file, relative to src; packages by their name. Those of types count, and dynamic ones. */
async function importsOf(file: string): Promise<string[]> {
  const text = await Bun.file(join(src, file)).text();
  if (!file.endsWith(".ts")) return [];
  return [...pathsIn(text)].map((path) => placeOf(file, path));
}

/** Static imports that stay after types are erased. */
async function loadedBy(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith(".ts")) return seen;
  const code = new Bun.Transpiler({ loader: "ts" }).scanImports(
    await Bun.file(join(src, file)).text(),
  );
  for (const { path, kind } of code) {
    if (kind === "import-statement") await loadedBy(placeOf(file, path), seen);
  }
  return seen;
}

const folderOf = (file: string): string => file.split("/")[0]!;

test("the rules see every way in which a file imports another", () => {
  const ways = [
    `import "./bare.ts";`,
    `import {\n  a,\n  type B,\n} from "./lines.ts";`,
    `import type { C } from "./type.ts";`,
    `export { d } from './again.ts';`,
    `export * from "./all.ts";`,
    `const later = await import(\n  "./later.ts"\n);`,
    `type Module = typeof import("./typeof.ts");`,
    `// import "./comment.ts";`,
    `console.log(a, d, later);`,
  ];
  expect([...pathsIn(ways.join("\n"))].toSorted()).toEqual(
    ["again", "all", "bare", "later", "lines", "type", "typeof"].map((name) => `./${name}.ts`),
  );
});

describe("the source", () => {
  test("what is imported later has its name written there, but for the user's own modules", async () => {
    const unnamed: string[] = [];
    for (const file of files) {
      const code = withoutComments(await Bun.file(join(src, file)).text());
      // A method may have this name: its parameters have types.
      if (/(?<![.\w])import\(\s*(?!["']|\w+:)\S/.test(code)) unnamed.push(file);
    }
    expect(unnamed).toEqual(importsByName);
  });

  test("imports point one way, from cli down to base", async () => {
    const wrong: string[] = [];
    for (const file of files) {
      const rule = allowed[folderOf(file)];
      if (rule === undefined) continue;
      for (const target of await importsOf(file)) {
        const folder = folderOf(target);
        const ours = files.includes(target);
        if (
          ours &&
          folder !== folderOf(file) &&
          !rule.includes(folder) &&
          target !== "open-worker.ts"
        )
          wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("trace, reading and the words of any program reach no scenario, by whatever detour", async () => {
    const words = ["context.ts", "rules.ts", "words.ts"].map((name) => `remedies/${name}`);
    const isFree = (file: string): boolean =>
      ["trace", "reading"].includes(folderOf(file)) ||
      ["remedies/program/", "remedies/javascript/", "remedies/python/"].some((folder) =>
        file.startsWith(folder),
      ) ||
      words.includes(file);
    const reached = new Map<string, string>();
    const visit = async (file: string, from: string): Promise<void> => {
      if (reached.has(file) || !files.includes(file)) return;
      reached.set(file, from);
      for (const target of await importsOf(file)) await visit(target, file);
    };
    for (const file of files) if (isFree(file)) await visit(file, file);
    const wrong = [...reached].filter(([file]) => folderOf(file) !== "base" && !isFree(file));
    expect(wrong.map(([file, from]) => `${from} imports ${file}`)).toEqual([]);
  });

  test("trace and reading go by definitions, and by none of the numbers that a scenario's run gives", async () => {
    for (const file of files.filter((name) => ["trace", "reading"].includes(folderOf(name)))) {
      const text = await Bun.file(join(src, file)).text();
      expect([file, /\b(MAIN|LAUNCH|(MAIN|LOOP|POOL)_THREAD)\b/.exec(text)?.[0]]).toEqual([
        file,
        undefined,
      ]);
    }
  });

  test("no file imports itself by a detour", async () => {
    const graph = new Map<string, string[]>();
    for (const file of files)
      graph.set(
        file,
        (await importsOf(file)).filter((target) => files.includes(target)),
      );
    const circles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      const again = trail.indexOf(file);
      if (again >= 0) {
        circles.push([...trail.slice(again), file].join(" -> "));
        return;
      }
      const next = graph.get(file)!;
      graph.set(file, []);
      for (const target of next) visit(target, [...trail, file]);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test("a command imports neither another command nor the session, even when it is needed", async () => {
    const wrong: string[] = [];
    for (const file of files.filter((name) => name.startsWith("cli/"))) {
      const inCommands = file.startsWith("cli/commands/");
      for (const target of await importsOf(file)) {
        const isUsers = target.startsWith("cli/commands/") || target.startsWith("cli/session/");
        const isOwn = dirname(target) === dirname(file) && !inCommands;
        if (isUsers && !isOwn && file !== "cli/command-line.ts")
          wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("only open-worker.ts and the recorder for JavaScript start a Worker, and only main.ts, signals and the processes of a real run end a process", async () => {
    for (const file of files) {
      const text = await Bun.file(join(src, file)).text();
      // Text of a program that is written out is no Worker of ours.
      if (/new Worker\(/.test(text.replaceAll(/"[^"\n]*"|`[^`]*`/g, "")))
        expect(["open-worker.ts", "observe/javascript/recorder/watchdog.ts"]).toContain(file);
      if (
        /process\.exit\(/.test(
          text.replaceAll(/^\s*\*.*$/gm, "").replaceAll(/"[^"]*"|`[^`]*`/g, ""),
        )
      )
        expect([
          "main.ts",
          "cli/signals.ts",
          "drivers/real/child.ts",
          "drivers/real/durable/consumer-process.ts",
          "drivers/real/pool-process.ts",
          "drivers/real/worker-thread.ts",
        ]).toContain(file);
    }
  });

  test("the child process and its Worker load neither zod nor yaml", async () => {
    for (const entry of ["drivers/real/child.ts", "worker.ts"]) {
      const loaded = await loadedBy(entry);
      expect(loaded).toContain("program/loop.ts");
      expect([...loaded].filter((name) => ["zod", "yaml"].includes(name))).toEqual([]);
    }
  });

  test("main and the table of commands load nothing heavy", async () => {
    const loaded = await loadedBy("cli/command-line.ts");
    expect([...loaded].filter((name) => ["zod", "yaml", "@clack/prompts"].includes(name))).toEqual(
      [],
    );
  });

  test("what runs, lists or shows a scenario loads neither zod nor yaml before a document needs them", async () => {
    for (const command of ["run", "list", "show", "code"]) {
      const loaded = await loadedBy(`cli/commands/${command}.ts`);
      expect(loaded).toContain("scenario/load.ts");
      expect([...loaded].filter((name) => ["zod", "yaml"].includes(name))).toEqual([]);
    }
  });

  test("no command loads the parser of JavaScript", async () => {
    for (const file of [
      "cli/command-line.ts",
      ...files.filter((name) => name.startsWith("cli/commands/")),
    ]) {
      expect([file, (await loadedBy(file)).has("@babel/parser")]).toEqual([file, false]);
    }
  });

  test("no command loads what the page of a report is made with before a report is written", async () => {
    const heavy = /^(?:highlight\.js|d3-)|^report\/(?:html|page)\/(?!words\.ts)/;
    for (const file of files.filter((name) => name.startsWith("cli/"))) {
      const loaded = [...(await loadedBy(file))].filter((name) => heavy.test(name));
      expect([file, loaded]).toEqual([file, []]);
    }
  });

  test("programs know no clock and no I/O", async () => {
    for (const file of files.filter((name) => folderOf(name) === "program")) {
      const text = (await Bun.file(join(src, file)).text()).replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "");
      expect(text).not.toMatch(/\b(performance\.now|Date\.now|setTimeout|Bun\.|process\.|node:)/);
      // Nor through what they import.
      const loaded = await loadedBy(file);
      expect([file, [...loaded].filter((name) => !name.endsWith(".ts"))]).toEqual([file, []]);
    }
  });

  test("only base/texts.ts makes texts safe, and only cli/output.ts and the processes of a run write to stdout and stderr", async () => {
    for (const file of files) {
      const text = (await Bun.file(join(src, file)).text())
        .replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "")
        .replaceAll(/"[^"\n]*"|`[^`]*`/g, "");
      if (/\bas (?:Output|Safe<|[A-Z]\w*Text\b)/.test(text)) expect(file).toBe("base/texts.ts");
      // What is the program's own is written by whoever shows a run, and by nobody else.
      if (/\b(?:p|stillP)rogramText\(/.test(text))
        expect(["base/texts.ts", "cli/commands/worker.ts", "cli/shown-run.ts"]).toContain(file);
      // What clack draws has been made safe before it was handed to it.
      if (/\bdrawing\(/.test(text))
        expect(["base/texts.ts", "cli/questions/screen.ts"]).toContain(file);
      // What tandem says to a recorder, and a recorder to tandem, stands in a file of its own.
      if (/\bconsole\.\w+\(|process\.std(?:out|err)\.write|\bwriteSync\(/.test(text))
        expect([
          "cli/output.ts",
          "observe/ring.ts",
          "observe/javascript/recorder/watchdog.ts",
          "observe/javascript/recorder/writer.ts",
          "worker.ts",
        ]).toContain(file.startsWith("drivers/real/") ? "worker.ts" : file);
      // Clack's texts are made safe, and drawn as the terminal can show them, by whoever asks with it.
      if (/"@clack\//.test(await Bun.file(join(src, file)).text()))
        expect(["cli/questions/prompt.ts", "cli/questions/screen.ts"]).toContain(file);
    }
  });

  test("errors are known by their class, and the command line knows the base of those that a user can cause alone", async () => {
    for (const file of files) {
      const text = (await Bun.file(join(src, file)).text()).replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "");
      const byName = [...text.matchAll(/\.name\)? [!=]==? "(\w*Error)"/g)].map(([, name]) => name);
      // What user code throws has no class of tandem's: DOMException's name is what the platform gives.
      expect([file, byName.filter((name) => name !== "AbortError" && name !== "Error")]).toEqual([
        file,
        [],
      ]);
    }
    const fromOutside = (await importsOf("cli/command-line.ts")).filter(
      (target) => !target.startsWith("cli/"),
    );
    expect(fromOutside.filter((target) => folderOf(target) !== "base")).toEqual([]);
  });

  test("what stands at a path is looked up without a throw, in base/paths.ts alone", async () => {
    for (const file of files) {
      const code = withoutComments(await Bun.file(join(src, file)).text());
      if (/\bl?statSync\(/.test(code.replace(`statSync("/dev/null")`, "")))
        expect(file).toBe("base/paths.ts");
    }
  });

  test("use cases print nothing and hear no signal themselves", async () => {
    for (const file of files.filter((name) => folderOf(name) === "runs")) {
      const text = (await Bun.file(join(src, file)).text()).replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "");
      expect([file, /\b(console\.|process\.(stdout|stderr|on|exit))/.test(text)]).toEqual([
        file,
        false,
      ]);
    }
  });

  test("every file says in its first lines what it is for", async () => {
    for (const file of files.filter((name) => !name.endsWith(".d.ts"))) {
      const text = (await Bun.file(join(src, file)).text()).replace(/^#!.*\n/, "");
      expect([file, text.startsWith("/**")]).toEqual([file, true]);
    }
  });

  test("no name of a file says nothing", () => {
    const names = files.map((file) => file.split("/").at(-1));
    for (const empty of ["utils.ts", "types.ts", "common.ts", "helpers.ts", "index.ts"])
      expect(names).not.toContain(empty);
  });

  test("every file of tests says how long its tests may take: five seconds end them on a busy machine", async () => {
    for (const file of new Glob("**/*.test.ts").scanSync(import.meta.dir)) {
      const text = await Bun.file(join(import.meta.dir, file)).text();
      expect([file, text.includes("setDefaultTimeout(")]).toEqual([file, true]);
    }
  });
});
