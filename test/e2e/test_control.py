# SPDX-License-Identifier: Apache-2.0
"""A running node, told what to do through its admin socket."""

import json
import os
import stat
import subprocess

import lab


class Control(lab.Lab):
    def admin(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method, *params)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.out)

    def test_peers_come_and_go_as_told(self):
        a, b = self.node("a"), self.node("b")
        url = b.started()["enode"]
        ours = a.started()
        self.assertEqual(self.admin("a", "admin_nodeInfo")["enode"],
                         ours["enode"])
        self.assertEqual(self.admin("a", "admin_peers"), [])

        self.assertIs(self.admin("a", "admin_addPeer", url), True)
        a.expect("peer_added")
        b.expect("peer_added")
        (peer,) = self.admin("a", "admin_peers")
        self.assertEqual(peer["caps"], ["foobar/1"])
        self.assertEqual(peer["enode"], url)
        self.assertEqual(peer["network"]["static"], True)
        self.assertEqual(peer["network"]["inbound"], False)
        (seen,) = self.admin("b", "admin_peers")
        self.assertEqual(seen["id"], ours["id"])
        self.assertEqual(seen["network"]["inbound"], True)

        self.assertIs(self.admin("a", "admin_removePeer", url), True)
        self.assertEqual(b.expect("peer_dropped")["reason"], 0)
        a.expect("peer_dropped")
        self.assertEqual(self.admin("a", "admin_peers"), [])

    def test_trust_lets_a_node_in_that_has_no_room(self):
        a = self.node("a", "--max-peers", "0")
        b = self.node("b")
        url, ours = a.started()["enode"], b.started()["enode"]
        self.admin("b", "admin_addPeer", url)
        self.assertEqual(b.expect("dial_failed")["cause"],
                         "too many peers (received)")
        self.assertIs(self.admin("a", "admin_addTrustedPeer", ours), True)
        a.expect("peer_added")
        (peer,) = self.admin("a", "admin_peers")
        self.assertEqual(peer["network"]["trusted"], True)
        # Who is no longer trusted is not thrown out.
        self.assertIs(self.admin("a", "admin_removeTrustedPeer", ours), True)
        (peer,) = self.admin("a", "admin_peers")
        self.assertEqual(peer["network"]["trusted"], False)

    def test_events_are_followed_until_the_node_stops(self):
        a, b = self.node("a"), self.node("b")
        url = b.started()["enode"]
        a.started()
        watch = subprocess.Popen(
            [lab.WEFT, "admin", "--datadir", self.path("a"),
             "admin_peerEvents"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.env, text=True,
        )
        self.addCleanup(watch.kill)
        # Only once the watch stands can its first event be awaited: add and
        # remove the peer until one shows.
        told = None
        while not told:
            self.admin("a", "admin_addPeer", url)
            a.expect("peer_added")
            self.admin("a", "admin_removePeer", url)
            a.expect("peer_dropped")
            os.set_blocking(watch.stdout.fileno(), False)
            told = watch.stdout.read()
        first = json.loads(told.splitlines()[0])
        self.assertIn(first["type"], ("add", "drop"))
        self.assertEqual(first["peer"], b.seen[0]["id"])
        self.assertIs(self.admin("a", "node_stop"), True)
        a.expect("stopped")
        self.assertEqual(a.wait(), 0)
        watch.communicate(timeout=lab.DEADLINE)
        self.assertEqual(watch.returncode, 1, "the node went first")

    def test_counters_are_those_of_the_last_line(self):
        a, b = self.node("a"), self.node("b")
        a.started()
        url = b.started()["enode"]
        none = self.admin("a", "node_counters")
        self.assertEqual((none["peers"], none["sessions"]), (0, 0))
        self.admin("a", "admin_addPeer", url)
        a.expect("peer_added")
        one = self.admin("a", "node_counters")
        self.assertEqual((one["peers"], one["sessions"], one["dialed"]),
                         (1, 1, 1))
        self.assertGreater(one["bytes_out"], 400, "at least the auth packet")
        self.assertEqual(one["faults"], {})
        self.admin("a", "node_stop")
        last = a.expect("stopped")
        self.assertEqual(set(one) - {"peers", "memory"},
                         set(last) - {"event", "seconds"})
        for name in set(one) - {"peers", "memory", "faults"}:
            self.assertGreaterEqual(last[name], one[name], name)

    def test_the_socket_is_ours_alone_and_goes_with_the_node(self):
        a = self.node("a")
        a.started()
        path = self.path("a", "admin", "weft.ipc")
        self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(self.mode("a", "admin"), 0o700)
        a.stop()
        self.assertFalse(os.path.exists(path))

    def test_the_folder_may_be_named_by_a_variable(self):
        a = self.node("a")
        ours = a.started()
        self.env["WEFT_DATADIR"] = self.path("a")
        done = self.weft("admin", "admin_nodeInfo")
        self.assertEqual(json.loads(done.out)["id"], ours["id"])
        a.stop()

    def test_a_socket_left_by_a_killed_node_is_replaced(self):
        a = self.node("a")
        a.started()
        a.kill()
        self.assertTrue(os.path.exists(self.path("a", "admin", "weft.ipc")))
        again = self.node("a")
        again.started()
        self.assertEqual(self.admin("a", "admin_peers"), [])


if __name__ == "__main__":
    lab.main()
