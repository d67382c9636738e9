# SPDX-License-Identifier: Apache-2.0
"""A DNS server on the loopback: TXT records out of a dict, and every way not to
give them."""

import contextlib
import socket
import struct
import threading

TXT = 16
SILENT, FAILURE, TRUNCATED, CUT = "silent", "failure", "truncated", "cut"


class Names:
    """Answers from `texts` (name in small letters -> value, or a list of
    them) by UDP, and by TCP what is too long. `moods` has what is done with a
    name instead: SILENT, FAILURE, TRUNCATED (by UDP, and nobody by TCP), CUT
    (in the middle of the answer)."""

    def __init__(self, test):
        self.texts = {}
        self.moods = {}
        self.asked = []
        self.by_tcp = 0
        self.udp_max = 512
        self.tcp = None
        while not self.tcp:
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            try:
                self.tcp = socket.create_server(self.udp.getsockname())
            except OSError:
                self.udp.close()
        self.address = "%s:%d" % self.udp.getsockname()
        self.threads = [threading.Thread(target=self._serve_udp, daemon=True),
                        threading.Thread(target=self._serve_tcp, daemon=True)]
        for t in self.threads:
            t.start()
        test.addCleanup(self.close)

    def close(self):
        for s in (self.udp, self.tcp):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        for t in self.threads:
            t.join(10)

    def add(self, texts):
        self.texts.update((k.lower(), v) for k, v in texts.items())

    def _serve_udp(self):
        while True:
            try:
                query, sender = self.udp.recvfrom(4096)
            except OSError:
                return
            if not query:
                return  # closed
            answer = self._answer(query, True)
            if answer:
                with contextlib.suppress(OSError):
                    self.udp.sendto(answer, sender)

    def _serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_peer, args=(peer,),
                             daemon=True).start()

    def _serve_peer(self, peer):
        with peer, contextlib.suppress(OSError):
            peer.settimeout(10)
            while size := peer.recv(2, socket.MSG_WAITALL):
                query = peer.recv(int.from_bytes(size, "big"),
                                  socket.MSG_WAITALL)
                self.by_tcp += 1
                answer = self._answer(query, False)
                if answer is None:
                    return
                peer.sendall(struct.pack(">H", len(answer)) + answer)

    def _answer(self, query, is_udp):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
            at += 1 + query[at]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.asked.append(name)
        mood = self.moods.get(name)
        if mood == SILENT or (mood == TRUNCATED and not is_udp):
            return None
        values = self.texts.get(name, [])
        if isinstance(values, str):
            values = [values]
        code = 2 if mood == FAILURE else 0 if values else 3
        records = b"".join(self._record(v) for v in values if not code)
        is_short = is_udp and (mood == TRUNCATED or
                               len(question) + len(records) + 12 >
                               self.udp_max)
        if is_short or code:
            records, values = b"", []
        if mood == CUT:
            records = records[:len(records) // 2]
        return query[:2] + struct.pack(
            ">HHHHH", 0x8580 | code | (0x200 if is_short else 0), 1,
            len(values), 0, 0) + question + records

    @staticmethod
    def _record(value):
        value = value.encode("ascii")
        data = b"".join(
            bytes([len(value[i:i + 255])]) + value[i:i + 255]
            for i in range(0, max(len(value), 1), 255))
        return struct.pack(">HHHIH", 0xc00c, TXT, 1, 60, len(data)) + data
