/**
 * What observing promises the program, and what shows of it all the same, as a page of help. Nothing else
 * differs: tests that run programs bare and observed hold that.
 */
import { wrap } from "../../base/layout.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";

/** What a Python program can see, if it looks, and where. */
const visibleInPython = [
  {
    where: "environment",
    what: `PYTHONPATH begins with the recorder's folder, which is not in sys.path, and there are variables whose names begin with TANDEM_`,
  },
  {
    where: "sys.modules",
    what: `"sitecustomize" is there, and modules of the standard library that a program may not have loaded itself: atexit, gc, itertools, mmap, operator, struct, types`,
  },
  {
    where: "sys.meta_path",
    what: `one finder more, until asyncio, threading and the like have been imported`,
  },
  {
    where: "the process",
    what: `one mapped file with a descriptor above the first ten, and one thread more, which the module threading does not list`,
  },
  {
    where: "asyncio.Task",
    what: `a subclass of the C class that has its name; functions that the recorder is told by, as atexit.register, are functions of Python where they were built in`,
  },
  {
    where: "sys.stdout",
    what: `"write" is an attribute of the object itself (not with --no-prints)`,
  },
];

const promise = `A program that is observed keeps its arguments, input, output, working folder, exit status, signals, tracebacks and the order of what it does. Nothing is installed, and nothing is written where it is. What a Python program can see of the recorder, if it looks:`;

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderVisible(width: number): TerminalText {
  const entries = visibleInPython.map(({ where, what }) =>
    joined([terminal`${where}`, terminal`  ${[wrap(`${what}.`, width - 2, "  ")]}`, ""], "\n"),
  );
  return joined([wrap(promise, width), "", ...entries], "\n");
}
