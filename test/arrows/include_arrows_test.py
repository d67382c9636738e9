#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small trees with one wrong #include each: the check must name it."""
import os
import tempfile
import unittest

import include_arrows


class Arrows(unittest.TestCase):
    def faults(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as f:
                    f.write(text)
            faults, count = include_arrows.check(root)
            self.assertEqual(count, len(files))
            return faults

    def refused(self, path, line, says, beside=()):
        files = {path: "int x;\n" + line + "\n"}
        files.update({name: "" for name in beside})
        faults = self.faults(files)
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith(path + ":2: "), faults)
        self.assertIn(says, faults[0])

    def test_arrows_that_lead_down_pass(self):
        self.assertEqual(self.faults({
            "p2p/base/err.h": "#include <stddef.h>\n",
            "p2p/base/mono.c": "#include <time.h>\n",
            "p2p/rlp/rlp.h": '#include "p2p/base/err.h"\n',
            "p2p/net/loop.c": '#include <uv.h>\n#include "p2p/base/err.h"\n',
            "p2p/rlpx/rlpx.c": '#include "p2p/rlp/rlp.h"\n',
            "p2p/rlpx/snappy_block.c": "#include <snappy-c.h>\n",
            "p2p/server/server.h": '#include "p2p/base/err.h"\n',
            "protocols/foobar/foobar.h": "",
            "node/node.h": '#include "protocols/foobar/foobar.h"\n',
            "node/node.c": '#include "p2p/server/server.h"\n',
            "cmd/weft/main.c": '#include "node/node.h"\n',
        }), [])

    def test_arrows_do_not_turn_back(self):
        self.refused("p2p/base/err.c", '#include "p2p/rlp/rlp.h"',
                     "no arrow", beside=["p2p/rlp/rlp.h"])
        self.refused("p2p/server/peer.c", '#include "node/node.h"',
                     "no arrow", beside=["node/node.h"])
        self.refused("node/node.c", '#  include "cmd/weft/run.h"',
                     "no arrow", beside=["cmd/weft/run.h"])

    def test_siblings_do_not_see_each_other(self):
        self.refused("p2p/rlp/rlp.c", '#include "p2p/crypto/hash.h"',
                     "no arrow", beside=["p2p/crypto/hash.h"])
        self.refused("p2p/rlpx/rlpx.c", '#include "p2p/net/stream.h"',
                     "no arrow", beside=["p2p/net/stream.h"])
        self.refused("protocols/foobar/foobar.c",
                     '#include "p2p/server/protocol.h"',
                     "no arrow", beside=["p2p/server/protocol.h"])

    def test_libraries_stay_with_their_owner(self):
        self.refused("p2p/server/server.c", "#include <uv.h>", "p2p/net")
        self.refused("p2p/rlpx/rlpx.c", "#include <secp256k1_ecdh.h>",
                     "p2p/crypto")
        self.refused("node/nodekey.c", "#include <sodium.h>", "p2p/crypto")
        self.refused("cmd/weft/key.c", "#include <openssl/evp.h>",
                     "p2p/crypto")
        self.refused("p2p/rlpx/frame.c", "#include <snappy-c.h>",
                     "snappy_block.c")
        self.refused("p2p/rlp/rlp.c", "#include <jansson.h>", "node")

    def test_the_plugin_headers_are_for_hosts_and_plugins(self):
        beside = ["plugins/include/weft/plugin.h"]
        self.refused("p2p/server/server.c", '#include "weft/plugin.h"',
                     "node, plugins", beside=beside)
        self.refused("protocols/foobar/foobar.c", "#include <weft/plugin.h>",
                     "node, plugins", beside=beside)
        self.refused("plugins/foobar/foobar.c", '#include "node/node.h"',
                     "no arrow", beside=["node/node.h"])
        self.assertEqual(self.faults({
            "plugins/include/weft/plugin.h": "",
            "plugins/include/weft/test.h": '#include "weft/plugin.h"\n',
            "plugins/foobar/foobar.c": "#include <weft/plugin.h>\n",
            "node/plugin/host.c": "#include <weft/plugin.h>\n",
        }), [])

    def test_cores_stay_pure(self):
        self.refused("p2p/rlpx/rlpx.c", "#include <sys/socket.h>", "pure")
        self.refused("p2p/enode/enode.c", "#include <time.h>", "pure")
        self.refused("p2p/rlpx/rlpx.c", '#include "p2p/crypto/rng.h"',
                     "pure", beside=["p2p/crypto/rng.h"])

    def test_the_world_is_closed(self):
        self.refused("node/node.c", "#include <glib.h>", "unknown library")
        self.refused("node/node.c", '#include "node.h"', "from the root",
                     beside=["node/node.h"])
        self.refused("node/node.c", "#include HEADER", "cannot tell")
        self.assertIn("without arrows",
                      self.faults({"p2p/newfolder/x.c": ""})[0])

    def test_commented_out_lines_do_not_count(self):
        self.assertEqual(
            self.faults({"p2p/base/x.c": "/* #include <uv.h> */\n"}), [])


if __name__ == "__main__":
    unittest.main()
