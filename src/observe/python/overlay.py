"""Texts that are read in place of what stands in files: the stub loads this where the environment names some.

`overlay.ts` lays them out. What the import system and runpy read comes through `open_code`. A script is read by C: so the
process becomes, before anything of the program has run, one that runs the changed text's bytecode, under the script's
name. Files of bytecode are neither read nor written: those beside a changed file are not of its text, and nothing is to
be added to the user's folders.
"""
import _io
import os
import sys

_islink, _realpath, _fsdecode = os.path.islink, os.path.realpath, os.fsdecode
_getpid = os.getpid
_open = _io.open
_open_code = _io.open_code

# Carries the word that a script was named by to the process that this one becomes.
_NAMED = "TANDEM_OVERLAY_SCRIPT"

_folder = ""
_numbers = {}  # absolute path without symbolic links -> the number of its text
_names = set()
_served = set()
_named = {}  # the file that a script's text was compiled to -> the word that the script was named by


def start(folder):
    """Has this interpreter read the texts of a folder; does not return where it is to run a script's."""
    global _folder
    _folder = folder
    with _open(folder + "/paths", "rb") as file:
        paths = _fsdecode(file.read()).split("\0")[:-1]
    _numbers.update((path, number) for number, path in enumerate(paths))
    _names.update(os.path.basename(path) for path in paths)
    _show_in_c()
    named = os.environ.pop(_NAMED, None)
    if named is not None:
        _be_script(named)
    else:
        _run_script()
    _read_modules()


def text_of(path):
    """The number of the text that is read in place of a file; None where that is the file's own."""
    try:
        path = _fsdecode(path)
        if os.path.basename(path) not in _names and not _islink(path):
            return None
        return _numbers.get(_realpath(path))
    except (OSError, TypeError, ValueError):
        return None


def open_source(path, *how):
    """Opens a file's source as it is for the program."""
    number = text_of(path)
    return _open(path if number is None else "%s/%d" % (_folder, number), *how)


def _note(number):
    """Tells, once a process, that a text has been read here."""
    if number in _served:
        return
    _served.add(number)
    line = b"%d 0 %d\n" % (_getpid(), number)
    try:
        file = os.open(_folder + "/served", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except OSError:
        pass


def forked():
    """In the child of a fork: it runs what its parent has read."""
    numbers = list(_served)
    _served.clear()
    for number in numbers:
        _note(number)


def _read_modules():
    import io

    external = sys.modules["_frozen_importlib_external"]
    loader = external.SourceFileLoader
    path_stats = loader.path_stats

    def open_code(path):
        number = text_of(path)
        # Of a script, too, it is asked whether it is an archive.
        if number is not None and sys._getframe(1).f_globals.get("__name__") != "zipimport":
            try:
                file = _open("%s/%d" % (_folder, number), "rb")
            except OSError:
                # tandem has gone, and its folders with it.
                return _open_code(path)
            _note(number)
            return file
        return _open_code(path)

    def stats_of_source(self, path):
        # So that there is nothing for a file of bytecode to be held against.
        if text_of(path) is not None:
            raise OSError("read from elsewhere")
        return path_stats(self, path)

    def cache_bytecode(self, source_path, bytecode_path, data):
        pass

    # Frames of this file name are left out of tracebacks by the import system itself.
    for function in (open_code, stats_of_source, cache_bytecode):
        function.__code__ = function.__code__.replace(co_filename="<frozen importlib._bootstrap_external>")
    _io.open_code = io.open_code = open_code
    loader.path_stats = stats_of_source
    loader._cache_bytecode = cache_bytecode


def words():
    """The words that this process was started with, before it became another one."""
    known = getattr(sys, "orig_argv", None)
    if known is None:
        with _open("/proc/self/cmdline", "rb") as file:
            known = _fsdecode(file.read()).split("\0")[:-1]
    return [_named.get(word, word) for word in known]


def _show(tokenize):
    # By this linecache reads what tracebacks and inspect show.
    tokenize._builtin_open = open_source


# What is to be called with a module when it has been imported.
shows = {"tokenize": _show}


def _show_in_c():
    """Has C, which displays errors itself up to 3.12, and warnings, read the lines of the changed texts.

    It gets `io.open` by that name. A function of ours in its place would stand in the program's tracebacks (pathlib calls
    it, too); so what the name stands for depends on who asks.
    """
    import io

    plain = type(io)

    def open_by_c(path, *how):
        return open_source(path, *how) if how == ("rb",) else _open(path, *how)

    def asked(module):
        try:
            code = sys._getframe(1).f_code
        except ValueError:
            return open_by_c
        return vars(module)["open"] if "open" in code.co_names or "open" in code.co_consts else open_by_c

    def replaced(module, value):
        module.__class__ = plain
        module.open = value

    def deleted(module):
        module.__class__ = plain
        del module.open

    io.__class__ = type("module", (plain,), {"open": property(asked, replaced, deleted)})


def _script_at(given):
    """Where among the words the script stands; -1 where there is none, or where that is not certain."""
    at = len(given) - len(sys.argv)
    if at < 1 or given[at:] != sys.argv:
        return -1
    # -x leaves out a script's first line.
    skips = any(word[:1] == "-" and word[:2] not in ("--", "-W", "-X") and "x" in word for word in given[1:at])
    return -1 if skips else at


def _run_script():
    """Runs the script's text, if there is one in place of it, in a process that this one becomes."""
    if not getattr(sys, "argv", None) or text_of(sys.argv[0]) is None:
        return
    given = words()
    at = _script_at(given)
    if at < 0 or not sys.executable:
        return
    number = text_of(given[at])
    with _open("%s/%d" % (_folder, number), "rb") as file:
        source = file.read()
    code = _compiled(source, _whole(given[at]))
    if code is None:
        return
    bytecode = "%s/%d-%d.pyc" % (_folder, number, os.getpid())
    with _open(bytecode, "wb") as file:
        file.write(code)
    try:
        os.execve(
            sys.executable,
            [*given[:at], bytecode, *given[at + 1 :]],
            {**os.environ, _NAMED: given[at]},
        )
    except OSError:
        # Its words are too long with another name; the script itself runs then, and nobody is told to have been served.
        os.unlink(bytecode)


def _whole(word):
    """What C makes of the name of a script."""
    return word if os.path.isabs(word) else os.path.join(os.getcwd(), word)


def _compiled(source, path):
    """A file of bytecode's content; None where the text cannot be compiled, as the program's own would say."""
    import marshal

    if "warnings" in sys.modules or sys.version_info >= (3, 13):
        # Else C displays what there is to be said of the text, by itself.
        _show(__import__("tokenize"))
    try:
        code = compile(source, path, "exec", 0, True)
    except (SyntaxError, ValueError):
        return None
    return sys.modules["_frozen_importlib_external"].MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _be_script(named):
    """Has what runs here look like the script that it was compiled from."""
    bytecode = sys.argv[0]
    path = _whole(named)
    sys.argv[0] = named
    _named[bytecode] = named
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = words()
    external = sys.modules["_frozen_importlib_external"]
    original = external.SourcelessFileLoader

    def loader_of_main(name, file):
        # Called by C right before it runs the bytecode, when all is in its place.
        if file != bytecode:
            return original(name, file)
        external.SourcelessFileLoader = original
        sys.modules["__main__"].__file__ = path
        if sys.path and sys.path[0] == os.path.dirname(_realpath(bytecode)):
            sys.path[0] = os.path.dirname(_realpath(path))
        if bytecode in sys.path_importer_cache:
            sys.path_importer_cache[path] = sys.path_importer_cache.pop(bytecode)
        _note(text_of(path))
        try:
            os.unlink(bytecode)
        except OSError:
            pass
        return external.SourceFileLoader(name, path)

    external.SourcelessFileLoader = loader_of_main
