# Places: lines of the program, and which files are the program's own.
#
# Uses of ring: emit, text. A file is the program's if it is below the program's folder or the folder the
# process was started in, and neither the standard library's nor an installed package's.
_place_ids = {}
_place_number = count(1)
_place_user_files = {}
_place_roots = []
_place_foreign = []
_place_include = ()
_place_exclude = ()
_place_folder = ""
# fnmatch.fnmatch, once there are patterns: at the very end nothing can be imported any more.
_place_fnmatch = None


def places_open():
    """Finds out which folders are the program's, and which are not."""
    global _place_include, _place_exclude, _place_folder, _place_fnmatch
    try:
        _place_folder = os.getcwd()
    except OSError:
        _place_folder = "/"
    _place_roots[:] = [_place_below(_place_folder)]
    library = os.path.dirname(os.__file__)
    _place_foreign[:] = {
        _place_below(folder) for folder in (library, os.path.realpath(library), os.path.dirname(__file__))
    }
    _place_include = tuple(filter(None, os.environ.get("TANDEM_INCLUDE", "").split(",")))
    _place_exclude = tuple(filter(None, os.environ.get("TANDEM_EXCLUDE", "").split(",")))
    if _place_include or _place_exclude:
        from fnmatch import fnmatch

        _place_fnmatch = fnmatch


def _place_below(folder):
    return folder.rstrip("/") + "/"


def _place_main_root():
    """The folder of the program, above its package if it is in one; None while that is not known."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not isinstance(file, str):
        # When main is over the interpreter has taken its __file__ away.
        file = (getattr(sys, "argv", None) or [""])[0]
        if not isinstance(file, str) or not os.path.isfile(file):
            return None
    folder = os.path.dirname(place_file(file))
    while os.path.exists(folder + "/__init__.py") and len(folder) > 1:
        folder = os.path.dirname(folder)
    return _place_below(folder)


def place_file(file):
    """The absolute name of a file, as it is for who started the process."""
    return file if file.startswith("/") else _place_below(_place_folder) + file


def is_user_file(file):
    """Whether a code object's file is the program's own."""
    known = _place_user_files.get(file)
    if known is None:
        known = _place_user_files[file] = _place_is_user(file)
    return known


def _place_is_user(file):
    if file.startswith("<") or file == __file__:
        return False
    whole = place_file(file)
    if _place_exclude and _place_matches(whole, _place_exclude):
        return False
    if _place_include and _place_matches(whole, _place_include):
        return True
    for folder in _place_foreign:
        if whole.startswith(folder):
            return False
    if "/site-packages/" in whole or "/dist-packages/" in whole:
        return False
    if len(_place_roots) < 2:
        root = _place_main_root()
        if root is not None:
            _place_roots.append(root)
    for folder in _place_roots:
        if whole.startswith(folder):
            return not any(part in whole[len(folder) - 1 :] for part in ("/.venv/", "/node_modules/", "/dist/"))
    return False


def _place_matches(file, globs):
    relative = file[len(_place_roots[0]) :] if file.startswith(_place_roots[0]) else file
    return any(_place_fnmatch(file, glob) or _place_fnmatch(relative, glob) for glob in globs)


def place(file, line, function="", column=0):
    """The id of a place."""
    key = (file, line, column) if column else (file, line)
    known = _place_ids.get(key)
    if known is None:
        name, file = text(function), text(place_file(file))
        known = next(_place_number)
        # Only when it is written may another thread use it.
        if emit(PLACE, known, (line or 0) + (column << 32), file, name):
            _place_ids[key] = known
    return known


def user_place(frame):
    """The id of the first place from this frame outward that is the program's; 0 if there is none."""
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        known = _place_user_files.get(file)
        if known or (known is None and is_user_file(file)):
            line = frame.f_lineno
            return _place_ids.get((file, line)) or place(file, line, code.co_name)
        frame = frame.f_back
    return 0


def user_frames(frame):
    """The places of the program from this frame outward, innermost first, at most 16."""
    found = []
    while frame is not None and len(found) < 16:
        code = frame.f_code
        if is_user_file(code.co_filename):
            found.append(place(code.co_filename, frame.f_lineno, code.co_name))
        frame = frame.f_back
    return found


def def_place(code):
    """The id of the line at which a function's code is defined."""
    return place(code.co_filename, def_line(code), code.co_name)


_place_sources = {}
_place_open = open


def places_read_by(opened):
    """Has source files read by another function than open."""
    global _place_open
    _place_open = opened


def source_lines(file):
    """The lines of a source file, without their ends; empty where it cannot be read."""
    known = _place_sources.get(file)
    if known is None:
        try:
            with _place_open(place_file(file), "rb") as source:
                known = source.read(4000000).decode("utf-8", "replace").splitlines()
        except OSError:
            known = []
        if len(_place_sources) < 200:
            _place_sources[file] = known
    return known


def source_line(file, line):
    """A line of a source file, without its indentation; empty where there is none."""
    lines = source_lines(file)
    return lines[line - 1].strip() if line and 0 < line <= len(lines) else ""


def def_line(code):
    """The line of `def` of a function, below its decorators."""
    lines = source_lines(code.co_filename)
    line = code.co_firstlineno
    while 0 < line <= len(lines) and line < code.co_firstlineno + 50:
        words = lines[line - 1].split(None, 2)
        if words[:1] == ["def"] or words[:2] == ["async", "def"] or words[:1] == ["class"]:
            return line
        line += 1
    return code.co_firstlineno
