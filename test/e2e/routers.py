# SPDX-License-Identifier: Apache-2.0
"""Routers that do as a test says: UPnP IGD of both versions and NAT-PMP, well
behaved or not, and a STUN server. Each answers from threads of its own until it
is closed."""

import contextlib
import re
import socket
import struct
import threading
import time

COOKIE = 0x2112A442


class Clock:
    """The routers' time, which a test may let pass."""

    def __init__(self):
        self.ahead = 0

    def now(self):
        return time.monotonic() + self.ahead


clock = Clock()


class Thing:
    """Something with sockets and threads."""

    def __init__(self):
        self.sockets = []
        self.threads = []
        self.closing = False

    def udp(self, address, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        s.settimeout(0.05)
        self.sockets.append(s)
        return s

    def serve(self, work, *args):
        thread = threading.Thread(target=self._loop, args=(work, *args),
                                  daemon=True)
        thread.start()
        self.threads.append(thread)

    def _loop(self, work, *args):
        while not self.closing:
            with contextlib.suppress(socket.timeout):
                try:
                    work(*args)
                except OSError:
                    if not self.closing:
                        continue

    def close(self):
        self.closing = True
        for thread in self.threads:
            thread.join(60)
        for s in self.sockets:
            s.close()


DESCRIPTION = """<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major>
<minor>0</minor></specVersion><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:{v}</deviceType>
<deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:{v}</deviceType>
<deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:{v}</deviceType>
<serviceList><service>
<serviceType>urn:schemas-upnp-org:service:WANIPConnection:{v}</serviceType>
<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<SCPDURL>/scpd.xml</SCPDURL><controlURL>{control}</controlURL>
<eventSubURL>/event</eventSubURL></service></serviceList></device>
</deviceList></device></deviceList></device></root>"""

ENVELOPE = """<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>{}</s:Body>
</s:Envelope>"""

FAULT = ENVELOPE.format(
    "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError"
    "</faultstring><detail><UPnPError"
    ' xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{}</errorCode>'
    "</UPnPError></detail></s:Fault>")


class Igd(Thing):
    """UPnP. Members may be changed at any time."""

    def __init__(self, address, external, version=1):
        super().__init__()
        self.address, self.external, self.version = address, external, version
        self.mappings = {}  # (protocol, port): (client, port, lease)
        self.calls = []  # (time, action, arguments)
        self.taken = set()  # external ports of other hosts
        self.grants = None  # version 2: the port it gives instead
        self.refuses = 0  # the fault it answers AddPortMapping with
        self.permanent_only = False
        self.nat_enabled = "1"
        self.started = clock.now()
        self.location = None  # instead of our own
        self.control = "/control"
        self.reply = None  # what a connection gets, as a function of it
        self.is_deaf = False  # to searches
        self.thinks = 0  # seconds, before it answers one
        self.http = socket.create_server((address, 0))
        self.http.settimeout(0.05)
        self.sockets.append(self.http)
        search = self.udp("", 1900)
        search.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                          socket.inet_aton("239.255.255.250") +
                          socket.inet_aton(address))
        self.voice = self.udp(address, 0)  # answers come from our address
        self.serve(self._search, search)
        self.serve(self._accept)

    def restart(self):
        self.mappings.clear()
        self.started = clock.now()

    def actions(self):
        return [action for _, action, _ in self.calls]

    def _search(self, s):
        data, peer = s.recvfrom(2048)
        kind = re.search(rb"ST: (urn:[^\r]*Device:%d)\r" % self.version, data)
        if not data.startswith(b"M-SEARCH") or not kind or self.is_deaf:
            return
        time.sleep(self.thinks)
        location = self.location or "http://%s:%d/description.xml" % (
            self.http.getsockname())
        self.voice.sendto(
            b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nEXT:\r\n"
            b"ST: " + kind[1] + b"\r\nUSN: uuid:1::" + kind[1] +
            b"\r\nLOCATION: " + location.encode() + b"\r\n\r\n", peer)

    def _accept(self):
        connection, _ = self.http.accept()
        connection.settimeout(10)
        threading.Thread(target=self._connected, args=(connection,),
                         daemon=True).start()

    def _connected(self, connection):
        with connection, contextlib.suppress(OSError, ValueError):
            if self.reply:
                self.reply(self, connection)
                return
            head, body = read_request(connection)
            status, text = self._answer(head, body)
            connection.sendall(
                b"HTTP/1.1 %s\r\nContent-Type: text/xml\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" %
                (status.encode(), len(text), text.encode()))

    def _answer(self, head, body):
        if head.startswith("GET "):
            return "200 OK", DESCRIPTION.format(v=self.version,
                                                control=self.control)
        action = re.search(r'SOAPAction: "[^#]*#(\w+)"', head)[1]
        arguments = dict(re.findall(r"<(New\w+)>([^<]*)</", body))
        self.calls.append((time.monotonic(), action, arguments))
        result = getattr(self, action)(arguments)
        if isinstance(result, int):
            return "500 Internal Server Error", FAULT.format(result)
        inner = "".join(f"<{k}>{v}</{k}>" for k, v in result.items())
        return "200 OK", ENVELOPE.format(
            f"<u:{action}Response xmlns:u=\"urn:schemas-upnp-org:service:"
            f"WANIPConnection:{self.version}\">{inner}</u:{action}Response>")

    # The actions: what they answer, or the number of a fault.

    def GetNATRSIPStatus(self, _):
        return {"NewRSIPAvailable": "0", "NewNATEnabled": self.nat_enabled}

    def GetExternalIPAddress(self, _):
        return {"NewExternalIPAddress": self.external}

    def GetStatusInfo(self, _):
        return {"NewConnectionStatus": "Connected",
                "NewLastConnectionError": "ERROR_NONE",
                "NewUptime": int(clock.now() - self.started)}

    def AddPortMapping(self, a):
        if self.refuses:
            return self.refuses
        if self.permanent_only and a["NewLeaseDuration"] != "0":
            return 725
        port = int(a["NewExternalPort"])
        if port in self.taken:
            return 718
        self.mappings[a["NewProtocol"], port] = (
            a["NewInternalClient"], int(a["NewInternalPort"]),
            int(a["NewLeaseDuration"]))
        return {}

    def AddAnyPortMapping(self, a):
        port = self.grants or int(a["NewExternalPort"])
        result = self.AddPortMapping({**a, "NewExternalPort": str(port)})
        return result if isinstance(result, int) else {
            "NewReservedPort": port}

    def DeletePortMapping(self, a):
        key = a["NewProtocol"], int(a["NewExternalPort"])
        return {} if self.mappings.pop(key, None) else 714


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"Content-Length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += receive(connection)
    return head.decode(), body.decode()


def receive(connection):
    data = connection.recv(4096)
    if not data:
        raise ValueError("the other end closed")
    return data


class Pmp(Thing):
    """NAT-PMP (RFC 6886)."""

    def __init__(self, address, external):
        super().__init__()
        self.external = external
        self.mappings = {}  # (operation, internal): (external, lifetime)
        self.requests = []
        self.grants = None
        self.result = 0  # an error
        self.refuses = 0  # to map: an error
        self.started = clock.now() - 1000
        self.mangle = None  # what goes out instead, of an answer
        self.socket = self.udp(address, 5351)
        self.serve(self._serve)

    def restart(self):
        self.mappings.clear()
        self.started = clock.now()

    def _serve(self):
        data, peer = self.socket.recvfrom(2048)
        self.requests.append(data)
        answer = self._answer(data)
        for out in self.mangle(answer) if self.mangle else [answer]:
            self.socket.sendto(out, peer)

    def _answer(self, data):
        lifetime = data[1] and struct.unpack("!I", data[8:12])[0]
        result = self.result or (lifetime and self.refuses)
        head = struct.pack("!BBHI", 0, 128 + data[1], result,
                           int(clock.now() - self.started))
        if data[1] == 0:
            return head + socket.inet_aton(self.external)
        internal, external = struct.unpack("!HH", data[4:8])
        key = data[1], internal
        if result:
            lifetime = 0
        elif not lifetime:
            external = 0
            self.mappings.pop(key, None)
        else:
            external = self.grants or external
            self.mappings[key] = external, lifetime
        return head + struct.pack("!HHI", internal, external, lifetime)


class Stun(Thing):
    """Binding requests (RFC 8489)."""

    def __init__(self, address, mapped=None):
        super().__init__()
        self.mapped = mapped  # instead of where the request came from
        self.requests = []
        self.drop = 0  # so many requests are lost
        self.socket = self.udp(address, 0)
        self.address = "%s:%d" % self.socket.getsockname()
        self.serve(self._serve)

    def _serve(self):
        data, peer = self.socket.recvfrom(2048)
        kind, length, cookie = struct.unpack("!HHI", data[:8])
        if (kind, length, cookie, len(data)) != (1, 0, COOKIE, 20):
            return  # discovery, which may be told of us
        self.requests.append(data)
        if self.drop:
            self.drop -= 1
            return
        ip, port = self.mapped or peer
        value = struct.pack("!BBHI", 0, 1, port ^ (COOKIE >> 16),
                            struct.unpack("!I", socket.inet_aton(ip))[0] ^
                            COOKIE)
        self.socket.sendto(struct.pack("!HHI", 0x101, 4 + len(value), COOKIE) +
                           data[8:20] + struct.pack("!HH", 0x20, len(value)) +
                           value, peer)
