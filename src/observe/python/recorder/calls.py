# Calls: the source text of the call that a frame stands at, and what a file's source says of locks.
#
# Uses of places: source_lines. `linecache` and `ast` would be modules that the program has not imported. What
# opens a file gives the interpreter's lock away, so none of this is called while frames or tasks of the
# program are held (but _calls_spot, which opens nothing).
from itertools import islice as _calls_islice

# The longest source, in lines, whose tree is made: that takes 20 us a line.
_calls_longest = 20000
_calls_trees = {}


def _calls_spot(code, lasti, line):
    """Where in the source an instruction stands: (file, line, last line, column, last column); columns count
    bytes from 0. Where the interpreter does not tell them (3.9, 3.10) they are -1 and the line at which the
    function begins, 0 for a module's own. Opens nothing."""
    if lasti >= 0:
        try:
            first, last, column, end = next(_calls_islice(code.co_positions(), lasti // 2, None))
            # What belongs to no expression, as the beginning of a function, has a position without a length.
            if None not in (first, last, column, end) and (first, column) != (last, end):
                return (code.co_filename, first, last, column, end)
        except (AttributeError, StopIteration):
            pass
    return (code.co_filename, line, line, -1, 0 if code.co_name == "<module>" else code.co_firstlineno)


def _calls_text(spot):
    """The text of what stands at a spot, on one line and at most 200 characters; empty where it is unknown."""
    file, first, last, column, end = spot
    lines = source_lines(file)
    if not 0 < first <= len(lines):
        return ""
    if column < 0:
        found = _calls_around(file, lines, first, end).get(first)
        if found is None:
            return _calls_plain(lines[first - 1])
        last, column, end = found
    # A statement as a whole (async for, async with, with) is told by its first line.
    if last > first + 8 or last > len(lines):
        return _calls_plain(lines[first - 1])
    text = _calls_cut(lines, first, last, column, end)
    plain = _calls_plain(lines[first - 1])
    if text.startswith(("async ", "for ", "with ")):
        return plain
    # From 3.12 on only what stands behind a with has a position.
    if "(" not in text and plain.startswith(("with ", "async with ")):
        return plain
    if text.startswith("await "):
        text = text[6:]
    return _calls_shown(text)


def _calls_cut(lines, first, last, column, end):
    if first == last:
        return _calls_bytes(lines[first - 1], column, end)
    inner = lines[first : last - 1]
    return " ".join([_calls_bytes(lines[first - 1], column), *inner, _calls_bytes(lines[last - 1], 0, end)])


def _calls_bytes(line, begin, end=None):
    """A piece of a line, by bytes, as the interpreter counts columns."""
    return line.encode("utf-8", "replace")[begin:end].decode("utf-8", "replace")


def _calls_plain(line):
    """A line's text as it is, without a comment at its end as far as that is plain."""
    if "#" in line and "'" not in line and '"' not in line:
        line = line[: line.index("#")]
    return _calls_shown(line.strip().rstrip(":"))


def _calls_shown(text):
    shown = " ".join(text.split())
    return shown if len(shown) <= 200 else shown[:199] + "\u2026"


def _calls_name(text):
    """The last name of what is called: `sleep` of `time.sleep(3)`; of a `with`, that of its first lock."""
    if text.startswith(("with ", "async with ")):
        text = text.split("with ", 1)[1]
        for end in (":", ",", " as "):
            text = text.split(end, 1)[0]
    return text.split("(", 1)[0].rstrip().rsplit(".", 1)[-1].rsplit(" ", 1)[-1]


class _calls_Tree:
    """What the tree of a source file says: its outermost calls by line, as (last line, column, last column);
    where a lock is taken, by line, as paths of names; and the lines for which one is held, as (first, last,
    path, line at which it was taken)."""

    __slots__ = ("calls", "taken", "regions")

    def __init__(self):
        self.calls = {}
        self.taken = {}
        self.regions = []


def _calls_tree(file):
    known = _calls_trees.get(file)
    if known is None:
        known = _calls_Tree()
        lines = source_lines(file)
        if len(lines) <= _calls_longest:
            _calls_read(lines, 0, len(lines), file, known)
        if len(_calls_trees) < 64:
            _calls_trees[file] = known
    return known


def _calls_read(lines, first, last, file, tree):
    """Adds what some lines of a file say to a tree; whether they could be parsed."""
    try:
        _calls_visit(_calls_parse(lines, first, last, file), tree)
        return True
    except Exception:
        return False


def _calls_parse(lines, first, last, file):
    """The interpreter's own tree of some lines of a file, by index, in which they are where they are in the file.
    Raises SyntaxError or ValueError where they do not stand alone."""
    # What is indented stands below a header.
    header = "if 1:\n" if first > 0 and lines[first][:1].isspace() else ""
    text = "\n" * (first - 1 if header else first) + header + "\n".join(lines[first:last])
    # 1024 is PyCF_ONLY_AST. Backslashes go, so that no escape is warned of a second time.
    return compile(_calls_unescaped(text.encode("utf-8", "replace")), file, "exec", 1024, True)


# By file and first line: the outermost calls of a function, or of a statement of a module's own.
_calls_parts = {}


def _calls_around(file, lines, line, function):
    """The outermost calls of what a line stands in, by line, as in a tree. The interpreter stands still while a tree
    is made, so it is made of no more than the function that begins at a line, or of the statement in a module's own."""
    if file in _calls_trees:
        return _calls_trees[file].calls
    first, last = _calls_part(lines, function or line, function > 0)
    known = _calls_parts.get((file, first))
    if known is None:
        part = _calls_Tree()
        is_whole = line <= last and _calls_read(lines, first, last, file, part)
        known = part.calls if is_whole else _calls_tree(file).calls
        if len(_calls_parts) < 256:
            _calls_parts[(file, first)] = known
    return known


def _calls_part(lines, line, is_function):
    """The lines, as indices from and to, of the function or module's statement that begins at a line or has it."""
    first = line - 1
    if not is_function:
        while first > 0 and not _calls_begins(lines[first], 0):
            first -= 1
    depth = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (lines[last - 1].lstrip().startswith("@") or not _calls_begins(lines[last], depth)):
        last += 1
    return first, last


def _calls_begins(line, depth):
    """Whether a line begins another statement that is indented by no more."""
    words = line.lstrip()
    if not words or len(line) - len(words) > depth:
        return False
    return not words.startswith((")", "]", "}", "#", "else", "elif", "except", "finally", "case"))


def _calls_unescaped(data):
    """The same bytes with every escape in a literal made harmless; columns stay. A line's continuation stays."""
    pieces = data.split(b"\\")
    if len(pieces) == 1:
        return data
    out = [pieces[0]]
    taken = False
    for piece in pieces[1:]:
        if taken:
            # The second of two backslashes, already replaced with the first.
            out.append(piece)
            taken = False
        elif piece[:1] in (b"\n", b"\r"):
            out.append(b"\\" + piece)
        elif not piece:
            out.append(b"__")
            taken = True
        elif piece[0] < 128:
            out.append(b"__" + piece[1:])
        else:
            out.append(b"_" + piece)
    return b"".join(out)


def _calls_visit(root, tree):
    waiting = [(root, False)]
    while waiting:
        node, inside = waiting.pop()
        kind = type(node).__name__
        if kind in ("With", "AsyncWith"):
            for item in node.items:
                path = _calls_path(item.context_expr)
                if path is not None:
                    tree.taken.setdefault(node.lineno, []).append(path)
                    if item.context_expr.lineno != node.lineno:
                        tree.taken.setdefault(item.context_expr.lineno, []).append(path)
                    tree.regions.append((node.body[0].lineno, node.end_lineno, path, node.lineno))
        elif kind == "Try" and node.finalbody:
            for one in node.finalbody:
                path = _calls_method(one, "release")
                if path is not None:
                    last = (node.orelse or node.handlers or node.body)[-1].end_lineno
                    # It is taken right before as a rule.
                    before = range(node.lineno - 1, node.lineno - 6, -1)
                    taken = next((at for at in before if path in tree.taken.get(at, ())), node.lineno)
                    tree.regions.append((node.body[0].lineno, last, path, taken))
        elif kind in ("Call", "Await"):
            if kind == "Call":
                path = _calls_method(node, "acquire")
                if path is not None:
                    tree.taken.setdefault(node.lineno, []).append(path)
            if not inside:
                tree.calls.setdefault(node.lineno, (node.end_lineno, node.col_offset, node.end_col_offset))
                inside = True
        children = []
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                children.extend([one for one in value if hasattr(one, "_fields")])
            elif hasattr(value, "_fields"):
                children.append(value)
        inner = inside and kind not in ("Lambda", "FunctionDef", "AsyncFunctionDef", "ClassDef")
        waiting.extend([(child, inner) for child in reversed(children)])


def _calls_path(node):
    """The names of an expression like `self.lock`, outermost first; None of any other."""
    names = []
    while type(node).__name__ == "Attribute":
        names.append(node.attr)
        node = node.value
    if type(node).__name__ != "Name":
        return None
    names.append(node.id)
    names.reverse()
    return tuple(names)


def _calls_method(node, name):
    """The path of X where the node is `X.name(…)`, awaited or not; None otherwise."""
    while type(node).__name__ in ("Expr", "Await"):
        node = node.value
    if type(node).__name__ != "Call" or type(node.func).__name__ != "Attribute" or node.func.attr != name:
        return None
    return _calls_path(node.func.value)
