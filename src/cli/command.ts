/** What every command of the command line is, and the exit statuses it may give. */

/** The exit statuses that tandem itself gives. */
export const exitStatus = { done: 0, fellShort: 1, wrong: 2, outputClosed: 141 };

/** Those of a run that a signal ended early: 128 and the signal's number, as shells have it. */
export const signalStatus = { SIGINT: 130, SIGTERM: 143 };

/** What a file of `commands/` exports. */
export interface CommandModule {
  /** @returns the exit status. */
  run(argv: string[]): number | Promise<number>;
}
