# The sampler: a thread that looks every 10 ms, or more often if it is to see short holds, where the others stand.
#
# Uses of ring, places, asyncio (step_began, long_step, _loop_ids, _task_current), threads, calls, waits and snapshot.
# It tells what main and other threads without a loop do (block, compute, wait), which line held a loop and who
# was late through that, answers tandem's requests, and leaves standpoints for a kill without notice. It takes no
# lock that the program may hold: it waits on one of its own, with a timeout. What it finds is as exact as its
# ticks are (10 ms; 50 ms after a time in which nothing moved).
import time as _sampler_time
from _thread import start_new_thread as _sampler_start_thread
from itertools import islice as _sampler_islice

# How often it looks, in s: while something moves, and otherwise.
_sampler_fast = 0.01
_sampler_slow = 0.05
# From how long on a step is looked at, in ns.
_sampler_looked = 20_000_000
# From how long on a span is told, in ns.
_sampler_least = 20_000_000
# From when on a step that goes on is told to have begun: it may never end.
_sampler_long = 50_000_000
_sampler_between = 100_000_000
# The shortest switch interval of the interpreter, in seconds, with which frames and tasks are held for a moment:
# below it others run meanwhile as a rule, and what ends then would be destroyed in the sampler's thread.
_sampler_least_switch = 0.0005

# Later than any step begins.
_sampler_never = 1 << 62

_NONE, _UNSURE, _BLOCK, _COMPUTE, _WAIT = range(5)

_sampler_states = {}
_sampler_held = {}
_sampler_unknown = {}
_sampler_ident = 0
_sampler_native = 0
_sampler_stop = None
_sampler_is_ending = False
_sampler_answered = 0
_sampler_last_snapshot = 0
# Whether anything has moved since tasks were last told.
_sampler_has_moved = False
# Times for which the sampler was late, as (from, to): it had no core, or not the interpreter's lock. Whoever seems to
# stand still in such a time may have wanted one too.
_sampler_lags = []
_sampler_most_lags = 2000
# From when on shorter ones than this are the machine's usual manner.
_sampler_least_lag = 2_000_000
# Times for which a thread slept and kept the interpreter's lock, as (from, to, its ident): in a function of C that
# does not give it away.
_sampler_slept = []
# By thread: when its last long step ended, and how long that was.
_sampler_last_long = {}
# When the next tick is due.
_sampler_due = _sampler_never
# Functions of C in which a thread waits for something outside of the interpreter.
_sampler_waiting_calls = frozenset(
    ("sleep", "input", "select", "accept", "recv", "recvfrom", "recv_into", "waitpid", "wait4", "system", "sigwait")
)
# Waits that are over when some thread or job has ended.
_sampler_words_for_ends = (WAIT_BEGAN_JOIN, WAIT_BEGAN_RESULT)
# When main's code was over; what main waits for then began later.
_sampler_main_over = 0


class _sampler_State:
    """What the sampler knows of a thread: its ids, what it was doing at the last tick and since when."""

    __slots__ = (
        "ident", "number", "clock", "at", "seen", "cpu", "key", "kind", "word", "place", "about", "since", "spot", "actor",
        "told", "skipped", "native", "pressed", "pressed_at",
    )

    def __init__(self, ident, number, native):
        self.ident = ident
        self.number = number
        self.native = native
        # The clock of another thread's CPU time, as Linux numbers it: asking for it touches no thread that is gone.
        self.clock = ((~native) << 3) | 6 if native and sys.platform == "linux" else None
        # When its CPU time was read, and when it was last seen where it stood then.
        self.at = self.seen = self.since = now()
        self.cpu = _sampler_cpu(self)
        self.key = None
        self.kind = _NONE
        self.word = self.place = self.about = self.actor = self.skipped = 0
        self.spot = None
        self.told = False
        # CPU time and run-queue wait as they were last read, and when.
        self.pressed = None
        self.pressed_at = 0


def _sampler_cpu(state):
    """The CPU time of a thread, in ns; None where that is not to be had."""
    if state.clock is None:
        return None
    try:
        return _sampler_time.clock_gettime_ns(state.clock)
    except OSError:
        state.clock = None
        return None


def _sampler_pressure(native):
    """CPU time and run-queue wait of a thread, in ns; None where /proc does not say. Opens a file."""
    try:
        handle = os.open("/proc/self/task/%d/schedstat" % native, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        words = os.read(handle, 100).split()
        return int(words[0]), int(words[1])
    except (OSError, ValueError, IndexError):
        return None
    finally:
        os.close(handle)


def _sampler_state(ident):
    """The state of a thread by its ident; None of one that is not the program's or has only just come."""
    number = _thread_ids.get(ident)
    state = _sampler_states.get(ident)
    if state is not None and state.number == number:
        return state
    if ident == _sampler_ident:
        return None
    if number is None:
        # A thread is named by the hook that starts it, which may be about to. One that threading did not start
        # comes to be known here.
        seen = _sampler_unknown[ident] = _sampler_unknown.get(ident, 0) + 1
        if seen < 10:
            return None
        number = new_thread_id()
        bind_thread(number, ident)
        define_thread(number, "thread %d" % ident, THREAD_DAEMON)
    _sampler_unknown.pop(ident, None)
    state = _sampler_states[ident] = _sampler_State(ident, number, _sampler_native_of(ident))
    return state


def _sampler_native_of(ident):
    """The number that the system has for a thread; 0 where it is not known."""
    thread = getattr(sys.modules.get("threading"), "_active", {}).get(ident)
    native = getattr(thread, "_native_id", None)
    if native is None and _thread_ids.get(ident) == 1:
        native = os.getpid()
    return native or 0


def _sampler_loops():
    """The loops that run, by the ident of their thread."""
    found = {}
    for known in list(_loop_ids.values()):
        loop = known[1]()
        ident = getattr(loop, "_thread_id", None)
        if ident is not None:
            found[ident] = loop
    return found


def _sampler_current_task(ident):
    for known in list(_loop_ids.values()):
        loop = known[1]()
        if getattr(loop, "_thread_id", None) == ident:
            return _task_current(loop)
    return None


def _sampler_actor(ident, state):
    """Whoever runs on a thread now: a task, a job of a pool, or the thread's own program; 0: nobody."""
    task = _sampler_current_task(ident)
    if task is not None:
        return task_actor(task)
    return thread_actor(state.number)


def _sampler_loop_thread(task):
    """The id of the thread that a task's loop runs on; 1, main's, where it runs on none."""
    ident = getattr(getattr(task, "_loop", None), "_thread_id", None)
    return _thread_ids.get(ident) or 1


def _sampler_run(stop, number):
    global _sampler_ident, _sampler_native, _sampler_due
    import _signal

    try:
        # A signal that the program waits for, with sigwait or in a blocking call, must come to its own threads.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
    except (AttributeError, OSError, ValueError):
        pass
    _sampler_ident = get_ident()
    _sampler_native = get_native_id()
    bind_thread(number)
    define_thread(number, "tandem", THREAD_DAEMON | THREAD_HIDDEN)
    wait, quiet, failures = _sampler_fast, 0, 0
    _sampler_due, rested = now() + int(wait * 1e9), _sampler_time.thread_time_ns()
    while not stop.acquire(True, wait):
        began, cpu = now(), _sampler_time.thread_time_ns()
        _sampler_note_lag(_sampler_due, began)
        try:
            moved = _sampler_tick(_sampler_due if _sampler_wanted_lock(_sampler_due, began, cpu - rested) else 0)
        except Exception:
            trouble("sampler")
            moved = False
            failures += 1
            if failures > 20:
                break
        quiet = 0 if moved else quiet + 1
        wait = _sampler_fast if quiet < 4 else min(_sampler_slow, wait + _sampler_fast)
        ended, rested = now(), _sampler_time.thread_time_ns()
        _sampler_note_lag(began + rested - cpu, ended)
        _sampler_due = ended + int(wait * 1e9)
    forget_thread()


def _sampler_note_lag(began, ended):
    """Keeps a time for which the sampler was late."""
    if ended - began < _sampler_least_lag:
        return
    if len(_sampler_lags) >= _sampler_most_lags:
        del _sampler_lags[: _sampler_most_lags // 2]
    _sampler_lags.append((began, ended))


def _sampler_wanted_lock(due, began, cpu):
    """Whether it was for the interpreter's lock that the sampler came late, by the CPU time that its waiting took: who
    wants the lock looks for it in each switch interval, 4 to 9 us a ms, on a busy machine less often. A process that was
    stopped does nothing."""
    return began - due >= _sampler_least and (cpu - 200_000) * 1000 >= began - due


def _sampler_lagged(began, ended):
    """For how long of a time the sampler was late, in ns."""
    lagged = max(0, ended - max(began, _sampler_due))
    for first, last in reversed(list(_sampler_lags)):
        if last <= began:
            break
        lagged += max(0, min(last, ended) - max(first, began))
    return lagged


def _sampler_tick(since=0):
    """Looks once at everything; whether anything has moved since the last tick.

    since: from when on somebody else had the interpreter's lock, all the time; 0: that is not known.
    """
    global _sampler_answered, _sampler_last_snapshot, _sampler_has_moved
    ring_beat()
    at = now()
    loops = _sampler_loops()
    tells, holds = [], []
    may_look = sys.getswitchinterval() >= _sampler_least_switch
    moved = may_look and _sampler_look(at, loops, tells, holds, since)
    # From here on no frame of the program is held: files may be opened.
    for state, called, whoms, about in tells:
        _sampler_tell(state, called, whoms, about)
    for held in holds:
        _sampler_measure(held)
    for ident in loops:
        state = _sampler_states.get(ident)
        if moved and state is not None and at - state.pressed_at > 1_000_000_000:
            state.pressed, state.pressed_at = _sampler_pressure(state.native), at
    request = ring_request()
    if request != _sampler_answered:
        _sampler_answered = request
        _snapshot_told.clear()
        snapshot(True)
        wakers_tell()
        ring_beat()
        ring_answer(request)
        _sampler_last_snapshot = at
    _sampler_has_moved = _sampler_has_moved or moved
    if _sampler_has_moved and loops and at - _sampler_last_snapshot >= _sampler_between:
        _sampler_last_snapshot, _sampler_has_moved = at, False
        _snapshot_changed()
    return moved


def _sampler_look(at, loops, tells, holds, since):
    movers, slept, sleeper = [], None, None
    frames = current_frames()
    try:
        for ident in list(frames):
            state = _sampler_state(ident)
            if state is None:
                if ident != _sampler_ident:
                    since = 0
                continue
            frame = frames.pop(ident)
            loop = loops.get(ident)
            cpu = state.cpu
            if loop is not None:
                moved = _sampler_look_at_loop(state, frame, loop, at, holds)
            else:
                moved = _sampler_look_at_thread(state, frame, at, tells)
            if moved:
                movers.append(ident)
                # Who computes meanwhile needs no other explanation.
                if since and cpu is not None and (state.cpu - cpu) * 5 < at - since:
                    slept, sleeper = ident, frame
            frame = None
        for ident in [one for one in _sampler_states if _thread_ids.get(one) != _sampler_states[one].number]:
            _sampler_leave(_sampler_states.pop(ident), at)
            _sampler_held.pop(ident, None)
            since = 0
        # Of all threads one alone has moved, so it was that one which had the lock.
        if since and movers == [slept]:
            if len(_sampler_slept) >= _sampler_most_lags:
                del _sampler_slept[: _sampler_most_lags // 2]
            _sampler_slept.append((since, at, slept))
            state = _sampler_states[slept]
            if slept not in loops and state.kind == _UNSURE:
                state.kind, state.since = _BLOCK, since
                _sampler_prepare(state, sleeper, tells)
    finally:
        frames = frame = loop = sleeper = None
    return bool(movers)


def _sampler_look_at_thread(state, frame, at, tells):
    """Sees what a thread without a loop does; whether it has moved."""
    key = _sampler_position(frame)
    if state.kind == _WAIT and state.word in _sampler_words_for_ends:
        # When one has ended it may wait for the next one, in the same frames.
        key += (ends_counted(),)
    still = key == state.key
    if still and state.kind in (_NONE, _BLOCK, _WAIT) and state.told and state.skipped < 8:
        # It stands where it stood. Asking for its CPU time costs 2 us, which a crowd of threads would feel.
        state.skipped += 1
        state.seen = at
        return False
    state.skipped = 0
    cpu = _sampler_cpu(state)
    passed = at - state.at
    busy = cpu - state.cpu if cpu is not None and state.cpu is not None else (0 if still else passed)
    last = state.seen
    state.at = state.seen = at
    state.cpu, state.key = cpu, key
    computes = busy * 20 > passed
    if still and not computes and state.kind != _COMPUTE:
        if state.kind == _UNSURE:
            state.kind = _BLOCK
    else:
        _sampler_see(state, frame, last, at, busy, computes)
    if state.kind > _UNSURE and not state.told and at - state.since >= _sampler_least:
        _sampler_prepare(state, frame, tells)
    return computes or not still


def _sampler_position(frame):
    """Where a thread stands, as something to compare: its innermost frame, and that of the program around it.

    A frame is made where another one was, so two waits of the program end in the same frame of the library.
    """
    outer = frame
    for _ in range(8):
        if outer is None:
            break
        if _place_user_files.get(outer.f_code.co_filename):
            return (id(frame), frame.f_lasti, id(outer), outer.f_lasti)
        outer = outer.f_back
    return (id(frame), frame.f_lasti)


def _sampler_see(state, frame, last, at, busy, computes):
    """Finds out what a thread does that has moved or computed since the last tick."""
    stood = _waits_of_thread(frame)
    word, where, about = 0, 0, 0
    if stood.word is not None:
        kind, word = _WAIT, stood.word
        if word in _sampler_words_for_ends:
            about = id(stood.object)
    elif stood.frame is None:
        kind = _NONE
    elif computes:
        kind = _COMPUTE
    else:
        kind = _UNSURE
    if stood.frame is not None:
        where = user_place(stood.frame)
    actor = _sampler_actor(state.ident, state)
    same = kind == state.kind and word == state.word and about == state.about and actor == state.actor
    if same and (kind == _COMPUTE or where == state.place):
        return
    # A thread that blocks again and again in one line, as one that polls, stands still for all that time.
    if kind == _UNSURE and state.kind == _BLOCK and where == state.place and actor == state.actor:
        return
    # It ran for `busy` at some time between the two ticks: at their beginning if it was computing, at their end
    # if it is, else nobody knows when.
    busy = min(busy, at - last)
    ran = last if state.kind == _COMPUTE else at - busy if kind == _COMPUTE else (last + at - busy) // 2
    if state.number == 1:
        ran = max(ran, min(_sampler_main_over, at))
    _sampler_leave(state, ran + busy if state.kind == _COMPUTE else ran)
    state.kind, state.word, state.place, state.about, state.actor = kind, word, where, about, actor
    state.since = ran if kind == _COMPUTE else min(at, ran + busy)


def _sampler_prepare(state, frame, tells):
    """Notes all that is to be told of a span, while its frame is in hand."""
    state.told = True
    if not state.actor:
        return
    stood = _waits_of_thread(frame)
    state.spot = None
    if stood.frame is not None:
        code = stood.frame.f_code
        state.spot = _calls_spot(code, stood.frame.f_lasti, stood.frame.f_lineno)
    whoms, about = _snapshot_whom(stood) if state.kind == _WAIT else ((), 0)
    tells.append((state, stood.called if state.kind == _WAIT else None, whoms, about))


def _sampler_tell(state, called, whoms, about):
    """Tells that a thread has begun to block, compute or wait."""
    words = _calls_text(state.spot) if state.spot is not None and state.kind != _COMPUTE else ""
    if words and state.place:
        emit(SOURCE, 0, 0, state.place, text(words))
    if state.kind == _BLOCK:
        word = _waits_names.get(_calls_name(words))
        if word is None and words.startswith(("with ", "async with ")):
            word = WAIT_BEGAN_LOCK
        if word is not None:
            state.kind, state.word, called = _WAIT, word, _calls_name(words)
    if state.kind == _WAIT:
        if whoms or about:
            emit(MORE, whoms[0] if whoms else 0, 0, about, 0, state.number)
        emit(WAIT_BEGAN, state.actor, state.word, state.place, text(called or ""), state.number, state.since)
    else:
        began = BLOCK_BEGAN if state.kind == _BLOCK else COMPUTE_BEGAN
        emit(began, state.actor, 0, state.place, 0, state.number, state.since)


def _sampler_leave(state, at):
    """Ends the span of a thread."""
    if state.told and state.actor:
        if state.kind == _WAIT:
            emit(WAIT_ENDED, state.actor, state.word, state.place, 0, state.number, at)
        elif state.kind in (_BLOCK, _COMPUTE):
            ended = BLOCK_ENDED if state.kind == _BLOCK else COMPUTE_ENDED
            emit(ended, state.actor, 0, state.place, 0, state.number, at)
    state.told = False
    state.kind = _NONE


class _sampler_Held:
    """A step that keeps a loop's thread: since when, where it was seen, and what the thread had computed and waited
    for a core when it was first seen."""

    __slots__ = (
        "began", "first", "seen", "spots", "ready", "told", "over", "state", "pressure", "before", "before_at",
        "actor", "key", "seen_at", "waits", "stood", "all_cpu", "cpu", "cpu_before",
    )

    def __init__(self, state, began, first, actor, cpu_before):
        self.state = state
        self.began = began
        self.first = first
        self.actor = actor
        # By place: how often it was seen, and where exactly the call stands there.
        self.seen = {}
        self.spots = {}
        # What was ready when it was first seen, by identity; it stays in the loop's queue until the step is over.
        self.ready = ()
        self.told = self.over = False
        self.pressure = None
        self.before = state.pressed
        self.before_at = state.pressed_at
        # The instruction at which it was last seen, and when.
        self.key = None
        self.seen_at = first
        # Places seen in a function that waits: known of the library, or of C.
        self.waits = {}
        # Times, as (from, to), between two looks that saw it wait in the same place.
        self.stood = []
        # CPU time of the whole process and of the thread when it was first seen.
        self.all_cpu = _sampler_time.process_time_ns()
        self.cpu = state.cpu
        # CPU time of the thread at the look before that, and when.
        self.cpu_before = cpu_before


def _sampler_look_at_loop(state, frame, loop, at, holds):
    """Sees whether a step keeps the thread of a loop, and in which line; whether the thread has moved."""
    if state.kind != _NONE:
        # The loop began to run after the last tick.
        _sampler_leave(state, state.at)
    key = (id(frame), frame.f_lasti)
    cpu, cpu_before = _sampler_cpu(state), (state.cpu, state.at)
    moved = key != state.key or cpu != state.cpu
    state.key, state.cpu, state.at = key, cpu, at
    began = step_began.get(state.ident, at)
    if at - began < _sampler_looked:
        return moved
    stood = _waits_of_thread(frame)
    is_users = _sampler_in_step(frame, stood.frame)
    if is_users is None:
        return moved
    held = _sampler_held.get(state.ident)
    if held is None or held.began != began:
        task = _task_current(loop)
        held = _sampler_Held(state, began, at, task_actor(task) if task is not None else 0, cpu_before)
        task = None
        try:
            held.ready = {id(handle) for handle in _sampler_islice(loop._ready, 500)}
        except (RuntimeError, AttributeError):
            pass
        if step_began.get(state.ident) != began:
            return True
        _sampler_held[state.ident] = held
        holds.append(held)
    where = _sampler_see_held(held, stood, at, key) if is_users else 0
    if not where:
        held.key = None
    stood = None
    if not held.told and at - began >= _sampler_long and step_began.get(state.ident) == began:
        # The step may end at this very moment, and then tells its beginning too: with the same time, so as the same.
        held.told = True
        emit(STEP_BEGAN, held.actor, 0, where, 0, state.number, began)
    return True


def _sampler_see_held(held, stood, at, key):
    """Notes where in the program's own lines a step stands that keeps its thread; returns the place."""
    inner = stood.frame
    where = user_place(inner)
    if not where:
        return 0
    held.seen[where] = held.seen.get(where, 0) + 1
    if where not in held.spots:
        held.spots[where] = _calls_spot(inner.f_code, inner.f_lasti, inner.f_lineno)
    if stood.word is not None:
        held.waits[where] = None
    elif stood.bare and where not in held.waits:
        # By its name, if what the line's `sleep` means is not asyncio's.
        held.waits[where] = getattr(inner.f_globals.get("sleep"), "__module__", "time")
    if key == held.key:
        held.stood.append((held.seen_at, at, where))
        if len(held.stood) > 1 and held.stood[-2][1:] == (held.seen_at, where):
            held.stood[-2:] = [(held.stood[-2][0], at, where)]
    held.key, held.seen_at = key, at
    return where


def _sampler_in_step(frame, inner):
    """Whether `inner`, a frame of a stack, belongs to a step of a loop; None where there is no step in the stack:
    its thread waits for events, or runs what is ours in a step.

    That has the line of the function's `def`; before it has run, step_began is that of another step.
    """
    found = False
    for _ in range(_waits_deepest):
        if frame is None:
            return None
        code = frame.f_code
        if code.co_name == "_run" and _waits_path(code.co_filename) == "asyncio/events.py":
            return found if frame.f_lineno != code.co_firstlineno else None
        found = found or frame is inner
        frame = frame.f_back
    return None


def _sampler_measure(held):
    held.pressure = (_sampler_pressure(held.state.native), now())


def step_held(task, began, duration):
    """Tells of a step that has just ended after it had kept its thread for long: which line kept it, whether it
    computed, blocked or wanted a core, and who was late. Runs on the loop's thread."""
    ident = get_ident()
    # The sampler sees by this that the step is over.
    step_began[ident] = _sampler_never
    ended = began + duration
    _sampler_last_long[ident] = (ended, duration)
    held = _sampler_held.pop(ident, None)
    actor = task_actor(task) if task is not None else 0
    if held is not None and held.began != began:
        held = None
    number = _thread_ids.get(ident) or thread_id()
    where, words = 0, ""
    told = False
    if held is not None:
        told, held.over = held.told, True
        where = max(held.seen, key=held.seen.get, default=0)
        if where:
            words = _calls_text(held.spots[where])
    if not where and task is not None:
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and is_user_file(code.co_filename):
            where = place(code.co_filename, def_line(code), code.co_name)
    if not told:
        emit(STEP_BEGAN, actor, 0, where, 0, number, began)
    cpu, queued = _sampler_used(held, ended, duration)
    queued = max(queued, _sampler_stalled(held, where, words, began, ended, cpu, queued))
    if words:
        emit(SOURCE, 0, 0, where, text(words))
    emit(MORE, 0, cpu, 0, min(queued, 0xFFFFFFFF), number, 0, True)
    # Without its end the step would seem to go on for ever.
    emit(STEP_ENDED, actor, 0, where, text(words), number, ended, True)
    loop = _task_running_loop()
    try:
        # None of asyncio's own has other queues, or there is none.
        if isinstance(loop, _task_base_loop):
            _sampler_tell_late(loop, held, actor, number, began, ended)
    finally:
        loop = task = held = None


def _sampler_used(held, ended, duration):
    """For how long a step's thread computed, and for how long it wanted a core and got none, in ns; of the first at
    least so much."""
    native = get_native_id()
    end, at = _sampler_pressure(native), now()
    state = _sampler_states.get(get_ident())
    before_step = held.cpu_before if held is not None else (state.cpu, state.at) if state is not None else (None, 0)
    if end is None:
        return _sampler_computed(before_step, ended - duration, duration), 0
    if held is not None and held.pressure is not None and held.pressure[0] is not None:
        start, start_at = held.pressure
        measured = at - start_at
        if measured * 2 >= duration:
            # The part before the sampler saw it is taken for the same as the rest.
            cpu = min(duration, (end[0] - start[0]) * duration // measured)
            return cpu, min(duration - cpu, (end[1] - start[1]) * duration // measured)
    before, before_at = (held.before, held.before_at) if held is not None else (None, 0)
    if before is None and state is not None:
        before, before_at = state.pressed, state.pressed_at
    if before is None:
        return _sampler_computed(before_step, ended - duration, duration), 0
    cpu, queued = end[0] - before[0], end[1] - before[1]
    # What was measured of the time before the step too shows what it did only if it is mostly the step's, or nothing.
    if ended - before_at > duration + duration // 2 and cpu + queued > duration // 2:
        return _sampler_computed(before_step, ended - duration, duration), 0
    cpu = min(duration, cpu)
    return cpu, min(duration - cpu, queued)


def _sampler_computed(before, began, duration):
    """For how long a step's thread has computed at least, in ns, by what it had at a look, and when that was."""
    cpu, at = before
    if cpu is None:
        return 0
    used = _sampler_time.thread_time_ns() - cpu
    return min(duration, max(0, used - max(0, began - at)))


def _sampler_stalled(held, where, words, began, ended, cpu, queued):
    """For how long a step may have wanted a core, or the interpreter's lock, and got none, in ns: all of it that it
    did not compute where nothing shows that it blocked."""
    rest = max(0, ended - began - cpu)
    if held is None or not held.seen.get(where):
        return rest
    mine = get_ident()
    slept = sum(max(0, min(last, ended) - max(first, began)) for first, last, ident in list(_sampler_slept) if ident == mine)
    if slept:
        return min(rest, max(queued, rest - slept))
    is_wait = where in held.waits and (
        held.waits[where] is None
        or held.waits[where] == "time" and not words.startswith("asyncio.")
        and _calls_name(words) in _sampler_waiting_calls
    )
    if not is_wait and held.seen[where] < 2:
        return rest
    lagged = _sampler_lagged(began, ended)
    if is_wait:
        # Between two looks that saw it wait in one place it did wait, however late the second one was.
        lagged -= sum(_sampler_lagged(first, last) for first, last, place in held.stood if place == where)
    elif held.cpu is not None:
        # Others that compute keep the interpreter's lock, for which no system counts the time.
        own = _sampler_time.thread_time_ns() - held.cpu
        others = _sampler_time.process_time_ns() - held.all_cpu - own
        return min(rest, max(queued + lagged, others))
    return min(rest, queued + lagged)


def _sampler_tell_late(loop, held, by, number, began, ended):
    """Tells who was due while a step kept the thread: timers that have run out, and what was ready before."""
    clock = loop.time()
    due = {}
    scheduled = loop._scheduled
    waiting = [0]
    while waiting and len(due) < 200:
        index = waiting.pop()
        # A heap: below one that is not due nobody is.
        if index >= len(scheduled) or scheduled[index]._when > clock:
            continue
        waiting += [2 * index + 1, 2 * index + 2]
        handle = scheduled[index]
        if not handle._cancelled:
            _sampler_note_late(due, handle, int((clock - handle._when) * 1e9))
    if held is not None and held.ready:
        for handle in list(_sampler_islice(loop._ready, 500)):
            if id(handle) in held.ready and not handle._cancelled:
                _sampler_note_late(due, handle, ended - held.first)
    handle = scheduled = None
    for actor, (late, where) in due.items():
        if late >= long_step and actor != by:
            if by:
                emit(MORE, by, 0, 0, 0, number)
            emit(LATE, actor, min(late, ended - began), where, 0, number, ended)


def _sampler_note_late(due, handle, late):
    task = _sampler_task_of(handle)
    actor = task_actor(task) if task is not None else 0
    if not actor or late < due.get(actor, (0, 0))[0]:
        return
    frame = _waits_of_task(task).frame
    due[actor] = (late, user_place(frame))
    frame = task = None


def _sampler_task_of(handle):
    """The task that goes on when a handle is called; None of a callback that is none's."""
    callback, arguments = handle._callback, handle._args or ()
    name = getattr(callback, "__name__", "")
    if name in ("_set_result_unless_cancelled", "_release_waiter") and arguments:
        waiting = getattr(arguments[0], "_callbacks", None) or ()
        callback = waiting[0][0] if waiting and type(waiting[0]) is tuple else None
    elif name == "_on_timeout":
        return getattr(getattr(callback, "__self__", None), "_task", None)
    task = getattr(callback, "__self__", None)
    if task is None and callback is not None and type(callback).__name__ == "TaskWakeupMethWrapper":
        for one in _waits_gc.get_referents(callback):
            task = one
    return task if hasattr(type(task), "get_coro") else None


def _sampler_begin():
    """Starts the thread, if there is none."""
    global _sampler_stop, _sampler_native
    if _sampler_stop is not None or _sampler_is_ending:
        return
    stop = allocate_lock()
    stop.acquire()
    _sampler_native = 0
    try:
        _sampler_start_thread(_sampler_run, (stop, new_thread_id()))
    except RuntimeError:
        return
    _sampler_stop = stop


def _sampler_halt():
    """Ends the thread, and waits at most a second for that, as a busy machine may need: forks look at the system's count
    of threads."""
    global _sampler_stop
    stop = _sampler_stop
    if stop is None:
        return
    _sampler_stop = None
    stop.release()
    until = now() + 1_000_000_000
    while now() < until and (_sampler_native == 0 or os.path.exists("/proc/self/task/%d" % _sampler_native)):
        _sampler_time.sleep(0.0002)


def _sampler_fork_is_over():
    """Starts the thread again in the process that has forked. 3.13 counts threads only after this, and would warn
    of ours: there it starts with the next line, return or call of whoever called fork."""
    if sys.version_info[:2] != (3, 13) or len(current_frames()) > 1:
        return _sampler_begin()
    monitoring = sys.monitoring
    tool = next((one for one in (4, 3) if monitoring.get_tool(one) is None), None)
    if tool is None:
        return
    events = monitoring.events
    kinds = (events.LINE, events.PY_RETURN, events.CALL)
    # Behind the guard of this hook.
    code = sys._getframe(2).f_code

    def goes_on(*_):
        try:
            if monitoring.get_tool(tool) == "tandem":
                monitoring.set_local_events(tool, code, 0)
                for kind in kinds:
                    monitoring.register_callback(tool, kind, None)
                monitoring.free_tool_id(tool)
                _sampler_begin()
        except Exception:
            trouble("after a fork")

    monitoring.use_tool_id(tool, "tandem")
    for kind in kinds:
        monitoring.register_callback(tool, kind, goes_on)
    monitoring.set_local_events(tool, code, sum(kinds))


def _sampler_end():
    """The last of this process: where everything stands, then the thread ends."""
    global _sampler_is_ending
    _sampler_is_ending = True
    _sampler_halt()
    at = now()
    frames = current_frames()
    for ident, state in list(_sampler_states.items()):
        if ident not in frames or ident == get_ident() or _sampler_stands_elsewhere(state, frames[ident]):
            _sampler_leave(state, at)
    frames = None
    snapshot(True)


def _sampler_stands_elsewhere(state, frame):
    """Whether a thread that blocked at the last tick does so no more, at the line where it did."""
    if state.kind != _BLOCK:
        return False
    stood = _waits_of_thread(frame)
    return stood.word is not None or stood.frame is None or user_place(stood.frame) != state.place


def _sampler_main_is_over():
    """What keeps a finished program alive: threads that are no daemons, workers of pools, processes."""
    global _sampler_main_over
    _sampler_main_over = now()
    threading = sys.modules.get("threading")
    main = getattr(threading, "_main_thread", None)
    for thread in list(getattr(threading, "_active", {}).values()):
        if thread is main or not thread.is_alive():
            continue
        mark = _thread_marks.get(thread)
        is_worker = mark is not None and mark.flags & THREAD_WORKER
        if mark is None or mark.flags & THREAD_HIDDEN or thread.daemon and not is_worker:
            continue
        ident = thread._ident
        state = _sampler_state(ident) if ident is not None else None
        actor = _sampler_actor(ident, state) if state is not None else mark.actor
        if is_worker and not actor:
            continue
        emit(HANDLE_ALIVE, actor, 0, mark.place, text("pool" if is_worker else "thread"), mark.number)
    for child in list(getattr(sys.modules.get("multiprocessing.process"), "_children", ())):
        if not child.daemon and child.is_alive():
            about = resource(child, 11, child.name)
            emit(MORE, 0, 0, about)
            emit(HANDLE_ALIVE, 0, 0, 0, text("process"))


def _sampler_forked():
    """In the child of a fork no thread but the one that forked is there."""
    global _sampler_stop, _sampler_is_ending, _sampler_answered
    del _sampler_lags[:], _sampler_slept[:]
    for known in (_sampler_states, _sampler_held, _sampler_unknown, _snapshot_told, _snapshot_rounds):
        known.clear()
    _snapshot_sources.clear()
    # Nor does it turn a loop of its parent's, or make a step of a task of that one's.
    _loop_ids.clear()
    step_began.clear()
    _sampler_stop = None
    _sampler_is_ending = False
    _sampler_answered = 0
    _sampler_begin()


def sampler_open():
    if os.environ.get("TANDEM_SAMPLER") == "off":
        return
    # What is to be told of a step must have been seen several times: ten where that is 100 ms, as for most.
    global _sampler_fast, _sampler_slow, _sampler_looked
    blocks = int(os.environ.get("TANDEM_BLOCKS") or 0)
    if 0 < blocks < 100_000_000:
        _sampler_fast, _sampler_slow = max(0.001, blocks / 1e10), max(0.001, blocks / 2e9)
        _sampler_looked = blocks // 5
    at_exit_first(_sampler_end)
    after_main(_sampler_main_is_over)
    after_fork(_sampler_forked)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=guard(_sampler_halt), after_in_parent=guard(_sampler_fork_is_over))
    _sampler_begin()
