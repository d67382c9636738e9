# SPDX-License-Identifier: Apache-2.0
"""`weft admin` against a socket that answers what the test tells it to."""

import json
import os
import signal
import socket
import subprocess
import threading

import lab

CLOSE = object()  # in a script: hang up


class Scripted:
    """A node's admin socket that answers each request with the next item."""

    def __init__(self, test, path, *script):
        self.requests = []
        self.script = script
        self.server = socket.socket(socket.AF_UNIX)
        self.server.settimeout(lab.DEADLINE)
        self.server.bind(path)
        self.server.listen(1)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        test.addCleanup(self.end)

    def _serve(self):
        try:
            connection, _ = self.server.accept()
        except OSError:
            return
        with connection, connection.makefile("r") as lines:
            for answer in self.script:
                self.requests.append(json.loads(lines.readline()))
                if answer is CLOSE:
                    return
                connection.sendall(answer.encode())
            lines.read()  # until the client hangs up

    def end(self):
        self.server.close()
        self.thread.join(lab.DEADLINE)


def result(value, number=1):
    answer = {"jsonrpc": "2.0", "id": number, "result": value}
    return json.dumps(answer) + "\n"


def error(code, message, number=1):
    answer = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": answer}) + "\n"


def note(value):
    return json.dumps({
        "jsonrpc": "2.0",
        "method": "admin_subscription",
        "params": {"subscription": "0x1", "result": value},
    }) + "\n"


class Admin(lab.Lab):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("admin"), 0o700)
        self.socket = self.path("admin", "weft.ipc")

    def serve(self, *script):
        return Scripted(self, self.socket, *script)

    def admin(self, *args):
        return self.weft("admin", "--datadir", self.folder, *args)

    def assertFails(self, done, *texts):
        self.assertEqual(done.status, 1, done)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err.count("\n"), 1, done.err)
        self.assertTrue(done.err.startswith("weft admin: "), done.err)
        for text in texts:
            self.assertIn(text, done.err)

    def test_a_result_is_one_line_of_JSON_in_a_pipe(self):
        node = self.serve(result({"b": [1, 2], "a": "caf\u00e9 \x1b[31m"}))
        done = self.admin("admin_nodeInfo")
        self.assertEqual(done.status, 0, done)
        self.assertEqual(
            done.out, '{"b":[1,2],"a":"caf\\u00E9 \\u001B[31m"}\n'
        )
        self.assertEqual(node.requests, [{
            "jsonrpc": "2.0", "id": 1, "method": "admin_nodeInfo",
            "params": [],
        }])

    def test_a_terminal_gets_it_indented(self):
        for extra, expected in ((), '{\n  "a": 1\n}\n'), (
            ("--json",), '{"a":1}\n'
        ):
            with self.subTest(extra):
                name = "terminal" + "".join(extra)
                Scripted(self, self.path(name), result({"a": 1}))
                ours, theirs = os.openpty()
                process = subprocess.Popen(
                    [lab.WEFT, "admin", "--socket", self.path(name), "x",
                     *extra],
                    stdin=subprocess.DEVNULL, stdout=theirs, env=self.env,
                )
                self.assertEqual(process.wait(lab.DEADLINE), 0)
                text = os.read(ours, 4096).decode().replace("\r", "")
                self.assertEqual(text, expected)
                os.close(ours)
                os.close(theirs)

    def test_parameters_are_JSON_or_else_text(self):
        node = self.serve(result(True))
        url = f"enode://{lab.STRANGER}@127.0.0.1:1"
        done = self.admin(
            "x_y", url, "5", '"5"', "true", "null", '{"a": [1]}', "[", "",
            "0x10", "--", "-5.5", "-x", "--json",
        )
        self.assertEqual(done, (0, "true\n", ""))
        self.assertEqual(node.requests[0]["params"], [
            url, 5, "5", True, None, {"a": [1]}, "[", "", "0x10", -5.5, "-x",
            "--json",
        ])

    def test_an_error_is_one_line(self):
        self.serve(error(-32601, "the method x does\nnot exist\x1b[2J"))
        done = self.admin("x")
        self.assertFails(done, "the method x does?not exist?[2J",
                         "(error -32601)")

    def test_an_error_without_an_id_counts(self):
        self.serve(error(-32000, "16 clients are connected already", None))
        self.assertFails(self.admin("x"), "16 clients are connected already")

    def test_a_node_that_hangs_up_is_told(self):
        self.serve(CLOSE)
        self.assertFails(self.admin("x"), "closed the connection")

    def test_an_answer_right_before_the_end_counts(self):
        for i in range(20):
            path = self.path(f"s{i}")
            server = socket.socket(socket.AF_UNIX)
            server.bind(path)
            server.listen(1)
            thread = threading.Thread(target=self.answer_and_go, args=[server])
            thread.start()
            done = self.weft("admin", "--socket", path, "node_stop")
            thread.join(lab.DEADLINE)
            server.close()
            self.assertEqual(done, (0, "true\n", ""))

    @staticmethod
    def answer_and_go(server, more=""):
        connection, _ = server.accept()
        with connection, connection.makefile("r") as lines:
            lines.readline()
            connection.sendall((result(True) + more).encode())

    def test_what_is_no_answer_is_told(self):
        for i, text in enumerate([
            "HTTP/1.1 400 Bad Request\r\n", "{}", "[]\n", "[" * 65,
            '{"id":1,"error":"no"}',
        ]):
            path = self.path(f"n{i}")
            Scripted(self, path, text)
            self.assertFails(self.weft("admin", "--socket", path, "x"))

    def test_no_node_is_told(self):
        self.assertFails(self.admin("x"), "no node is running there",
                         "weft.ipc")
        gone = socket.socket(socket.AF_UNIX)
        gone.bind(self.socket)
        gone.close()
        self.assertFails(self.admin("x"), "nobody listens")

    def test_a_node_that_does_not_answer_is_not_waited_for(self):
        self.serve("")
        self.assertFails(self.admin("--timeout", "0.05", "x"),
                         "no answer within 0.05 s")

    def test_a_large_answer_is_taken_whole(self):
        peers = [{"id": "%064x" % i, "caps": ["eth/68"] * 5,
                  "network": {"inbound": True}} for i in range(10000)]
        self.serve(result(peers))
        done = self.admin("admin_peers")
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual(json.loads(done.out), peers)

    def test_events_are_followed_until_interrupted(self):
        for number in signal.SIGINT, signal.SIGTERM:
            path = self.path(f"follow{number}")
            Scripted(self, path, result("0x1") + note({"type": "add"}) +
                     note({"type": "drop"}))
            process = subprocess.Popen(
                [lab.WEFT, "admin", "--socket", path, "admin_peerEvents"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=self.env, text=True,
            )
            self.assertEqual(process.stdout.readline(), '{"type":"add"}\n')
            self.assertEqual(process.stdout.readline(), '{"type":"drop"}\n')
            process.send_signal(number)
            out, err = process.communicate(timeout=lab.DEADLINE)
            self.assertEqual((process.returncode, out, err), (0, "", ""))

    def test_following_ends_with_the_node(self):
        path = self.socket
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        self.addCleanup(server.close)
        thread = threading.Thread(
            target=self.answer_and_go, args=[server, note(1)]
        )
        thread.start()
        done = self.admin("admin_peerEvents")
        thread.join(lab.DEADLINE)
        self.assertEqual((done.status, done.out), (1, "1\n"))
        self.assertIn("closed the connection", done.err)

    def test_mistakes_are_told(self):
        for args, text in (
            (["admin"], "too few arguments"),
            (["admin", "--datadir", "a", "--socket", "b", "x"],
             "either --datadir or --socket"),
            (["admin", "x", "--timeout", "0"], "--timeout: "),
        ):
            done = self.weft(*args)
            self.assertEqual(done.status, 2)
            self.assertEqual(done.out, "")
            self.assertIn(text, done.err)


if __name__ == "__main__":
    lab.main()
