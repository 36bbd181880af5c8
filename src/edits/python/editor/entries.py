"""How a loop is run: in a thread beside main, or from its opening to its close by asyncio.run."""


def entry_in_thread(text, known):
    """As `keep_and_await`; `run`: the line of `asyncio.run`."""
    keep_and_await(text, known)
    call = call_at(text, known["run"], lambda call: is_asyncio_run(text, call), "asyncio.run")
    statement = text.parents[call]
    if not isinstance(statement, ast.Expr):
        raise Refused("what asyncio.run returns is used")
    if not is_wait(call):
        raise Refused("asyncio.run has options")
    if any(
        isinstance(node, ast.Attribute) and node.attr in ("add_signal_handler", "signal")
        for node in ast.walk(text.tree)
    ):
        raise Refused("signals are handled, which only main's thread may")
    owner = owner_of(text, statement)
    if owner.body[-1] is statement:
        raise Refused("nothing follows what the loop runs")
    thread = fresh(text, "thread", owner if isinstance(owner, FUNCTIONS) else None)
    make = import_of(text, "threading", "Thread", call)
    argument = call.args[0]
    text.code(argument)
    gaps = text.text[text.end(call.func):text.start(argument)], text.text[text.end(argument):text.end(call)]
    if gaps[0].strip() != "(" or gaps[1].strip() not in (")", ",)"):
        raise Refused("asyncio.run is written in a way that is not understood")
    text.insert(text.start(statement), f"{thread} = {make}(target=")
    text.replace(text.end(call.func), text.start(argument), ", args=(")
    text.replace(text.end(argument), text.end(call), ",))")
    text.add_after(statement, f"{thread}.start()")
    add_at_end(text, owner, [f"{thread}.join()"], statement, "the module")


def owner_of(text, statement):
    """The function, module or main's own block that a statement stands in by itself."""
    owner = text.parents[statement]
    if isinstance(owner, (ast.FunctionDef, ast.Module)) or owner is main_guard(text):
        if statement in owner.body:
            return owner
    raise Refused("it stands in a block of other statements")


def main_guard(text):
    """The last statement of a module, where that is `if __name__ == "__main__":`."""
    last = text.tree.body[-1]
    if not isinstance(last, ast.If) or last.orelse or not isinstance(last.test, ast.Compare):
        return None
    sides = [last.test.left, *last.test.comparators]
    names = [getattr(side, "id", getattr(side, "value", None)) for side in sides]
    return last if names in (["__name__", "__main__"], ["__main__", "__name__"]) else None


def add_at_end_of_main(text, lines, is_main):
    """Adds lines to the end of a program's own module. `is_main`: whether the module is known to be that."""
    guard = main_guard(text)
    if guard is None and not is_main:
        raise Refused("whether that module is the program's own is not known")
    add_at_end(text, guard or text.tree, lines, None, "the module")


def add_at_end_of(text, function, lines, since, is_main):
    """The same for a function that is the last that the program's own module calls."""
    guard = main_guard(text)
    last = (guard or text.tree).body[-1]
    calls = calls_of(text, function) if isinstance(function, ast.FunctionDef) else []
    is_last = len(calls) == 1 and function_of(text, calls[0]) is None and statement_of(text, calls[0]) is last
    if not is_last or function not in text.tree.body or isinstance(last, COMPOUND):
        raise Refused(f"main does not end with {getattr(function, 'name', 'what stands there')}")
    if guard is None and not is_main:
        raise Refused("whether that module is the program's own is not known")
    add_at_end(text, function, lines, since)


def asyncio_run(text, known):
    """`line`: where a loop was closed under its tasks."""
    close = call_at(text, known["line"], lambda call: last_name(call.func) == "close", "close()")
    if not isinstance(close.func.value, ast.Name):
        raise Refused("the loop that is closed has no name there")
    loop = close.func.value.id
    closing = text.parents[close]
    if not isinstance(closing, ast.Expr):
        raise Refused("the loop's close() is no statement of its own")
    block, attempt = text.block(closing), None
    if isinstance(text.parents[closing], ast.Try) and block is text.parents[closing].finalbody:
        attempt = text.parents[closing]
        if attempt.handlers or attempt.orelse or len(attempt.finalbody) > 1 or len(attempt.body) > 1:
            raise Refused("more than the loop's run is tried there")
        running = attempt.body[0]
        block = text.block(attempt)
        before = block[:block.index(attempt)]
    else:
        at = block.index(closing)
        if at < 2:
            raise Refused("the loop is made elsewhere")
        running = block[at - 1]
        before = block[:at - 1]
    runs = [
        node
        for node in own_nodes(ast.Module(body=[running], type_ignores=[]))
        if isinstance(node, ast.Call) and last_name(node.func) == "run_until_complete" and is_name(node.func.value, loop)
    ]
    if len(runs) != 1 or not is_wait(runs[0]) or isinstance(running, COMPOUND):
        raise Refused("what the loop runs is not one coroutine")
    gone = opening_of(text, before, loop)
    scope = function_of(text, closing) or text.tree
    uses = sum(is_name(node, loop) for node in ast.walk(scope))
    inside = sum(is_name(node, loop) for one in [*gone, running, closing] for node in ast.walk(one))
    if uses != inside or inside != len(gone) + 2 or (scope is text.tree and is_shared_with(text, loop)):
        raise Refused(f"{loop} is used for something else as well")
    call = runs[0]
    run = import_of(text, "asyncio", "run", call)
    text.code(call)
    text.replace(text.start(call.func), text.end(call.func), run)
    for one in gone:
        text.remove_lines(one)
    if attempt is None:
        return text.remove_lines(closing)
    outer, inner = text.margin(attempt), text.margin(running)
    if outer is None or inner is None or not text.ends_line(running) or not text.ends_line(closing):
        raise Refused("the statements share their lines with others")
    rows = text.text[text.starts[running.lineno - 1]:text.end(running)]
    if LINE_END.search(rows):
        raise Refused("what the loop runs is written over several lines")
    between = text.text[text.end(running):text.start(closing)]
    if "#" in text.line(attempt.lineno) or "#" in between:
        raise Refused("a comment stands where a line would go")
    start = text.starts[attempt.lineno - 1]
    text.replace(start, text.start(running), outer)
    text.replace(text.end(running), text.end(closing), "")


def opening_of(text, before, loop):
    """The statements right before that make a loop and set it as its thread's own."""
    gone = []
    for one in reversed(before):
        call = one.value if isinstance(one, (ast.Expr, ast.Assign)) else None
        if isinstance(one, ast.Expr) and isinstance(call, ast.Call) and last_name(call.func) == "set_event_loop":
            gone.append(one)
            continue
        makes_loop = isinstance(one, ast.Assign) and isinstance(call, ast.Call) and last_name(call.func) == "new_event_loop"
        if makes_loop and len(one.targets) == 1 and is_name(one.targets[0], loop):
            return [*gone, one]
        break
    raise Refused("the loop is made elsewhere")


def is_shared_with(text, name):
    return any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in ast.walk(text.tree))


def cancel_left(text, known):
    """`line`: where a loop was closed under its tasks."""
    close = call_at(text, known["line"], lambda call: last_name(call.func) == "close", "close()")
    if not isinstance(text.parents[close], ast.Expr) or last_name(close.func.value) is None:
        raise Refused("the loop that is closed has no name there")
    closing = text.parents[close]
    if text.margin(closing) is None:
        raise Refused("the loop's close() shares its line with others")
    loop = text.code(close.func.value)
    scope = function_of(text, closing)
    tasks, task = fresh(text, "tasks", scope), fresh(text, "task", scope)
    left = import_of(text, "asyncio", "all_tasks", closing)
    wait = import_of(text, "asyncio", "wait", closing)
    unit = text.unit()
    text.add_before(
        closing,
        f"{tasks} = {left}({loop})",
        f"for {task} in {tasks}:",
        f"{unit}{task}.cancel()",
        f"if {tasks}:",
        f"{unit}{loop}.run_until_complete({wait}({tasks}))",
    )
