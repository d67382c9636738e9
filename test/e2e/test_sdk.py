# SPDX-License-Identifier: Apache-2.0
"""An installation is all that is needed to write, test and check a plugin, and
to put a node into a program."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess

import lab

BUILD = os.environ["WEFT_BUILD"]
SOURCE = os.environ["WEFT_SOURCE"]
# The compiler of this build, and what its sanitizers ask of whoever links.
CC = os.environ["WEFT_CC"].split()
CMAKE = [
    "-DCMAKE_C_COMPILER=" + CC[0],
    "-DCMAKE_C_FLAGS=" + " ".join(CC[1:]),
]
NAMES = [
    ("", "not a plugin's name"),
    ("Hello", "not a plugin's name"),
    ("hello world", "not a plugin's name"),
    ("../hello", "not a plugin's name"),
    ("1hello", "not a plugin's name"),
    ("h" * 64, "not a plugin's name"),
    ("test", "the build has something of that name"),
    ("node", "choose another name"),
    ("admin_tools", "choose another name"),
]


class Sdk(lab.Lab):
    def must(self, *command, cwd=None, **env):
        done = subprocess.run(
            command, cwd=cwd or self.folder,
            env=dict(self.env, CMAKE_GENERATOR="Ninja", **env),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300, check=False,
        )
        self.assertEqual(
            done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def install(self):
        """Into a folder of the test's own; returns that."""
        prefix = self.path("first")
        self.must("cmake", "--install", BUILD, "--prefix", prefix)
        # All of it may be moved.
        shutil.move(prefix, self.path("prefix"))
        return self.path("prefix")

    def pkg_config(self, prefix, *args):
        return shlex.split(self.must(
            "pkg-config", *args, "weft",
            PKG_CONFIG_PATH=os.path.join(prefix, "lib", "pkgconfig"),
        ))

    def build_project(self, folder):
        self.must("cmake", "-S", folder, "-B", folder + "/build", *CMAKE)
        self.must("cmake", "--build", folder + "/build")
        self.must("ctest", "--test-dir", folder + "/build",
                  "--output-on-failure")


class Plugin(Sdk):
    def test_a_new_plugin_builds_passes_its_test_and_can_be_loaded(self):
        prefix = self.install()
        weft = os.path.join(prefix, "bin", "weft")
        said = self.must(weft, "new-plugin", "my-hello")
        self.assertIn("cmake -B build", said)
        for name in os.listdir(self.path("my-hello")):
            with open(self.path("my-hello", name), encoding="ascii") as file:
                self.assertNotRegex(file.read(), "@[A-Z_]+@", name)
        self.build_project(self.path("my-hello"))
        plugin = self.path("my-hello", "build", "my-hello.so")
        facts = json.loads(self.must(weft, "plugin", "check", "--json", plugin))
        self.assertIs(facts["ok"], True)
        self.assertEqual(facts["name"], "my-hello")
        self.assertEqual(facts["version"], "0.1.0")
        self.assertEqual(facts["abi"], 0)
        self.assertEqual(
            [(o["name"], o["type"], o["default"]) for o in facts["options"]],
            [("greeting", "text", "hello")])
        exported = self.must("nm", "-D", "--defined-only", plugin)
        self.assertRegex(exported, r"\A\w+ \w weft_plugin\n\Z")

        # The test is one: it fails when the plugin is wrong.
        source = self.path("my-hello", "my-hello.c")
        with open(source, encoding="ascii") as file:
            text = file.read()
        with open(source, "w", encoding="ascii") as file:
            file.write(text.replace('"[s]", greeting', '"[s]", "wrong"'))
        self.must("cmake", "--build", self.path("my-hello", "build"))
        done = subprocess.run(
            [self.path("my-hello", "build", "my-hello_test")],
            capture_output=True, text=True, env=self.env, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("says hello", done.stdout)

    def test_a_new_plugin_of_a_build_builds_as_well(self):
        self.assertEqual(self.weft("new-plugin", "hello").status, 0)
        self.build_project(self.path("hello"))

    def test_a_plugin_needs_no_cmake(self):
        prefix = self.install()
        self.must(os.path.join(prefix, "bin", "weft"), "new-plugin", "hello")
        self.must(
            *CC, "-o", "hello.so", "hello/hello.c",
            *self.pkg_config(prefix, "--cflags"),
            *self.pkg_config(prefix, "--variable=plugin_cflags"),
            *self.pkg_config(prefix, "--variable=plugin_ldflags"))
        done = self.weft("plugin", "check", "hello.so")
        self.assertEqual(done.status, 0, done.err)
        self.assertIn("can be loaded", done.out)

    def test_plugins_of_an_installation_are_found_by_name(self):
        prefix = self.install()
        said = self.must(
            os.path.join(prefix, "bin", "weft"), "plugin", "check", "foobar")
        self.assertIn(os.path.join(prefix, "lib/weft/plugins/foobar.so"), said)
        self.assertIn("can be loaded", said)
        self.assertEqual(
            os.path.realpath(
                self.pkg_config(prefix, "--variable=plugindir")[0]),
            os.path.realpath(os.path.join(prefix, "lib/weft/plugins")))

    def test_a_folder_that_is_there_is_left_alone(self):
        os.mkdir(self.path("hello"))
        self.write("hello/mine", "mine")
        done = self.weft("new-plugin", "hello")
        self.assertEqual(done.status, 1)
        self.assertIn("is there already", done.err)
        self.assertEqual(os.listdir(self.path("hello")), ["mine"])
        self.write("file", "mine")
        self.assertEqual(self.weft("new-plugin", "file").status, 1)

    def test_a_project_that_cannot_be_written_leaves_nothing(self):
        done = self.weft("new-plugin", "hello", "--in", self.path("nowhere"))
        self.assertEqual(done.status, 1)
        self.assertIn("No such file", done.err)

    def test_names_are_checked(self):
        for name, part in NAMES:
            with self.subTest(name=name):
                done = self.weft("new-plugin", name)
                self.assertEqual(done.status, 2)
                self.assertIn(part, done.err)
                self.assertEqual(os.listdir(self.folder), ["home"])


class Check(Sdk):
    def refused(self, plugin, part, **members):
        done = self.weft("plugin", "check", plugin)
        self.assertEqual(done.status, 1, done)
        self.assertIn(part, done.err)
        self.assertEqual(done.err.count("\n"), 1, done.err)
        done = self.weft("plugin", "check", plugin, "--json")
        self.assertEqual(done.status, 1)
        facts = json.loads(done.out)
        self.assertEqual(next(iter(facts)), "event")
        self.assertIs(facts["ok"], False)
        self.assertIn(part, facts["why"])
        self.assertLessEqual(members.items(), facts.items())

    def test_it_says_why_a_plugin_is_refused(self):
        made = os.path.join(BUILD, "test/plugins")
        for name, part in [
                ("wrong_abi", "built for plugin interface 7"),
                ("wrong_hash", "rebuild against this weft"),
                ("no_symbol", "no symbol weft_plugin"),
                ("undefined", "nowhere_to_be_found"),
                ("exec_stack", "stack")]:
            with self.subTest(name=name):
                self.refused(os.path.join(made, name + ".so"), part)
        self.refused(os.path.join(made, "wrong_abi.so"), "interface", abi=7)
        self.refused("nosuch", "there is no ")
        self.refused(self.write("text.so", "text"), "not a shared object")
        self.refused(self.folder, "")

    def compile(self, name, text):
        source = self.write(name + ".c", text)
        self.must(
            *CC, "-fPIC", "-shared", "-o", name + ".so", source,
            "-I" + os.path.join(SOURCE, "plugins/include"),
            "-I" + os.path.join(BUILD, "plugins/include"))
        return self.path(name + ".so")

    def test_what_loading_breaks_is_told(self):
        head = """
            #include <signal.h>
            #include <stdlib.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            #include <weft/plugin.h>
            static int start(struct weft_host *h, void **state)
            {
                (void)h; (void)state;
                return 0;
            }
            WEFT_PLUGIN(.name = "bad", .version = "1", .start = start);
            __attribute__((constructor)) static void at_load(void)
        """
        self.refused(
            self.compile("dies", head + "{ raise(SIGKILL); }"),
            "ends the process: Killed")
        self.refused(
            self.compile("leaves", head + "{ syscall(SYS_exit_group, 3); }"),
            "ends the process with status 3")

    def test_usage(self):
        for args in [], ["check"], ["check", "a", "b"], ["chekc", "a"]:
            done = self.weft("plugin", *args)
            self.assertEqual(done.status, 2)
            self.assertIn("Try 'weft plugin", done.err)


class Embed(Sdk):
    def talk(self, server, caller, env=None):
        """Run the documents' server, and call it."""
        process = subprocess.Popen(
            [server, "127.0.0.1:0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(self.env, **(env or {})))
        try:
            enode = process.stdout.readline().strip()
            self.assertRegex(enode, r"^enode://[0-9a-f]{128}@127\.0\.0\.1:\d+$")
            said = self.must(caller, enode, **(env or {}))
            self.assertEqual(said, "bar\n")
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=lab.DEADLINE)
        finally:
            process.kill()
            process.wait()
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("caller", err)
        self.assertIn("received  text=hello\\x0athere", err)

    def test_the_server_of_the_documents_answers(self):
        programs = os.path.join(BUILD, "test/e2e/programs")
        self.talk(os.path.join(programs, "foobar_server"),
                  os.path.join(programs, "foobar_caller"))

    def build_programs(self, *libraries):
        for source in ("docs/examples/foobar_server",
                       "test/e2e/programs/foobar_caller"):
            self.must(*CC, "-Wall", "-Wextra", "-Werror",
                      "-o", os.path.basename(source),
                      os.path.join(SOURCE, source + ".c"), *libraries)
        return self.path("foobar_server"), self.path("foobar_caller")

    def test_it_builds_with_pkg_config_against_the_shared_library(self):
        prefix = self.install()
        programs = self.build_programs(
            *self.pkg_config(prefix, "--cflags", "--libs"))
        self.talk(*programs,
                  {"LD_LIBRARY_PATH": os.path.join(prefix, "lib")})

    def test_it_builds_with_pkg_config_against_the_static_library(self):
        prefix = self.install()
        os.remove(os.path.join(prefix, "lib", "libweft.so"))
        self.talk(*self.build_programs(
            *self.pkg_config(prefix, "--cflags", "--static", "--libs")))

    def test_the_libraries_export_their_interface_and_nothing_else(self):
        prefix = self.install()
        names = set()
        for line in self.must(
                "nm", "-D", "--defined-only",
                os.path.join(prefix, "lib", "libweft.so")).splitlines():
            names.add(line.split()[-1])
        self.assertIn("weft_server_open_sized", names)
        self.assertIn("weft_test_run_with", names)
        self.assertEqual(
            [n for n in sorted(names) if not n.startswith("weft_")], [])
        static = set(re.findall(
            r"^\w+ [A-TV-Z] (\S+)$", self.must(
                "nm", "-g", "--defined-only",
                os.path.join(prefix, "lib", "libweft.a")), re.MULTILINE))
        self.assertEqual(static - names, {"weft_api_table"})
        self.assertEqual(names - static, set())


if __name__ == "__main__":
    lab.main()
