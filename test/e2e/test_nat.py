# SPDX-License-Identifier: Apache-2.0
"""How others reach a node behind a router: routers of ours and miniupnpd, well
behaved and not, and STUN servers. In a network of our own (home.py), where we
are the router."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import home
import lab
import routers

PROBE = os.environ.get("NAT_PROBE")
NETWORK = None  # home.Home
TCP, UDP = 2, 1  # NAT-PMP's operations


def setUpModule():
    global NETWORK
    NETWORK = home.Home()


def tearDownModule():
    NETWORK.close()


class Probe:
    """nat_probe on the host: a clock that runs as told."""

    def __init__(self, test, method, tcp=30303, udp=30304):
        self.process = subprocess.Popen(
            [*NETWORK.host.prefix, PROBE, method, str(tcp), str(udp)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=test.env)
        self.test = test
        test.addCleanup(self.end)

    def _read(self, last):
        """What happened up to that line, and the line."""
        out = []
        for line in self.process.stdout:
            if last in line:
                return out, line.rstrip("\n")
            out.append(line.rstrip("\n"))
        self.test.fail(f"nat_probe ended after {out}")
        return None

    def _pass(self, seconds):
        routers.clock.ahead += seconds
        self.process.stdin.write(f"pass {seconds}\n")
        self.process.stdin.flush()
        out, done = self._read("done ")
        self.due = int(done.split(" ")[1])
        return out

    def run(self, minutes):
        """Let that time pass, for the routers too. What happened meanwhile."""
        out, left = self._pass(0), int(minutes * 60)
        while self.due <= left:
            left -= self.due
            out += self._pass(self.due)
        return out + self._pass(left)

    def close(self):
        self.process.stdin.write("close\n")
        self.process.stdin.flush()
        out, closed = self._read(" closed ")
        self.test.assertEqual(self.process.wait(lab.DEADLINE), 0)
        return [*out, closed]

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(lab.DEADLINE)
        self.process.stdin.close()
        self.process.stdout.close()


def names(lines):
    """Kind and protocol, or address, of each: "found 77.1.1.7"."""
    out = []
    for line in lines:
        words = line.split(";")[0].split(" ")
        _, kind, protocol, ip, port = words[:5]
        out.append(f"{kind} {ip}" if ip else f"{kind} {protocol} {port}")
    return out


class Case(lab.Lab):
    def igd(self, **options):
        router = routers.Igd(home.ROUTER, home.EXTERNAL, **options)
        self.addCleanup(router.close)
        return router

    def pmp(self):
        router = routers.Pmp(home.ROUTER, home.EXTERNAL)
        self.addCleanup(router.close)
        return router

    def stun(self, *args):
        server = routers.Stun(home.ROUTER, *args)
        self.addCleanup(server.close)
        return server

    def behind(self, *args, listen=":30303", log="info"):
        """A node on the host."""
        node = self.node("a", "--log-level", log, *args, listen=listen,
                         plugins=(), prefix=NETWORK.host.prefix)
        node.start = node.started()
        return node

    def entries(self, enr):
        done = self.weft("enr", "decode", "--json", enr)
        self.assertEqual(done.status, 0, done.err)
        record = json.loads(done.out)
        return {e["key"]: e["value"] for e in record["entries"]}

    def published(self, node, **wanted):
        """Wait for a record that says so. Returns it."""
        while True:
            enr = node.expect("record")["enr"]
            entries = self.entries(enr)
            if all(str(entries.get(k)) == str(v) for k, v in wanted.items()):
                return enr

    def info(self):
        done = self.weft("admin", "--datadir", self.path("a"),
                         "admin_nodeInfo")
        self.assertEqual(done.status, 0, done.err)
        return json.loads(done.out)

    def logged(self, node, message):
        """Lines of the log with that in them."""
        return [json.loads(line) for line in list(node.err)
                if message in line]

    def told(self, node, message):
        return self.eventually(lambda: self.logged(node, message), message)

    def end(self, node):
        """SIGTERM; how long it took, in seconds."""
        begun = time.monotonic()
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0, node.errors())
        return time.monotonic() - begun

    def both(self, node, router, tcp=30303, udp=30303):
        """What every good router comes to."""
        enr = self.published(node, ip=home.EXTERNAL, tcp=tcp, udp=udp)
        info = self.info()
        self.assertEqual(info["enr"], enr)
        self.assertEqual(info["ip"], home.EXTERNAL)
        self.assertEqual(info["ports"], {"discovery": udp, "listener": tcp})
        where = f"@{home.EXTERNAL}:{tcp}"
        if udp != tcp:
            where += f"?discport={udp}"
        self.assertTrue(info["enode"].endswith(where), info["enode"])
        self.end(node)
        self.assertEqual(router.mappings, {})


class Upnp(Case):
    def test_version_1_maps_and_publishes_and_removes(self):
        router = self.igd()
        node = self.behind("--nat", "upnp", "--discovery", "v4,v5")
        self.eventually(lambda: len(router.mappings) == 2, "both mapped")
        self.assertEqual(router.mappings, {
            ("TCP", 30303): (home.HOST, 30303, 600),
            ("UDP", 30303): (home.HOST, 30303, 600)})
        self.told(node, "lets others through")
        self.both(node, router)
        self.assertNotIn("AddAnyPortMapping", router.actions())
        self.assertEqual(self.logged(node, '"level":"warn"'), [])

    def test_version_2_grants_another_port(self):
        router = self.igd(version=2)
        router.grants = 41234
        node = self.behind("--nat", "upnp", "--discovery", "v4,v5")
        self.both(node, router, 41234, 41234)
        self.assertNotIn("AddPortMapping", router.actions())

    def test_tcp_alone_without_discovery(self):
        router = self.igd()
        node = self.behind("--nat", "upnp")
        self.told(node, "lets others through")
        self.assertEqual(list(router.mappings), [("TCP", 30303)])
        self.assertIn(f"@{home.EXTERNAL}:30303", self.info()["enode"])
        self.end(node)
        self.assertEqual(router.mappings, {})

    def test_calls_are_200_ms_apart(self):
        router = self.igd()
        probe = Probe(self, "upnp")
        probe.run(10)
        probe.close()
        at = [t for t, _, _ in router.calls]
        self.assertGreater(len(at), 15)
        self.assertGreaterEqual(min(b - a for a, b in zip(at, at[1:])), 0.19)

    def test_a_taken_port_is_replaced_by_another(self):
        router = self.igd()
        router.taken.add(30303)
        probe = Probe(self, "upnp", udp=0)
        events = probe.run(0)
        port = int(re.match(r"0 mapped tcp  (\d+)", events[-1])[1])
        self.assertTrue(10000 <= port <= 65534, port)
        self.assertEqual(list(router.mappings), [("TCP", port)])
        self.assertEqual(router.actions().count("AddPortMapping"), 2)
        self.assertEqual(names(probe.run(9)), [], "the same again")
        probe.close()
        self.assertEqual(router.mappings, {})

    def test_what_is_refused_is_not_removed(self):
        router = self.igd()
        router.refuses = 606
        router.mappings["TCP", 30303] = "another host", 1, 0
        probe = Probe(self, "upnp")
        events = probe.run(0)
        self.assertEqual(names(events), [f"found {home.EXTERNAL}",
                                         "refused tcp 0", "refused udp 0"])
        self.assertIn("the router says error 606", events[1])
        # Four times the wanted port, then three random ones, of each.
        self.assertEqual(router.actions().count("AddPortMapping"), 14)
        self.assertEqual(names(probe.close()), ["closed tcp 0"])
        self.assertIn(("TCP", 30303), router.mappings)

    def test_a_router_of_permanent_mappings_gets_one(self):
        router = self.igd()
        router.permanent_only = True
        probe = Probe(self, "upnp")
        probe.run(0)
        self.assertEqual({v[2] for v in router.mappings.values()}, {0})
        self.assertEqual(len(router.mappings), 2)
        probe.close()
        self.assertEqual(router.mappings, {})

    def test_a_router_that_does_not_translate_is_none(self):
        self.igd().nat_enabled = "0"
        events = Probe(self, "upnp", 1, 1).run(0)
        self.assertEqual(names(events)[0], "silent tcp 0")
        self.assertIn("does not translate addresses", events[0])


class Life(Case):
    """Hours with a router, on a clock that runs as told."""

    def both_kinds(self):
        return ("upnp", self.igd()), ("pmp", self.pmp())

    def test_a_restarted_router_is_asked_anew(self):
        for method, router in self.both_kinds():
            with self.subTest(method):
                probe = Probe(self, method)
                self.assertEqual(
                    names(probe.run(9)),
                    [f"found {home.EXTERNAL}", "mapped tcp 30303",
                     "mapped udp 30304"])
                router.restart()
                # Its time begins anew: it says so within two minutes.
                self.assertEqual(names(probe.run(2)), ["restarted tcp 0"])
                self.assertEqual(len(router.mappings), 2)
                probe.close()

    def test_another_address_is_published_and_all_mapped_at_once(self):
        for method, router in self.both_kinds():
            with self.subTest(method):
                probe = Probe(self, method)
                probe.run(1)
                router.external = "77.1.1.8"
                router.mappings.clear()
                self.assertEqual(names(probe.run(2)), ["found 77.1.1.8"])
                self.assertEqual(len(router.mappings), 2)
                probe.close()

    def test_the_port_that_was_granted_is_asked_for_again(self):
        router = self.pmp()
        router.grants = 41000
        probe = Probe(self, "pmp", udp=0)
        self.assertEqual(names(probe.run(1))[1], "mapped tcp 41000")
        router.grants = None
        self.assertEqual(names(probe.run(8)), [])
        self.assertEqual(router.mappings, {(TCP, 30303): (41000, 600)})
        router.grants = 42000
        self.assertEqual(names(probe.run(8)), ["mapped tcp 42000"])
        probe.close()
        self.assertEqual(router.mappings, {})

    def test_after_six_failures_the_mapping_begins_anew(self):
        router = self.pmp()
        router.grants = 41000
        probe = Probe(self, "pmp", udp=0)
        probe.run(1)
        router.refuses, router.grants = 2, None
        events = names(probe.run(35))
        self.assertEqual(events, ["refused tcp 0", "anew tcp 0",
                                  "removed tcp 41000"])
        router.refuses = 0
        self.assertEqual(names(probe.run(6)), ["mapped tcp 30303"])
        self.assertEqual(router.mappings, {(TCP, 30303): (30303, 600)})
        probe.close()

    def test_a_router_that_comes_back_elsewhere_is_found(self):
        router = self.igd()
        probe = Probe(self, "upnp")
        probe.run(1)
        router.close()
        self.assertEqual(names(probe.run(4)), ["silent tcp 0"])
        again = self.igd()
        self.assertEqual(names(probe.run(2)), ["restarted tcp 0"])
        self.assertEqual(len(again.mappings), 2)
        probe.close()
        self.assertEqual(again.mappings, {})

    def test_an_address_that_leads_nowhere_is_not_published(self):
        for method, router in self.both_kinds():
            with self.subTest(method):
                router.external = "10.99.0.2"
                probe = Probe(self, method)
                self.assertEqual(names(probe.run(3)),
                                 ["inner 10.99.0.2", "mapped tcp 30303",
                                  "mapped udp 30304"])
                router.external = "0.0.0.0"
                self.assertEqual(names(probe.run(6)), ["nonsense 0.0.0.0"])
                probe.close()


class NatPmp(Case):
    def test_maps_and_publishes_and_removes(self):
        router = self.pmp()
        node = self.behind("--nat", "pmp", "--discovery", "v4,v5")
        self.eventually(lambda: len(router.mappings) == 2, "both mapped")
        self.assertEqual(router.mappings, {(TCP, 30303): (30303, 600),
                                           (UDP, 30303): (30303, 600)})
        self.told(node, '"to":30303')
        self.both(node, router)

    def test_any_takes_what_there_is(self):
        router = self.pmp()
        router.grants = 43210
        node = self.behind("--nat", "any", "--discovery", "v5")
        self.both(node, router, 43210, 43210)

    def test_any_takes_upnp_when_that_is_what_there_is(self):
        router = self.igd()
        node = self.behind("--nat", "any", "--discovery", "v5")
        self.both(node, router)

    def test_a_gateway_that_is_given_is_asked(self):
        router = self.pmp()
        probe = Probe(self, f"pmp:{home.ROUTER}")
        self.assertEqual(len(probe.run(0)), 3)
        self.assertEqual(len(router.mappings), 2)
        probe.close()

    def test_refusals_are_told(self):
        router = self.pmp()
        for result, words in ((2, "does not allow it"),
                              (3, "has no address"), (4, "no more room")):
            router.result = result
            events = Probe(self, "pmp").run(0)
            self.assertEqual(names(events)[0], "silent tcp 0")
            self.assertIn(words, events[0])

    def test_what_answers_another_question_is_passed_over(self):
        router = self.pmp()

        def mangle(answer):
            yield b""
            yield answer[:7]
            yield answer[:-1]
            yield bytes([0, 128 + 77]) + answer[2:]
            yield bytes([0, 128 + (3 - answer[1] % 4)]) + answer[2:]
            if len(answer) == 16:
                yield answer[:8] + b"\0\1" + answer[10:]
            yield answer

        router.mangle = mangle
        probe = Probe(self, "pmp")
        self.assertEqual(names(probe.run(9)),
                         [f"found {home.EXTERNAL}", "mapped tcp 30303",
                          "mapped udp 30304"])
        self.assertEqual(len(router.mappings), 2)
        probe.close()

    def test_lost_answers_are_asked_for_again(self):
        router = self.pmp()
        lost = []

        def mangle(answer):
            lost.append(answer)
            return [answer] if len(lost) % 2 == 0 else []

        router.mangle = mangle
        probe = Probe(self, "pmp")
        self.assertEqual(len(probe.run(0)), 3)
        probe.close()
        self.assertEqual(router.mappings, {})


def never(_, connection):
    """Takes the request and says nothing."""
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass


def endless(_, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"<a>" * 20000)


def headers(_, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n" * 10000)


def slowly(_, connection):
    for byte in b"HTTP/1.1 200 OK\r\n\r\n" + b"<" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def garbage(_, connection):
    connection.sendall(os.urandom(3000))


def no_xml(_, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" +
                       b"<a b='" * 500)


class Nonsense(Case):
    def test_what_no_router_says_is_told_once_and_bounded(self):
        for reply in endless, headers, slowly, garbage, no_xml:
            with self.subTest(reply.__name__):
                router = self.igd()
                router.reply = reply
                probe = Probe(self, "upnp")
                events = probe.run(3)
                self.assertEqual(names(events),
                                 ["silent tcp 0", "refused tcp 0",
                                  "refused udp 0"], events)
                self.assertIn(home.ROUTER, events[0])
                with open(f"/proc/{probe.process.pid}/status",
                          encoding="ascii") as file:
                    most = re.search(r"VmHWM:\s+(\d+) kB", file.read())
                if not os.environ.get("WEFT_SANITIZE"):
                    self.assertLess(int(most[1]), 32 * 1024)
                # It is forgiven once it behaves.
                router.reply = None
                self.assertEqual(names(probe.run(2))[0],
                                 f"found {home.EXTERNAL}")
                probe.close()
                router.close()

    def test_nobody_else_is_asked(self):
        """A description, or a control URL, on another host."""
        router = self.igd()
        other = socket.create_server((home.EXTERNAL, 0))
        self.addCleanup(other.close)
        elsewhere = "http://%s:%d/x" % other.getsockname()
        router.location = elsewhere
        events = Probe(self, "upnp", 1, 1).run(0)
        self.assertIn("names a description elsewhere", events[0])
        router.location, router.control = None, elsewhere
        events = Probe(self, "upnp", 1, 1).run(0)
        self.assertIn("no service to map ports", events[0])
        other.settimeout(0)
        with self.assertRaises(BlockingIOError):
            other.accept()

    def test_the_router_of_the_default_route_comes_first(self):
        """A neighbour that answers before it is not believed, but where there
        is no other one."""
        neighbour = routers.Igd(home.NEIGHBOUR, "66.6.6.6")
        self.addCleanup(neighbour.close)
        router = self.igd()
        router.thinks = 0.1
        probe = Probe(self, "upnp")
        self.assertEqual(names(probe.run(0))[0], f"found {home.EXTERNAL}")
        probe.close()
        self.assertEqual(neighbour.calls, [])
        router.close()
        probe = Probe(self, "upnp")
        self.assertEqual(names(probe.run(0))[0], "found 66.6.6.6")
        probe.close()

    def test_a_flood_of_answers_ends(self):
        """A host that answers searches without end."""
        router = self.igd()
        router.is_deaf = True
        stop = threading.Event()
        flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(flood.close)

        def run():
            search = router.sockets[1]
            with contextlib.suppress(OSError):
                _, peer = search.recvfrom(2048)
                while not stop.is_set():
                    flood.sendto(b"HTTP/1.1 200 OK\r\nLOCATION: x\r\n\r\n",
                                 peer)

        router.closing = True
        for thread in router.threads:
            thread.join()
        router.threads = []
        router.sockets[1].settimeout(lab.DEADLINE)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        events = Probe(self, "upnp", 1, 1).run(0)
        stop.set()
        thread.join()
        self.assertIn("no router answers", events[0])


class End(Case):
    def silent_at_the_end(self, router, silence, *args):
        node = self.behind(*args)
        self.eventually(lambda: len(router.mappings) == 2, "both mapped")
        silence()
        took = self.end(node)
        self.assertLess(took, lab.LATE)
        self.told(node, "could not be told")

    def test_does_not_wait_for_a_router_that_fell_silent(self):
        router = self.igd()

        def silence():
            router.reply = never

        self.silent_at_the_end(router, silence, "--nat", "upnp",
                               "--discovery", "v4")

    def test_does_not_wait_for_a_silent_nat_pmp_either(self):
        router = self.pmp()

        def silence():
            router.mangle = lambda _: []

        self.silent_at_the_end(router, silence, "--nat", "pmp",
                               "--discovery", "v4")

    def test_does_not_wait_for_the_end_of_a_search(self):
        for reply in None, never:
            with self.subTest(str(reply)):
                router = self.igd()
                router.is_deaf, router.reply = not reply, reply
                node = self.behind("--nat", "any", "--discovery", "v4")
                self.assertLess(self.end(node), lab.LATE)
                router.close()

    def test_nobody_there_is_told_with_the_reason(self):
        node = self.behind("--nat", "any", log="warn")
        line = self.told(node, "no router tells our address")[0]
        self.assertIn("UPnP: no router answers", line["reason"])
        self.assertIn("NAT-PMP: ", line["reason"])
        self.end(node)

    def test_loopback_is_not_mapped(self):
        router = self.pmp()
        node = self.behind("--nat", "pmp", "--discovery", "v4",
                           listen="127.0.0.1:0")
        self.told(node, "listen on all")
        self.told(node, "tells our address")
        self.end(node)
        self.assertEqual({r[1] for r in router.requests}, {0})


    def test_one_private_address_is_told_but_not_mapped(self):
        router = self.pmp()
        node = self.behind("--nat", "pmp", "--discovery", "v4",
                           listen=f"{home.HOST}:30303")
        self.told(node, "listen on all")
        self.published(node, ip=home.EXTERNAL, tcp=30303)
        self.end(node)
        self.assertEqual(router.mappings, {})
        self.assertEqual({r[1] for r in router.requests}, {0})


class Static(Case):
    def test_an_address_that_is_given_is_published_at_once(self):
        node = self.behind("--nat", f"extip:{home.EXTERNAL}", "--discovery",
                           "v4,v5")
        self.assertIn(f"@{home.EXTERNAL}:30303", node.start["enode"])
        self.assertEqual(self.info()["ip"], home.EXTERNAL)
        self.published(node, ip=home.EXTERNAL, tcp=30303, udp=30303)
        self.end(node)


class StunServers(Case):
    def test_tells_where_the_socket_of_discovery_is(self):
        server = self.stun()
        server.drop = 1  # and asked again
        node = self.behind("--nat", f"stun:{server.address}", "--discovery",
                           "v4,v5")
        self.published(node, ip=home.HOST, udp=30303)
        self.assertGreaterEqual(len(server.requests), 2)
        self.assertEqual(len(set(server.requests)), 1)
        self.end(node)

    def test_a_translated_port_is_published(self):
        server = self.stun((home.EXTERNAL, 40404))
        node = self.behind("--nat", f"stun:{server.address}", "--discovery",
                           "v5")
        enr = self.published(node, ip=home.EXTERNAL, udp=40404, tcp=30303)
        info = self.info()
        self.assertEqual(info["enr"], enr)
        self.assertEqual(info["ports"], {"discovery": 40404,
                                         "listener": 30303})
        self.end(node)

    def test_a_port_that_each_server_sees_differently_is_not(self):
        servers = [self.stun((home.EXTERNAL, port)) for port in (40404, 40405)]
        node = self.behind(
            "--nat", "stun:" + ",".join(s.address for s in servers),
            "--discovery", "v5")
        self.published(node, ip=home.EXTERNAL, udp=30303)
        self.told(node, "each at another port")
        self.end(node)

    def test_servers_are_found_by_name(self):
        """And one that is not is told. Nobody is asked for such a name, as for
        lab.NO_NAME, which is refused here."""
        local = routers.Stun("0.0.0.0")
        self.addCleanup(local.close)
        node = self.node("a", "--log-level", "info", "--discovery", "v5",
                         "--nat", "stun:no..name.invalid,"
                         "localhost:" + local.address.split(":")[1],
                         listen="127.0.0.1:0", plugins=())
        node.started()
        self.told(node, "a STUN server is not found by its name")
        self.told(node, "a STUN server sees us")
        self.end(node)

    def test_needs_discovery(self):
        done = self.weft("run", "--nat", "stun:192.0.2.1")
        self.assertEqual((done.status, done.out), (2, ""))
        self.assertIn("discovery, which is off", done.err)


RULES = """
table inet filter {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname lan0 accept
		jump miniupnpd
	}
	chain miniupnpd {
	}
	chain prerouting {
		type nat hook prerouting priority -100; policy accept;
		jump prerouting_miniupnpd
	}
	chain postrouting {
		type nat hook postrouting priority 100; policy accept;
		jump postrouting_miniupnpd
	}
	chain prerouting_miniupnpd {
	}
	chain postrouting_miniupnpd {
	}
}
"""

DAEMON = """
ext_ifname=wan0
listening_ip=lan0
port=0
enable_natpmp={pmp}
enable_upnp={upnp}
force_igd_desc_v1={old}
secure_mode=yes
uuid=00000000-0000-0000-0000-000000000001
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 0.0.0.0/0 1024-65535
"""


class Miniupnpd(Case):
    """What many routers run, and a packet filter that does as it says: a
    connection from outside reaches the node, and does not any more once the
    node is gone."""

    def daemon(self, **settings):
        home.run("nft", "-f", self.write("rules", RULES))
        self.addCleanup(home.run, "nft", "flush", "ruleset")
        with open(self.path("log"), "wb") as log:
            daemon = subprocess.Popen(
                ["miniupnpd", "-d", "-f",
                 self.write("conf", DAEMON.format(**settings)), "-P",
                 self.path("pid")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def end():
            daemon.terminate()
            daemon.wait(lab.DEADLINE)

        self.addCleanup(end)

        def is_up():
            with open(self.path("log"), encoding="utf-8") as log:
                return "isten" in log.read()

        self.eventually(is_up, "miniupnpd listens")

    def reaches(self, port):
        """A connection from outside, to the router's address."""
        done = subprocess.run(
            [*NETWORK.outside.prefix, lab.WEFT, "ping", "--json",
             "--timeout", "2s", self.url.replace(":30303", f":{port}")],
            capture_output=True, text=True, env=self.env,
            timeout=lab.DEADLINE)
        return done.returncode == 0

    def reached(self, method, **settings):
        self.daemon(**settings)
        node = self.behind("--nat", method, "--discovery", "v4,v5")
        self.published(node, ip=home.EXTERNAL, tcp=30303, udp=30303)
        self.eventually(lambda: len(self.logged(node, '"to":30303')) == 2,
                        "both mapped")
        self.url = self.info()["enode"]
        self.assertIn("dnat", home.run("nft", "list", "ruleset"))
        self.assertTrue(self.reaches(30303))
        self.assertFalse(self.reaches(30304))
        self.end(node)
        self.assertNotIn("dnat", home.run("nft", "list", "ruleset"))

    def test_upnp_of_version_2(self):
        self.reached("upnp", upnp="yes", pmp="no", old="no")

    def test_upnp_of_version_1(self):
        self.reached("upnp", upnp="yes", pmp="no", old="yes")

    def test_nat_pmp(self):
        self.reached("pmp", upnp="no", pmp="yes", old="no")

    def test_any(self):
        self.reached("any", upnp="yes", pmp="yes", old="no")


if __name__ == "__main__":
    home.enter()
    lab.main()
