"""Answering: each ask has its replacements, or why there are none. Asks come as JSON on stdin, answers go to stdout."""
import base64
import functools
import json
import sys

PATTERNS = {
    "keep-and-await": keep_and_await,
    "done-callback": done_callback,
}


def answer(ask, text_of):
    try:
        text = text_of(ask["file"])
        text.changes = []
        PATTERNS[ask["pattern"]](text, ask["known"])
        replacements = text.replacements()
        check(text, replacements)
        return {"replacements": [[start, end, base64.b64encode(new).decode()] for start, end, new in replacements]}
    except Refused as refused:
        return {"refused": str(refused)}
    except RecursionError:
        return {"refused": "its text is nested too deeply"}


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
