/** Statements put before and behind others, in the style of their module. */
import type { SyntaxNode } from "../../observe/javascript/syntax.ts";
import { type Change, leadOf, type UserModule } from "./user-module.ts";

/** Statements, each on one line and without its semicolon, before one that stands in a list. */
export function putBefore(
  module: UserModule,
  statement: SyntaxNode,
  lines: readonly string[],
): Change {
  const { text, style } = module;
  const { lead, isFirst } = leadOf(text, statement.start);
  // On one line with others they need their ends.
  const put = isFirst
    ? lines.map((line) => `${line}${style.semicolon}${style.lineEnd}${lead}`)
    : lines.map((line) => `${line}; `);
  return { from: statement.start, to: statement.start, text: put.join("") };
}

/** The same behind one, and behind a comment that ends its line. */
export function putBehind(
  module: UserModule,
  statement: SyntaxNode,
  lines: readonly string[],
): Change {
  const { text, style } = module;
  const [rest] = /^[^\r\n]*/.exec(text.slice(statement.end)) as unknown as [string];
  if (!/^\s*(?:\/\/.*|\/\*(?:[^*]|\*(?!\/))*\*\/\s*)?$/.test(rest)) {
    const open = text[statement.end - 1] === ";" ? "" : ";";
    const put = `${open}${lines.map((line) => ` ${line};`).join("")}`;
    return { from: statement.end, to: statement.end, text: put };
  }
  const end = statement.end + rest.trimEnd().length;
  const { lead } = leadOf(text, statement.start);
  const semicolon = style.semicolon || (goesOnWith(text.slice(end)) ? ";" : "");
  const put = lines.map((line, k) => {
    const isLast = k === lines.length - 1;
    return `${style.lineEnd}${lead}${line}${isLast ? semicolon : style.semicolon}`;
  });
  return { from: end, to: end, text: put.join("") };
}

/** Whether a text goes on with what would belong to a statement before it that has no semicolon. */
const goesOnWith = (rest: string): boolean => /^\s*[([`/+\-*.,]/.test(rest);

/** Lines of their own behind the imports of a module, or before its first statement. */
export function blockBehindImports(module: UserModule, lines: readonly string[]): Change {
  const { program, style } = module;
  const statements: SyntaxNode[] = program["body"];
  const imported = statements.findLast(({ type }) => type === "ImportDeclaration");
  const text = lines.join(style.lineEnd);
  if (imported === undefined) {
    const at = startOf(statements[0]);
    return { from: at, to: at, text: `${text}${style.lineEnd}${style.lineEnd}` };
  }
  const [rest] = /^[^\r\n]*/.exec(module.text.slice(imported.end)) as unknown as [string];
  const at = imported.end + (/^\s*(?:\/\/.*)?$/.test(rest) ? rest.trimEnd().length : 0);
  return { from: at, to: at, text: `${style.lineEnd}${style.lineEnd}${text}` };
}

/** Where a statement begins, with its decorators. */
function startOf(statement: SyntaxNode | undefined): number {
  const decorators: SyntaxNode[] =
    statement?.["declaration"]?.decorators ?? statement?.["decorators"] ?? [];
  return Math.min(statement?.start ?? 0, ...decorators.map(({ start }) => start));
}

/** A text put in place of a range. */
export const put = (from: number, to: number, text: string): Change => ({ from, to, text });

/** What imports a name by itself from one of some modules; null where the name is something else. */
export function importOf(
  module: UserModule,
  name: SyntaxNode,
  from: readonly string[],
): SyntaxNode | null {
  if (name.type !== "Identifier") return null;
  const specifier = module.declarationOf(name["name"], name);
  const isPlain =
    specifier?.type === "ImportSpecifier" && specifier["imported"].name === specifier["local"].name;
  const source: unknown = isPlain ? module.parent(specifier)?.["source"].value : null;
  return typeof source === "string" && from.includes(source) ? specifier : null;
}
