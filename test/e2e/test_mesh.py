# SPDX-License-Identifier: Apache-2.0
"""`weft mesh`: what it forms, what it says when it cannot, and that nothing of
it is left behind, however it ends."""

import collections
import json
import os
import pty
import re
import resource
import signal
import subprocess
import time
import xml.etree.ElementTree

import lab
from lab import DEADLINE, WEFT

PLUGINS = os.path.join(os.environ["WEFT_BUILD"], "test/plugins")
SVG = "{http://www.w3.org/2000/svg}"

MEMBERS = {
    "plan": {"nodes", "topology", "seed", "processes", "links", "needs"},
    "formed": {"seconds"},
    "node": {"name", "enode", "links", "messages_in", "messages_out",
             "bytes_in", "bytes_out", "stopped", "ok", "why"},
    "link": {"dialer", "listener", "losses", "at_dialer", "at_listener",
             "ok", "why"},
    "result": {"ok", "nodes", "nodes_failed", "links", "links_failed",
               "strangers", "messages_in", "messages_out", "bytes_in",
               "bytes_out", "round_trip_ms", "seconds"},
}

Told = collections.namedtuple("Told", "status events err")


def limits(**values):
    """For a process to be: RLIMIT_NOFILE=100 and the like, soft and hard."""

    def set_them():
        for name, value in values.items():
            resource.setrlimit(getattr(resource, name), (value, value))

    return set_them


class MeshLab(lab.Lab):
    """A mesh has a mark in its environment, by which its processes are known,
    and a folder for its temporary files, in which nothing may be left."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("tmp"))
        self.mark = "MESH_TEST=" + self.folder
        self.env["MESH_TEST"] = self.folder
        self.env["TMPDIR"] = self.path("tmp")
        self.env.pop("LANG", None)
        self.env["LC_ALL"] = "C"
        self.addCleanup(self.end_what_is_left)

    # --- processes ------------------------------------------------------------

    def processes(self):
        """The ids of all that have the mark and are no zombies."""
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    marked = self.mark.encode() in file.read().split(b"\0")
                with open(f"/proc/{name}/stat", "rb") as file:
                    state = file.read().rpartition(b") ")[2][:1]
            except OSError:
                continue  # it is gone, or another's
            if marked and state not in b"ZX":
                found.append(int(name))
        return found

    def nodes(self):
        """Those of them that are `weft run`."""
        found = []
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    args = file.read().split(b"\0")
            except OSError:
                continue
            if args[1:2] == [b"run"]:
                found.append(pid)
        return found

    def end_what_is_left(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def expect_nothing_left(self):
        self.assertEqual(self.processes(), [])
        left = [
            name for name in os.listdir(self.path("tmp"))
            if not name.startswith("tsan.")  # the sanitizer's, for an instant
        ]
        self.assertEqual(left, [])

    # --- meshes ---------------------------------------------------------------

    def start(self, *args, before=None, command=(WEFT, "mesh"),
              err=subprocess.PIPE):
        process = subprocess.Popen(
            [*command, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env=self.env,
            cwd=self.folder,
            preexec_fn=before,
        )
        self.addCleanup(process.stdout.close)
        if process.stderr:
            self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def finish(self, process):
        """What it told to its end, with nothing left behind."""
        out, err = process.communicate(timeout=10 * DEADLINE)
        self.assertNotIn("Sanitizer", err or "")
        self.assertNotIn("runtime error", err or "")
        self.expect_nothing_left()
        return lab.Result(process.returncode, out, err)

    def mesh(self, *args, **options):
        done = self.finish(self.start("--json", *args, **options))
        return Told(done.status, lab.lines(done.out), done.err)

    def formed(self, *args, **options):
        """The events by kind of a mesh that must be well."""
        told = self.mesh("--plugin", "foobar", *args, **options)
        self.assertEqual((told.status, told.err), (0, ""), told.events)
        events = self.by_kind(told.events)
        result = events["result"][0]
        self.assertTrue(result["ok"])
        self.assertEqual(result["links_failed"], 0)
        self.assertEqual(result["nodes_failed"], 0)
        self.assertEqual(result["strangers"], 0)
        self.assertEqual(len(events["formed"]), 1)
        for link in events["link"]:
            self.expect_talk(link)
        for node in events["node"]:
            self.assertTrue(node["ok"] and node["stopped"], node)
        return events

    def expect_talk(self, link):
        self.assertTrue(link["ok"], link)
        self.assertIsNone(link["why"])
        for end in (link["at_dialer"], link["at_listener"]):
            self.assertTrue(end["up"])
            for sum_ in ("foo_in", "foo_out", "bar_in", "bar_out"):
                self.assertGreater(end[sum_], 0, link)
            self.assertGreater(end["round_trip_ms"], 0)

    def by_kind(self, events):
        kinds = collections.defaultdict(list)
        for event in events:
            kinds[event["event"]].append(event)
            self.assertEqual(
                set(event), MEMBERS[event["event"]] | {"event"}, event
            )
        return kinds

    def failed(self, *args, **options):
        """The events by kind of a mesh that must not be well."""
        told = self.mesh(*args, **options)
        self.assertEqual(told.status, 1, told)
        events = self.by_kind(told.events)
        self.assertFalse(events["result"][0]["ok"])
        return events, told.err


def pairs(events):
    """The links as pairs of numbers from 1, the dialer first."""
    return [
        (int(link["dialer"][1:]), int(link["listener"][1:]))
        for link in events["link"]
    ]


def ids(events):
    return [node["enode"].split("@")[0] for node in events["node"]]


class Topologies(MeshLab):
    def test_a_line(self):
        events = self.formed("--nodes", "6", "--topology", "line")
        self.assertEqual(pairs(events), [(i, i + 1) for i in range(1, 6)])

    def test_a_ring(self):
        events = self.formed("--nodes", "6", "--topology", "ring")
        self.assertEqual(
            pairs(events), [(i, i % 6 + 1) for i in range(1, 7)]
        )

    def test_a_star(self):
        events = self.formed("--nodes", "6", "--topology", "star")
        self.assertEqual(pairs(events), [(i, 1) for i in range(2, 7)])

    def test_a_full_mesh(self):
        events = self.formed("--nodes", "6", "--topology", "full")
        self.assertEqual(
            sorted(tuple(sorted(pair)) for pair in pairs(events)),
            [(i, j) for i in range(1, 7) for j in range(i + 1, 7)],
        )

    def test_a_random_mesh(self):
        events = self.formed("--nodes", "9", "--topology", "random:4")
        self.assertEqual(len(events["link"]), 18)
        self.assertEqual({n["links"] for n in events["node"]}, {4})

    def test_one_of_each_in_processes(self):
        for topology in ("line", "ring", "star", "full", "random:2"):
            with self.subTest(topology):
                events = self.formed(
                    "--nodes", "4", "--topology", topology, "--processes"
                )
                self.assertEqual(events["result"][0]["nodes"], 4)

    def test_a_large_one(self):
        events = self.formed("--nodes", "200", "--topology", "random:4")
        self.assertEqual(len(events["link"]), 400)

    def test_a_large_star(self):
        events = self.formed("--nodes", "200", "--topology", "star")
        self.assertEqual(events["node"][0]["links"], 199)

    def test_thirty_processes(self):
        events = self.formed(
            "--nodes", "30", "--topology", "random:3", "--processes"
        )
        self.assertEqual(len(events["link"]), 45)

    def test_without_foobar_it_is_enough_to_be_up(self):
        told = self.mesh("--plugin", os.path.join(PLUGINS, "good.so"))
        self.assertEqual(told.status, 0, told)
        events = self.by_kind(told.events)
        for link in events["link"]:
            self.assertEqual(link["at_dialer"], {"up": True})
        self.assertEqual(events["result"][0]["round_trip_ms"], {"count": 0})

    def test_foobar_by_another_name(self):
        events = self.formed()
        other = self.mesh("--plugin", "foobar,name=MyProtocol,version=3")
        self.assertEqual(other.status, 0)
        for link in self.by_kind(other.events)["link"]:
            self.expect_talk(link)
        self.assertEqual(len(events["link"]), 5)

    def test_it_goes_on_for_its_duration(self):
        for extra in ((), ("--processes",)):
            told = self.mesh(
                "--plugin", "foobar,interval=50ms", "--nodes", "3",
                "--duration", "2", *extra,
            )
            self.assertEqual(told.status, 0, told)
            events = self.by_kind(told.events)
            result = events["result"][0]
            self.assertGreaterEqual(result["seconds"]["running"], 1.95)
            for link in events["link"]:
                self.assertGreater(link["at_dialer"]["foo_out"], 1)
            # Everything that was sent arrived, but for what was on its way.
            self.assertGreater(result["messages_in"], 20)


class Seeds(MeshLab):
    def test_a_seed_makes_it_again(self):
        args = ("--nodes", "12", "--topology", "random:4", "--seed", "77")
        first = self.formed(*args)
        again = self.formed(*args)
        apart = self.formed(*args, "--processes")
        for other in (again, apart):
            self.assertEqual(ids(first), ids(other))
            self.assertEqual(pairs(first), pairs(other))
        self.assertEqual(len(set(ids(first))), 12)

    def test_another_seed_makes_another(self):
        args = ("--nodes", "12", "--topology", "random:4", "--seed")
        first = self.formed(*args, "77")
        other = self.formed(*args, "18446744073709551615")
        self.assertEqual(set(ids(first)) & set(ids(other)), set())
        self.assertNotEqual(pairs(first), pairs(other))
        self.assertEqual(other["plan"][0]["seed"], "18446744073709551615")

    def test_a_seed_by_chance_is_told(self):
        first = self.formed()
        seed = first["plan"][0]["seed"]
        self.assertEqual(ids(first), ids(self.formed("--seed", seed)))


class Output(MeshLab):
    def test_a_table_and_a_picture(self):
        done = self.finish(
            self.start("--plugin", "foobar", "--seed", "7", "--nodes", "4")
        )
        self.assertEqual(done.status, 0)
        self.assertEqual(done.err, "")
        self.assertTrue(done.out.startswith("mesh of 4 nodes, ring, seed 7\n"))
        picture, _, table = done.out.partition("  node   id")
        for name in ("n1", "n2", "n3", "n4"):
            self.assertEqual(len(re.findall(rf"\b{name}\b", picture)), 1)
            self.assertRegex(table, rf"\n  {name} +[0-9a-f]{{16}} +127\.0\.0")
        self.assertIn("4 of 4 up, 4 of them with foo and bar", table)
        self.assertTrue(done.out.isascii())
        self.assertTrue(
            done.out.endswith("all links formed, all nodes stopped\n")
        )

    def test_the_picture_has_dots_where_there_is_utf8(self):
        self.env["LC_ALL"] = "C.UTF-8"
        done = self.finish(self.start("--plugin", "foobar"))
        self.assertRegex(done.out, "[\u2801-\u28ff]")

    def test_progress_on_a_terminal(self):
        ours, terminal = pty.openpty()
        process = self.start("--plugin", "foobar", "--nodes", "9",
                             "--duration", "1", err=terminal)
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # nobody has the other end any more
        os.close(ours)
        done = self.finish(process)
        self.assertEqual(done.status, 0)
        lines = shown.decode().split("\r\x1b[K")
        self.assertIn("9 of 9 links up, running", lines)
        self.assertEqual(lines[0], "")
        self.assertEqual(lines[-1], "", "it is not wiped away at the end")
        self.assertNotIn("\x1b[K", done.out)

    def test_a_drawing(self):
        self.formed("--nodes", "30", "--topology", "star", "--svg", "m.svg")
        root = xml.etree.ElementTree.parse(self.path("m.svg")).getroot()
        self.assertEqual(len(list(root.iter(SVG + "line"))), 29)
        self.assertEqual(len(list(root.iter(SVG + "circle"))), 30)

    def test_wrong_usage(self):
        cases = {
            ("--nodes", "3"): "which --plugin",
            ("--plugin", "foobar", "--nodes", "1"): "--nodes",
            ("--plugin", "foobar", "--nodes", "5001"): "--nodes",
            ("--plugin", "foobar", "--nodes", "2"): "ring",
            ("--plugin", "foobar", "--topology", "cube"): "cube",
            ("--plugin", "foobar", "--topology", "random:5"): "5",
            ("--plugin", "foobar", "--topology", "random:1"): "random:2",
            ("--plugin", "foobar,none=1"): "none",
            ("--plugin", "foobar", "--seed", "x"): "--seed",
        }
        for args, word in cases.items():
            with self.subTest(args):
                done = self.finish(self.start(*args))
                self.assertEqual(done.status, 2, done)
                self.assertEqual(done.out, "")
                self.assertIn(word, done.err)


class Limits(MeshLab):
    def test_what_does_not_fit_is_refused_and_what_is_said_to_fit_does(self):
        args = ("--plugin", "foobar", "--topology", "full", "--nodes")
        before = limits(RLIMIT_NOFILE=300)
        done = self.finish(self.start(*args, "200", before=before))
        self.assertEqual(done.status, 1)
        self.assertEqual(done.out, "")
        self.assertIn("open files", done.err)
        largest = re.search(r"at most --nodes (\d+) fit", done.err)[1]
        self.assertGreater(int(largest), 10)
        told = self.mesh(*args, largest, before=before)
        self.assertEqual(told.status, 0, told.err)

    def test_the_soft_limit_is_raised(self):
        def low():
            resource.setrlimit(resource.RLIMIT_NOFILE, (80, 1000))

        self.formed("--nodes", "12", "--topology", "full", before=low)
        self.formed("--nodes", "8", "--processes", before=low)


class AddressSpace(MeshLab):
    def test_address_space_counts(self):
        done = self.finish(self.start(
            "--plugin", "foobar", "--topology", "full", "--nodes", "60",
            before=limits(RLIMIT_AS=3 << 29)))
        self.assertEqual(done.status, 1)
        self.assertRegex(done.err, "address space.*at most --nodes [0-9]+ fit")


# A sanitizer takes all there is, and cannot start with less.
if "sanitize" in os.environ["WEFT_CC"]:
    del AddressSpace


class Failures(MeshLab):
    def test_a_node_that_cannot_listen(self):
        # In a network of its own, with ports for four.
        script = (
            "echo 40000 40003 >/proc/sys/net/ipv4/ip_local_port_range &&"
            ' exec "$0" mesh "$@"'
        )
        events, err = self.failed(
            "--plugin", "foobar",
            command=("unshare", "-rn", "sh", "-c", script, WEFT),
        )
        nodes = [n for n in events["node"] if not n["ok"]]
        self.assertEqual([n["name"] for n in nodes], ["n5"])
        self.assertIn("already in use", nodes[0]["why"])
        self.assertIsNone(nodes[0]["enode"])
        self.assertEqual(
            {link["why"] for link in events["link"]},
            {"was not dialed", "n5 failed"},
        )
        self.assertIn("1 of 5 nodes and 5 of 5 links failed", err)
        self.assertEqual(events["formed"], [])

    def test_a_plugin_that_refuses_to_start(self):
        plugin = os.path.join(PLUGINS, "failing.so")
        for extra in ((), ("--processes",)):
            events, err = self.failed("--plugin", plugin, "--nodes", "3",
                                      *extra)
            for node in events["node"]:
                self.assertIn("start failed", node["why"])
            self.assertIn("3 of 3 nodes", err)

    def test_a_link_that_is_refused(self):
        plugin = os.path.join(PLUGINS, "refusing.so")
        for extra in ((), ("--processes",)):
            events, err = self.failed(
                "--plugin", "foobar", "--plugin", plugin, "--nodes", "3",
                "--timeout", "2", "--svg", "m.svg", *extra,
            )
            for node in events["node"]:
                self.assertTrue(node["ok"], node)
            for link in events["link"]:
                self.assertFalse(link["ok"])
                self.assertTrue(link["why"], link)
            self.assertIn("0 of 3 nodes and 3 of 3 links failed", err)
            with open(self.path("m.svg"), encoding="ascii") as file:
                self.assertEqual(file.read().count('"link failed"'), 3)

    def test_a_network_that_is_down(self):
        events, err = self.failed(
            "--plugin", "foobar", "--nodes", "3", "--timeout", "2",
            command=("unshare", "-rn", WEFT, "mesh"),
        )
        for link in events["link"]:
            self.assertIn("unreachable", link["why"])
        self.assertIn("3 of 3 links failed", err)

    def test_a_process_that_is_killed(self):
        process = self.start(
            "--json", "--plugin", "foobar", "--nodes", "5", "--processes",
            "--duration", "600",
        )
        self.assertEqual(
            json.loads(process.stdout.readline())["event"], "plan"
        )
        self.assertEqual(
            json.loads(process.stdout.readline())["event"], "formed"
        )
        victims = self.nodes()
        self.assertEqual(len(victims), 5)
        os.kill(victims[2], signal.SIGKILL)
        done = self.finish(process)
        self.assertEqual(done.status, 1)
        events = self.by_kind(lab.lines(done.out))
        failed = [n for n in events["node"] if not n["ok"]]
        self.assertEqual(len(failed), 1)
        self.assertIn("killed by SIGKILL", failed[0]["why"])
        self.assertEqual(
            sorted(link["ok"] for link in events["link"])[:2], [False, False]
        )

    def test_a_disk_that_is_full(self):
        # A file system of its own, with room for a page.
        os.mkdir(self.path("disk"))
        script = (
            "mount -t tmpfs -o size=4k none disk && echo old >disk/m.svg &&"
            ' { "$0" mesh "$@"; echo "status $?"; ls disk; cat disk/m.svg; }'
        )
        done = self.finish(self.start(
            "--plugin", "foobar", "--nodes", "60", "--svg", "disk/m.svg",
            command=("unshare", "-rm", "sh", "-c", script, WEFT),
        ))
        self.assertIn("all links formed", done.out)
        self.assertIn("cannot write disk/m.svg: No space left", done.err)
        self.assertTrue(done.out.endswith("status 1\nm.svg\nold\n"), done.out)

    def test_a_place_where_no_drawing_can_be(self):
        done = self.finish(self.start("--plugin", "foobar", "--svg",
                                      "none/m.svg"))
        self.assertEqual(done.status, 1)
        self.assertEqual(done.out, "")
        self.assertIn("none/m.svg", done.err)

    def test_no_temporary_folder(self):
        self.env["TMPDIR"] = self.path("none")
        process = self.start("--plugin", "foobar", "--processes")
        done = self.finish(process)
        self.assertEqual(done.status, 1)
        self.assertIn("temporary folder", done.err)


class Interrupts(MeshLab):
    def expect_interrupted(self, process, number):
        process.send_signal(number)
        done = self.finish(process)
        self.assertIn(done.status, (0, 1, -number), done)
        return done

    def test_at_any_moment(self):
        for extra in (("--nodes", "40", "--topology", "random:6"),
                      ("--nodes", "8", "--processes")):
            for number in (signal.SIGINT, signal.SIGTERM):
                for moment in (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
                    process = self.start("--plugin", "foobar", "--duration",
                                         "600", *extra)
                    time.sleep(moment)  # any will do: nothing waits for it
                    self.expect_interrupted(process, number)

    def test_while_it_runs_it_tells_what_came_of_it(self):
        for extra in ((), ("--processes",)):
            process = self.start("--json", "--plugin", "foobar", "--duration",
                                 "600", *extra)
            process.stdout.readline()
            formed = json.loads(process.stdout.readline())
            self.assertEqual(formed["event"], "formed")
            done = self.expect_interrupted(process, signal.SIGINT)
            self.assertEqual(done.status, 0, done)
            self.assertTrue(lab.lines(done.out)[-1]["ok"])

    def test_before_it_forms_it_fails(self):
        process = self.start(
            "--json", "--nodes", "3", "--plugin",
            os.path.join(PLUGINS, "refusing.so"), "--timeout", "600",
        )
        self.assertEqual(
            json.loads(process.stdout.readline())["event"], "plan"
        )
        done = self.expect_interrupted(process, signal.SIGINT)
        if done.status != -signal.SIGINT:
            self.assertEqual(done.status, 1)
            self.assertIn("interrupted", done.err)

    def test_a_second_one_ends_it_at_once(self):
        process = self.start("--json", "--plugin", "foobar", "--processes",
                             "--duration", "600")
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
        self.until(lambda: not self.processes(), "a process is left")
        self.expect_nothing_left()

    def test_killed(self):
        for moment in (0, 0.05, 0.1, 0.2, 0.5, None):
            process = self.start("--json", "--plugin", "foobar", "--nodes",
                                 "8", "--processes", "--duration", "600")
            if moment is None:
                process.stdout.readline()
                process.stdout.readline()
                self.assertEqual(len(self.nodes()), 8)
            else:
                time.sleep(moment)
            process.kill()
            process.communicate(timeout=DEADLINE)
            self.until(lambda: not self.processes(), "a process is left")
            self.expect_nothing_left()


if __name__ == "__main__":
    lab.main()
