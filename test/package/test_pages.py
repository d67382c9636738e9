# SPDX-License-Identifier: Apache-2.0
"""Manual pages: correct, one for each command, and with all that its --help
tells."""

import gzip
import os
import re
import subprocess
import unittest

from commands import ALL, PAGES

MAN = os.path.join(PAGES, "man")


def pages():
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(MAN) for name in names)


def rendered(name):
    """Bare text: without overstrikes, and with lines of any length."""
    path = os.path.join(MAN, "man1", name.replace(" ", "-") + ".1.gz")
    with gzip.open(path) as file:
        text = subprocess.run(
            ["mandoc", "-Tascii", "-Owidth=200"], input=file.read(),
            capture_output=True, timeout=60, check=True).stdout.decode()
    return re.sub(".\b", "", text)


class Pages(unittest.TestCase):
    maxDiff = None

    def test_there_is_one_for_each_command(self):
        self.assertGreater(len(ALL), 10)
        self.assertEqual(
            sorted(os.listdir(os.path.join(MAN, "man1"))),
            sorted(c.name.replace(" ", "-") + ".1.gz" for c in ALL))

    def test_mandoc_has_nothing_to_complain_of(self):
        for page in pages():
            with self.subTest(page=page), gzip.open(page) as file:
                done = subprocess.run(
                    ["mandoc", "-Tlint", "-Wwarning"], input=file.read(),
                    capture_output=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_they_have_every_option_of_the_help_and_no_other(self):
        for command in ALL:
            with self.subTest(command=command.name):
                found = dict(re.findall(
                    r"^     (?:-h, )?--([a-z0-9-]+) ?(\S*)",
                    rendered(command.name), re.M))
                self.assertEqual(
                    found, {k: v or "" for k, v in command.options.items()})

    def test_they_tell_the_summary_and_the_commands_below(self):
        for command in ALL:
            with self.subTest(command=command.name):
                text = rendered(command.name)
                self.assertIn(command.summary, text)
                for word in command.below:
                    page = f"{command.name} {word}".replace(" ", "-")
                    self.assertIn(f"\n     {page}(1)\n", text)

    def test_they_have_the_examples_as_they_are_typed(self):
        for command in ALL:
            with self.subTest(command=command.name):
                self.assertTrue(command.examples)
                text = rendered(command.name)
                for line in command.examples:
                    self.assertIn(f"\n{' ' * 9}{line}\n", text)

    def test_a_settings_page_is_there_when_a_command_reads_such_a_file(self):
        reads = any("config" in c.options for c in ALL)
        self.assertEqual(os.listdir(os.path.join(MAN, "man5")),
                         ["weft.yaml.5.gz"] if reads else [])


if __name__ == "__main__":
    unittest.main()
