# SPDX-License-Identifier: Apache-2.0
"""Two nodes talk foo and bar."""

import signal
import subprocess
import time

import lab


class Foobar(lab.Lab):
    def test_foo_and_bar_go_both_ways(self):
        listener = self.node("a", "--name", "alice")
        start = listener.started()
        dialer = self.node("b", "--peer", start["enode"], "--name", "bob")
        other = dialer.started()

        at_dialer = dialer.expect("peer_added", id=start["id"])
        self.assertEqual(at_dialer["name"], "alice")
        self.assertEqual(at_dialer["remote"], start["listen"])
        self.assertIs(at_dialer["inbound"], False)
        self.assertEqual(at_dialer["protocols"], ["foobar/1"])
        self.assertEqual(at_dialer["peers"], 1)
        at_listener = listener.expect("peer_added", id=other["id"])
        self.assertEqual(at_listener["name"], "bob")
        self.assertIs(at_listener["inbound"], True)

        for node, peer in (listener, other), (dialer, start):
            wanted = [("sent", "foo"), ("received", "foo"),
                      ("sent", "bar"), ("received", "bar")]
            while wanted:
                event = node.expect("foobar", id=peer["id"])
                happened = ("sent" if "sent" in event else "received",
                            event.get("sent") or event["received"])
                self.assertIn(happened, wanted)
                wanted.remove(happened)

        sums = dialer.stop()
        self.assertEqual(sums["sessions"], 1)
        self.assertEqual(sums["messages_in"], 2)
        self.assertEqual(sums["messages_out"], 2)
        self.assertEqual(sums["dialed"], 1)
        self.assertEqual(sums["faults"], {})
        dropped = listener.expect("peer_dropped", id=other["id"])
        self.assertEqual(dropped["reason"], 8)
        self.assertEqual(dropped["cause"], "client quitting (received)")
        self.assertEqual(dropped["peers"], 0)
        self.assertEqual(listener.stop()["accepted"], 1)

    def test_foo_is_repeated_at_the_interval(self):
        listener = self.node("a")
        enode = listener.started()["enode"]
        dialer = self.node("b", "--peer", enode, "--plugin", "foobar,interval=10ms")
        for _ in range(10):
            dialer.expect("foobar", received="bar")
        dialer.stop()
        listener.stop()

    def test_of_a_flood_a_part_is_told_and_all_is_counted(self):
        listener = self.node("a")
        flooding = self.node("b", "--plugin", "foobar,interval=1ms", "--peer",
                             listener.started()["enode"])
        # What it does itself it tells.
        for _ in range(1000):
            flooding.expect("foobar", received="bar")
        flooding.stop()
        dropped = listener.expect("peer_dropped")
        sums = listener.stop()
        events = [event for event in listener.seen
                  if event["event"] == "foobar"]
        left_out = [int(event["count"]) for event in events
                    if event["message"] == "left out"
                    and event["id"] == dropped["id"]]
        told = len(events) - len(left_out)
        # Two are of its own doing.
        self.assertLessEqual(told, 2 + 20 + 10 * (sums["seconds"] + 1))
        # The first at once, the last at the end.
        self.assertLessEqual(len(left_out), sums["seconds"] + 2)
        self.assertEqual(told + sum(left_out),
                         sums["messages_in"] + sums["messages_out"])
        self.assertGreater(sums["messages_in"], 1000)

    def test_a_node_that_only_dials_is_heard_as_well(self):
        listener = self.node("a")
        enode = listener.started()["enode"]
        dialer = self.node("b", "--peer", enode, "--no-listen")
        self.assertIsNone(dialer.started()["listen"])
        dialer.expect("foobar", received="bar")
        listener.expect("foobar", received="bar")
        dialer.stop()
        listener.stop()

    def test_three_nodes_in_a_line(self):
        first = self.node("a")
        middle = self.node("b", "--peer", first.started()["enode"])
        last = self.node("c", "--peer", middle.started()["enode"])
        middle.expect("peer_added", peers=2)
        last.expect("foobar", received="bar")
        first.expect("foobar", received="bar")
        self.assertEqual(middle.stop()["sessions"], 2)
        last.stop()
        first.stop()

    def test_duration_ends_a_run_by_itself(self):
        node = self.node("a", "--duration", "0.2")
        node.started()
        self.assertEqual(node.wait(), 0)
        self.assertEqual(node.seen[-1]["event"], "stopped")
        self.assertGreaterEqual(node.seen[-1]["seconds"], 0.2)

    def test_text_for_people_tells_the_same(self):
        listener = self.node("a")
        enode = listener.started()["enode"]
        process = subprocess.Popen(
            [lab.WEFT, "run", "--no-listen", "--datadir", self.path("b"),
             "--peer", enode, "--duration", str(lab.DEADLINE), "--name", "bob",
             "--plugin", "foobar", "--log-level", "error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.env, text=True)
        self.addCleanup(process.kill)
        parts = ["nodekey (new)", "connected to", "-> foo", "<- foo",
                 "-> bar", "<- bar"]
        out = ""
        while not all(part in out for part in parts):
            line = process.stdout.readline()
            self.assertTrue(line, out)
            out += line
        process.terminate()
        rest, err = process.communicate(timeout=lab.DEADLINE)
        out += rest
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertTrue(out.startswith("bob\n"), out)
        self.assertRegex(out, r"stopped after \d+\.\d")
        self.assertIn("1 session,", out)
        self.assertNotIn("\x1b", out)
        listener.stop()


class Stop(lab.Lab):
    def load(self):
        """Two nodes that say foo a thousand times a second."""
        listener = self.node("a", "--plugin", "foobar,interval=1ms")
        start = listener.started()
        dialer = self.node(
            "b", "--peer", start["enode"], "--plugin", "foobar,interval=1ms")
        dialer.started()
        for _ in range(200):
            dialer.expect("foobar", received="bar")
        return listener, dialer

    def test_under_load_it_ends_within_the_drain_limit(self):
        listener, dialer = self.load()
        begun = time.monotonic()
        dialer.stop()
        self.assertLess(time.monotonic() - begun, lab.LATE)
        listener.expect("peer_dropped", reason=8)
        listener.stop()
        # Nothing holds the folder any more.
        again = self.node("b")
        again.started()
        again.stop()

    def test_a_peer_that_does_not_listen_delays_it_no_longer_than_that(self):
        listener, dialer = self.load()
        listener.signal(signal.SIGSTOP)
        begun = time.monotonic()
        dialer.stop()
        self.assertLess(time.monotonic() - begun, lab.LATE)
        listener.signal(signal.SIGCONT)
        listener.stop()

    def test_a_second_signal_ends_it_at_once(self):
        listener, dialer = self.load()
        listener.signal(signal.SIGSTOP)
        # Two different ones, so that the system cannot merge them.
        dialer.signal(signal.SIGINT)
        dialer.signal(signal.SIGTERM)
        self.assertEqual(dialer.wait(), 1)
        self.assertNotIn("stopped", dialer.kinds())
        listener.signal(signal.SIGCONT)
        listener.stop()

    def test_it_stops_when_nobody_reads_what_it_tells(self):
        listener = self.node("a")
        enode = listener.started()["enode"]
        with subprocess.Popen(
            [lab.WEFT, "run", "--no-listen", "--datadir", self.path("b"),
             "--plugin", "foobar,interval=10ms", "--log-level", "error",
             "--peer", enode],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.env,
        ) as unread:
            self.addCleanup(unread.kill)
            unread.stdout.readline()
            unread.stdout.close()
            self.assertEqual(unread.wait(lab.DEADLINE), 1)
            self.assertEqual(
                unread.stderr.read(),
                "weft run: standard output can no longer be written\n")
        listener.stop()


if __name__ == "__main__":
    lab.main()
