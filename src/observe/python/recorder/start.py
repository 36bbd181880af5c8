# The recorder's start, how it gets into modules when the program imports them, and its end.
#
# Uses of all other parts: what each of them registers when the file is run.
import atexit

_start_hooks = {}
_start_finder = None


class _Finder:
    """Stands first on sys.meta_path until every module that somebody waits for has been imported."""

    def find_spec(self, name, path=None, target=None):
        if name not in _start_hooks:
            return None
        for finder in list(sys.meta_path):
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    _start_after(spec.loader, name)
                    return spec
        return None


def _start_after(loader, name):
    """Has the hooks of a module called when its loader has executed it."""
    execute = getattr(loader, "exec_module", None)
    if execute is None or isinstance(loader, type):
        return

    def exec_module(module):
        try:
            del loader.exec_module
        except AttributeError:
            pass
        execute(module)
        _start_imported(name, module)

    # Frames of this file name are left out of tracebacks by the import system itself.
    exec_module.__code__ = exec_module.__code__.replace(co_filename="<frozen importlib._bootstrap_external>")
    try:
        loader.exec_module = exec_module
    except AttributeError:
        pass


def _start_imported(name, module):
    for hook in _start_hooks.pop(name, ()):
        try:
            hook(module)
        except Exception:
            trouble("after the import of " + name)
    end_of_weaving()
    if not _start_hooks and _start_finder in sys.meta_path:
        sys.meta_path.remove(_start_finder)


def when_imported(name, hook):
    """Calls the hook with the module as soon as it has been imported: now, if it is there already."""
    module = sys.modules.get(name)
    if module is not None:
        try:
            hook(module)
        except Exception:
            trouble("after the import of " + name)
        end_of_weaving()
    else:
        _start_hooks.setdefault(name, []).append(hook)


def inject(function, before="", after="", on_exit="", **names):
    """Puts statements into a function of Python code, so that no frame of ours is in its tracebacks.

    before: at its beginning; after: before its last statement, or at its end; on_exit: at the beginning of its
    `except (SystemExit, KeyboardInterrupt)`. They are of the function's own scope, in the line of its def; names
    are what they use, which its module gets under names of ours. False where the source is not to be had.
    """
    code = function.__code__
    if "<locals>" in function.__qualname__:
        return False
    suffix = function.__qualname__.replace(".", "_")
    ours = {name: "_tandem_%s_%s" % (name, suffix) for name in names}
    texts = (before, after, on_exit)
    try:
        made = compiled_again(
            function, (texts, tuple(names)), lambda lines: _start_compiled(function, lines, texts, ours)
        )
    except (OSError, UnicodeDecodeError):
        return False
    if made is None or made.co_freevars != code.co_freevars or made.co_name != code.co_name:
        return False
    for name, ours_name in ours.items():
        function.__globals__[ours_name] = names[name]
    function.__code__ = made
    return True


def _start_compiled(function, lines, texts, ours):
    """A function's code with statements put into it, as in `inject`; None where its source is not to be had."""
    code = function.__code__
    before, after, on_exit = texts
    lines = start_block(lines, code)
    if lines is None:
        return None
    # The text stands in its lines and columns, below as many headers as it is indented.
    depth = len(lines[0]) - len(lines[0].lstrip())
    headers = ["class %s:" % part for part in code_owner(function)] if depth else []
    headers = ["%s%s" % (" " * (4 * at), header) for at, header in enumerate(headers)]
    first = code.co_firstlineno
    source = "\n" * (first - 1 - len(headers)) + "\n".join(headers + lines)
    tree = compile(source, code.co_filename, "exec", 0x400, True, 0)
    node = tree
    for _ in range(len(headers) + 1):
        node = node.body[0]
    exits = []
    _start_handlers(node, exits)
    for text_of, body, at in (
        (after, node.body, _start_last(node)),
        (before, node.body, _start_begin(node)),
        *((on_exit, handler.body, 0) for handler in exits),
    ):
        if text_of:
            body[at:at] = _start_statements(text_of, ours, node.lineno)
    module = compile(tree, code.co_filename, "exec", 0, True, sys.flags.optimize)
    for _ in range(len(headers) + 1):
        module = next(part for part in module.co_consts if hasattr(part, "co_code"))
    return module


def code_owner(function):
    """The classes that a function stands in, outermost first."""
    return function.__qualname__.split(".")[:-1]


def start_block(lines, code):
    """The lines of a function as they stand in those of its file; None where it is not there."""
    lines = lines[code.co_firstlineno - 1 :]
    if not lines or not lines[0].lstrip().startswith(("def ", "async def ", "@")):
        return None
    depth = len(lines[0]) - len(lines[0].lstrip())
    end = 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and len(line) - len(line.lstrip()) <= depth and not line.lstrip().startswith((")", "#")):
            break
        end += 1
    return lines[:end]


def _start_begin(node):
    """Where a function's own statements begin, behind its docstring."""
    first = node.body[0]
    value = getattr(first, "value", None)
    return 1 if type(first).__name__ == "Expr" and isinstance(getattr(value, "value", None), str) else 0


def _start_last(node):
    last = node.body[-1]
    return len(node.body) - (type(last).__name__ in ("Return", "Raise", "Assign"))


def _start_handlers(node, found):
    """The handlers of SystemExit and KeyboardInterrupt in a function."""
    for part in _start_parts(node):
        if type(part).__name__ == "ExceptHandler":
            names = [getattr(name, "id", "") for name in getattr(part.type, "elts", ())]
            if "SystemExit" in names:
                found.append(part)
        _start_handlers(part, found)


def _start_parts(node):
    for field in node._fields:
        value = getattr(node, field, None)
        for part in value if isinstance(value, list) else (value,):
            if hasattr(part, "_fields"):
                yield part


def _start_statements(words, ours, line):
    body = compile(words, "<tandem>", "exec", 0x400, True, 0).body
    for statement in body:
        _start_move(statement, ours, line)
    return body


def _start_move(node, ours, line):
    """Puts a node of ours into the line of the function's def, under our names."""
    if hasattr(node, "lineno"):
        node.lineno = node.end_lineno = line
        node.col_offset = node.end_col_offset = 0
    if type(node).__name__ == "Name" and node.id in ours:
        node.id = ours[node.id]
    for part in _start_parts(node):
        _start_move(part, ours, line)


_start_after_main = []
_start_at_exit = []
_start_main_over = False


def after_main(hook):
    """Calls the hook when main's code is over, before threads are joined."""
    _start_after_main.append(hook)


def at_exit_first(hook):
    """Calls the hook at the very end, after all of the program's atexit handlers; the last registered first."""
    _start_at_exit.append(hook)


def _start_run(hooks):
    for hook in hooks:
        try:
            hook()
        except Exception:
            trouble("at the end")


def _start_main_is_over():
    """Runs what waits for main's end, once, in the main thread of this process."""
    global _start_main_over
    if not _start_main_over:
        _start_main_over = True
        _start_run(_start_after_main)


def _start_watch_shutdown(threading):
    # The interpreter looks threading._shutdown up when main is over; without threading nothing is joined.
    inject(threading._shutdown, before="main_is_over()", main_is_over=_start_main_is_over)


def _start_end():
    """The interpreter's last handler: the program's own have all run."""
    _start_main_is_over()
    _start_run(reversed(_start_at_exit))
    ring_beat()
    ring_state(STATE_ENDED)
    ring_keep()


def _start_forked():
    """In a child of fork, a file of its own; who waited for main's end waits for that of the child's."""
    global _start_main_over, _thread_number, _actor_number, _resource_number, _text_number, _place_number
    try:
        for known in (_text_ids, _place_ids, _thread_ids, _thread_actors, _resource_ids):
            known.clear()
        _text_number, _place_number = count(1), count(1)
        _thread_number, _actor_number, _resource_number = count(1), count(1), count(1)
        _start_main_over = False
        ring_open(_start_folder)
        _start_begin_recording()
        _start_run(_start_in_child)
    except Exception:
        ring_give_up()


_start_in_child = []


def after_fork(hook):
    """Calls the hook in the child of a fork, when it has a file of its own."""
    _start_in_child.append(hook)


_start_folder = ""


def _start_begin_recording():
    """Defines the main thread and main."""
    version = "CPython %d.%d.%d" % sys.version_info[:3]
    ring_describe(version, _start_command())
    number = next(_thread_number)
    bind_thread(number)
    main = next(_actor_number)
    define_thread(number, "MainThread", 0, main)
    _thread_actors[number] = main
    emit(ACTOR, main, KIND_MAIN << 32, 0, text("<module>"))
    emit(MAIN_STARTED, main)
    ring_state(STATE_RECORDING)


def _start_words():
    """The words that this process was started with."""
    words = getattr(sys, "orig_argv", None)
    if words is not None:
        return words
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return [sys.executable, *getattr(sys, "argv", ())]


def _start_command():
    """The command line of this process, as a shell would quote it."""
    return " ".join(_start_quoted(word) for word in _start_words())


def _start_quoted(word):
    safe = word and all(letter.isalnum() or letter in "@%+=:,./-_" for letter in word)
    return word if safe else "'" + word.replace("'", "'\"'\"'") + "'"


def _start_is_within():
    """Whether this is an interpreter within another one's process, which shares no more than the threads."""
    for name in ("_interpreters", "_xxsubinterpreters"):
        was_there = name in sys.modules
        try:
            interpreters = __import__(name)
        except ImportError:
            continue
        if not was_there:
            del sys.modules[name]
        return interpreters.get_current() != interpreters.get_main()
    return False


def start(folder, overlay=None):
    """Starts recording into a file of this folder; the stub calls it.

    overlay: the module that has other texts read in place of files; None where that is nowhere so.
    """
    global _start_folder, _start_finder, _start_words
    if _start_is_within():
        return
    _start_folder = folder
    if overlay is not None:
        _start_words = overlay.words
        places_read_by(overlay.open_source)
        after_fork(overlay.forked)
        for name, hook in overlay.shows.items():
            when_imported(name, hook)
    places_open()
    try:
        ring_open(folder)
    except OSError:
        return
    _start_begin_recording()
    atexit.register(_start_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_start_forked)
    when_imported("threading", _start_watch_shutdown)
    for open_part in _start_parts_to_open:
        try:
            open_part()
        except Exception:
            trouble(open_part.__name__)
    if _start_hooks:
        _start_finder = _Finder()
        sys.meta_path.insert(0, _start_finder)


# What each part does at the start, in the order of the parts.
_start_parts_to_open = [
    opened
    for opened in map(
        globals().get,
        ("asyncio_open", "threads_open", "pools_open", "queues_open", "ends_open", "prints_open", "sampler_open"),
    )
    if opened is not None
]
