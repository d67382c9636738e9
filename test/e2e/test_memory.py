# SPDX-License-Identifier: Apache-2.0
"""What a node knows of others outlives it, however it ends."""

import os
import random
import signal
import time

import lab


class Memory(lab.Lab):
    def member(self, name, discovery, *args):
        node = self.node(name, "--discovery", discovery, *args)
        return node, node.started()

    def database(self, name):
        return self.path(name, "nodes", "data.mdb")

    def content(self, name):
        with open(self.database(name), "rb") as file:
            return file.read()

    def id_of(self, started):
        """What is in a database that has anything of that node."""
        return bytes.fromhex(started["id"])

    def key_of(self, started):
        """What is in one that has its record: the key in its short form."""
        key = bytes.fromhex(
            started["enode"].removeprefix("enode://")[:128])
        return bytes([2 + key[63] % 2]) + key[:32]

    def remembers(self, name, started):
        return self.id_of(started) in self.content(name)

    def seq(self, started):
        done = self.weft("enr", "decode", "--json", started["enr"])
        self.assertEqual(done.status, 0, done.err)
        (record,) = lab.lines(done.out)
        return record["seq"]

    def meets(self, node, ids):
        """Wait until it has them all for peers."""
        left = set(ids)
        while left:
            left.discard(node.expect("peer_added")["id"])

    def finds_its_neighbors_again(self, discovery):
        _, boot = self.member("boot", discovery)
        bootnode = ("--bootnode", boot["enode"])
        _, other = self.member("other", discovery, *bootnode)
        node, before = self.member("node", discovery, *bootnode)
        # A node of v5 is asked by its record.
        mark = self.key_of if discovery == "v5" else self.id_of
        marks = [mark(boot), mark(other)]
        self.wait_stored("node",
                         lambda content: all(one in content for one in marks),
                         "its neighbors are not in its database")
        node.kill()
        # At another port, where nobody expects it.
        node, after = self.member("node", discovery)
        self.assertNotEqual(before["listen"], after["listen"])
        self.assertEqual(before["id"], after["id"])
        self.assertGreater(self.seq(after), self.seq(before))
        self.meets(node, (boot["id"], other["id"]))
        node.stop()

    def test_neighbors_of_v4_are_found_again_after_kill_9(self):
        self.finds_its_neighbors_again("v4")

    def test_neighbors_of_v5_are_found_again_after_kill_9(self):
        self.finds_its_neighbors_again("v5")

    def test_a_node_that_ends_well_forgets_nothing(self):
        boot, told = self.member("boot", "v4,v5")
        node, _ = self.member("node", "v4,v5", "--bootnode", told["enode"])
        self.meets(node, (told["id"],))
        node.stop()
        self.assertTrue(self.remembers("node", told))
        mode = os.stat(self.path("node", "nodes")).st_mode & 0o777
        self.assertEqual(mode, 0o700)
        mode = os.stat(self.database("node")).st_mode & 0o777
        self.assertEqual(mode, 0o600)
        boot.stop()

    def test_the_number_of_its_record_never_falls(self):
        last = 0
        for _ in range(8):
            node, started = self.member("node", "v4,v5")
            seq = self.seq(started)
            self.assertGreater(seq, last)
            last = seq
            # Somewhere in what it does then.
            deadline = time.monotonic() + random.random() / 20
            while time.monotonic() < deadline:
                pass
            node.kill()
        # Nor without its database, as long as the clock is right, and has
        # passed the numbers kept in store: starts in quick succession are ahead.
        os.remove(self.database("node"))
        while time.time() * 1000 <= last:
            time.sleep(0.01)
        node, started = self.member("node", "v4,v5")
        self.assertGreater(self.seq(started), last)
        node.stop()

    def test_a_damaged_database_is_told_of_and_moved_aside(self):
        boot, told = self.member("boot", "v4")
        node, before = self.member("node", "v4", "--bootnode", told["enode"])
        self.meets(node, (told["id"],))
        node.stop()
        damaged = bytearray(self.content("node"))
        for page in range(2, len(damaged) // 4096):
            damaged[4096 * page + 13] ^= 0x55
        with open(self.database("node"), "wb") as file:
            file.write(damaged)
        node, after = self.member("node", "v4", "--bootnode", told["enode"])
        self.assertEqual(before["id"], after["id"])
        self.assertGreater(self.seq(after), self.seq(before))
        self.meets(node, (told["id"],))
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0, node.errors())
        (complaint,) = node.complaints()
        self.assertIn("the node database is not usable", complaint)
        self.assertIn(self.database("node") + ".1", complaint)
        with open(self.database("node") + ".1", "rb") as file:
            self.assertEqual(file.read(), damaged)
        self.assertTrue(self.remembers("node", told))
        boot.stop()

    def test_a_link_where_the_folder_should_be_is_not_followed(self):
        boot, told = self.member("boot", "v4")
        node, _ = self.member("node", "v4")
        node.stop()
        os.rename(self.path("node", "nodes"), self.path("elsewhere"))
        os.symlink(self.path("elsewhere"), self.path("node", "nodes"))
        node, _ = self.member("node", "v4", "--bootnode", told["enode"])
        self.meets(node, (told["id"],))
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0, node.errors())
        (complaint,) = node.complaints()
        self.assertIn("not a folder", complaint)
        self.assertTrue(os.path.islink(self.path("node", "nodes.1")))
        self.assertTrue(self.remembers("node", told))
        boot.stop()


if __name__ == "__main__":
    lab.main()
