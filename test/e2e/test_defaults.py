# SPDX-License-Identifier: Apache-2.0
"""Where a node listens that was told nothing: port 30303 on all interfaces, or
another one. In a network of our own, which has that port for us.

No plugins: who we are there is not who owns the file system, so no plugin's
file would be believed."""

import socket

import alone
import lab


class Defaults(lab.Lab):
    def node(self, name, *args):
        return super().node(name, *args, listen=None, plugins=())

    def test_the_first_takes_the_port_and_gives_both_its_addresses(self):
        start = self.node("a").started()
        self.assertRegex(start["listen"], r":30303\Z")
        self.assertEqual([url.split("@")[1] for url in start["enodes"]],
                         [f"{alone.OUTSIDE}:30303", "127.0.0.1:30303"])
        self.assertEqual(start["enode"], start["enodes"][0])
        for address in alone.OUTSIDE, "127.0.0.1":
            socket.create_connection((address, 30303)).close()

    def test_the_second_takes_another_and_they_meet(self):
        a = self.node("a")
        first = a.started()
        b = self.node("b", "--peer", first["enode"])
        second = b.started()
        self.assertNotIn(":30303", second["enode"])
        a.expect("peer_added", id=second["id"])
        b.expect("peer_added", id=first["id"])
        b.stop()
        a.stop()

    def test_that_the_port_is_busy_is_said(self):
        self.node("a").started()
        done = self.weft("run", "--datadir", self.path("b"), "--duration",
                         "10ms")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn("on all interfaces (30303 is busy)\n", done.out)
        self.assertIn(f"@{alone.OUTSIDE}:", done.out)
        self.assertIn("@127.0.0.1:", done.out)
        self.assertNotIn(":30303", done.out)

    def test_a_node_that_is_asked_has_one_port_for_both(self):
        start = self.node("a", "--discovery", "v4").started()
        self.assertRegex(start["listen"], r":30303\Z")
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            with socket.socket(socket.AF_INET, kind) as taken:
                with self.assertRaises(OSError):
                    taken.bind(("", 30303))

    def test_both_ports_move_when_one_of_them_is_busy(self):
        for name, kind in (("a", socket.SOCK_DGRAM), ("b", socket.SOCK_STREAM)):
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("", 30303))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                node = self.node(name, "--discovery", "v4,v5")
                start = node.started()
                self.assertNotRegex(start["enode"], ":30303|discport")
                node.stop()

    def test_without_discovery_it_has_no_udp_port(self):
        self.node("a").started()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("", 30303))

    def test_a_port_that_was_asked_for_is_not_replaced(self):
        self.node("a").started()
        done = self.weft("run", "--listen", ":30303", "--datadir",
                         self.path("b"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("choose another --listen", done.err)


if __name__ == "__main__":
    alone.enter()
    lab.main()
