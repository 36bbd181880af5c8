/**
 * The scenarios of the catalogue, read and checked when the executable is built, so that it loads
 * neither the package that reads YAML nor the one that checks documents for them.
 *
 * The build puts them in here (`.ci/build.ts`). From source there are none, and the documents are read.
 */

/** The scenarios by the name of their document (`lost.yaml`). They stay JSON until one is asked for. */
export const prepared: Readonly<Record<string, string>> = {};
