"""The stub by which the recorder comes into a Python process: it stands on PYTHONPATH.

Any Python may meet it, so it is written for all of them. It starts the recorder where that can run,
takes its own folder out of sys.path, and hands over to the sitecustomize that would have run without it.
"""
import sys


def _start():
    import gc
    import os

    folder = os.path.dirname(__file__)
    # Nothing of the recorder is garbage, and collections would take a tenth of its start.
    collects = gc.isenabled()
    gc.disable()
    run = os.environ.get("TANDEM_RECORD")
    texts = os.environ.get("TANDEM_OVERLAY")
    overlay = None
    try:
        if run and sys.version_info >= (3, 9) and sys.implementation.name == "cpython":
            if texts:
                overlay = _loaded("_tandem_overlay")
                overlay.start(texts)
            _loaded("_tandem_recorder").start(run, overlay)
    except Exception:
        try:
            import traceback

            with open(os.path.join(run, "%d.trouble" % os.getpid()), "w") as report:
                traceback.print_exc(file=report)
        except Exception:
            pass
    finally:
        if collects:
            gc.enable()
    sys.modules.pop("_tandem_overlay", None)
    sys.modules.pop("_tandem_recorder", None)
    while folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)


def _loaded(name):
    # Its bytecode lies beside it, in tandem's own folder, whatever the program has asked for its own modules.
    writes, prefix = sys.dont_write_bytecode, sys.pycache_prefix
    try:
        sys.dont_write_bytecode, sys.pycache_prefix = False, None
        return __import__(name)
    finally:
        sys.dont_write_bytecode, sys.pycache_prefix = writes, prefix


def _hand_over():
    mine = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as missing:
        if getattr(missing, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        # With the name missing the import system would report an error in sitecustomize.
        sys.modules.setdefault("sitecustomize", mine)


_start()
_hand_over()
