# SPDX-License-Identifier: Apache-2.0
"""A home network: a router, which is where the tests run, a host behind it and
one outside. Each is a network namespace of its own, linked by two cables, and
gone with the tests.

    host 10.11.0.2 --- 10.11.0.1 router 77.1.1.7 --- 77.1.1.1 outside
"""

import os
import subprocess
import sys

HOST, ROUTER = "10.11.0.2", "10.11.0.1"
NEIGHBOUR = "10.11.0.66"  # another address of the router's, to be somebody else
EXTERNAL, OUTSIDE = "77.1.1.7", "77.1.1.1"  # addresses of nobody, in here
INSIDE = "E2E_HOME"


def enter():
    """Go on as this same program on the router; fails where no namespace can
    be made."""
    if os.environ.get(INSIDE):
        # Where the tools lie, whoever we were.
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--map-root-user", "--net",
                          sys.executable, "-B", *sys.argv])


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


class Namespace:
    """A network namespace, held by a process that waits for our end."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; read line"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.pid = self.holder.pid
        self.prefix = ("nsenter", f"--net=/proc/{self.pid}/ns/net")

    def close(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait(60)


def plug(ours, address, other, theirs, their_address):
    """A cable between us and a namespace."""
    run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs,
        "netns", str(other.pid))
    run("ip", "address", "add", f"{address}/24", "dev", ours)
    run("ip", "link", "set", ours, "up")
    run(*other.prefix, "ip", "address", "add", f"{their_address}/24", "dev",
        theirs)
    run(*other.prefix, "ip", "link", "set", theirs, "up")
    run(*other.prefix, "ip", "link", "set", "lo", "up")


class Home:
    def __init__(self):
        run("ip", "link", "set", "lo", "up")
        self.host, self.outside = Namespace(), Namespace()
        plug("lan0", ROUTER, self.host, "eth0", HOST)
        run("ip", "address", "add", f"{NEIGHBOUR}/24", "dev", "lan0")
        plug("wan0", EXTERNAL, self.outside, "eth0", OUTSIDE)
        run(*self.host.prefix, "ip", "route", "add", "default", "via", ROUTER)
        with open("/proc/sys/net/ipv4/ip_forward", "w",
                  encoding="ascii") as file:
            file.write("1")

    def close(self):
        self.host.close()
        self.outside.close()
        for cable in "lan0", "wan0":
            subprocess.run(["ip", "link", "delete", cable], check=False,
                           capture_output=True, timeout=60)
