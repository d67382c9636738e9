/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodeset.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/file.h"
#include "node/json/parse.h"
#include "node/utc.h"

enum {
	NODE_TEXT_MAX = 1024, /* of one, as it is written */
	NODE_PARTS_MAX = 256, /* of one, as it is read: any members */
};

/* --- the set -------------------------------------------------------------- */

void nodeset_clear(struct nodeset *set)
{
	struct nodeset_node *node, *next;

	HASH_ITER (hh, set->table, node, next)
		nodeset_remove(set, node);
}

size_t nodeset_count(const struct nodeset *set)
{
	return HASH_COUNT(set->table);
}

struct nodeset_node *nodeset_find(const struct nodeset *set,
				  const struct node_id *id)
{
	struct nodeset_node *node;

	HASH_FIND(hh, set->table, id, sizeof(*id), node);
	return node;
}

enum err nodeset_put(struct nodeset *set, struct nodeset_node **out,
		     const struct enr *record)
{
	struct nodeset_node *node = nodeset_find(set, &record->id);

	if (record->seq > INT64_MAX)
		return ERR_LIMIT;
	if (!node) {
		if (nodeset_count(set) == NODESET_MAX)
			return ERR_LIMIT;
		node = calloc(1, sizeof(*node));
		if (!node)
			abort();
		node->record = *record;
		HASH_ADD(hh, set->table, record.id, sizeof(record->id), node);
	}
	node->record = *record;
	if (out)
		*out = node;
	return ERR_NONE;
}

void nodeset_remove(struct nodeset *set, struct nodeset_node *node)
{
	HASH_DELETE(hh, set->table, node);
	free(node);
}

static int by_id(const struct nodeset_node *a, const struct nodeset_node *b)
{
	return memcmp(a->record.id.b, b->record.id.b, NODE_ID_LEN);
}

void nodeset_sort(struct nodeset *set)
{
	HASH_SORT(set->table, by_id);
}

struct nodeset_node *nodeset_next(const struct nodeset *set,
				  const struct nodeset_node *node)
{
	return node ? node->hh.next : set->table;
}

/* --- reading one node ----------------------------------------------------- */

static enum err read_count(uint64_t *out, const json_t *o, const char *name,
			   struct why *why)
{
	const json_t *value = json_object_get(o, name);

	*out = 0;
	if (!value)
		return ERR_NONE;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err_fail(why, ERR_FORMAT,
				"%s: not a whole number from 0 on", name);
	*out = (uint64_t)json_integer_value(value);
	return ERR_NONE;
}

static enum err read_time(uint64_t *out, const json_t *o, const char *name,
			  struct why *why)
{
	const json_t *value = json_object_get(o, name);
	const char *text = json_string_value(value);

	*out = 0;
	if (value && (!text || !utc_parse(out, text)))
		return err_fail(why, ERR_FORMAT, "%s: not a time such as %s",
				name, UTC_NEVER);
	return ERR_NONE;
}

static enum err read_record(struct enr *out, const json_t *o, struct why *why)
{
	const char *text = json_string_value(json_object_get(o, "record"));
	enum err rc;

	if (!text)
		return err_fail(why, ERR_FORMAT, "record: there is none");
	rc = enr_parse(out, text, why);
	if (!rc)
		rc = enr_verify(out, why);
	return rc ? err_wrap(why, rc, "record") : ERR_NONE;
}

/* All but the record. */
static enum err read_members(struct nodeset_node *out, uint64_t *seq,
			     const json_t *o, struct why *why)
{
	enum err rc = read_count(seq, o, "seq", why);

	if (!rc)
		rc = read_count(&out->score, o, "score", why);
	if (!rc)
		rc = read_time(&out->first_response, o, "firstResponse", why);
	if (!rc)
		rc = read_time(&out->last_response, o, "lastResponse", why);
	if (!rc)
		rc = read_time(&out->last_check, o, "lastCheck", why);
	return rc;
}

static enum err read_node(struct nodeset_node *out, const char *id,
			  const json_t *o, struct why *why)
{
	char text[NODE_ID_HEX];
	uint64_t seq;
	enum err rc;

	if (!json_is_object(o))
		return err_fail(why, ERR_FORMAT, "not an object");
	rc = read_record(&out->record, o, why);
	if (!rc)
		rc = read_members(out, &seq, o, why);
	if (rc)
		return rc;
	if (strcmp(node_id_text(text, &out->record.id), id))
		return err_fail(why, ERR_FORMAT, "its record is of node %s",
				text);
	if (seq != out->record.seq)
		return err_fail(why, ERR_FORMAT,
				"seq %" PRIu64 ", its record has %" PRIu64, seq,
				out->record.seq);
	return ERR_NONE;
}

static enum err add_node(struct nodeset *set, const char *id, const json_t *o,
			 struct why *why)
{
	struct nodeset_node read = { 0 }, *node;
	enum err rc = read_node(&read, id, o, why);

	if (rc)
		return rc;
	if (nodeset_find(set, &read.record.id))
		return err_fail(why, ERR_FORMAT, "there twice");
	if (nodeset_put(set, &node, &read.record))
		return err_fail(why, ERR_LIMIT, "more than %d nodes",
				NODESET_MAX);
	node->score = read.score;
	node->first_response = read.first_response;
	node->last_response = read.last_response;
	node->last_check = read.last_check;
	return ERR_NONE;
}

/* --- reading all ---------------------------------------------------------- */

/* The object is taken apart here, so that no more than one node of it is ever
 * in jansson's memory. */

static uint8_t first_of(struct span *in)
{
	while (in->len && json_is_blank(in->data[0]))
		*in = span_of(in->data + 1, in->len - 1);
	return in->len ? in->data[0] : 0;
}

static enum err expect(struct span *in, char c, struct why *why)
{
	if (first_of(in) != c)
		return err_fail(why, ERR_FORMAT, "'%c' is missing", c);
	*in = span_of(in->data + 1, in->len - 1);
	return ERR_NONE;
}

/* The value that begins here. */
static enum err take_value(json_t **out, struct span *in, struct why *why)
{
	struct json_scan scan;
	size_t used = 0;
	enum err rc;

	json_scan_init(&scan, NODE_PARTS_MAX);
	rc = json_scan_feed(&scan, &used, *in);
	if (rc == ERR_SHORT)
		return err_fail(why, ERR_FORMAT, "the end is missing");
	/* What else is wrong is told by the parser. */
	rc = json_from_stranger(out, span_of(in->data, used), NODE_PARTS_MAX,
				why);
	*in = span_of(in->data + used, in->len - used);
	return rc;
}

static enum err take_node(struct nodeset *set, struct span *in, struct why *why)
{
	json_t *key = NULL, *value = NULL;
	enum err rc = take_value(&key, in, why);

	if (!rc && !json_is_string(key))
		rc = err_fail(why, ERR_FORMAT, "a node id is missing");
	if (rc) {
		json_decref(key);
		return err_wrap(why, rc, "behind node %zu", nodeset_count(set));
	}
	rc = expect(in, ':', why);
	if (!rc)
		rc = take_value(&value, in, why);
	if (!rc)
		rc = add_node(set, json_string_value(key), value, why);
	if (rc)
		err_wrap(why, rc, "node %.64s", json_string_value(key));
	json_decref(key);
	json_decref(value);
	return rc;
}

static enum err take_nodes(struct nodeset *set, struct span in, struct why *why)
{
	enum err rc = expect(&in, '{', why);

	if (!rc && first_of(&in) != '}')
		rc = take_node(set, &in, why);
	while (!rc && first_of(&in) == ',') {
		rc = expect(&in, ',', why);
		if (!rc)
			rc = take_node(set, &in, why);
	}
	if (!rc)
		rc = expect(&in, '}', why);
	if (rc)
		return rc;
	first_of(&in);
	if (in.len)
		return err_fail(why, ERR_FORMAT,
				"something behind the last '}'");
	return ERR_NONE;
}

enum err nodeset_read(struct nodeset *set, struct span json, struct why *why)
{
	enum err rc;

	if (json.len > NODESET_TEXT_MAX)
		return err_fail(why, ERR_LIMIT, "over %d bytes",
				NODESET_TEXT_MAX);
	rc = take_nodes(set, json, why);
	if (rc)
		nodeset_clear(set);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static void say(struct buf *out, const char *text)
{
	if (buf_append(out, text, strlen(text)))
		abort();
}

static void say_node(struct buf *out, const struct nodeset_node *node)
{
	char id[NODE_ID_HEX], record[ENR_TEXT_MAX], score[64] = "";
	char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX], check[UTC_TEXT_MAX];
	char text[NODE_TEXT_MAX];

	if (node->score)
		snprintf(score, sizeof(score),
			 "        \"score\": %" PRIu64 ",\n", node->score);
	snprintf(text, sizeof(text),
		 "\n    \"%s\": {\n"
		 "        \"seq\": %" PRIu64 ",\n"
		 "        \"record\": \"%s\",\n"
		 "%s"
		 "        \"firstResponse\": \"%s\",\n"
		 "        \"lastResponse\": \"%s\",\n"
		 "        \"lastCheck\": \"%s\"\n"
		 "    }",
		 node_id_text(id, &node->record.id), node->record.seq,
		 enr_text(record, &node->record), score,
		 utc_text(first, node->first_response),
		 utc_text(last, node->last_response),
		 utc_text(check, node->last_check));
	say(out, text);
}

void nodeset_write(struct buf *out, struct nodeset *set)
{
	const struct nodeset_node *node;

	nodeset_sort(set);
	say(out, "{");
	for (node = set->table; node; node = node->hh.next) {
		say_node(out, node);
		if (node->hh.next)
			say(out, ",");
	}
	say(out, set->table ? "\n}" : "}");
}

/* --- files ---------------------------------------------------------------- */

enum err nodeset_load(struct nodeset *set, const char *path, struct why *why)
{
	struct buf text;
	enum err rc;

	buf_init(&text, NODESET_TEXT_MAX);
	rc = file_load(&text, path, why);
	if (!rc) {
		rc = nodeset_read(set, span_of(text.data, text.len), why);
		if (rc)
			err_wrap(why, rc, "%s", path);
	}
	buf_clear(&text);
	return rc;
}

enum err nodeset_save(const char *path, struct nodeset *set, struct why *why)
{
	enum err rc = ERR_NONE;
	struct buf text;

	buf_init(&text, NODESET_TEXT_MAX);
	nodeset_write(&text, set);
	if (strcmp(path, "-"))
		rc = file_save(path, span_of(text.data, text.len), why);
	else if (fwrite(text.data, 1, text.len, stdout) != text.len ||
		 fputc('\n', stdout) < 0 || fflush(stdout))
		rc = err_fail(why, ERR_SYSTEM,
			      "standard output cannot be written");
	buf_clear(&text);
	return rc;
}
