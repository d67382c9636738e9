/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_new_plugin.c - a folder with a plugin that builds and passes its test. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/templates.h"
#include "cmd/weft/values.h"
#include "node/plugin/loader.h"

struct new_options {
	const char *in;
};

/* What stands for what in the templates. */
struct project {
	const char *name;
	char ident[LOADER_NAME_MAX];
	char weft_dir[PATH_MAX];
	char folder[PATH_MAX];
};

static const struct option_row rows[] = {
	{ .name = "in",
	  .value = "FOLDER",
	  .help = "make it in this folder instead of the current one",
	  .field = offsetof(struct new_options, in),
	  .read = value_text },
	{ 0 },
};

/* --- the name ----------------------------------------------------------------
 */

/* It becomes a target of the project's build, which has these already. */
static bool is_target(const char *name)
{
	static const char *const taken[] = {
		"all",	   "clean", "depend",	  "help", "install",
		"package", "test",  "edit_cache", "weft",
	};

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (!strcmp(name, taken[i]))
			return true;
	return false;
}

static enum err check_name(const char *name, struct why *why)
{
	if (!loader_is_name(name) || name[0] < 'a' || name[0] > 'z')
		return err_fail(
			why, ERR_FORMAT,
			"\"%.80s\": not a plugin's name; give a lower-case "
			"letter, then letters, digits, '_' or '-', at "
			"most %d in all",
			name, LOADER_NAME_MAX - 1);
	if (loader_is_reserved(name))
		return err_fail(why, ERR_EXISTS,
				"\"%s\": its admin methods would look like "
				"the node's own; choose another name",
				name);
	if (is_target(name))
		return err_fail(why, ERR_FORMAT,
				"\"%s\": the build has something of that name; "
				"choose another",
				name);
	return ERR_NONE;
}

static void make_ident(char *out, const char *name)
{
	for (; *name; name++)
		*out++ = *name == '-' ? '_' : *name;
	*out = '\0';
}

/* --- where weft is -----------------------------------------------------------
 */

/* Of the installation or the build that this program is of; "" when it stands
 * alone, and CMake has to look for itself. */
static void find_weft_dir(char out[PATH_MAX])
{
	static const char *const places[] = {
		"/../" WEFT_CMAKE_SUBDIR, /* from PREFIX/bin */
		"/../../cmake/weft",	  /* from BUILD/cmd/weft */
	};
	char folder[PATH_MAX - 256], config[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	out[0] = '\0';
	if (len <= 0)
		return;
	folder[len] = '\0';
	*strrchr(folder, '/') = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		snprintf(config, sizeof(config), "%s%s/weftConfig.cmake",
			 folder, places[i]);
		if (!realpath(config, out))
			continue;
		*strrchr(out, '/') = '\0';
		return;
	}
	out[0] = '\0';
}

/* --- the files ---------------------------------------------------------------
 */

static const char *value_of(const struct project *p, const char *token,
			    size_t *len)
{
	const struct {
		const char *token;
		const char *value;
	} values[] = {
		{ "@NAME@", p->name },
		{ "@IDENT@", p->ident },
		{ "@WEFT_DIR@", p->weft_dir },
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		*len = strlen(values[i].token);
		if (!strncmp(token, values[i].token, *len))
			return values[i].value;
	}
	return NULL;
}

static void render(FILE *out, const struct project *p, const char *text)
{
	size_t len;

	while (*text) {
		const char *value = value_of(p, text, &len);

		if (value) {
			fputs(value, out);
			text += len;
		} else {
			fputc(*text++, out);
		}
	}
}

static void path_of(char out[PATH_MAX], const struct project *p,
		    const struct template *t)
{
	FILE *path = fmemopen(out, PATH_MAX, "w");

	if (!path)
		abort();
	fprintf(path, "%s/", p->folder);
	render(path, p, t->file);
	fclose(path);
	out[PATH_MAX - 1] = '\0';
}

static enum err write_file(const struct project *p, const struct template *t,
			   struct why *why)
{
	char path[PATH_MAX];
	FILE *out;
	int failed;

	path_of(path, p, t);
	out = fopen(path, "wxe");
	if (!out)
		return err_errno(why, ERR_SYSTEM, errno, "%s", path);
	render(out, p, t->text);
	failed = ferror(out);
	if (fclose(out) || failed)
		return err_errno(why, ERR_SYSTEM, errno, "%s", path);
	return ERR_NONE;
}

static void remove_all(const struct project *p)
{
	char path[PATH_MAX];

	for (const struct template *t = templates; t->file; t++) {
		path_of(path, p, t);
		unlink(path);
	}
	rmdir(p->folder);
}

static enum err make(const struct project *p, struct why *why)
{
	enum err rc = ERR_NONE;

	if (mkdir(p->folder, 0777))
		return errno == EEXIST
			       ? err_fail(why, ERR_EXISTS,
					  "%s: is there already; choose "
					  "another name",
					  p->folder)
			       : err_errno(why, ERR_SYSTEM, errno, "%s",
					   p->folder);
	for (const struct template *t = templates; t->file && !rc; t++)
		rc = write_file(p, t, why);
	if (rc)
		remove_all(p);
	return rc;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct new_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct project p = { 0 };

	if (at < 0)
		return OPTIONS_STATUS(at);
	p.name = argv[at];
	if (check_name(p.name, &why))
		return options_usage(c, "%s", why.text);
	make_ident(p.ident, p.name);
	find_weft_dir(p.weft_dir);
	if (o.in && strlen(o.in) > PATH_MAX / 2)
		return options_usage(c, "--in: too long a path");
	snprintf(p.folder, sizeof(p.folder), "%s%s%s", o.in ? o.in : "",
		 o.in ? "/" : "", p.name);
	if (make(&p, &why))
		return options_failed(c, &why);
	printf("%s: a plugin, its test and how to build them. Next:\n\n"
	       "  cd %s\n"
	       "  cmake -B build && cmake --build build\n"
	       "  ctest --test-dir build --output-on-failure\n"
	       "  weft run --plugin build/%s.so\n",
	       p.folder, p.folder, p.name);
	return EXIT_OK;
}

const struct command command_new_plugin = {
	.name = "weft new-plugin",
	.operands = "NAME [--in FOLDER]",
	.summary = "make a plugin project that builds and passes its test",
	.examples = "  weft new-plugin hello\n"
		    "  weft new-plugin hello --in ~/src\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run,
};
