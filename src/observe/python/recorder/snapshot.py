# Snapshots: where every thread and every pending task stands at one moment, and who waits for whom.
#
# Uses of ring, places, asyncio (task_actor, loop_id), threads (thread_of), pools (job_of), calls, waits, holders and
# sampler. A frame or a task of the program is held only between two moments at which the interpreter's lock
# can be given away: else the sampler's thread might be the last to hold it, and would run its destructors.

# The most tasks of one snapshot; of the regular ones, which tell only of those that have made a step since.
_snapshot_most = 20000
_snapshot_regular = 500
# How many tasks a regular snapshot looks at, in turn.
_snapshot_looked = 3000
# For how long tasks are held, in ns: well within the interpreter's switch interval.
_snapshot_bite = 1500000

# By the actor of a task: how many steps it had made when it was last told where it stands.
_snapshot_told = {}
# By place and instruction: the text of the call there has been told.
_snapshot_sources = set()
_snapshot_turn = 0
# Spots of the program's own threads, whose texts the next snapshot tells, as that reads files.
_snapshot_owed = []


def snapshot(urgent=False):
    """Tells where all threads and tasks stand, what they wait for, and who holds the locks that are waited for.

    urgent: it may be the last that is heard of them.
    """
    try:
        spots = _snapshot_take_owed()
        locks = _snapshot_threads(spots, urgent)
        locks += _snapshot_all_tasks(spots, urgent)
        if locks:
            _snapshot_locks(urgent)
        _snapshot_texts(spots)
        queues_left()
    except Exception:
        trouble("snapshot")


def _snapshot_take_owed():
    spots = _snapshot_owed[:]
    del _snapshot_owed[: len(spots)]
    return spots


def _snapshot_put(kind, actor, thread, place_id=0, words=0, whom=0, about=0, frames=(), urgent=False):
    """Writes an event with all that belongs to it, of any thread."""
    if kind == STOOD_AT and not place_id:
        return
    if whom or about:
        emit(MORE, whom, 0, about, 0, thread, 0, urgent)
    for frame in frames:
        emit(STACK, 0, 0, frame, 0, thread, 0, urgent)
    emit(kind, actor, 0, place_id, words, thread, 0, urgent)


def _snapshot_source(place_id, frame, spots):
    """Notes that the text of the call at which a frame stands is to be told."""
    key = (place_id, frame.f_lasti)
    if place_id and key not in _snapshot_sources:
        if len(_snapshot_sources) > 20000:
            _snapshot_sources.clear()
        _snapshot_sources.add(key)
        spots.append((place_id, _calls_spot(frame.f_code, frame.f_lasti, frame.f_lineno)))


def _snapshot_texts(spots):
    """Tells what was noted: the texts of calls, tasks that stand at their `def`, and those that go round for ever. Reads
    files."""
    for place_id, spot in spots:
        if place_id == _snapshot_standing:
            tell_round(*spot)
            continue
        if not place_id:
            actor, thread, code, urgent = spot
            _snapshot_put(STOOD_AT, actor, thread, def_place(code), 0, 0, 0, (), urgent)
            continue
        words = _calls_text(spot)
        if words:
            emit(SOURCE, 0, 0, place_id, text(words))


# In the place of a place: what is noted are the lines where a task stands.
_snapshot_standing = -1
# The actors of tasks of which it has been told that they go round for ever.
_snapshot_rounds = set()


def tell_round(actor, thread, standing, urgent=False):
    """Tells of a task in which loop it goes round for ever, if in any, by the lines where it stands. Reads files.

    standing: file, line and function of its frames, outermost first.
    """
    if actor in _snapshot_rounds:
        return
    for file, line, function in standing:
        begins = round_for_ever(file, line)
        if begins:
            _snapshot_rounds.add(actor)
            _snapshot_put(GOES_ROUND, actor, thread, place(file, begins, function), 0, 0, 0, (), urgent)
            return


def standing_of(frames):
    """File, line and function of the frames that are the program's."""
    return [
        (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        for frame in frames
        if is_user_file(frame.f_code.co_filename)
    ]


def _snapshot_threads(spots, urgent):
    """Tells where the threads stand; how many of them wait for locks, which are left to be told."""
    locks = 0
    frames = current_frames()
    try:
        for ident in list(frames):
            state = _sampler_state(ident)
            if state is None:
                continue
            frame = frames.pop(ident)
            stood = _waits_of_thread(frame)
            actor = _sampler_actor(ident, state)
            if not actor:
                continue
            at = user_place(stood.frame)
            if stood.frame is not None:
                _snapshot_source(at, stood.frame, spots)
            _snapshot_put(STOOD_AT, actor, state.number, at, 0, 0, 0, user_frames(stood.frame), urgent)
            locks += stood.word == WAIT_BEGAN_LOCK or stood.bare
            if stood.word is not None and stood.word != WAIT_BEGAN_LOCK:
                _snapshot_waits(stood, actor, state.number, at, urgent)
    finally:
        frames = frame = stood = None
    return locks


def _snapshot_waits(stood, actor, thread, at, urgent):
    """Tells what somebody waits for, and whom."""
    words = text(stood.called or "", False) if "(" in (stood.called or "") else text(stood.called or "")
    whoms, about = _snapshot_whom(stood)
    for whom in whoms or (0,):
        _snapshot_put(WAITS_FOR, actor, thread, at, words, whom, about, (), urgent)


_snapshot_kinds = (
    ("Queue", 1), ("Lock", 2), ("lock", 2), ("RLock", 2), ("_RLock", 2), ("Future", 3), ("Event", 5),
    ("Condition", 6), ("Barrier", 6), ("Semaphore", 7), ("Popen", 11), ("BaseProcess", 11), ("Process", 11),
)


def _snapshot_whom(stood):
    """The actors that are waited for, and the resource (0: none)."""
    waited = stood.object
    if stood.called == "threading._shutdown":
        return _snapshot_unjoined(), 0
    if waited is None:
        return [], 0
    kind = type(waited)
    names = [one.__name__ for one in type.mro(kind)]
    if "Thread" in names:
        return _snapshot_of_thread(waited), 0
    futures = _waits_futures(waited)
    if futures:
        whoms = [whom for whom in map(_snapshot_of_future, futures) if whom]
        if whoms:
            return whoms, 0
        waited = futures[0]
        names = [one.__name__ for one in type.mro(type(waited))]
    for name, number in _snapshot_kinds:
        if name in names:
            return [], resource(waited, number, kind.__name__)
    return [], 0


def _snapshot_unjoined():
    """The actors of the threads that the interpreter waits for when main is over."""
    threads = list(getattr(sys.modules.get("threading"), "_active", {}).values())
    alive = [one for one in threads if not one.daemon and one.ident != _snapshot_main_ident() and one.is_alive()]
    return [actor for one in alive for actor in _snapshot_of_thread(one)]


def _snapshot_main_ident():
    return getattr(getattr(sys.modules.get("threading"), "_main_thread", None), "_ident", None)


def _snapshot_of_thread(thread):
    """The actor of a thread that is waited for: its program's, or that of the job it does for a pool."""
    actor = thread_of(thread)
    ident = getattr(thread, "_ident", None)
    if not actor and ident is not None:
        state = _sampler_state(ident)
        actor = _sampler_actor(ident, state) if state is not None else 0
    return [actor] if actor else []


def _snapshot_of_future(future):
    """The actor that settles a future; 0 where that is not known."""
    actor = task_actor(future)
    if not actor:
        actor = future_actor(future)
    return actor or 0


def _snapshot_weak():
    """Weak references to all tasks that have begun to live, in no order."""
    tasks = sys.modules.get("asyncio.tasks")
    known = getattr(tasks, "_scheduled_tasks", None) or getattr(tasks, "_all_tasks", None)
    return list(known.data) if known is not None else []


def _snapshot_tasks(most):
    """Pending tasks, one by one; at most so many are looked at."""
    for weak in _snapshot_weak()[:most]:
        task = weak()
        if task is not None and not task.done():
            yield task


def _snapshot_all_tasks(spots, urgent):
    """Tells where all pending tasks stand; how many of them wait for locks, which are left to be told."""
    return _snapshot_some(_snapshot_weak()[:_snapshot_most], spots, _snapshot_most, urgent)


def _snapshot_changed():
    """Tells where tasks stand that have made a step since they were last told; for a kill without notice."""
    global _snapshot_turn
    spots = _snapshot_take_owed()
    weak = _snapshot_weak()
    if not weak:
        _snapshot_texts(spots)
        return
    if len(weak) > _snapshot_looked:
        begin = _snapshot_turn % len(weak)
        _snapshot_turn = begin + _snapshot_looked
        weak = (weak + weak)[begin : begin + _snapshot_looked]
    _snapshot_some(weak, spots, _snapshot_regular, False)
    _snapshot_texts(spots)
    if len(_snapshot_told) > 4 * len(weak) + 10000:
        _snapshot_told.clear()


def _snapshot_some(weak, spots, most, urgent):
    """Tells of those tasks whose number of steps is not the one that was told last."""
    locks = told = 0
    began = now()
    for one in weak:
        task = one()
        if task is None:
            continue
        actor = task_actor(task)
        steps = getattr(task, "_tandem_steps", -1)
        if not actor or steps < 0:
            task = None
            continue
        if _snapshot_told.get(actor) != steps:
            _snapshot_told[actor] = steps
            locks += _snapshot_task(task, actor, steps, spots, urgent)
            told += 1
            if told >= most:
                break
        elif urgent and getattr(getattr(task, "_fut_waiter", None), "_loop", None) is not None:
            locks += _snapshot_awaits_lock(task)
        task = None
        if told & 15 == 0 and now() - began > _snapshot_bite:
            # Here, with nothing of the program in hand, others may have the interpreter's lock.
            if not urgent:
                break
            _snapshot_yield(0)
            began = now()
    return locks


def _snapshot_yield(seconds):
    from time import sleep

    sleep(seconds)


def _snapshot_awaits_lock(task):
    frames = await_frames(task.get_coro())
    return bool(frames) and frames[-1].f_code.co_name == "acquire"


def _snapshot_task(task, actor, steps, spots, urgent):
    """Tells where a pending task stands and what it waits for; 1 if that is a lock, which is left to be told."""
    coroutine = task.get_coro()
    if getattr(coroutine, "cr_running", False):
        return 0
    thread = _sampler_loop_thread(task)
    if steps == 0:
        code = getattr(coroutine, "cr_code", None)
        if code is not None and is_user_file(code.co_filename):
            spots.append((0, (actor, thread, code, urgent)))
        return 0
    stood = _waits_of_task(task)
    at = user_place(stood.frame)
    if at:
        _snapshot_source(at, stood.frame, spots)
    standing = standing_of(stood.frames)
    if actor not in _snapshot_rounds:
        spots.append((_snapshot_standing, (actor, thread, standing, urgent)))
    frames = [place(*one) for one in reversed(standing)]
    _snapshot_put(STOOD_AT, actor, thread, at, 0, 0, 0, frames[:16] if len(frames) > 1 else (), urgent)
    if stood.word == WAIT_BEGAN_LOCK:
        return 1
    if stood.word is not None:
        _snapshot_waits(stood, actor, thread, at, urgent)
    return 0


def _snapshot_locks(urgent):
    """Tells who waits for locks, and who has them. The sources are read first, then nothing is opened."""
    files = set()
    for frame in current_frames().values():
        while frame is not None:
            if is_user_file(frame.f_code.co_filename):
                files.add(frame.f_code.co_filename)
            frame = frame.f_back
    for task in _snapshot_tasks(_snapshot_looked):
        for frame in await_frames(task.get_coro()):
            if is_user_file(frame.f_code.co_filename):
                files.add(frame.f_code.co_filename)
        task = frame = None
    for file in files:
        _calls_tree(file)
    try:
        waiting = []
        for ident, frame in current_frames().items():
            state = _sampler_state(ident)
            actor = _sampler_actor(ident, state) if state is not None else 0
            if not actor:
                continue
            stood = _waits_of_thread(frame)
            lock = stood.object if stood.word == WAIT_BEGAN_LOCK else None
            if stood.bare:
                lock = _holders_asked(stood.frame)
            if lock is not None:
                waiting.append((_holders_inner(lock), actor, state.number, user_place(stood.frame)))
        for task in _snapshot_tasks(_snapshot_looked):
            if _snapshot_awaits_lock(task):
                stood = _waits_of_task(task)
                if stood.word == WAIT_BEGAN_LOCK and stood.object is not None:
                    at = user_place(stood.frame)
                    waiting.append((stood.object, task_actor(task), _sampler_loop_thread(task), at))
        _snapshot_tell_locks(waiting[:200], urgent)
    finally:
        task = frame = stood = lock = waiting = None


def _snapshot_tell_locks(waiting, urgent):
    holders = {}
    for lock, actor, thread, at in waiting:
        kind = 7 if "Semaphore" in type(lock).__name__ else 2
        about = resource(lock, kind, type(lock).__name__)
        if about not in holders:
            holders[about] = _snapshot_holder(lock, about, urgent)
        whom = holders[about]
        words = text("Semaphore.acquire" if kind == 7 else "Lock.acquire")
        _snapshot_put(WAITS_FOR, actor, thread, at, words, whom, about, (), urgent)


def _snapshot_holder(lock, about, urgent):
    """Tells who has a lock; its actor, 0 where that is not known."""
    ident, task, frame, line = _holders_of(lock) or (None, None, None, 0)
    actor, thread = 0, 0
    if task is not None:
        actor, thread = task_actor(task), _sampler_loop_thread(task)
    elif ident is not None:
        state = _sampler_state(ident)
        if state is not None:
            actor, thread = _sampler_actor(ident, state), state.number
    if not actor:
        return 0
    taken = place(frame.f_code.co_filename, line, frame.f_code.co_name) if frame is not None else 0
    _snapshot_put(HOLDS, actor, thread, taken, 0, 0, about, (), urgent)
    return actor
