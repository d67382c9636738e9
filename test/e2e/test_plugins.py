# SPDX-License-Identifier: Apache-2.0
"""Plugins of a running node: given at its start, exchanged while it runs."""

import json
import os

import lab


class Plugins(lab.Lab):
    def admin(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method, *params)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.out)

    def counts(self, name):
        return self.admin(name, "admin_nodeInfo")["protocols"]["foobar"]

    def until(self, name, holds):
        """Ask the node for its counters until they are as wanted."""
        for _ in range(lab.DEADLINE * 10):
            counts = self.counts(name)
            if holds(counts):
                return counts
        self.fail(f"the counters stay at {counts}")

    def test_foobar_talks_as_a_plugin(self):
        a = self.node("a", "--plugin", "foobar")
        b = self.node("b", "--plugin", "foobar", "--peer",
                      a.started()["enode"])
        self.assertEqual(a.expect("peer_added")["protocols"], ["foobar/1"])
        b.expect("peer_added")
        for name in ("a", "b"):
            self.until(name, lambda c: c["bar_in"] == 1 and c["bar_out"] == 1)
        (plugin,) = self.admin("a", "plugin_list")
        self.assertEqual(plugin["counters"]["bar_in"], 1)
        (peer,) = self.admin("a", "admin_peers")
        self.assertEqual(peer["protocols"]["foobar"]["foo_in"], 1)
        b.stop()
        self.assertEqual(a.expect("peer_dropped")["reason"], 8)
        a.stop()

    def test_a_node_without_plugins_runs_and_can_load_one(self):
        a = self.node("a", plugins=())
        start = a.started()
        self.assertEqual(start["protocols"], [])
        self.assertEqual(self.admin("a", "plugin_list"), [])
        self.admin("a", "plugin_load", "foobar")
        self.node("b", "--peer", start["enode"])
        for way in ("sent", "received"):
            a.expect("foobar", **{way: "bar"})

    def test_a_node_without_plugins_says_what_to_do(self):
        done = self.weft("run", "--datadir", self.path("a"), "--no-listen",
                         "--duration", "0.01")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn("  speaks    no protocol; load one: weft run --plugin "
                      "foobar\n", done.out)

    def test_capabilities_come_and_go_with_their_plugin(self):
        a = self.node("a", "--plugin", "foobar,name=other")
        b = self.node("b", "--plugin", "foobar")
        url = b.started()["enode"]
        a.started()
        self.admin("a", "admin_addPeer", url)
        self.assertIn("useless peer", a.expect("dial_failed")["cause"])
        self.admin("a", "plugin_unload", "foobar")
        self.assertEqual(self.admin("a", "plugin_list"), [])
        self.admin("a", "plugin_load", "foobar")
        # It is dialed again by itself, on a slow machine even while nothing
        # is spoken here.
        a.expect("peer_added", protocols=["foobar/1"])
        b.expect("peer_added", protocols=["foobar/1"])
        self.admin("a", "plugin_unload", "foobar")
        b.expect("peer_dropped")

    def test_a_reload_loses_no_peer(self):
        a = self.node("a", "--plugin", "foobar,interval=20ms")
        b = self.node("b", "--plugin", "foobar,interval=20ms", "--peer",
                      a.started()["enode"])
        a.expect("peer_added")
        b.expect("peer_added")
        for _ in range(3):
            # So many that a new instance has not come to by the next look.
            before = self.until("a", lambda c: c["bar_in"] > 100)
            self.assertIs(self.admin("a", "plugin_reload", "foobar"), True)
            after = self.counts("a")
            self.assertLess(after["bar_in"], before["bar_in"], "it is new")
        self.until("a", lambda c: c["bar_in"] > 3)
        self.assertEqual(len(self.admin("a", "admin_peers")), 1)
        b.stop()
        a.expect("peer_dropped")
        self.assertEqual(
            [e["event"] for e in a.seen].count("peer_added"), 1
        )

    def test_what_cannot_be_loaded_is_told_in_a_line(self):
        for plugin, text, status in (
            ("nosuch", "there is no ", 1),
            ("foobra", "did you mean foobar?", 1),
            ("./nosuch.so", "cannot open", 1),
            ("foobar,intervall=1s", "did you mean interval?", 2),
            ("foobar,interval=soon", "interval", 2),
        ):
            with self.subTest(plugin):
                done = self.weft("run", "--datadir", self.path("x"),
                                 "--no-listen", "--plugin", plugin)
                self.assertEqual((done.status, done.out), (status, ""), done)
                self.assertEqual(done.err.count("\n"), status, done.err)
                self.assertIn(text, done.err.splitlines()[0])
                self.assertFalse(os.path.exists(self.path("x")))


if __name__ == "__main__":
    lab.main()
