/* SPDX-License-Identifier: Apache-2.0 */
#include "node/config.h"

#include <stdlib.h>
#include <string.h>

#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

static struct config_node parse(const char *text)
{
	struct config_node tree = { 0 };
	struct why why = WHY_NONE;

	cr_assert_eq(config_parse(&tree, span_text(text), "f", &why), ERR_NONE,
		     "%s", why.text);
	cr_assert_eq(tree.kind, CONFIG_MAP);
	return tree;
}

static void refused_bytes(struct span yaml, enum err rc, const char *says)
{
	struct config_node tree = { .line = 77 };
	struct why why = WHY_NONE;

	cr_assert_eq(config_parse(&tree, yaml, "f", &why), rc, "%s: %s", says,
		     why.text);
	cr_assert_str_eq(why.text, says);
	cr_assert_eq(tree.line, 77);
}

static void refused(const char *text, enum err rc, const char *says)
{
	refused_bytes(span_text(text), rc, says);
}

Test(config, is_a_tree_with_places)
{
	struct config_node tree = parse("# first\n"
					"a: one\n"
					"list:\n"
					"  - x\n"
					"  - b: {c: 'two'}\n");
	const struct config_node *list = &tree.items[1];
	const struct config_node *c = &list->items[1].items[0].items[0];

	cr_assert_eq(tree.count, 2);
	cr_assert_str_eq(tree.path, "");
	cr_assert_str_eq(tree.items[0].key, "a");
	cr_assert_eq(tree.items[0].key_line, 2);
	cr_assert_eq(tree.items[0].key_column, 1);
	cr_assert_eq(tree.items[0].line, 2);
	cr_assert_eq(tree.items[0].column, 4);
	cr_assert_str_eq(tree.items[0].text, "one");
	cr_assert_not(tree.items[0].quoted);
	cr_assert_eq(list->kind, CONFIG_LIST);
	cr_assert_eq(list->count, 2);
	cr_assert_str_eq(list->items[0].path, "list[0]");
	cr_assert_null(list->items[0].key);
	cr_assert_str_eq(c->path, "list[1].b.c");
	cr_assert_str_eq(c->text, "two");
	cr_assert(c->quoted);
	cr_assert_eq(c->line, 5);
	cr_assert_eq(c->column, 12);
	config_clear(&tree);
}

Test(config, may_be_empty)
{
	static const char *const empty[] = { "",      "\n", "# nothing\n",
					     "---\n", "{}", "---\n...\n" };

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct config_node tree = { 0 };
		struct why why = WHY_NONE;
		enum err rc =
			config_parse(&tree, span_text(empty[i]), "f", &why);

		/* "---" is a document, with nothing in it. */
		if (strncmp(empty[i], "---", 3)) {
			cr_assert_eq(rc, ERR_NONE, "%s", why.text);
			cr_assert_eq(tree.count, 0);
			config_clear(&tree);
		} else {
			cr_assert_eq(rc, ERR_FORMAT);
			cr_assert(strstr(why.text, "not a map"), "%s",
				  why.text);
		}
	}
}

Test(config, says_where_it_is_no_yaml)
{
	refused("a: [1,\nb: 2\n", ERR_FORMAT,
		"f:3:1: did not find expected ',' or ']' while parsing a flow "
		"sequence that begins in line 1");
	refused("a: b: c\n", ERR_FORMAT,
		"f:1:5: mapping values are not allowed in this context");
	refused("a: 1\n\tb: 2\n", ERR_FORMAT,
		"f:2:1: found a tab character that violates indentation while "
		"scanning a plain scalar that begins in line 1");
	refused("a: 1\nb: \xff\n", ERR_FORMAT,
		"f:2:4: invalid leading UTF-8 octet");
}

Test(config, refuses_keys_that_stand_twice)
{
	refused("a: 1\nb: 2\na: 3\n", ERR_EXISTS,
		"f:3:1: \"a\" stands here twice, first in line 1");
	refused("x:\n  - {k: 1, k: 2}\n", ERR_EXISTS,
		"f:2:12: x[0]: \"k\" stands here twice, first in line 2");
}

Test(config, refuses_anchors_and_aliases)
{
	refused("a: &x [1]\nb: *x\n", ERR_FORMAT,
		"f:1:4: a: anchors and aliases are not read");
	refused("a: 1\nb: *x\n", ERR_FORMAT,
		"f:2:4: b: anchors and aliases are not read");
	refused("&k a: 1\n", ERR_FORMAT,
		"f:1:1: anchors and aliases are not read");
	refused("a: [&x {}]\n", ERR_FORMAT,
		"f:1:5: a[0]: anchors and aliases are not read");
}

Test(config, refuses_tags)
{
	refused("a: !!int 5\n", ERR_FORMAT, "f:1:4: a: tags are not read");
	refused("a: !x [5]\n", ERR_FORMAT, "f:1:4: a: tags are not read");
	refused("a: ! 5\n", ERR_FORMAT, "f:1:4: a: tags are not read");
	refused("!y\na: 5\n", ERR_FORMAT, "f:1:1: tags are not read");
	refused("!y {a: 5}\n", ERR_FORMAT, "f:1:1: tags are not read");
}

Test(config, refuses_what_is_no_map)
{
	refused("- a\n", ERR_FORMAT,
		"f:1:1: not a map of keys and values (\"key: value\")");
	refused("hello\n", ERR_FORMAT,
		"f:1:1: not a map of keys and values (\"key: value\")");
	refused("? [a]\n: b\n", ERR_FORMAT, "f:1:3: a key must be a word");
	refused("a: 1\n---\nb: 2\n", ERR_FORMAT,
		"f:2:1: a second document; there can be one only");
}

Test(config, refuses_texts_with_a_nul)
{
	refused("a: \"x\\0y\"\n", ERR_FORMAT,
		"f:1:4: a: holds a NUL "
		"character");
	refused("\"k\\0\": 1\n", ERR_FORMAT, "f:1:1: holds a NUL character");
}

Test(config, limits_its_depth)
{
	char text[128];
	struct config_node tree;
	enum {
		DEEP = CONFIG_DEPTH_MAX
	};

	/* The map of the file is the first level. */
	strcpy(text, "a: ");
	for (size_t i = 0; i < DEEP; i++)
		strcat(text, "[");
	for (size_t i = 0; i < DEEP; i++)
		strcat(text, "]");
	refused(text, ERR_LIMIT,
		"f:1:11: a[0][0][0][0][0][0][0]: lists and maps too deep in "
		"each other");
	memmove(text + 3, text + 4, strlen(text + 4) + 1);
	text[strlen(text) - 1] = '\0';
	tree = parse(text);
	config_clear(&tree);
}

/* libyaml by itself would take minutes over this one. */
Test(config, refuses_endless_nesting_at_once)
{
	char *text = malloc(CONFIG_FILE_MAX);

	cr_assert_not_null(text);
	memset(text, '[', CONFIG_FILE_MAX);
	refused_bytes(span_of(text, CONFIG_FILE_MAX), ERR_LIMIT,
		      "f:1:9: [0][0][0][0][0][0][0][0]: lists and maps too "
		      "deep in each other");
	free(text);
}

Test(config, limits_its_size)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	struct config_node tree;

	cr_assert_not_null(text);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	refused_bytes(span_of(text, CONFIG_FILE_MAX + 1), ERR_LIMIT,
		      "f: over 256 KiB");
	cr_assert_eq(
		config_parse(&tree, span_of(text, CONFIG_FILE_MAX), "f", NULL),
		ERR_NONE);
	config_clear(&tree);
	free(text);
}

Test(config, limits_the_keys_of_a_map)
{
	char text[CONFIG_KEYS_MAX * 8 + 16] = "";
	struct config_node tree;
	size_t len = 0;

	for (int i = 0; i < CONFIG_KEYS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"k%d: \n", i);
	tree = parse(text);
	cr_assert_eq(tree.count, CONFIG_KEYS_MAX);
	config_clear(&tree);
	strcpy(text + len, "more: \n");
	refused(text, ERR_LIMIT, "f:257:1: too many keys");
}

Test(config, limits_the_length_of_a_path)
{
	char text[2 * CONFIG_PATH_MAX];
	struct config_node tree;

	memset(text, 'k', sizeof(text));
	strcpy(text + CONFIG_PATH_MAX - 1, ": 1");
	tree = parse(text);
	config_clear(&tree);
	strcpy(text + CONFIG_PATH_MAX - 1, "k: 1");
	refused(text, ERR_LIMIT, "f:1:1: too long a path of keys");
}

Test(config, tells_text_from_what_looks_like_something_else)
{
	static const struct {
		const char *text;
		const char *looks; /* NULL: text */
	} cases[] = {
		{ "hello", NULL },	     { "'5'", NULL },
		{ "\"true\"", NULL },	     { "true", "true or false" },
		{ "No", "true or false" },   { "off", "true or false" },
		{ "~", "nothing" },	     { "", "nothing" },
		{ "null", "nothing" },	     { "''", NULL },
		{ "5", "a number" },	     { "-5", "a number" },
		{ "010", "a number" },	     { "1.5", "a number" },
		{ "1e3", "a number" },	     { "0x1f", "a number" },
		{ "0o17", "a number" },	     { "1_000", "a number" },
		{ "12:30:45", "a number" },  { ".5", "a number" },
		{ ".inf", "a number" },	     { "50x", NULL },
		{ "127.0.0.1", "a number" }, { "v1.2", NULL },
		{ "1.2.3-rc1", NULL },	     { "0xyz", NULL },
		{ "nullable", NULL },	     { "-", NULL },
		{ "/tmp/1", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[64];
		struct config_node tree;
		const char *looks;

		snprintf(text, sizeof(text), "{a: %s}\n", cases[i].text);
		if (!strcmp(cases[i].text, "-"))
			continue; /* no value in a flow map */
		tree = parse(text);
		looks = config_looks_like(&tree.items[0]);
		cr_assert_eq(!looks, !cases[i].looks, "%s", cases[i].text);
		if (looks)
			cr_assert_str_eq(looks, cases[i].looks);
		config_clear(&tree);
	}
}

Test(config, is_read_from_a_file)
{
	struct scratch scratch;
	char path[PATH_MAX];
	char says[PATH_MAX + 64];
	struct config_node tree;
	struct why why = WHY_NONE;

	scratch_open(&scratch);
	scratch_file(path, &scratch, "weft.yaml");
	cr_assert_eq(config_read(&tree, path, &why), ERR_NOT_FOUND);
	snprintf(says, sizeof(says), "%s: No such file or directory", path);
	cr_assert_str_eq(why.text, says);
	scratch_write(path, "a: 1\n", 5, 0644);
	cr_assert_eq(config_read(&tree, path, NULL), ERR_NONE);
	cr_assert_str_eq(tree.items[0].text, "1");
	config_clear(&tree);
	scratch_write(path, "a: [\n", 5, 0644);
	cr_assert_eq(config_read(&tree, path, &why), ERR_FORMAT);
	snprintf(says, sizeof(says), "%s:2:1: ", path);
	cr_assert(!strncmp(why.text, says, strlen(says)), "%s", why.text);
	cr_assert_eq(config_read(&tree, scratch.path, NULL), ERR_SYSTEM);
	scratch_close(&scratch);
}
