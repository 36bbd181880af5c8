/** The result object of `tandem check`: each document with what it expects, and what is wrong with it. */
import type { CheckedDocument } from "../strategies/expectations.ts";

export function checksToJson(documents: readonly CheckedDocument[]): object {
  return { documents };
}
