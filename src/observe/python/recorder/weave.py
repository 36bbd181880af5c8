# Hooks inside functions of the standard library and around its C functions, without one more frame.
#
# A wrapper is a frame in the program's tracebacks and stacks. So a Python function keeps its identity and gets
# other bytecode: its own source, compiled again under the same file and lines, with calls of hooks in it. A C
# function is called by C behind its hook, which has returned by then.
#
# Uses trouble() of ring.py.

import _operator as _weave_operator
import sys as _weave_sys

_weave_MARK = "\0tandem recorder"  # stands in the compiled source for the object that has the hooks
_weave_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST, without importing ast into the program
_weave_sources = {}  # file -> its lines, while the hooks of one module are woven


def weave(function, hooks, *insertions):
    """Puts calls of hooks into a function of the standard library.

    hooks: an object whose attributes are the hooks; "hook" in an insertion's statement stands for it.
    insertions: (where, statement); where is "first", "last", "finally" (the function ends in a try statement: before
        what its finally does), "before TEXT" or "after TEXT", with the beginning of one or more statements' text.
    Returns whether it was done: not where the source is missing or is not what runs.
    """
    code = function.__code__
    lines = _weave_lines(code.co_filename)
    first = code.co_firstlineno - 1
    if first >= len(lines):
        return False
    text = "".join(_weave_block(lines, first))
    names = function.__qualname__.split(".")
    if len(names) > 1:
        text = "\n" * (first - 1) + "class %s:\n%s" % (names[-2], text)
    else:
        text = "\n" * first + text
    tree = compile(text, code.co_filename, "exec", _weave_ONLY_AST, True)
    body = tree.body[0].body if len(names) > 1 else tree.body
    for where, statement in insertions:
        if not _weave_insert(body[0], where, statement, lines):
            return False
    woven = _weave_code(tree, code)
    if not _weave_is_of(woven, code):
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


def end_of_weaving():
    """Forgets the sources that were read."""
    _weave_sources.clear()


def _weave_lines(file):
    if file not in _weave_sources:
        with open(file, encoding="utf-8") as source:
            _weave_sources[file] = source.readlines()
    return _weave_sources[file]


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
