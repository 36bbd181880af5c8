/**
 * The scenarios of the catalogue, read and checked when the executable is built, so that it loads
 * neither the package that reads YAML nor the one that checks documents for them.
 *
 * The build puts them in here (`.ci/build.ts`). From source there are none, and the documents are read.
 */

/** By the name of the document (`lost.yaml`), as JSON: most are never asked for. */
export const prepared: Readonly<Record<string, string>> = {};
