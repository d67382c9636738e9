# SPDX-License-Identifier: Apache-2.0
"""A node's admin socket gets what is no JSON-RPC, or never enough of it, and
the node goes on as if nothing were."""

import json
import os
import random
import socket
import threading

import lab

CALL = {"jsonrpc": "2.0", "id": 1, "method": "admin_peers", "params": []}
# Bytes that mean something in JSON, more often than chance would have them.
LETTERS = b'{}[]",:\\0123456789.eE+-truefalsn \x00\x1b\xff\xc3\xa9'
MIB = 1 << 20


def text(value):
    return json.dumps(value).encode()


def methods(random):
    """Calls that are JSON, and wrong in one way each."""
    names = ("admin_nodeInfo", "admin_addPeer", "admin_removePeer",
             "plugin_load", "plugin_unload", "plugin_reload", "nosuch",
             "admin_addTrustedPeer", "admin_unsubscribe", "rpc_modules", "")
    odd = (None, True, -1, 1e308, "", "x" * 300, [], {}, [[]], [None], {"a": 1},
           ["enode://x"], ["../../etc/passwd"], [{"a": {"b": [1, 2]}}],
           ["\u0000"], [1] * 100)
    call = dict(CALL, method=random.choice(names), params=random.choice(odd))
    key = random.choice(sorted(call))
    if key != "method" or random.random() < 0.5:
        call[key] = random.choice(odd)
    # A watch would make the connection one that goes on talking.
    return call


def garbage(random):
    """Bytes for one connection."""
    kind = random.randrange(8)
    if kind == 0:
        return random.randbytes(random.randrange(1, 400))
    if kind == 1:
        return bytes(random.choice(LETTERS)
                     for _ in range(random.randrange(1, 400)))
    if kind == 2:  # a good call with a few bytes changed
        call = bytearray(text(CALL))
        for _ in range(random.randrange(1, 5)):
            call[random.randrange(len(call))] = random.choice(LETTERS)
        return bytes(call)
    if kind == 3:  # cut off
        call = text([CALL] * random.randrange(1, 5))
        return call[:random.randrange(1, len(call))]
    if kind == 4:
        return random.choice((b"[", b'{"a":')) * random.randrange(60, 20000)
    if kind == 5:
        return text(methods(random))
    if kind == 6:  # a batch of what is no call
        return text([random.choice((1, None, [], {}, "x", methods(random)))
                     for _ in range(random.randrange(0, 1100))])
    return b"".join(text(methods(random))
                    for _ in range(random.randrange(1, 20)))


class Garbage(lab.Lab):
    def setUp(self):
        super().setUp()
        # Freed memory that a sanitizer keeps to itself would look like ours.
        self.env["ASAN_OPTIONS"] = ":".join(filter(None, (
            self.env.get("ASAN_OPTIONS"), "quarantine_size_mb=4")))
        self.a = self.node("a", "--log-level", "error")
        self.b = self.node("b", "--plugin", "foobar,interval=50ms", "--peer",
                           self.a.started()["enode"])
        self.a.expect("peer_added")

    def connect(self):
        c = socket.socket(socket.AF_UNIX)
        self.addCleanup(c.close)
        c.settimeout(lab.DEADLINE)
        c.connect(self.path("a", "admin", "weft.ipc"))
        return c

    def admin(self, method):
        done = self.weft("admin", "--datadir", self.path("a"), method)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.out)

    def unaffected(self):
        """It answers, its peer is still there and talks, and it stops well."""
        self.assertEqual(len(self.admin("admin_peers")), 1)
        for _ in range(3):
            self.a.expect("foobar", received="foo")
        self.assertEqual(self.a.kinds().count("peer_added"), 1)
        self.assertNotIn("peer_dropped", self.a.kinds())
        self.b.stop()
        self.assertEqual(self.a.stop()["event"], "stopped")

    def answers(self, c):
        """What comes until it closes; every line is a JSON-RPC answer."""
        got = b""
        try:
            while part := c.recv(65536):
                got += part
        except ConnectionResetError:
            pass
        for line in got.splitlines():
            answer = json.loads(line)
            for one in answer if isinstance(answer, list) else [answer]:
                self.assertEqual(one["jsonrpc"], "2.0")
                self.assertTrue("result" in one or "error" in one, one)
        return got

    def test_thousands_of_malformed_requests_change_nothing(self):
        seed = int(os.environ.get("WEFT_SEED", random.randrange(1 << 32)))
        print(f"WEFT_SEED={seed}", flush=True)
        source = random.Random(seed)
        files, memory, refused = self.a.files(), 0, 0
        for i in range(3000):
            c = self.connect()
            try:
                c.sendall(garbage(source))
                c.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            except OSError:  # it is closed already
                pass
            refused += b'"error"' in self.answers(c)
            c.close()
            if i % 100 == 0:
                good = self.connect()
                good.sendall(text(CALL))
                self.assertEqual(len(json.loads(
                    good.makefile().readline())["result"]), 1)
                good.close()
            if i == 500:  # it has had the size of it all by now
                memory = self.a.memory()
        self.assertGreater(refused, 1000)
        self.assertLess(self.a.memory(), memory + 16 * MIB)
        self.eventually(lambda: self.a.files() <= files, "files stay open")
        self.unaffected()

    def pour(self, c, piece):
        """Until it is not taken any more; bytes that were."""
        sent = 0
        try:
            while sent < 64 * MIB:
                sent += c.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return sent

    def test_endless_requests_are_not_kept(self):
        self.admin("admin_nodeInfo")
        memory = self.a.memory()
        sent = {}
        threads = []
        for piece in (b"x" * 65536, b"[" * 65536, b'["' + b"\xc3\xa9" * 30000,
                      b'{"a":1,' * 9000, b"1" * 65536, b'"' + b"\\n" * 30000,
                      b"[1,[2,{}],\"a\"]," * 4000):
            c = self.connect()
            c.sendall(b'{"jsonrpc":"2.0","id":1,"params":')

            def one(c=c, piece=piece):
                sent[piece[:8]] = self.pour(c, piece)

            threads.append(threading.Thread(target=one))
        # Calls without end, of one who never reads an answer.
        c = self.connect()
        c.settimeout(None)

        def calls(c=c):
            sent["calls"] = self.pour(c, text(CALL) * 500)

        unread = threading.Thread(target=calls, daemon=True)
        unread.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(lab.DEADLINE)
            self.assertFalse(thread.is_alive(), "it neither reads nor closes")
        self.assertEqual(len(self.admin("admin_peers")), 1)
        for piece, amount in sent.items():
            self.assertLess(amount, 8 * MIB, piece)
        # 16 clients with 1 MiB of request and some answers each.
        self.assertLess(self.a.memory(), memory + 64 * MIB)
        c.shutdown(socket.SHUT_RDWR)
        unread.join(lab.DEADLINE)
        self.assertLess(sent["calls"], 8 * MIB)
        self.unaffected()


if __name__ == "__main__":
    lab.main()
