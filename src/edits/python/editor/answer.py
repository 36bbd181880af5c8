"""Answering: each ask has its replacements, or why there are none. Asks come as JSON on stdin, answers go to stdout."""
import base64
import functools
import json
import sys

PATTERNS = {
    "keep-and-await": keep_and_await,
    "await-call": await_call,
    "await-instead": await_instead,
    "async-sleep": async_sleep,
    "cancel-left": cancel_left,
    "asyncio-run": asyncio_run,
    "raise-again": raise_again,
    "done-callback": done_callback,
    "hand-to-loop": hand_to_loop,
    "flush-first": flush_first,
    "entry-in-thread": entry_in_thread,
    "to-thread": to_thread,
    "run-in-executor": run_in_executor,
    "run-in-thread": run_in_thread,
    "take-all": take_all,
    "join-queue": join_queue,
    "call-handlers": call_handlers,
    "wait-for-thread": wait_for_thread,
}


def answer(ask, text_of):
    try:
        text = text_of(ask["file"])
        text.begin()
        PATTERNS[ask["pattern"]](text, ask["known"])
        write_ends(text)
        replacements = text.replacements()
        check(text, replacements)
        return {"replacements": [[start, end, base64.b64encode(new).decode()] for start, end, new in replacements]}
    except NotMeant:
        return {"refused": None}
    except Refused as refused:
        return {"refused": str(refused)}
    except RecursionError:
        return {"refused": "its text is nested too deeply"}
    except Exception as error:
        # One ask that fails leaves the others their answers.
        return {"refused": f"the editor failed in it ({type(error).__name__}: {error})"}


def check(text, replacements):
    """The changed text has to be one that the interpreter would run."""
    pieces, done = [], 0
    for start, end, new in replacements:
        pieces += [text.data[done:start], new]
        done = end
    changed = b"".join([*pieces, text.data[done:]])
    try:
        compile(changed, "<changed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        raise Refused("the change does not fit into the text there") from None


def main():
    @functools.lru_cache(maxsize=None)
    def text_of(file):
        return Text(base64.b64decode(given["files"][file]))

    json.dump([answer(ask, text_of) for ask in given["asks"]], sys.stdout)


main()
