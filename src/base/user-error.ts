/** The base of errors that a user can cause, or can do something about. */

/**
 * An error whose message says where, what and what would be right, in one sentence; a stack trace
 * would say no more.
 */
export abstract class UserError extends Error {
  /** The exit status of a command that it ends. The default, 2, is that of a request that cannot be met. */
  readonly status: number = 2;

  /** The lines that tell the user of it. */
  get told(): readonly string[] {
    return [`tandem: ${this.message}`];
  }
}
