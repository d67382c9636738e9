#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs.py [FILE.md ...] - do the documents say what is so?

Files are named from the root of the tree. Every link to a file of the tree must
lead to one (and to a heading that is there). Of the code blocks

    ```sh run           must run with status 0, from the root
    ```sh run scratch   the same in a folder that the document's blocks share,
                        with the commands of the build (WEFT_BUILD, or
                        build/dev) first in PATH
    ```c file a/b.c     is written to that folder, under that name
    ```text of COMMAND  is the last of what that prints, run from the root;
                        numbers that depend on the day count as equal

in the order in which they stand. Without arguments: all documents that git
knows.
"""
import os
import re
import subprocess
import sys
import tempfile

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(.*)$")
FILE = re.compile(r"^\w+ file (\S+)$")
OUTPUT = re.compile(r"^text of (.+)$")
# What differs from run to run: ports, times, sizes.
AMOUNT = re.compile(r"127\.0\.0\.1:\d+|\b\d+(\.\d+)? ?(ms|s|B|kB|MB)\b")
NUMBER = re.compile(r"\b\d+(\.\d+)?\b")
TIMEOUT_S = 900
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("WEFT_BUILD",
                                                          "build/dev")))


def parts(text):
    """The prose without its code blocks, and those that something is done
    with: where they begin, their mark and their text."""
    prose, blocks = [], []
    block, info = None, ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and block is None:
            block, info = (number, []), fence[1].strip()
        elif fence:
            if (info.startswith("sh run") or FILE.match(info)
                    or OUTPUT.match(info)):
                blocks.append((block[0], info, "\n".join(block[1]) + "\n"))
            block = None
        elif block is not None:
            block[1].append(line)
        else:
            prose.append((number, line))
    return prose, blocks


def anchors(path):
    """The names GitHub gives the headings of a document."""
    with open(path, encoding="utf-8") as f:
        prose, _ = parts(f.read())
    names = set()
    for _, line in prose:
        if line.startswith("#"):
            title = line.lstrip("#").strip().lower()
            names.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
    return names


def link_fault(document, target):
    """What is wrong with a link, or None."""
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    full = os.path.join(os.path.dirname(document), path) if path else document
    if not os.path.exists(full):
        return "no such file"
    if anchor and anchor not in anchors(full):
        return "no such heading"
    return None


def write(scratch, name, text):
    path = os.path.join(scratch, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run_fault(block, folder):
    """How a block of commands failed, or None."""
    # Ours would be settings of the nodes that a document starts.
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("WEFT_")}
    env["NO_COLOR"] = "1"
    if folder:
        env["PATH"] = os.path.join(BUILD, "cmd/weft") + ":" + env["PATH"]
        env["HOME"] = folder
        env["CMAKE_GENERATOR"] = "Ninja"
        env.pop("XDG_DATA_HOME", None)
    try:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=TIMEOUT_S, check=False,
                              cwd=folder, env=env)
    except subprocess.TimeoutExpired:
        return f"not done after {TIMEOUT_S} s"
    if done.returncode:
        return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return None


def still(line):
    """A line without what differs from run to run: where there is an amount,
    all numbers, and how far they are apart."""
    if not AMOUNT.search(line):
        return line.rstrip()
    line = NUMBER.sub("N", AMOUNT.sub("AMOUNT", line))
    return re.sub(r"\s+", " ", line).strip()


def output_fault(block, command):
    """How the output of a command differs from the block, or None."""
    env = dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(["bash", "-c", command],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=TIMEOUT_S, check=False,
                              env=env)
    except subprocess.TimeoutExpired:
        return f"not done after {TIMEOUT_S} s"
    if done.returncode:
        return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    expected = block.splitlines()
    printed = done.stdout.splitlines()[-len(expected):]
    if [still(line) for line in expected] != [still(line) for line in printed]:
        return "it prints now:\n" + done.stdout
    return None


def check(document):
    """Yields (place, fault or None) for every link and runnable block."""
    with open(document, encoding="utf-8") as f:
        prose, blocks = parts(f.read())
    for number, line in prose:
        for target in LINK.findall(line):
            yield (f"{document}:{number}: {target}",
                   link_fault(document, target))
    with tempfile.TemporaryDirectory(prefix="weft-docs-") as scratch:
        for number, info, block in blocks:
            place = f"{document}:{number}"
            if FILE.match(info):
                write(scratch, FILE.match(info)[1], block)
            elif OUTPUT.match(info):
                yield (f"{place}: output",
                       output_fault(block, OUTPUT.match(info)[1]))
            elif info in ("sh run", "sh run scratch"):
                folder = scratch if info.endswith("scratch") else None
                yield f"{place}: commands", run_fault(block, folder)
            else:
                yield f"{place}: {info}", "no such mark"


def main():
    os.chdir(ROOT)
    documents = sys.argv[1:] or subprocess.run(
        ["git", "ls-files", "*.md"], capture_output=True, text=True,
        check=True).stdout.splitlines()
    passed = failed = 0
    for document in documents:
        for place, fault in check(document):
            if fault:
                failed += 1
                print(f"{place}: {fault}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
