/** A TypeScript module as JavaScript in which everything stands where it stood: types become blanks. */
import { parseModule, type SyntaxNode } from "../../src/observe/javascript/syntax.ts";

/** @throws where the module is more than its types (enums, decorators of its own time, JSX). */
export function withoutTypes(source: string): string {
  const program = parseModule(source, { module: "esm", typescript: true, jsx: false });
  let text = source;
  const blank = (start: number, end: number): void => {
    text = text.slice(0, start) + text.slice(start, end).replaceAll(/\S/g, " ") + text.slice(end);
  };
  const walk = (node: SyntaxNode): void => {
    if (node.type === "TSAsExpression" || node.type === "TSNonNullExpression") {
      walk(node["expression"]);
      const after = source.slice(node["expression"].end, node.end);
      blank(node["expression"].end + /^\)*/.exec(after)![0].length, node.end);
      return;
    }
    if (node.type.startsWith("TS")) {
      blank(node.start, node.end);
      return;
    }
    for (const [, word] of source
      .slice(node.start, node["key"]?.start ?? node.start)
      .matchAll(/\b(private|public|protected|readonly)\b/g)) {
      const at = source.indexOf(word!, node.start);
      blank(at, at + word!.length);
    }
    for (const field in node) {
      if (field === "loc" || field === "extra") continue;
      for (const each of [node[field]].flat())
        if (typeof each?.type === "string" && typeof each.start === "number") walk(each);
    }
  };
  walk(program);
  return text;
}
