# SPDX-License-Identifier: Apache-2.0
"""Nodes of IPv4 alone, of IPv6 alone and of both, in one network: everyone is
asked and dialed at the address that who asks can reach. In a network namespace,
whose loopback is all there is, so that nodes may listen everywhere."""

import json
import os
import re

import home
import lab

V4, V6 = "127.0.0.1", "::1"


def setUpModule():
    home.run("ip", "link", "set", "lo", "up")
    if V6 not in home.run("ip", "-6", "address", "show", "dev", "lo"):
        raise RuntimeError("this machine has no IPv6: nothing is proven")


class Families(lab.Lab):
    def both(self, name, *args, **options):
        """A node at all addresses, and a record of it that has both."""
        node = self.node(name, *args, listen=":0", plugins=(), **options)
        start = node.started()
        udp = re.search(r"(?:discport=|:)(\d+)\Z", start["enode"])[1]
        done = self.weft("enr", "make", "--key", self.path(name, "nodekey"),
                         "--ip", V4, "--ip", V6, "--udp", udp, "--tcp", udp,
                         "--seq", "1")
        self.assertEqual(done.status, 0, done)
        return node, start, done.out.strip()

    def test_each_dials_those_that_it_reaches_at_what_it_reaches(self):
        _, _, door = self.both("door", "--bootnode-only", "--discovery",
                               "v4,v5")
        both, start, _ = self.both("both", "--discovery", "v4,v5",
                                   "--bootnode", door)
        # It has a way to the bootnode in each family, and says so.
        done = self.weft("enr", "decode", "--json", start["enr"])
        entries = {e["key"]: e["value"]
                   for e in json.loads(done.out)["entries"]}
        self.assertEqual((entries["ip"], entries["ip6"]), (V4, V6))
        # Nobody gets in there, so it is they who dial.
        new = {name: self.node(name, "--discovery", "v5", "--bootnode", door,
                               "--dial-ratio", "1", listen=f"[{address}]:0"
                               if address == V6 else f"{address}:0",
                               plugins=())
               for name, address in (("six", V6), ("four", V4))}
        for node in new.values():
            node.started()
        for name, address in ("six", V6), ("four", V4):
            with self.subTest(name):
                peer = new[name].expect("peer_added", id=start["id"])
                self.assertFalse(peer["inbound"])
                self.assertEqual(
                    peer["remote"].rpartition(":")[0].strip("[]"), address)
                self.assertNotIn("dial_failed", new[name].kinds())
        for node in new.values():
            node.stop()
        both.stop()

    def test_commands_ask_at_the_address_that_they_reach(self):
        _, _, door = self.both("door", "--bootnode-only", "--discovery",
                               "v4,v5")
        for listen, address in (f"[{V6}]:0", V6), (f"{V4}:0", V4), \
                (":0", V4):
            for version in "--v4", "--v5":
                with self.subTest((listen, version)):
                    done = self.weft("discover", "ping", door, version,
                                     "--json", "--listen", listen)
                    self.assertEqual((done.status, done.err), (0, ""))
                    (pong,) = lab.lines(done.out)
                    self.assertEqual(
                        pong["address"].rpartition(":")[0].strip("[]"),
                        address)
        # So do networks say which.
        done = self.weft("discover", "lookup", "--bootnode", door, "--json",
                         "--netrestrict", "::/0")
        self.assertEqual((done.status, done.err), (0, ""))
        _, start, record = self.both("a", "--bootnode", door, "--discovery",
                                     "v4,v5")
        for listen in f"[{V6}]:0", f"{V4}:0":
            with self.subTest(listen):
                done = self.weft("discover", "crawl", "set.json", "--json",
                                 "--bootnode", record, "--listen", listen,
                                 "--duration", "2")
                self.assertEqual((done.status, done.err), (0, ""))
                with open(self.path("set.json"), encoding="ascii") as file:
                    self.assertIn(start["id"], json.load(file))
                os.unlink(self.path("set.json"))

    def test_without_a_way_by_ipv4_far_nodes_are_asked_by_ipv6(self):
        ours = "2a01:4f8::1"  # an address of nobody, in here
        home.run("ip", "address", "add", f"{ours}/128", "dev", "lo")
        self.addCleanup(home.run, "ip", "address", "delete", f"{ours}/128",
                        "dev", "lo")
        home.run("ip", "-6", "route", "add", "default", "dev", "lo")
        self.addCleanup(home.run, "ip", "-6", "route", "delete", "default",
                        "dev", "lo")
        node = self.node("far", "--discovery", "v4,v5", plugins=(),
                         listen=f"[{ours}]:0")
        start = node.started()
        port = start["listen"].rpartition(":")[2]
        done = self.weft("enr", "make", "--key", self.path("far", "nodekey"),
                         "--ip", "77.1.1.1", "--ip", ours, "--udp", port,
                         "--tcp", port, "--seq", "1")
        record = done.out.strip()
        done = self.weft("discover", "ping", record, "--json")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(lab.lines(done.out)[0]["address"], f"[{ours}]:{port}")
        done = self.weft("ping", record, "--json")
        self.assertIn(f"[{ours}]:{port}", done.out)

    def test_a_record_without_an_address_in_reach_is_refused(self):
        self.assertEqual(self.weft("key", "new", "k").status, 0)
        done = self.weft("enr", "make", "--key", "k", "--ip", V4, "--udp",
                         "1", "--tcp", "1")
        only = done.out.strip()
        done = self.weft("discover", "ping", only, "--listen", f"[{V6}]:0")
        self.assertEqual(done.status, 2, done)
        self.assertIn("out of reach of --listen", done.err)


if __name__ == "__main__":
    home.enter()
    lab.main()
