/**
 * Random Python programs that print the same whenever they run: what they print depends on turns of the loop,
 * on joins and on order, and on no time.
 */

/** A program of a seed. @param random from 0 to 1, without 1. */
export function randomProgram(random: () => number): string {
  const pick = <Value>(...values: Value[]): Value => values[Math.floor(random() * values.length)]!;
  const count = (most: number): number => 1 + Math.floor(random() * most);
  const lines: string[] = [
    "import asyncio, atexit, functools, queue, sys, threading, traceback, warnings",
    "from concurrent.futures import ThreadPoolExecutor",
    "",
    "def say(*words):",
    '    print(*words, getattr(asyncio.current_task(), "get_name", str)() if running() else "-")',
    "",
    "def running():",
    "    try:",
    "        return asyncio.get_running_loop() is not None",
    "    except RuntimeError:",
    "        return False",
    "",
  ];
  const functions = 2 + count(5);
  const say = (indent: string): string =>
    `${indent}say("${pick("a", "b", "c")}${Math.floor(random() * 1000)}")`;

  /** Statements of an async function that may call those of a higher number. */
  const statements = (own: number, indent: string, depth: number): string[] => {
    const found: string[] = [];
    for (let k = count(4); k > 0; k--) found.push(...statement(own, indent, depth));
    return found;
  };
  const callOf = (own: number): string =>
    own + 1 < functions
      ? `f${own + 1 + Math.floor(random() * (functions - own - 1))}()`
      : "asyncio.sleep(0)";

  function statement(own: number, indent: string, depth: number): string[] {
    const more = `${indent}    `;
    const body = (): string[] => (depth > 2 ? [say(more)] : statements(own, more, depth + 1));
    const choice = depth > 2 ? pick(0, 1, 2) : Math.floor(random() * 20);
    switch (choice) {
      case 0:
        return [say(indent)];
      case 1:
        return [`${indent}await asyncio.sleep(0)`];
      case 2:
        return [`${indent}await ${callOf(own)}`];
      case 3:
        return [
          `${indent}t = asyncio.create_task(${callOf(own)}, name="t${own}")`,
          ...(random() < 0.5 ? [say(indent)] : []),
          `${indent}await t`,
        ];
      case 4:
        return [
          `${indent}asyncio.create_task(${callOf(own)}).add_done_callback(lambda t: say("done", t.cancelled() or repr(t.exception())))`,
        ];
      case 5:
        return [
          `${indent}say(await asyncio.gather(${Array.from({ length: count(3) }, () => callOf(own)).join(", ")}, return_exceptions=True))`,
        ];
      case 6:
        return [
          `${indent}try:`,
          ...body(),
          `${indent}except ValueError as error:`,
          `${more}say(error, len(traceback.format_exc().splitlines()))`,
        ];
      case 7:
        return [
          `${indent}try:`,
          ...body(),
          `${indent}finally:`,
          say(more),
          ...(random() < 0.5 ? [`${more}await asyncio.sleep(0)`] : []),
        ];
      case 8:
        return [
          `${indent}t = asyncio.create_task(${callOf(own)})`,
          ...Array.from(
            { length: Math.floor(random() * 3) },
            () => `${indent}await asyncio.sleep(0)`,
          ),
          `${indent}say(t.cancel())`,
          `${indent}await asyncio.wait([t])`,
          `${indent}say(t.cancelled())`,
        ];
      case 9:
        return [
          `${indent}q = asyncio.Queue(${pick("", "1", "2")})`,
          `${indent}async def put(q=q):`,
          `${more}for item in range(3):`,
          `${more}    await q.put(item)`,
          `${indent}t = asyncio.ensure_future(put())`,
          `${indent}say([await q.get() for _ in range(3)])`,
        ];
      case 10:
        return [
          `${indent}lock = asyncio.Lock()`,
          `${indent}async with lock:`,
          ...body(),
          `${indent}say(lock.locked())`,
        ];
      case 11:
        return [
          `${indent}warnings.warn("w${own}", stacklevel=${count(2)})`,
          `${indent}say(sum(range(${count(9)})))`,
        ];
      case 12:
        return [`${indent}for i in range(${count(3)}):`, ...body()];
      case 13:
        return [`${indent}asyncio.get_running_loop().call_soon(say, "soon")`];
      case 14:
        return [
          `${indent}e = asyncio.Event()`,
          `${indent}asyncio.get_running_loop().call_soon(e.set)`,
          `${indent}say(await e.wait())`,
        ];
      case 15:
        return [`${indent}if random():`, `${more}raise ValueError("v${own}")`];
      case 16:
        return [
          `${indent}async def items():`,
          `${more}for i in range(3):`,
          `${more}    yield i`,
          `${more}    await asyncio.sleep(0)`,
          `${indent}say([i async for i in items()])`,
        ];
      case 17:
        return [
          `${indent}th = threading.Thread(target=say, args=("thread",))`,
          `${indent}th.start()`,
          `${indent}th.join()`,
          `${indent}say(th.name, th.daemon, threading.active_count())`,
        ];
      case 18:
        return [
          `${indent}say(sorted(t.get_name() for t in asyncio.all_tasks())[:1], sys.getrefcount(asyncio.current_task()) > 0)`,
        ];
      default:
        return [
          `${indent}f = asyncio.get_running_loop().create_future()`,
          `${indent}asyncio.get_running_loop().call_soon(f.set_result, ${count(9)})`,
          `${indent}say(await asyncio.shield(f))`,
        ];
    }
  }

  // Every run draws the same.
  lines.push(
    "draws = iter([True, False, False, True, False] * 10000)",
    "",
    "def random():",
    "    return next(draws)",
    "",
  );
  for (let own = 0; own < functions; own++)
    lines.push(`async def f${own}():`, ...statements(own, "    ", 0), `    return ${own}`, "");
  lines.push(
    "async def main():",
    "    try:",
    "        say(await f0())",
    "    except BaseException as error:",
    "        say(type(error).__name__, error)",
    "    for _ in range(30):",
    "        await asyncio.sleep(0)",
    "",
  );
  if (random() < 0.5) lines.push('atexit.register(print, "at exit")', "");
  if (random() < 0.3)
    lines.push(
      "with ThreadPoolExecutor(2) as pool:",
      "    print(sorted(pool.map(abs, range(-5, 0))))",
      "",
    );
  if (random() < 0.3)
    lines.push(
      "q = queue.Queue()",
      "th = threading.Thread(target=lambda: [q.put(i) for i in range(3)])",
      "th.start()",
      "th.join()",
      "print([q.get() for _ in range(3)], q.qsize())",
      "",
    );
  lines.push(
    ...pick(
      ["asyncio.run(main())"],
      ["loop = asyncio.new_event_loop()", "loop.run_until_complete(main())", "loop.close()"],
      [
        "th = threading.Thread(target=lambda: asyncio.run(main()), name='loop')",
        "th.start()",
        "th.join()",
      ],
    ),
    ...pick(
      ["print('end', sys.argv[1:], __name__)"],
      ["sys.exit(3)"],
      ["raise KeyError('end')"],
      [],
    ),
    "",
  );
  return lines.join("\n");
}
