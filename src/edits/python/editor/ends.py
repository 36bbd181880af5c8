"""What is done before a program ends, so that nothing is cut off by that."""


def join_queue(text, known):
    """`line`: where a queue was made; `isMain`: whether that is in the program's own module."""
    made = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno <= known["line"] <= node.end_lineno
    ]
    if len(made) != 1:
        raise Refused("where the queue is made is not found")
    target = getattr(made[0], "target", None) or made[0].targets[0]
    if not isinstance(target, ast.Name) or len(getattr(made[0], "targets", [0])) > 1:
        raise Refused("the queue has no name that main's end could use")
    name = target.id
    tells = any(isinstance(node, ast.Attribute) and node.attr == "task_done" for node in ast.walk(text.tree))
    if not tells:
        raise Refused("nobody says of a value of the queue that it is done (task_done)")
    if stored_names(text.tree).count(name) > 1:
        raise Refused(f"{name} means several things in that module")
    function = function_of(text, made[0])
    if function is None:
        if made[0] not in text.tree.body:
            raise Refused("the queue is made in a block of other statements")
        return add_at_end_of_main(text, [f"{name}.join()"], known["isMain"])
    top = enclosing(text, made[0], function)
    if top is not made[0]:
        raise Refused("the queue is made where main does not see it")
    add_at_end_of(text, function, [f"{name}.join()"], made[0], known["isMain"])


def call_handlers(text, known):
    """`lines`: where handlers of the program's end were registered, in that order; `isMain`: as for queues."""
    calls, owner = [], None
    for line in known["lines"]:
        call, at, said = registered_at(text, line)
        if calls and at is not owner:
            raise Refused("the handlers are registered in several functions")
        owner = at
        # What is registered last is called first.
        calls.insert(0, said)
    if owner is None:
        return add_at_end_of_main(text, calls, known["isMain"])
    add_at_end_of(text, owner, calls, None, known["isMain"])


def registered_at(text, line):
    """A registration, the function that it stands in, and the call that it stands for."""
    for function in ast.walk(text.tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            if last_name(decorator) == "register" and line in (decorator.lineno, function.lineno):
                if function not in text.tree.body:
                    raise Refused("the handler is no function of the module")
                return decorator, None, f"{function.name}()"
    call = call_at(text, line, lambda call: last_name(call.func) == "register", "atexit.register")
    owner = function_of(text, call)
    if not isinstance(text.parents[call], ast.Expr):
        raise Refused("what atexit.register returns is used")
    if text.parents[call] not in (owner or text.tree).body:
        raise Refused("the handler is registered in a block of other statements")
    plain = (ast.Name, ast.Attribute, ast.Constant)
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not call.args or not all(isinstance(one, plain) for one in arguments):
        raise Refused("the handler is no function that has a name")
    function, *rest = [text.code(one) for one in call.args]
    rest += [f"{keyword.arg}={text.code(keyword.value)}" for keyword in call.keywords if keyword.arg]
    if len(rest) != len(arguments) - 1:
        raise Refused("the handler is registered in a way that is not understood")
    return call, owner, f"{function}({', '.join(rest)})"


def wait_for_thread(text, known):
    """`line`: where a daemon thread was made, or started."""
    call = thread_at(text, known["line"])
    daemon = next((one for one in call.keywords if one.arg == "daemon"), None)
    if daemon is None or not isinstance(daemon.value, ast.Constant) or daemon.value.value is not True:
        raise Refused("what makes the thread a daemon is not written where it is made")
    function = runs_in(text, call)
    if any(never_ends(one) for one in [function, *called_by(text, function)]):
        raise Refused(f"{function.name} goes round for ever, and would keep the program for ever")
    text.code(daemon.value)
    text.replace(text.start(daemon.value), text.end(daemon.value), "False")


def runs_in(text, call):
    """The function of the module that a thread runs, or that of the coroutine that it runs a loop for."""
    keywords = {one.arg: one.value for one in call.keywords}
    target = keywords.get("target", call.args[1] if len(call.args) > 1 else None)
    arguments = keywords.get("args")
    if isinstance(target, ast.Lambda) and isinstance(target.body, ast.Call):
        arguments = ast.Tuple(elts=target.body.args)
        target = target.body.func
    first = arguments.elts[0] if isinstance(arguments, ast.Tuple) and arguments.elts else None
    if isinstance(target, ast.Attribute) and target.attr == "run" and isinstance(first, ast.Call):
        target = first.func
    name = last_name(target) if target is not None else None
    found = definitions(text, name) if name else []
    if len(found) != 1:
        raise Refused("whether the thread ends by itself is not known")
    return found[0]


def thread_at(text, line):
    """The call that makes a thread which was started at a line."""
    is_thread = lambda call: last_name(call.func) == "Thread"
    here = calls_at(text, line, is_thread)
    if len(here) == 1:
        return here[0]
    starts = calls_at(text, line, lambda call: last_name(call.func) == "start")
    names = {one.func.value.id for one in starts if isinstance(one.func, ast.Attribute) and isinstance(one.func.value, ast.Name)}
    if here or len(names) != 1:
        raise Refused("where the thread is made is not found")
    [name] = names
    scope = function_of(text, starts[0]) or text.tree
    made = [
        node.value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and is_name(node.targets[0], name)
    ]
    if len(made) != 1 or not isinstance(made[0], ast.Call) or not is_thread(made[0]):
        raise Refused("where the thread is made is not found")
    return made[0]


FOR_EVER = {"run_forever", "serve_forever"}


def called_by(text, function):
    """The functions of a module that one calls, and those that these call."""
    stack, seen = [function], []
    while stack:
        one = stack.pop()
        for node in own_nodes(one):
            if not isinstance(node, ast.Call):
                continue
            if last_name(node.func) in FOR_EVER:
                raise Refused(f"{function.name} goes round for ever ({last_name(node.func)})")
            for called in definitions(text, last_name(node.func)) if last_name(node.func) else []:
                if called not in seen:
                    seen.append(called)
                    stack.append(called)
    return seen


def flush_first(text, known):
    """`line`: where an exit at once was called; `streams`: what had been written and not flushed."""
    call = call_at(text, known["line"], lambda call: last_name(call.func) in ("_exit", "abort"), "os._exit")
    if not isinstance(text.parents[call], ast.Expr):
        raise Refused("the call for the exit is no statement of its own")
    lines = [f"{import_of(text, 'sys', stream, call)}.flush()" for stream in known["streams"]]
    text.add_before(text.parents[call], *lines)
