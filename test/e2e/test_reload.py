# SPDX-License-Identifier: Apache-2.0
"""A plugin exchanged for itself while its peers talk to it."""

import json
import os
import time

import lab

LEDGER = os.path.join(os.environ["WEFT_BUILD"], "test/plugins/ledger.so")
RELOADS = 5
BETWEEN = 50  # numbers acknowledged


class Reload(lab.Lab):
    def admin(self, name, method, *params):
        done = self.weft("admin", "--datadir", self.path(name), method, *params)
        self.assertEqual(done.status, 0, done)
        return json.loads(done.out)

    def sums(self):
        return self.admin("sends", "ledger_sums")

    def until_acknowledged(self, number):
        give_up = time.monotonic() + lab.DEADLINE
        while self.sums()["acknowledged"] < number:
            self.assertLess(time.monotonic(), give_up, self.sums())

    def pair(self, options):
        writes = self.node("writes", "--plugin", LEDGER + "," + options)
        sends = self.node("sends", "--plugin", LEDGER, "--peer",
                          writes.started()["enode"])
        writes.expect("peer_added")
        sends.expect("peer_added")
        return writes, sends

    def stay_and_stop(self, writes, sends):
        """Neither has lost the other, up to the end."""
        sends.stop()
        writes.expect("peer_dropped")
        writes.stop()
        for node in writes, sends:
            self.assertEqual(node.kinds().count("peer_added"), 1)
        self.assertEqual(writes.kinds().count("peer_dropped"), 1)

    def test_what_was_acknowledged_is_not_lost(self):
        written = self.path("written")
        writes, sends = self.pair("file=" + written)
        for _ in range(RELOADS):
            self.until_acknowledged(self.sums()["acknowledged"] + BETWEEN)
            self.assertIs(self.admin("writes", "plugin_reload", "ledger"), True)
        self.until_acknowledged(self.sums()["acknowledged"] + BETWEEN)
        sums = self.sums()
        self.assertEqual(sums["sessions"], 1)
        self.stay_and_stop(writes, sends)
        with open(written, encoding="ascii") as file:
            numbers = [int(line) for line in file]
        # Whatever was acknowledged is there, and in its order.
        self.assertEqual(numbers, sorted(numbers))
        self.assertLessEqual(set(range(1, sums["acknowledged"] + 1)),
                             set(numbers))
        # What was written twice had to be sent twice: no answer got lost that
        # the old instance had sent. (One more may be under way.)
        self.assertLessEqual(len(numbers) - len(set(numbers)),
                             sums["retries"] + 1)

    def test_a_handler_that_waits_is_cut_and_its_peer_stays(self):
        writes, sends = self.pair("holds=true,file=" + self.path("written"))
        writes.expect("ledger", message="held")
        self.assertIs(self.admin("writes", "plugin_reload", "ledger"), True)
        writes.expect("ledger", message="cut", by="closed")
        # It comes again, to the new instance.
        writes.expect("ledger", message="held")
        self.assertEqual(self.sums()["acknowledged"], 0)
        self.assertGreaterEqual(self.sums()["retries"], 1)
        self.stay_and_stop(writes, sends)
        self.assertFalse(os.path.exists(self.path("written")))


if __name__ == "__main__":
    lab.main()
