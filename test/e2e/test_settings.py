# SPDX-License-Identifier: Apache-2.0
"""The settings of `weft run`: which place wins, and what mistakes look like."""

import os
import re
import socket

import lab

NODE = f"enode://{lab.STRANGER}@127.0.0.1:1"
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                        "docs", "configuration.md")

# A file, and the whole line about it.
WRONG = [
    ("max_peer: 5\n",
     "weft.yaml:1:1: max_peer: no such key; did you mean max_peers?"),
    ("listen: 127.0.0.1:0\nmax_peers: many\n",
     'weft.yaml:2:12: max_peers: "many": not a whole number from 0 to 10000'),
    ("max_peers: [5]\n",
     "weft.yaml:1:12: max_peers: a list; give one value"),
    ("max_peers: 10001\n",
     "weft.yaml:1:12: max_peers: 10001: not from 0 to 10000"),
    ("json: yes\n", 'weft.yaml:1:7: json: "yes": not true or false'),
    ("name: 42\n",
     "weft.yaml:1:7: name: 42: reads as a number; put it in quotes"),
    ("peers: enode://12@127.0.0.1:1\n",
     "weft.yaml:1:8: peers: not a list; give [] or [a, b]"),
    ("netrestrict:\n  - 10.0.0.0/33\n",
     'weft.yaml:2:5: netrestrict[0]: "10.0.0.0/33": not a network (like '
     "10.0.0.0/8)"),
    ("json: true\njson: false\n",
     'weft.yaml:2:1: "json" stands here twice, first in line 1'),
    ("plugins:\n  - name: foobar\n    optoins: {}\n",
     "weft.yaml:3:5: plugins[0].optoins: no such key; did you mean options?"),
    ("plugins:\n  - ./hello.so\n  - name: foobar\n    options: {loud: [1]}\n",
     "weft.yaml:4:21: plugins[1].options.loud: a list; give one value"),
]


class Case(lab.Lab):
    def config(self, text):
        return self.write("weft.yaml", text)

    def run_with(self, *args):
        return self.weft("run", *args)

    def refused(self, done, line, hint=None):
        """Wrong usage, in that one line, and nothing was started."""
        self.assertEqual((done.status, done.out), (2, ""), done.err)
        told = done.err.splitlines()
        self.assertEqual(told[0], "weft run: " + line)
        self.assertEqual(told[1:], [hint] if hint else [])
        self.assertEqual(set(os.listdir(self.folder)) - {"weft.yaml"},
                         {"home"})
        self.assertEqual(os.listdir(self.path("home")), [])

    def printed(self, *args):
        done = self.run_with("--print-config", *args)
        self.assertEqual((done.status, done.err), (0, ""))
        return done.out


class Settings(Case):
    def test_mistakes_in_a_file_are_told_with_place_and_path(self):
        for text, line in WRONG:
            with self.subTest(text):
                self.config(text)
                self.refused(self.run_with("--config", "weft.yaml"), line)

    def test_what_is_no_yaml_is_told_with_its_place(self):
        self.config("max_peers: 5\nname: 'open\n")
        done = self.run_with("--config", "weft.yaml")
        self.assertEqual((done.status, done.out), (2, ""))
        self.assertRegex(done.err, r"\Aweft run: weft\.yaml:\d+:\d+: [^\n]+\n\Z")

    def test_a_file_that_is_not_there_is_a_mistake(self):
        self.refused(self.run_with("--config", "no.yaml"),
                     "no.yaml: No such file or directory")

    def test_options_that_a_plugin_does_not_have_are_told_with_their_path(self):
        hint = "Try 'weft plugin check foobar'."
        self.config("plugins:\n  - name: foobar\n    options:\n"
                    "      interval: 1s\n      greting: hi\n")
        self.refused(self.run_with("--config", "weft.yaml"),
                     "weft.yaml:5:16: plugins[0].options.greting: no such "
                     "option; did you mean greeting?", hint)
        self.config("plugins:\n  - name: foobar\n    options:\n"
                    "      interval: soon\n")
        self.refused(self.run_with("--config", "weft.yaml"),
                     'weft.yaml:4:17: plugins[0].options.interval: "soon": not '
                     "a duration (like 250ms, 15s or 2m)", hint)
        self.refused(self.run_with("--plugin", "foobar,greting=hi"),
                     "--plugin: foobar: greting: no such option; did you mean "
                     "greeting?", hint)
        self.env["WEFT_PLUGIN_FOOBAR_GRETING"] = "hi"
        self.refused(self.run_with("--plugin", "foobar"),
                     "WEFT_PLUGIN_FOOBAR_GRETING: greting: no such option; did "
                     "you mean greeting?", hint)

    def test_a_wrong_variable_is_told_by_its_name(self):
        self.env["WEFT_MAX_PEERS"] = "many"
        self.refused(self.run_with(), 'WEFT_MAX_PEERS: "many": not a whole '
                                      "number from 0 to 10000")

    def test_an_unknown_variable_is_warned_of_and_no_more(self):
        self.env["WEFT_PEER"] = NODE
        done = self.run_with("--no-listen", "--duration", "10ms")
        self.assertEqual(done.status, 0)
        self.assertEqual(done.err, "weft run: warning: WEFT_PEER: no such "
                                   "setting; did you mean WEFT_PEERS?\n")

    def test_later_places_outdo_earlier_ones(self):
        self.config("max_peers: 1\nmax_pending: 1\ndial_ratio: 1\n")
        self.env["WEFT_CONFIG"] = "weft.yaml"
        self.env["WEFT_MAX_PENDING"] = "2"
        self.env["WEFT_DIAL_RATIO"] = "2"
        out = self.printed("--dial-ratio", "3")
        self.assertIn("\nmax_peers: 1  # weft.yaml:1:12\n", out)
        self.assertIn("\nmax_pending: 2  # WEFT_MAX_PENDING\n", out)
        self.assertIn("\ndial_ratio: 3  # --dial-ratio\n", out)
        self.assertIn("\njson: false  # default\n", out)

    def test_what_is_printed_reads_as_the_same(self):
        first = self.printed(
            "--listen", "127.0.0.1:0", "--peer", NODE, "--trusted", NODE,
            "--plugin", "foobar,greeting=a\\, b", "--netrestrict",
            "127.0.0.0/8,::1/128", "--name", "true", "--duration", "1.5",
            "--datadir", self.path("d"), "--json", "--log-format", "text")
        again = self.printed("--config", self.config(first))

        def without_comments(text):
            return [line.split("  # ")[0] for line in text.splitlines()]

        self.assertEqual(without_comments(first), without_comments(again))
        self.assertIn('      "greeting": "a, b"', without_comments(first))

    def test_print_config_starts_nothing_and_checks_the_plugins(self):
        self.printed("--datadir", self.path("d"))
        self.assertFalse(os.path.exists(self.path("d")))
        done = self.run_with("--print-config", "--plugin", "foobar,x=1")
        self.assertEqual(done.status, 2)
        self.assertIn("plugins:\n  - name", done.out)
        self.assertIn("x: no such option", done.err)

    def test_paths_of_a_file_are_relative_to_it(self):
        os.mkdir(self.path("etc"))
        self.write("etc/weft.yaml", "datadir: data\nlisten: none\n"
                                    "duration: 10ms\n")
        done = self.run_with("--config", "etc/weft.yaml")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(self.mode("etc/data/nodekey"), 0o600)

    def test_a_node_runs_on_a_file_alone(self):
        other = self.node("b")
        url = other.started()["enode"]
        self.config("listen: none\njson: true\nname: alice\nduration: 3\n"
                    "log_level: error\n"
                    f"datadir: d\npeers: ['{url}']\nplugins:\n"
                    "  - {name: foobar, options: {greeting: hi there}}\n")
        done = self.run_with("--config", "weft.yaml")
        self.assertEqual((done.status, done.err), (0, ""))
        events = lab.lines(done.out)
        self.assertEqual(events[0]["name"], "alice")
        self.assertEqual(events[-1]["sessions"], 1)
        other.expect("foobar", received="hi there")

    def test_trusted_nodes_need_no_room(self):
        b = self.own_enode("b", "127.0.0.1:1")
        a = self.node("a", "--max-peers", "0", "--trusted", b)
        c = self.node("c", "--no-listen", "--peer", a.started()["enode"])
        self.assertIn("too many peers", c.expect("dial_failed")["cause"])
        self.node("b", "--no-listen", "--peer", a.seen[0]["enode"])
        a.expect("peer_added")

    def test_netrestrict_keeps_others_out(self):
        a = self.node("a", "--netrestrict", "10.0.0.0/8,::1/128")
        b = self.node("b", "--no-listen", "--peer", a.started()["enode"])
        b.expect("dial_failed")
        b.stop()
        self.assertEqual(a.stop()["sessions"], 0)
        b = self.node("b", "--netrestrict", "10.0.0.0/8", "--peer", NODE)
        failed = b.expect("dial_failed")
        self.assertIn("outside the allowed networks", failed["cause"])
        self.assertIs(failed["again"], False)
        self.assertEqual(b.stop()["dialed"], 0)

    def test_the_dial_ratio_keeps_places_from_others(self):
        a = self.node("a", "--max-peers", "2", "--dial-ratio", "1")
        b = self.node("b", "--no-listen", "--peer", a.started()["enode"])
        self.assertIn("too many peers", b.expect("dial_failed")["cause"])
        a = self.node("c", "--max-peers", "2", "--dial-ratio", "2")
        b = self.node("d", "--no-listen", "--peer", a.started()["enode"])
        b.expect("peer_added")

    def test_no_more_than_so_many_are_pending(self):
        a = self.node("a", "--max-pending", "1")
        host, port = a.started()["listen"].split(":")
        silent = socket.create_connection((host, int(port)), lab.DEADLINE)
        self.addCleanup(silent.close)
        # Accepted in order, so the first has its place by now.
        with socket.create_connection((host, int(port)), lab.DEADLINE) as c:
            try:
                self.assertEqual(c.recv(1), b"")
            except ConnectionResetError:
                pass
        self.assertEqual(a.stop()["throttled"], 1)

    def test_the_log_has_a_form_of_its_own(self):
        args = ["--no-listen", "--datadir", "d", "--duration", "10ms",
                "--log-level", "debug", "--plugin", "foobar"]
        done = self.run_with(*args, "--log-format", "json")
        self.assertEqual(done.status, 0)
        self.assertEqual(lab.lines(done.err)[0]["event"], "log")
        self.assertIn("stopped after", done.out)
        done = self.run_with(*args, "--json", "--log-format", "text")
        self.assertNotIn("{", done.err.splitlines()[0])
        self.assertEqual(lab.lines(done.out)[-1]["event"], "stopped")

    def threads(self, name):
        """How many a node has whose pool was needed, to look a name up."""
        url = NODE.replace("127.0.0.1:1", self.closed_address()).replace(
            "127.0.0.1", "localhost")
        node = self.node(name, "--no-listen", "--peer", url)
        node.expect("dial_failed")
        count = len(os.listdir(f"/proc/{node.process.pid}/task"))
        node.stop()
        return count

    def test_the_pool_has_eight_threads_unless_told_otherwise(self):
        ours = self.threads("a")
        self.env["UV_THREADPOOL_SIZE"] = "3"
        self.assertEqual(ours - self.threads("b"), 8 - 3)

    def test_plugins_are_sought_in_their_folder(self):
        os.mkdir(self.path("plugins"), 0o755)
        done = self.run_with("--plugin", "foobar", "--plugin-folder",
                             self.path("plugins"))
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn(f"there is no {self.path('plugins')}/foobar.so", done.err)


class Document(Case):
    """docs/configuration.md says what the table of settings says."""

    def rows(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            text = file.read().split("## All settings")[1].split("\n## ")[0]
        for line in text.splitlines():
            if line.startswith("| `"):
                yield [cell.strip() for cell in line.split("|")[1:-1]]

    def told(self):
        """Key, type, variable, flag and default of each, as weft has them."""
        return re.findall(
            r"^# ([^;\n]+); (WEFT_\w+), (--[a-z-]+)[^\n]*\n"
            r"#?(\w+): ?(.*?) ? # default$", self.printed(), re.M)

    def test_all_settings_are_there_in_order_with_type_and_default(self):
        told = [(f"`{key}`", kind, f"`{default}`" if default else "")
                for kind, _, _, key, default in self.told()]
        self.assertEqual([tuple(row[:3]) for row in self.rows()], told)

    def test_variables_and_flags_are_named_as_it_says(self):
        rows = {row[0].strip("`"): row for row in self.rows()}
        for _, variable, flag, key, _ in self.told():
            self.assertEqual(variable, "WEFT_" + key.upper())
            if flag != "--" + key.replace("_", "-"):
                self.assertIn(f"flag `{flag}`", rows[key][4])

    def test_the_examples_are_good(self):
        self.write("hello.so", "")
        for row in self.rows():
            with self.subTest(row[0]):
                example = row[3].strip("`").replace("KEY", lab.STRANGER)
                self.assertTrue(example.startswith(row[0].strip("`") + ": "))
                self.config(example + "\n")
                done = self.run_with("--print-config", "--config", "weft.yaml")
                self.assertIn("  # weft.yaml:1:", done.out)
                # The plugin of the example is not there.
                self.assertEqual(done.status, int("hello.so" in example))


if __name__ == "__main__":
    lab.main()
