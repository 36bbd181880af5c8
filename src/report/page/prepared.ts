/**
 * The page's program and its style, bundled when the executable is built, so that it need not carry what they
 * are made of. The build puts them in here (`.ci/build.ts`); from source there are none.
 */

/** The page's program and its style, as texts. */
export interface PageParts {
  script: string;
  style: string;
}

export const prepared: PageParts | null = null;
