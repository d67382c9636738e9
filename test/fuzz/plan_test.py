#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small repositories with a change in each: the plan must see it."""
import os
import subprocess
import sys
import tempfile
import unittest

import plan

TARGETS = """\
/b/fuzz_rlp /s/corpus/fuzz_rlp test/fuzz/fuzz_rlp.c test/fuzz/corpus/fuzz_rlp p2p/rlp p2p/base
/b/fuzz_elf /s/corpus/fuzz_elf test/fuzz/fuzz_elf.c test/fuzz/corpus/fuzz_elf node/plugin p2p/base
/b/fuzz_config /s/corpus/fuzz_config test/fuzz/fuzz_config.c test/fuzz/corpus/fuzz_config node p2p/base
/b/fuzz_hello /s/corpus/fuzz_hello test/fuzz/fuzz_hello.c test/fuzz/corpus/fuzz_hello p2p/rlpx p2p/base
"""


class Repository(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-plan-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.git("init", "-q", "-b", "main")
        for path in ("p2p/rlp/rlp.c", "p2p/base/err.c", "node/node.c",
                     "node/plugin/loader.c", "p2p/rlpx/hello.c"):
            self.change(path)
        self.commit()

    def git(self, *args):
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org",
             *args], cwd=self.folder, check=True, capture_output=True)

    def change(self, path):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "a", encoding="ascii") as file:
            file.write("x\n")

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def plan(self, seconds=100, processors=2, only=()):
        """{"fuzz_rlp": seconds}"""
        path = os.path.join(self.folder, "targets.txt")
        with open(path, "w", encoding="ascii") as file:
            file.write(TARGETS)
        said = subprocess.run(
            [sys.executable, "-B", plan.__file__, path, str(seconds),
             str(processors), *only], cwd=self.folder, check=True,
            capture_output=True, text=True).stdout
        os.remove(path)
        lines = [line.split() for line in said.splitlines()]
        lengths = [int(line[0]) for line in lines]
        self.assertEqual(lengths, sorted(lengths, reverse=True))
        return {os.path.basename(line[1]): int(line[0]) for line in lines}

    def assert_equal_shares(self):
        self.assertEqual(self.plan(), dict.fromkeys(
            ("fuzz_rlp", "fuzz_elf", "fuzz_config", "fuzz_hello"), 50))

    def test_what_a_branch_changed_gets_most(self):
        self.git("checkout", "-q", "-b", "mine")
        self.change("p2p/rlp/rlp.c")
        self.change("node/plugin/loader.c")
        self.commit()
        self.assertEqual(self.plan(), {"fuzz_rlp": 80, "fuzz_elf": 80,
                                       "fuzz_config": 20, "fuzz_hello": 20})

    def test_what_main_did_meanwhile_does_not_count(self):
        self.git("checkout", "-q", "-b", "mine")
        self.change("p2p/rlp/rlp.c")
        self.commit()
        self.git("checkout", "-q", "main")
        self.change("node/node.c")
        self.commit()
        self.git("checkout", "-q", "mine")
        shares = self.plan()
        self.assertGreater(shares["fuzz_rlp"], shares["fuzz_config"])
        self.assertEqual(shares["fuzz_hello"], shares["fuzz_config"])

    def test_a_target_gets_no_more_than_a_processor_has(self):
        self.git("checkout", "-q", "-b", "mine")
        self.change("test/fuzz/fuzz_rlp.c")
        self.commit()
        self.assertEqual(self.plan()["fuzz_rlp"], 100)
        self.assertEqual(self.plan()["fuzz_elf"], 33)

    def test_what_is_not_committed_counts(self):
        self.git("tag", "v1")
        self.change("node/node.c")
        shares = self.plan()
        self.assertGreater(shares["fuzz_config"], shares["fuzz_elf"])

    def test_on_the_main_branch_the_last_tag_counts(self):
        self.git("tag", "v1")
        self.change("p2p/rlpx/hello.c")
        self.change("test/fuzz/corpus/fuzz_elf/new")
        self.commit()
        shares = self.plan()
        self.assertGreater(shares["fuzz_hello"], shares["fuzz_rlp"])
        self.assertGreater(shares["fuzz_elf"], shares["fuzz_rlp"])

    def test_all_get_the_same_when_nothing_can_be_told(self):
        self.assert_equal_shares()
        self.git("tag", "v1")
        self.assert_equal_shares()
        self.change("p2p/base/err.c")
        self.assert_equal_shares()

    def test_all_get_the_same_without_git(self):
        os.rename(os.path.join(self.folder, ".git"),
                  os.path.join(self.folder, "no.git"))
        self.assert_equal_shares()

    def test_all_get_the_same_in_a_shallow_clone(self):
        self.change("node/node.c")
        self.commit()
        clone = os.path.join(self.folder, "clone")
        self.git("clone", "-q", "--depth=1", "file://" + self.folder, clone)
        self.folder = clone
        self.assert_equal_shares()

    def test_one_target_gets_what_a_processor_has(self):
        self.assertEqual(self.plan(seconds=60, processors=1,
                                   only=["fuzz_elf"]), {"fuzz_elf": 60})
        self.assertEqual(self.plan(only=["nosuch"]), {})

    def test_each_gets_some_time(self):
        self.git("checkout", "-q", "-b", "mine")
        self.change("p2p/rlp/rlp.c")
        self.commit()
        self.assertEqual(min(self.plan(seconds=1).values()), 1)


if __name__ == "__main__":
    unittest.main()
