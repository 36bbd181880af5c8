# Event loops: opened, closing and closed by what, with whom left; misuse of them; coroutines nobody awaits.
#
# Uses of asyncio.py, places and start (inject).
_loop_ids = {}
_loop_number = count(1)


def loop_id(loop):
    """The id of a loop; 0 where it has not run yet."""
    known = _loop_ids.get(id(loop))
    return known[0] if known is not None and known[1]() is loop else 0


# weakref.WeakSet, which a loop keeps its async generators in.
_loop_weak_set = ()


def _loop_watch(asyncio):
    global _loop_weak_set
    _loop_weak_set = sys.modules["weakref"].WeakSet
    base, runners = asyncio.base_events.BaseEventLoop, asyncio.runners
    set_running_loop = asyncio._set_running_loop

    def _set_running_loop(loop):
        set_running_loop(loop)
        if loop is not None:
            try:
                _loop_runs(loop, sys._getframe(1))
            except Exception:
                trouble("at the start of a loop")
        loop = None

    for module in (asyncio.events, asyncio):
        module._set_running_loop = _set_running_loop
    inject(base.close, before="closes(self)", closes=guard(_loop_closes))
    inject(base.call_exception_handler, before="logged(self, context)", logged=guard(_heard_logged))
    inject(base._check_running, before="checks(self)", checks=guard(_loop_checks))
    # What is put into a loop from another thread does not wake it. A step is seen at the task's birth.
    for function, unless in ((base.call_soon, "type(callback) is not STEP and "), (base.call_at, "")):
        inject(
            function,
            before="if %sself._thread_id != get_ident(): elsewhere(self)" % unless,
            elsewhere=guard(_loop_used_elsewhere),
            get_ident=get_ident,
            STEP=_task_step_type,
        )
    _loop_watch_turns(base)
    inject(runners._cancel_all_tasks, before="closing(loop)", closing=guard(_loop_closing))
    inject(runners.run, before="runs()", runs=guard(_loop_run_called))
    inject(
        asyncio.tasks.run_coroutine_threadsafe,
        before="handed(coro)",
        after="linked(coro, future)",
        handed=guard(_loop_handed),
        linked=guard(_loop_linked),
    )


# By thread: of a turn of its loop with so many callbacks that they may be a crowd: how many, when it began, and the
# thread's CPU time then.
_loop_turns = {}
_loop_least_crowd = 5


def _loop_watch_turns(base):
    """Has each turn of a loop look at the timer that is due first: the turn before may have been long."""
    from time import monotonic

    inject(
        base._run_once,
        before="""
if self._scheduled and clock() - self._scheduled[0]._when >= LATE:
    starving(self)
tandem = len(self._ready)
if tandem >= CROWD:
    TURNS[self._thread_id] = tandem, now(), cpu()
elif TURNS:
    TURNS.pop(self._thread_id, None)
""",
        clock=monotonic,
        LATE=_loop_least_late(),
        starving=guard(_loop_starving),
        TURNS=_loop_turns,
        CROWD=_loop_least_crowd,
        now=now,
        cpu=_sampler_time.thread_time_ns,
    )


def _loop_least_late():
    """From how late on it is told that a crowd of callbacks came before a timer, in s: as of one that is slow."""
    return max(0.1, int(os.environ.get("TANDEM_BLOCKS") or 0) / 1e9)


def _loop_starving(loop):
    """A timer is late, for which the turn before is the cause: tells of that turn if it was one of many callbacks."""
    ident = get_ident()
    turn = _loop_turns.get(ident)
    # A program may have a clock of its own, by which timers are due.
    if turn is None or getattr(loop.time, "__func__", None) is not _task_base_loop.time:
        return
    count, began, cpu = turn
    ended = now()
    busy = ended - began
    cpu = _sampler_time.thread_time_ns() - cpu
    least = _loop_least_late() * 1e9
    # A busy machine is no fault of theirs; what computed for so long would have taken it on an idle one as well.
    if busy < least or cpu < least and _sampler_lagged(began, ended) * 4 > busy:
        return
    long_at, longest = _sampler_last_long.get(ident, (0, 0))
    longest = max(long_step, longest) if long_at >= began else long_step
    number = _thread_ids.get(ident) or thread_id()
    where = _loop_ready_again(loop)
    _sampler_tell_late(loop, None, 0, number, began, ended)
    emit(MORE, 0, busy, 0, min(longest, 0xFFFFFFFF), number)
    emit(CROWDED, 0, count, where, 0, number, ended)


def _loop_ready_again(loop):
    """The function that most of what is ready goes on with; 0 where there is none of the program's."""
    seen = {}
    looked = 0
    for handle in islice(loop._ready, 200):
        looked += 1
        task = _sampler_task_of(handle)
        code = getattr(task.get_coro(), "cr_code", None) if task is not None else code_of(handle._callback)
        if code is not None and is_user_file(code.co_filename):
            seen[code] = seen.get(code, 0) + 1
    handle = task = None
    most = max(seen, key=seen.get, default=None)
    return def_place(most) if most is not None and seen[most] * 2 > looked else 0


def _loop_runs(loop, frame):
    if loop_id(loop):
        return
    key = id(loop)
    number = next(_loop_number)
    _loop_ids[key] = (number, ref(loop, lambda _: _loop_ids.pop(key, None)))
    emit(LOOP, number)
    emit(LOOP_OPENED, thread_actor(), 0, user_place(frame), text(_loop_how(frame, "run_forever")))


def _loop_how(frame, otherwise):
    """What of asyncio's has opened or closed a loop, by the outermost frame of asyncio's."""
    how = otherwise
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        name = frame.f_code.co_name
        file = frame.f_code.co_filename
        if file.endswith("runners.py"):
            how = "asyncio.run" if name == "run" and "self" not in frame.f_code.co_varnames[:1] else "Runner"
        elif name == "run_until_complete":
            how = name
        frame = frame.f_back
    return how


def _loop_closing(loop):
    """asyncio.run is about to cancel all tasks that are left."""
    emit(LOOP_CLOSING, thread_actor(), 0, user_place(sys._getframe(2)))
    _loop_generators(loop)


def _loop_closes(loop):
    if loop.is_running() or loop.is_closed():
        return
    frame = sys._getframe(2)
    left = _loop_left(loop)
    for task in left:
        _loop_stands(task)
    task = left = None
    _loop_generators(loop)
    emit(LOOP_CLOSED, thread_actor(), 0, user_place(frame), text(_loop_how(frame, "close")))


def _loop_left(loop):
    """The loop's tasks that have not ended."""
    try:
        return [task for task in _task_all(loop) if task_actor(task)][:10000]
    except RuntimeError:
        return []


def _loop_stands(task):
    """Tells where a task that is left stands."""
    actor = task_actor(task)
    frames = await_frames(task.get_coro())
    cancel_forget_spent(task, actor, frames)
    own = places_of(frames[::-1])
    name_task(task)
    if task._tandem_steps == 0:
        _task_tell_code(task, actor)
    elif own:
        _task_stood.setdefault(actor, own[0])
        stack(own)
        emit(STOOD_AT, actor, 0, own[0])
        inner = [frame for frame in frames if is_user_file(frame.f_code.co_filename)][-1]
        _snapshot_source(own[0], inner, _snapshot_owed)
    task = frames = inner = None


def _loop_generators(loop):
    """Tells which async generators are open while their loop closes, once each."""
    generators = getattr(loop, "_asyncgens", None)
    # A loop that stands in for one in a test has whatever is asked of it.
    for generator in list(generators) if isinstance(generators, _loop_weak_set) else ():
        frame = generator.ag_frame
        if frame is None or not is_user_file(frame.f_code.co_filename):
            continue
        if not _loop_generator_is_new(generator):
            continue
        actor = new_actor(KIND_GENERATOR, _task_short(generator.__qualname__), 0, current_actor())
        emit(CODE, actor, 0, def_place(frame.f_code))
        emit(STOOD_AT, actor, 0, user_place(frame))
    generator = frame = None


def _loop_generator_is_new(generator):
    key = id(generator)
    told = _loop_generators_told.get(key)
    if told is not None and told() is generator:
        return False
    # A reference would keep it alive beyond its loop, which would then have to close it.
    _loop_generators_told[key] = ref(generator, lambda _: _loop_generators_told.pop(key, None))
    return True


# By id: weak references to those that have been told.
_loop_generators_told = {}


def _loop_used_elsewhere(loop):
    # A loop that has not begun to run is anybody's.
    if loop._thread_id is not None:
        frame = sys._getframe(2)
        if user_place(frame):
            _loop_misused(MISUSED_WRONG_THREAD, "", frame)


def _loop_run_called():
    if _task_running_loop() is not None:
        _loop_misused(
            MISUSED_LOOP_IN_LOOP,
            "asyncio.run() cannot be called from a running event loop",
            sys._getframe(2),
        )


def _loop_checks(loop):
    if loop.is_running():
        words = "This event loop is already running"
    elif _task_running_loop() is not None:
        words = "Cannot run the event loop while another loop is running"
    else:
        return
    _loop_misused(MISUSED_LOOP_IN_LOOP, words, sys._getframe(2))


def _loop_misused(what, words, frame):
    """Tells of a misuse at the innermost line of the program; if it raises an error, out to the clause for it."""
    frames = frames_outward(frame)
    found = catching(frames, RuntimeError(words)) if words else None
    at = user_place(frame)
    if found is not None:
        code = found[0].f_code
        stack(places_of(frames[: frames.index(found[0])]) + [place(code.co_filename, found[2], code.co_name)])
    else:
        stack(places_of(frames))
    emit(MISUSED, current_actor(), what, at, text("RuntimeError: " + words) if words else 0)


# Coroutines that are on their way to a loop in another thread, by id: the actor, and a weak reference.
_loop_on_their_way = {}


def _loop_handed(coroutine):
    function = _task_short(getattr(coroutine, "__qualname__", "?"))
    actor = new_actor(KIND_TASK, function, user_place(sys._getframe(2)), current_actor())
    emit(TASK_SUBMITTED, actor)
    code = getattr(coroutine, "cr_code", None)
    if code is not None:
        emit(CODE, actor, 0, def_place(code))
    key = id(coroutine)
    _loop_on_their_way[key] = (actor, ref(coroutine, lambda _: _loop_on_their_way.pop(key, None)))


def _loop_linked(coroutine, future):
    """The concurrent future of a coroutine that was handed over: whoever asks for it asks for the task."""
    known = _loop_on_their_way.get(id(coroutine))
    if known is not None:
        watch_bridge(future, known[0])


def _loop_arrived(coroutine):
    """The actor of a coroutine that came from another thread, 0 if it did not."""
    known = _loop_on_their_way.get(id(coroutine))
    return known[0] if known is not None and known[1]() is coroutine else 0


def _loop_watch_warnings(warnings):
    inject(warnings._warn_unawaited_coroutine, before="dropped(coro)", dropped=guard(_loop_dropped))


def _loop_dropped(coroutine):
    """A coroutine is destroyed, and nobody has awaited it."""
    actor = _loop_arrived(coroutine)
    if not actor:
        code = coroutine.cr_code
        at = _loop_call_site(code, sys._getframe(2)) if is_user_file(code.co_filename) else 0
        actor = new_actor(KIND_COROUTINE, _task_short(coroutine.__qualname__), at, current_actor())
        emit(CODE, actor, 0, def_place(code))
    emit(TASK_DESTROYED, actor)


# By a function's code (its file and line): the places of all calls by its name in the program's files.
_loop_calls = {}


def _loop_call_site(code, frame):
    """The place where a coroutine was made, if that is certain: the one call, or the one in the dropping stack."""
    key = (code.co_filename, code.co_firstlineno)
    calls = _loop_calls.get(key)
    if calls is None:
        calls = _loop_calls[key] = _loop_find_calls(code)
    if len(calls) == 1:
        return place(*calls[0])
    running = [(one.f_code.co_filename, one.f_lineno) for one in frames_outward(frame)]
    here = [call for call in calls if (call[0], call[1]) in running]
    return place(*here[0]) if len(here) == 1 else 0


def _loop_find_calls(code):
    """File, line and function of each call of a function's name in the files of the program."""
    files = {code.co_filename} | {file for file, mine in list(_place_user_files.items()) if mine}
    found = []
    for file in sorted(files)[:200]:
        lines = source_lines(file)
        if len(lines) <= _calls_longest and any(code.co_name in line for line in lines):
            try:
                tree = _calls_parse(lines, 0, len(lines), file)
            except (SyntaxError, ValueError):
                continue
            _loop_find_in(tree, code.co_name, file, "<module>", found)
    return found


def _loop_find_in(node, name, file, function, found):
    kind = type(node).__name__
    if kind == "Call":
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if called == name:
            found.append((file, node.lineno, function))
    inside = node.name if kind in ("FunctionDef", "AsyncFunctionDef") else function
    for part in _start_parts(node):
        _loop_find_in(part, name, file, inside, found)
