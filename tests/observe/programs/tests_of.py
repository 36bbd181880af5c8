"""Runs tests as `python -m unittest -v` does, and tells how each of them ended, and why.

tests_of.py FILE NAME...: of the modules, classes or tests named. Appends to the file one JSON line for each test
that began ({"test"}) and for each end ({"test", "end", "why"}, subtests with that of their test).
"""
import json
import signal
import sys
import unittest

path, *names = sys.argv[1:]

# What a shell starts in the background ignores it, and then tests of Ctrl-C wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
    unittest.main(module=None, argv=["python -m unittest", *names], testRunner=runner)
