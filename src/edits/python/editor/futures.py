"""Work for another thread whose future is dropped: a callback looks at it."""

HANDS_OVER = ("run_coroutine_threadsafe", "submit")


def done_callback(text, known):
    """`line`: where work was handed over; `of`: its function."""
    call = call_at(
        text,
        known["line"],
        lambda call: last_name(call.func) in HANDS_OVER and is_about(call, known["of"]),
        "call that hands work over",
    )
    look = f".add_done_callback({logs_failure(text, call, known['of'])})"
    value = comprehension_of(text, call) or call
    parent = text.parents[value]
    text.code(call)
    if isinstance(parent, ast.Expr) or (isinstance(parent, ast.Lambda) and is_dropped(text, parent)):
        return text.insert(text.end(call), look)
    if value is call and isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, ast.Name):
            return text.add_after(parent, f"{target.id}{look}")
    raise Refused(f"what {last_name(call.func)} returns is used where it is called")


def logs_failure(text, call, of):
    """A callback that logs what a future failed with.

    One that raised it again, as by result(), would leave that to concurrent.futures: no code could act on it.
    """
    failed = text.quoted("failed" if of is None else f"{of} failed")
    log = f"{logger_of(text, call)}.error({failed}, exc_info=done.exception())"
    return f"lambda done: done.cancelled() or done.exception() and {log}"


def logger_of(text, node):
    """The logger that the module has made for itself; else that of the module's name."""
    stored = stored_names(text.tree)
    for one in text.tree.body:
        if isinstance(one, ast.Assign) and len(one.targets) == 1 and isinstance(one.targets[0], ast.Name):
            name = one.targets[0].id
            makes = isinstance(one.value, ast.Call) and last_name(one.value.func) == "getLogger"
            # At a module's top level only what stands above has run.
            if makes and stored.count(name) == 1 and name != "done":
                if function_of(text, node) is not None or one.lineno < node.lineno:
                    return name
    return f"{import_of(text, 'logging', 'getLogger', node)}(__name__)"


def is_about(call, of):
    first = call.args[0] if call.args else None
    if last_name(call.func) == "submit":
        name = last_name(first) if first is not None else None
    else:
        name = last_name(first.func) if isinstance(first, ast.Call) else None
    return name is None or of is None or name == of


# What calls a function later, and has no use for what that returns.
DROPS = {
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "call_later": 1,
    "call_at": 1,
    "add_done_callback": 0,
    "add_signal_handler": 1,
    "add_reader": 1,
    "add_writer": 1,
}


def is_dropped(text, function):
    """Whether a lambda's value goes nowhere."""
    call = text.parents[function]
    if not isinstance(call, ast.Call) or function not in call.args:
        return False
    return DROPS.get(last_name(call.func)) == call.args.index(function)
