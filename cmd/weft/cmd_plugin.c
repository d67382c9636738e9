/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugin.c - would this plugin be loaded, and what does it say of itself?
 *
 * The file is judged from its bytes first, and then loaded in a child process,
 * since loading runs its constructors: what they break is not ours. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/plugin/elf_check.h"
#include "node/plugin/loader.h"
#include "node/plugin/needs.h"
#include "node/show.h"

enum {
	LOAD_SECONDS = 10,
	TOLD_MAX = 1024 * 1024, /* bytes of what the child tells */
};

struct check_options {
	bool json;
};

static const struct option_row rows[] = {
	{ .name = "json",
	  .help = "print a JSON object",
	  .field = offsetof(struct check_options, json),
	  .read = value_flag },
	{ 0 },
};

/* --- from its bytes --------------------------------------------------------
 */

/* As the loader has it: a NAME is a file of the plugins' folder. What is
 * neither a name nor a path is a file here. */
static void path_of(char out[PATH_MAX], const char *what)
{
	char folder[PATH_MAX];
	int n;

	if (loader_is_name(what))
		n = snprintf(out, PATH_MAX, "%s/%s.so", loader_folder(folder),
			     what);
	else
		n = snprintf(out, PATH_MAX, "%s%s",
			     strchr(what, '/') ? "" : "./", what);
	if (n >= PATH_MAX)
		out[0] = '\0'; /* the loader will say so */
}

/* A file that is not to be read yields nothing: the loader says why. */
static struct span read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= LOADER_FILE_MAX) {
		bytes = malloc((size_t)st.st_size + 1);
		if (!bytes)
			abort();
		while (len < (size_t)st.st_size) {
			ssize_t n =
				read(fd, bytes + len, (size_t)st.st_size - len);

			if (n <= 0)
				break;
			len += (size_t)n;
		}
	}
	if (fd >= 0)
		close(fd);
	return span_of(bytes, len);
}

static void set_hash(json_t *o, const char *key, uint64_t hash)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, hash);
	show_json_set(o, key, json_string(text));
}

static void look_at_bytes(json_t *o, const char *path)
{
	struct span file = read_file(path);
	struct elf_plugin found;

	if (file.data && !elf_check(&found, file, NULL) && found.is_known) {
		show_json_set(o, "abi", json_integer(found.abi));
		set_hash(o, "header", found.abi_hash);
		show_json_set(o, "descriptor", json_integer(found.size));
	}
	free((void *)file.data);
}

/* --- in the child ----------------------------------------------------------
 */

static const char *type_name(uint32_t type)
{
	switch (type) {
	case WEFT_OPTION_TEXT:
		return "text";
	case WEFT_OPTION_INT:
		return "int";
	case WEFT_OPTION_BOOL:
		return "bool";
	case WEFT_OPTION_DURATION:
		return "duration";
	}
	return "unknown";
}

static json_t *option_json(const struct weft_option *option)
{
	json_t *o = json_object();

	show_json_set(o, "name", show_json_own(option->name));
	show_json_set(o, "type", json_string(type_name(option->type)));
	show_json_set(o, "default",
		      show_json_own(option->fallback ? option->fallback : ""));
	show_json_set(o, "help",
		      show_json_own(option->help ? option->help : ""));
	if (option->min || option->max) {
		show_json_set(o, "min", json_integer(option->min));
		show_json_set(o, "max", json_integer(option->max));
	}
	return o;
}

static void add_library(void *ctx, const char *library)
{
	if (json_array_append_new(ctx, show_json_own(library)))
		abort();
}

static void describe(json_t *o, const struct weft_plugin *p)
{
	json_t *options = json_array(), *needs = json_array();

	for (size_t i = 0; p->options && p->options[i]; i++)
		if (json_array_append_new(options, option_json(p->options[i])))
			abort();
	needs_each(p, add_library, needs);
	show_json_set(o, "name", show_json_own(p->name));
	show_json_set(o, "version", show_json_own(p->version));
	show_json_set(o, "summary",
		      show_json_own(p->summary ? p->summary : ""));
	show_json_set(o, "options", options);
	show_json_set(o, "needs", needs);
}

/* Tell whoever reads fd, as JSON, what loading it gives. */
static _Noreturn void load(int fd, const char *path)
{
	const struct loader_config config = { .us = geteuid() };
	struct loader *loader = loader_new(&config);
	struct loader_image *image;
	struct why why = WHY_NONE;
	json_t *o = json_object();

	alarm(LOAD_SECONDS);
	if (loader_get(loader, &image, path, &why)) {
		show_json_set(o, "ok", json_false());
		show_json_set(o, "why", show_json_own(why.text));
	} else {
		show_json_set(o, "ok", json_true());
		describe(o, loader_plugin(image));
	}
	/* Its destructors are none of our business, nor is what it leaks. */
	_exit(json_dumpfd(o, fd, JSON_COMPACT) ? EXIT_FAILED : EXIT_OK);
}

/* --- and what came of it ---------------------------------------------------
 */

/* Up to the end, or for as long as loading may take and a little more: what it
 * started may hold the pipe open for ever. */
static json_t *listen_to(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char *text = malloc(TOLD_MAX);
	json_t *told = NULL;
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		abort();
	while (n > 0 && len < TOLD_MAX && !told &&
	       poll(&wait, 1, (LOAD_SECONDS + 2) * 1000) > 0) {
		n = read(fd, text + len, TOLD_MAX - len);
		if (n > 0)
			len += (size_t)n;
		told = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, NULL);
	}
	free(text);
	return told;
}

static json_t *failure(const char *path, int status)
{
	json_t *o = json_object();
	char why[PATH_MAX + 128];

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(why, sizeof(why),
			 "plugin %s: loading it takes more than %d s", path,
			 LOAD_SECONDS);
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why),
			 "plugin %s: loading it ends the process: %s", path,
			 strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof(why),
			 "plugin %s: loading it ends the process with status "
			 "%d",
			 path, WEXITSTATUS(status));
	show_json_set(o, "ok", json_false());
	show_json_set(o, "why", show_json_own(why));
	return o;
}

static enum err try_load(json_t **out, const char *path, struct why *why)
{
	int ends[2], status = 0;
	pid_t child;

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC))
		return err_errno(why, ERR_SYSTEM, errno, "no pipe");
	child = fork();
	if (!child) {
		close(ends[0]);
		load(ends[1], path);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return err_errno(why, ERR_SYSTEM, errno, "no child process");
	}
	*out = listen_to(ends[0]);
	close(ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!*out)
		*out = failure(path, status);
	return ERR_NONE;
}

/* --- printing ----------------------------------------------------------------
 */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void print_option(const json_t *option, const char *head)
{
	const json_t *min = json_object_get(option, "min");

	printf("%-9s %-16s %-8s  %s", head, text_of(option, "name"),
	       text_of(option, "type"), text_of(option, "help"));
	if (*text_of(option, "default"))
		printf(" (%s)", text_of(option, "default"));
	if (min && !strcmp(text_of(option, "type"), "int"))
		printf(", %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT,
		       json_integer_value(min),
		       json_integer_value(json_object_get(option, "max")));
	putchar('\n');
}

static void print_text(const json_t *o)
{
	const json_t *options = json_object_get(o, "options");
	const json_t *needs = json_object_get(o, "needs");
	size_t i;
	json_t *item;

	printf("%-9s %s\n", "file", text_of(o, "file"));
	if (*text_of(o, "name"))
		printf("%-9s %s %s\n%-9s %s\n", "plugin", text_of(o, "name"),
		       text_of(o, "version"), "summary", text_of(o, "summary"));
	if (json_object_get(o, "abi"))
		printf("%-9s %" JSON_INTEGER_FORMAT
		       ", header %s (this weft: %d, %016" PRIx64 ")\n",
		       "abi", json_integer_value(json_object_get(o, "abi")),
		       text_of(o, "header"), WEFT_ABI, (uint64_t)WEFT_ABI_HASH);
	json_array_foreach((json_t *)options, i, item)
		print_option(item, i ? "" : "options");
	json_array_foreach((json_t *)needs, i, item)
		printf("%-9s %s\n", i ? "" : "needs", json_string_value(item));
	if (json_is_true(json_object_get(o, "ok")))
		printf("%-9s %s\n", "verdict", "can be loaded");
}

static int run_check(const struct command *c, int argc, char **argv)
{
	struct check_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	json_t *facts, *told = NULL;
	char path[PATH_MAX];
	bool ok;

	if (at < 0)
		return OPTIONS_STATUS(at);
	path_of(path, argv[at]);
	facts = show_json_event("plugin");
	show_json_set(facts, "file", show_json_own(path));
	look_at_bytes(facts, path);
	/* As it was given, a NAME is told from a path that is not there. */
	if (try_load(&told,
		     loader_is_name(argv[at]) || !*path ? argv[at] : path,
		     &why)) {
		json_decref(facts);
		return options_failed(c, &why);
	}
	if (json_object_update(facts, told))
		abort();
	json_decref(told);
	ok = json_is_true(json_object_get(facts, "ok"));
	err_fail(&why, ERR_DENIED, "%s", text_of(facts, "why"));
	if (o.json) {
		show_json_line(stdout, facts);
	} else {
		if (ok || json_object_get(facts, "abi"))
			print_text(facts);
		json_decref(facts);
		fflush(stdout);
	}
	if (ok)
		return EXIT_OK;
	return o.json ? EXIT_FAILED : options_failed(c, &why);
}

static const struct command command_check = {
	.name = "weft plugin check",
	.operands = "FILE|PLUGIN [--json]",
	.summary = "say what a plugin is, or why it is refused",
	.examples = "  weft plugin check build/hello.so\n"
		    "  weft plugin check foobar\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_check,
};

static const struct command *const below[] = { &command_check, NULL };

const struct command command_plugin = {
	.name = "weft plugin",
	.operands = "COMMAND [options]",
	.summary = "look at plugins",
	.examples = "  weft plugin check build/hello.so\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
