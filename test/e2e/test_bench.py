# SPDX-License-Identifier: Apache-2.0
"""weft bench, with counts so small that only whether it works is seen."""

import json
import os
import signal
import subprocess
import time

import lab

TINY = ("--json", "--seconds", "0.05", "--hold", "0.05", "--count", "20")
SMALL_SHAPES = (
    "write:64", "write:100K", "talk:1", "talk:64", "ping", "connect:1",
    "connect:4", "idle:20", "idle-message:20",
)


class Server:
    """A `weft bench --serve --json`."""

    def __init__(self, test):
        self.process = subprocess.Popen(
            [lab.WEFT, "bench", "--serve", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=test.env,
            text=True,
        )
        test.addCleanup(self.stop)
        self.told = json.loads(self.process.stdout.readline())

    def stop(self):
        if self.process.returncode is not None:
            return self.process.returncode
        self.process.terminate()
        _, err = self.process.communicate(timeout=lab.DEADLINE)
        if err:
            print(err)
        return self.process.returncode


class Bench(lab.Lab):
    def bench(self, *args):
        done = self.weft("bench", *args)
        self.assertEqual(done.status, 0, done.err)
        return lab.lines(done.out)

    def test_every_shape_between_two_processes(self):
        events = self.bench(*TINY, "--rounds", "2", *SMALL_SHAPES)
        results = {
            e["shape"]: e for e in events if e["event"] == "result"
        }
        self.assertEqual(
            list(results),
            [s if ":" in s else s + ":1" for s in SMALL_SHAPES],
        )
        for shape, result in results.items():
            rounds = [
                e for e in events
                if e["event"] == "round" and e["shape"] == shape
            ]
            self.assertEqual([e["rounds"] for e in rounds], [1, 2], shape)
            self.assertEqual(result["rounds"], 2)
            if shape.startswith("idle"):
                self.assertIn("kib_per_peer", result)
                self.assertIn("peer_cpu_us", result)
                continue
            self.assertGreater(result["per_second"], 0, shape)
            self.assertGreater(result["own_cpu_us"], 0, shape)
            self.assertGreater(result["peer_cpu_us"], 0, shape)
        write = results["write:100K"]
        self.assertAlmostEqual(
            write["mb_per_second"], write["per_second"] * 102400 / 1e6, 3
        )
        ping = results["ping:1"]
        self.assertLessEqual(ping["p50_ms"], ping["p99_ms"])

    def test_the_table_has_a_row_for_each(self):
        done = self.weft(
            "bench", "--rounds", "1", *TINY[1:], "talk:1", "idle:20"
        )
        self.assertEqual(done.status, 0, done.err)
        head, talk, idle = done.out.splitlines()
        self.assertIn("per second", head)
        self.assertEqual(talk.split()[0], "talk:1")
        self.assertGreater(float(talk.split()[1]), 0)
        self.assertEqual(idle.split()[0], "idle:20")
        self.assertIn("KiB a peer", idle)

    def test_against_a_server_that_runs_already(self):
        server = Server(self)
        self.assertEqual(server.told["event"], "serving")
        self.assertEqual(server.told["pid"], server.process.pid)
        shapes = ("write:1K", "talk:2", "idle-message:20")
        events = self.bench(
            *TINY, "--rounds", "1", "--peer", server.told["enode"],
            "--peer-pid", str(server.process.pid), *shapes,
        )
        results = [e for e in events if e["event"] == "result"]
        self.assertEqual([e["shape"] for e in results], list(shapes))
        for result in results:
            self.assertIn("peer_cpu_us", result)
        # Of a process that is not named nothing is told.
        events = self.bench(
            *TINY, "--rounds", "1", "--peer", server.told["enode"], "talk:2"
        )
        self.assertNotIn("peer_cpu_us", events[-1])
        self.assertEqual(server.stop(), 0)

    def test_any_node_can_be_pinged_and_connected_to(self):
        node = self.node("a")
        url = node.started()["enode"]
        events = self.bench(*TINY, "--rounds", "1", "--peer", url)
        results = [e for e in events if e["event"] == "result"]
        self.assertEqual(
            [e["shape"] for e in results], ["ping:1", "connect:1", "connect:8"]
        )
        for result in results:
            self.assertGreater(result["per_second"], 0)
        node.stop()

    def test_a_node_without_the_plugin_is_not_written_to(self):
        node = self.node("a")
        url = node.started()["enode"]
        done = self.weft("bench", "--peer", url, *TINY, "write:64")
        self.assertEqual(done.status, 1)
        self.assertIn("write:64: the node has no bench plugin", done.err)
        node.stop()

    def test_a_node_that_offers_nothing_is_not_pinged(self):
        node = self.node("a", plugins=())
        url = node.started()["enode"]
        done = self.weft("bench", "--peer", url, *TINY, "ping")
        self.assertEqual(done.status, 1)
        self.assertIn("ping:1: the node offers no protocol", done.err)
        node.stop()

    def test_nobody_there(self):
        url = "enode://%s@%s" % (lab.STRANGER, self.closed_address())
        for shape in ("write:64", "connect:1", "ping", "idle:20"):
            done = self.weft("bench", "--peer", url, *TINY, shape)
            self.assertEqual(done.status, 1, shape)
            self.assertIn("%s" % shape, done.err)

    def test_a_plugin_that_is_not_there(self):
        done = self.weft("bench", "--plugin", "nonesuch", *TINY, "talk:1")
        self.assertEqual(done.status, 1)
        self.assertIn("nonesuch", done.err)
        self.assertIn("the other end did not start", done.err)

    def test_wrong_usage(self):
        for args, part in (
            (("sing",), "no such shape"),
            (("talk:0",), "1 to 100000"),
            (("--rounds", "0"), "--rounds"),
            (("--serve", "talk"), "--serve takes neither"),
            (("--listen", "127.0.0.1:0"), "--listen goes with --serve"),
            (("--peer-pid", "1"), "--peer-pid goes with --peer"),
            (("--peer", "enode://00"), "public key"),
        ):
            done = self.weft("bench", *args)
            self.assertEqual(done.status, 2, args)
            self.assertIn(part, done.err)

    def test_the_other_end_goes_with_us_however_we_end(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = subprocess.Popen(
                [lab.WEFT, "bench", "--rounds", "1", "--seconds", "500",
                 "talk:1"],
                stdout=subprocess.DEVNULL,
                env=self.env,
            )
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            path = "/proc/%d/task/%d/children" % (process.pid, process.pid)
            child = self.wait_for(lambda: self.read(path).split())[0]
            # Once it is the program that serves, and no copy of us.
            self.wait_for(
                lambda: b"--serve" in self.read(
                    "/proc/%s/cmdline" % child, "rb"
                )
            )
            process.send_signal(number)
            self.assertEqual(process.wait(lab.DEADLINE), -number)
            self.wait_for(lambda: not self.runs(child))

    def read(self, path, mode="r"):
        with open(path, mode) as file:
            return file.read()

    def runs(self, pid):
        try:
            state = self.read("/proc/%s/stat" % pid).rsplit(")", 1)[1].split()
        except FileNotFoundError:
            return False
        return state[0] != "Z"

    def wait_for(self, what):
        deadline = time.monotonic() + lab.DEADLINE
        while time.monotonic() < deadline:
            found = what()
            if found:
                return found
            os.sched_yield()
        self.fail("it does not happen")


if __name__ == "__main__":
    lab.main()
