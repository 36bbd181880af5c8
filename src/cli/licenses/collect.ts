/**
 * Collecting the licences and notices of what the executable holds, from the packages themselves: those that
 * package.json names as dependencies, those that these depend on, and Bun, with all that is linked into it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dir, "../../..");

interface Package {
  name: string;
  version: string;
  license: string;
  folder: string;
  dependencies: string[];
}

export function collectLicenses(): string {
  const own = packageIn(root);
  const groups = Map.groupBy(packagesOf(own), textOf);
  const rule = `\n${"-".repeat(80)}\n\n`;
  const parts = [...groups].map(([text, packages]) => {
    const names = packages.map(({ name, version, license }) => `${name} ${version} (${license})`);
    return `${names.join("\n")}\n\n${text}`;
  });
  return [`${own.name} ${own.version} (${own.license})\n\n${textOf(own)}`, licenseOfBun(), ...parts]
    .map((part) => `${part.trim()}\n`)
    .join(rule);
}

/** The packages that a package depends on, and that these do, each once, by name. */
function packagesOf(own: Package): Package[] {
  const found = new Map<string, Package>();
  const waiting = own.dependencies.map((name) => folderOf(name, root));
  for (let folder; (folder = waiting.pop()) !== undefined;) {
    if (found.has(folder)) continue;
    const one = packageIn(folder);
    found.set(folder, one);
    waiting.push(...one.dependencies.map((name) => folderOf(name, one.folder)));
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder of a package as another, in a folder, finds it. */
function folderOf(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
    if (folder === dirname(folder)) throw new Error(`the package ${name} is not installed`);
  }
}

function packageIn(folder: string): Package {
  const {
    name,
    version,
    license,
    dependencies = {},
  } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Omit<
    Package,
    "dependencies"
  > & { dependencies?: Record<string, string> };
  return { name, version, license, folder, dependencies: Object.keys(dependencies) };
}

/** The texts of a package's licence and notices; where it comes without, where to find them. */
function textOf({ name, license, folder }: Package): string {
  const files = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .toSorted();
  if (files.length === 0)
    return `https://spdx.org/licenses/${license}.html; the package (https://www.npmjs.com/package/${name}) brings no text of its own.`;
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
}

/** What Bun says of itself, in the documentation that comes with its types. */
function licenseOfBun(): string {
  const types = packageIn(folderOf("bun-types", root));
  const page = readFileSync(join(types.folder, "docs/project/license.mdx"), "utf8");
  const text = page
    .replace(/^---\n[^]*?\n---\n/, "")
    .replaceAll(/ {2,}(?=\|)|(?<=\| -)-{2,}/g, " ");
  return `Bun ${types.version} (MIT), with JavaScriptCore (LGPL-2) and other libraries\n\n${text.trim()}`;
}
