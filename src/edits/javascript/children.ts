/** Children that are waited for with the whole thread, and come to be awaited. */
import { lastName } from "../../observe/javascript/naming.ts";
import { isMember, keyName, type SyntaxNode } from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import type { Asked } from "./asked.ts";
import { becomeAsync, usesOf } from "./asynchrony.ts";
import { notThere, whyNotAwaited } from "./awaitable.ts";
import { importOf, put } from "./statements.ts";
import type { Change, Changes, UserModule } from "./user-module.ts";

/** Options that mean the same where the child is awaited. */
const alike: ReadonlySet<string> = new Set(
  "encoding timeout cwd env maxBuffer shell killSignal windowsHide uid gid argv0".split(" "),
);

export function awaitChild(module: UserModule, { blocked, of }: Asked["await-child"]): Changes {
  const call = module.callsAt(blocked).find((one) => lastName(one["callee"]) === of);
  if (call === undefined) return notThere(module, blocked);
  const imported = importOf(module, call["callee"], ["node:child_process", "child_process"]);
  if (imported === null)
    return new Refusal(`${of} is not imported by its name from node:child_process`);
  const why = whyNotAlike(module, call);
  if (why !== null) return why;
  const around = module.surroundings(call);
  const made = around.is === "sync" ? becomeAsync(module, around.function) : null;
  if (made instanceof Refusal) return made;
  if (made === null) {
    const unawaited = whyNotAwaited(module, call);
    if (unawaited !== null) return unawaited;
  }
  const other = of.replace(/Sync$/, "");
  const names = namesFor(module, { imported, other, call });
  if (names instanceof Refusal) return names;
  const callee: SyntaxNode = call["callee"];
  return [
    ...names,
    ...(made?.changes ?? []),
    put(call.start, callee.end, `(await promisify(${other})`),
    put(call.end, call.end, ").stdout"),
  ];
}

/** Why the awaited call would give something else; null where it gives the same text. */
function whyNotAlike(module: UserModule, call: SyntaxNode): Refusal | null {
  const { line } = call.loc.start;
  const options = (call["arguments"] as SyntaxNode[]).find(
    ({ type }) => type !== "ArrayExpression" && !/Literal$|^Identifier$|^Binary/.test(type),
  );
  const listed: readonly SyntaxNode[] = options?.["properties"] ?? [];
  const names = listed.map(({ type, key, computed }) =>
    type === "ObjectProperty" ? keyName(key, computed) : null,
  );
  if (
    (options !== undefined && options.type !== "ObjectExpression") ||
    names.some((name) => name === null || !alike.has(name))
  )
    return new Refusal(`what the child at line ${line} is given has no like where it is awaited`);
  const encoding = listed[names.indexOf("encoding")]?.["value"];
  const parent = module.parent(call);
  const isText =
    (encoding?.type === "StringLiteral" && encoding["value"] !== "buffer") ||
    (encoding === undefined &&
      parent !== null &&
      isMember(parent) &&
      parent["property"].name === "toString");
  return isText
    ? null
    : new Refusal(`the child at line ${line} gives bytes, and no text where it is awaited`);
}

/** The imports of what takes the place of a function. */
function namesFor(
  module: UserModule,
  { imported, other, call }: { imported: SyntaxNode; other: string; call: SyntaxNode },
): Change[] | Refusal {
  const [own, promisify] = [other, "promisify"].map((name) => module.declarationOf(name, call));
  const isImported = own != null && module.parent(own) === module.parent(imported);
  if (own != null && !isImported)
    return new Refusal(`${other} is something else in ${module.file}`);
  if (promisify != null && !promisify.type.startsWith("Import"))
    return new Refusal(`promisify is something else in ${module.file}`);
  const isUsed = usesOf(module, imported["local"].name, imported).length > 1;
  const names = isImported
    ? []
    : isUsed
      ? [put(imported.end, imported.end, `, ${other}`)]
      : [put(imported.start, imported.end, other)];
  if (promisify != null) return names;
  const { quote, semicolon, lineEnd } = module.style;
  const statement = module.parent(imported)!;
  const line = `import { promisify } from ${quote}node:util${quote}${semicolon}`;
  return [...names, put(statement.end, statement.end, `${lineEnd}${line}`)];
}
