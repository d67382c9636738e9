# SPDX-License-Identifier: Apache-2.0
"""Keys sealed with a passphrase: typed at a terminal, or out of a file."""

import fcntl
import json
import os
import select
import subprocess
import termios

import lab

ONE = "0" * 63 + "1"
SECRET = "correct horse"


class Terminal:
    """A command whose terminal we sit at, and what that has shown."""

    def __init__(self, test, *args):
        # Both stay open: a terminal that nobody has open has gone away, and
        # the command is yet to open it.
        self.ours, theirs = os.openpty()
        test.addCleanup(os.close, self.ours)
        test.addCleanup(os.close, theirs)
        self.before = termios.tcgetattr(self.ours)
        self.test = test
        self.shown = ""
        self.process = subprocess.Popen(
            [lab.WEFT, *args], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=test.env, cwd=test.folder, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0))
        test.addCleanup(self.process.kill)

    def answer(self, prompt, keys):
        """Type once there is the prompt, behind what was shown before."""
        at = len(self.shown)
        while prompt not in self.shown[at:]:
            ready, _, _ = select.select([self.ours], [], [], lab.DEADLINE)
            self.test.assertTrue(ready, f"no {prompt!r} in {self.shown!r}")
            self.shown += os.read(self.ours, 4096).decode()
        os.write(self.ours, keys.encode())

    def end(self):
        """Nothing that was typed is on the screen, and what will be is."""
        out, err = self.process.communicate(timeout=lab.DEADLINE)
        self.test.assertNotIn("horse", self.shown + out + err)
        return lab.Result(self.process.returncode, out, err)


class Sealed(lab.Lab):
    def setUp(self):
        super().setUp()
        self.write("k", ONE)
        self.write("secret", SECRET + "\n")

    def sealed(self, name="sealed"):
        done = self.weft("key", "encrypt", "k", name, "--passphrase-file",
                         "secret")
        self.assertEqual((done.status, done.err), (0, ""))
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def test_a_file_seals_and_opens(self):
        self.sealed()
        self.assertEqual(self.mode("sealed"), 0o600)
        self.assertRegex(
            self.read("sealed"),
            r"\Aweft-sealed-key 1 argon2id 4 65536 [\w-]{22} [\w-]{32} "
            r"[\w-]{64}\n\Z")
        done = self.weft("key", "decrypt", "sealed", "open", "--json",
                         "--passphrase-file", "secret")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn(lab.STRANGER, done.out)  # G = 1 * G
        self.assertEqual(self.read("open"), ONE + "\n")
        self.assertEqual(self.mode("open"), 0o600)

    def test_the_passphrase_may_come_through_a_pipe(self):
        done = self.weft("key", "encrypt", "k", "sealed",
                         "--passphrase-file", "-", stdin=SECRET)
        self.assertEqual(done.status, 0, done.err)
        done = self.weft("key", "show", "sealed", "--private",
                         "--passphrase-file", "-", stdin=SECRET + "\n")
        self.assertIn(ONE, done.out)

    def test_no_file_is_overwritten_and_no_seal_is_put_around_another(self):
        self.sealed()
        before = self.read("sealed")
        for args, told in (
                (["k", "sealed"], "exists already and is never overwritten"),
                (["sealed", "twice"], "sealed, and no passphrase was given")):
            done = self.weft("key", "encrypt", *args, "--passphrase-file",
                             "secret")
            self.assertEqual((done.status, done.out), (1, ""))
            self.assertIn(told, done.err)
        self.assertEqual(self.read("sealed"), before)
        self.assertFalse(os.path.exists(self.path("twice")))

    def test_it_is_asked_for_twice_unseen_and_once_to_open(self):
        terminal = Terminal(self, "key", "encrypt", "k", "sealed")
        terminal.answer("New passphrase: ", "wrong\x15corr\u00e9\x7fect horse\r")
        terminal.answer("The same again: ", SECRET + "\n")
        done = terminal.end()
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(termios.tcgetattr(terminal.ours), terminal.before)

        opened = Terminal(self, "key", "show", "sealed", "--json")
        opened.answer("Passphrase of sealed: ", "correct horse\n")
        done = opened.end()
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual(json.loads(done.out)["public_key"], lab.STRANGER)

    def test_what_is_typed_wrong_makes_no_file(self):
        for answers, told in (
                (["horse\n", "horses\n"], "two different passphrases"),
                (["\n"], "the passphrase is empty"),
                (["horse\x03"], "no passphrase was given"),
                (["\x04"], "no passphrase was given"),
                (["h" * 1025 + "\n"], "longer than 1024 bytes")):
            with self.subTest(told):
                terminal = Terminal(self, "key", "encrypt", "k", "sealed")
                prompts = ["New passphrase: ", "The same again: "]
                for prompt, keys in zip(prompts, answers):
                    terminal.answer(prompt, keys)
                done = terminal.end()
                self.assertEqual((done.status, done.out), (1, ""))
                self.assertIn(told, done.err)
                self.assertEqual(termios.tcgetattr(terminal.ours),
                                 terminal.before)
                self.assertFalse(os.path.exists(self.path("sealed")))

    def test_without_a_terminal_the_option_is_named(self):
        self.sealed()
        done = subprocess.run(
            [lab.WEFT, "key", "show", self.path("sealed")],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=self.env, start_new_session=True, timeout=lab.DEADLINE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(
            done.stderr,
            f"weft key show: node key {self.path('sealed')}: no terminal to "
            "ask for the passphrase at; give --passphrase-file FILE\n")

    def test_a_node_runs_with_it_and_never_makes_another(self):
        os.mkdir(self.path("d"), 0o700)
        key = self.sealed("d/nodekey")
        before = self.read("d/nodekey")
        node = self.node("d", "--passphrase-file", self.path("secret"))
        self.assertIn(lab.STRANGER, node.started()["enode"])
        node.stop()

        self.write("wrong", "correct horses")
        for file, told in (
                ("wrong", "wrong passphrase, or the file was altered"),
                ("none", f"passphrase file {self.path('none')}: cannot be")):
            done = self.weft("run", "--no-listen", "--datadir",
                             self.path("d"), "--passphrase-file",
                             self.path(file))
            self.assertEqual((done.status, done.out), (1, ""))
            self.assertIn(f"weft run: node key {key}: {told}", done.err)
        self.assertEqual(self.read("d/nodekey"), before)

    def test_every_command_with_a_key_takes_one(self):
        self.sealed()
        key = ["--key", "sealed", "--passphrase-file", "secret"]
        done = self.weft("enode", *key)
        self.assertIn(lab.STRANGER, done.out)
        done = self.weft("enr", "make", *key, "--ip", "192.0.2.1")
        self.assertEqual(done.status, 0, done.err)
        done = self.weft("enr", "verify", done.out.strip())
        self.assertEqual(done.status, 0, done.err)


if __name__ == "__main__":
    lab.main()
