/**
 * The licences and notices, collected when the executable is built: where it runs there are no packages.
 * The build puts them in here (`.ci/build.ts`); from source there are none.
 */
export const prepared: string | null = null;
