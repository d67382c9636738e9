# SPDX-License-Identifier: Apache-2.0
"""weft enr: node records read, verified and made; and nodes named by them."""

import base64

import lab

# The example of EIP-778, and its key.
KEY = "b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291"
ID = "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7"
TEXT = ("enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonr"
        "kTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUms"
        "tAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8")
RAW = base64.urlsafe_b64decode(TEXT[4:] + "=")
UNSIGNED = "enr:" + base64.urlsafe_b64encode(
    RAW[:10] + bytes([RAW[10] ^ 1]) + RAW[11:]).decode().rstrip("=")


class Enr(lab.Lab):
    def decoded(self, *args, stdin=""):
        done = self.weft("enr", "decode", "--json", *args, stdin=stdin)
        self.assertEqual(done.err, "")
        (record,) = lab.lines(done.out)
        return done.status, record

    def key(self):
        done = self.weft("key", "import", "k", "-", stdin=KEY)
        self.assertEqual(done.status, 0, done.err)
        return "k"

    def test_a_record_is_taken_in_every_form(self):
        with open(self.path("raw"), "wb") as f:
            f.write(RAW)
        with open(self.path("text"), "w", encoding="ascii") as f:
            f.write(TEXT + "\n")
        want = self.decoded(TEXT)
        self.assertEqual(want[0], 0)
        self.assertEqual(list(want[1]), [
            "event", "enr", "valid", "id", "enode", "seq", "bytes", "ip",
            "tcp", "udp", "quic", "entries"])
        self.assertEqual(want[1]["id"], ID)
        self.assertEqual(want[1]["entries"][1], {
            "key": "ip", "value": "127.0.0.1", "decodes": True,
            "rlp": "847f000001"})
        for args, stdin in [
                ([TEXT[4:]], ""), (["--", TEXT[4:]], ""), ([RAW.hex()], ""), (["0x" + RAW.hex()], ""),
                (["-"], TEXT), (["-"], TEXT[4:]), (["-"], RAW.hex() + "\n"),
                (["--file", "raw"], ""), (["--file", "text"], "")]:
            with self.subTest(args):
                self.assertEqual(self.decoded(*args, stdin=stdin), want)

    def test_people_see_aligned_lines(self):
        done = self.weft("enr", "decode", TEXT)
        self.assertEqual((done.status, done.err), (0, ""))
        lines = done.out.splitlines()
        self.assertEqual(lines[0], f"enr         {TEXT}")
        self.assertEqual(lines[1], f"id          {ID}")
        self.assertRegex(lines[2], r"\Aenode       enode://ca634cae[0-9a-f]+"
                                   r"@127\.0\.0\.1:0\?discport=30303\Z")
        self.assertEqual(lines[3:9], [
            "seq         1",
            "size        134 of at most 300 bytes",
            "endpoint    127.0.0.1, udp 30303",
            "entries",
            "  id         v4",
            "  ip         127.0.0.1"])
        self.assertEqual(lines[10:], ["  udp        30303"])

    def test_a_record_nobody_signed_is_shown_and_fails(self):
        done = self.weft("enr", "decode", UNSIGNED)
        self.assertEqual((done.status, done.err), (1, ""))
        self.assertIn("INVALID     the signature does not match\n", done.out)
        self.assertIn("  ip         127.0.0.1\n", done.out)
        self.assertNotIn("enode://", done.out)
        status, record = self.decoded(UNSIGNED)
        self.assertEqual((status, record["valid"], record["reason"]),
                         (1, False, "the signature does not match"))
        self.assertNotIn("id", record)
        done = self.weft("enr", "verify", UNSIGNED)
        self.assertEqual((done.status, done.out, done.err), (
            1, "", "weft enr verify: the signature does not match\n"))
        done = self.weft("enode", UNSIGNED)
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("the signature does not match", done.err)

    def test_a_value_of_the_wrong_type_is_marked(self):
        made = self.weft("enr", "make", "--key", self.key(), "--entry",
                         "udp=0x011170", "--entry", "\x1b=\x1b").out.strip()
        done = self.weft("enr", "decode", made)
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn("  udp        (!) 0x011170\n", done.out)
        self.assertIn("endpoint    no address\n", done.out)
        self.assertNotIn("\x1b", done.out)

    def test_verify_is_one_line(self):
        done = self.weft("enr", "verify", TEXT)
        self.assertEqual((done.status, done.out, done.err),
                         (0, f"valid: node {ID}, seq 1\n", ""))

    def test_make_signs_what_was_given(self):
        key = self.key()
        done = self.weft("enr", "make", "--key", key, "--ip", "127.0.0.1",
                         "--udp", "30303")
        self.assertEqual((done.status, done.out, done.err),
                         (0, TEXT + "\n", ""))
        done = self.weft(
            "enr", "make", "--key", key, "--seq", str(2**64 - 1), "--ip",
            "2001:db8::1", "--ip", "10.0.0.1", "--tcp", "1", "--udp", "2",
            "--tcp6", "3", "--udp6", "4", "--entry", "snap=rlp:0xc0")
        _, record = self.decoded(done.out.strip())
        self.assertEqual(
            {e["key"]: e["value"] for e in record["entries"]
             if e["key"] not in ("id", "secp256k1")},
            {"ip": "10.0.0.1", "ip6": "2001:db8::1", "snap": "yes",
             "tcp": "1", "tcp6": "3", "udp": "2", "udp6": "4"})
        self.assertEqual(record["seq"], str(2**64 - 1))
        self.assertEqual((record["ip"], record["tcp"], record["udp"]),
                         ("2001:db8::1", 3, 4))
        done = self.weft("enode", "--json", done.out.strip())
        (node,) = lab.lines(done.out)
        self.assertEqual(node["enode"], record["enode"])
        self.assertTrue(
            node["enode"].endswith("@[2001:db8::1]:3?discport=4"))

    def test_what_is_no_record_is_named(self):
        for args, says in [
                (["enr:-IS4"], "malformed: VALUE_TOO_LARGE"),
                (["0xfg"], "'g' is not a hex digit"),
                (["--file", "none"], "none: cannot be opened: "),
                (["--file", "."], ".: cannot be read: "),
                (["-"], "standard input: empty")]:
            with self.subTest(args):
                done = self.weft("enr", "decode", *args)
                self.assertEqual((done.status, done.out), (1, ""))
                self.assertTrue(
                    done.err.startswith("weft enr decode: " + says), done.err)
        done = self.weft("enr", "make", "--key", "none")
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertIn("none", done.err)

    def record(self, name, *extra):
        """A node that runs, what it told at its start, and its record."""
        node = self.node(name)
        start = node.started()
        made = self.weft("enr", "make", "--key", self.path(name, "nodekey"),
                         "--ip", "127.0.0.1", "--tcp",
                         start["listen"].rsplit(":")[1], *extra)
        self.assertEqual(made.status, 0, made.err)
        return node, start, made.out.strip()

    def test_a_record_names_a_node_wherever_a_url_does(self):
        a, start, record = self.record("a")
        me = start["id"]
        for name in (record, record[4:]):
            done = self.weft("ping", name)
            self.assertEqual((done.status, done.err), (0, ""))
            flagged = self.node("b", "--peer", name)
            flagged.expect("peer_added", id=me)
            flagged.stop()
        config = self.write("c.yaml", f"peers: [{record}]\n")
        filed = self.node("c", "--config", config)
        filed.expect("peer_added", id=me)
        filed.stop()
        self.env["WEFT_PEERS"] = record
        variable = self.node("d")
        variable.expect("peer_added", id=me)
        variable.stop()
        del self.env["WEFT_PEERS"]
        asked = self.node("e")
        asked.started()
        for name, back in ((record, record[4:]), (record[4:], record)):
            for method, which in (("add", name), ("remove", back)):
                done = self.weft("admin", "--datadir", self.path("e"),
                                 f"admin_{method}Peer", which)
                self.assertEqual((done.status, done.err), (0, ""))
                asked.expect("peer_added" if method == "add"
                             else "peer_dropped", id=me)
        asked.stop()
        a.stop()

    def test_a_record_is_enough_to_trust(self):
        full = self.node("full", "--max-peers", "0")
        at = full.started()["enode"]
        b, _, record = self.record("b")
        full.stop()
        b.stop()
        bare = self.weft("enr", "make", "--key", self.path("b", "nodekey"))
        for text in (record, bare.out.strip()):
            full = self.node("full", "--max-peers", "0", "--trusted", text,
                             listen=at.split("@")[1])
            full.started()
            b = self.node("b", "--peer", at)
            b.expect("peer_added")
            b.stop()
            full.stop()

    def test_a_record_that_cannot_be_dialed_says_what_it_lacks(self):
        for args, status in ((["ping", TEXT], 2), (["ping", TEXT[4:]], 2),
                             (["run", "--peer", TEXT], 2)):
            with self.subTest(args):
                done = self.weft(*args)
                self.assertEqual((done.status, done.out), (status, ""))
                self.assertIn(f'"{TEXT[:24]}...": no TCP port in the record\n',
                              done.err)
        done = self.weft("run", "--trusted", UNSIGNED)
        self.assertEqual((done.status, done.out), (2, ""))
        self.assertIn("--trusted: ", done.err)
        self.assertIn("the signature does not match", done.err)

    def test_a_record_becomes_a_url_and_stays_one(self):
        for text in (TEXT, TEXT[4:]):
            (node,) = lab.lines(self.weft("enode", "--json", text).out)
            self.assertEqual((node["id"], node["enr"]), (ID, TEXT))
            self.assertNotIn("enr", lab.lines(
                self.weft("enode", "--json", node["enode"]).out)[0])
        done = self.weft("enode", TEXT)
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn(f"\nrecord      {TEXT}\n", done.out)


if __name__ == "__main__":
    lab.main()
