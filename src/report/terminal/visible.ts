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
    what: `a subclass of the C class that has its name; functions that the recorder is told by, as atexit.register, are functions of Python where they were built in, and sys.exit is a class`,
  },
  {
    where: "sys.addaudithook",
    what: `a hook hears of the recorder's own looks, as sys._getframe and sys._current_frames`,
  },
  {
    where: "gc.get_count()",
    what: `it counts the recorder's objects, too`,
  },
  {
    where: "sys.stdout",
    what: `"write" is an attribute of the object itself (not with --no-prints)`,
  },
];

/** What a JavaScript program can see, if it looks, and where. */
const visibleInJavaScript = [
  {
    where: "environment",
    what: `NODE_OPTIONS and BUN_OPTIONS begin with what brings the recorder in, and there are variables whose names begin with TANDEM_; with the Bun inside tandem process.execPath is tandem's own file, and what it starts finds a bun at the end of its PATH where there is none`,
  },
  {
    where: "globalThis",
    what: `one property more, "$td" or a longer name where a module has that word, which no loop over globals comes upon`,
  },
  {
    where: "Promise.prototype",
    what: `"constructor" is an accessor, which returns Promise`,
  },
  {
    where: "process",
    what: `one file more that is open, and a thread or some more; in Bun one listener of "exit" and one of "beforeExit", in Node a function of the recorder's as process.emit.`,
  },
  {
    where: "stacks of errors",
    what: `lines are those of the source, and so are columns, unless the program has an Error.prepareStackTrace of its own or asks for source maps: then columns are those of the text with the recorder's calls in it`,
  },
  {
    where: "uncaught errors",
    what: `what a runtime prints of the source beside them: in Bun the caret may stand behind its place; of CommonJS in Bun, and in Node, the line is that of the text with the recorder's calls in it`,
  },
  {
    where: "CommonJS in Bun",
    what: `a module that is required and imported has one name more when it is imported, "module.exports"; of one that ES modules import, what waits for process.nextTick may come behind its microtasks`,
  },
  {
    where: "the stack",
    what: `recursion of async functions overflows it at about half the depth`,
  },
  {
    where: "coverage",
    what: `what V8 counts is of the text with the recorder's calls in it`,
  },
];

const promise = `A program that is observed keeps its arguments, input, output, working folder, exit status, signals, tracebacks and the order of what it does. Nothing is installed, and nothing is written where it is.`;

const languages = [
  { name: "Python", visible: visibleInPython },
  { name: "JavaScript", visible: visibleInJavaScript },
];

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderVisible(width: number): TerminalText {
  const entries = languages.flatMap(({ name, visible }) => [
    wrap(`What a ${name} program can see of the recorder, if it looks:`, width),
    terminal``,
    ...visible.map(({ where, what }) =>
      joined([terminal`${where}`, terminal`  ${[wrap(`${what}.`, width - 2, "  ")]}`, ""], "\n"),
    ),
  ]);
  return joined([wrap(promise, width), "", ...entries], "\n");
}
