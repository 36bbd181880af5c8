/**
 * Random Python programs that print the same whenever they run: what they print depends on turns of the loop,
 * on joins and on order, and on no time.
 */
import { sections } from "./random-sections.ts";
import { type Draw, plain, statements } from "./random-statements.ts";

export interface RandomProgram {
  text: string;
  /** Options of the interpreter. */
  options: readonly string[];
}

const prelude = `\
import asyncio, atexit, contextlib, contextvars, functools, gc, inspect, io, logging, multiprocessing, os, pickle
import queue, signal, subprocess, sys, threading, time, traceback, unittest, warnings, weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

# When it collects by itself depends on how much anybody allocates.
gc.disable()
gc.collect()
variable = contextvars.ContextVar("variable", default=0)

def say(*words):
    print(*words, getattr(asyncio.current_task(), "get_name", str)() if running() else "-", variable.get())

def running():
    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False

def names():
    frame, found = sys._getframe(1), []
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found

def depth(level=0):
    try:
        return depth(level + 1)
    except RecursionError:
        return level

def worker(q, number):
    print("worker", multiprocessing.current_process().name, threading.enumerate(), flush=True)
    q.put(asyncio.run(asyncio.sleep(0, number)))

# Every run draws the same.
draws = iter([True, False, False, True, False] * 10000)

def random():
    return next(draws)

# The numbers of tasks that have a name of their own.
numbers = iter(range(1000000))

# A loop that closes has a set of its tasks, and cancels them in the order of their addresses: here in that of their names.
everybody = asyncio.tasks.all_tasks
asyncio.tasks.all_tasks = lambda loop=None: sorted(everybody(loop), key=lambda task: (len(task.get_name()), task.get_name()))
`;

/**
 * A program of a seed.
 *
 * @param random from 0 to 1, without 1.
 * @param minor the minor version of the Python it is for.
 */
export function randomProgram(random: () => number, minor: number): RandomProgram {
  const pick: Draw["pick"] = (...values) => values[Math.floor(random() * values.length)]!;
  const count = (most: number): number => 1 + Math.floor(random() * most);
  const chance = (probability: number): boolean => random() < probability;
  const functions = 2 + count(5);

  const statement = (own: number, depth: number): string[] => {
    const draw: Draw = {
      minor,
      chance,
      pick,
      count,
      own,
      call: () =>
        own + 1 < functions
          ? `f${own + 1 + Math.floor(random() * (functions - own - 1))}()`
          : "asyncio.sleep(0)",
      say: () => [`    say("${pick("a", "b", "c")}${count(1000)}")`],
      body: () =>
        Array.from({ length: depth > 1 ? 1 : count(3) }, () => statement(own, depth + 1))
          .flat()
          .map((line) => `    ${line}`),
    };
    return [...(depth > 2 ? pick(...plain) : pick(...statements))(draw)];
  };

  const lines = [...prelude.split("\n")];
  for (let own = 0; own < functions; own++) {
    const body = Array.from({ length: count(4) }, () => statement(own, 0)).flat();
    lines.push(
      `async def f${own}():`,
      ...body.map((line) => `    ${line}`),
      `    return ${own}`,
      "",
    );
  }
  const outside: Draw = {
    minor,
    chance,
    pick,
    count,
    own: 0,
    call: () => "f0()",
    say: () => ['    say("outside")'],
    body: () => ["    pass"],
  };
  const around = (most: number): string[] =>
    Array.from({ length: count(most) - 1 }, () => pick(...sections)(outside)).flat();
  const main = [...around(4), ...loop(outside), ...around(3), ...ending(outside)];
  lines.push("async def main():", ...mainBody, "");
  // A process that is spawned imports the program.
  lines.push('if __name__ == "__main__":', ...main.map((line) => `    ${line}`), "");
  return {
    text: lines.join("\n"),
    options: pick(
      [],
      [],
      ["-X", "dev"],
      ["-W", "error"],
      ["-W", "default"],
      ["-O"],
      ["-u"],
      ["-B", "-s"],
      ["-X", "tracemalloc=5"],
    ),
  };
}

const mainBody = [
  "    try:",
  "        say(await f0())",
  "    except BaseException as error:",
  "        say(type(error).__name__, error)",
];

function loop({ pick }: Draw): string[] {
  return pick(
    ["asyncio.run(main())"],
    ["asyncio.run(main(), debug=True)"],
    ["loop = asyncio.new_event_loop()", "loop.run_until_complete(main())", "loop.close()"],
    [
      "loop = asyncio.new_event_loop()",
      "asyncio.set_event_loop(loop)",
      "loop.call_soon(lambda: loop.create_task(main()).add_done_callback(lambda t: loop.stop()))",
      "loop.run_forever()",
      "print(loop)",
    ],
    [
      "th = threading.Thread(target=lambda: asyncio.run(main()), name='loop')",
      "th.start()",
      "th.join()",
    ],
  );
}

function ending({ pick }: Draw): string[] {
  return pick(
    ["print('end', sys.argv[1:], __name__)"],
    ["sys.exit(3)"],
    ["sys.exit('words')"],
    ["raise KeyError('end')"],
    ["raise KeyboardInterrupt"],
    ["sys.stdout.flush()", "os._exit(9)"],
    ["sys.stdout.flush()", "os.kill(os.getpid(), signal.SIGTERM)"],
    [],
  );
}
