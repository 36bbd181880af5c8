# Queues, locks and events of the program: where each was made and under which name, who uses a queue from
# which end, and what lies in it when it is gone or the process ends.
#
# Uses of ring: emit, more, guard, resource, current_actor; of places: place, is_user_file, source_line,
# of threads: Marks; of pools: step_line; of weave: woven; of start: when_imported, after_fork.

RESOURCE_QUEUE = 1
RESOURCE_LOCK = 2
RESOURCE_POOL = 4
RESOURCE_EVENT = 5
RESOURCE_CONDITION = 6
RESOURCE_SEMAPHORE = 7

_queue_marks = None
# Queues that the collector has found, by their id: it clears weak references before it calls __del__.
_queue_dropped = {}


class _QueueMark:
    """A queue: its resource, how many values lie in it is asked of it, and who was seen at which end."""

    __slots__ = ("key", "resource", "getters", "putters", "is_gone", "told")

    def __init__(self, key, number):
        self.key = key
        self.resource = number
        self.getters = set()
        self.putters = set()
        self.is_gone = False
        # How much was told to lie in it, last.
        self.told = None


def queues_left():
    """At the end: what lies in the queues that are still there."""
    for queue, mark in list(_queue_marks.things()):
        _queue_tell_left(queue, mark)


def _queue_tell_left(queue, mark):
    held = getattr(queue, "queue", None)  # queue.Queue
    if held is None:
        held = getattr(queue, "_queue", None)  # asyncio.Queue
    items = len(held) if held is not None else queue.qsize()
    unfinished = getattr(queue, "unfinished_tasks", None)
    if unfinished is None:
        unfinished = getattr(queue, "_unfinished_tasks", 0)
    # None are told where some were: somebody has looked before the end.
    if (items or mark.told) and mark.told != (items, unfinished):
        mark.told = (items, unfinished)
        # As of main, whoever looks: it may be the sampler.
        emit(MORE, 0, unfinished, mark.resource, thread=1, urgent=True)
        emit(LEFT, thread_actor(1), items, thread=1, urgent=True)


def _queue_assigned(line, class_name):
    """The name that the source line gives to what it makes of a class: `outbox = Queue()`, `Worker(inbox=Queue())`."""
    from re import search

    found = search(r"([A-Za-z_][\w.]*)\s*(?::[^=]*)?=\s*(?:[\w.]+\.)?%s\b" % class_name, line)
    if found is None and line.startswith(("with ", "async with ")):
        found = search(r"\b%s\b.*\bas ([A-Za-z_]\w*)" % class_name, line)
    if found is None:
        found = search(r"^([A-Za-z_][\w.]*)\s*(?::[^=]*)?=(?!=)", line)
    if found is None:
        return class_name
    name = found.group(1)
    return name[5:] if name.startswith("self.") else name


def _queue_maker(thing, frame):
    """The frame that makes a thing: outward from its own __init__ and from those of its subclasses."""
    own = [vars(one).get("__init__") for one in type(thing).__mro__]
    codes = [one.__code__ for one in own if hasattr(one, "__code__")]
    while frame is not None and (frame.f_code in codes or frame.f_code.co_filename == __file__):
        frame = frame.f_back
    return frame


def _queue_define(thing, kind, frame, capacity=0):
    """Defines a thing that a line of the program makes; 0 where it is the standard library's own."""
    frame = _queue_maker(thing, frame)
    if frame is None or not is_user_file(frame.f_code.co_filename):
        return 0
    code, line = frame.f_code, frame.f_lineno
    class_name = type(thing).__name__
    name = _queue_assigned(source_line(code.co_filename, line), class_name)
    return resource(thing, kind, name, place(code.co_filename, line, code.co_name), capacity)


class _MadeHooks:
    """Hooks for what is made: of one kind."""

    def __init__(self, kind):
        @guard
        def made(thing):
            _queue_define(thing, kind, sys._getframe(2))

        self.made = made


def made_hooks(kind):
    return _MadeHooks(kind)


def _queue_capacity(limit):
    """How many values a queue has room for, 0 for without limit, by whatever number it was given: math.inf as well."""
    try:
        return int(-(-limit // 1)) if 0 < limit < 1 << 32 else 0
    except (TypeError, ValueError):
        return 0


class _QueueHooks:
    """What the functions of queues call (weave.py)."""

    @staticmethod
    @guard
    def made(queue, capacity):
        number = _queue_define(queue, RESOURCE_QUEUE, sys._getframe(2), _queue_capacity(capacity))
        if number:
            _queue_marks.put(queue, _QueueMark(id(queue), number))

    @staticmethod
    def getting(queue):
        try:
            mark = _queue_known.get(id(queue))
            if mark is not None:
                actor = current_actor()
                if actor not in mark.value.getters:
                    mark.value.getters.add(actor)
                    _queue_attach(mark.value, actor, ATTACHED_GETTER, sys._getframe(1))
        except Exception:
            trouble("at a queue's get")

    @staticmethod
    def putting(queue):
        try:
            mark = _queue_known.get(id(queue))
            if mark is not None:
                actor = current_actor()
                if actor not in mark.value.putters:
                    mark.value.putters.add(actor)
                    _queue_attach(mark.value, actor, ATTACHED_PUTTER, sys._getframe(1))
        except Exception:
            trouble("at a queue's put")

    @staticmethod
    @guard
    def gone(queue):
        mark = _queue_marks.get(queue) or _queue_dropped.pop(id(queue), None)
        if mark is not None:
            mark.is_gone = True
            _queue_tell_left(queue, mark)


def _queue_attach(mark, actor, end, frame):
    if len(mark.getters) + len(mark.putters) < 200:
        more(0, mark.resource)
        emit(ATTACHED, actor, end, step_line(frame))


def _queue_lost(mark):
    """The collector has found a queue, whose __del__ comes next."""
    if not mark.is_gone:
        if len(_queue_dropped) > 1000:
            _queue_dropped.clear()
        _queue_dropped[mark.key] = mark


def _queues_watch_queue(module):
    queue = module.Queue
    woven(queue, "__init__", _QueueHooks, ("after self._init(maxsize)", "hook.made(self, maxsize)"))
    woven(queue, "get", _QueueHooks, ("first", "hook.getting(self)"))
    woven(queue, "put", _QueueHooks, ("first", "hook.putting(self)"))
    queue.__del__ = _queue_finalizer()
    if module.SimpleQueue is not getattr(module, "_PySimpleQueue", None):
        module.SimpleQueue = _queue_simple(module.SimpleQueue)


def _queue_finalizer():
    gone = _QueueHooks.gone

    def __del__(self):
        gone(self)

    return __del__


def _queue_simple(base):
    """SimpleQueue, which is written in C, with a place."""
    made, gone, new = _QueueHooks.made, _QueueHooks.gone, base.__new__

    class SimpleQueue(base):
        __slots__ = ()

        def __new__(cls, *arguments, **named):
            queue = new(cls, *arguments, **named)
            made(queue, 0)
            return queue

        def __del__(self):
            gone(self)

    SimpleQueue.__module__, SimpleQueue.__qualname__, SimpleQueue.__doc__ = base.__module__, base.__qualname__, base.__doc__
    return SimpleQueue


def _queues_watch_asyncio_queues(module):
    queue = module.Queue
    woven(queue, "__init__", _QueueHooks, ("after self._init(maxsize)", "hook.made(self, maxsize)"))
    woven(queue, "get_nowait", _QueueHooks, ("first", "hook.getting(self)"))
    woven(queue, "put_nowait", _QueueHooks, ("first", "hook.putting(self)"))
    queue.__del__ = _queue_finalizer()


def _queues_watch_asyncio_locks(module):
    for name, kind in (
        ("Lock", RESOURCE_LOCK),
        ("Event", RESOURCE_EVENT),
        ("Condition", RESOURCE_CONDITION),
        ("Semaphore", RESOURCE_SEMAPHORE),
    ):
        woven(getattr(module, name), "__init__", _MadeHooks(kind), ("first", "hook.made(self)"))


def _queues_watch_threading(module):
    for name, kind in (
        ("Event", RESOURCE_EVENT),
        ("Condition", RESOURCE_CONDITION),
        ("Semaphore", RESOURCE_SEMAPHORE),
    ):
        woven(getattr(module, name), "__init__", _MadeHooks(kind), ("first", "hook.made(self)"))


def _queues_forked():
    _queue_marks.known.clear()
    _queue_dropped.clear()


def queues_open():
    global _queue_marks, _queue_known
    _queue_marks = Marks(_queue_lost)
    _queue_known = _queue_marks.known
    after_fork(_queues_forked)
    when_imported("queue", _queues_watch_queue)
    when_imported("asyncio.queues", _queues_watch_asyncio_queues)
    when_imported("asyncio.locks", _queues_watch_asyncio_locks)
    when_imported("threading", _queues_watch_threading)
