"""Cancellations that were caught are raised again."""

WIDE = ("BaseException",)
NARROW = ("CancelledError",)


def raise_again(text, known):
    """`line`: the await that a cancellation came to; `function`: in which function."""
    function = function_at(text, known["line"], known["function"])
    tries = [
        node
        for node in own_nodes(function)
        if isinstance(node, ast.Try) and spans(node.body, known["line"])
    ]
    # The innermost one catches first.
    for one in reversed(tries):
        for handler in one.handlers:
            if handler.type is None or any(name in (*WIDE, *NARROW) for name in caught(handler)):
                return raise_in(text, one, handler)
    raise Refused(f"no clause of {known['function']} catches the cancellation")


def spans(block, line):
    return bool(block) and block[0].lineno <= line <= block[-1].end_lineno


def caught(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [last_name(kind) for kind in kinds]


def raise_in(text, attempt, handler):
    only = handler.type is not None and set(caught(handler)) <= set(NARROW)
    if not only:
        # Whatever else it catches is still its own.
        if text.margin(handler) is None:
            raise Refused("the clause that catches it shares its line with others")
        outer = text.margin(handler)
        inner = text.margin(handler.body[0])
        unit = inner[len(outer):] if inner is not None and inner.startswith(outer) else text.unit()
        error = import_of(text, "asyncio", "CancelledError", attempt)
        at, new_line = text.starts[handler.lineno - 1], text.new_line(handler.lineno)
        return text.insert(at, f"{outer}except {error}:{new_line}{outer}{unit}raise{new_line}")
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        raise Refused("the clause that catches it raises")
    if isinstance(last, (ast.Pass, ast.Continue)):
        return text.replace(text.start(last), text.end(last), "raise")
    if any(isinstance(node, (ast.Return, ast.Break, ast.Continue)) for one in handler.body for node in ast.walk(one)):
        raise Refused("the clause that catches it leaves in a way of its own")
    text.add_after(last, "raise")
