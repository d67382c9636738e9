# SPDX-License-Identifier: Apache-2.0
"""What others on the same machine may try, who have no rights of ours: with a
plugin's file, its folder, the environment, the admin socket."""

import json
import os
import shutil
import socket
import subprocess

import lab

PLUGINS = os.path.join(os.environ["WEFT_BUILD"], "test/plugins")
NOBODY = 65534
MIB = 1 << 20

# Says what came back, or why nothing did. Debian's own Python, which everybody
# may run.
STRANGER = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
try:
    s.connect(sys.argv[1])
    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"node_stop"}')
    s.shutdown(socket.SHUT_WR)
    print("answered:", s.makefile().read())
except OSError as e:
    print(type(e).__name__)
"""


class Attacks(lab.Lab):
    def admin(self, name, method, *params):
        return self.weft("admin", "--datadir", self.path(name), method, *params)

    def ask(self, name, method, *params):
        done = self.admin(name, method, *params)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.out)

    def plugins(self, name):
        return [p["name"] for p in self.ask(name, "plugin_list")]

    def put(self, plugin, *names):
        """A copy of a plugin that is good to load."""
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        shutil.copyfile(os.path.join(PLUGINS, plugin + ".so"), path)
        os.chmod(path, 0o644)
        return path

    def refused(self, path, *texts, bin=lab.WEFT, env=None):
        """Neither a node that starts nor one that runs takes it."""
        done = subprocess.run(
            [bin, "run", "--datadir", self.path("refused"), "--no-listen",
             "--plugin", path, "--duration", "0.1"],
            capture_output=True, text=True, env=env or self.env,
            cwd=self.folder, timeout=lab.DEADLINE,
        )
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)

    # --- plugins -------------------------------------------------------------

    def test_a_plugin_that_others_may_write_to_is_refused(self):
        good = self.put("good", "p", "good.so")
        a = self.node("a", "--plugin", "foobar")
        a.started()
        for mode in 0o666, 0o664, 0o646:
            with self.subTest(oct(mode)):
                os.chmod(good, mode)
                self.refused(good, "others may write to", good)
                done = self.admin("a", "plugin_load", good)
                self.assertEqual(done.status, 1)
                self.assertIn("others may write to", done.err)
        os.chmod(good, 0o644)
        self.assertEqual(self.plugins("a"), ["foobar"])
        self.assertIs(self.ask("a", "plugin_load", good), True)
        self.assertEqual(self.plugins("a"), ["foobar", "good"])
        # It became open to others after it was loaded: what runs stays.
        os.chmod(good, 0o666)
        done = self.admin("a", "plugin_reload", "good")
        self.assertEqual(done.status, 1)
        self.assertIn("others may write to", done.err)
        self.assertEqual(self.plugins("a"), ["foobar", "good"])
        a.stop()

    def test_a_plugin_in_a_folder_that_others_may_write_to_is_refused(self):
        good = self.put("good", "x", "y", "good.so")
        for folder in self.path("x"), self.path("x", "y"):
            for mode in 0o777, 0o775, 0o757:
                with self.subTest(folder, mode=oct(mode)):
                    os.chmod(folder, mode)
                    self.refused(good, "others may write to")
            os.chmod(folder, 0o755)
        # A link that leads through such a folder is no way around.
        os.mkdir(self.path("open"))
        os.chmod(self.path("open"), 0o777)
        os.symlink(good, self.path("open", "good.so"))
        self.refused(self.path("open", "good.so"), "others may write to")
        os.symlink(self.path("open", "good.so"), self.path("x", "good.so"))
        self.refused(self.path("x", "good.so"), "others may write to")
        a = self.node("a", "--plugin", good)
        a.started()
        self.assertEqual(self.plugins("a"), ["good"])
        a.stop()

    def test_the_plugin_folder_itself_is_judged_too(self):
        os.mkdir(self.path("bin"))
        weft = shutil.copy(lab.WEFT, self.path("bin", "weft"))
        self.put("good", "bin", "plugins", "good.so")
        folder = self.path("bin", "plugins")
        for mode in 0o777, 0o775:
            os.chmod(folder, mode)
            self.refused("good", "others may write to", folder, bin=weft)
        os.chmod(folder, 0o755)
        done = subprocess.run(
            [weft, "run", "--datadir", self.path("d"), "--no-listen",
             "--plugin", "good", "--duration", "0.1"],
            capture_output=True, text=True, env=self.env, timeout=lab.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_plugin_of_somebody_else_is_refused(self):
        good = self.put("good", "p", "good.so")
        self.as_root("chown", str(NOBODY), good)
        self.refused(good, "another user", good)
        self.as_root("chown", str(os.geteuid()), good)
        self.as_root("chown", str(NOBODY), self.path("p"))
        self.refused(good, "another user", self.path("p"))
        self.as_root("chown", str(os.geteuid()), self.path("p"))

    def test_no_environment_and_no_folder_lends_a_plugin(self):
        # `twin` lies everywhere but in the plugin folder, and so does something
        # else under the name of foobar.
        evil = self.path("evil")
        for name in "twin.so", "libtwin.so", "plugins/twin.so":
            self.put("twin", "evil", name)
            self.put("twin", *name.split("/"))
        self.put("good", "evil", "foobar.so")
        self.put("good", "foobar.so")
        self.env.update(
            LD_LIBRARY_PATH=f"{evil}:{self.folder}", LD_RUN_PATH=evil,
            PWD=evil, PATH=f"{evil}:{self.env['PATH']}",
        )
        self.refused("twin", "there is no ")
        self.env["XDG_DATA_HOME"] = self.folder
        a = self.node("a", "--plugin", "foobar")
        b = self.node("b", "--plugin", "foobar", "--peer",
                      a.started()["enode"])
        self.assertEqual(a.expect("peer_added")["protocols"], ["foobar/1"])
        (plugin,) = self.ask("a", "plugin_list")
        self.assertEqual(os.path.realpath(plugin["path"]), os.path.realpath(
            os.path.join(os.path.dirname(lab.WEFT), "plugins/foobar.so")))
        done = self.admin("a", "plugin_load", "twin")
        self.assertEqual(done.status, 1)
        self.assertIn("there is no ", done.err)
        b.stop()
        a.stop()

    # --- the admin socket ----------------------------------------------------

    def test_a_link_in_the_place_of_the_socket_is_not_followed(self):
        os.makedirs(self.path("a", "admin"), 0o700)
        victim = self.write("victim", "precious")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.path("theirs"))
        path = self.path("a", "admin", "weft.ipc")
        for target in victim, self.path("theirs"), self.path("nothing"):
            with self.subTest(target):
                os.symlink(target, path)
                done = self.weft("run", "--datadir", self.path("a"),
                                 "--no-listen")
                self.assertEqual((done.status, done.out), (1, ""))
                self.assertIn("weft.ipc is there and no socket of ours",
                              done.err)
                self.assertEqual(os.readlink(path), target)
                os.unlink(path)
        with open(victim, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")
        self.assertFalse(os.path.exists(self.path("nothing")))

    def test_a_socket_of_somebody_else_is_not_taken_for_ours(self):
        os.makedirs(self.path("a", "admin"), 0o700)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.path("a", "admin", "weft.ipc"))
        self.as_root("chown", str(NOBODY), self.path("a", "admin", "weft.ipc"))
        done = self.weft("run", "--datadir", self.path("a"), "--no-listen")
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("no socket of ours", done.err)

    def stranger(self, path):
        return self.as_root(
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            "--clear-groups", "/usr/bin/python3", "-c", STRANGER, path,
        ).strip()

    def test_another_user_is_not_served(self):
        a = self.node("a", "--log-level", "error")
        a.started()
        path = self.path("a", "admin", "weft.ipc")
        self.assertEqual(self.stranger(path), "PermissionError")
        # Not even when all doors were opened for them.
        for name in (), ("a",), ("a", "admin"):
            os.chmod(self.path(*name), 0o755)
        self.assertEqual(self.stranger(path), "PermissionError")
        os.chmod(path, 0o666)
        for _ in range(40):  # more than the clients that there can be
            self.assertIn(self.stranger(path),
                          ("answered:", "ConnectionResetError",
                           "BrokenPipeError"))
        self.assertEqual(self.ask("a", "admin_peers"), [])
        a.stop()

    def client(self):
        c = socket.socket(socket.AF_UNIX)
        self.addCleanup(c.close)
        c.settimeout(lab.DEADLINE)
        c.connect(self.path("a", "admin", "weft.ipc"))
        return c, c.makefile()

    def ended(self, lines):
        """Nothing more comes. What was sent in vain makes a reset of it."""
        try:
            self.assertEqual(lines.read(), "")
        except ConnectionResetError:
            pass

    def request(self, c, method="admin_peers"):
        call = {"jsonrpc": "2.0", "id": 7, "method": method}
        c[0].sendall(json.dumps(call).encode())
        return json.loads(c[1].readline())

    def test_the_17th_client_is_told_and_the_16_are_served(self):
        a = self.node("a", "--log-level", "error")
        a.started()
        clients = [self.client() for _ in range(16)]
        for c in clients:
            self.assertEqual(self.request(c)["result"], [])
        before = a.files()
        for _ in range(100):
            more, lines = self.client()
            self.assertEqual(json.loads(lines.readline())["error"],
                             {"code": -32000,
                              "message": "16 clients are connected already"})
            self.ended(lines)
            more.close()
            lines.close()
        for c in clients:
            self.assertEqual(self.request(c)["result"], [])
        self.assertEqual(a.files(), before)
        # The place of one who leaves is free.
        for part in clients.pop(3):
            part.close()
        self.eventually(lambda: self.admin("a", "admin_peers").status == 0,
                        "no place became free")
        for c in clients:
            self.assertEqual(self.request(c)["result"], [])
        a.stop()

    def test_a_request_over_1_MiB_is_refused_before_its_end(self):
        a = self.node("a", "--log-level", "error")
        a.started()
        other = self.client()
        self.assertEqual(self.request(other)["result"], [])
        for size in MIB + 1, 3 * MIB, 1 << 40:
            with self.subTest(size):
                c, lines = self.client()
                sent = c.send(b'{"jsonrpc":"2.0","id":1,"method":"')
                try:
                    while sent < size:
                        sent += c.send(b"x" * min(65536, size - sent))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertLess(sent, 4 * MIB, "it reads on and on")
                answer = json.loads(lines.readline())
                self.assertEqual(answer["error"]["code"], -32600)
                self.ended(lines)
        self.assertEqual(self.request(other)["result"], [])
        # The largest that is a request is one.
        c, lines = self.client()
        head = b'{"jsonrpc":"2.0","id":1,"method":"admin_peers","params":["'
        c.sendall(head + b"x" * (MIB - len(head) - 3) + b'"]}')
        self.assertEqual(json.loads(lines.readline())["id"], 1)
        self.assertEqual(self.request((c, lines))["result"], [])
        a.stop()


if __name__ == "__main__":
    lab.main()
