# SPDX-License-Identifier: Apache-2.0
"""All commands of weft, as their --help tells of them."""

import collections
import os
import re
import subprocess

WEFT = os.environ["WEFT_BIN"]
PAGES = os.environ["WEFT_PAGES"]

Command = collections.namedtuple("Command", "name summary below options examples")
# "  --listen ADDR  ...", "  -h, --help  ..."
OPTION = re.compile(r"^  (?:-h, )?--([a-z][a-z0-9-]*)(?: (\S+))?(?:  |$)")
BELOW = re.compile(r"^  ([a-z][a-z0-9-]*)(?:  |$)")


def read(name):
    """One command, from its help."""
    text = subprocess.run(
        [WEFT, *name.split()[1:], "--help"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=True).stdout
    parts = dict(re.findall(r"^(Commands|Options|Examples):\n((?:  .*\n)+)", text, re.M))
    below, options = [], {}
    for line in parts.get("Commands", "").splitlines():
        if BELOW.match(line):
            below.append(BELOW.match(line)[1])
    for line in parts["Options"].splitlines():
        if OPTION.match(line):
            options[OPTION.match(line)[1]] = OPTION.match(line)[2]
    return Command(name, text.splitlines()[0].split(" - ", 1)[1], below,
                   options, parts.get("Examples", "").splitlines())


def walk(name="weft"):
    command = read(name)
    yield command
    for word in command.below:
        yield from walk(name + " " + word)


ALL = list(walk())
