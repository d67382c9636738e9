# SPDX-License-Identifier: Apache-2.0
"""Discovery in `weft run`: where it begins, whom it comes to know, what it tells
of itself."""

import json
import random
import socket

import lab


class Bootnode(lab.Lab):
    def admin(self, name, method):
        done = self.weft("admin", "--datadir", self.path(name), method)
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def known(self, name, version):
        """Node ids of whom it knows and had an answer from."""
        rows = sum(self.admin(name, f"disc{version}_buckets"), [])
        ids = set()
        for row in rows:
            if row["live"]:
                done = self.weft("enode", "--json", row["node"])
                ids.add(json.loads(done.out)["id"])
        return ids

    def check_meet(self, version, of):
        """Two that know a bootnode only come to know each other."""
        boot = self.node("boot", "--bootnode-only", plugins=())
        start = boot.started()
        a = self.node("a", "--bootnode", start[of], "--discovery", version)
        b = self.node("b", "--bootnode", start[of], "--discovery", version)
        ids = {start["id"], a.started()["id"], b.started()["id"]}
        for name in "boot", "a", "b":
            self.eventually(
                lambda: self.known(name, version) == ids
                - {self.admin(name, "admin_nodeInfo")["id"]},
                f"{name} knows the others by {version}")
        for node in a, b, boot:
            node.stop()

    def test_nodes_meet_by_v4_from_a_url(self):
        self.check_meet("v4", "enode")

    def test_nodes_meet_by_v4_from_a_record(self):
        self.check_meet("v4", "enr")

    def test_nodes_meet_by_v5_from_a_url(self):
        self.check_meet("v5", "enode")

    def test_nodes_meet_by_v5_from_a_record(self):
        self.check_meet("v5", "enr")

    def test_a_bootnode_may_be_named(self):
        boot = self.node("boot", "--bootnode-only", plugins=())
        url = boot.started()["enode"].replace("127.0.0.1", "localhost")
        self.assertIn("localhost", url)
        a = self.node("a", "--bootnode", url)
        a.expect("discovery", version="v4", live=1)
        a.stop()
        boot.stop()

    def test_a_name_that_is_nobodys_ends_the_start(self):
        done = self.weft("run", "--datadir", self.path("a"), "--bootnode",
                         f"enode://{lab.STRANGER}@{lab.NO_NAME}:1",
                         "--listen", "127.0.0.1:0")
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn(f"bootnode: {lab.NO_NAME}: ", done.err)

    def test_a_bootnode_that_comes_later_is_told(self):
        first = self.node("boot", "--discovery", "v4")
        url = first.started()["enode"]
        first.stop()
        a = self.node("a", "--bootnode", url, "--discovery", "v4")
        a.expect("discovery", version="v4", live=0)
        boot = self.node("boot", "--discovery", "v4",
                         listen=url.split("@")[1])
        a.expect("discovery", version="v4", known=1, live=1)
        a.stop()
        boot.stop()

    def test_a_bootnode_has_no_tcp_port(self):
        boot = self.node("boot", "--bootnode-only", plugins=())
        start = boot.started()
        self.assertIsNone(start["listen"])
        self.assertRegex(start["enode"], r"@127.0.0.1:0\?discport=\d+\Z")
        info = self.admin("boot", "admin_nodeInfo")
        self.assertEqual(info["ports"]["listener"], 0)
        self.assertNotEqual(info["ports"]["discovery"], 0)
        self.assertEqual(info["enr"], start["enr"])
        boot.stop()

    def test_without_a_bootnode_there_is_no_discovery(self):
        node = self.node("a")
        self.assertNotIn("enr", node.started())
        info = self.admin("a", "admin_nodeInfo")
        self.assertEqual((info["enr"], info["ports"]["discovery"]), ("", 0))
        done = self.weft("admin", "--datadir", self.path("a"),
                         "discovery_counters")
        self.assertEqual(done.status, 1)
        self.assertIn("does not exist", done.err)
        node.stop()

    def test_a_node_that_knows_nobody_sends_nothing(self):
        node = self.node("a", "--discovery", "v4,v5")
        for version in "v4", "v5":
            node.expect("discovery", version=version, known=0)
        counters = self.admin("a", "discovery_counters")
        self.assertEqual(counters["udp"]["sent"], 0)
        self.assertEqual(counters["v4"]["sent"]["ping"], 0)
        self.assertEqual(counters["v5"]["sent"]["ping"], 0)
        node.stop()

    def received(self, name):
        return self.admin(name, "discovery_counters")["udp"]["received"]

    def test_garbage_gets_no_answer_and_does_no_harm(self):
        boot = self.node("boot", "--bootnode-only", plugins=())
        url = boot.started()["enode"]
        port = int(url.split("=")[1])
        for version in "v4", "v5":
            boot.expect("discovery", version=version)
        dice = random.Random(20241)
        sent = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("127.0.0.1", port))
            before = boot.memory()
            for _ in range(40):
                for _ in range(100):
                    # Some are no packets by their length alone.
                    size = dice.choice((1, 62, 63, 97, 98, 300, 1280, 1281,
                                        1500, 9000))
                    stranger.send(dice.randbytes(size))
                    sent += size <= 1280
                # What the kernel has no room for would be lost.
                self.eventually(lambda: self.received("boot") >= sent,
                                "all of it arrives")
            stranger.setblocking(False)
            with self.assertRaises(BlockingIOError):
                stranger.recv(1)
        counters = self.admin("boot", "discovery_counters")
        self.assertEqual(counters["udp"]["sent"], 0)
        self.assertEqual(sum(counters["v4"]["dropped"].values()), sent)
        self.assertEqual(counters["v5"]["dropped"], {})
        self.assertLess(boot.memory() - before, 32 << 20)
        a = self.node("a", "--bootnode", url)
        a.expect("discovery", version="v4", live=1)
        a.stop()
        boot.stop()

    def test_the_udp_port_may_be_another_one(self):
        port = int(self.closed_address().split(":")[1])
        node = self.node("a", "--discovery", "v4", "--discovery-port",
                         str(port))
        start = node.started()
        self.assertNotIn(f":{port}?", start["enode"])
        self.assertTrue(start["enode"].endswith(f"?discport={port}"))
        done = self.weft("enode", "--json", start["enr"])
        self.assertTrue(
            json.loads(done.out)["enode"].endswith(f"?discport={port}"))
        taken = self.weft("run", "--datadir", self.path("b"), "--listen",
                          "127.0.0.1:0", "--discovery", "v4",
                          "--discovery-port", str(port))
        self.assertEqual((taken.status, taken.out), (1, ""))
        self.assertIn("choose another --listen or --discovery-port", taken.err)
        node.stop()

    def test_a_bootnode_does_nothing_else(self):
        url = f"enode://{lab.STRANGER}@127.0.0.1:1"
        for args, what in (
                (("--peer", url), "keeps no session with peers"),
                (("--plugin", "foobar"), "loads no plugins"),
                (("--discovery", "off"), "needs discovery")):
            done = self.weft("run", "--bootnode-only", *args, "--datadir",
                             self.path("a"))
            self.assertEqual((done.status, done.out), (2, ""))
            self.assertIn(f"--bootnode-only: a bootnode {what}", done.err)


if __name__ == "__main__":
    lab.main()
