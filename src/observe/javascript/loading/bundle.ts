/** Bundles the recorder's files for JavaScript. As a program it writes them to stdout as JSON. */
import { join } from "node:path";

const here = (file: string): string => join(import.meta.dir, file);

/** What begins in each runtime. */
export const entries = { bun: here("entry-bun.ts"), node: here("entry-node.ts") };

/** The texts by the names of their files. */
export async function bundle({ bun, node } = entries): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all([
      bundled("tandem-bun.cjs", bun, { target: "bun", format: "cjs" }),
      bundled("tandem-node.cjs", node, { target: "node", format: "cjs" }),
      bundled("tandem-node-loader.mjs", here("node-loader.ts"), { target: "node", format: "esm" }),
      bundled("tandem-transform.cjs", here("entry-transform.ts"), {
        target: "node",
        format: "cjs",
      }),
    ]),
  );
}

async function bundled(
  file: string,
  entry: string,
  how: { target: "bun" | "node"; format: "cjs" | "esm" },
): Promise<[file: string, text: string]> {
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    ...how,
    minify: true,
    // Where the file is then; what `__filename` says is where it was bundled.
    define: { recorderFile: "module.filename" },
  });
  return [file, `${await outputs[0]!.text()}${how.target === "bun" ? sourceMap : ""}`];
}

/**
 * A source map that says nothing. Of a bundle that has none, and whose frames were looked at, as samples are, Bun says so
 * where it prints the next error.
 */
const sourceMap = `
//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":["tandem-bun.cjs"],"sourcesContent":[""],"names":[],"mappings":"AAAA"}')}
`;

if (import.meta.main) await Bun.write(Bun.stdout, JSON.stringify(await bundle()));
