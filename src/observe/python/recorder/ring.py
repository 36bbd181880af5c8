# The mapped file of this process and its slots: the only way in which the recorder says anything.
#
# A file of fixed size holds a header and two rings of 32-byte slots. No page of it is written before it is known to
# be there (one that is missing would be a SIGBUS, which kills the program): the first ones from the start, more as
# slots are needed, since to have all of them takes longer than an empty program. A sequence number says which slot a
# writer has; the last byte of a slot is the number of its lap, so that a reader sees whether it is whole. No writer
# waits: a slot that tandem has not read yet is not overwritten, and what finds no room is counted.
#
# Whoever writes into these parts: Python 3.9, the builtin modules only and os, which is there before, imported at
# the beginning (a hook may run when nothing can be imported any more), every hook guarded (guard), and no name of the
# program kept beyond a hook: a frame of ours in a traceback keeps its locals alive.
import os
import sys
from _struct import Struct
from _thread import allocate_lock, get_ident, get_native_id
from _weakref import ref
from itertools import count
from time import perf_counter_ns as now

# The kinds of slots that are no events (0 to 199: the number of an event's type, above as constants).
TEXT = 201
PLACE = 202
THREAD = 203
ACTOR = 204
NAME = 205
RESOURCE = 206
LOOP = 207
CODE = 208
MORE = 209
TROUBLE = 210
STACK = 211
SOURCE = 212
CHILD = 213
DONE = 214

# Kinds of actors.
KIND_MAIN = 1
KIND_LAUNCH = 2
KIND_TASK = 3
KIND_JOB = 4
KIND_COROUTINE = 5
KIND_THREAD = 6
KIND_CALLBACK = 7
KIND_GENERATOR = 8

# Bits of a thread.
THREAD_DAEMON = 1
THREAD_WORKER = 2
THREAD_HIDDEN = 4

HEADER_BYTES = 4096
SLOT_BYTES = 32
# Offsets of the header.
AT_HEAD = 48
AT_DROPPED = 64
AT_STATE = 80
AT_ANSWERED = 84
AT_HEARTBEAT = 88
AT_TAIL = 128
AT_REQUEST = 144
AT_TEXTS = 512
STATE_STARTING, STATE_RECORDING, STATE_ENDED, STATE_GAVE_UP = range(4)

_ring_slot = Struct("<qqIIIHBB").pack_into
_ring_text = Struct("<22sIHHBB").pack_into
_ring_u32 = Struct("<I")
_ring_u64 = Struct("<Q")
_ring_most_text = 2000
_ring_part = 22

# Linux's MADV_POPULATE_WRITE (from 5.14 on): pages are made to be there, or that fails.
_ring_POPULATE = 23
# Slots whose pages are there at first, and the most that are added at once.
_ring_first_slots = 1 << 10
_ring_most_added = 1 << 13
_ring_ENDLESS = 1 << 62

# Maps of this process and of those it was forked from. None is ever freed: mmap would close a number that
# is another's descriptor by then.
_ring_maps = []
_ring_map = None
_ring_descriptor = -1


class _Ring:
    """One ring of slots: which number comes next, and up to which number there is room."""

    __slots__ = ("base", "bits", "mask", "next", "number", "limit", "spare", "index", "reserve", "room")

    def __init__(self, index, base, bits, reserve, room=_ring_ENDLESS):
        self.index = index
        self.base = base
        self.bits = bits
        self.mask = (1 << bits) - 1
        self.number = count()
        self.next = self.number.__next__
        # Numbers that were handed out when there was no room: the next writers take them, so that no slot
        # stays unwritten before one that is written.
        self.spare = []
        self.reserve = reserve
        # Slots of numbers below it have their pages: all, or so many of the first lap.
        self.room = room
        self.limit = min((1 << bits) - reserve, room)

    def left_over(self):
        """The lowest of the numbers that found no room; a new one, where another thread has taken the last."""
        try:
            return self.spare.pop()
        except IndexError:
            return self.next()

    def sequence(self, number, urgent=False):
        """A number beyond the limit, if there is room by now; else -1, which is counted."""
        slots = self.mask + 1
        tail = _ring_u64.unpack_from(_ring_map, AT_TAIL + 8 * self.index)[0]
        end = tail + slots
        may = number < (end if urgent else end - self.reserve) and (number < self.room or self.extend(number))
        self.limit = min(end - self.reserve, self.room)
        if may:
            return number
        self.spare.append(number)
        self.spare.sort(reverse=True)
        at = AT_DROPPED + 8 * self.index
        _ring_u64.pack_into(_ring_map, at, _ring_u64.unpack_from(_ring_map, at)[0] + 1)
        return -1

    def extend(self, number):
        """Makes pages for more slots, that of this number among them; whether there is as much memory."""
        slots = self.mask + 1
        try:
            while (room := self.room) <= number:
                more_room = min(room + min(room, _ring_most_added), slots)
                _ring_populate(_ring_map, self.base + (room << 5), self.base + (more_room << 5))
                self.room = more_room if more_room < slots else _ring_ENDLESS
        except OSError:
            return False
        return True

    def head(self):
        """How many numbers were handed out (read off the counter's repr, which consumes none)."""
        return int(repr(self.number)[6:-1])


_ring_lasting = None
_ring_detail = None


def ring_open(folder):
    """Makes and maps this process's file; raises OSError where there is no room for the smallest."""
    global _ring_map, _ring_lasting, _ring_detail, _ring_descriptor
    from mmap import mmap
    from time import time_ns

    began, epoch = now(), time_ns()
    path = "%s/%d-%d.rec" % (folder, os.getpid(), epoch)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        bits, room = _ring_allocate(file)
        size = HEADER_BYTES + 2 * (SLOT_BYTES << bits)
        if sys.version_info >= (3, 13):
            mapped = mmap(file, size, trackfd=False)
        else:
            # The number that mmap's own duplicate gets is given back at once: descriptors stay the program's.
            _ring_descriptor = os.dup(file)
            os.close(_ring_descriptor)
            mapped = mmap(file, size)
            os.close(_ring_descriptor)
        _ring_maps.append(mapped)
        rings = (
            _Ring(0, HEADER_BYTES, bits, 1 << bits >> 3, room),
            _Ring(1, HEADER_BYTES + (SLOT_BYTES << bits), bits, 0, room),
        )
        if room < _ring_ENDLESS:
            _ring_populate(mapped, 0, HEADER_BYTES)
            for ring in rings:
                _ring_populate(mapped, ring.base, ring.base + (room << 5))
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(file)
    slots = 1 << bits
    Struct("<8sIIIIII qq QQQQ II").pack_into(
        mapped, 0, b"TANDEMR1", HEADER_BYTES, os.getpid(), os.getppid(), slots, slots, 0,
        began, epoch, 0, 0, 0, 0, STATE_STARTING, 0,
    )
    _ring_map = mapped
    _ring_lasting, _ring_detail = rings


def _ring_allocate(file):
    """Makes the file as large as there is room for: the bits of a slot's number, and the slots that have their pages."""
    for bits in (18, 15, 12):
        size = HEADER_BYTES + 2 * (SLOT_BYTES << bits)
        try:
            if _ring_can_populate():
                os.ftruncate(file, size)
                return bits, _ring_first_slots
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file, 0, size)
            else:
                os.lseek(file, 0, 0)
                zeros = bytes(1 << 16)
                for _ in range(0, size, len(zeros)):
                    os.write(file, zeros)
            return bits, _ring_ENDLESS
        except OSError as error:
            failure = error
            os.ftruncate(file, 0)
    raise failure


def _ring_can_populate():
    """Whether pages can be made later on: on a map of no file, since it is the system that can or not."""
    from mmap import mmap, PAGESIZE

    if sys.platform != "linux":
        return False
    try:
        mmap(-1, PAGESIZE).madvise(_ring_POPULATE)
    except OSError:
        return False
    return True


def _ring_populate(mapped, first, last):
    """Makes the pages of these bytes be there, or raises OSError."""
    from mmap import PAGESIZE

    first -= first % PAGESIZE
    mapped.madvise(_ring_POPULATE, first, last - first)


def ring_give_up():
    """Writes nowhere from here on, as in the child of a fork that gets no file of its own."""
    global _ring_map, _ring_lasting, _ring_detail
    _ring_map = bytearray(HEADER_BYTES + 2 * SLOT_BYTES)
    _ring_lasting = _Ring(0, HEADER_BYTES, 0, 1)
    _ring_detail = _Ring(1, HEADER_BYTES + SLOT_BYTES, 0, 1)


def ring_describe(version, command):
    """Writes into the header what runs here."""
    at = AT_TEXTS
    for word in (version, command):
        room = HEADER_BYTES - at - 2 if word is command else 64
        data = word.encode("utf-8", "replace")[:room]
        _ring_map[at : at + 2 + len(data)] = len(data).to_bytes(2, "little") + data
        at += 2 + len(data)


def ring_state(state):
    _ring_u32.pack_into(_ring_map, AT_STATE, state)


def ring_beat():
    """Writes how many slots were handed out, and that the recorder is alive."""
    _ring_u64.pack_into(_ring_map, AT_HEAD, _ring_lasting.head())
    _ring_u64.pack_into(_ring_map, AT_HEAD + 8, _ring_detail.head())
    _ring_u64.pack_into(_ring_map, AT_HEARTBEAT, now())


def ring_request():
    """The number of the last request for a snapshot (0: none yet)."""
    return _ring_u32.unpack_from(_ring_map, AT_REQUEST)[0]


def ring_answer(number):
    _ring_u32.pack_into(_ring_map, AT_ANSWERED, number)


def ring_keep():
    """Keeps the map from being freed at the very end where its number is another's descriptor by then."""
    if _ring_descriptor < 0:
        return
    from _thread import start_new_thread

    try:
        os.fstat(_ring_descriptor)
    except OSError:
        return
    # A thread that waits for ever keeps its frame, and so the map, until the process is gone.
    begun, held = allocate_lock(), allocate_lock()
    begun.acquire()
    held.acquire()
    try:
        start_new_thread(_ring_hold, (begun, held, _ring_maps))
    except RuntimeError:
        return  # 3.12 starts none any more; the hook of fork keeps the map for as long as anything is written
    # A thread that begins after the interpreter has taken its state apart would be a segmentation fault.
    begun.acquire(True, 10)


def _ring_hold(begun, held, maps):
    begun.release()
    held.acquire()


def emit(kind, actor=0, value=0, place=0, extra=0, thread=0, at=0, urgent=False):
    """Writes a slot that lasts: births, ends, definitions. thread 0: the current one; at 0: now."""
    ring = _ring_lasting
    number = ring.left_over() if ring.spare else ring.next()
    if number >= ring.limit:
        number = ring.sequence(number, urgent)
        if number < 0:
            return False
    _ring_slot(
        _ring_map, ring.base + ((number & ring.mask) << 5), at or now(), value, actor, place, extra,
        thread or _thread_ids.get(get_ident()) or thread_id(), kind, (number >> ring.bits) % 255 + 1,
    )
    return True


def detail(kind, actor=0, value=0, place=0, extra=0, thread=0, at=0):
    """Writes a slot of the second ring: what may be many and may be dropped."""
    ring = _ring_detail
    number = ring.left_over() if ring.spare else ring.next()
    if number >= ring.limit:
        number = ring.sequence(number)
        if number < 0:
            return False
    _ring_slot(
        _ring_map, ring.base + ((number & ring.mask) << 5), at or now(), value, actor, place, extra,
        thread or _thread_ids.get(get_ident()) or thread_id(), kind, (number >> ring.bits) % 255 + 1,
    )
    return True


def more(actor=0, resource=0, first=0, second=0):
    """Further details of this thread's next emit."""
    emit(MORE, actor, first, resource, second)


def stack(places):
    """The frames that belong to this thread's next emit, innermost first."""
    for place_id in places[:16]:
        emit(STACK, 0, 0, place_id)


_text_ids = {}
_text_number = count(1)
# How many different texts are remembered: those beyond are written each time they are used.
_text_most = 50000


def text(words, lasting=True):
    """The id of a text; lasting: it comes again (a name, not an error's message)."""
    if not words:
        return 0
    known = _text_ids.get(words)
    if known is not None:
        return known
    data = words.encode("utf-8", "replace")
    if len(data) > _ring_most_text:
        data = data[:_ring_most_text].decode("utf-8", "ignore").encode("utf-8")
    number = next(_text_number)
    whole = True
    for part in range(0, len(data), _ring_part):
        ring = _ring_lasting
        sequence = ring.left_over() if ring.spare else ring.next()
        if sequence >= ring.limit:
            sequence = ring.sequence(sequence)
            if sequence < 0:
                whole = False
                break
        _ring_text(
            _ring_map, ring.base + ((sequence & ring.mask) << 5), data[part : part + _ring_part], number,
            part // _ring_part, len(data), TEXT, (sequence >> ring.bits) % 255 + 1,
        )
    # Only now, when it is written, may another thread use it.
    if lasting and whole and len(_text_ids) < _text_most:
        _text_ids[words] = number
    return number if whole else 0


# Threads by ident, which is used again when a thread has ended.
_thread_ids = {}
_thread_number = count(1)


def thread_id():
    """The id of the current thread, which is defined when it is new."""
    ident = get_ident()
    known = _thread_ids.get(ident)
    if known is None:
        known = _thread_ids[ident] = next(_thread_number)
        define_thread(known, _thread_name(ident))
    return known


def _thread_name(ident):
    threading = sys.modules.get("threading")
    known = getattr(threading, "_active", {}).get(ident)
    return getattr(known, "name", None) or "thread %d" % ident


def new_thread_id():
    """An id for a thread that is about to start (bind_thread tells which it is)."""
    return next(_thread_number)


def bind_thread(number, ident=0):
    """Says that the thread with this ident, the current one if 0, is the one with this id."""
    _thread_ids[ident or get_ident()] = number


def forget_thread(ident=0):
    """Says that a thread has ended: its ident may come again, as another."""
    _thread_ids.pop(ident or get_ident(), None)


def define_thread(number, name, flags=0, actor=0, place=0):
    emit(THREAD, actor, flags, place, text(name), number)


_actor_number = count(1)
# The actor that a thread's program is, by the thread's id.
_thread_actors = {}


def new_actor(kind, function, place=0, parent=0, name=None):
    """Defines an actor; for tasks, jobs and threads this is its birth too."""
    number = next(_actor_number)
    emit(ACTOR, number, parent + (kind << 32), place, text(function))
    if name is not None:
        name_actor(number, name)
    return number


def name_actor(actor, name):
    emit(NAME, actor, 0, 0, text(str(name)))


def thread_actor(thread=0):
    """The actor that the program of a thread is: main, or a thread's target; 0: none."""
    return _thread_actors.get(thread or thread_id(), 0)


def current_actor():
    """Whoever runs on this thread: the task whose step it is, else the thread's program."""
    return _current_task_actor() or thread_actor()


def _current_task_actor():
    return 0


_resource_ids = {}
_resource_number = count(1)


def resource(thing, kind, name="", place=0, capacity=0):
    """The id of a queue, lock, pool …, defined when it is first named; held by weak reference."""
    key = id(thing)
    known = _resource_ids.get(key)
    if known is not None and (known[1] is None or known[1]() is thing):
        return known[0]
    number = next(_resource_number)
    try:
        weak = ref(thing, lambda _: _resource_ids.pop(key, None))
    except TypeError:
        weak = None
    _resource_ids[key] = (number, weak)
    emit(RESOURCE, number, capacity + (kind << 32), place, text(name))
    return number


_troubles = [0]


def trouble(where):
    """Says once more that something in the recorder failed; never raises."""
    try:
        _troubles[0] += 1
        if _troubles[0] > 20:
            return
        error = sys.exc_info()[1]
        at = error.__traceback__ if error is not None else None
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        line = " (recorder line %d)" % at.tb_lineno if at is not None else ""
        words = "%s: %s: %s%s" % (where, type(error).__name__, error, line)
        emit(TROUBLE, 0, 0, 0, text(words, False))
    except Exception:
        pass
    finally:
        error = at = None


def guard(hook):
    """A hook that cannot fail: an error in it is told, and it does nothing from then on."""
    armed = True

    def guarded(*arguments):
        nonlocal armed
        if armed:
            try:
                return hook(*arguments)
            except (RecursionError, MemoryError):
                pass
            except Exception:
                armed = False
                trouble(hook.__name__)
            finally:
                arguments = None

    return guarded
