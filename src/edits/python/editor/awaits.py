"""What holds a loop's thread is awaited instead: as a coroutine, or in a thread of its own."""


def async_sleep(text, known):
    """`line`: where a coroutine stood still in `time.sleep`."""
    call = held_call(text, known)
    if not isinstance(function_of(text, call), ast.AsyncFunctionDef) or not is_sleep(text, call):
        raise NotMeant()
    sleep = import_of(text, "asyncio", "sleep", call)
    text.code(call)
    text.replace(text.start(call), text.end(call.func), f"await {sleep}")


def to_thread(text, known):
    """`line`, `function`: where a loop's thread stood still; `call`: what stood there, where it is known."""
    function = function_at(text, known["line"], known["function"])
    if isinstance(function, ast.AsyncFunctionDef):
        call = held_call(text, known)
        if is_sleep(text, call):
            raise NotMeant()
    else:
        call = outermost_call(text, function)
    check_threadable(text, call)
    await_in_thread(text, call)


def held_call(text, known):
    """The call in which a line stood still: as the trace tells it, or the only one there."""
    calls = calls_at(text, known["line"], lambda call: True)
    if known.get("call"):
        told = without_space(known["call"])
        calls = [call for call in calls if without_space(text.text[text.start(call):text.end(call)]) == told]
    if len(calls) != 1:
        raise Refused(f"what held the loop in line {known['line']} is not one call")
    return calls[0]


def without_space(code):
    return "".join(code.split())


def is_sleep(text, call):
    """Whether a call is one of `time.sleep`, by whatever name that is imported."""
    for one in imports_before(text, call):
        for alias in one.names:
            known = alias.asname or alias.name
            if isinstance(one, ast.Import) and alias.name == "time":
                if isinstance(call.func, ast.Attribute) and call.func.attr == "sleep" and is_name(call.func.value, known):
                    return True
            elif isinstance(one, ast.ImportFrom) and one.module == "time" and alias.name == "sleep":
                if is_name(call.func, known):
                    return True
    return False


def function_at(text, line, name):
    """The innermost function of that name that a line stands in."""
    found = [one for one in definitions(text, name) if one.lineno <= line <= one.end_lineno]
    if not found:
        raise Refused(f"the function that line {line} stands in is not found")
    return found[-1]


def outermost_call(text, function):
    """Where a coroutine calls what calls a function: the only place, and each one on the way to it."""
    seen = []
    while function not in seen:
        seen.append(function)
        calls = calls_of(text, function)
        if len(calls) != 1:
            count = "is not called in its own file" if not calls else "is called in several places"
            raise Refused(f"{function.name} {count}")
        caller = function_of(text, calls[0])
        if isinstance(caller, ast.AsyncFunctionDef):
            return calls[0]
        if not isinstance(caller, ast.FunctionDef):
            where = "at the top of the module" if caller is None else "in a lambda"
            raise Refused(f"{function.name} is called {where}")
        function = caller
    raise Refused(f"{function.name} calls itself")


def calls_of(text, function):
    """The calls of a function in its module, where it is used in no other way than by being called."""
    name = function.name
    if len(definitions(text, name)) > 1:
        raise Refused(f"there are several functions called {name}")
    modules = {
        (alias.asname or alias.name).partition(".")[0]
        for one in ast.walk(text.tree)
        if isinstance(one, ast.Import)
        for alias in one.names
    }
    is_method = isinstance(text.parents[function], ast.ClassDef)

    def is_meant(node):
        if not is_method:
            return is_name(node, name)
        of_module = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        return isinstance(node, ast.Attribute) and node.attr == name and not of_module

    calls = []
    for node in ast.walk(text.tree):
        if not is_meant(node):
            continue
        parent = text.parents[node]
        if isinstance(parent, ast.Call) and node is parent.func:
            calls.append(parent)
        elif not isinstance(parent, ast.Attribute) and not runs_elsewhere(text, node):
            raise Refused(f"{name} is handed on, and may be called by others")
    return calls


def runs_elsewhere(text, function):
    """Whether a function is handed to a thread."""
    parent = text.parents[function]
    if isinstance(parent, ast.keyword):
        return parent.arg == "target"
    return isinstance(parent, ast.Call) and last_name(parent.func) in ("to_thread", "run_in_executor", "submit")


# What only the thread of a loop may do.
OF_A_LOOP = {
    "get_running_loop",
    "get_event_loop",
    "create_task",
    "ensure_future",
    "create_future",
    "call_soon",
    "call_later",
    "call_at",
    "set_result",
    "set_exception",
}


def check_threadable(text, call):
    """Whether what a call runs may run in another thread, as far as the module shows it."""
    stack, seen = [last_name(call.func)], set()
    while stack:
        name = stack.pop()
        found = definitions(text, name) if name and name not in seen else []
        seen.add(name)
        for function in found:
            if isinstance(function, ast.AsyncFunctionDef):
                continue
            for node in own_nodes(function):
                if isinstance(node, (ast.Yield, ast.YieldFrom)) and name == last_name(call.func):
                    raise Refused(f"{name} is a generator, which runs where its values are taken")
                if isinstance(node, ast.Call):
                    if last_name(node.func) in OF_A_LOOP:
                        raise Refused(f"{name} calls {last_name(node.func)}, which only the loop's own thread may")
                    stack.append(last_name(node.func))


def await_in_thread(text, call):
    check_place(text, call)
    in_thread = import_of(text, "asyncio", "to_thread", call)
    put_before_arguments(text, call, f"await {in_thread}(", is_trailed(text, call))


def check_place(text, call):
    """Whether what stands at a call may be an await."""
    for one in outward(text, call):
        if isinstance(one, ast.Await) and one.value is call:
            raise Refused("what the call returns is awaited")
        if isinstance(one, ast.GeneratorExp):
            raise Refused("the call stands in a generator")
        if isinstance(one, ast.stmt):
            return


def is_trailed(text, node):
    """Whether an await at the place of a node needs parentheses."""
    parent = text.parents[node]
    if isinstance(parent, (ast.Attribute, ast.Subscript)):
        return parent.value is node
    return isinstance(parent, ast.Call) and parent.func is node


def put_before_arguments(text, call, before, in_parentheses=False):
    """`f(a)` becomes `before` with `f, a)`."""
    text.code(call)
    opened = text.end(call.func)
    end = text.end(call)
    gap = re.match(r"[ \t]*\(", text.text[opened:end])
    if gap is None:
        raise Refused("the call is written in a way that is not understood")
    inside = opened + gap.end()
    arguments = [*call.args, *call.keywords]
    if in_parentheses:
        before = f"({before}"
    after = ")" if in_parentheses else ""
    if arguments and text.text[inside] in "\r\n":
        # Where each argument has a line of its own the function has one as well.
        first = min(arguments, key=text.start)
        margin = text.text[text.starts[first.lineno - 1]:text.start(first)]
        if margin.strip():
            raise Refused("the call is written in a way that is not understood")
        text.insert(text.start(call), f"{before}{text.new_line(call.lineno)}{margin}")
        text.replace(opened, inside, ",")
        return text.insert(end, after) if after else None
    text.insert(text.start(call), before)
    if not arguments:
        if text.text[inside:end].strip() != ")":
            raise Refused("a comment stands in the call")
        return text.replace(opened, end, f"){after}")
    if isinstance(call.args[0] if call.args else None, ast.GeneratorExp) and text.start(call.args[0]) < inside:
        text.replace(opened, inside, ", (")
        return text.insert(end, f"){after}")
    text.replace(opened, inside, ", ")
    if after:
        text.insert(end, after)


# Waiting for one's own loop.


def await_instead(text, known):
    """`line`: where a coroutine waited for work of its own loop with the whole thread, or began a second loop."""
    def waits(call):
        is_run = last_name(call.func) in ("run_until_complete", "result") or is_asyncio_run(text, call)
        return is_run and is_wait(call)

    call = call_at(text, known["line"], waits, "wait that could be awaited instead")
    if not isinstance(function_of(text, call), ast.AsyncFunctionDef):
        raise NotMeant()
    check_place(text, call)
    if last_name(call.func) != "result":
        return put_await(text, call, call.args[0])
    future = call.func.value
    if isinstance(future, ast.Call) and last_name(future.func) == "run_coroutine_threadsafe":
        if len(future.args) != 2 or future.keywords:
            raise Refused("run_coroutine_threadsafe is called in a way that is not understood")
        return put_await(text, call, future.args[0])
    wrap = import_of(text, "asyncio", "wrap_future", call)
    opened, closed = ("(", ")") if is_trailed(text, call) else ("", "")
    text.code(call)
    text.insert(text.start(call), f"{opened}await {wrap}(")
    text.replace(text.end(future), text.end(call), f"){closed}")


def is_asyncio_run(text, call):
    if last_name(call.func) is None:
        return False
    code = text.text[text.start(call.func):text.end(call.func)]
    return code in known_imports(text, "asyncio", "run", call)


def is_wait(call):
    if last_name(call.func) == "result":
        return isinstance(call.func, ast.Attribute) and not call.args and not call.keywords
    return len(call.args) == 1 and not isinstance(call.args[0], ast.Starred) and not call.keywords


def put_await(text, call, awaited):
    """Puts an await of an expression in the place of a call that it stands in."""
    code = text.code(awaited)
    text.code(call)
    if LINE_END.search(text.text[text.start(call):text.end(call)]) and "#" in text.text[text.start(call):text.end(call)]:
        raise Refused("a comment stands in the call")
    if not isinstance(awaited, (ast.Call, ast.Name, ast.Attribute)):
        code = f"({code})"
    told = f"await {code}"
    text.replace(text.start(call), text.end(call), f"({told})" if is_trailed(text, call) else told)


def run_in_executor(text, known):
    """`function`: what a loop's callback waits in; `line`: where."""
    function = function_at(text, known["line"], known["function"])
    if isinstance(function, ast.AsyncFunctionDef):
        raise NotMeant()
    check_threadable(text, ast.Call(func=ast.Name(id=function.name), args=[], keywords=[]))
    handed = [
        call
        for call in ast.walk(text.tree)
        if isinstance(call, ast.Call) and hands(call, function.name)
    ]
    if len(handed) != 1:
        count = "is not found" if not handed else "may be one of several"
        raise Refused(f"where {function.name} is handed to the loop {count}")
    call = handed[0]
    text.code(call)
    if not isinstance(text.parents[call], ast.Expr):
        raise Refused(f"what {call.func.attr} returns is used")
    receiver = call.func.value
    index = DROPS[call.func.attr]
    if call.keywords:
        raise Refused(f"{call.func.attr} is called with more than the function and its arguments")
    if index == 0:
        text.replace(text.end(receiver), text.end(call.func), ".run_in_executor")
        return text.insert(text.start(call.args[0]), "None, ")
    if not isinstance(receiver, ast.Name):
        raise Refused("the loop has no name there")
    text.insert(text.start(call.args[index]), f"{text.code(receiver)}.run_in_executor, None, ")


def hands(call, name):
    """Whether a call hands a function of that name to a loop, which then calls it."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in ("call_soon", "call_soon_threadsafe", "call_later", "call_at"):
        return False
    index = DROPS[func.attr]
    return len(call.args) > index and last_name(call.args[index]) == name


# Waiting in a synchronous function that a running loop has called.


def run_in_thread(text, known):
    """`line`: where a loop was to run in a thread that runs one already."""
    call = call_at(text, known["line"], lambda call: is_asyncio_run(text, call) and is_wait(call), "asyncio.run")
    function = function_of(text, call)
    if isinstance(function, ast.AsyncFunctionDef):
        raise NotMeant()
    check_place(text, call)
    pool = import_of(text, "concurrent.futures", "ThreadPoolExecutor", call)
    put_before_arguments(text, call, f"{pool}(1).submit(")
    text.insert(text.end(call), ".result()")


# A coroutine that nobody awaited.


def await_call(text, known):
    """`line`: where a coroutine function was called; `of`: that function."""
    call = call_at(
        text,
        known["line"],
        lambda call: last_name(call.func) == known["of"],
        f"call of {known['of']}",
    )
    function = function_of(text, call)
    if not isinstance(function, ast.AsyncFunctionDef):
        where = getattr(function, "name", "the code there")
        raise Refused(f"{where} is no coroutine, and cannot await {known['of']}")
    check_place(text, call)
    check_use(text, call)
    text.code(call)
    opened, closed = ("(", ")") if is_trailed(text, call) else ("", "")
    text.insert(text.start(call), f"{opened}await ")
    if closed:
        text.insert(text.end(call), closed)


# What takes a value and does not keep it.
TAKES = {"print", "len", "str", "repr", "list", "sorted", "sum", "bool", "int", "float", "dict", "set", "tuple"}


def check_use(text, call):
    """Whether a coroutine's result is meant where the coroutine itself was taken."""
    node = call
    for parent in outward(text, call):
        if isinstance(parent, (ast.Expr, ast.If, ast.While, ast.Assert)):
            return
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            return check_name(text, call, parent)
        if isinstance(parent, (ast.AugAssign, ast.For)) and node is not getattr(parent, "target", None):
            return
        if isinstance(parent, ast.Call):
            if node is not parent.func and not is_taken_by(parent):
                break
        elif not isinstance(
            parent,
            (ast.Attribute, ast.Subscript, ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.IfExp, ast.NamedExpr)
            + (ast.JoinedStr, ast.FormattedValue),
        ):
            break
        node = parent
    raise Refused(f"what {last_name(call.func)} returns is handed on as it is")


def is_taken_by(call):
    return isinstance(call.func, ast.Name) and call.func.id in TAKES


def check_name(text, call, assignment):
    """Whether a name that a coroutine is kept under is nowhere used for the coroutine itself."""
    targets = getattr(assignment, "targets", None) or [assignment.target]
    function = function_of(text, call)
    for target in targets:
        if not isinstance(target, (ast.Name, ast.Tuple)):
            raise Refused(f"what {last_name(call.func)} returns is kept where others may use it")
        for name in stored_names(target):
            for node in own_nodes(function):
                if not is_name(node, name) or not isinstance(node.ctx, ast.Load):
                    continue
                parent = text.parents[node]
                if isinstance(parent, ast.Await) or isinstance(parent, (ast.Return, ast.Starred)):
                    raise Refused(f"{name} is used as the coroutine that it is")
                if isinstance(parent, ast.Call) and node is not parent.func and not is_taken_by(parent):
                    raise Refused(f"{name} is handed on as it is")
