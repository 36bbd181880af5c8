/** Why a test is skipped, for its title: whoever reads the results is to know what they do not show. */

/** The end of a title. @param reason of a test that is skipped here. */
export function unless(isPossible: boolean, reason: string): string {
  return isPossible ? "" : ` (skipped: ${reason})`;
}

/** The same for what only Linux has: its /proc, its devices, its pseudo-terminals. */
export const unlessLinux = unless(process.platform === "linux", "it is about Linux");
