#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""summary.py JUNIT.XML - print "N passed, N failed" for a run of ctest.

A program that holds many tests prints how they went, in the words of Criterion,
Check or Python's unittest; these count one by one. Any other program counts as
one test. A test that did not run is a failure.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

CRITERION = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+)")
CHECK = re.compile(r"%: Checks: (\d+), Failures: (\d+), Errors: (\d+)")
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED \((.*)\))$",
                      re.MULTILINE)


def inner(text):
    """Tests run and passed, as the program says, or None."""
    found = CRITERION.search(text)
    if found:
        return int(found[1]), int(found[2])
    found = CHECK.search(text)
    if found:
        run = int(found[1])
        return run, run - int(found[2]) - int(found[3])
    found = UNITTEST.search(text)
    if found:
        bad = sum(int(n) for n in re.findall(r"\d+", found[2] or ""))
        return int(found[1]), int(found[1]) - bad
    return None


def count(case):
    """Passed and failed in one test of ctest."""
    good = case.get("status") == "run" and case.find("failure") is None
    said = None
    if not case.get("name").startswith("canary_"):
        said = inner(case.findtext("system-out") or "")
    if not said:
        return (1, 0) if good else (0, 1)
    run, passed = said
    failed = run - passed
    if not good:
        failed = max(failed, 1)
    return passed, failed


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        cases = list(ElementTree.parse(sys.argv[1]).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no results: {error}", file=sys.stderr)
        cases = []
    counts = [count(case) for case in cases] or [(0, 1)]
    passed = sum(c[0] for c in counts)
    failed = sum(c[1] for c in counts)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
