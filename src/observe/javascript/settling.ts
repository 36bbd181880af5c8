/** The calls of `then` in the executor of a `new Promise` that hand on to it how another promise settles. */
import { lastName } from "./naming.ts";
import { bare, childrenOf, isCall, isFunction, isMember } from "./syntax.ts";
import type { SyntaxNode } from "./syntax.ts";

const settlers = new Set(["then", "catch", "finally"]);

/**
 * The calls of `then`, `catch` and `finally` that an executor makes itself, one of whose functions has to do with its
 * `resolve`, and what is chained to them: by them the new promise waits for another. One that has to do with `reject`
 * alone waits for no end of it: `serve().catch(reject)`.
 */
export function settlingCalls(construction: SyntaxNode): SyntaxNode[] {
  const first: SyntaxNode | undefined = construction["arguments"][0];
  const executor = first === undefined ? undefined : bare(first);
  if (executor === undefined || !isFunction(executor) || executor["async"] === true) return [];
  const resolve: unknown = executor["params"][0]?.name;
  if (resolve === undefined) return [];
  const mentions = (node: SyntaxNode): boolean =>
    node.type === "Identifier" ? node["name"] === resolve : childrenOf(node).some(mentions);
  const settles = (node: SyntaxNode): boolean => {
    if (!isCall(node) || !settlers.has(lastName(node["callee"]))) return false;
    const callee = bare(node["callee"]);
    const given: SyntaxNode[] = node["arguments"];
    return isMember(callee) && (given.some(mentions) || settles(bare(callee["object"])));
  };
  const found: SyntaxNode[] = [];
  const walk = (node: SyntaxNode): void => {
    if (isFunction(node)) return;
    if (settles(node)) found.push(node);
    childrenOf(node).forEach(walk);
  };
  walk(executor["body"]);
  return found;
}
