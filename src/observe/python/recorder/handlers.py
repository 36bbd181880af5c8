# Which line of the program an exception comes to: the try statement around a call that would catch it.
#
# Uses of places: source_lines, place. It goes by indentation, as `ast` would be a module that the program has
# not imported; what cannot be known (a local name in an except clause) counts as catching.

# By file and line: the try statements whose body the line is in, innermost first.
_handlers_known = {}


class _Try:
    """A try statement: the line of its first clause, its last line, and its except clauses: line and names."""

    __slots__ = ("begin", "clauses", "end", "excepts")

    def __init__(self, begin, clauses, end, excepts):
        self.begin = begin
        self.clauses = clauses
        self.end = end
        self.excepts = excepts


def tries_around(file, line):
    """The try statements in whose body a line is, innermost first, out to its function."""
    known = _handlers_known.get((file, line))
    if known is None:
        known = _handlers_find(source_lines(file), line)
        if len(_handlers_known) < 10000:
            _handlers_known[file, line] = known
    return known


def _handlers_depth(line):
    return len(line) - len(line.lstrip())


def _handlers_find(lines, line):
    if not 0 < line <= len(lines):
        return ()
    found = []
    depth = _handlers_depth(lines[line - 1])
    for at in range(line - 1, 0, -1):
        words = lines[at - 1].strip()
        here = _handlers_depth(lines[at - 1])
        if not words or words.startswith("#") or here >= depth:
            continue
        depth = here
        if words.startswith(("def ", "async def ", "class ")):
            break
        if words.startswith("try:"):
            found.append(_handlers_read(lines, at, here))
    return tuple(found)


def _handlers_read(lines, begin, depth):
    """Reads the clauses of the try statement that begins at a line."""
    clauses, excepts, at = 0, [], begin
    for at in range(begin + 1, len(lines) + 1):
        words = lines[at - 1].strip()
        if not words or words.startswith("#") or _handlers_depth(lines[at - 1]) > depth:
            continue
        if not words.startswith(("except", "else:", "finally:", ")")):
            at -= 1
            break
        clauses = clauses or at
        if words.startswith("except"):
            excepts.append((at, words[6:].partition(":")[0].partition(" as ")[0].strip()))
    return _Try(begin, clauses or at, at, tuple(excepts))


def _handlers_clause(file, statement, line):
    """The lines of a clause of a try statement, without those that say nothing; the first is what stands behind the
    colon of its own line."""
    lines = source_lines(file)
    depth = _handlers_depth(lines[line - 1])
    found = [lines[line - 1].partition(":")[2].partition("#")[0].strip()]
    for at in range(line + 1, statement.end + 1):
        words = lines[at - 1].strip()
        if words and not words.startswith("#"):
            if _handlers_depth(lines[at - 1]) <= depth:
                break
            found.append(words.partition("#")[0].strip())
    return [words for words in found if words]


# What a clause consists of that only drops what it has caught.
_handlers_nothing = ("pass", "...", "continue", "break", "return")


def drops(file, statement, line, names):
    """Whether the clause at a line of a try statement drops an error of one of some names: "named" where it is for
    that and does nothing else, "any" where it is for whatever comes and raises nothing; None otherwise."""
    caught = dict(statement.excepts).get(line, "?")
    body = _handlers_clause(file, statement, line)
    kinds = [name.strip().rpartition(".")[2] for name in caught.strip("()").split(",") if name.strip()]
    if any(words.startswith("raise") or " raise" in words for words in body):
        return None
    if any(name in names for name in kinds):
        is_nothing = all(words in _handlers_nothing or words.startswith("return ") and "(" not in words for words in body)
        return "named" if is_nothing else None
    return "any" if not kinds or "BaseException" in kinds else None


# What the line of a `with` says whose context may catch what comes out of its body.
_handlers_catching = ("suppress", "raises", "scope", "move_on", "fail_", "timeout")


def with_catches(file, line, outer):
    """Whether a line stands in the body of a `with` that may catch an error, as far out as a line, 0: its function."""
    lines = source_lines(file)
    if not 0 < line <= len(lines):
        return True
    depth = _handlers_depth(lines[line - 1])
    for at in range(line, outer, -1):
        words = lines[at - 1].strip()
        here = _handlers_depth(lines[at - 1])
        if not words or words.startswith("#") or here >= depth and at != line:
            continue
        depth = min(depth, here)
        if words.startswith(("def ", "async def ", "class ")):
            break
        if words.startswith(("with ", "async with ")) and any(one in words.lower() for one in _handlers_catching):
            return True
    return False


# By file and line: the line of the loop without an end around it.
_handlers_rounds = {}


def round_for_ever(file, line):
    """The line of a loop around a line, within its function, that nothing in it ends but an error; 0: there is none."""
    known = _handlers_rounds.get((file, line))
    if known is None:
        known = _handlers_round(source_lines(file), line)
        if len(_handlers_rounds) < 10000:
            _handlers_rounds[file, line] = known
    return known


def _handlers_round(lines, line):
    if not 0 < line <= len(lines):
        return 0
    depth = _handlers_depth(lines[line - 1])
    for at in range(line, 0, -1):
        words = lines[at - 1].strip()
        here = _handlers_depth(lines[at - 1])
        if not words or words.startswith("#") or here >= depth and at != line:
            continue
        depth = here
        if words.startswith(("def ", "async def ", "class ")):
            return 0
        if words.startswith(("while True:", "while 1:")) and not _handlers_leaves(lines, at, here):
            return at
    return 0


def _handlers_leaves(lines, begin, depth):
    """Whether the body of a loop may leave it by itself; what it does when it is cancelled is not by itself."""
    clause = None
    for at in range(begin + 1, len(lines) + 1):
        words = lines[at - 1].partition("#")[0].strip()
        if not words:
            continue
        here = _handlers_depth(lines[at - 1])
        if here <= depth:
            break
        if clause is not None and here > clause:
            continue
        clause = here if words.startswith("except") and "CancelledError" in words else None
        if clause is None and any(one in words.replace(":", " ").split() for one in ("return", "break")):
            return True
    return False


def catching(frames, error, grouped=False):
    """The first of some frames, innermost first, that would catch an error, its try and the line of the clause.

    None where none would.

    grouped: the error comes in an ExceptionGroup.
    """
    for frame in frames:
        code = frame.f_code
        if is_user_file(code.co_filename):
            for one in tries_around(code.co_filename, frame.f_lineno):
                for line, names in one.excepts:
                    if _handlers_catches(names, frame, error, grouped):
                        return frame, one, line
    return None


def _handlers_catches(names, frame, error, grouped):
    """Whether an except clause of these names would catch an error."""
    star = names.startswith("*")
    names = names.lstrip("*").strip().strip("()")
    if not names:
        return True
    for name in names.split(","):
        name = name.strip()
        kind = _handlers_resolve(name, frame) if name else None
        if name and not isinstance(kind, type):
            return True
        if kind is not None and _handlers_matches(kind, error, grouped, star):
            return True
    return False


def _handlers_matches(kind, error, grouped, star):
    if grouped and not star:
        group = __builtins__["ExceptionGroup"] if isinstance(error, Exception) else __builtins__["BaseExceptionGroup"]
        return issubclass(group, kind)
    if star and hasattr(error, "exceptions"):
        return any(_handlers_matches(kind, one, False, True) for one in error.exceptions)
    return isinstance(error, kind)


def _handlers_resolve(name, frame):
    """What a dotted name means in a frame's module; None where that is not known."""
    first, *rest = name.split(".")
    found = frame.f_globals.get(first)
    if found is None:
        found = frame.f_builtins.get(first)
    for part in rest:
        found = getattr(found, part, None)
    return found


def places_of(frames):
    """The places of some frames that are the program's, in their order, at most 16."""
    return [
        place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        for frame in frames
        if is_user_file(frame.f_code.co_filename)
    ][:16]


def frames_outward(frame):
    """A frame of a thread and those it was called from, innermost first, at most 400."""
    found = []
    while frame is not None and len(found) < 400:
        found.append(frame)
        frame = frame.f_back
    return found
