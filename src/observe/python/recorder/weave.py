# Hooks inside functions of the standard library and around its C functions, without one more frame.
#
# A wrapper is a frame in the program's tracebacks and stacks. So a Python function keeps its identity and gets
# other bytecode: its own source, compiled again under the same file and lines, with calls of hooks in it. A C
# function is called by C behind its hook, which has returned by then.
#
# Uses trouble() of ring.py.

import _imp as _weave_imp
import _operator as _weave_operator
import marshal as _weave_marshal
import sys as _weave_sys

_weave_MARK = "\0tandem recorder"  # stands in the compiled source for the object that has the hooks
_weave_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST, without importing ast into the program
# Files of a module's functions that are kept at most; a program comes to about ten.
_weave_most_kept = 500
_weave_sources = {}  # file -> its source, while the hooks of one module are woven


class _WeaveSource:
    """A file of the standard library, and the functions that earlier processes have compiled again of the same text.

    To compile them takes longer than an empty program. So they are kept beside the recorder, in a folder that is this
    user's alone, for each interpreter; they hold for its magic number, for the very bytes of the file, and where they
    have come back whole.
    """

    __slots__ = ("data", "kept_in", "hash", "known", "is_new")

    def __init__(self, file):
        with open(file, "rb") as source:
            self.data = source.read()
        self.hash = _weave_hash(self.data)
        self.known = {}
        self.is_new = False
        self.kept_in = None if _weave_is_unusual() else "%s/%s-%s.%s-%d.woven" % (
            __file__.rpartition("/")[0],
            file.rpartition("/")[2],
            _weave_hash(file.encode("utf-8", "surrogateescape")).hex(),
            _weave_sys.implementation.cache_tag,
            _weave_sys.flags.optimize,
        )
        if self.kept_in is not None:
            self.recall()

    def lines(self):
        return self.data.decode("utf-8").split("\n")

    def recall(self):
        try:
            with open(self.kept_in, "rb") as kept:
                data = kept.read()
        except OSError:
            return
        if data[:8] == self.hash and data[8:16] == _weave_hash(data[16:]):
            self.known = _weave_marshal.loads(data[16:])

    def keep(self):
        import os

        data = _weave_marshal.dumps(self.known)
        mine = "%s.%d" % (self.kept_in, os.getpid())
        try:
            _weave_make_room(os, __file__.rpartition("/")[0])
            file = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, self.hash + _weave_hash(data) + data)
            finally:
                os.close(file)
            os.replace(mine, self.kept_in)
        except OSError:
            pass


def _weave_make_room(os, folder):
    """Begins anew where very many are kept: most are then of interpreters that are gone."""
    kept = [name for name in os.listdir(folder) if ".woven" in name]
    if len(kept) >= _weave_most_kept:
        for name in kept:
            os.unlink("%s/%s" % (folder, name))


def _weave_hash(data):
    """The hash by which Python knows a source file again, with its magic number as the key."""
    key = int.from_bytes(_weave_sys.modules["_frozen_importlib_external"].MAGIC_NUMBER, "little")
    return _weave_imp.source_hash(key, data)


def _weave_is_unusual():
    """Whether what is compiled here lacks columns, which others would miss in their tracebacks."""
    import os

    return "no_debug_ranges" in _weave_sys._xoptions or "PYTHONNODEBUGRANGES" in os.environ


def compiled_again(function, what, make):
    """The code that make(lines of its file) gives for a function, or has given in an earlier process; None: none.

    what: all that it follows from, beside the file; it can be marshalled. Raises OSError or ValueError where the file
    cannot be read.
    """
    code = function.__code__
    source = _weave_sources.get(code.co_filename)
    if source is None:
        source = _weave_sources[code.co_filename] = _WeaveSource(code.co_filename)
    key = (function.__qualname__, code.co_firstlineno, what)
    made = source.known.get(key)
    if made is None or made.co_filename != code.co_filename:
        made = make(source.lines())
        if made is not None:
            source.known[key] = made
            source.is_new = True
    return made


def end_of_weaving():
    """Keeps what was compiled, and forgets the sources that were read."""
    try:
        for source in _weave_sources.values():
            if source.is_new and source.kept_in is not None:
                source.keep()
    except Exception:
        trouble("keeping what was woven")
    finally:
        _weave_sources.clear()


def weave(function, hooks, *insertions):
    """Puts calls of hooks into a function of the standard library.

    hooks: an object whose attributes are the hooks; "hook" in an insertion's statement stands for it.
    insertions: (where, statement); where is "first", "last", "finally" (the function ends in a try statement: before
        what its finally does), "before TEXT" or "after TEXT", with the beginning of one or more statements' text.
    Returns whether it was done: not where the source is missing or is not what runs.
    """
    code = function.__code__
    woven = compiled_again(function, insertions, lambda lines: _weave_compiled(function, lines, insertions))
    if woven is None or not _weave_is_of(woven, code):
        return False
    consts = tuple(hooks if one == _weave_MARK and type(one) is str else one for one in woven.co_consts)
    function.__code__ = woven.replace(co_consts=consts)
    return True


def woven(owner, name, hooks, *insertions):
    """Weaves what `owner` has under that name; where it cannot be done, that is told and nothing is changed."""
    try:
        function = owner.__dict__.get(name)
        if not weave(function, hooks, *insertions):
            trouble("%s.%s is not what its source says" % (owner.__name__, name))
    except Exception:
        trouble("weaving %s.%s" % (getattr(owner, "__name__", "?"), name))


def _weave_compiled(function, lines, insertions):
    """A function's code with insertions; None where there is no place for one."""
    code = function.__code__
    first = code.co_firstlineno - 1
    if first >= len(lines):
        return None
    text = "\n".join(_weave_block(lines, first))
    names = function.__qualname__.split(".")
    if len(names) > 1:
        text = "\n" * (first - 1) + "class %s:\n%s" % (names[-2], text)
    else:
        text = "\n" * first + text
    tree = compile(text, code.co_filename, "exec", _weave_ONLY_AST, True)
    body = tree.body[0].body if len(names) > 1 else tree.body
    for where, statement in insertions:
        if not _weave_insert(body[0], where, statement, lines):
            return None
    return _weave_code(tree, code)


def _weave_block(lines, first):
    """The lines of the function that begins at index `first`."""
    margin = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    in_header = True
    for index in range(first, len(lines)):
        line = lines[index].strip()
        if not line or line.startswith("#"):
            continue
        if len(lines[index]) - len(lines[index].lstrip()) > margin:
            in_header = in_header and index == first
        elif not in_header and not line.startswith(")"):
            break
        last = index + 1
    return lines[first:last]


def _weave_code(source, like):
    """The code of the function `like`, compiled from a module's source or tree."""
    found = [compile(source, like.co_filename, "exec", 0, True)]
    while found:
        code = found.pop()
        if code.co_name == like.co_name and code.co_firstlineno == like.co_firstlineno:
            return code
        found.extend(one for one in code.co_consts if type(one) is type(code))
    raise LookupError(like.co_name)


def _weave_is_of(woven, code):
    """Whether the function that was woven is the one that runs, and not that of another version of its file."""
    has = set(woven.co_names).issuperset(code.co_names) and woven.co_varnames == code.co_varnames
    mine = [one for one in woven.co_consts if type(one) is not type(code)]
    return has and all(one in mine or type(one) is type(code) for one in code.co_consts)


def _weave_insert(function, where, statement, lines):
    """Inserts a statement into the tree of a function; whether there was a place for it."""
    where, _, text = where.partition(" ")
    if where == "first":
        has_doc = hasattr(getattr(function.body[0], "value", None), "value") and len(function.body) > 1
        at = 1 if has_doc and isinstance(function.body[0].value.value, str) else 0
        function.body.insert(at, _weave_statement(statement, function.body[at]))
        return True
    if where == "last":
        function.body.append(_weave_statement(statement, function.body[-1]))
        return True
    if where == "finally":
        final = function.body[-1].finalbody
        final.insert(0, _weave_statement(statement, final[0]))
        return True
    done = False
    for body in _weave_bodies(function):
        for one in list(body):
            if lines[one.lineno - 1].strip().startswith(text):
                body.insert(body.index(one) + (where == "after"), _weave_statement(statement, one))
                done = True
    return done


def _weave_bodies(statement):
    """Each list of statements within a statement."""
    for name in ("body", "orelse", "finalbody"):
        body = getattr(statement, name, None)
        if body:
            yield body
            for one in list(body):
                yield from _weave_bodies(one)
    for handler in getattr(statement, "handlers", ()):
        yield from _weave_bodies(handler)


def _weave_statement(text, neighbour):
    """The tree of a statement, with the place of its neighbour."""
    tree = compile(text.replace("hook.", "%r." % _weave_MARK), "?", "exec", _weave_ONLY_AST, True).body[0]
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = neighbour.lineno
            node.col_offset = node.end_col_offset = neighbour.col_offset
        for field in node._fields:
            value = getattr(node, field, None)
            nodes.extend(value if type(value) is list else [value] if hasattr(value, "_fields") else [])
    return tree


class _WeaveNever(type):
    """The class of stand-ins for C functions that never return: they look like what they stand for."""

    def __repr__(cls):
        return repr(cls.__wrapped__)

    def name(cls):
        return cls.__name__

    # What a class has of its own of this name hides what stands among its attributes.
    __text_signature__ = property(lambda cls: cls.__wrapped__.__text_signature__)
    __doc__ = property(lambda cls: cls.__wrapped__.__doc__)
    __self__ = property(lambda cls: cls.__wrapped__.__self__)
    __class__ = property(lambda cls: type(cls.__wrapped__))


_weave_Method = type(_WeaveNever("", (), {}).name)  # types.MethodType


def before_end(owner, name, hook):
    """Has a C function that never returns (it raises, or ends the process) call a hook first.

    The stand-in is a class: `type.__call__` calls __new__, which is the hook, and then __init__, which is the
    function itself; so it raises with no frame between, and is no method where a class keeps it.
    """
    original = getattr(owner, name)

    def __new__(cls, *args, **named):
        try:
            hook(_weave_sys._getframe(1), *args, **named)
        except Exception:
            trouble("before %s" % name)
        return object.__new__(cls)

    stand_in = _WeaveNever(
        name,
        (),
        {
            "__new__": __new__,
            "__init__": staticmethod(original),
            "__wrapped__": original,
            "__module__": original.__module__,
        },
    )
    # Where it comes from too, as os has what is posix's: there pickle looks for it.
    for one in (owner, _weave_sys.modules.get(original.__module__)):
        if getattr(one, name, None) is original:
            setattr(one, name, stand_in)


def before_call(original, hook):
    """A callable like a C function of one argument, which calls hook(argument) first.

    It is `operator.iadd` bound to an object whose __iadd__ is the hook and declines, so C goes on to its __add__,
    which is the function itself.
    """
    def __iadd__(self, argument):
        try:
            hook(argument)
        except Exception:
            trouble("before %s" % getattr(original, "__name__", "a call"))
        return NotImplemented

    both = type("recorder", (), {"__slots__": (), "__iadd__": __iadd__, "__add__": staticmethod(original)})
    return _weave_Method(_weave_operator.iadd, both())
