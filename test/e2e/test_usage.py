# SPDX-License-Identifier: Apache-2.0
"""What the command says to mistakes, and that a mistake starts nothing."""

import os
import subprocess

import lab

GOOD = f"enode://{lab.STRANGER}@127.0.0.1:1"

# The arguments, and what the one line about them must hold.
WRONG = [
    ([], "which command?"),
    (["rnu"], "did you mean 'weft run'?"),
    (["nonsense"], '"nonsense": no such command'),
    (["--verison"], "did you mean --version?"),
    (["run", "--peeer", GOOD], "did you mean --peer?"),
    (["run", "--pee", GOOD], "did you mean --peer?"),
    (["run", "--peer"], "--peer: needs a value"),
    (["run", "--json=1"], "--json: takes no value"),
    (["run", "-x"], "-x: no such option"),
    (["run", "here"], '"here": one argument too many'),
    (["run", "--listen", "x"],
     '--listen: "x": not an address; give IP:PORT, :PORT or PORT'),
    (["run", "--listen", "127.0.0.1:65536"], "--listen: "),
    (["run", "--listen", ""], "--listen: "),
    (["run", "--listen", "127.0.0.1:0", "--no-listen"],
     "--listen and --no-listen exclude each other"),
    (["run", "--peer", "enode://12@127.0.0.1:1"], "public key"),
    (["run", "--peer", "enode://" + "0" * 128 + "@127.0.0.1:1"], "public key"),
    (["run", "--peer", f"enode://{lab.STRANGER}"], "no address"),
    (["run", "--peer", f"enode://{lab.STRANGER}@127.0.0.1"], "port"),
    (["run", "--peer", f"enode://{lab.STRANGER}@127.0.0.1:0"], "port"),
    (["run", "--peer", f"enode://{lab.STRANGER}@127.0.0.1:1:2"], "--peer: "),
    (["run", "--peer", GOOD, "--peer", GOOD], "the same node twice"),
    (["run", "--peer", GOOD, "--peer", "x\x1b[2J"], "--peer: "),
    (["run", "--max-peers", "10001"], "--max-peers: "),
    (["run", "--max-peers", "-1"], "--max-peers: "),
    (["run", "--max-peers", "many"], "--max-peers: "),
    (["run", "--max-pending", "0"], "--max-pending: "),
    (["run", "--memory", "15MiB"], "--memory: "),
    (["run", "--memory", "1GB"], "--memory: "),
    (["run", "--dial-ratio", "0"], "--dial-ratio: "),
    (["run", "--trusted", "enode://12"], "--trusted: "),
    (["run", "--netrestrict", "10.0.0.0"], "not a network"),
    (["run", "--log-format", "xml"], "give text, json or auto"),
    (["run", "--plugin", ""], "--plugin: "),
    (["run", "--plugin", "No"], "not a plugin's name"),
    (["run", "--plugin", "foobar,interval"], "--plugin: "),
    (["run", "--duration", "nan"], "--duration: "),
    (["run", "--log-level", "loud"], "give error, warn, info or debug"),
    (["run", "--name", ""], "--name: "),
    (["run", "--name", "n" * 128], "--name: "),
    (["run", "--name", "bell\x07"], "--name: "),
    (["run", "--datadir", ""], "--datadir: empty"),
    (["key"], "which command? new, show, import, encrypt or decrypt"),
    (["plugin"], "which command? check"),
    (["key", "nwe", "k"], "did you mean 'weft key new'?"),
    (["key", "new"], "too few arguments"),
    (["key", "new", "a", "b"], "one argument too many"),
    (["key", "new", "a", "--private"], "--private: no such option"),
    (["key", "show"], "too few arguments"),
    (["key", "import", "a"], "too few arguments"),
    (["enode"], "give either a URL, a record or --key FILE"),
    (["enode", GOOD, "--key", "k"], "give either a URL, a record or --key FILE"),
    (["enode", GOOD, "--addr", "127.0.0.1:1"], "--addr: goes with --key"),
    (["enode", "--key", "k", "--addr", ":1"], "--addr: an IP address"),
    (["enr"], "which command? decode, verify or make"),
    (["enr", "decode"], "give either a record or --file FILE"),
    (["enr", "verify", "enr:x", "--file", "x"], "give either a record or"),
    (["enr", "verify", "--json", "enr:x"], "--json: no such option"),
    (["enr", "make"], "--key FILE is needed"),
    (["enr", "make", "--key", "k", "--ip", "1.2.3"],
     '--ip: "1.2.3": not an IP address'),
    (["enr", "make", "--key", "k", "--udp", "0"], "--udp: "),
    (["enr", "make", "--key", "k", "--tcp6", "65536"], "--tcp6: "),
    (["enr", "make", "--key", "k", "--seq", "-1"], "--seq: "),
    (["enr", "make", "--key", "k", "--entry", "x"],
     '--entry: "x": give KEY=VALUE'),
    (["enr", "make", "--key", "k", "--entry", "id=v5"], "--entry: "),
    (["enr", "make", "--key", "k", "--entry", "x=" + 300 * "y"],
     "--entry: x: the record is over 300 bytes"),
    (["discover"], "which command? "),
    (["discover", "ping"], "too few arguments"),
    (["discover", "ping", "x"], 'neither "enode://" nor "enr:" in front'),
    (["discover", "ping", f"enode://{lab.STRANGER}"], "no address"),
    (["discover", "ping", GOOD + "?discport=0"], "no UDP port"),
    (["discover", "ping", GOOD.replace("127.0.0.1", "0.0.0.0")],
     "no address"),
    (["discover", "ping", GOOD, "--v4", "--v5"], "give one of them"),
    (["discover", "ping", GOOD, "--count", "0"], "--count: "),
    (["discover", "ping", GOOD, "--timeout", "0"], "--timeout: "),
    (["discover", "ping", GOOD, "--listen", "x"], "--listen: "),
    (["discover", "requestenr", f"enode://{lab.STRANGER}"], "no address"),
    (["discover", "resolve", f"enode://{lab.STRANGER}"],
     "where to begin? "),
    (["discover", "resolve", GOOD, "--bootnode", "x"], "--bootnode: "),
    (["discover", "resolve", GOOD, "--netrestrict", "10.0.0.0/8"],
     "the node is in no network of --netrestrict"),
    (["discover", "ping", GOOD, "--listen", "[::1]:0"],
     "the node is out of reach of --listen"),
    (["discover", "lookup"], "where to begin? "),
    (["discover", "lookup", "--bootnode", GOOD, "--netrestrict",
      "10.0.0.0/8"], "a --bootnode is in no network of --netrestrict"),
    (["discover", "lookup", "--bootnode", GOOD, "--bootnode", GOOD],
     "the same node twice"),
    (["discover", "lookup", "--bootnode", GOOD, "x"],
     'neither "enode://" nor "enr:" in front'),
    (["discover", "lookup", "--bootnode", GOOD, 64 * "0"],
     "v4 looks for public keys, not ids"),
    (["discover", "crawl"], "where to begin? "),
    (["discover", "crawl", "--json", "--bootnode", GOOD],
     "--json: where does the set go?"),
    (["discover", "crawl", "--bootnode", GOOD, "--parallel", "49"],
     "--parallel: "),
    (["discover", "listen", "x"], "one argument too many"),
    (["discover", "nodes"], "which command? info or filter"),
    (["discover", "nodes", "info"], "too few arguments"),
    (["discover", "nodes", "filter"], "too few arguments"),
    (["discover", "nodes", "filter", "-", "--limit", "x"], "--limit: "),
    (["discover", "nodes", "filter", "-", "--ip", "10.0.0.1"], "--ip: "),
    (["discover", "nodes", "filter", "-", "--min-age", "old"], "--min-age: "),
    (["discover", "nodes", "filter", "-", "--entry", ""], "--entry: "),
    (["discover", "nodes", "filter", "-"] + 17 * ["--entry", "eth"],
     "--entry: more than 16"),
    (["ping"], "too few arguments"),
    (["ping", "x"], 'neither "enode://" nor "enr:" in front'),
    (["ping", f"enode://{lab.STRANGER}"], "no address"),
    (["ping", GOOD, "--timeout", "0"], "--timeout: "),
    (["ping", GOOD, "--timeout", "601"], "--timeout: "),
]


class Usage(lab.Lab):
    def test_mistakes_are_one_clear_line_and_start_nothing(self):
        for args, says in WRONG:
            with self.subTest(" ".join(args)):
                if args[:1] == ["run"] and "--datadir" not in args:
                    args = ["run", "--datadir", self.path("d")] + args[1:]
                done = self.weft(*args)
                self.assertEqual((done.status, done.out), (2, ""), done.err)
                line, hint = done.err.splitlines()
                self.assertTrue(line.startswith("weft"), line)
                self.assertIn(says, line)
                self.assertRegex(hint, r"\ATry 'weft[a-z ]* --help'\.\Z")
                self.assertTrue(line.isprintable(), line)
                self.assertEqual(os.listdir(self.folder), ["home"])
                self.assertEqual(os.listdir(self.path("home")), [])

    def commands(self, *words):
        """The command of these words and all below it, from their help."""
        done = self.weft(*words, "--help")
        self.assertEqual((done.status, done.err), (0, ""))
        yield words, done.out
        if "\nCommands:\n" in done.out:
            below = done.out.split("\nCommands:\n")[1].split("\n\n")[0]
            for line in below.splitlines():
                yield from self.commands(*words, line.split()[0])

    def test_help_is_there_for_every_command(self):
        seen = list(self.commands())
        self.assertGreaterEqual(len(seen), 13)
        for words, out in seen:
            with self.subTest(words):
                name = " ".join(["weft", *words])
                self.assertTrue(out.startswith(name + " - "), out)
                self.assertIn("\nExamples:\n  weft ", out)
                self.assertLessEqual(
                    max(len(line) for line in out.splitlines()), 80, out)

    def test_version_is_told(self):
        done = self.weft("--version")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertRegex(done.out, r"\Aweft \d+\.\d+\.\d+\n\Z")

    def test_an_enode_url_is_taken_apart(self):
        done = self.weft("enode", "--json",
                         f"enode://{lab.STRANGER.upper()}@[::1]:30303"
                         "?discport=30301")
        self.assertEqual((done.status, done.err), (0, ""))
        (parts,) = lab.lines(done.out)
        self.assertEqual(list(parts), [
            "event", "enode", "id", "public_key", "host", "tcp", "udp"])
        self.assertEqual(parts["public_key"], lab.STRANGER)
        self.assertEqual(parts["host"], "::1")
        self.assertEqual((parts["tcp"], parts["udp"]), (30303, 30301))
        again = self.weft("enode", "--json", parts["enode"])
        self.assertEqual(again.out, done.out)
        done = self.weft("enode", parts["enode"])
        self.assertIn(f"id          {parts['id']}\n", done.out)

    def test_a_wrong_enode_url_is_named(self):
        done = self.weft("enode", "enode://1234")
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertEqual(
            done.err, 'weft enode: "enode://1234": public key: 4 hex digits '
                      "where 128 are needed\n")

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [lab.WEFT, "--version"], stdout=full, stderr=subprocess.PIPE,
                text=True, timeout=lab.DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr, "weft: cannot write to standard output\n")


if __name__ == "__main__":
    lab.main()
