/** The runtimes that are to be had here. */
export interface TestedRuntime {
  title: string;
  command: readonly string[];
  isBun: boolean;
  /** Whether it runs TypeScript. */
  isTyped: boolean;
  /** Why it is skipped, for the titles of its tests; "" where it is not. */
  why: string;
}

const node = Bun.which("node");

export const runtimes: readonly TestedRuntime[] = [
  { title: "Bun", command: [process.execPath], isBun: true, isTyped: true, why: "" },
  {
    title: "Node",
    command: [node ?? "node"],
    isBun: false,
    isTyped: false,
    why: node === null ? " (skipped: there is no node)" : "",
  },
];

/** Other versions of Node, as npm has them at hand; with the laws it may fetch them. */
export function otherNodes(): TestedRuntime[] {
  return ["22", "24"].map((version) => {
    const offline = process.env["TANDEM_LAWS"] === undefined ? ["--offline"] : [];
    const words = ["npx", ...offline, "-y", `node@${version}`, "-p", "process.execPath"];
    const found = node === null || Bun.which("npx") === null ? null : Bun.spawnSync(words);
    const path = found?.success ? found.stdout.toString().trim() : null;
    return {
      title: `Node ${version}`,
      command: [path ?? "node"],
      isBun: false,
      isTyped: true,
      why: path === null ? ` (skipped: npx has no node@${version} at hand)` : "",
    };
  });
}

/** Those at hand; with the laws other versions of Node as well. */
export const allRuntimes: readonly TestedRuntime[] =
  process.env["TANDEM_LAWS"] === undefined ? runtimes : [...runtimes, ...otherNodes()];
