#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gotest.py LOG - show a run of `go test -json` and count it.

One line for each top-level test, all that a failing one printed, and at last
"N passed, N failed", which counts the innermost subtests. A skipped test and a
package that did not get to its end count as failed.
"""
import json
import sys


def read(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("{"):
                yield json.loads(line)
            else:
                yield {"Action": "output", "Output": line}


def is_parent(name, names):
    return any(other.startswith(name + "/") for other in names)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    results, seconds, output, packages = {}, {}, {}, {}
    for e in read(sys.argv[1]):
        name = e.get("Test", "")
        if e["Action"] == "run":
            results[name] = "did not end"
        elif e["Action"] in ("pass", "fail", "skip") and name:
            results[name] = e["Action"]
            seconds[name] = e.get("Elapsed", 0)
        elif e["Action"] in ("pass", "fail"):
            packages[e["Package"]] = e["Action"]
        elif "Output" in e:
            output.setdefault(name, []).append(e["Output"])

    for name, result in results.items():
        if "/" not in name:
            print(f"{result:4} {seconds.get(name, 0):7.2f} s  {name}")
    failed = [n for n, r in results.items()
              if r != "pass" and not is_parent(n, results)]
    leaves = [n for n in results if not is_parent(n, results)]
    for name in sorted(set(failed) | {n for n, r in results.items()
                                      if r == "fail"}):
        print(f"--- {name}: {results[name]}")
        print("".join(output.get(name, [])), end="")
    count = len(failed)
    if not count and (not results or "fail" in packages.values()
                      or not packages):
        print("".join(output.get("", [])), end="")
        count = 1
    print(f"{len(leaves) - len(failed)} passed, {count} failed")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
