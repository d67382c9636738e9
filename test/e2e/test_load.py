# SPDX-License-Identifier: Apache-2.0
"""Gossip under load: many nodes, slow readers, peers that are killed, plugins
that are exchanged meanwhile. Each counts what it did, and the sums must come
out exactly wherever they can."""

import signal
import time

import gossiping
import lab

MIB = 1 << 20


class Load(gossiping.GossipLab):
    def setUp(self):
        super().setUp()
        # Freed memory that a sanitizer keeps to itself would look like ours.
        self.env["ASAN_OPTIONS"] = ":".join(filter(None, (
            self.env.get("ASAN_OPTIONS"), "quarantine_size_mb=4")))

    def sums(self, nodes):
        total = {}
        for node in nodes:
            for key, value in self.stats(node).items():
                if key != "peers":
                    total[key] = total.get(key, 0) + value
        return total

    def stop(self, nodes):
        for node in nodes:
            node.signal(signal.SIGTERM)
        for node in nodes:
            self.assertEqual(node.wait(), 0, node.errors())
            self.assertEqual(node.complaints(), [])

    def test_ten_processes_hear_every_rumour_once(self):
        count, degree, rumours = 10, 4, 4
        edges = count * degree // 2
        makers, asker, silent = range(0, count, 2), 3, 4
        nodes = []
        for i in range(count):
            options = ""
            if i in makers:
                options += f",rumour_every=20ms,rumours={rumours}"
            if i == asker:
                options += ",ask_every=1ms,asks=2,ask_deadline=2s"
            if i == silent:
                options += ",silent=true"
            nodes.append(self.gossip(f"n{i}", options))
        for i, node in enumerate(nodes):
            for j in i + 1, i + 3:
                self.call(node, "admin_addPeer", nodes[j % count].enode)
        for node in nodes:
            self.assertEqual(self.reach(node, opened=degree)["opened"], degree)

        # Whoever makes one tells all, whoever hears one tells all but one.
        made = rumours * len(makers)
        for i in makers:
            self.call(nodes[i], "gossip_begin")
        for i, node in enumerate(nodes):
            own = rumours if i in makers else 0
            sums = self.reach(node, rumours_made=own,
                              rumours_heard=made - own)
            self.assertEqual(sums["rumours_made"], own)
            self.assertEqual(sums["rumours_heard"], made - own)
            self.assertEqual(sums["rumours_posted"],
                             own * degree + (made - own) * (degree - 1))
        again = made * (2 * edges - 2 * (count - 1))
        self.eventually(lambda: self.sums(nodes)["rumours_again"] >= again,
                        "some were lost")
        sums = self.sums(nodes)
        self.assertEqual(sums["rumours_again"], again)
        self.assertEqual(sums["rumours_posted"],
                         sums["rumours_heard"] + sums["rumours_again"])
        self.assertEqual(sums["rumours_skipped"], 0)

        # A question is late exactly where nobody answers.
        begun = time.monotonic()
        self.call(nodes[asker], "gossip_begin")
        sums = self.reach(nodes[asker], late=2, answered=2 * (degree - 1))
        self.assertGreaterEqual(time.monotonic() - begun, 2 * 2)
        self.assertEqual((sums["asked"], sums["late"], sums["strays"]),
                         (2 * degree, 2, 0))
        for peer in sums["peers"]:
            self.assertEqual(peer["asked"], 2)
            self.assertIn((peer["answered"], peer["late"]), ((2, 0), (0, 2)))
        self.assertEqual(self.stats(nodes[silent])["ignored"], 2)
        sums = self.sums(nodes)
        self.assertEqual((sums["replied"], sums["ignored"], sums["cut"]),
                         (2 * (degree - 1), 2, 0))
        self.assertEqual(sums["closed"], 0)
        self.stop(nodes)

    def test_one_slow_reader_holds_up_nobody_else(self):
        # The same twice: with a peer that reads a message a second, and
        # without. Nothing is measured by the clock.
        writer = self.gossip("writer", ",loads=1000000")
        other = self.gossip("other", ",loads=1000000")
        before = writer.memory()
        slow = self.gossip("slow", ",read_delay=1s", [writer])
        self.reach(slow, loads_heard=1)
        fast = [self.gossip(f"f{i}", "", [writer]) for i in range(2)]
        free = [self.gossip(f"g{i}", "", [other]) for i in range(2)]
        begun = [self.reach(node, loads_heard=1)["loads_heard"]
                 for node in fast + free]
        for node, first in zip(free, begun[2:]):
            self.reach(node, loads_heard=first + 24)
        heard = [self.stats(node)["loads_heard"] - first
                 for node, first in zip(fast, begun)]
        self.assertGreaterEqual(min(heard), 24 // 4)
        behind = self.stats(slow)["loads_heard"]
        self.assertLess(writer.memory(), before + 48 * MIB)
        self.assertLess(slow.memory(), before + 48 * MIB)
        # It gets what is its, whole and in order, and keeps its peer.
        sums = self.reach(slow, loads_heard=behind + 3)
        self.assertEqual(sums["load_bytes"], sums["loads_heard"] * MIB)
        self.assertEqual((sums["loads_wrong"], sums["closed"]), (0, 0))
        for node in fast + free:
            self.assertEqual(self.stats(node)["loads_wrong"], 0)
        self.assertNotIn("peer_dropped", writer.kinds())
        self.stop([slow, writer, other] + fast + free)

    def test_peers_killed_amid_a_write_cut_it_and_leave_nothing(self):
        node = self.gossip("node", ",loads=1000000,ask_every=5ms")
        # The first round shows how large it becomes.
        for rounds in range(3):
            self.call(node, "admin_peers")
            if rounds == 1:
                files, memory = node.files(), node.memory()
            victims = [self.gossip(f"v{rounds}{i}", "", [node])
                       for i in range(3)]
            for victim in victims:
                self.reach(victim, loads_heard=1)
            for victim in victims:
                victim.signal(signal.SIGSTOP)
            self.stands_still(node, "loads_sent")
            self.assertEqual(self.stats(node)["loads_cut"], 3 * rounds)
            for victim in victims:
                victim.process.kill()
            # Each was amid a write, and that is what ended it.
            sums = self.reach(node, loads_cut=3 * rounds + 3,
                              closed=3 * rounds + 3)
            self.assertEqual(sums["loads_cut"], 3 * rounds + 3)
            self.assertEqual(sums["loads_failed"], 0)
            self.assertEqual(sums["opened"], sums["closed"])
            self.assertEqual(sums["peers"], [])
            for _ in victims:
                node.expect("peer_dropped")
        self.eventually(lambda: node.files() <= files, "files stay open")
        self.assertLess(node.memory(), memory + 16 * MIB)
        self.assertEqual(self.call(node, "admin_peers"), [])
        # Whoever comes next finds all as it was.
        last = self.gossip("last", "", [node])
        self.assertEqual(self.reach(last, loads_heard=4)["loads_wrong"], 0)
        self.stop([node, last])

    def test_a_writer_killed_amid_a_message_cuts_the_read(self):
        node = self.gossip("node")
        for rounds in range(4):
            writer = self.gossip(f"w{rounds}", ",loads=1000000", [node])
            heard = self.stats(node)["loads_heard"]
            self.reach(node, loads_heard=heard + 2 + rounds)
            writer.process.kill()
            sums = self.reach(node, closed=rounds + 1)
            self.assertEqual(sums["loads_wrong"], 0)
            self.assertEqual(sums["load_bytes"], sums["loads_heard"] * MIB)
            node.expect("peer_dropped")
        self.assertEqual(self.call(node, "admin_peers"), [])
        node.stop()

    def test_reloads_under_traffic_lose_no_peer(self):
        reloads = 6
        options = ",ask_every=1ms,ask_deadline=5s,rumour_every=5ms"
        node = self.gossip("node", options)
        others = [self.gossip(f"o{i}", options, [node]) for i in range(3)]
        for other in others:
            self.reach(other, answered=20)
        for _ in range(reloads):
            done = self.weft("admin", "--datadir", self.path("node"),
                             "plugin_reload", "gossip")
            self.assertEqual((done.status, done.out), (0, "true\n"), done)
            # The new one talks with all of them, and they with it.
            self.assertEqual(len(self.reach(node, answered=60,
                                            rumours_heard=20)["peers"]), 3)
            for other in others:
                before = self.stats(other)["answered"]
                self.reach(other, answered=before + 20)
        for other in others:
            sums = self.stats(other)
            self.assertEqual((sums["cut"], sums["closed"]), (0, 0))
            # One question at a time, and what lies unread for the plugin that
            # goes goes with it.
            self.assertLessEqual(sums["late"], reloads)
        self.stop([node] + others)
        # Nobody came twice, so nobody was lost.
        self.assertEqual(node.kinds().count("peer_added"), 3)
        for other in others:
            self.assertEqual(other.kinds().count("peer_added"), 1)


if __name__ == "__main__":
    lab.main()
