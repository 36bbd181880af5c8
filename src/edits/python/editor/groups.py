"""Work in groups that one failure ends: the others come to their end first."""


def take_all(text, known):
    """`line`: where one of a group was started."""
    at = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, (ast.AsyncWith, ast.Call)) and node.lineno <= known["line"] <= node.end_lineno
    ]
    groups = [node for node in at if isinstance(node, ast.AsyncWith) and is_group(node)]
    if groups:
        return group_takes_all(text, groups[-1])
    gathers = [node for node in at if isinstance(node, ast.Call) and last_name(node.func) == "gather"]
    if len(gathers) != 1:
        raise Refused("the group that it was started in is not found")
    gather_takes_all(text, gathers[0])


def is_group(block):
    first = block.items[0].context_expr
    return isinstance(first, ast.Call) and last_name(first.func) == "TaskGroup"


def group_takes_all(text, group):
    item = group.items[0]
    if len(group.items) > 1 or not isinstance(item.optional_vars, ast.Name):
        raise Refused("its TaskGroup is opened together with something else")
    name = item.optional_vars.id
    scope = function_of(text, group)
    tasks = [started_in(text, one, name) for one in group.body]
    uses = sum(is_name(node, name) for node in ast.walk(scope))
    if uses != len(tasks) + 1:
        raise Refused(f"{name} is used for more than starting tasks")
    if text.margin(group) is None or text.margin(group.body[0]) is None or not text.ends_line(group.body[-1]):
        raise Refused("its TaskGroup shares its lines with others")
    gather = import_of(text, "asyncio", "gather", group)
    results = fresh(text, "results", scope)
    head = text.text[text.end(item.optional_vars):text.start(group.body[0])]
    colon = re.match(r"[ \t]*\)?[ \t]*:", head)
    if colon is None:
        raise Refused("its TaskGroup is written in a way that is not understood")
    text.replace(text.start(group), text.end(item.optional_vars) + colon.end(), f"{results} = await {gather}(")
    for call, statement, loop in tasks:
        put_argument(text, call, statement, loop)
    outer, inner = text.margin(group), text.margin(group.body[0])
    unit = inner[len(outer):]
    new_line = text.new_line(group.lineno)
    errors = fresh(text, "errors", scope)
    one = fresh(text, "one", scope)
    rows = [
        f"{inner}return_exceptions=True,",
        f"{outer})",
        f"{outer}{errors} = [{one} for {one} in {results} if isinstance({one}, Exception)]",
        f"{outer}if {errors}:",
        f'{outer}{unit}raise ExceptionGroup({text.quoted("unhandled errors in a TaskGroup")}, {errors})',
    ]
    end = group.body[-1].end_lineno
    if end < len(text.starts):
        return text.insert(text.starts[end], "".join(f"{row}{new_line}" for row in rows))
    text.insert(len(text.text), "".join(f"{new_line}{row}" for row in rows))


def started_in(text, statement, group):
    """A statement of a group that starts one task, or one for each of something."""
    loop = None
    call = statement
    if isinstance(statement, ast.For) and len(statement.body) == 1 and not statement.orelse:
        loop, call = statement, statement.body[0]
    call = call.value if isinstance(call, ast.Expr) else None
    starts = isinstance(call, ast.Call) and last_name(call.func) == "create_task" and is_name(call.func.value, group)
    if not starts or len(call.args) != 1:
        raise Refused("its TaskGroup does more than start tasks")
    if text.margin(statement) is None or not text.ends_line(statement):
        raise Refused("a task is started in a line that it shares with others")
    return call, statement, loop


def put_argument(text, call, statement, loop):
    """Makes an argument of gather of a statement that starts a task."""
    if loop is not None:
        if LINE_END.search(text.text[text.start(call):text.end(call)]) or "#" in text.line(loop.lineno):
            raise Refused("the loop that starts tasks is written in a way that is not understood")
        if "#" in text.line(call.lineno) or call.lineno != loop.lineno + 1 and call.lineno != loop.lineno:
            raise Refused("the loop that starts tasks is written in a way that is not understood")
        head = f"for {text.code(loop.target)} in {text.code(loop.iter)}"
        return text.replace(text.start(loop), text.end(loop), f"*[{coroutine_of(text, call)} {head}],")
    text.replace(text.start(call), text.end(call), f"{coroutine_of(text, call)},")


def coroutine_of(text, call):
    """What gather takes in the place of a call that starts a task."""
    if call.keywords:
        create = import_of(text, "asyncio", "create_task", call)
        return create + text.text[text.end(call.func):text.end(call)]
    return text.code(call.args[0])


def gather_takes_all(text, call):
    if any(one.arg in (None, "return_exceptions") for one in call.keywords):
        raise Refused("gather has options of its own")
    if not isinstance(text.parents[call], ast.Await):
        raise Refused("what gather returns is not awaited at once")
    awaited = text.parents[call]
    statement = text.parents[awaited]
    scope = function_of(text, call)
    text.code(call)
    if isinstance(statement, ast.Expr):
        results = fresh(text, "results", scope)
        text.insert(text.start(statement), f"{results} = ")
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        results = statement.targets[0].id
    else:
        raise Refused("what gather returns is used where it is called")
    if text.margin(statement) is None or not text.ends_line(statement):
        raise Refused("the statement shares its line with others")
    put_last(text, call, "return_exceptions=True")
    errors, error = fresh(text, "errors", scope), fresh(text, "error", scope)
    unit = text.unit()
    show = import_of(text, "traceback", "print_exception", call)
    text.add_after(
        statement,
        f"{errors} = [{error} for {error} in {results} if isinstance({error}, BaseException)]",
        f"for {error} in {errors}[1:]:",
        f"{unit}{show}(type({error}), {error}, {error}.__traceback__)",
        f"if {errors}:",
        f"{unit}raise {errors}[0]",
    )


def put_last(text, call, argument):
    """Adds an argument behind those of a call, as they are written."""
    last = max([*call.args, *call.keywords], key=lambda one: text.end(one), default=None)
    if last is None:
        raise Refused("gather is given nothing")
    rest = text.text[text.end(last):text.end(call)]
    if re.fullmatch(r",?\s*\)", rest.strip()) is None:
        raise Refused("gather is written in a way that is not understood")
    if rest.strip() == ")":
        return text.insert(text.end(last), f", {argument}")
    found = LINE_END.search(rest)
    if found is None:
        return text.insert(text.end(last) + rest.index(",") + 1, f" {argument}")
    # One argument stands on each line.
    first = text.text[text.starts[last.lineno - 1]:text.start(last)]
    if first.strip():
        return text.insert(text.end(last), f", {argument}")
    text.insert(text.end(last) + rest.index(",") + 1, f"{found.group()}{first}{argument},")
