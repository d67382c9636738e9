# SPDX-License-Identifier: Apache-2.0
"""Real weft processes for the end-to-end tests.

Nothing here sleeps to let something happen: a test waits for the event line it
needs, and gives up at a deadline that is far beyond what a slow machine under
a sanitizer takes. Every process that a test starts is ended with the test.
"""

import collections
import json
import os
import queue
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

WEFT = os.environ["WEFT_BIN"]
DEADLINE = 60  # seconds; for anything that must happen
LATE = 20  # for an end: 2 s for peers, 1 for a reader, and a busy machine
# The curve's generator: a key on the curve that no node here holds.
STRANGER = (
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
# The C library refuses it without asking anybody: some name servers have an
# address for whatever they are asked, and others keep silent for long.
NO_NAME = "-no.such.name.invalid"

Result = collections.namedtuple("Result", "status out err")


class Node:
    """One `weft run --json` and what it has told so far. It speaks foobar
    unless its arguments name plugins; plugins=() is a node without. A prefix is
    the command that starts it."""

    def __init__(self, test, datadir, *args, listen="127.0.0.1:0",
                 plugins=("foobar",), prefix=()):
        if "--plugin" not in args:
            for plugin in plugins:
                args = ("--plugin", plugin) + args
        if listen and "--no-listen" not in args:
            args = ("--listen", listen) + args
        command = [*prefix, WEFT, "run", "--json", "--datadir", datadir, *args]
        self.test = test
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=test.env,
            text=True,
        )
        self.events = queue.SimpleQueue()
        self.seen = []  # all events so far, the ones not awaited too
        self.err = []
        self.readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        test.addCleanup(self.kill)

    def _read_out(self):
        for line in self.process.stdout:
            self.events.put(line)
        self.events.put(None)

    def _read_err(self):
        self.err.extend(self.process.stderr)

    def next(self, deadline):
        """The next event; None at the end of the output."""
        try:
            line = self.events.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            self.test.fail(f"nothing more came after {self.seen[-5:]}")
        if line is None:
            return None
        event = json.loads(line)
        self.test.assertEqual(next(iter(event)), "event", line)
        self.seen.append(event)
        return event

    def expect(self, kind, **members):
        """Read on up to the event of this kind with these members."""
        deadline = time.monotonic() + DEADLINE
        while True:
            event = self.next(deadline)
            if event is None:
                self.test.fail(
                    f"ended without {kind} {members}; saw {self.seen[-5:]}; "
                    f"on standard error: {self.errors()}"
                )
            if event["event"] == kind and members.items() <= event.items():
                return event

    def started(self):
        return self.expect("started")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit status, with all output read."""
        status = self.process.wait(DEADLINE)
        for reader in self.readers:
            reader.join(DEADLINE)
        deadline = time.monotonic() + DEADLINE
        while self.next(deadline):
            pass
        return status

    def stop(self):
        """SIGTERM; it must end well. Returns its `stopped` event."""
        self.signal(signal.SIGTERM)
        self.test.assertEqual(self.wait(), 0, self.errors())
        self.test.assertEqual(self.complaints(), [])
        self.test.assertEqual(self.seen[-1]["event"], "stopped")
        return self.seen[-1]

    def errors(self):
        return "".join(self.err)

    def memory(self):
        """Bytes of it that lie in memory now."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        self.test.fail("the system does not say how large a process is")
        return None

    def files(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def complaints(self):
        """What it told on standard error, less what a machine brings about
        that has other things to do: then a fiber takes its time, too."""
        return [line for line in self.err
                if '"message":"fiber computes without a wait"' not in line
                and '"message":"fiber computed without a wait"' not in line]

    def kinds(self):
        return [event["event"] for event in self.seen]

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(DEADLINE)
        for reader in self.readers:
            reader.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
        # A sanitizer's report must never pass for a process that was ended.
        self.test.assertNotIn("Sanitizer", self.errors())
        self.test.assertNotIn("runtime error", self.errors())


class Lab(unittest.TestCase):
    """A test with a folder of its own and no settings from outside."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith("WEFT_")}
        self.env.update(HOME=self.path("home"), NO_COLOR="1")
        self.env.pop("XDG_DATA_HOME", None)
        os.mkdir(self.path("home"))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def node(self, name, *args, **options):
        return Node(self, self.path(name), *args, **options)

    def weft(self, *args, stdin=""):
        """Run to the end: exit status, standard output, standard error."""
        done = subprocess.run(
            [WEFT, *args],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.env,
            cwd=self.folder,
            timeout=DEADLINE,
        )
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)

    def eventually(self, holds, what):
        """Ask again and again until it holds. Returns what it gave."""
        deadline = time.monotonic() + DEADLINE
        while not (found := holds()):
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)
        return found

    def wait_stored(self, name, holds, what):
        """Until the node database of this folder has that, in a transaction
        that counts: the pages of one are there before it does, which the one
        after it shows."""
        def content():
            with open(self.path(name, "nodes", "data.mdb"), "rb") as file:
                return file.read()

        def transaction():
            pages = content()[:8192]  # both have a number, the newer counts
            return max(struct.unpack_from("<Q", pages, at)[0]
                       for at in (144, 4096 + 144))

        self.eventually(lambda: holds(content()), what)
        seen = transaction()
        self.eventually(lambda: transaction() > seen,
                        f"{name} goes on writing")

    def as_root(self, *command):
        """Run a command with the rights that a test of strangers needs."""
        if os.geteuid() != 0:
            command = ("sudo", "-n", *command)
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=DEADLINE)
        self.assertEqual(
            done.returncode, 0,
            f"{command} must work: run the tests as root, or let sudo do it "
            f"without a password: {done.stderr}")
        return done.stdout

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def mode(self, *names):
        return os.stat(self.path(*names)).st_mode & 0o7777

    def own_enode(self, name, address):
        """The URL that the node of this folder will have at an address."""
        if not os.path.exists(self.path(name)):
            os.mkdir(self.path(name), 0o700)
            self.assertEqual(
                self.weft("key", "new", self.path(name, "nodekey")).status, 0
            )
        done = self.weft(
            "enode", "--key", self.path(name, "nodekey"), "--addr", address,
            "--json",
        )
        return json.loads(done.out)["enode"]

    def listener(self):
        """A TCP socket that listens on a port of its own, and its address."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        return server, "127.0.0.1:%d" % server.getsockname()[1]

    def closed_address(self):
        """An address that nobody listens on, held for the test."""
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % holder.getsockname()[1]


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def main():
    unittest.main(verbosity=2)
