# SPDX-License-Identifier: Apache-2.0
"""weft discover dns: lists made, signed, put into zone files, and read again from
a server that need not be honest."""

import json
import os
import re
import signal

import lab
import names

DOMAIN = "nodes.example.org"
LINK = ("enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2"
        "@morenodes.example.org")


class Dns(lab.Lab):
    def ok(self, *args, **options):
        done = self.weft(*args, **options)
        self.assertEqual((done.status, done.err), (0, ""), args)
        return done.out.strip()

    def refused(self, says, *args, status=1):
        done = self.weft(*args)
        self.assertEqual((done.status, done.out), (status, ""), args)
        self.assertEqual(len(done.err.splitlines()), 1 + (status == 2))
        self.assertIn(says, done.err)

    def read(self, *path):
        with open(self.path(*path), encoding="ascii") as f:
            return f.read()

    def list_of(self, count, links=(), seq=(), key="key"):
        """A signed list in the folder `list`; its URL."""
        nodes = {}
        for i in range(count):
            if not os.path.exists(self.path(f"node{i}")):
                self.ok("key", "new", f"node{i}")
            record = self.ok("enr", "make", "--key", f"node{i}", "--ip",
                             "192.0.2.1", "--udp", str(1000 + i))
            said = json.loads(self.ok("enr", "decode", "--json", record))
            nodes[said["id"]] = {"seq": 1, "record": record}
        os.makedirs(self.path("list"), exist_ok=True)
        self.write("list/nodes.json", json.dumps(nodes))
        if links:
            self.write("list/enrtree-info.json",
                       json.dumps({"links": list(links)}))
        if not os.path.exists(self.path(key)):
            self.ok("key", "new", key)
        return self.ok("discover", "dns", "sign", "list", "--key", key,
                       "--domain", DOMAIN, *seq)

    def texts(self):
        return json.loads(self.ok("discover", "dns", "to-txt", "list"))

    def served(self, count, **options):
        url = self.list_of(count, **options)
        server = names.Names(self)
        server.add(self.texts())
        return url, server

    def verify(self, url, server, *args):
        return ("discover", "dns", "verify", url, "--server", server.address,
                *args)

    def test_a_list_is_made_served_and_downloaded(self):
        url, server = self.served(40, links=[LINK])
        server.udp_max = 300
        self.assertRegex(url, rf"\Aenrtree://A[A-Z2-7]{{52}}@{DOMAIN}\Z")
        out = self.ok("discover", "dns", "sync", url, "--server",
                      server.address, "--rate", "1000")
        self.assertEqual(out, f"{url}: seq 1, 40 nodes, 1 link, 45 entries, "
                              f"in {DOMAIN}")
        ours = json.loads(self.read("list", "enrtree-info.json"))
        theirs = json.loads(self.read(DOMAIN, "enrtree-info.json"))
        self.assertEqual(list(theirs), ["url", "seq", "signature", "links",
                                        "lastModified"])
        for o in (ours, theirs):
            self.assertRegex(o.pop("lastModified"),
                             r"\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        self.assertEqual(ours, theirs)
        self.assertEqual(ours["links"], [LINK])
        records = [{k: n["record"] for k, n in json.loads(
            self.read(where, "nodes.json")).items()}
            for where in ("list", DOMAIN)]
        self.assertEqual(records[0], records[1])
        # And what was downloaded is a list as good as the first.
        self.assertEqual(self.ok("discover", "dns", "to-txt", DOMAIN),
                         self.ok("discover", "dns", "to-txt", "list"))
        self.assertIn("valid: ", self.ok("discover", "dns", "verify", DOMAIN))
        self.assertEqual(len(set(server.asked)), 46)
        # The branches are too long for its datagrams, with 13 names each.
        self.assertGreaterEqual(server.by_tcp, 3)

    def test_the_seq_goes_up_and_nobody_takes_an_older_list(self):
        url, server = self.served(3)
        old = self.texts()
        sync = ("discover", "dns", "sync", url, "copy", "--server",
                server.address)
        self.ok(*sync)
        self.assertEqual(self.list_of(4), url)
        self.assertEqual(json.loads(self.read("list", "enrtree-info.json"))[
            "seq"], 2)
        server.add(self.texts())
        self.assertIn("seq 2, 4 nodes", self.ok(*sync))
        server.add(old)
        self.refused(f"{DOMAIN}: root: seq 1, and it was 2 before", *sync)
        self.assertEqual(json.loads(self.read("copy", "enrtree-info.json"))[
            "seq"], 2)
        self.list_of(4, seq=["--seq", "77"])
        self.assertEqual(json.loads(self.read("list", "enrtree-info.json"))[
            "seq"], 77)

    def test_a_zone_file_has_the_list(self):
        url = self.list_of(30, links=[LINK])
        self.ok("discover", "dns", "to-zone", "list", "example.zone")
        zone = self.read("example.zone")
        self.assertEqual(zone, self.ok("discover", "dns", "to-zone",
                                       "list") + "\n")
        lines = zone.splitlines()
        self.assertEqual(lines[0], f"; {url}, seq 1")
        self.assertTrue(lines[1].startswith(
            f'{DOMAIN}.\t1800\tIN\tTXT\t"enrtree-root:v1 e='))
        texts = {k.lower(): v for k, v in self.texts().items()}
        self.assertEqual(len(lines), 1 + len(texts))
        for line in lines[2:]:
            name, ttl, kind, txt, strings = line.split("\t")
            self.assertEqual((ttl, kind, txt), ("2419200", "IN", "TXT"))
            self.assertEqual(name, name.lower())
            parts = re.findall(r'"([^"]*)"', strings)
            self.assertEqual("".join(parts), texts[name[:-1]])
            self.assertLessEqual(max(map(len, parts)), 253)
        self.assertTrue(any('" "' in line for line in lines), "none is long")
        verify = ("discover", "dns", "verify", "--url", url)
        want = f"valid: {url}: seq 1, 30 nodes, 1 link, 35 entries"
        self.assertEqual(self.ok(*verify, "example.zone"), want)
        # As somebody else would write it.
        self.write("hand.zone", "$TTL 3600\n$ORIGIN example.org.\n"
                   "@ IN SOA a b ( 1 2 ; serial\n 3 4 5 )\n" + "".join(
                       re.sub(rf"^(\S*?)\.?{DOMAIN}\.\t(\d+)\tIN\t",
                              lambda m: (f"{m[1]}.nodes" if m[1] else "nodes")
                              + f" IN {m[2]} ", line) + " ; list\n"
                       for line in lines[1:]))
        self.assertEqual(self.ok(*verify, "hand.zone"), want)
        self.ok("discover", "dns", "to-txt", "list", "txt.json")
        self.assertEqual(self.ok(*verify, "txt.json"), want)
        self.assertEqual(json.loads(self.ok(*verify, "--json", "txt.json")), {
            "event": "valid", "url": url, "seq": 1, "nodes": 30, "links": 1,
            "entries": 35})
        # One entry fewer.
        gone = lines[7].split("\t")[0]
        self.write("less.zone", "\n".join(lines[:7] + lines[8:]) + "\n")
        self.refused(gone[:26].upper() + f".{DOMAIN}: no TXT record",
                     *verify, "less.zone")

    def test_an_unsigned_or_changed_folder_is_told_so(self):
        self.list_of(2)
        self.assertIn("valid: ", self.ok("discover", "dns", "verify", "list"))
        nodes = json.loads(self.read("list", "nodes.json"))
        nodes.popitem()
        self.write("list/nodes.json", json.dumps(nodes))
        for command in ("verify", "to-txt", "to-zone"):
            self.refused("list: the signature is not of these nodes",
                         "discover", "dns", command, "list")
        os.remove(self.path("list", "enrtree-info.json"))
        self.refused("list: not signed yet", "discover", "dns", "to-zone",
                     "list")
        # The folder's name is a domain too, and a key has to be one.
        self.assertTrue(self.ok("discover", "dns", "sign", "list", "--key",
                                "key").endswith("@list"))
        self.refused("--key FILE is needed", "discover", "dns", "sign", "list",
                     status=2)
        self.refused("domain: ", "discover", "dns", "sign", "list", "--key",
                     "key", "--domain", "a b")

    def test_a_hostile_server_is_refused_by_the_name_of_the_entry(self):
        url, server = self.served(20)
        other = self.list_of(20, key="other")
        self.assertNotEqual(url, other)
        good = dict(server.texts)
        leaf = next(k for k, v in good.items() if v.startswith("enr:"))
        branch = next(k for k, v in good.items() if "branch:" in v)
        shown = {k: k[:26].upper() + k[26:] for k in (leaf, branch)}

        def spoil(says, texts=(), moods=(), args=()):
            server.texts = {**good, **dict(texts)}
            server.moods = dict(moods)
            self.refused(says, *self.verify(url, server, *args))

        self.assertIn("valid: ", self.ok(*self.verify(url, server)))
        spoil(f"{DOMAIN}: root: the signature does not match",
              {DOMAIN: self.texts()[DOMAIN]})
        spoil(f"{DOMAIN}: root: ", {DOMAIN: "enrtree-root:v1 e=X"})
        spoil(f"{DOMAIN}: no root there", {DOMAIN: "v=spf1 -all"})
        spoil(f"{shown[leaf]}: its text has another hash",
              {leaf: good[branch]})
        spoil(f"{shown[leaf]}: no entry there", {leaf: "hello"})
        for name in (leaf, branch):
            for mood, says in (
                    (names.FAILURE, "the DNS server failed (SERVFAIL)"),
                    (names.CUT, "the answer is malformed"),
                    (names.TRUNCATED, "")):
                with self.subTest(mood):
                    spoil(f"{shown[name]}: {says}", moods={name: mood})
        # Long enough for whoever does answer, however busy the machine is.
        spoil(f"{shown[leaf]}: no answer in time",
              moods={leaf: names.SILENT}, args=("--timeout", "3s"))
        del good[leaf]
        spoil(f"{shown[leaf]}: no such name")

    def ended(self, node, says):
        """It complained of a list, in these words only."""
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0, node.errors())
        self.assertGreater(len(node.complaints()), 0)
        for line in node.complaints():
            self.assertEqual(json.loads(line)["area"], "dns")
            self.assertIn(says, line)

    def found_in_a_list(self, *flags):
        """Two nodes that know a list and nothing else; whoever dials."""
        url = self.list_of(1)
        server = names.Names(self)
        nodes = [self.node(name, "--plugin", "foobar", "--dns-list", url,
                           "--dns-server", server.address, *flags)
                 for name in ("one", "two")]
        started = [n.started() for n in nodes]
        # They ask already, and there is none yet.
        for n in nodes:
            self.eventually(n.complaints, "nobody asks")
        self.write("list/nodes.json", json.dumps({
            s["id"]: {"seq": s["seq"], "record": s["enr"]} for s in (
                json.loads(self.ok("enr", "decode", "--json", s["enr"]))
                for s in started)}))
        self.assertEqual(url, self.ok("discover", "dns", "sign", "list",
                                      "--key", "key"))
        server.add(self.texts())
        added = [n.expect("peer_added") for n in nodes]
        self.assertEqual({a["id"] for a in added},
                         {s["id"] for s in started})
        return nodes, added

    def test_nodes_that_know_only_a_list_find_each_other(self):
        nodes, added = self.found_in_a_list()
        self.assertIn("dns", [a.get("source") for a in added])
        for n in nodes:
            self.ended(n, f"{DOMAIN}: no such name")

    def test_a_list_is_enough_without_discovery(self):
        nodes, added = self.found_in_a_list("--discovery", "dns")
        self.assertIn("dns", [a.get("source") for a in added])
        for n in nodes:
            self.ended(n, f"{DOMAIN}: no such name")

    def test_a_node_takes_no_list_that_is_older_than_it_knows(self):
        url, server = self.served(3, seq=["--seq", "5"])
        new = dict(server.texts)
        self.list_of(3, seq=["--seq", "3"])
        old = self.texts()
        args = ("one", "--dns-list", url, "--dns-server", server.address,
                "--discovery", "dns", "--log-level", "info")

        def run(texts):
            server.texts = {k.lower(): v for k, v in texts.items()}
            node = self.node(*args)
            node.started()
            said = self.eventually(
                lambda: [o for o in map(json.loads, list(node.err))
                         if o["area"] == "dns"], "nothing of the list")
            node.signal(signal.SIGTERM)
            self.assertEqual(node.wait(), 0, node.errors())
            return said[0]

        said = run(new)
        self.assertEqual((said["message"], said["list"], said["seq"]),
                         ("list read", url, 5))
        said = run(old)
        self.assertEqual((said["message"], said["why"]), (
            "a list is of no use now",
            f"{DOMAIN}: root: seq 3, and it was 5 before"))

    def test_a_node_that_is_lied_to_goes_on_and_says_so_once(self):
        url, server = self.served(3)
        self.assertNotEqual(self.list_of(3, key="other"), url)
        server.add(self.texts())
        node = self.node("one", "--dns-list", url, "--dns-server",
                         server.address, "--netrestrict", "127.0.0.0/8")
        node.started()
        self.eventually(lambda: len(server.asked) >= 3, "it gave up")
        self.assertEqual(set(server.asked), {DOMAIN})
        self.ended(node, f"{DOMAIN}: root: the signature does not match")
        self.assertLessEqual(len(node.complaints()), 5)

    def test_mistakes_in_what_is_typed(self):
        for args, says in [
                (["sync"], "URL"), (["sync", "enrtree://x"], "URL: no '@'"),
                (["verify", "file"], "--url URL is needed"),
                (["sync", LINK, "--server", "x"], "give IP or IP:PORT"),
                (["sync", LINK, "--rate", "0"], "--rate")]:
            self.refused(says, "discover", "dns", *args, status=2)
        self.refused("there is none: give --dns-list", "run", "--discovery",
                     "dns", status=2)
        self.refused("--dns-list: \"enrtree://x", "run", "--dns-list",
                     "enrtree://x", status=2)
        self.refused("--dns-server: \"host\": not a server", "run",
                     "--dns-server", "host", status=2)
        self.refused("nothing.zone", "discover", "dns", "verify",
                     "nothing.zone", "--url", LINK)


if __name__ == "__main__":
    lab.main()
