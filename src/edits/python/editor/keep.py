"""Work that was started and lost: it is kept, and awaited where its loop's entry comes to its end."""

MAKERS = ("create_task", "ensure_future")


def keep_and_await(text, known):
    """`line`: where tasks were made; `of`: their function; `entry`: that of their loop; `others`: lost with them."""
    kept = [call_to_keep(text, known["line"], known["of"], known["entry"])]
    for other in known["others"]:
        try:
            one = call_to_keep(text, other["line"], other["of"], known["entry"])
            # Whether it can be kept is seen by doing so.
            keep_in(text, *one)
            kept.append(one)
        except Refused:
            continue
        finally:
            text.begin()
    for call, entry in sorted(set(kept), key=lambda one: text.start(one[0])):
        keep_in(text, call, entry)


def call_to_keep(text, line, of, name):
    """The call that made a task, and the entry of its loop."""
    call = call_at(
        text,
        line,
        lambda call: last_name(call.func) in MAKERS and makes(text, call, of),
        f"create_task of {of}" if of else "create_task",
    )
    check_maker(text, call)
    entry = entry_of(text, name)
    check_ends(text, of)
    return call, entry


def makes(text, call, of):
    """Whether a call may be what made a task of a function: where it shows another one of the module it is not."""
    first = call.args[0] if call.args else None
    shown = last_name(first.func) if isinstance(first, ast.Call) else None
    return shown is None or of is None or shown == of or not definitions(text, shown)


def check_maker(text, call):
    """Whether what makes a task is asyncio's, which returns it."""
    if isinstance(call.func, ast.Name):
        return
    owner = call.func.value
    if isinstance(owner, ast.Call):
        name = last_name(owner.func)
        if name in ("get_running_loop", "get_event_loop"):
            return
    elif "loop" in (last_name(owner) or ""):
        return
    if f"{text.code(owner)}.{call.func.attr}" not in known_imports(text, "asyncio", call.func.attr, call):
        raise Refused(f"whether {text.code(call.func)} returns the task is not known")


def entry_of(text, name):
    """The coroutine that the loop runs, by its qualified name."""
    told = name.replace("<locals>.", "")
    found = [
        function
        for function in definitions(text, told.rpartition(".")[2])
        if isinstance(function, ast.AsyncFunctionDef) and is_called(text, function, told)
    ]
    if len(found) != 1:
        raise Refused("the coroutine that the loop runs is not found in that file")
    return found[0]


def is_called(text, function, told):
    """Whether a function's qualified name is, or ends in, what is told of it."""
    around = [one.name for one in outward(text, function) if isinstance(one, (*DEFINITIONS, ast.ClassDef))]
    return f".{'.'.join([*reversed(around), function.name])}".endswith(f".{told}")


def check_ends(text, name):
    found = definitions(text, name) if name else []
    if len(found) == 1 and never_ends(found[0]):
        raise Refused(f"{name} goes round for ever, so whoever awaits it waits for ever")


def keep_in(text, call, entry):
    """Keeps what a call returns, and adds to the end of an entry that it is awaited."""
    statement, kept = kept_as(text, call)
    maker = function_of(text, call)
    if kept is not None:
        check_not_raced(maker or text.tree, kept.id if isinstance(kept, ast.Name) else kept)
    if maker is entry:
        return keep_own(text, call, statement, kept, entry)
    collection = kept.id if isinstance(kept, ast.Name) else added_to(text, statement, kept)
    if collection is not None and is_for_tasks(text, collection):
        return await_all(text, entry, collection, None)
    if isinstance(kept, ast.Name):
        raise Refused(f"what {last_name(call.func)} returns is put into {kept.id}, which may be used elsewhere")
    # It is made by a function that others call, in the entry or beside it.
    where = enclosing(text, call, entry)
    known = text.sets.get(where)
    tasks = known or fresh(text, "tasks", None if where is None else entry)
    add_to(text, call, statement, kept, tasks, forget=True)
    if known is not None:
        return
    text.sets[where] = tasks
    if where is None:
        add_to_module(text, top_statement(text, call), f"{tasks} = set()")
    else:
        text.add_before(where, f"{tasks} = set()")
    await_all(text, entry, tasks, where)


def check_not_raced(scope, name):
    """Whether nobody goes on with the first of several that are done: the others are then not wanted any more, it may be."""
    for call in ast.walk(scope):
        if not isinstance(call, ast.Call) or not any(is_name(one, name) for arg in call.args for one in ast.walk(arg)):
            continue
        firsts = [last_name(one.value) for one in call.keywords if one.arg == "return_when"]
        what = last_name(call.func)
        if what == "as_completed" or what == "wait" and any(one != "ALL_COMPLETED" for one in firsts):
            raise Refused(f"whether those that {what} goes on without are to be awaited or cancelled is for you to decide")


def added_to(text, statement, kept):
    """The collection that a kept value is added to in the same block; None where there is none."""
    for one in text.block(statement) if kept is not None else []:
        call = one.value if isinstance(one, ast.Expr) else None
        if isinstance(call, ast.Call) and last_name(call.func) in ("add", "append") and len(call.args) == 1:
            if is_name(call.args[0], kept) and isinstance(call.func.value, ast.Name):
                return call.func.value.id
    return None


def is_for_tasks(text, collection):
    """Whether a name means one collection of the module, which is filled in one place."""
    fills = [
        node
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("add", "append", "update", "extend", "insert")
        and is_name(node.value, collection)
    ]
    own = [one for one in text.tree.body if collection in stored_names(one)]
    return len(fills) == 1 and len(own) == 1 and stored_names(text.tree).count(collection) == 1


def is_suppressing(item):
    """Whether the item of a with block has nothing that its end would take away."""
    call = item.context_expr
    return isinstance(call, ast.Call) and last_name(call.func) == "suppress"


def keep_own(text, call, statement, kept, entry):
    """The same for what an entry makes itself."""
    top = enclosing(text, statement, entry)
    for one in outward(text, statement):
        if one is entry:
            break
        if isinstance(one, (ast.With, ast.AsyncWith)) and not all(is_suppressing(item) for item in one.items):
            raise Refused(f"it is started within a with block of {entry.name}, whose end may take away what it needs")
    is_sure = top is statement
    if isinstance(kept, ast.Name):
        # A collection that has them all already.
        return await_all(text, entry, kept.id, top)
    if is_sure and comprehension_of(text, call) is not None:
        tasks = kept or fresh(text, "tasks", entry)
        if kept is None:
            text.insert(text.start(statement), f"{tasks} = ")
        return await_all(text, entry, tasks, top)
    if is_sure:
        task = kept or fresh(text, "task", entry)
        if kept is None:
            text.insert(text.start(statement), f"{task} = ")
        elif stored_names(entry).count(kept) > 1 or is_shared(entry, kept):
            raise Refused(f"{kept} means several things in {entry.name}")
        elif is_cancelled(entry, kept):
            raise Refused(f"{kept} is cancelled in {entry.name}, at least at times")
        return add_at_end(text, entry, [f"await {task}"], top)
    known = text.sets.get(top)
    tasks = known or fresh(text, "tasks", entry)
    loops = [one for one in outward(text, statement) if isinstance(one, LOOPS) and enclosing(text, one, entry)]
    add_to(text, call, statement, kept, tasks, forget=not all(isinstance(one, ast.For) for one in loops))
    if known is not None:
        return
    text.sets[top] = tasks
    text.add_before(top, f"{tasks} = set()")
    await_all(text, entry, tasks, top)


def await_all(text, entry, tasks, since):
    gather = import_of(text, "asyncio", "gather", entry.body[0])
    add_at_end(text, entry, [f"await {gather}(*{tasks})"], since)


def add_to(text, call, statement, kept, tasks, forget):
    """Puts what a call returns into a set. `forget`: a task that is done leaves it, as there may come ever more."""
    if comprehension_of(text, call) is not None:
        if kept is not None:
            return text.add_after(statement, f"{tasks}.update({kept})")
        return text.wrap(statement, f"{tasks}.update(", ")")
    if isinstance(text.parents[call], ast.Lambda):
        return text.wrap(call, f"{tasks}.add(", ")")
    if not forget:
        if kept is not None:
            return text.add_after(statement, f"{tasks}.add({kept})")
        return text.wrap(statement, f"{tasks}.add(", ")")
    task = kept or fresh(text, "task", function_of(text, call))
    if kept is None:
        text.insert(text.start(statement), f"{task} = ")
    text.add_after(statement, f"{tasks}.add({task})", f"{task}.add_done_callback({tasks}.discard)")


def kept_as(text, call):
    """The statement of a call, and what keeps its value.

    That is a name, a collection that it is put into (as a node), or nothing.
    """
    value = comprehension_of(text, call) or call
    parent = text.parents[value]
    if isinstance(parent, ast.Expr):
        if isinstance(value, ast.GeneratorExp):
            raise Refused("the task is started in a generator")
        return parent, None
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return parent, parent.targets[0].id
    if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
        return parent, parent.target.id
    if isinstance(parent, ast.Call) and value is call and call in parent.args:
        puts = isinstance(parent.func, ast.Attribute) and parent.func.attr in ("append", "add")
        if puts and isinstance(parent.func.value, ast.Name) and isinstance(text.parents[parent], ast.Expr):
            return text.parents[parent], parent.func.value
    name = last_name(call.func)
    if isinstance(parent, ast.Lambda) and is_dropped(text, parent):
        return statement_of(text, parent), None
    if isinstance(parent, (ast.Assign, ast.AnnAssign)):
        raise Refused(f"what {name} returns is kept where others may use it")
    raise Refused(f"what {name} returns is used where it is called")


def comprehension_of(text, call):
    """The comprehension whose every value a call is."""
    parent = text.parents[call]
    if isinstance(parent, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) and parent.elt is call:
        return parent
    return None


def enclosing(text, node, function):
    """The statement of a function's own block that a node stands in, or is; None where it is in none."""
    for one in [node, *outward(text, node)]:
        if one in function.body:
            return one
    return None


def top_statement(text, node):
    return next(one for one in [node, *outward(text, node)] if text.parents[one] is text.tree)


def add_to_module(text, statement, line):
    """Adds a line to a module's block before a statement, behind imports and other lines of that kind."""
    body = text.tree.body
    at = body.index(statement)
    before = body[at - 1] if at > 0 else None
    if before is None or isinstance(before, COMPOUND):
        return text.add_before(statement, line, "", "")
    is_import = isinstance(before, (ast.Import, ast.ImportFrom))
    text.add_after(before, *([""] if is_import else []), line)


def is_cancelled(function, name):
    return any(
        isinstance(node, ast.Attribute) and node.attr == "cancel" and is_name(node.value, name)
        for node in ast.walk(function)
    )


def is_shared(function, name):
    return any(
        isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in ast.walk(function)
    )
