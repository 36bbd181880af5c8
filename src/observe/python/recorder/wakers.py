# Wakers: what may still wake a program in which nothing moves, told when tandem asks where everything stands.
#
# Uses of ring, calls, waits and sampler. A timer of a loop whose thread is held wakes nobody; so a loop's timers and
# descriptors count only where its thread waits for them.

AT_WAKERS = 96
# What may wake it, as bits of a number in the header.
WAKER_TIMER, WAKER_DESCRIPTOR, WAKER_INPUT, WAKER_PROCESS, WAKER_UNKNOWN = 1, 2, 4, 8, 16

# Words in the text of a call that the program makes itself, and what wakes it from there.
_wakers_words = (
    ("sleep(", WAKER_TIMER), ("timeout", WAKER_TIMER), ("input(", WAKER_INPUT), ("stdin", WAKER_INPUT),
    ("accept(", WAKER_DESCRIPTOR), ("recv", WAKER_DESCRIPTOR), ("select(", WAKER_DESCRIPTOR),
    ("poll(", WAKER_DESCRIPTOR), ("connect(", WAKER_DESCRIPTOR), ("wait4(", WAKER_PROCESS),
    ("waitpid(", WAKER_PROCESS), ("system(", WAKER_PROCESS),
)

_wakers_of_word = {WAIT_BEGAN_SELECT: WAKER_DESCRIPTOR, WAIT_BEGAN_INPUT: WAKER_INPUT, WAIT_BEGAN_SLEEP: WAKER_TIMER}


def wakers_tell():
    """Writes into the header what may wake this process, other than the program itself."""
    try:
        spots = []
        wakers = _wakers_found(spots)
        for spot in spots:
            words = _calls_text(spot)
            for word, waker in _wakers_words:
                if word in words:
                    wakers |= waker
    except Exception:
        wakers = WAKER_UNKNOWN
        trouble("wakers")
    _ring_u32.pack_into(_ring_map, AT_WAKERS, wakers)


def _wakers_found(spots):
    """What may wake the threads; puts where they stand in calls of the program's own into spots."""
    found = 0
    loops = _sampler_loops()
    frames = current_frames()
    try:
        for ident in list(frames):
            frame = frames.pop(ident)
            if ident not in _thread_ids or ident == _sampler_ident:
                continue
            loop = loops.get(ident)
            if loop is not None and _wakers_polls(frame, loop):
                found |= _wakers_of_loop(loop)
                continue
            stood = _waits_of_thread(frame)
            if stood.bare:
                spots.append(_calls_spot(frame.f_code, frame.f_lasti, frame.f_lineno))
            elif frame.f_code.co_name == "run" and _waits_path(frame.f_code.co_filename) is not None:
                # A function of C is all that the thread or the job does.
                found |= WAKER_UNKNOWN
            if loop is None:
                found |= _wakers_of_word.get(stood.word, 0)
            if _wakers_has_limit(frame, stood.frame):
                found |= WAKER_TIMER
    finally:
        frames = frame = loops = loop = stood = None
    return found


def _wakers_polls(frame, loop):
    """Whether a loop's thread waits for its descriptors and timers; of a loop that is not asyncio's own it may."""
    if not hasattr(loop, "_scheduled"):
        return _waits_path(frame.f_code.co_filename) is not None
    return frame.f_code.co_name == "select" and frame.f_code.co_filename.endswith("selectors.py")


def _wakers_of_loop(loop):
    scheduled = getattr(loop, "_scheduled", None)
    if scheduled is None:
        return WAKER_UNKNOWN
    found = WAKER_TIMER if any(not handle._cancelled for handle in list(scheduled)) else 0
    known = getattr(getattr(loop, "_selector", None), "get_map", lambda: None)()
    own = getattr(loop, "_ssock", None)
    for key in list(known.values()) if known is not None else ():
        if own is None or key.fd != own.fileno():
            return found | WAKER_DESCRIPTOR
    return found


def _wakers_has_limit(leaf, outer):
    """Whether one of the standard library's frames that a thread waits in has a time limit."""
    frame = leaf
    while frame is not None and frame is not outer and _waits_path(frame.f_code.co_filename) is not None:
        limit = frame.f_locals.get("timeout")
        # A lock is taken with -1 where there is none.
        if type(limit) in (int, float) and limit >= 0:
            return True
        frame = frame.f_back
    return False
