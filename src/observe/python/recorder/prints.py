# Lines that the program prints: by whom and when, in the ring of details.
#
# Uses of ring: detail, text, get_ident; of weave: before_call. TANDEM_NO_PRINTS leaves it out. print() writes its
# arguments and what stands between them one by one, so what a thread writes is joined to lines.
_print_begun = {}
_print_most = 400  # of a line, in characters


def _print_frame():
    """The caller's frame. Audit hooks do not hear of this, as of sys._getframe: one that prints would come here again."""
    try:
        raise LookupError
    except LookupError as error:
        return error.__traceback__.tb_frame.f_back


def _print_written(words):
    """What a thread writes to stdout: each line that it ends is told."""
    if type(words) is not str or not words:
        return
    if _end_main_frame is None and not _end_is_told:
        look_for_main(_print_frame())
    ident = get_ident()
    if "\n" not in words:
        begun = _print_begun.get(ident, "")
        if len(begun) < _print_most:
            _print_begun[ident] = begun + words[:_print_most]
        return
    lines = words.split("\n")
    lines[0] = _print_begun.pop(ident, "") + lines[0]
    last = lines.pop()
    if last:
        _print_begun[ident] = last[:_print_most]
    actor = current_actor()
    for line in lines[:50]:
        detail(PRINTED, actor, 0, 0, text(line[:_print_most], False))


def prints_at_end():
    """Tells what was written without the end of a line."""
    for ident, words in list(_print_begun.items()):
        if words:
            detail(PRINTED, thread_actor(_thread_ids.get(ident, 0)), 0, 0, text(words, False))
    _print_begun.clear()


def prints_open():
    if os.environ.get("TANDEM_NO_PRINTS") or sys.stdout is None:
        return
    write = before_call(sys.stdout.write, _print_written)
    try:
        sys.stdout.write = write
    except AttributeError:
        return
    at_exit_first(guard(prints_at_end))
    after_fork(_print_begun.clear)
