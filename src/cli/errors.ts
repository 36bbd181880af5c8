/** A command line that cannot be understood. */
import { UserError } from "../base/user-error.ts";

export class UsageError extends UserError {
  /** The command whose help would say more; null for tandem's own. */
  readonly command: string | null;

  /** @param message one sentence: what was found and what would be right. */
  constructor(message: string, command: string | null = null) {
    super(message);
    this.command = command;
  }

  override get told(): readonly string[] {
    const help = this.command === null ? "tandem help" : `tandem help ${this.command}`;
    return [`tandem: ${this.message} (see: ${help})`];
  }
}
