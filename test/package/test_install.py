# SPDX-License-Identifier: Apache-2.0
"""What is installed: in parts, below a root of its own, and anywhere."""

import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ["WEFT_BUILD"]
PARTS = {
    "command": ("bin/weft", "lib/weft/plugins/foobar.so",
                "lib/systemd/system/weft.service",
                "share/man/man1/weft-run.1.gz", "share/man/man5/weft.yaml.5.gz",
                "share/bash-completion/completions/weft",
                "share/zsh/vendor-completions/_weft"),
    "library": ("lib/libweft.so.0",),
    "development": ("include/weft/plugin.h", "include/weft/abi.h",
                    "lib/libweft.so", "lib/libweft.a",
                    "lib/pkgconfig/weft.pc", "lib/cmake/weft/weftConfig.cmake"),
}


def files(folder):
    return {os.path.relpath(os.path.join(at, name), folder)
            for at, _, names in os.walk(folder) for name in names}


class Install(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-package-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def must(self, *command, **env):
        done = subprocess.run(
            command, env=dict(os.environ, **env), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def install(self, name, *options):
        prefix = os.path.join(self.folder, name)
        self.must("cmake", "--install", BUILD, "--prefix", prefix, *options)
        return prefix

    def test_the_parts_are_the_whole_and_share_nothing(self):
        whole = files(self.install("whole"))
        parts = {part: files(self.install(part, "--component", part))
                 for part in PARTS}
        self.assertEqual(set.union(*parts.values()), whole)
        self.assertEqual(sum(len(p) for p in parts.values()), len(whole))
        for part, expected in PARTS.items():
            self.assertLessEqual(set(expected), parts[part])

    def test_it_goes_below_a_root_of_its_own(self):
        root = os.path.join(self.folder, "root")
        self.must("cmake", "--install", BUILD, DESTDIR=root)
        weft = [f for f in files(root) if f.endswith("bin/weft")]
        self.assertEqual(len(weft), 1)
        self.assertEqual(files(os.path.join(root, weft[0][:-len("bin/weft")])),
                         files(self.install("prefix")))

    def test_it_may_be_moved(self):
        shutil.move(self.install("first"), self.folder + "/second")
        said = self.must(self.folder + "/second/bin/weft", "plugin", "check",
                         "foobar")
        self.assertIn(self.folder + "/second/lib/weft/plugins/foobar.so", said)


if __name__ == "__main__":
    unittest.main()
