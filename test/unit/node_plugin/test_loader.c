/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/loader.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/support/unit.h"
#include "test/unit/node_plugin/modules.h"

static struct loader_image *load(struct modules *m, const char *what)
{
	struct loader_image *image = NULL;
	struct why why = WHY_NONE;

	cr_assert_eq(loader_get(m->loader, &image, what, &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_not_null(image);
	return image;
}

/* Is refused, with these words somewhere in one line that begins with the
 * plugin as it was asked for. */
static void refused(struct modules *m, const char *what, enum err rc,
		    const char *says)
{
	struct loader_image *image = NULL;
	struct why why = WHY_NONE;
	char begins[PATH_MAX];

	snprintf(begins, sizeof(begins), "plugin %s: ", what);
	cr_assert_eq(loader_get(m->loader, &image, what, &why), rc, "%s: %s",
		     what, why.text);
	cr_assert_null(image);
	cr_assert(!strncmp(why.text, begins, strlen(begins)), "%s", why.text);
	cr_assert(strstr(why.text, says), "\"%s\" says not \"%s\"", why.text,
		  says);
	cr_assert_null(strchr(why.text, '\n'));
}

/* A module of test/plugins is refused; nothing of it stays behind. */
static void module_refused(const char *module, enum err rc, const char *says)
{
	struct modules m;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, module, "it");
	refused(&m, modules_path(path, &m, "it"), rc, says);
	if (loader_unloads())
		cr_assert_eq(modules_maps("/memfd:it.so"), 0);
	modules_close(&m);
}

Test(loader, loads_a_plugin_by_its_name)
{
	struct modules m;
	struct loader_image *image;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "good", "good");
	image = load(&m, "good");
	cr_assert_str_eq(loader_plugin(image)->name, "good");
	cr_assert_str_eq(loader_plugin(image)->version, "1.0.0");
	cr_assert_str_eq(loader_plugin(image)->summary, "echoes");
	cr_assert_not_null(loader_plugin(image)->start);
	cr_assert_null(loader_plugin(image)->stop);
	cr_assert_str_eq(loader_path(image), modules_path(path, &m, "good"));
	loader_put(image);
	modules_close(&m);
}

Test(loader, loads_a_plugin_by_its_path)
{
	struct modules m;
	struct loader_image *image;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "good", "other");
	image = load(&m, modules_path(path, &m, "other"));
	cr_assert_str_eq(loader_plugin(image)->name, "good");
	loader_put(image);

	cr_assert_eq(chdir(m.scratch.path), 0);
	image = load(&m, "./other.so");
	cr_assert_eq(loader_path(image)[0], '/');
	loader_put(image);
	refused(&m, "other.so", ERR_FORMAT, "give a path, like ./other.so");
	cr_assert_eq(chdir("/"), 0);
	modules_close(&m);
}

Test(loader, leaves_nothing_behind_after_unloading)
{
	struct modules m;
	struct loader_image *image;

	modules_open(&m);
	modules_copy(&m, "good", "good");
	cr_assert_eq(modules_maps("/memfd:good.so"), 0);
	image = load(&m, "good");
	cr_assert_gt(modules_maps("/memfd:good.so"), 0);
	loader_put(image);
	cr_assert_eq(modules_maps("/memfd:good.so") == 0, loader_unloads());
	cr_assert_str_eq(m.warned, "");
	modules_close(&m);
}

Test(loader, says_when_an_object_stays_in_memory)
{
	struct modules m;

	modules_open(&m);
	modules_copy(&m, "sticks", "good");
	loader_put(load(&m, "good"));
	cr_assert_gt(modules_maps("/memfd:good.so"), 0);
	cr_assert_str_eq(m.warned,
			 loader_unloads()
				 ? "stays in memory though it is unloaded"
				 : "");

	/* What is loaded next is itself, though descriptors are reused. */
	modules_copy(&m, "good_again", "good");
	for (int i = 0; i < 3; i++) {
		struct loader_image *image = load(&m, "good");

		cr_assert_str_eq(loader_plugin(image)->version, "1.1.0");
		loader_put(image);
	}
	modules_close(&m);
}

Test(loader, counts_the_users_of_an_image)
{
	struct modules m;
	struct loader_image *a;
	struct loader_image *b;
	struct loader_image *c;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "good", "good");
	modules_copy(&m, "good", "copy");
	modules_copy(&m, "older", "older");
	a = load(&m, "good");
	b = load(&m, modules_path(path, &m, "copy"));
	c = load(&m, "older");
	cr_assert_eq(a, b);
	cr_assert_neq(a, c);
	loader_put(a);
	cr_assert_gt(modules_maps("/memfd:good.so"), 0);
	cr_assert_str_eq(loader_plugin(b)->name, "good");
	loader_put(b);
	loader_put(c);
	modules_close(&m);
}

Test(loader, gives_the_new_object_while_the_old_one_runs)
{
	struct modules m;
	struct loader_image *old;
	struct loader_image *new;

	modules_open(&m);
	modules_copy(&m, "good", "good");
	old = load(&m, "good");
	modules_copy(&m, "good_again", "good"); /* in place, as cp does */
	new = load(&m, "good");
	cr_assert_neq(old, new);
	cr_assert_str_eq(loader_plugin(old)->version, "1.0.0");
	cr_assert_str_eq(loader_plugin(new)->version, "1.1.0");
	loader_put(old);
	cr_assert_str_eq(loader_plugin(new)->version, "1.1.0");
	loader_put(new);
	modules_close(&m);
}

/* As much as it has; what lies behind that in memory is not looked at. */
Test(loader, loads_a_plugin_with_an_older_descriptor)
{
	struct modules m;
	struct loader_image *image;

	modules_open(&m);
	modules_copy(&m, "older", "older");
	image = load(&m, "older");
	cr_assert_str_eq(loader_plugin(image)->name, "older");
	cr_assert_not_null(loader_plugin(image)->start);
	cr_assert_null(loader_plugin(image)->stop);
	cr_assert_null(loader_plugin(image)->freed);
	cr_assert_eq(loader_plugin(image)->size,
		     offsetof(struct weft_plugin, stop));
	loader_put(image);
	modules_close(&m);
}

Test(loader, loads_objects_with_hash_tables_of_either_kind)
{
	struct modules m;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "sysv_hash", "it");
	modules_copy(&m, "rooted_rpath", "rooted");
	loader_put(load(&m, modules_path(path, &m, "it")));
	loader_put(load(&m, modules_path(path, &m, "rooted")));
	modules_close(&m);
}

Test(loader, asks_to_rebuild_for_another_weft)
{
	module_refused("wrong_hash", ERR_UNSUPPORTED,
		       "built with another <weft/plugin.h> "
		       "(0000000000001234, this weft has ");
	module_refused("wrong_hash", ERR_UNSUPPORTED,
		       "rebuild against this weft");
	module_refused("wrong_abi", ERR_UNSUPPORTED,
		       "built for plugin interface 7, this weft has 0; "
		       "rebuild against this weft");
}

Test(loader, runs_nothing_of_a_plugin_for_another_weft)
{
	module_refused("wrong_hash", ERR_UNSUPPORTED, "rebuild");
	module_refused("wrong_abi", ERR_UNSUPPORTED, "rebuild");
	module_refused("wrong_size", ERR_FORMAT, "a size of 24");
	cr_assert_null(getenv("WEFT_TEST_CONSTRUCTOR"));
	/* These have the head of a plugin for this one. */
	module_refused("no_name", ERR_FORMAT, "its name");
	cr_assert_not_null(getenv("WEFT_TEST_CONSTRUCTOR"));
}

Test(loader, refuses_descriptors_that_are_wrong)
{
	module_refused("bad_name", ERR_FORMAT, "its name \"Bad name\" is not");
	module_refused("no_name", ERR_FORMAT, "its name \"\" is not");
	module_refused("bad_version", ERR_FORMAT, "its version is empty, or");
	module_refused("no_version", ERR_FORMAT, "its version is empty, or");
	module_refused("no_start", ERR_FORMAT, "its descriptor has no start");
	module_refused("no_api", ERR_FORMAT, "its descriptor has no api");
	module_refused("bad_option", ERR_FORMAT,
		       "declared options: bad: default: \"five\": not a whole "
		       "number");
	module_refused("too_large", ERR_FORMAT, "smaller than it says");
}

/* "plugin_list" of a plugin named "plugin" would be anybody's guess. */
Test(loader, refuses_the_names_of_the_nodes_own_methods)
{
	static const char *const names[] = { "admin", "node", "plugin", "rpc",
					     "node_x" };
	struct modules m;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char module[32], says[64];

		snprintf(module, sizeof(module), "named_%s", names[i]);
		snprintf(says, sizeof(says),
			 "its name \"%s\" would give it admin methods",
			 names[i]);
		module_refused(module, ERR_FORMAT, says);
	}
	modules_open(&m);
	modules_copy(&m, "named_nodes", "nodes");
	loader_put(load(&m, "nodes"));
	modules_close(&m);
}

Test(loader, refuses_what_is_no_plugin)
{
	module_refused("no_symbol", ERR_NOT_FOUND,
		       "no symbol weft_plugin: not a plugin");
	module_refused("sysv_no_symbol", ERR_NOT_FOUND,
		       "no symbol weft_plugin: not a plugin");
	module_refused("refers", ERR_NOT_FOUND,
		       "no symbol weft_plugin: not a plugin");
	module_refused("function", ERR_NOT_FOUND,
		       "its symbol weft_plugin is not data");
	module_refused("exec_stack", ERR_DENIED, "executable stack");
	module_refused("relative_rpath", ERR_DENIED,
		       "looks for libraries in \"/usr/lib:lib\"");
	module_refused("origin_rpath", ERR_DENIED,
		       "looks for libraries in \"$ORIGIN\"");
}

Test(loader, names_the_symbol_that_is_missing)
{
	struct modules m;
	char path[PATH_MAX];
	char says[PATH_MAX * 2];

	modules_open(&m);
	modules_copy(&m, "undefined", "it");
	modules_path(path, &m, "it");
	/* Not a word of the name that the copy has for the linker. */
	snprintf(says, sizeof(says),
		 "plugin %s: undefined symbol: nowhere_to_be_found", path);
	refused(&m, path, ERR_SYSTEM, says);
	modules_close(&m);
}

Test(loader, refuses_files_that_are_no_objects)
{
	static const char script[] = "#!/bin/sh\n# longer than a header is\n"
				     "echo hello, and echo hello\nexit 0\n";
	struct modules m;
	char path[PATH_MAX];

	modules_open(&m);
	modules_path(path, &m, "it");
	scratch_write(path, "", 0, 0644);
	refused(&m, path, ERR_FORMAT, "0 bytes only");
	scratch_write(path, script, strlen(script), 0644);
	refused(&m, path, ERR_FORMAT, "no ELF header");
	refused(&m, "/proc/self/exe", ERR_UNSUPPORTED, "a program");
	modules_close(&m);
}

Test(loader, refuses_a_truncated_object)
{
	struct modules m;
	char path[PATH_MAX];
	struct span bytes;

	modules_open(&m);
	modules_copy(&m, "good", "good");
	modules_path(path, &m, "good");
	bytes = modules_read(path);
	for (size_t len = bytes.len / 8; len < bytes.len / 2;
	     len += bytes.len / 8) {
		cr_assert_eq(truncate(path, (off_t)len), 0);
		refused(&m, path, ERR_FORMAT, "cut short");
		scratch_write(path, bytes.data, bytes.len, 0644);
	}
	free((void *)bytes.data);
	modules_close(&m);
}

Test(loader, refuses_a_file_that_is_too_large)
{
	struct modules m;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "good", "good");
	modules_path(path, &m, "good");
	/* Sparse; and what is at its front would load. */
	cr_assert_eq(truncate(path, LOADER_FILE_MAX), 0);
	loader_put(load(&m, "good"));
	cr_assert_eq(truncate(path, LOADER_FILE_MAX + 1), 0);
	refused(&m, path, ERR_LIMIT, "over 64 MiB");
	modules_close(&m);
}

Test(loader, says_where_it_looked_for_a_name)
{
	struct modules m;
	char says[PATH_MAX + 64];
	char path[PATH_MAX];

	modules_open(&m);
	snprintf(says, sizeof(says),
		 "there is no %s; for a file elsewhere give a path, like "
		 "./good.so",
		 modules_path(path, &m, "good"));
	refused(&m, "good", ERR_NOT_FOUND, says);
	modules_copy(&m, "good", "good");
	snprintf(says, sizeof(says), "there is no %s; did you mean good?",
		 modules_path(path, &m, "goood"));
	refused(&m, "goood", ERR_NOT_FOUND, says);
	refused(&m, "/nowhere/good.so", ERR_NOT_FOUND,
		"cannot open /nowhere: No such file or directory");
	modules_close(&m);
}

Test(loader, takes_names_for_names_only)
{
	static const char *const wrong[] = { "",   "Good",  "good.so",
					     "..", "go od", "g\xc3\xb6od" };
	char long_name[LOADER_NAME_MAX + 1];
	struct modules m;

	modules_open(&m);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refused(&m, wrong[i], ERR_FORMAT, "not a plugin's name");
	memset(long_name, 'a', LOADER_NAME_MAX);
	long_name[LOADER_NAME_MAX] = '\0';
	refused(&m, long_name, ERR_FORMAT, "not a plugin's name");
	refused(&m, long_name + 1, ERR_NOT_FOUND, "there is no ");
	modules_close(&m);
}

Test(loader, refuses_a_name_that_is_another_plugin)
{
	struct loader_image *image;
	struct modules m;

	modules_open(&m);
	modules_copy(&m, "good", "evil");
	refused(&m, "evil", ERR_FORMAT,
		"this is the plugin good; name the file good.so");
	/* Nor when it is loaded already. */
	modules_copy(&m, "good", "good");
	image = load(&m, "good");
	refused(&m, "evil", ERR_FORMAT, "this is the plugin good");
	loader_put(image);
	modules_close(&m);
}

Test(loader, refuses_a_file_that_others_may_write)
{
	static const mode_t wrong[] = { 0666, 0664, 0646, 01666 };
	struct modules m;
	char path[PATH_MAX];

	modules_open(&m);
	modules_copy(&m, "good", "good");
	modules_path(path, &m, "good");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert_eq(chmod(path, wrong[i]), 0);
		refused(&m, "good", ERR_DENIED, "others may write to");
	}
	cr_assert_eq(chmod(path, 0644), 0);
	loader_put(load(&m, "good"));
	modules_close(&m);
}

/* LD_LIBRARY_PATH is read when a program starts, so it needs one of its own. */
static void load_one(const char *folder, const char *environment,
		     const char *expected)
{
	char *const argv[] = { (char *)"load_one", (char *)folder,
			       (char *)"good", NULL };
	char *const env[] = { (char *)environment, NULL };
	posix_spawn_file_actions_t actions;
	char said[256];
	int status;
	int out[2];
	ssize_t len;
	pid_t pid;

	cr_assert_eq(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	cr_assert_eq(posix_spawn(&pid, TEST_PLUGINS "/load_one", &actions, NULL,
				 argv, env),
		     0);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	len = read(out[0], said, sizeof(said) - 1);
	close(out[0]);
	cr_assert_gt(len, 0);
	said[len] = '\0';
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_str_eq(said, expected);
}

Test(loader, loads_the_same_whatever_the_environment_says)
{
	char evil[PATH_MAX];
	char environment[PATH_MAX + 32];
	struct modules m;

	modules_open(&m);
	modules_copy(&m, "good", "good");
	snprintf(evil, sizeof(evil), "%s/evil", m.scratch.path);
	cr_assert_eq(mkdir(evil, 0755), 0);
	modules_copy(&m, "good_again", "evil/good");
	snprintf(environment, sizeof(environment), "LD_LIBRARY_PATH=%s", evil);
	load_one(m.scratch.path, environment, "1.0.0\n");
	snprintf(environment, sizeof(environment), "PWD=%s", evil);
	load_one(m.scratch.path, environment, "1.0.0\n");
	load_one(evil, environment, "1.1.0\n");
	modules_close(&m);
}

Test(loader, knows_a_default_folder)
{
	char folder[PATH_MAX];
	struct stat st;

	cr_assert_str_eq(loader_folder(folder), folder);
	cr_assert_eq(folder[0], '/');
	/* No "plugins" lies beside this program, so it is the installed. */
	cr_assert(strstr(folder, "/weft/plugins"), "%s", folder);
	cr_assert(stat("/proc/self/exe", &st) == 0);
}
