/**
 * The recorder's files for JavaScript, bundled when the executable is built, so that it need not carry what
 * they are made of. The build puts them in here (`.ci/build.ts`); from source there are none.
 */

/** Texts by the names of their files. */
export const preparedFiles: Readonly<Record<string, string>> | null = null;
