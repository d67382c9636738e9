# SPDX-License-Identifier: Apache-2.0
"""The systemd unit: what systemd says of it, and what its command does."""

import os
import shlex
import subprocess
import tempfile
import unittest

WEFT = os.environ["WEFT_BIN"]
UNIT = os.environ["WEFT_UNIT"]
EXPOSURE_MAX = 15  # tenths; systemd calls 20 "ok", an unconfined unit has 96


def run(*command, **env):
    return subprocess.run(
        command, env=dict(os.environ, **env), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False)


class Unit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-package-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(UNIT, encoding="utf-8") as file:
            self.unit = file.read()

    def start(self):
        """As systemd would, but with files of the test's own, for a moment."""
        line = next(line for line in self.unit.splitlines()
                    if line.startswith("ExecStart="))
        words = shlex.split(line.split("=", 1)[1].replace("$$", "$"))
        folder = shlex.quote(self.folder)
        command = words[2].replace("/etc/weft", folder)
        installed = command.split("exec ")[1].split()[0]
        self.assertTrue(installed.endswith("/bin/weft"), installed)
        words[2] = command.replace(installed, shlex.quote(WEFT))
        return run(*words, STATE_DIRECTORY=self.folder + "/state",
                   WEFT_DURATION="100ms", WEFT_JSON="true",
                   WEFT_LISTEN="none")

    def test_systemd_has_nothing_to_complain_of(self):
        done = run("systemd-analyze", "verify", "--man=no", UNIT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_is_confined(self):
        done = run("systemd-analyze", "security", "--offline=yes",
                   "--no-pager", f"--threshold={EXPOSURE_MAX}", UNIT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_it_starts_without_a_file_of_settings(self):
        done = self.start()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"stopped"', done.stdout)
        self.assertTrue(os.path.exists(self.folder + "/state/nodekey"))

    def test_it_reads_the_file_when_it_is_there(self):
        with open(self.folder + "/weft.yaml", "w", encoding="ascii") as file:
            file.write("name: from the file\n")
        done = self.start()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"from the file"', done.stdout)

    def test_it_fails_when_the_file_is_wrong(self):
        with open(self.folder + "/weft.yaml", "w", encoding="ascii") as file:
            file.write("nmae: x\n")
        done = self.start()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("weft.yaml:1", done.stderr)


if __name__ == "__main__":
    unittest.main()
