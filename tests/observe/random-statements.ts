/**
 * What the async functions of random programs do: each a few lines of Python, whose output depends on turns of
 * the loop and on order alone.
 */

/** What a statement is made of: draws, and its place in the program. */
export interface Draw {
  /** The minor version of the Python it is for. */
  minor: number;
  chance(probability: number): boolean;
  pick<Value>(...values: Value[]): Value;
  /** From 1 to `most`. */
  count(most: number): number;
  /** The number of the function that it stands in. */
  own: number;
  /** An expression that is a coroutine: the call of another function. */
  call(): string;
  /** Lines that say something, indented by one step. */
  say(): string[];
  /** Further statements, indented by one step. */
  body(): string[];
}

type Statement = (draw: Draw) => readonly string[];

/** Those that nest no further. */
export const plain: readonly Statement[] = [
  ({ count }) => [`say("p${count(1000)}")`],
  () => ["await asyncio.sleep(0)"],
  ({ call }) => [`await ${call()}`],
];

export const statements: readonly Statement[] = [
  ...plain,
  ({ own, call, chance }) => [
    `t = asyncio.create_task(${call()}, name=f"t${own}-{next(numbers)}")`,
    ...(chance(0.5) ? ["say(sys.getrefcount(t), t.done())"] : []),
    "await t",
  ],
  ({ call }) => [
    // No count of references here: a loop that closes has a set of its tasks, in the order of their addresses.
    `asyncio.create_task(${call()}).add_done_callback(lambda t: say("done", t.cancelled() or repr(t.exception())))`,
  ],
  ({ count, call }) => [
    `say(await asyncio.gather(${Array.from({ length: count(3) }, call).join(", ")}, return_exceptions=True))`,
  ],
  ({ body }) => [
    "try:",
    ...body(),
    "except ValueError as error:",
    "    say(error, len(traceback.format_exc().splitlines()))",
  ],
  ({ body }) => [
    "try:",
    ...body(),
    "except Exception:",
    "    traceback.print_exc(file=sys.stdout)",
    "    traceback.print_stack(file=sys.stdout)",
  ],
  ({ body, say, chance }) => [
    "try:",
    ...body(),
    "finally:",
    ...say(),
    ...(chance(0.5) ? ["    await asyncio.sleep(0)"] : []),
  ],
  ({ call, count }) => [
    `t = asyncio.create_task(${call()})`,
    ...Array.from({ length: count(3) - 1 }, () => "await asyncio.sleep(0)"),
    "say(t.cancel())",
    "await asyncio.wait([t])",
    "say(t.cancelled(), t)",
  ],
  ({ pick }) => [
    `q = asyncio.Queue(${pick("", "1", "2")})`,
    "async def put(q=q):",
    "    for item in range(3):",
    "        await q.put(item)",
    "t = asyncio.ensure_future(put())",
    "say([await q.get() for _ in range(3)], q)",
  ],
  ({ body }) => [
    "lock = asyncio.Lock()",
    "async with lock:",
    ...body(),
    "say(lock.locked(), lock)",
  ],
  ({ own, count }) => [
    `warnings.warn("w${own}", stacklevel=${count(2)})`,
    `say(sum(range(${count(9)})))`,
  ],
  ({ count, body }) => [`for i in range(${count(3)}):`, ...body()],
  () => ['asyncio.get_running_loop().call_soon(say, "soon")'],
  () => [
    "e = asyncio.Event()",
    "asyncio.get_running_loop().call_soon(e.set)",
    "say(await e.wait())",
  ],
  ({ own }) => ["if random():", `    raise ValueError("v${own}")`],
  () => [
    "async def items():",
    "    for i in range(3):",
    "        yield i",
    "        await asyncio.sleep(0)",
    "say([i async for i in items()])",
  ],
  () => [
    "async def endless():",
    "    try:",
    "        while True:",
    "            yield 1",
    "    finally:",
    '        say("generator closed")',
    "async for _ in endless():",
    "    break",
  ],
  () => [
    'th = threading.Thread(target=say, args=("thread",))',
    "th.start()",
    "th.join()",
    "say(th.name, th.daemon, threading.active_count(), th.is_alive())",
  ],
  () => [
    "say(sorted(t.get_name() for t in asyncio.all_tasks()), sys.getrefcount(asyncio.current_task()))",
  ],
  ({ count }) => [
    "f = asyncio.get_running_loop().create_future()",
    `asyncio.get_running_loop().call_soon(f.set_result, ${count(9)})`,
    "say(await asyncio.shield(f))",
  ],
  ({ count, call }) => [
    `variable.set(${count(100)})`,
    `t = asyncio.ensure_future(${call()})`,
    "say(variable.get(), len(contextvars.copy_context()))",
  ],
  ({ call }) => [
    `t = asyncio.create_task(${call()})`,
    'w = weakref.ref(t, lambda _: print("task is gone"))',
    "await asyncio.wait([t])",
    "say(sys.getrefcount(t), sys.getrefcount(t.get_coro()), t.exception())",
    "del t",
    "say(w() is None)",
  ],
  ({ call }) => [
    `say(asyncio.current_task(), asyncio.create_task(${call()}))`,
    "asyncio.current_task().print_stack(file=sys.stdout)",
  ],
  () => ["say(names())", "say(depth())"],
  ({ call }) => [`${call()}`, "say(gc.collect() > 0)"],
  ({ call }) => [`t = asyncio.create_task(${call()})`, "t = None", "say(gc.collect() > 0)"],
  ({ count, call, body }) => [
    "try:",
    `    say(await asyncio.wait_for(${call()}, ${count(2) === 1 ? 0 : 900}))`,
    "except asyncio.TimeoutError as error:",
    ...body(),
  ],
  ({ body, call }) => [
    "try:",
    `    asyncio.run(${call()})`,
    "except RuntimeError as error:",
    "    traceback.print_exc()",
    ...body(),
  ],
  ({ call }) => [
    `for t in asyncio.as_completed([${call()}]):`,
    "    try:",
    "        say(await t)",
    "    except ValueError:",
    "        traceback.print_exc()",
  ],
  () => ['logging.getLogger("app").warning("logged by %s", "name")'],
  () => [
    "t = asyncio.current_task()",
    "say(type(t), type(t) is asyncio.Task, isinstance(t, asyncio.Future), t.get_loop() is asyncio.get_running_loop())",
  ],
  () => ["raised = asyncio.get_running_loop().call_soon(lambda: 1 / 0)", "say(raised)"],
  () => [
    "c = asyncio.Condition()",
    "async def notify(c=c):",
    "    async with c:",
    "        c.notify_all()",
    "t = asyncio.create_task(notify())",
    "async with c:",
    "    say(await c.wait())",
  ],
  ({ call }) => [
    `f = asyncio.run_coroutine_threadsafe(${call()}, asyncio.get_running_loop())`,
    "await asyncio.wait([asyncio.wrap_future(f)])",
    "say(f.done())",
  ],
  ({ minor, body, call }) =>
    minor < 11
      ? ["pass"]
      : [
          "try:",
          "    async with asyncio.TaskGroup() as group:",
          `        group.create_task(${call()})`,
          ...body().map((line) => `    ${line}`),
          `        group.create_task(${call()})`,
          "except ExceptionGroup as error:",
          "    traceback.print_exception(error, file=sys.stdout)",
        ],
  ({ minor, body, pick }) =>
    minor < 11
      ? ["pass"]
      : [
          "try:",
          `    async with asyncio.timeout(${pick("0", "900", "None")}) as limit:`,
          ...body().map((line) => `    ${line}`),
          "except TimeoutError:",
          "    say(limit)",
        ],
  ({ minor, call }) =>
    minor < 12
      ? ["pass"]
      : [
          "asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)",
          `t = asyncio.create_task(${call()})`,
          "say(t.done(), t)",
          "asyncio.get_running_loop().set_task_factory(None)",
        ],
];
