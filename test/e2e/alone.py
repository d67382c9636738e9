# SPDX-License-Identifier: Apache-2.0
"""A network of one's own, for tests that need certain ports or listen beyond
loopback: a namespace in which there is a loopback interface and nothing else.
It has an address that is none of loopback's, too, as a machine in a network
does."""

import fcntl
import os
import socket
import struct
import sys

OUTSIDE = "192.0.2.1"  # documentation's, RFC 5737
INSIDE = "E2E_ALONE"
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR = 0x8913, 0x8914, 0x8916
IFF_UP = 1


def set_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        def ask(request, name, content):
            return fcntl.ioctl(s, request, struct.pack("16s24s", name, content))

        flags, = struct.unpack_from("H", ask(SIOCGIFFLAGS, b"lo", b""), 16)
        ask(SIOCSIFFLAGS, b"lo", struct.pack("H", flags | IFF_UP))
        ask(SIOCSIFADDR, b"lo:0", struct.pack(
            "HH4s", socket.AF_INET, 0, socket.inet_aton(OUTSIDE)))


def enter():
    """Go on as this same program in a namespace; fails where none can be
    made. We are root there, to the kernel's mind of that namespace only."""
    if os.environ.get(INSIDE):
        set_up()
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--map-root-user", "--net",
                          sys.executable, "-B", *sys.argv])
