# SPDX-License-Identifier: Apache-2.0
"""weft ping against nodes, and against what is none."""

import threading

import lab

STEPS = ["resolved", "connected", "auth_sent", "ack_received", "hello", "pong",
         "reached"]


class Ping(lab.Lab):
    def url(self, address):
        return f"enode://{lab.STRANGER}@{address}"

    def ping(self, url, *args):
        done = self.weft("ping", "--json", url, *args)
        events = lab.lines(done.out)
        for event in events:
            self.assertEqual(next(iter(event)), "event")
        times = [event["ms"] for event in events]
        self.assertEqual(times, sorted(times))
        return done, events

    def test_tells_every_step_of_a_reached_node(self):
        node = self.node("a", "--name", "alice")
        start = node.started()
        done, events = self.ping(start["enode"])
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual([e["event"] for e in events], STEPS)
        by_kind = {e["event"]: e for e in events}
        self.assertEqual(by_kind["resolved"]["address"], start["listen"])
        self.assertGreaterEqual(by_kind["auth_sent"]["bytes"], 384)
        self.assertGreaterEqual(by_kind["ack_received"]["bytes"], 317)
        self.assertEqual(by_kind["hello"]["name"], "alice")
        self.assertEqual(by_kind["hello"]["version"], 5)
        self.assertEqual(by_kind["hello"]["capabilities"], ["foobar/1"])
        self.assertEqual(by_kind["hello"]["shared"], ["foobar/1"])
        self.assertGreater(by_kind["pong"]["round_trip_ms"], 0)
        # It parts politely: Disconnect 0x00.
        node.expect("peer_dropped", reason=0)
        node.stop()

    def test_looks_names_up(self):
        node = self.node("a")
        start = node.started()
        url = start["enode"].replace("127.0.0.1", "localhost")
        done, events = self.ping(url)
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual([e["event"] for e in events], STEPS)
        node.stop()

    def test_prints_an_aligned_account_for_people(self):
        node = self.node("a")
        done = self.weft("ping", node.started()["enode"])
        self.assertEqual((done.status, done.err), (0, ""))
        heads = [line[:16].strip() for line in done.out.splitlines()]
        self.assertEqual(
            heads, ["resolved", "connected", "auth sent", "ack received",
                    "hello", "", "shared", "pong"])
        node.stop()

    def test_says_that_the_node_has_another_key(self):
        node = self.node("a")
        done, events = self.ping(self.url(node.started()["listen"]))
        self.assertEqual(done.status, 1)
        self.assertEqual(events[-1]["step"], "ack")
        self.assertIn("does not hold this key", done.err)
        node.stop()

    def test_says_that_the_node_is_full(self):
        node = self.node("a", "--max-peers", "0")
        done, events = self.ping(node.started()["enode"])
        self.assertEqual(done.status, 1)
        self.assertEqual(events[-1]["step"], "hello")
        self.assertEqual(
            done.err, "weft ping: hello: the node disconnected: "
                      "too many peers (0x04)\n")
        node.stop()

    def test_says_that_the_port_is_closed(self):
        address = self.closed_address()
        done, events = self.ping(self.url(address))
        self.assertEqual(done.status, 1)
        self.assertEqual([e["event"] for e in events], ["resolved", "failed"])
        self.assertEqual(events[-1]["step"], "connect")
        self.assertEqual(
            done.err, f"weft ping: connect to {address}: connection refused\n")

    def test_names_the_step_at_which_a_silent_server_left_it(self):
        _, address = self.listener()
        done, events = self.ping(self.url(address), "--timeout", "2")
        self.assertEqual(done.status, 1)
        self.assertEqual([e["event"] for e in events],
                         ["resolved", "connected", "auth_sent", "failed"])
        self.assertEqual(events[-1]["step"], "ack")
        self.assertGreaterEqual(events[-1]["ms"], 2000)
        self.assertEqual(done.err, "weft ping: ack: no answer within 2.0 s\n")

    def answer_with(self, data):
        """A server that answers the first bytes it gets, then waits."""
        server, address = self.listener()

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(data)
                while connection.recv(1024):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, lab.DEADLINE)
        return address

    def test_says_that_garbage_is_no_ack(self):
        for data in (b"HTTP/1.1 400 Bad Request\r\n\r\n",
                     b"\x01\x00" + b"\x04" * 300,
                     b"\xff" * 4096,
                     b"\x00" * 2):
            with self.subTest(data[:8]):
                address = self.answer_with(data)
                done, events = self.ping(self.url(address), "--timeout", "20")
                self.assertEqual(done.status, 1)
                self.assertEqual(events[-1]["step"], "ack")
                self.assertIn("no ack to us", done.err)
                self.assertEqual(done.err.count("\n"), 1)

    def test_says_that_a_server_hung_up(self):
        server, address = self.listener()

        def serve():
            connection, _ = server.accept()
            connection.recv(4096)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, lab.DEADLINE)
        done, events = self.ping(self.url(address))
        self.assertEqual(done.status, 1)
        self.assertEqual(events[-1]["step"], "ack")
        self.assertIn("closed the connection without an ack", done.err)
        # A node that is full or was tried a moment ago does just that.
        for cause in "this key", "speak RLPx", "is full", "less than 30 s ago":
            self.assertIn(cause, done.err)


if __name__ == "__main__":
    lab.main()
