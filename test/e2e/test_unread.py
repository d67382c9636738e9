# SPDX-License-Identifier: Apache-2.0
"""A node whose output nobody reads goes on, and ends when asked."""

import fcntl
import json
import signal
import subprocess
import time

import lab

# A pipe of one page is full after some 25 lines. This many take more than the
# 256 KiB that wait behind it, too.
EXCHANGES = 2000


class Unread(lab.Lab):
    def stalled(self, **streams):
        """A node that has told more than pipe and queue hold; its peer."""
        listener = self.node("a")
        start = listener.started()
        unread = subprocess.Popen(
            [lab.WEFT, "run", "--json", "--no-listen", "--datadir",
             self.path("b"), "--plugin", "foobar,interval=1ms", "--peer",
             start["enode"], "--log-level", "error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env=self.env, text=True, **streams)
        self.addCleanup(unread.stdout.close)
        self.addCleanup(unread.wait)
        self.addCleanup(unread.kill)
        fcntl.fcntl(unread.stdout, fcntl.F_SETPIPE_SZ, 4096)
        # It asks and asks, and so it lives. The one answer that it gives is
        # what the listener hears of a bar.
        listener.expect("foobar", received="bar")
        self.eventually(lambda: self.answered("a") > EXCHANGES, "it stopped")
        return unread, listener

    def answered(self, name):
        """How many messages this node has sent."""
        done = self.weft("admin", "--datadir", self.path(name),
                         "node_counters")
        return json.loads(done.out)["messages_out"]

    def test_a_signal_ends_it(self):
        unread, listener = self.stalled(stderr=subprocess.PIPE)
        begun = time.monotonic()
        unread.send_signal(signal.SIGTERM)
        self.assertEqual(unread.wait(lab.DEADLINE), 1)
        self.assertLess(time.monotonic() - begun, lab.LATE)
        with unread.stderr:
            self.assertEqual(
                unread.stderr.read(),
                "weft run: standard output can no longer be written\n")
        listener.expect("peer_dropped", reason=8)
        listener.stop()

    def test_a_signal_ends_it_when_its_errors_are_unread_too(self):
        unread, listener = self.stalled(stderr=subprocess.STDOUT)
        unread.send_signal(signal.SIGTERM)
        self.assertEqual(unread.wait(lab.DEADLINE), 1)
        listener.stop()

    def test_a_second_signal_ends_it_at_once(self):
        unread, listener = self.stalled(stderr=subprocess.STDOUT)
        listener.signal(signal.SIGSTOP)
        unread.send_signal(signal.SIGINT)
        unread.send_signal(signal.SIGTERM)
        self.assertEqual(unread.wait(lab.DEADLINE), 1)
        listener.signal(signal.SIGCONT)
        listener.stop()

    def test_read_at_last_it_says_what_is_missing(self):
        unread, listener = self.stalled()
        told = []
        dropped = 0
        for line in unread.stdout:
            event = json.loads(line)
            told.append(event["event"])
            if event["event"] == "dropped_lines":
                if not dropped:
                    unread.send_signal(signal.SIGTERM)
                dropped += event["count"]
        self.assertEqual(unread.wait(lab.DEADLINE), 0)
        self.assertEqual(told[0], "started")
        self.assertEqual(told[-1], "stopped")
        self.assertGreater(dropped, 0)
        listener.stop()


if __name__ == "__main__":
    lab.main()
