/** The error of a scenario that has no equivalent program in a language. */
import { UserError } from "../base/user-error.ts";

/** A scenario under a strategy that a language cannot express; its message is one sentence with the way out. */
export class EmitError extends UserError {}
