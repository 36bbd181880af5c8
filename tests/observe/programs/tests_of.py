"""Runs the tests of a module as `python -m unittest -v` does, and tells how each of them ended, and why.

tests_of.py FILE MODULE: appends to the file one JSON line for each test that began ({"test"}) and for each end
({"test", "end", "why"}, subtests with that of their test). Status 77 where this Python has no such module.
"""
import importlib.util
import json
import sys
import unittest

path, module = sys.argv[1:]
parts = module.split(".")
for length in range(1, len(parts) + 1):
    try:
        if importlib.util.find_spec(".".join(parts[:length])) is None:
            sys.exit(77)
    except ModuleNotFoundError:
        sys.exit(77)


def tell(test, end=None, why=""):
    # Closed each time: a test may count the descriptors that are open, or close them all.
    with open(path, "a") as file:
        file.write(json.dumps({"test": test.id(), "end": end, "why": why}) + "\n")


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        tell(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        tell(test, "ok")

    def addError(self, test, err):
        super().addError(test, err)
        tell(test, "error", self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        tell(test, "failure", self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            tell(test, "failure", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        tell(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        tell(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        tell(test, "unexpected success")


if __name__ == "__main__":
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Result)
    unittest.main(module=None, argv=["python -m unittest", module], testRunner=runner)
