"""What stands at a place of a module, in which function, and where a block comes to its end."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS = (*DEFINITIONS, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def outward(text, node):
    """What a node stands in, the innermost first."""
    while node in text.parents:
        node = text.parents[node]
        yield node


def function_of(text, node):
    """The function that a node's code runs in; None at the top of a module or a class."""
    for one in outward(text, node):
        if isinstance(one, ast.ClassDef):
            return None
        # Decorators and defaults run where the function is defined.
        if isinstance(one, FUNCTIONS) and (node is one.body or isinstance(one.body, list) and node in one.body):
            return one
        node = one
    return None


def statement_of(text, node):
    if isinstance(node, ast.stmt):
        return node
    return next(one for one in outward(text, node) if isinstance(one, ast.stmt))


def own_nodes(function):
    """The nodes that run with a function, without those of functions and classes in it."""
    body = function.body if isinstance(function.body, list) else [function.body]
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def last_name(expression):
    """The last part of a dotted name, as `create_task` of `loop.create_task`; None where it is none."""
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else None


def calls_at(text, line, fits):
    """The calls that a line of a running program may be in: those that begin there, or else reach over it."""
    calls = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Call) and node.lineno <= line <= node.end_lineno and fits(node)
    ]
    return [call for call in calls if line in (call.lineno, call.func.end_lineno)] or calls


def call_at(text, line, fits, what):
    """The one call that fits at a line."""
    calls = calls_at(text, line, fits)
    if not calls:
        raise Refused(f"no {what} stands in line {line}")
    if len(calls) > 1:
        raise Refused(f"several calls in line {line} could be meant")
    return calls[0]


def definitions(text, name):
    """The functions of that name in the module, methods and nested ones too."""
    return [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, DEFINITIONS) and node.name == name
    ]


def never_ends(function):
    """Whether a function goes round for ever, as far as its syntax says so."""
    for node in own_nodes(function):
        if isinstance(node, ast.While) and is_for_ever(node):
            return True
    return False


def is_for_ever(loop):
    """Whether a loop has no way out but an error."""
    if not isinstance(loop, ast.While):
        return False
    test = loop.test
    if not (isinstance(test, ast.Constant) and bool(test.value)):
        return False
    return not leaves(loop.body)


def leaves(block, breaks=True):
    """Whether a statement in a block of a loop leaves that loop."""
    for statement in block:
        if isinstance(statement, (ast.Return, ast.Raise)) or (breaks and isinstance(statement, ast.Break)):
            return True
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            continue
        inner = breaks and not isinstance(statement, LOOPS)
        for field in ("body", "orelse", "finalbody"):
            of_else = field == "orelse" and isinstance(statement, LOOPS)
            if leaves(getattr(statement, field, []), breaks if of_else else inner):
                return True
        for handler in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            if leaves(handler.body, inner):
                return True
    return False


def add_at_end(text, owner, lines, since=None, what=None):
    """Adds lines to where a function, or another owner of a block, comes to its end other than by an error.

    `since` is the statement from which on that matters. `what` names the owner in a refusal.
    """
    last = owner.body[-1]
    name = what or owner.name
    if isinstance(owner, FUNCTIONS):
        begins = text.start(since) if since is not None else 0
        for node in own_nodes(owner):
            if isinstance(node, ast.Return) and node is not last and text.start(node) >= begins:
                raise Refused(f"{name} returns in several places")
            if isinstance(node, (ast.Yield, ast.YieldFrom)):
                raise Refused(f"{name} is a generator")
    if isinstance(last, ast.Raise):
        raise Refused(f"{name} ends by an error")
    if is_for_ever(last):
        raise Refused(f"{name} goes round for ever")
    text.at_ends.setdefault(owner, []).extend(lines)


def write_ends(text):
    """Writes what was added to the ends of blocks."""
    for owner, lines in text.at_ends.items():
        last = owner.body[-1]
        if not isinstance(last, ast.Return):
            text.add_after(last, *lines)
        elif last.value is None or isinstance(last.value, (ast.Name, ast.Constant)):
            text.add_before(last, *lines)
        elif text.margin(last) is None or not text.ends_line(last):
            raise Refused("the statement that returns shares its line with others")
        else:
            # What is returned is worked out before these lines, as it was.
            result = fresh(text, "result", owner)
            start = text.start(last)
            text.replace(start, start + len("return"), f"{result} =")
            text.add_after(last, *lines, f"return {result}")
