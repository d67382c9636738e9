# SPDX-License-Identifier: Apache-2.0
"""The container file, read. The script "run" builds it where an engine answers.

What is looked for is what would go unnoticed: another base image, root as the
user, a shell in front of the command that swallows signals, what apt leaves
behind, files of the tree that are not there."""

import json
import os
import re
import unittest

SOURCE = os.environ["WEFT_SOURCE"]
FILE = os.path.join(SOURCE, "packaging", "Containerfile")
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE",
         "STOPSIGNAL", "ENTRYPOINT", "CMD"}


def read():
    """The stages: lists of (instruction, its text)."""
    with open(FILE, encoding="utf-8") as file:
        text = re.sub(r"(?m)^\s*#.*\n", "", file.read())
    stages = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, rest = line.split(None, 1)
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, " ".join(rest.split())))
    return stages


class Container(unittest.TestCase):
    def setUp(self):
        self.stages = read()
        self.last = self.stages[-1]

    def all(self, word, stages=None):
        return [text for stage in stages or self.stages
                for w, text in stage if w == word]

    def one(self, word):
        """The text of what the image must say exactly once."""
        found = self.all(word, [self.last])
        self.assertEqual(len(found), 1, word)
        return found[0]

    def test_it_has_instructions_that_engines_know(self):
        self.assertEqual(len(self.stages), 2)
        for stage in self.stages:
            for word, _ in stage:
                self.assertIn(word, KNOWN)

    def test_all_stages_are_of_debian_12(self):
        for text in self.all("FROM"):
            self.assertRegex(text, r"^debian:12-slim( AS build)?$")

    def test_what_is_copied_is_there(self):
        for text in self.all("COPY"):
            source = text.split()[-2]
            if "--from=build" in text:
                self.assertIn(source, " ".join(self.all("RUN",
                                                        self.stages[:1])))
            else:
                self.assertTrue(os.path.exists(os.path.join(SOURCE, source)),
                                source)

    def test_the_image_has_the_package_and_no_more(self):
        for text in self.all("RUN", [self.last]):
            self.assertIn("--no-install-recommends", text)
            installed = re.findall(r"apt-get install (.*?) &&", text)
            self.assertEqual(installed,
                             ["-y --no-install-recommends /tmp/weft.deb"])
            self.assertIn("rm -rf /var/lib/apt/lists/* /tmp/weft.deb", text)

    def test_the_build_installs_what_setup_says(self):
        commands = self.all("RUN", self.stages[:1])
        self.assertIn("./scripts/setup build", commands)
        self.assertNotIn("apt-get", " ".join(commands))

    def test_it_does_not_run_as_root(self):
        user = self.one("USER")
        self.assertRegex(user, r"^[1-9]\d*$")
        self.assertIn(f"--uid {user} ", self.one("RUN"))

    def test_data_is_in_a_volume_that_is_the_users(self):
        volume = self.one("VOLUME")
        self.assertEqual(self.one("ENV"), "WEFT_DATADIR=" + volume)
        self.assertIn(f"-m 700 -o weft -g weft {volume}", self.one("RUN"))

    def test_signals_reach_the_node(self):
        self.assertEqual(json.loads(self.one("ENTRYPOINT")), ["weft"])
        self.assertEqual(json.loads(self.one("CMD")), ["run"])
        self.assertEqual(self.one("STOPSIGNAL"), "SIGTERM")

    def test_it_is_told_what_to_leave_out(self):
        with open(os.path.join(SOURCE, ".dockerignore"),
                  encoding="ascii") as file:
            self.assertLessEqual({".git", "build"}, set(file.read().split()))


if __name__ == "__main__":
    unittest.main()
