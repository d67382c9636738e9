# SPDX-License-Identifier: Apache-2.0
"""weft discover: nodes asked and looked for, over UDP on loopback."""

import json
import os
import signal
import socket
import subprocess
import threading

import lab

class Running:
    """A command that has not ended, and what it prints line by line."""

    def __init__(self, test, *args, stderr=subprocess.PIPE, prefix=()):
        self.test = test
        self.process = subprocess.Popen(
            [*prefix, lab.WEFT, *args], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=stderr, env=test.env,
            cwd=test.folder, text=True)
        test.addCleanup(self.kill)

    def event(self, kind=None, **members):
        """The next event of this kind with these members."""
        for line in self.process.stdout:
            event = json.loads(line)
            if kind in (None, event["event"]) and \
                    members.items() <= event.items():
                return event
        self.test.fail(f"ended without {kind}: {self.process.stderr.read()}")
        return None

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=lab.DEADLINE)
        return lab.Result(self.process.returncode, out, err)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(lab.DEADLINE)
        for pipe in self.process.stdout, self.process.stderr:
            if pipe:
                pipe.close()


class Case(lab.Lab):
    def server(self, name="a", *args):
        """A node that can be asked, and what it told at its start."""
        node = self.node(name, "--discovery", "v4,v5", *args, plugins=())
        return node, node.started()

    def network(self, count):
        """So many nodes that know of each other: what they told."""
        _, first = self.server("n0")
        told = [first]
        for i in range(1, count):
            _, start = self.server(f"n{i}", "--bootnode", first["enr"])
            told.append(start)
        return told

    def discover(self, *args, **kwargs):
        return self.weft("discover", *args, **kwargs)

    def fails(self, *args, says):
        done = self.discover(*args)
        self.assertEqual(done.status, 1, done)
        self.assertIn(says, done.err)
        self.assertEqual(done.err.count("\n"), 1, done.err)
        self.assertTrue(done.err.startswith("weft discover " + args[0]))
        return done

    def silent(self):
        """The URL of a node that says nothing."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind(("127.0.0.1", 0))
        return "enode://%s@127.0.0.1:%d" % (lab.STRANGER,
                                            sock.getsockname()[1])

    def answering(self, *answers):
        """The URL of somebody who answers all by these, which are bytes or
        made of what came."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))

        def serve():
            while True:
                data, sender = sock.recvfrom(2048)
                if data == b"end":
                    return
                for answer in answers:
                    sock.sendto(answer(data) if callable(answer) else answer,
                                sender)

        def end():
            sock.sendto(b"end", sock.getsockname())
            thread.join(lab.DEADLINE)
            sock.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(end)
        return "enode://%s@127.0.0.1:%d" % (lab.STRANGER,
                                            sock.getsockname()[1])

    def closed(self):
        """The URL of a node at a port where nobody listens."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        return f"enode://{lab.STRANGER}@127.0.0.1:{port}"

    def read_set(self, name):
        with open(self.path(name), encoding="ascii") as f:
            return json.load(f)


class Ask(Case):
    """One node, asked."""

    def test_ping_goes_by_what_the_node_was_named_by(self):
        _, start = self.server()
        address = start["listen"]
        for args, version in [
                ((start["enode"],), "v4"), ((start["enr"],), "v5"),
                ((start["enr"][4:],), "v5"), ((start["enode"], "--v5"), "v5"),
                ((start["enr"], "--v4"), "v4"),
                ((start["enode"].replace("127.0.0.1", "localhost"),), "v4")]:
            with self.subTest(args):
                done = self.discover("ping", "--json", *args)
                self.assertEqual((done.status, done.err), (0, ""))
                (pong,) = lab.lines(done.out)
                self.assertEqual(list(pong), [
                    "event", "n", "version", "address", "round_trip_ms"])
                self.assertEqual(
                    (pong["event"], pong["version"], pong["address"]),
                    ("pong", version, address))
                self.assertGreaterEqual(pong["round_trip_ms"], 0)
        done = self.discover("ping", start["enode"])
        self.assertRegex(done.out,
                         rf"\A  pong          {address}  v4 +[\d.]+ m?s\n\Z")

    def test_ping_counts(self):
        _, start = self.server()
        done = self.discover("ping", "--count", "2", "--json", start["enr"])
        events = lab.lines(done.out)
        self.assertEqual([(e["event"], e.get("n")) for e in events],
                         [("pong", 1), ("pong", 2), ("pinged", None)])
        end = events[-1]
        self.assertEqual((end["asked"], end["answered"]), (2, 2))
        self.assertLessEqual(end["min_ms"], end["mean_ms"])
        self.assertLessEqual(end["mean_ms"], end["max_ms"])

    def test_ping_sums_up_when_it_is_interrupted(self):
        _, start = self.server()
        command = Running(self, "discover", "ping", "--count", "1000",
                          "--json", start["enode"])
        command.event("pong")
        done = command.end()
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(lab.lines(done.out)[-1]["event"], "pinged")

    def test_the_record_is_printed_as_by_enr_decode(self):
        node, start = self.server()
        # What others say of our address may change the record.
        record = self.weft("discover", "requestenr", "--json", start["enr"])
        text = lab.lines(record.out)[0]["enr"]
        for verb in "requestenr", "resolve":
            for name in start["enode"], start["enr"]:
                for form in (), ("--json",):
                    with self.subTest((verb, name[:5], form)):
                        done = self.discover(verb, name, *form)
                        self.assertEqual(done, self.weft(
                            "enr", "decode", text, *form))
        self.assertEqual(lab.lines(record.out)[0]["id"], start["id"])
        node.stop()

    def test_nobody_is_a_failure_that_says_what_to_do(self):
        for url in self.silent(), self.closed():
            with self.subTest(url):
                at = url.split("@")[1]
                done = self.fails(
                    "ping", url, "--timeout", "0.7",
                    says=f"no answer from {at} within 700.0 ms: nobody "
                         "listens there, the node has another key, or does "
                         "not speak v4 (try --v5)")
                self.assertEqual(done.out, "  no answer     \n")
                self.fails("requestenr", url, "--v5", "--timeout", "0.7",
                           says="(try --v4)")
                self.fails("resolve", url, says="give --bootnode NODE")
                self.fails("lookup", "--bootnode", url,
                           says="no bootnode answers: check its address, or "
                                "try --v5")

    def test_another_key_is_nobody(self):
        _, start = self.server()
        for version in "--v4", "--v5":
            self.fails("ping", f"enode://{lab.STRANGER}@{start['listen']}",
                       version, "--timeout", "0.7", says="another key")

    def test_garbage_is_no_answer(self):
        url = self.answering(b"", b"\0", b"\xff" * 1280, b"x" * 2000,
                             bytes(range(256)), lambda data: data,
                             lambda data: data[:-1], lambda data: data + b"x",
                             lambda data: bytes(len(data)))
        for version in "--v4", "--v5":
            for args, says in [
                    (["ping", url], "no answer"),
                    (["requestenr", url], "no answer"),
                    (["resolve", url], "does not answer"),
                    (["lookup", "--bootnode", url], "no bootnode answers"),
                    (["crawl", "set.json", "--duration", "1", "--bootnode",
                      url], "no node answers")]:
                with self.subTest((version, args[0])):
                    if args[0] in ("ping", "requestenr"):
                        args += ["--timeout", "0.7"]
                    self.fails(*args, version, says=says)

    def test_pings_that_got_lost_are_counted(self):
        done = self.discover("ping", self.silent(), "--timeout", "0.2",
                             "--count", "2", "--json")
        self.assertEqual(done.status, 1)
        self.assertEqual([e["event"] for e in lab.lines(done.out)],
                         ["no_answer", "no_answer", "pinged"])
        self.assertEqual(lab.lines(done.out)[-1],
                         {"event": "pinged", "asked": 2, "answered": 0})

    def test_a_name_that_nobody_has_is_named(self):
        url = f"enode://{lab.STRANGER}@{lab.NO_NAME}:1"
        for args in (["ping", url], ["resolve", url],
                     ["lookup", "--bootnode", url]):
            self.fails(*args, says=lab.NO_NAME)

    def test_a_key_makes_the_identity(self):
        self.assertEqual(self.weft("key", "new", "k").status, 0)
        (key,) = lab.lines(self.weft("key", "show", "k", "--json").out)
        listening = Running(self, "discover", "listen", "--json", "--key", "k",
                            "--listen", "127.0.0.1:0")
        self_ = listening.event("listening")
        self.assertIn(key["public_key"], self_["enode"])
        self.fails("ping", self_["enr"], "--key", "none", says="none: ")
        os.chmod(self.path("k"), 0o644)
        self.fails("ping", self_["enr"], "--key", "k", says="k: ")


class Search(Case):
    """Nodes of a network."""

    def found(self, *args):
        done = self.discover("lookup", "--json", *args)
        self.assertEqual((done.status, done.err), (0, ""))
        *nodes, end = lab.lines(done.out)
        self.assertEqual((end["event"], end["nodes"]),
                         ("looked_up", len(nodes)))
        distances = [node["distance"] for node in nodes]
        self.assertEqual(distances, sorted(distances))
        return nodes, end

    def test_lookup_finds_them_all(self):
        told = self.network(5)
        ids = {start["id"] for start in told}
        first = told[0]

        def all_by(version, *args):
            nodes, end = self.found("--bootnode", first[
                "enr" if version == "v5" else "enode"], *args)
            self.assertEqual(end["version"], version)
            # Others of v4 may be commands like this one.
            return nodes if ids <= {node["id"] for node in nodes} else None

        for version in "v4", "v5":
            nodes = self.eventually(lambda: all_by(version), version)
            for node in nodes:
                self.assertTrue(node["enode"].startswith("enode://"))
            nodes = self.eventually(
                lambda: all_by(version, told[2]["enode"]), version)
            self.assertEqual((nodes[0]["distance"], nodes[0]["id"]),
                             (0, told[2]["id"]))
        self.assertTrue(all("enr" in node for node in nodes))
        _, end = self.found("--bootnode", first["enr"], "0" * 63 + "A")
        self.assertEqual(end["target"], "0" * 63 + "a")
        done = self.discover("lookup", "--bootnode", first["enr"], first["enr"])
        lines = done.out.splitlines()
        self.assertEqual(lines[0].split(),
                         ["distance", "id", "address", "record"])
        self.assertEqual(lines[1].split(), [
            "0", first["id"][:16], first["listen"], "yes"])
        self.assertRegex(lines[-1], r"\A\d+ nodes by v5, after [\d.]+ m?s\Z")

    def test_resolve_finds_who_has_moved(self):
        _, first = self.server("a")
        b, old = self.server("b", "--bootnode", first["enr"])

        def resolved(*args):
            done = self.discover("resolve", "--json", *args)
            return lab.lines(done.out)[0] if done.status == 0 else None

        by = {"v4": ("--bootnode", first["enode"]),
              "v5": ("--bootnode", first["enr"])}
        key = old["enode"].split("@")[0]
        for version, args in by.items():
            found = self.eventually(lambda: resolved(key, *args), version)
            self.assertEqual(found["id"], old["id"])
        b.stop()
        _, new = self.server("b", "--bootnode", first["enr"])
        self.assertNotEqual(new["listen"], old["listen"])
        self.eventually(
            lambda: (resolved(old["enr"], *by["v5"]) or {}).get("udp") ==
            int(new["listen"].split(":")[1]), "the new port")

    def test_nobody_knows_who_is_not_there(self):
        _, first = self.server()
        for name in first["enode"], first["enr"]:
            self.fails("resolve", f"enode://{lab.STRANGER}", "--bootnode",
                       name, says="not found: no node that was asked knows it")


class Listen(Case):
    def test_listen_is_there_for_both_and_tells_who_comes(self):
        listening = Running(self, "discover", "listen", "--json", "--listen",
                            "127.0.0.1:0")
        me = listening.event()
        self.assertEqual(list(me), ["event", "enr", "enode"])
        self.assertEqual(me["event"], "listening")
        for args in (me["enode"],), (me["enr"],):
            self.assertEqual(self.discover("ping", *args).status, 0)
        _, start = self.server("b", "--bootnode", me["enr"])
        for _ in "v4", "v5":
            listening.event("met", id=start["id"])
        done = listening.end(signal.SIGTERM)
        self.assertEqual((done.status, done.err), (0, ""))

    def test_listen_can_keep_to_one_version(self):
        listening = Running(self, "discover", "listen", "--v4", "--json",
                            "--listen", "127.0.0.1:0")
        me = listening.event("listening")
        self.assertEqual(self.discover("ping", me["enode"]).status, 0)
        self.fails("ping", me["enr"], "--timeout", "0.7", says="try --v4")
        self.assertEqual(listening.end().status, 0)

    def test_listen_ends_by_itself(self):
        done = self.discover("listen", "--duration", "0.2")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertRegex(done.out, r"\A  listening     enr:[\w-]+\n"
                                   r"                enode://\w+@")

    def test_what_nobody_reads_ends(self):
        listening = Running(self, "discover", "listen", "--json", "--listen",
                            "127.0.0.1:0")
        me = listening.event("listening")
        pinging = Running(self, "discover", "ping", "--count", "1000",
                          "--json", me["enode"])
        pinging.event("pong")
        for command in listening, pinging:
            command.process.stdout.close()
        self.server("b", "--bootnode", me["enr"])
        for command in listening, pinging:
            self.assertEqual(command.process.wait(lab.DEADLINE), 1)
            self.assertEqual(command.process.stderr.read(),
                             "weft: cannot write to standard output\n")

    def test_a_port_in_use_is_named(self):
        _, start = self.server()
        self.fails("listen", "--listen", start["listen"],
                   says=start["listen"])


class Crawl(Case):
    """Everybody, asked."""

    def crawl(self, *args, status=0):
        done = self.discover("crawl", *args, "--json")
        self.assertEqual((done.status, done.err), (status, ""))
        (end,) = lab.lines(done.out)
        self.assertEqual(end["event"], "crawled")
        return end

    def age(self, name, **changes):
        """Let ten minutes pass in the file, and change this as well."""
        nodes = self.read_set(name)
        for node in nodes.values():
            node.update(lastCheck="2026-01-02T03:04:05Z", **changes)
        self.write(name, json.dumps(nodes))

    def test_a_crawl_finds_everybody_and_goes_on_later(self):
        told = self.network(4)
        ids = {start["id"] for start in told}
        for version in "v4", "v5":
            name = version + ".json"
            first = told[0]["enr" if version == "v5" else "enode"]

            def has_all():
                if os.path.exists(self.path(name)):
                    self.age(name)
                end = self.crawl(name, "--bootnode", first, "--duration", "2")
                self.assertEqual(end["version"], version)
                return ids <= set(self.read_set(name))

            self.eventually(has_all, version)
            for node in self.read_set(name).values():
                self.assertGreaterEqual(node["score"], 1)
                self.assertEqual(node["lastCheck"], node["lastResponse"])
        # One of them is enough to find the others, without a bootnode.
        for version in "v4", "v5":
            nodes = self.read_set(version + ".json")
            self.write("one.json", json.dumps({told[1]["id"]:
                                               nodes[told[1]["id"]]}))

            def has_others():
                self.age("one.json")
                self.crawl("one.json", "--" + version, "--duration", "2")
                return ids <= set(self.read_set("one.json"))

            self.eventually(has_others, version)
        # Who is asked again gets a point.
        self.age("v5.json", score=4)
        end = self.crawl("v5.json", "--duration", "2")
        self.assertEqual((end["file"], end["removed"]), ("v5.json", 0))
        self.assertEqual({node["score"] for id_, node in
                          self.read_set("v5.json").items() if id_ in ids}, {5})
        # Checked a moment ago: nobody is asked.
        end = self.crawl("v5.json", "--duration", "0.5")
        self.assertEqual(end["dead"], 0)
        self.assertEqual({node["score"] for id_, node in
                          self.read_set("v5.json").items() if id_ in ids}, {5})

    def test_who_is_gone_loses_half_of_the_score(self):
        a, first = self.server("a")
        b, second = self.server("b")
        for start in first, second:
            self.crawl("set.json", "--bootnode", start["enr"], "--duration",
                       "2")
        b.stop()
        scores = []
        for _ in range(2):
            self.age("set.json")
            self.assertIn(first["id"], self.read_set("set.json"))
            end = self.crawl("set.json", "--duration", "2")
            scores.append(self.read_set("set.json").get(second["id"]))
            if scores[-1] is None:
                break
        self.assertIsNone(scores[-1])
        self.assertEqual((end["dead"], end["removed"]), (1, 1))
        a.stop()

    def test_nobody_there_leaves_the_file_alone(self):
        a, start = self.server()
        self.crawl("set.json", "--bootnode", start["enr"], "--duration", "2")
        a.stop()
        self.age("set.json")
        before = self.read_set("set.json")
        self.fails("crawl", "set.json", "--duration", "0.5",
                   says="no node answers, so the file stays as it was")
        self.assertEqual(self.read_set("set.json"), before)
        for url in self.silent(), self.closed():
            self.fails("crawl", "none.json", "--bootnode", url, "--duration",
                       "0.5", says="try --v5")
            self.assertFalse(os.path.exists(self.path("none.json")))

    def crawling(self, name, start, *args, prefix=()):
        """A crawl on a terminal, whose status line can be read."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        command = Running(self, "discover", "crawl", name, "--json",
                          "--bootnode", start["enr"], *args, stderr=theirs,
                          prefix=prefix)
        os.close(theirs)
        command.shown = ""

        def saw(text, again=False):
            if again:
                command.shown = ""
            while text not in command.shown:
                command.shown += os.read(ours, 4096).decode()
            return command.shown.count(text)

        command.saw = saw
        return command

    def test_an_interrupted_crawl_writes_what_it_found(self):
        _, start = self.server()
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        command = Running(self, "discover", "crawl", "set.json", "--json",
                          "--bootnode", start["enr"], stderr=theirs)
        os.close(theirs)
        shown = ""
        while "1 answered" not in shown:  # the status line of a terminal
            shown += os.read(ours, 4096).decode()
        self.assertIn("\r\x1b[K0 nodes; 0 answered", shown)
        done = command.end()
        self.assertEqual(done.status, 0)
        self.assertEqual(lab.lines(done.out)[0]["nodes"], 1)
        self.assertEqual(list(self.read_set("set.json")), [start["id"]])

    def test_every_way_to_be_ended_writes_what_was_found(self):
        _, start = self.server()
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            with self.subTest(number):
                name = f"{number}.json"
                command = self.crawling(name, start)
                self.assertEqual(command.saw("1 answered"), 1)
                self.assertFalse(os.path.exists(self.path(name)))
                done = command.end(number)
                self.assertEqual(done.status, 0)
                self.assertEqual(lab.lines(done.out)[0]["nodes"], 1)
                self.assertEqual(list(self.read_set(name)), [start["id"]])

    def test_a_terminal_that_closes_ends_no_crawl_that_ignores_it(self):
        _, start = self.server()
        command = self.crawling("set.json", start, prefix=(
            "sh", "-c", 'trap "" HUP; exec "$@"', "sh"))
        command.saw("1 answered")
        command.process.send_signal(signal.SIGHUP)
        for _ in range(2):  # it goes on to show how far it is
            command.saw("answered", again=True)
        self.assertIsNone(command.process.poll())
        self.assertEqual(command.end().status, 0)
        self.assertEqual(list(self.read_set("set.json")), [start["id"]])

    def test_a_crawl_that_is_killed_leaves_what_it_saved(self):
        _, start = self.server()
        command = self.crawling("set.json", start, "--save", "0.3")
        self.eventually(lambda: os.path.exists(self.path("set.json")),
                        "the file")
        command.process.kill()
        command.process.wait(lab.DEADLINE)
        self.assertEqual(list(self.read_set("set.json")), [start["id"]])
        # What is written in between says nothing, and is no other end.
        self.age("set.json")
        end = self.crawl("set.json", "--save", "0.3", "--duration", "1")
        self.assertEqual(end["nodes"], 1)

    def test_nobody_there_is_not_saved_in_between(self):
        command = self.crawling("set.json", {"enr": self.silent()},
                                "--save", "0.3")
        command.saw("1 dead")
        command.saw("dead", again=True)
        done = command.end()
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertFalse(os.path.exists(self.path("set.json")))

    def test_a_save_in_between_that_fails_is_told_once(self):
        _, start = self.server()
        os.mkdir(self.path("sub"))
        command = Running(self, "discover", "crawl", "sub/set.json", "--json",
                          "--bootnode", start["enr"], "--save", "0.3")
        self.eventually(lambda: os.path.exists(self.path("sub/set.json")),
                        "the file")
        os.rename(self.path("sub"), self.path("gone"))
        second, _ = self.server("b", "--bootnode", start["enr"])
        line = command.process.stderr.readline()
        self.assertRegex(line, r"\Aweft discover crawl: .*sub/set.json.*; it "
                               r"goes on, and tries again\n\Z")
        os.rename(self.path("gone"), self.path("sub"))
        done = command.end()
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(len(self.read_set("sub/set.json")), 2)
        second.stop()

    def test_a_pipe_gets_the_set_and_nothing_else(self):
        _, start = self.server()
        for extra in (), ("-",):
            done = self.discover("crawl", "--bootnode", start["enr"],
                                 "--duration", "2", *extra)
            self.assertEqual((done.status, done.err), (0, ""))
            self.assertEqual(list(json.loads(done.out)), [start["id"]])
        info = self.discover("nodes", "info", "-", stdin=done.out)
        self.assertIn("nodes  1\n", info.out)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [lab.WEFT, "discover", "crawl", "--bootnode", start["enr"],
                 "--duration", "2"], stdout=full, stderr=subprocess.PIPE,
                text=True, timeout=lab.DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output cannot be written", done.stderr)

    def test_people_get_a_sum(self):
        _, start = self.server()
        done = self.discover("crawl", "set.json", "--bootnode", start["enr"],
                             "--duration", "2")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertRegex(
            done.out, r"\Aset\.json: 1 in the set, 1 of them new, 0 gone\n"
                      r"1 answered, 0 did not, [\d.]+ a second\n\Z")

    def test_a_file_that_cannot_be_written_is_told_before(self):
        url = self.silent()
        for name in "missing/set.json", ".":
            self.fails("crawl", name, "--bootnode", url, says=name)
        self.write("bad.json", "{")
        self.fails("crawl", "bad.json", "--bootnode", url, says="bad.json: ")
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["bad.json", "home"])

    def test_a_file_that_can_no_longer_be_written_is_told_at_the_end(self):
        _, start = self.server()
        os.mkdir(self.path("sub"))
        command = Running(self, "discover", "crawl", "sub/set.json", "--json",
                          "--bootnode", start["enr"], "--duration", "1")
        os.rename(self.path("sub"), self.path("gone"))
        done = lab.Result(command.process.wait(lab.DEADLINE),
                          command.process.stdout.read(),
                          command.process.stderr.read())
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("sub/set.json", done.err)


if __name__ == "__main__":
    lab.main()
