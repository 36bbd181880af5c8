"""What belongs to a loop is handed to it from another thread."""


def hand_to_loop(text, known):
    """`line`: where another thread than the loop's touched what is the loop's."""
    names = ("set_result", "set_exception", "call_soon", "create_task", "set", "put_nowait")
    call = call_at(text, known["line"], lambda call: last_name(call.func) in names, "call that could be handed to the loop")
    if not isinstance(text.parents[call], ast.Expr) or not isinstance(call.func, ast.Attribute):
        raise Refused("what the call returns is used")
    if call.keywords or any(isinstance(one, ast.Starred) for one in call.args):
        raise Refused("the call has arguments that have names")
    name = call.func.attr
    if name == "call_soon":
        return text.replace(text.end(call.func) - len(name), text.end(call.func), "call_soon_threadsafe")
    if name == "create_task":
        return to_other_loop(text, call)
    owner = call.func.value
    if not isinstance(owner, (ast.Name, ast.Attribute)):
        raise Refused("what is touched has no name there")
    if name in ("set_result", "set_exception"):
        loop = f"{text.code(owner)}.get_loop()"
    else:
        loop = loop_known(text, call)
    put_before_arguments(text, call, f"{loop}.call_soon_threadsafe(")


def to_other_loop(text, call):
    if len(call.args) != 1 or not isinstance(call.func.value, (ast.Name, ast.Attribute)):
        raise Refused("create_task is called in a way that is not understood")
    hand = import_of(text, "asyncio", "run_coroutine_threadsafe", call)
    loop = text.code(call.func.value)
    text.code(call)
    text.replace(text.start(call), text.end(call.func), hand)
    text.insert(text.end(call.args[0]), f", {loop}")


def loop_known(text, call):
    """The name of the loop, where one is known in the function of a call."""
    function = function_of(text, call)
    arguments = getattr(function, "args", None)
    names = [one.arg for one in arguments.args if one.arg in ("loop", "event_loop")] if arguments else []
    if len(names) != 1:
        raise Refused("the loop is not at hand there: call_soon_threadsafe is a method of it")
    return names[0]
