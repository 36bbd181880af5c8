/** A cache of tandem's for the tests of one file alone, where they observe programs in their own process. */
import { afterAll, beforeAll } from "bun:test";
import { temporaryFolder } from "./tandem.ts";

export function useOwnCache(): void {
  const cache = temporaryFolder();
  const { XDG_CACHE_HOME: before } = process.env;

  beforeAll(() => {
    process.env["XDG_CACHE_HOME"] = cache.path;
  });

  afterAll(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
    cache[Symbol.dispose]();
  });
}
