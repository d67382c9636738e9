# SPDX-License-Identifier: Apache-2.0
"""Nodes with the gossip plugin, and what it counted."""

import json
import os
import socket
import time

import lab

GOSSIP = os.path.join(os.environ["WEFT_BUILD"], "test/plugins/gossip.so")


class GossipLab(lab.Lab):
    def gossip(self, name, options="", peers=()):
        """A running node with the plugin; `enode` is its URL."""
        # A megabyte takes its time where sanitizers watch, or others want the
        # processor: that is a warning, and no matter here.
        args = ["--plugin", GOSSIP + options, "--log-level", "error"]
        for peer in peers:
            args += ["--peer", peer.enode]
        node = self.node(name, *args)
        node.enode = node.started()["enode"]
        node.name = name
        node.admin = None
        return node

    def call(self, node, method, *params):
        """An admin call that must succeed; one connection for all of them."""
        if not node.admin:
            path = self.path(node.name, "admin", "weft.ipc")
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(lab.DEADLINE)
                client.connect(path)
                node.admin = client.makefile("rw")
            self.addCleanup(node.admin.close)
        json.dump({"jsonrpc": "2.0", "id": 1, "method": method,
                   "params": params}, node.admin)
        node.admin.flush()
        answer = json.loads(node.admin.readline())
        self.assertNotIn("error", answer, method)
        return answer["result"]

    def stats(self, node):
        return self.call(node, "gossip_stats")

    def reach(self, node, **least):
        """Its sums, once each of these is at least so large."""
        deadline = time.monotonic() + lab.DEADLINE
        while True:
            sums = self.stats(node)
            if all(sums[key] >= value for key, value in least.items()):
                return sums
            self.assertLess(time.monotonic(), deadline, f"{least} in {sums}")
            time.sleep(0.005)

    def stands_still(self, node, key):
        """Its sum, once it has not changed for far longer than a step takes."""
        before, still = -1, 0
        while still < 4:
            now = self.stats(node)[key]
            still = still + 1 if now == before else 0
            before = now
            time.sleep(0.5)
        return before
