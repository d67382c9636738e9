# SPDX-License-Identifier: Apache-2.0
"""Plugins that do what they should not: the node names them, and lives."""

import json
import os
import time

import lab

PLUGINS = os.path.join(os.environ["WEFT_BUILD"], "test/plugins")
UNRULY = os.path.join(PLUGINS, "unruly.so")
POKER = os.path.join(PLUGINS, "poker.so")


class Unruly(lab.Lab):
    def admin(self, name, method, *params):
        return self.weft("admin", "--datadir", self.path(name), method, *params)

    def is_alive(self, name):
        done = self.admin(name, "admin_nodeInfo")
        self.assertEqual(done.status, 0, done)
        return "name" in json.loads(done.out)

    def logged(self, node, *parts):
        """A line on standard error that holds all of these."""
        for _ in range(lab.DEADLINE * 20):
            for line in list(node.err):
                if all(part in line for part in parts):
                    return line
            time.sleep(0.05)  # as long as it takes, and never longer
        self.fail(f"no line with {parts} in: {node.errors()}")

    def pair(self, how, floods="false", *args):
        """A node with the plugin, and a peer that says something to it."""
        node = self.node("a", "--plugin", f"{UNRULY},how={how}", "--log-level",
                         "debug", "--log-format", "text", *args)
        peer = self.node("b", "--plugin", f"{POKER},floods={floods}", "--peer",
                         node.started()["enode"])
        return node, peer

    def test_an_error_ends_the_session(self):
        node, peer = self.pair("error")
        self.assertEqual(peer.expect("peer_dropped")["reason"], 0x10)
        self.logged(node, "failed", "unruly unruly/1", "error=failed")
        self.assertTrue(self.is_alive("a"))

    def test_one_that_never_reads_loses_its_peer(self):
        node, peer = self.pair("unread", "true")
        self.assertEqual(peer.expect("peer_dropped")["reason"], 0x10)
        self.logged(node, "messages unread", "unruly unruly/1")
        self.assertTrue(self.is_alive("a"))

    def test_a_stack_overflow_ends_the_process_with_its_name(self):
        node, _ = self.pair("overflow")
        self.assertEqual(node.wait(), 134)
        self.logged(node, "stack overflow in unruly unruly/1", "256 KiB")

    def test_one_that_computes_is_named_while_it_does(self):
        node, _ = self.pair("compute")
        self.logged(node, "fiber computes without a wait", "unruly unruly/1",
                    "last_call=weft_read")
        node.kill()

    def test_a_protocol_offered_twice_is_refused(self):
        self.refused("twice", "plugin unruly: start failed: "
                              "unruly/1 is there twice")

    def test_an_unknown_service_is_named(self):
        self.refused("service", "plugin unruly: start failed: service "
                                "nowhere/7 is offered by no plugin of this "
                                "node")

    def test_a_start_that_fails_is_named(self):
        self.refused("fail", "plugin unruly: start failed: failed")

    def refused(self, how, words):
        """At the start, and while the node runs, which is none the worse."""
        done = self.weft("run", "--no-listen", "--datadir", self.path("x"),
                         "--plugin", f"{UNRULY},how={how}")
        self.assertEqual(done.status, 1, done)
        self.assertIn(words, done.err)

        node = self.node("a")
        node.started()
        done = self.admin("a", "plugin_load", UNRULY, json.dumps({"how": how}))
        self.assertEqual(done.status, 1, done)
        self.assertIn(words, done.err)
        self.logged(node, words)
        done = self.admin("a", "plugin_load", UNRULY)
        self.assertEqual(done.status, 0, done)
        self.assertTrue(self.is_alive("a"))


if __name__ == "__main__":
    lab.main()
