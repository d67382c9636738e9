# SPDX-License-Identifier: Apache-2.0
"""Nodes that know a bootnode and nothing else find each other and stay
connected: fifty of them, and what may happen to them meanwhile."""

import json
import os
import signal
import time
import unittest

import lab

NODES = int(os.environ.get("FINDING_NODES", "50"))
DIALED = 5  # of 15 peers
DEADLINE = 200  # ten times what it may take where nothing else runs


class Crowd:
    """Nodes by name, and whom each has a session with now."""

    def __init__(self, test):
        self.test = test
        self.nodes = {}
        self.starts = {}
        self.peers = {}  # name: {id: event}

    def add(self, name, *args, **options):
        self.nodes[name] = self.test.node(name, *args, **options)
        self.peers[name] = {}

    def start_all(self):
        for name, node in self.nodes.items():
            if name not in self.starts:
                self.starts[name] = node.started()

    def read(self, name):
        """Take in what the node has told since the last time."""
        node = self.nodes[name]
        while not node.events.empty():
            event = node.next(time.monotonic() + DEADLINE)
            if event is None:
                self.test.fail(f"{name} ended: {node.errors()}")
            if event["event"] == "peer_added":
                self.peers[name][event["id"]] = event
            elif event["event"] == "peer_dropped":
                del self.peers[name][event["id"]]

    def dialed(self, name):
        self.read(name)
        return [event for event in self.peers[name].values()
                if not event["inbound"]]

    def agreed(self):
        """How many of those whom each has dialed have it for a peer as well.
        Who dials knows of a session first, and may yet be told that there is
        no place for it."""
        for name in self.nodes:
            self.read(name)
        ids = {name: self.starts[name]["id"] for name in self.nodes}
        sessions = {(ids[name], other)
                    for name in self.nodes for other in self.peers[name]}
        return {name: sum((event["id"], ids[name]) in sessions
                          for event in self.peers[name].values()
                          if not event["inbound"])
                for name in self.nodes}

    def wait_full(self):
        """Until all of them at once have dialed their share of peers."""
        deadline = time.monotonic() + DEADLINE
        while min((dialed := self.agreed()).values()) < DIALED:
            self.test.assertLess(time.monotonic(), deadline, dialed)
            time.sleep(0.02)

    def kill(self, name):
        self.nodes[name].signal(signal.SIGKILL)
        self.nodes[name].wait()
        del self.nodes[name], self.peers[name]

    def stop_all(self):
        for node in self.nodes.values():
            node.signal(signal.SIGTERM)
        for name, node in self.nodes.items():
            self.test.assertEqual(node.wait(), 0, node.errors())
            self.test.assertEqual(node.complaints(), [], name)


class Finding(lab.Lab):
    def admin(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method,
                         *params)
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def bootnode(self):
        boot = self.node("boot", "--bootnode-only", plugins=())
        return boot, boot.started()

    def test_fifty_find_each_other_and_need_no_bootnode_after_that(self):
        boot, start = self.bootnode()
        crowd = Crowd(self)
        names = [f"n{i}" for i in range(NODES)]
        began = time.monotonic()
        for name in names:
            crowd.add(name, "--bootnode", start["enode"], "--max-peers", "15")
        crowd.start_all()
        crowd.wait_full()
        took = time.monotonic() - began
        print(f"{NODES} nodes: {DIALED} dialed peers each after {took:.1f} s",
              flush=True)
        for name in names:
            self.assertLessEqual(len(crowd.peers[name]), 15)
            self.assertEqual(len(crowd.dialed(name)), DIALED)
            for event in crowd.dialed(name):
                self.assertIn(event["source"], ("v4", "v5"))
        with self.subTest("the bootnode dies"):
            boot.signal(signal.SIGKILL)
            boot.wait()
            self.check_links(crowd, names)
        with self.subTest("some die, and come back"):
            self.check_return(crowd, names[: NODES // 10], start["enode"])
        self.check_links(crowd, names)
        crowd.stop_all()

    def check_links(self, crowd, names):
        """Every session is there, at both ends, and talks."""
        ids = {name: crowd.starts[name]["id"] for name in names}
        for name in names:
            crowd.read(name)
        for name in names:
            peers = self.admin(name, "admin_peers")
            self.assertGreaterEqual(
                sum(not peer["network"]["inbound"] for peer in peers), DIALED)
            for peer in peers:
                self.assertIn(peer["id"], ids.values())
        again = {name: len(crowd.dialed(name)) for name in names}
        self.assertEqual(min(again.values()), DIALED, again)

    def wait_remembered(self, crowd, name):
        """Until enough of the others are in its database."""
        ids = [bytes.fromhex(start["id"]) for start in crowd.starts.values()]
        self.wait_stored(
            name, lambda content: sum(one in content for one in ids) >= DIALED,
            f"{name} remembers {DIALED} others")

    def check_return(self, crowd, dead, bootnode):
        """They come back elsewhere, with the bootnode that is gone and what
        they remember. Who had dialed them dials others meanwhile."""
        for name in dead:
            self.wait_remembered(crowd, name)
        for name in dead:
            crowd.kill(name)
        for name in dead:
            del crowd.starts[name]
            crowd.add(name, "--bootnode", bootnode, "--max-peers", "15")
        began = time.monotonic()
        crowd.start_all()
        crowd.wait_full()
        print(f"{len(dead)} came back, and all have {DIALED} dialed peers "
              f"again after {time.monotonic() - began:.1f} s", flush=True)

    def test_plugins_tell_of_nodes_without_discovery_too(self):
        tells = os.path.join(os.environ["WEFT_BUILD"], "test/plugins/tells.so")
        others = [self.node(name) for name in "ab"]
        urls = [node.started()["enode"] for node in others]
        node = self.node("c", "--no-listen", "--plugin", "foobar",
                         "--plugin", f"{tells},node={urls[0]}")
        first = node.expect("peer_added")
        self.assertEqual(first["id"], others[0].seen[0]["id"])
        self.assertEqual(first["source"], "plugin:tells")
        self.assertIs(self.admin("c", "tells_of", urls[1]), True)
        node.expect("peer_added", id=others[1].seen[0]["id"])
        # One that is lost is not dialed again, until it is told of again.
        others[0].stop()
        node.expect("peer_dropped", id=first["id"])
        bad = self.weft("admin", "--datadir", self.path("c"), "tells_of",
                        f"enode://{lab.STRANGER}")
        self.assertEqual(bad.status, 1)
        self.assertIn("malformed", bad.err)
        node.stop()
        self.assertEqual(node.seen[-1]["dialed"], 2)
        others[1].stop()

    def test_admin_peers_says_who_told_of_a_peer(self):
        _, start = self.bootnode()
        a = self.node("a", "--bootnode", start["enode"], "--discovery", "v5")
        b = self.node("b", "--bootnode", start["enode"], "--discovery", "v5")
        records = {a.started()["id"]: a.seen[-1]["enr"],
                   b.started()["id"]: b.seen[-1]["enr"]}
        a.expect("foobar", received="bar")
        b.expect("foobar", received="bar")
        sources = []
        for name in "a", "b":
            peer, = self.admin(name, "admin_peers")
            network = peer["network"]
            self.assertIs(network["static"], False)
            self.assertEqual("source" in network, not network["inbound"])
            sources.append(network.get("source"))
            self.assertEqual(peer["enr"], records[peer["id"]])
        self.assertEqual(sorted(map(str, sources)), ["None", "v5"])
        a.stop()
        b.stop()

    def test_nodes_outside_the_allowed_networks_are_not_dialed(self):
        """Nobody dials the one that looks, which has no TCP port."""
        _, start = self.bootnode()
        far = self.node("far", "--bootnode", start["enode"],
                        listen="127.0.0.2:0")
        near = self.node("near", "--bootnode", start["enode"])
        ids = {far.started()["id"], near.started()["id"]}
        free = self.node("free", "--bootnode", start["enode"], "--no-listen")
        free_ids = {free.expect("peer_added")["id"] for _ in ids}
        self.assertEqual(free_ids, ids)
        bound = self.node("bound", "--bootnode", start["enode"], "--no-listen",
                          "--netrestrict", "127.0.0.1/32")
        bound.expect("peer_added", id=near.seen[0]["id"])
        bound.expect("discovery", version="v4")
        bound.stop()
        self.assertEqual(bound.kinds().count("peer_added"), 1)
        for node in free, far, near:
            node.stop()

    def test_full_nodes_make_way_for_others(self):
        """Ten have no place for anybody, and then there is one that has."""
        _, start = self.bootnode()
        crowd = Crowd(self)
        for i in range(10):
            crowd.add(f"full{i}", "--bootnode", start["enode"],
                      "--max-peers", "0")
        crowd.start_all()
        node = self.node("a", "--bootnode", start["enode"], "--no-listen",
                         "--max-peers", "3")
        node.started()
        self.eventually(
            lambda: self.admin("a", "node_counters")["candidates_failed"] == 10,
            "all ten were dialed")
        crowd.add("open", "--bootnode", start["enode"])
        crowd.start_all()
        node.expect("peer_added", id=crowd.starts["open"]["id"])
        node.stop()
        self.assertNotIn("dial_failed", node.kinds())
        crowd.stop_all()

    def test_a_static_node_is_not_delayed_by_what_is_found(self):
        """The places of the dialed share are taken when it comes."""
        _, start = self.bootnode()
        names = "abcd"
        crowd = Crowd(self)
        for name in names:
            crowd.add(name, "--bootnode", start["enode"])
        crowd.start_all()
        hub = self.node("hub", "--bootnode", start["enode"], "--max-peers",
                        "6", "--dial-ratio", "3")
        hub.started()
        hub.expect("peer_added")
        friend = self.node("friend")  # no discovery
        url = friend.started()["enode"]
        began = time.monotonic()
        self.assertIs(self.admin("hub", "admin_addPeer", url), True)
        added = hub.expect("peer_added", id=friend.seen[-1]["id"])
        self.assertNotIn("source", added)
        self.assertLess(time.monotonic() - began, lab.DEADLINE)
        hub.stop()
        friend.stop()
        crowd.stop_all()


if __name__ == "__main__":
    lab.main()
