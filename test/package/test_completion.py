# SPDX-License-Identifier: Apache-2.0
"""Completions of bash, as bash and bash-completion call them, and of zsh, in a
zsh on a terminal of its own."""

import os
import re
import subprocess
import tempfile
import unittest

from commands import ALL, PAGES, WEFT

OUT = os.path.join(PAGES, "out")
# Only a completion that readline asked for may set options: compopt would
# complain.
BASH = """
set -u
source /usr/share/bash-completion/bash_completion
source "$1"
shift
compopt() { :; }
COMP_LINE=$1
COMP_POINT=${#COMP_LINE}
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_TYPE=9
COMP_KEY=9
set +u
_weft weft "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
# A zsh inside a zsh, whose lines are completed. What could be put in goes to
# a file as well.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; unset zle_bracketed_paste; fpath=($1 \\$fpath)"
zpty -w shell "path=($2 \\$path); cd $3"
zpty -w shell 'autoload -U compinit; compinit -u -D'
zpty -w shell 'compadd() {
  [[ ${@[(I)-[OAD]]} -gt 0 ]] && { builtin compadd "$@"; return }
  local -a __hits
  builtin compadd -O __hits "$@"
  print -rl -- $__hits >>'"$4"'
  builtin compadd "$@"
}'
zpty -w shell 'finish() { print -r -- "=end=" >>'"$4"'; zle kill-whole-line }'
zpty -w shell 'zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word'
zpty -w shell 'print -r -- "=ready=" >>'"$4"
said=$4
shift 4
# wait_for COUNT WORD - until it was said so often.
wait_for() {
  while [[ $(grep -sc -- $2 $said) -lt $1 ]]; do
    zpty -r -t shell >/dev/null || sleep 0.01
  done
}
wait_for 1 '=ready='
for ((i = 1; i <= $#; i++)); do
  zpty -w -n shell "$argv[i]"$'\\t'$'\\x18'
  wait_for $i '=end='
done
zpty -d shell
"""


class Completion(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-package-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(self.path("folder"))
        for name in "file.yaml", "other.so":
            with open(self.path(name), "w", encoding="ascii"):
                pass
        self.env = dict(
            os.environ, HOME=self.folder, TERM="dumb", LC_ALL="C.UTF-8",
            PATH=os.path.dirname(WEFT) + ":" + os.environ["PATH"])

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run_in(self, *command):
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout

    def bash(self, line):
        """What bash would offer behind that."""
        # Bash takes these apart, as COMP_WORDBREAKS says.
        words = re.findall(r"[=:]+|[^=: ]+", line)
        if line.endswith((" ", "=", ":")):
            words.append("")
        said = self.run_in("bash", "--norc", "-c", BASH, "bash",
                           os.path.join(OUT, "weft.bash"), line, *words)
        return sorted(said.split())


class Bash(Completion):
    def test_it_knows_every_command(self):
        for command in ALL:
            if command.below:
                with self.subTest(command=command.name):
                    self.assertEqual(self.bash(command.name + " "),
                                     sorted(command.below))

    def test_it_knows_every_option(self):
        for command in ALL:
            with self.subTest(command=command.name):
                self.assertEqual(self.bash(command.name + " --"),
                                 sorted("--" + o for o in command.options))

    def test_options_that_were_given_do_not_confuse_it(self):
        for before in ("--listen :0", "--listen=127.0.0.1:0", "--no-listen",
                       "--peer enode://ab@[::1]:303", "--name run",
                       "--name=run"):
            with self.subTest(before=before):
                self.assertEqual(self.bash(f"weft run {before} --dur"),
                                 ["--duration"])
        self.assertEqual(self.bash("weft key show --json fi"), ["file.yaml"])

    def test_it_completes_files_and_folders(self):
        self.assertEqual(self.bash("weft key show "),
                         ["file.yaml", "folder", "other.so"])
        self.assertEqual(self.bash("weft run --datadir "), ["folder"])
        self.assertEqual(self.bash("weft run --datadir=fo"), ["folder"])
        self.assertEqual(self.bash("weft run --datadir fi"), [])
        self.assertEqual(self.bash("weft key import a f"),
                         ["file.yaml", "folder"])

    def test_it_completes_plugins_by_name_and_by_file(self):
        self.assertIn("foobar", self.bash("weft run --plugin fo"))
        self.assertEqual(self.bash("weft run --plugin ./"),
                         ["./folder", "./other.so"])
        self.assertIn("foobar", self.bash("weft plugin check fo"))
        self.assertEqual(self.bash("weft run --plugin foobar,gr"), [])

    def test_it_completes_words(self):
        self.assertEqual(self.bash("weft run --log-level "),
                         ["debug", "error", "info", "warn"])
        self.assertEqual(self.bash("weft run --log-level=e"), ["error"])
        self.assertEqual(self.bash("weft admin --json plugin_l"),
                         ["plugin_list", "plugin_load"])
        self.assertEqual(self.bash("weft mesh --topology r"),
                         ["random:", "ring"])
        self.assertEqual(self.bash("weft mesh --topology random:"), [])

    def test_it_offers_nothing_where_nothing_can_be_guessed(self):
        self.assertEqual(self.bash("weft ping en"), [])
        self.assertEqual(self.bash("weft run --listen "), [])


class Zsh(Completion):
    def zsh(self, *lines):
        """What zsh would offer behind each of these lines."""
        said = self.path("said")
        self.run_in("zsh", "-f", "-c", ZSH, "zsh", OUT,
                    os.path.dirname(WEFT), self.folder, said, *lines)
        with open(said, encoding="utf-8") as file:
            text = file.read().split("=ready=\n", 1)[1]
        os.remove(said)
        offered = [sorted(set(part.split("\n")) - {""})
                   for part in text.split("=end=\n")[:-1]]
        self.assertEqual(len(offered), len(lines))
        return offered

    def test_the_syntax_is_right(self):
        self.run_in("zsh", "-n", os.path.join(OUT, "_weft"))

    def test_it_knows_every_command(self):
        above = [c for c in ALL if c.below]
        offered = self.zsh(*(c.name + " " for c in above))
        self.assertEqual(offered, [sorted(c.below) for c in above])

    def test_it_knows_every_option(self):
        offered = self.zsh(*(c.name + " --" for c in ALL))
        for command, words in zip(ALL, offered):
            with self.subTest(command=command.name):
                self.assertEqual({w.rstrip("=") for w in words},
                                 {"--" + o for o in command.options})

    def test_it_completes_values(self):
        words, plugins, files, folders = self.zsh(
            "weft run --log-level ", "weft run --plugin fo",
            "weft key show ", "weft run --datadir ")
        self.assertEqual(words, ["debug", "error", "info", "warn"])
        self.assertIn("foobar", plugins)
        self.assertIn("file.yaml", files)
        self.assertNotIn("file.yaml", folders)


if __name__ == "__main__":
    unittest.main()
