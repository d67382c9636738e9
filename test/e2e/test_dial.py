# SPDX-License-Identifier: Apache-2.0
"""Dials that fail, and sessions that come back."""

import json
import signal
import socket

import lab


class Dial(lab.Lab):
    def test_another_identity_than_the_urls_is_no_session(self):
        listener = self.node("a")
        address = listener.started()["listen"]
        wrong = f"enode://{lab.STRANGER}@{address}"
        dialer = self.node("b", "--no-listen", "--peer", wrong)
        failed = dialer.expect("dial_failed")
        self.assertEqual(failed["enode"], wrong)
        self.assertNotEqual(failed["cause"], "")
        dialer.expect("dial_failed")  # and it goes on trying
        sums = dialer.stop()
        self.assertEqual(sums["sessions"], 0)
        self.assertNotIn("peer_added", dialer.kinds())
        sums = listener.stop()
        self.assertEqual(sums["sessions"], 0)
        self.assertNotIn("peer_added", listener.kinds())
        self.assertNotEqual(sums["faults"], {})

    def test_a_node_does_not_dial_itself(self):
        url = self.own_enode("a", "127.0.0.1:1")
        listener = self.node("b")
        node = self.node(
            "a", "--peer", url, "--peer", listener.started()["enode"])
        failed = node.expect("dial_failed")
        self.assertEqual(failed["enode"], url)
        self.assertIn("itself", failed["cause"])
        self.assertIs(failed["again"], False)
        # The other peer of the list is dialed all the same.
        node.expect("foobar", received="bar")
        sums = node.stop()
        self.assertEqual(sums["dialed"], 1)
        self.assertEqual(node.kinds().count("dial_failed"), 1)
        listener.stop()

    def test_a_closed_port_is_told_and_tried_again(self):
        address = self.closed_address()
        url = f"enode://{lab.STRANGER}@{address}"
        node = self.node("a", "--no-listen", "--peer", url)
        for _ in range(3):
            failed = node.expect("dial_failed", enode=url)
            self.assertIn("connection refused", failed["cause"])
            self.assertIs(failed["again"], True)
        # 0.5 s and 1 s lie between them: no storm.
        self.assertLessEqual(node.stop()["dialed"], 6)

    def test_text_tells_a_failing_dial_once(self):
        url = f"enode://{lab.STRANGER}@{self.closed_address()}"
        done = self.weft(
            "run", "--no-listen", "--datadir", self.path("a"), "--peer", url,
            "--duration", "2")
        self.assertEqual(done.status, 0)
        self.assertEqual(done.out.count("connection refused"), 1, done.out)

    def test_the_dialer_is_back_when_the_listener_is(self):
        listener = self.node("a")
        start = listener.started()
        dialer = self.node("b", "--no-listen", "--peer", start["enode"])
        dialer.expect("peer_added")
        listener.expect("peer_added")
        listener.stop()
        dialer.expect("peer_dropped", reason=8)
        again = self.node("a", listen=start["listen"])
        self.assertEqual(again.started()["enode"], start["enode"])
        dialer.expect("peer_added", id=start["id"])
        dialer.expect("foobar", received="bar")
        again.expect("foobar", received="bar")
        dialer.stop()
        again.stop()

    def test_a_killed_peer_is_noticed_and_dialed_again(self):
        listener = self.node("a")
        start = listener.started()
        dialer = self.node("b", "--no-listen", "--peer", start["enode"])
        dialer.expect("foobar", received="bar")
        listener.signal(signal.SIGKILL)
        self.assertEqual(listener.wait(), -signal.SIGKILL)
        dropped = dialer.expect("peer_dropped", id=start["id"])
        self.assertNotEqual(dropped["cause"], "")
        dialer.expect("dial_failed")
        # The lock died with the process.
        again = self.node("a", listen=start["listen"])
        dialer.expect("peer_added", id=start["id"])
        dialer.stop()
        again.stop()

    def test_a_killed_dialer_is_noticed(self):
        listener = self.node("a")
        start = listener.started()
        dialer = self.node("b", "--no-listen", "--peer", start["enode"])
        own = dialer.started()
        listener.expect("peer_added", id=own["id"])
        dialer.signal(signal.SIGKILL)
        dialer.wait()
        listener.expect("peer_dropped", id=own["id"], peers=0)
        again = self.node("b", "--no-listen", "--peer", start["enode"])
        listener.expect("peer_added", id=own["id"], peers=1)
        again.stop()
        listener.stop()

    def test_two_that_dial_each_other_end_with_one_session(self):
        a = self.node("a")
        start = a.started()
        a.stop()
        b = self.node("b", "--peer", start["enode"])
        other = b.started()
        a = self.node("a", "--peer", other["enode"], listen=start["listen"])
        a.expect("foobar", received="bar")
        b.expect("foobar", received="bar")
        for node in a, b:
            added = [e for e in node.seen if e["event"] == "peer_added"]
            self.assertLessEqual(max(e["peers"] for e in added), 1)
        a.stop()
        b.stop()

    def ask(self, name):
        """A connection to a node's admin socket, to ask without delay."""
        socket_ = socket.socket(socket.AF_UNIX)
        self.addCleanup(socket_.close)
        socket_.settimeout(lab.DEADLINE)
        socket_.connect(self.path(name, "admin", "weft.ipc"))
        return socket_

    def cross(self, number):
        """Two new nodes are told to dial each other in one breath."""
        nodes = [self.node(f"{side}{number}") for side in "ab"]
        starts = [node.started() for node in nodes]
        admins = [self.ask(f"{side}{number}") for side in "ab"]
        for admin, other in zip(admins, reversed(starts)):
            request = {"jsonrpc": "2.0", "id": 1, "method": "admin_addPeer",
                       "params": [other["enode"]]}
            admin.sendall(json.dumps(request).encode() + b"\n")
        for node in nodes:
            node.expect("peer_added", peers=1)
            node.expect("foobar", received="bar")
        directions = set()
        for node in nodes:
            node.signal(signal.SIGTERM)
        for node in nodes:
            self.assertEqual(node.wait(), 0, node.errors())
            kinds = node.kinds()
            self.assertEqual(kinds.count("peer_added"), 1, node.seen)
            self.assertNotIn("dial_failed", kinds, node.seen)
            dropped = node.seen[kinds.index("peer_dropped")]
            self.assertEqual(dropped["reason"], 8, node.seen)
            added = node.seen[kinds.index("peer_added")]
            directions.add(added["inbound"])
        self.assertEqual(len(directions), 2)  # the same connection
        return starts[0]["id"] < starts[1]["id"]

    def test_two_that_dial_at_once_have_a_session_at_the_first_attempt(self):
        orders = []
        while orders.count(True) < 8 or orders.count(False) < 8:
            orders.append(self.cross(len(orders)))

    def test_nobody_gets_in_where_no_peers_are_wanted(self):
        listener = self.node("a", "--max-peers", "0")
        start = listener.started()
        dialer = self.node("b", "--no-listen", "--peer", start["enode"])
        failed = dialer.expect("dial_failed")
        self.assertIn("too many peers", failed["cause"])
        dialer.stop()
        listener.stop()


if __name__ == "__main__":
    lab.main()
