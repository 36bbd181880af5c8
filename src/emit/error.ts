/** Why there is no equivalent program in a language. */

/** A scenario under a strategy that a language cannot express; its message is one sentence with the way out. */
export class EmitError extends Error {
  override readonly name = "EmitError";
}
