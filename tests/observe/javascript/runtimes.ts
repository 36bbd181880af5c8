/** The runtimes that are to be had here. */
export interface TestedRuntime {
  title: string;
  command: readonly string[];
  isBun: boolean;
  /** Why it is skipped, for the titles of its tests; "" where it is not. */
  why: string;
}

const node = Bun.which("node");

export const runtimes: readonly TestedRuntime[] = [
  { title: "Bun", command: [process.execPath], isBun: true, why: "" },
  {
    title: "Node",
    command: [node ?? "node"],
    isBun: false,
    why: node === null ? " (skipped: there is no node)" : "",
  },
];
