# SPDX-License-Identifier: Apache-2.0
"""weft discover nodes: sets of nodes in files."""

import json

import lab

NEVER = "0001-01-01T00:00:00Z"


class Sets(lab.Lab):
    """Files of nodes, without a network."""

    def record(self, name, *extra):
        done = self.weft("key", "new", name)
        self.assertEqual(done.status, 0, done.err)
        done = self.weft("enr", "make", "--key", name, *extra)
        self.assertEqual(done.status, 0, done.err)
        return done.out.strip()

    def entry(self, record, **extra):
        (node,) = lab.lines(self.weft("enr", "decode", "--json", record).out)
        return node["id"], {
            "seq": node["seq"], "record": record, "firstResponse": NEVER,
            "lastResponse": NEVER, "lastCheck": NEVER, **extra}

    def save(self, *entries):
        with open(self.path("nodes.json"), "w", encoding="ascii") as f:
            json.dump(dict(entries), f)

    def filtered(self, *args):
        done = self.weft("discover", "nodes", "filter", "nodes.json", *args)
        self.assertEqual((done.status, done.err), (0, ""))
        return json.loads(done.out)

    def test_info_counts_nodes_and_keys(self):
        self.save(self.entry(self.record("a", "--ip", "10.0.0.1")),
                  self.entry(self.record("b", "--entry", "\x1b=x")))
        done = self.weft("discover", "nodes", "info", "nodes.json")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(done.out.splitlines(), [
            "nodes  2", "keys", "  id         2", "  secp256k1  2",
            "  \\x1b       1", "  ip         1"])
        with open(self.path("nodes.json"), encoding="ascii") as f:
            done = self.weft("discover", "nodes", "info", "-", "--json",
                             stdin=f.read())
        (info,) = lab.lines(done.out)
        self.assertEqual(list(info), ["event", "count", "keys"])
        self.assertEqual((info["event"], info["count"]), ("nodes", 2))
        self.assertEqual(info["keys"][0], {"key": "id", "nodes": 2})

    def test_filters_are_anded(self):
        old = {"firstResponse": "2026-01-01T00:00:00Z",
               "lastResponse": "2026-01-02T00:00:00Z"}
        a = self.entry(self.record("a", "--ip", "10.0.0.1", "--tcp", "1"),
                       score=7, **old)
        b = self.entry(self.record("b", "--ip", "10.0.0.2"), score=9)
        c = self.entry(self.record("c", "--ip", "192.0.2.1", "--tcp", "1",
                                   "--entry", "snap=rlp:0xc0"), score=1, **old)
        self.save(a, b, c)
        for args, kept in [
                ((), (a, b, c)),
                (("--limit", "2"), (a, b)),
                (("--limit", "0"), ()),
                (("--ip", "10.0.0.0/8"), (a, b)),
                (("--ip", "10.0.0.0/8", "--ip", "192.0.2.0/24"), (a, b, c)),
                (("--min-age", "24h"), (a, c)),
                (("--min-age", "25h"), ()),
                (("--dialable",), (a, c)),
                (("--dialable", "--ip", "10.0.0.0/8", "--limit", "1"), (a,)),
                (("--entry", "snap"), (c,)),
                (("--entry", "snap", "--entry", "ip"), (c,)),
                (("--entry", "snap", "--ip", "10.0.0.0/8"), ())]:
            with self.subTest(args):
                self.assertEqual(self.filtered(*args), dict(kept))

    def test_a_set_that_is_none_is_named(self):
        a = self.entry(self.record("a"))
        wrong = dict([(a[0][:-1] + ("0" if a[0][-1] != "0" else "1"), a[1])])
        self.write("wrong.json", json.dumps(wrong))
        self.write("cut.json", json.dumps(wrong)[:-9])
        for verb in "info", "filter":
            for name, says in [("none.json", "none.json: "), (".", ".: "),
                               ("wrong.json", "wrong.json: "),
                               ("cut.json", "cut.json: ")]:
                with self.subTest((verb, name)):
                    done = self.weft("discover", "nodes", verb, name)
                    self.assertEqual((done.status, done.out), (1, ""))
                    self.assertTrue(done.err.startswith(
                        f"weft discover nodes {verb}: {says}"), done.err)
                    self.assertEqual(done.err.count("\n"), 1)


if __name__ == "__main__":
    lab.main()
