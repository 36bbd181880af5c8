/**
 * Builds the executable: `dist/tandem` for this machine, or with `--all` one for every platform,
 * with their checksums in `dist/SHA256SUMS`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { collectLicenses } from "../src/cli/licenses/collect.ts";
import { described } from "../src/observe/folders.ts";
import { bundle } from "../src/observe/javascript/loading/bundle.ts";
import { recorderFiles } from "../src/observe/python/recorder.ts";
import { bundle as bundlePage } from "../src/report/page/bundle.ts";
import { catalogue } from "../src/scenario/catalogue.ts";
import { parseScenario } from "../src/scenario/parse.ts";

const root = join(import.meta.dir, "..");

/** Bun's names of the platforms, and the files that are offered for download. */
const platforms = [
  { target: "bun-linux-x64", file: "tandem-linux-x64" },
  { target: "bun-linux-arm64", file: "tandem-linux-arm64" },
  { target: "bun-darwin-x64", file: "tandem-macos-x64" },
  { target: "bun-darwin-arm64", file: "tandem-macos-arm64" },
  { target: "bun-windows-x64", file: "tandem-windows-x64.exe" },
] as const;

/** The catalogue's scenarios, read and checked once for all: what `scenario/prepared.ts` then holds. */
const preparedCatalogue: Bun.BunPlugin = {
  name: "prepared catalogue",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]scenario[\\/]prepared\.ts$/ }, () => {
      const scenarios = catalogue.map(({ file, text }) => {
        return [file, JSON.stringify(parseScenario(text, file))];
      });
      const contents = `export const prepared = ${JSON.stringify(Object.fromEntries(scenarios))};`;
      return { contents, loader: "js" };
    });
  },
};

/** What is to be known of the recorder's files for Python: what `observe/python/prepared.ts` then holds. */
const preparedPython: Bun.BunPlugin = {
  name: "prepared recorder for Python",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]observe[\\/]python[\\/]prepared\.ts$/ }, () => {
      const contents = `export const prepared = ${JSON.stringify(described(recorderFiles()))};`;
      return { contents, loader: "js" };
    });
  },
};

/** The recorder for JavaScript, bundled: what `prepared.ts` and `prepared-files.ts` there then hold. */
const preparedJavaScript: Bun.BunPlugin = {
  name: "prepared recorder for JavaScript",
  setup(builder) {
    const files = bundle();
    builder.onLoad({ filter: /[\\/]loading[\\/]prepared\.ts$/ }, async () => {
      const contents = `export const prepared = ${JSON.stringify(described(await files))};`;
      return { contents, loader: "js" };
    });
    builder.onLoad({ filter: /[\\/]loading[\\/]prepared-files\.ts$/ }, async () => {
      const contents = `export const preparedFiles = ${JSON.stringify(await files)};`;
      return { contents, loader: "js" };
    });
  },
};

/** The page of a report, bundled: what `prepared.ts` there then holds. */
const preparedPage: Bun.BunPlugin = {
  name: "prepared page",
  setup(builder) {
    const parts = bundlePage();
    builder.onLoad({ filter: /[\\/]report[\\/]page[\\/]prepared\.ts$/ }, async () => {
      // As text it would be there twice, once as bytecode.
      const bytes = Bun.deflateSync(Buffer.from(JSON.stringify(await parts)));
      const text = JSON.stringify(Buffer.from(bytes).toString("base64"));
      const contents = `const bytes = Bun.inflateSync(Buffer.from(${text}, "base64"));
        export const prepared = JSON.parse(new TextDecoder().decode(bytes));`;
      return { contents, loader: "js" };
    });
  },
};

/** The licences of what is held: what `cli/licenses/prepared.ts` then holds. */
const preparedLicenses: Bun.BunPlugin = {
  name: "prepared licences",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]cli[\\/]licenses[\\/]prepared\.ts$/ }, () => {
      const contents = `export const prepared = ${JSON.stringify(collectLicenses())};`;
      return { contents, loader: "js" };
    });
  },
};

/**
 * What of BullMQ is left out: the part for PostgreSQL, and an addon of the package that packs its arguments, which would
 * be looked for where this machine has it, on whichever machine the executable runs.
 */
export const leftOut: Bun.BunPlugin = {
  name: "left out",
  setup(builder) {
    builder.onResolve({ filter: /^msgpackr-extract$/ }, () => ({
      path: "x",
      namespace: "left-out",
    }));
    builder.onResolve({ filter: /^\.\/postgres$/ }, ({ importer }) =>
      /[\\/]bullmq[\\/]dist[\\/]/.test(importer) ? { path: "x", namespace: "left-out" } : undefined,
    );
    builder.onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "", loader: "js" }));
  },
};

/** @param target a platform's name; this machine's own when left out. */
export async function build(
  outfile: string,
  target?: (typeof platforms)[number]["target"],
): Promise<void> {
  await Bun.build({
    // The Workers' files are entries of their own: in the executable they are found beside main.
    entrypoints: ["main.ts", "worker.ts", "command-worker.ts"].map((file) =>
      join(root, "src", file),
    ),
    plugins: [
      preparedCatalogue,
      preparedPython,
      preparedJavaScript,
      preparedPage,
      preparedLicenses,
      leftOut,
    ],
    format: "esm",
    minify: { whitespace: true, syntax: true, identifiers: false },
    // What a command does not need stays unloaded, and what is loaded is not parsed again.
    splitting: true,
    bytecode: true,
    compile: {
      ...(target === undefined ? {} : { target }),
      outfile,
      // Nothing in the folder where tandem happens to run may change what it does.
      autoloadDotenv: false,
      autoloadBunfig: false,
      // The user's own modules ("call") resolve their packages and paths as they do with Bun.
      autoloadPackageJson: true,
      autoloadTsconfig: true,
    },
  });
}

if (import.meta.main) {
  const dist = join(root, "dist");
  if (Bun.argv.includes("--all")) {
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist);
    const sums: string[] = [];
    for (const { target, file } of platforms) {
      const path = join(dist, file);
      await build(path, target);
      const hash = new Bun.CryptoHasher("sha256")
        .update(await Bun.file(path).bytes())
        .digest("hex");
      sums.push(`${hash}  ${file}\n`);
      console.log(`${path}  ${(Bun.file(path).size / 1e6).toFixed(1)} MB`);
    }
    await Bun.write(join(dist, "SHA256SUMS"), sums.join(""));
  } else {
    const path = join(dist, "tandem");
    await build(path);
    console.log(`${path}  ${(Bun.file(path).size / 1e6).toFixed(1)} MB`);
  }
}
