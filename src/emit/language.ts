/** The languages that a program can be written in. */
export const languages = ["typescript", "python"] as const;

export type Language = (typeof languages)[number];
