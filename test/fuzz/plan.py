#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plan.py TARGETS SECONDS PROCESSORS [TARGET] - how long to fuzz each target.

TARGETS is what the build made: lines of a program, its corpus, and the files
and folders that its code comes from. Prints lines "seconds program corpus", the
longest first. Targets whose code changed get most of the time: since the commit
at which this branch left the main one or, on the main one, since the last tag.
Where neither can be told (a shallow clone, no git at all), or nothing or
everything changed, all get the same."""
import os
import subprocess
import sys

CHANGED_SHARE = 0.8  # of all the time, for those that changed


def git(*args):
    """What it says, or None."""
    try:
        done = subprocess.run(["git", *args], capture_output=True, text=True,
                              check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def base():
    """The commit that changes count from, or None."""
    head = git("rev-parse", "HEAD")
    for main in ("origin/HEAD", "origin/main", "main"):
        commit = git("merge-base", "HEAD", main)
        if commit and commit != head:
            return commit
    tag = git("describe", "--tags", "--abbrev=0")
    return tag and git("rev-parse", tag + "^{commit}")


def changed_files():
    """Relative to the root, those not committed too."""
    since = base()
    named = since and git("diff", "--name-only", since)
    return named.splitlines() if named else []


def is_of(path, place):
    """Whether the file is the place, or right in that folder. A library's
    folder is one level: below it are others. A corpus is one level, too."""
    return path == place or os.path.dirname(path) == place


def is_changed(target, files):
    return any(is_of(f, place) for f in files for place in target[2:])


def share(targets, changed, seconds, processors):
    """Seconds for each, of which all processors together have so many. One
    target runs on one processor, so it can use no more than `seconds`."""
    budget = seconds * processors
    others = len(targets) - len(changed)
    if not changed or not others:
        return [max(1, budget // len(targets))] * len(targets)
    each = min(seconds, int(budget * CHANGED_SHARE / len(changed)))
    rest = (budget - each * len(changed)) // others
    return [max(1, each if i in changed else min(rest, each))
            for i in range(len(targets))]


def main():
    path, seconds, processors = sys.argv[1], *map(int, sys.argv[2:4])
    only = sys.argv[4] if len(sys.argv) > 4 else None
    with open(path, encoding="utf-8") as file:
        targets = [line.split() for line in file]
    targets = [t for t in targets
               if only is None or os.path.basename(t[0]) == only]
    if not targets:
        return
    files = changed_files()
    changed = {i for i, t in enumerate(targets) if is_changed(t, files)}
    shares = share(targets, changed, seconds, processors)
    for length, target in sorted(zip(shares, targets), key=lambda s: -s[0]):
        print(length, target[0], target[1])


if __name__ == "__main__":
    main()
