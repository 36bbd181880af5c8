# Ways out of a process: main's end, handlers at exit, sys.exit and os._exit and who called them, exec, fork,
# and the children that multiprocessing makes.
#
# Uses of ring: emit, more, guard, stack, new_actor, text, the thread's actors; of places: user_place,
# place, def_line, is_user_file; of asyncio: error_text, error_place; of threads: code_of, function_words; of pools:
# tell_unheard; of queues: queues_left; of sampler: snapshot; of weave: before_end; of start: after_main,
# at_exit_first, after_fork.
import atexit as _end_atexit

# Handlers that the program has registered, by their number: (its marker, the function).
_end_handlers = {}
_end_handler_count = count(1)
# The handler that runs, until the next one begins.
_end_running = 0
_end_is_told = False


class _EndMarker:
    """Registered behind a handler, so that it is called before it: says that the handler begins.

    A wrapper around the handler would be one more frame in what atexit prints of its errors, and
    atexit.unregister would not find it.
    """

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number

    def __call__(self):
        try:
            _end_handler_begins(self.number)
        except Exception:
            trouble("a handler begins")


def _end_handler_begins(number):
    global _end_running
    _end_main_is_over()
    if _end_running:
        emit(HANDLER_ENDED, 0, _end_running)
    _end_running = number
    if number:
        emit(HANDLER_BEGAN, 0, number)


def _end_watch_handlers():
    register, unregister = _end_atexit.register, _end_atexit.unregister

    @guard
    def registered(function, frame):
        where = user_place(frame)
        code = frame.f_code
        if not where or _end_is_of_library(code.co_filename):
            return
        number = next(_end_handler_count)
        words, within = function_words(function)
        its_code = code_of(within)
        if its_code is not None:
            stack([place(its_code.co_filename, def_line(its_code), its_code.co_name)])
        emit(HANDLER_REGISTERED, current_actor(), number, where, text(words))
        marker = _EndMarker(number)
        _end_handlers[number] = (marker, function)
        register(marker)

    @guard
    def unregistered(function):
        for number, (marker, its_function) in list(_end_handlers.items()):
            if its_function == function:
                del _end_handlers[number]
                unregister(marker)
                emit(HANDLER_ENDED, current_actor(), number)

    _end_atexit.register = _EndRegister(register, registered).call
    _end_atexit.unregister = before_call(unregister, unregistered)


class _EndRegister:
    """atexit.register, which returns the function: what was registered is told by the next line of C that runs."""

    def __init__(self, register, registered):
        def call(func, *args, **kwargs):
            done = register(func, *args, **kwargs)
            registered(func, sys._getframe(1))
            return done

        call.__name__ = call.__qualname__ = "register"
        call.__module__ = "atexit"
        call.__doc__ = register.__doc__
        self.call = call


def _end_is_of_library(file):
    """Whether a file is the standard library's, whose handlers are no matter of the program's."""
    return not is_user_file(file) and "/site-packages/" not in file and "/dist-packages/" not in file


# -- main's end --------------------------------------------------------------------------------------------

_end_last_value = None


def _end_main_is_over():
    """Tells main's end once, when its code is over: with the exception that the interpreter has printed."""
    global _end_is_told
    if _end_is_told:
        return
    _end_is_told = True
    main = thread_actor()
    if not main:
        return
    error = getattr(sys, "last_value", None)
    try:
        if error is None or _end_is_interactive():
            if _end_exit is None:
                emit(MAIN_ENDED, main, MAIN_ENDED_FINISHED, urgent=True)
            else:
                words, where = _end_exit
                emit(MAIN_ENDED, main, MAIN_ENDED_FAILED, where, words, urgent=True)
            return
        where, words = error_place(error), error_text(error)
        emit(MAIN_ENDED, main, MAIN_ENDED_FAILED, where, words, urgent=True)
        emit(ERROR_LOGGED, main, ERROR_LOGGED_MAIN_FAILED, where, words, urgent=True)
        emit(HEARD, main, HEARD_LOGGED, urgent=True)
    finally:
        error = None


def _end_is_interactive():
    """Whether a prompt has set sys.last_value, and goes on."""
    return bool(sys.flags.interactive or hasattr(sys, "ps1"))


@guard
def _end_at_exit():
    """The interpreter's last handler: what is left at the very end."""
    _end_main_is_over()
    _end_handler_begins(0)
    _end_tell_left()


def _end_tell_left():
    for tell in (queues_left, tell_unheard):
        try:
            tell()
        except Exception:
            trouble(tell.__name__)


# -- exits -------------------------------------------------------------------------------------------------

# The last call of sys.exit in the main thread: its text and place, while nothing shows that it was caught.
_end_exit = None


def _end_code(arguments, named):
    """The status that a call of sys.exit asks for."""
    code = arguments[0] if arguments else named.get("status")
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def _end_sys_exit(frame, *arguments):
    emit(EXIT_CALLED, current_actor(), _end_code(arguments, {}), user_place(frame), urgent=True)


def _end_os_exit(frame, *arguments, **named):
    """os._exit: nothing of the program runs after it, so all that is left is told now."""
    file = frame.f_code.co_filename
    if "/multiprocessing/" in file and not is_user_file(file):
        # A child that multiprocessing has forked ends like this.
        _end_main_is_over()
    else:
        emit(EXIT_CALLED, current_actor(), _end_code(arguments, named), user_place(frame), urgent=True)
    snapshot(True)
    _end_tell_left()
    ring_beat()


def _end_exec(frame, *arguments, **named):
    """os.exec*: another program in this process, which has a file of its own if it is Python."""
    emit(EXIT_CALLED, current_actor(), 0, user_place(frame), text("exec"), urgent=True)
    snapshot(True)
    ring_beat()


def ends_open():
    import os

    after_main(_end_main_is_over)
    at_exit_first(_end_at_exit)
    after_fork(_end_forked)
    _end_watch_handlers()
    before_end(sys, "exit", _end_sys_exit)
    before_end(os, "_exit", _end_os_exit)
    for name in ("execv", "execve"):
        if hasattr(os, name):
            before_end(os, name, _end_exec)


# -- forks -------------------------------------------------------------------------------------------------


def _end_forked():
    """In the child of a fork: its handlers are the parent's, which os._exit leaves out."""
    global _end_is_told, _end_running, _end_exit
    _end_is_told, _end_running, _end_exit = False, 0, None
    _end_handlers.clear()
