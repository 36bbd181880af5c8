/** The base of errors that a user can cause, or can do something about. */

/** An error whose message says all: one sentence, and no stack trace beside it. */
export abstract class UserError extends Error {
  /** The exit status of a command that it ends. */
  abstract readonly status: number;
}
