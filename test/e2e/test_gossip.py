# SPDX-License-Identifier: Apache-2.0
"""Nodes that gossip: what the plugin interface promises, over real connections,
judged by what the gossip plugin counted."""

import signal
import time

import gossiping
import lab


class Gossip(gossiping.GossipLab):
    def test_a_rumour_goes_round_a_ring(self):
        first = self.gossip("a")
        second = self.gossip("b", peers=[first])
        third = self.gossip("c", peers=[first, second])
        for node in first, second, third:
            self.reach(node, opened=2)
        self.assertIs(self.call(first, "gossip_say"), True)
        for node in second, third:
            sums = self.reach(node, rumours_heard=1)
            self.assertEqual(sums["rumours_posted"], 1)
        # Four were posted and two were new; who hears it again is a race.
        deadline = time.monotonic() + lab.DEADLINE
        again = 0
        while again < 2:
            self.assertLess(time.monotonic(), deadline)
            again = sum(self.stats(node)["rumours_again"]
                        for node in (first, second, third))
        self.assertEqual(again, 2)
        self.assertEqual(self.stats(first)["rumours_heard"], 0)
        for node in first, second, third:
            node.stop()

    def test_questions_are_answered_by_their_deadline(self):
        first = self.gossip("a", ",ask_every=5ms,ask_deadline=30s")
        second = self.gossip("b", ",ask_every=5ms,ask_deadline=30s", [first])
        for node in first, second:
            sums = self.reach(node, answered=20)
            self.assertEqual(sums["late"], 0)
            self.assertEqual(sums["strays"], 0)
        # A session that ends cuts the wait; both know at once.
        second.stop()
        self.assertEqual(self.reach(first, closed=1)["peers"], [])
        first.stop()

    def test_large_messages_reach_a_slow_reader_whole(self):
        # More than our buffers and the 32 MiB of a large system take.
        reader = self.gossip("a", ",read_delay=1ms")
        writer = self.gossip("b", ",loads=80", [reader])
        self.reach(reader, loads_heard=1)
        reader.signal(signal.SIGSTOP)
        self.assertLess(self.stands_still(writer, "loads_sent"), 80)
        reader.signal(signal.SIGCONT)
        sums = self.reach(reader, loads_heard=80)
        self.assertEqual(sums["loads_wrong"], 0)
        self.assertEqual(sums["load_bytes"], 80 << 20)
        sums = self.reach(writer, loads_sent=80)
        self.assertEqual(sums["loads_cut"], 0)
        self.assertGreater(sums["longest_write_ms"], 100)
        for node in reader, writer:
            node.stop()

    def test_a_peer_that_dies_cuts_the_write(self):
        node = self.gossip("a", ",loads=1000000,ask_every=5ms")
        other = self.gossip("b", ",read_delay=50ms", [node])
        self.reach(node, loads_sent=4, answered=1)
        other.process.kill()
        node.expect("peer_dropped")
        sums = self.reach(node, closed=1, loads_cut=1)
        self.assertEqual(sums["loads_cut"], 1)
        # Whoever comes next finds all as it was.
        third = self.gossip("c", peers=[node])
        self.assertEqual(self.reach(third, loads_heard=4)["loads_wrong"], 0)
        node.stop()
        third.stop()

    def test_a_stop_in_the_middle_of_everything_is_quick_and_quiet(self):
        options = (",loads=1000000,ask_every=1ms,ask_deadline=30s,"
                   "rumour_every=20ms,read_delay=5ms")
        first = self.gossip("a", options)
        second = self.gossip("b", options, [first])
        for node in first, second:
            self.reach(node, loads_heard=4, answered=4, rumours_heard=4)
        begun = time.monotonic()
        first.stop()
        self.assertLess(time.monotonic() - begun, lab.LATE)
        sums = self.reach(second, closed=1)
        self.assertEqual(sums["loads_wrong"], 0)
        second.stop()


if __name__ == "__main__":
    lab.main()
