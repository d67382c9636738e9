# SPDX-License-Identifier: Apache-2.0
"""What plugins put into their node's record, as others hear of it, and the
places among those who tell of nodes to dial, which plugins give back."""

import json
import os
import shutil

import lab

PLUGINS = os.path.join(os.environ["WEFT_BUILD"], "test/plugins")


class Record(lab.Lab):
    def admin(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method,
                         *params)
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def refused(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method,
                         *params)
        self.assertEqual(done.status, 1, done)
        return done.err

    def plugin(self, name, source=None):
        """A copy to be changed while a node has it."""
        path = self.path(f"{name}.so")
        shutil.copy(os.path.join(PLUGINS, f"{source or name}.so"), path)
        os.chmod(path, 0o600)
        return path

    def entries(self, text):
        done = self.weft("enr", "decode", "--json", text)
        record = json.loads(done.out)
        self.assertTrue(record["valid"], record)
        return record["seq"], {entry["key"]: entry["value"]
                               for entry in record["entries"]}

    def heard(self, url, *version):
        """The node's record, by asking for it."""
        done = self.weft("discover", "requestenr", "--json", *version, url)
        self.assertEqual(done.status, 0, done.err)
        return self.entries(lab.lines(done.out)[0]["enr"])

    def told(self, name):
        """The node's record, as it tells it now."""
        return self.entries(self.admin(name, "admin_nodeInfo")["enr"])

    def test_others_hear_what_a_plugin_sets(self):
        a = self.node("a", "--discovery", "v4,v5", "--plugin",
                      self.plugin("says") + ",text=one")
        start = a.started()
        _, entries = self.entries(start["enr"])
        self.assertEqual(entries["says"], '"one"')
        for asked in (start["enode"],), (start["enr"], "--v5"):
            _, entries = self.heard(*asked)
            self.assertEqual(entries["says"], '"one"')
            self.assertIn("udp", entries)
        self.assertIs(self.admin("a", "says_set", "says", "two"), True)
        for asked in (start["enode"],), (start["enr"], "--v5"):
            seq, entries = self.heard(*asked)
            self.assertEqual(entries["says"], '"two"')
            self.assertGreater(seq, self.entries(start["enr"])[0])
        self.admin("a", "plugin_unload", "says")
        for asked in (start["enode"],), (start["enr"], "--v5"):
            self.assertNotIn("says", self.heard(*asked)[1])
        a.stop()

    def test_a_record_is_numbered_once_for_a_reload(self):
        path = self.plugin("says")
        a = self.node("a", "--discovery", "v4,v5", "--plugin", path)
        a.started()
        # Nobody asks meanwhile, so that nothing else changes it.
        before, entries = self.told("a")
        self.assertEqual(entries["says"], '"1.0.0"')
        self.admin("a", "plugin_reload", "says")
        self.assertEqual(self.told("a"), (before, entries), "all is the same")
        shutil.copy(os.path.join(PLUGINS, "says_again.so"), path)
        self.admin("a", "plugin_reload", "says")
        self.eventually(lambda: self.told("a")[0] > before, "a newer record")
        self.eventually(lambda: len(self.admin("a", "plugin_list")) == 1,
                        "the old one is gone")
        after, entries = self.told("a")
        self.assertEqual(after, before + 1)
        self.assertEqual(entries["says"], '"1.1.0"')
        a.stop()

    def test_an_entry_is_of_one_plugin(self):
        a = self.node("a", "--discovery", "v4", "--plugin",
                      self.plugin("says"))
        a.started()
        rival = self.plugin("repeats")
        self.assertIn("the record's entry says is set by says already",
                      self.refused("a", "plugin_load", rival))
        self.assertIs(self.admin("a", "plugin_load", rival,
                                 '{"key":"r"}'), True)
        self.refused("a", "repeats_set", "says", "mine")
        self.refused("a", "repeats_set", "ip", "mine")
        self.refused("a", "repeats_set", "r", "x" * 120)
        self.assertIs(self.admin("a", "says_set", "says", "-"), True)
        self.assertIs(self.admin("a", "repeats_set", "says", "mine"), True)
        self.eventually(
            lambda: self.told("a")[1].get("says") == '"mine"',
            "it is the other's")

    def test_plugins_read_the_records_of_others(self):
        path = self.plugin("says")
        a = self.node("a", "--discovery", "v5", "--plugin",
                      f"{path},text=here")
        start = a.started()
        b = self.node("b", "--discovery", "v5", "--bootnode", start["enr"],
                      "--plugin", f"{path},text=there")
        b.started()
        b.expect("discovery", version="v5", live=1)
        self.assertEqual(self.admin("b", "says_get", start["id"], "says"),
                         "here")
        self.assertEqual(self.admin("b", "says_get", start["enr"], "says"),
                         "here")
        self.refused("b", "says_get", start["id"], "nothing")
        self.refused("b", "says_get", "00" * 32, "says")
        b.stop()
        a.stop()

    def test_without_discovery_an_entry_is_for_nobody(self):
        a = self.node("a", "--plugin", self.plugin("says"))
        self.assertNotIn("enr", a.started())
        self.assertIs(self.admin("a", "says_set", "says", "two"), True)
        a.stop()

    def test_a_plugin_that_is_gone_leaves_its_place_to_others(self):
        with open(os.path.join(PLUGINS, "tells.so"), "rb") as file:
            image = file.read()
        a = self.node("a", "--no-listen")
        a.started()
        node = f"enode://{lab.STRANGER}@{self.closed_address()}"
        for i in range(20):
            name = f"tel{i:02}"
            with open(self.path(f"{name}.so"), "wb") as file:
                file.write(image.replace(b"tells", name.encode()))
            os.chmod(self.path(f"{name}.so"), 0o600)
            self.admin("a", "plugin_load", self.path(f"{name}.so"))
            self.assertIs(self.admin("a", f"{name}_of", node), True, name)
            self.admin("a", "plugin_unload", name)
        a.stop()


if __name__ == "__main__":
    lab.main()
