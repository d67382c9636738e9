# SPDX-License-Identifier: Apache-2.0
"""Keys and data folders: modes, locks, and nothing ever overwritten."""

import json
import os

import lab

ONE = "0" * 63 + "1"


class Keys(lab.Lab):
    def test_new_makes_a_file_for_us_alone_and_never_again(self):
        done = self.weft("key", "new", "k", "--json")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(self.mode("k"), 0o600)
        made = json.loads(done.out)
        self.assertNotIn("private_key", made)
        with open(self.path("k"), encoding="ascii") as file:
            before = file.read()
        self.assertRegex(before, r"\A[0-9a-f]{64}\n\Z")
        self.assertNotIn(before.strip(), done.out)

        done = self.weft("key", "new", "k")
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertEqual(
            done.err, "weft key new: node key k: exists already and is never "
                      "overwritten\n")
        self.weft("key", "import", "k", "-", stdin=ONE)
        with open(self.path("k"), encoding="ascii") as file:
            self.assertEqual(file.read(), before)

        shown = json.loads(self.weft("key", "show", "k", "--json").out)
        self.assertEqual(shown["id"], made["id"])

    def test_show_prints_the_private_key_only_when_asked(self):
        self.write("k", ONE)
        for args in ["k"], ["k", "--json"]:
            done = self.weft("key", "show", *args)
            self.assertEqual(done.status, 0)
            self.assertNotIn(ONE, done.out)
            self.assertIn(lab.STRANGER, done.out)  # G = 1 * G
            done = self.weft("key", "show", "--private", *args)
            self.assertIn(ONE, done.out)
        self.assertEqual(json.loads(done.out)["private_key"], ONE)

    def test_import_takes_files_and_pipes(self):
        self.write("hex", ONE + "\n")
        self.assertEqual(self.weft("key", "import", "a", "hex").status, 0)
        self.assertEqual(
            self.weft("key", "import", "b", "-", stdin=ONE).status, 0)
        for name in "a", "b":
            self.assertEqual(self.mode(name), 0o600)
            with open(self.path(name), encoding="ascii") as file:
                self.assertEqual(file.read(), ONE + "\n")

    def test_import_warns_of_a_source_open_to_others(self):
        self.write("hex", ONE, 0o644)
        done = self.weft("key", "import", "a", "hex")
        self.assertEqual(done.status, 0)
        self.assertIn("open to others (mode 0644)", done.err)

    def test_import_refuses_what_is_no_key_and_makes_no_file(self):
        for text in ("", "xyz", ONE[:-1], ONE + "00", "0x" + ONE, ONE + "\n\n",
                     "0" * 64, "f" * 64, "g" * 64):
            with self.subTest(text):
                done = self.weft("key", "import", "a", "-", stdin=text)
                self.assertEqual((done.status, done.out), (1, ""))
                self.assertRegex(
                    done.err,
                    r"\Aweft key import: standard input: [^\n]*\n\Z")
                self.assertFalse(os.path.exists(self.path("a")))

    def test_a_key_open_to_others_is_refused_everywhere(self):
        os.mkdir(self.path("d"), 0o700)
        key = self.write("d/nodekey", ONE, 0o644)
        told = f"open to others (mode 0644); chmod 600 {key}\n"
        for args in (["key", "show", key], ["enode", "--key", key],
                     ["run", "--no-listen", "--datadir", self.path("d")]):
            with self.subTest(args[0]):
                done = self.weft(*args)
                self.assertEqual((done.status, done.out), (1, ""))
                self.assertTrue(done.err.endswith(told), done.err)
                self.assertEqual(done.err.count("\n"), 1)

    def test_a_broken_node_key_is_never_replaced(self):
        os.mkdir(self.path("d"), 0o700)
        self.write("d/nodekey", "not a key\n")
        done = self.weft("run", "--no-listen", "--datadir", self.path("d"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("nodekey: not 64 hex digits", done.err)
        with open(self.path("d/nodekey"), encoding="ascii") as file:
            self.assertEqual(file.read(), "not a key\n")


class Datadir(lab.Lab):
    def test_is_made_for_us_alone_and_keeps_its_key(self):
        node = self.node("new/d")
        first = node.started()
        self.assertEqual(first["datadir"], self.path("new/d"))
        node.stop()
        self.assertEqual(self.mode("new"), 0o700)
        self.assertEqual(self.mode("new/d"), 0o700)
        self.assertEqual(self.mode("new/d/nodekey"), 0o600)
        node = self.node("new/d")
        self.assertEqual(node.started()["id"], first["id"])
        node.stop()

    def test_defaults_to_the_users_data_folder(self):
        self.env["XDG_DATA_HOME"] = self.path("xdg")
        done = self.weft("run", "--no-listen", "--duration", "0.01")
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual(self.mode("xdg/weft/nodekey"), 0o600)
        del self.env["XDG_DATA_HOME"]
        done = self.weft("run", "--no-listen", "--duration", "0.01")
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual(self.mode("home/.local/share/weft/nodekey"), 0o600)

    def test_a_second_run_names_the_first_and_the_remedy(self):
        node = self.node("d")
        pid = node.started()["pid"]
        self.assertEqual(pid, node.process.pid)
        done = self.weft("run", "--no-listen", "--datadir", self.path("d"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertEqual(
            done.err, f"weft run: {self.path('d')} is in use by another weft "
                      f"(pid {pid}); use --datadir\n")
        node.stop()

    def test_one_that_others_may_list_keeps_its_mode_and_its_secrets(self):
        os.mkdir(self.path("d"))
        os.chmod(self.path("d"), 0o755)
        node = self.node("d")
        node.started()
        self.assertEqual(self.mode("d"), 0o755)
        self.assertEqual(self.mode("d", "nodekey"), 0o600)
        self.assertEqual(self.mode("d", "admin"), 0o700)
        done = self.weft("admin", "--datadir", self.path("d"), "admin_peers")
        self.assertEqual((done.status, done.out.strip()), (0, "[]"))
        node.stop()

    def test_an_admin_folder_that_others_may_enter_is_refused(self):
        os.makedirs(self.path("d", "admin"))
        os.chmod(self.path("d", "admin"), 0o711)
        done = self.weft("run", "--no-listen", "--datadir", self.path("d"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertEqual(
            done.err, f"weft run: admin socket: {self.path('d/admin')}: others "
                      "may enter it (mode 0711); chmod 700 "
                      f"{self.path('d/admin')}\n")

    def test_one_that_others_may_write_to_is_refused(self):
        os.mkdir(self.path("d"))
        os.chmod(self.path("d"), 0o777)
        done = self.weft("run", "--no-listen", "--datadir", self.path("d"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("(mode 0777); chmod 700", done.err)
        self.assertEqual(os.listdir(self.path("d")), [])


class Ports(lab.Lab):
    def test_an_explicit_port_in_use_is_an_error(self):
        _, address = self.listener()
        done = self.weft(
            "run", "--listen", address, "--datadir", self.path("d"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertEqual(
            done.err, f"weft run: listen on {address}: address already in "
                      "use; choose another --listen\n")


if __name__ == "__main__":
    lab.main()
