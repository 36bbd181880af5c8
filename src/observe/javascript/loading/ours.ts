/**
 * Which modules are the user's own, as one regular expression: all but those of packages, of a virtual
 * environment and of a `dist` folder that the program itself is not in. `--exclude` and `--include` go before that.
 */
import { dirname } from "node:path";

export interface OwnFolders {
  /** The folder that the process was started in. */
  current: string;
  /** The file of the program; null where it has none. */
  main: string | null;
  /** The patterns of `--include` and `--exclude`, between commas, as the environment has them. */
  include: string | undefined;
  exclude: string | undefined;
  /** The folder of tandem's own files. */
  recorder: string;
}

const slash = String.raw`[\\/]`;
const query = String.raw`(?:\?[^\\/]*)?$`;
const inPackage = `(?:.*${slash})?(?:node_modules|site-packages|\\.venv|\\.yarn)${slash}`;
const isForeign = `(?:.*${slash})?(?:node_modules|site-packages|\\.venv|\\.yarn|dist)${slash}`;

/** The same for this process, as it has been told. @param recorder the folder of tandem's own files. */
export const ownModulesHere = (recorder: string): RegExp =>
  ownModules({
    current: process.cwd(),
    main: process.argv[1] ?? null,
    include: process.env["TANDEM_INCLUDE"],
    exclude: process.env["TANDEM_EXCLUDE"],
    recorder,
  });

/** Matches the paths of the user's modules, with a query or without one. */
export function ownModules({ current, main, include, exclude, recorder }: OwnFolders): RegExp {
  const here = below(current);
  const globs = (list: string | undefined): string[] =>
    (list ?? "")
      .split(",")
      .filter((glob) => glob !== "")
      .map((glob) => `(?:${literal(here)})?${patternOf(glob)}${query}`);
  const roots = [here, ...(main === null ? [] : [below(dirname(main))])]
    .filter((root) => !new RegExp(`^${inPackage}`).test(root))
    .map(literal);
  const usual = `(?:${[...roots, `(?:[A-Za-z]:)?${slash}`].join("|")})(?!${isForeign})`;
  // Of an executable that was made with Bun the inner files have names like these.
  const inner = String.raw`/\$bunfs/|[A-Z]:[\\/]~BUN[\\/]`;
  const never = [inner, literal(below(recorder)), ...globs(exclude)].join("|");
  const own = [...globs(include), usual].join("|");
  return new RegExp(`^(?!${never})(?=${own}).*\\.(?:[cm]?[jt]s|[jt]sx)${query}`);
}

const below = (folder: string): string => `${folder.replace(/[\\/]+$/, "")}/`;

const literal = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).replaceAll("/", slash);

/** The regular expression of a pattern of Python's fnmatch, as for the other language: `*` goes over slashes, too. */
const patternOf = (glob: string): string =>
  glob.replaceAll(/\*+|\?|\[[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part.startsWith("*")) return ".*";
    if (part === "?") return ".";
    if (part.length > 1 && part.startsWith("["))
      return part.replace("[!", "[^").replaceAll("\\", "\\\\");
    return literal(part);
  });
