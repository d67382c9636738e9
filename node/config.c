/* SPDX-License-Identifier: Apache-2.0 */
#include "node/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "p2p/base/attr.h"

/* A reading under way. libyaml's events rather than its document: they come as
 * the file is read, so what is too deep is refused before it costs anything
 * (nested lists take the parser time by the square), and an alias has a place
 * of its own. */
struct walk {
	const char *name; /* of the file */
	struct span yaml;
	yaml_parser_t parser;
	struct why *why;
};

enum err config_at(struct why *why, enum err rc, const char *name,
		   const struct config_node *node)
{
	return err_wrap(why, rc, "%s:%zu:%zu%s%s", name, node->line,
			node->column, node->path[0] ? ": " : "", node->path);
}

static enum err complain(const struct walk *w, enum err rc, yaml_mark_t mark,
			 const char *path, const char *what)
{
	return err_fail(w->why, rc, "%s:%zu:%zu: %s%s%s", w->name,
			mark.line + 1, mark.column + 1, path,
			path[0] ? ": " : "", what);
}

static char *copy_bytes(const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

/* --- values --------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

bool config_is_null(const struct config_node *node)
{
	static const char *const nothing[] = { "", "~", "null", "Null",
					       "NULL" };

	return node->kind == CONFIG_TEXT && !node->quoted &&
	       is_one_of(node->text, nothing, ARRAY_LEN(nothing));
}

/* Whatever a reader of YAML 1.1 or 1.2 may take for a number: digits with
 * signs, points, exponents, other bases, underscores, sixties. */
static bool is_numeric(const char *text)
{
	static const char *const words[] = { ".inf",  ".Inf",  ".INF",	"-.inf",
					     "-.Inf", "-.INF", "+.inf", ".nan",
					     ".NaN",  ".NAN" };
	const char *at = text + (*text == '-' || *text == '+');

	if (is_one_of(text, words, ARRAY_LEN(words)))
		return true;
	if (*at == '.')
		at++;
	if (*at < '0' || *at > '9')
		return false;
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'o' || at[1] == 'b'))
		return !at[2 + strspn(at + 2, "0123456789abcdefABCDEF_")];
	at += strspn(at, "0123456789._:");
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		at += strspn(at, "0123456789");
	}
	return !*at;
}

const char *config_looks_like(const struct config_node *node)
{
	static const char *const booleans[] = {
		"true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes",
		"YES",	"no",	"No",	"NO",	 "on",	  "On",	   "ON",  "off",
		"Off",	"OFF",	"y",	"Y",	 "n",	  "N",
	};

	if (node->kind != CONFIG_TEXT || node->quoted)
		return NULL;
	if (config_is_null(node))
		return "nothing";
	if (is_one_of(node->text, booleans, ARRAY_LEN(booleans)))
		return "true or false";
	return is_numeric(node->text) ? "a number" : NULL;
}

/* --- the tree ------------------------------------------------------------- */

void config_clear(struct config_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		config_clear(&node->items[i]);
	free(node->items);
	free(node->text);
	free(node->key);
	free(node->path);
	*node = (struct config_node){ 0 };
}

/* Where a byte of the file stands; libyaml knows no line for bytes that it
 * could not read. */
static yaml_mark_t mark_of(struct span yaml, size_t offset)
{
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < offset && i < yaml.len; i++) {
		mark.column++;
		if (yaml.data[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static enum err not_yaml(const struct walk *w)
{
	const yaml_parser_t *parser = &w->parser;
	yaml_mark_t mark = parser->problem_mark;
	char what[160];
	int n;

	if (parser->error == YAML_MEMORY_ERROR)
		abort();
	if (parser->error == YAML_READER_ERROR)
		mark = mark_of(w->yaml, parser->problem_offset);
	n = snprintf(what, sizeof(what), "%s", parser->problem);
	if (parser->context && n < (int)sizeof(what))
		snprintf(what + n, sizeof(what) - (size_t)n,
			 " %s that begins in line %zu", parser->context,
			 parser->context_mark.line + 1);
	return complain(w, ERR_FORMAT, mark, "", what);
}

/* The next event; the caller deletes it. */
static enum err next(struct walk *w, yaml_event_t *event)
{
	return yaml_parser_parse(&w->parser, event) ? ERR_NONE : not_yaml(w);
}

/* Neither tags nor anchors nor what stands for these. */
static enum err check_plain(const struct walk *w, const yaml_event_t *event,
			    const char *path)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT) {
		anchor = event->data.alias.anchor;
	} else if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		return complain(w, ERR_FORMAT, event->start_mark, path,
				"anchors and aliases are not read");
	if (tag)
		return complain(w, ERR_FORMAT, event->start_mark, path,
				"tags are not read");
	return ERR_NONE;
}

static enum err read_text(struct walk *w, struct config_node *out,
			  const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	if (memchr(text, '\0', len))
		return complain(w, ERR_FORMAT, event->start_mark, out->path,
				"holds a NUL character");
	out->kind = CONFIG_TEXT;
	out->text = copy_bytes(text, len);
	out->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return ERR_NONE;
}

static enum err read_node(struct walk *w, struct config_node *out,
			  const yaml_event_t *event, const char *path,
			  unsigned depth);

/* Room for one more, at the end; it counts once it is filled in. */
static struct config_node *grow(struct config_node *out)
{
	size_t n = out->count;

	if (!(n & (n - 1))) { /* a power of two: full, or nothing yet */
		out->items = realloc(out->items,
				     (n ? 2 * n : 1) * sizeof(*out->items));
		if (!out->items)
			abort();
	}
	out->items[n] = (struct config_node){ 0 };
	return &out->items[n];
}

static enum err read_item(struct walk *w, struct config_node *out,
			  const yaml_event_t *event, unsigned depth)
{
	struct config_node *item = grow(out);
	char path[CONFIG_PATH_MAX];
	enum err rc;

	if (snprintf(path, sizeof(path), "%s[%zu]", out->path, out->count) >=
	    (int)sizeof(path))
		return complain(w, ERR_LIMIT, event->start_mark, "",
				"too long a path of keys");
	rc = read_node(w, item, event, path, depth + 1);
	out->count++;
	return rc;
}

static const struct config_node *find_key(const struct config_node *map,
					  const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcmp(map->items[i].key, key))
			return &map->items[i];
	return NULL;
}

/* A key of the map `out`, as text, and the path of what it stands for. */
static enum err read_key(struct walk *w, struct config_node *key,
			 char path[CONFIG_PATH_MAX], const yaml_event_t *event,
			 const struct config_node *out)
{
	const struct config_node *first;
	enum err rc;

	if (event->type != YAML_SCALAR_EVENT)
		return complain(w, ERR_FORMAT, event->start_mark, out->path,
				"a key must be a word");
	rc = read_node(w, key, event, out->path, 0);
	if (rc)
		return rc;
	first = find_key(out, key->text);
	if (first) {
		char what[96];

		snprintf(what, sizeof(what),
			 "\"%.40s\" stands here twice, first in line %zu",
			 key->text, first->key_line);
		return complain(w, ERR_EXISTS, event->start_mark, out->path,
				what);
	}
	if (out->count == CONFIG_KEYS_MAX)
		return complain(w, ERR_LIMIT, event->start_mark, out->path,
				"too many keys");
	if (snprintf(path, CONFIG_PATH_MAX, "%s%s%s", out->path,
		     out->path[0] ? "." : "", key->text) >= CONFIG_PATH_MAX)
		return complain(w, ERR_LIMIT, event->start_mark, "",
				"too long a path of keys");
	return ERR_NONE;
}

static enum err read_pair(struct walk *w, struct config_node *out,
			  const yaml_event_t *event, unsigned depth)
{
	struct config_node *item = grow(out);
	struct config_node key = { 0 };
	char path[CONFIG_PATH_MAX];
	yaml_event_t value;
	enum err rc = read_key(w, &key, path, event, out);

	if (!rc)
		rc = next(w, &value);
	if (!rc) {
		rc = read_node(w, item, &value, path, depth + 1);
		yaml_event_delete(&value);
		item->key = key.text;
		item->key_line = key.line;
		item->key_column = key.column;
		key.text = NULL;
		out->count++;
	}
	config_clear(&key);
	return rc;
}

/* What stands between the start of a list or map and its end. */
static enum err read_below(struct walk *w, struct config_node *out,
			   unsigned depth)
{
	for (;;) {
		yaml_event_t event;
		bool ends;
		enum err rc = next(w, &event);

		if (rc)
			return rc;
		ends = event.type == YAML_SEQUENCE_END_EVENT ||
		       event.type == YAML_MAPPING_END_EVENT;
		if (!ends)
			rc = out->kind == CONFIG_MAP
				     ? read_pair(w, out, &event, depth)
				     : read_item(w, out, &event, depth);
		yaml_event_delete(&event);
		if (ends || rc)
			return rc;
	}
}

/* The value that begins with the event. *out may be cleared whatever the
 * result. */
static enum err read_node(struct walk *w, struct config_node *out,
			  const yaml_event_t *event, const char *path,
			  unsigned depth)
{
	enum err rc = check_plain(w, event, path);

	if (rc)
		return rc;
	*out = (struct config_node){
		.line = event->start_mark.line + 1,
		.column = event->start_mark.column + 1,
		.path = copy_bytes(path, strlen(path)),
	};
	if (event->type == YAML_SCALAR_EVENT)
		return read_text(w, out, event);
	if (depth >= CONFIG_DEPTH_MAX)
		return complain(w, ERR_LIMIT, event->start_mark, path,
				"lists and maps too deep in each other");
	out->kind = event->type == YAML_MAPPING_START_EVENT ? CONFIG_MAP
							    : CONFIG_LIST;
	return read_below(w, out, depth);
}

/* --- files ---------------------------------------------------------------- */

/* The one document. *out may be cleared whatever the result. */
static enum err read_document(struct walk *w, struct config_node *out)
{
	yaml_event_t event;
	enum err rc = next(w, &event);

	if (rc)
		return rc;
	rc = read_node(w, out, &event, "", 0);
	if (!rc && out->kind != CONFIG_MAP)
		rc = complain(w, ERR_FORMAT, event.start_mark, "",
			      "not a map of keys and values (\"key: value\")");
	yaml_event_delete(&event);
	return rc;
}

static enum err read_stream(struct walk *w, struct config_node *out)
{
	bool found = false;

	for (;;) {
		yaml_event_t event;
		enum err rc = next(w, &event);
		bool ends;

		if (rc)
			return rc;
		ends = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && found)
			rc = complain(w, ERR_FORMAT, event.start_mark, "",
				      "a second document; there can be one "
				      "only");
		else if (event.type == YAML_DOCUMENT_START_EVENT)
			rc = read_document(w, out);
		found = found || event.type == YAML_DOCUMENT_START_EVENT;
		yaml_event_delete(&event);
		if (ends || rc)
			return rc;
	}
}

enum err config_parse(struct config_node *out, struct span yaml,
		      const char *name, struct why *why)
{
	struct walk w = { .name = name, .yaml = yaml, .why = why };
	struct config_node tree = { .kind = CONFIG_MAP };
	enum err rc;

	if (yaml.len > CONFIG_FILE_MAX)
		return err_fail(why, ERR_LIMIT, "%s: over %d KiB", name,
				CONFIG_FILE_MAX / 1024);
	if (!yaml_parser_initialize(&w.parser))
		abort();
	yaml_parser_set_encoding(&w.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&w.parser, yaml.data, yaml.len);
	rc = read_stream(&w, &tree);
	yaml_parser_delete(&w.parser);
	if (rc) {
		config_clear(&tree);
		return rc;
	}
	if (!tree.path) /* nothing but comments */
		tree.path = copy_bytes("", 0);
	*out = tree;
	return ERR_NONE;
}

static enum err read_file(uint8_t *out, size_t *len, const char *path,
			  struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_errno(why,
				 errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
				 errno, "%s", path);
	*len = 0;
	while (n && *len <= CONFIG_FILE_MAX) {
		n = read(fd, out + *len, CONFIG_FILE_MAX + 1 - *len);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	if (n < 0)
		return err_errno(why, ERR_SYSTEM, errno, "%s", path);
	return ERR_NONE;
}

enum err config_read(struct config_node *out, const char *path, struct why *why)
{
	uint8_t *bytes = malloc(CONFIG_FILE_MAX + 1);
	size_t len = 0;
	enum err rc;

	if (!bytes)
		abort();
	rc = read_file(bytes, &len, path, why);
	if (!rc)
		rc = config_parse(out, span_of(bytes, len), path, why);
	free(bytes);
	return rc;
}
