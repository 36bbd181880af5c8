/** A command line that cannot be understood. */
export class UsageError extends Error {
  /** The command whose help would say more; null for tandem's own. */
  readonly command: string | null;

  /** @param message one sentence: what was found and what would be right. */
  constructor(message: string, command: string | null = null) {
    super(message);
    this.command = command;
  }
}
