/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodeset.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

static struct enr record_of(unsigned n, uint64_t seq)
{
	struct enr_draft d = { .seq = seq };
	struct ecc_keypair key = { { { 1 } }, { { 0 } } };
	struct enr r;

	key.key.b[30] = (uint8_t)(n >> 8);
	key.key.b[31] = (uint8_t)n;
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	cr_assert_eq(enr_verify(&r, NULL), ERR_NONE);
	return r;
}

static struct nodeset_node *put(struct nodeset *set, unsigned n)
{
	struct enr r = record_of(n, n);
	struct nodeset_node *node;

	cr_assert_eq(nodeset_put(set, &node, &r), ERR_NONE);
	return node;
}

/* The text of one node as devp2p writes it; free() it. */
static char *text_of(const struct enr *r, const char *score, const char *first,
		     const char *last, const char *check)
{
	char id[NODE_ID_HEX], record[ENR_TEXT_MAX], *text;

	cr_assert_gt(asprintf(&text,
			      "    \"%s\": {\n"
			      "        \"seq\": %u,\n"
			      "        \"record\": \"%s\",\n"
			      "%s"
			      "        \"firstResponse\": \"%s\",\n"
			      "        \"lastResponse\": \"%s\",\n"
			      "        \"lastCheck\": \"%s\"\n"
			      "    }",
			      node_id_text(id, &r->id), (unsigned)r->seq,
			      enr_text(record, r), score, first, last, check),
		     0);
	return text;
}

#define NEVER "0001-01-01T00:00:00Z"

static char *written(struct nodeset *set)
{
	struct buf out;
	char *text;

	buf_init(&out, NODESET_TEXT_MAX);
	nodeset_write(&out, set);
	cr_assert_eq(buf_append(&out, "", 1), ERR_NONE);
	text = strdup((char *)out.data);
	buf_clear(&out);
	return text;
}

static enum err read_text(struct nodeset *set, const char *text,
			  struct why *why)
{
	return nodeset_read(set, span_text(text), why);
}

Test(nodeset, writes_what_devp2p_writes, .init = set_up)
{
	struct nodeset set = { 0 };
	struct nodeset_node *node;
	char *all, *expected, *text;

	text = written(&set);
	cr_assert_str_eq(text, "{}");
	free(text);

	node = put(&set, 7);
	node->score = 3;
	node->first_response = 1;
	node->last_response = 1767323045;
	text = text_of(&node->record, "        \"score\": 3,\n",
		       "1970-01-01T00:00:01Z", "2026-01-02T03:04:05Z", NEVER);
	cr_assert_gt(asprintf(&expected, "{\n%s\n}", text), 0);
	all = written(&set);
	cr_assert_str_eq(all, expected);
	free(all);
	free(text);
	free(expected);
	nodeset_clear(&set);
	cr_assert_eq(nodeset_count(&set), 0);
}

Test(nodeset, reads_back_what_it_wrote, .init = set_up)
{
	struct nodeset set = { 0 }, again = { 0 };
	struct nodeset_node *a, *b;
	char *text, *second;

	for (unsigned n = 1; n <= 40; n++) {
		a = put(&set, n);
		a->score = n % 3;
		a->first_response = n % 5 ? 1600000000u + n : 0;
		a->last_response = 1700000000u + n * 86400;
		a->last_check = n * 7777777ull;
	}
	text = written(&set);
	cr_assert_eq(read_text(&again, text, NULL), ERR_NONE);
	cr_assert_eq(nodeset_count(&again), 40);
	for (a = nodeset_next(&set, NULL); a; a = nodeset_next(&set, a)) {
		b = nodeset_find(&again, &a->record.id);
		cr_assert_not_null(b);
		cr_assert(span_equal(enr_raw(&a->record), enr_raw(&b->record)));
		cr_assert_eq(a->score, b->score);
		cr_assert_eq(a->first_response, b->first_response);
		cr_assert_eq(a->last_response, b->last_response);
		cr_assert_eq(a->last_check, b->last_check);
	}
	second = written(&again);
	cr_assert_str_eq(second, text);
	free(second);
	free(text);
	nodeset_clear(&set);
	nodeset_clear(&again);
}

Test(nodeset, goes_by_ascending_ids, .init = set_up)
{
	const struct nodeset_node *node, *next;
	struct nodeset set = { 0 };
	size_t count = 1;

	for (unsigned n = 1; n <= 20; n++)
		put(&set, n);
	nodeset_sort(&set);
	node = nodeset_next(&set, NULL);
	while ((next = nodeset_next(&set, node))) {
		cr_assert_lt(memcmp(node->record.id.b, next->record.id.b,
				    NODE_ID_LEN),
			     0);
		node = next;
		count++;
	}
	cr_assert_eq(count, 20);
	nodeset_clear(&set);
}

Test(nodeset, keeps_what_is_known_of_a_node_with_a_new_record, .init = set_up)
{
	struct enr newer = record_of(1, 9);
	struct nodeset set = { 0 };
	struct nodeset_node *node;

	put(&set, 1)->score = 5;
	cr_assert_eq(nodeset_put(&set, &node, &newer), ERR_NONE);
	cr_assert_eq(nodeset_count(&set), 1);
	cr_assert_eq(node->record.seq, 9);
	cr_assert_eq(node->score, 5);
	nodeset_remove(&set, node);
	cr_assert_null(nodeset_find(&set, &newer.id));
}

Test(nodeset, takes_only_as_many_nodes_as_it_may, .init = set_up)
{
	struct nodeset set = { 0 };
	struct enr r = record_of(1, 1);
	struct node_id first = r.id;

	for (uint32_t i = 0; i < NODESET_MAX; i++) {
		memcpy(r.id.b + 28, &i, sizeof(i));
		cr_assert_eq(nodeset_put(&set, NULL, &r), ERR_NONE);
	}
	cr_assert_eq(nodeset_put(&set, NULL, &r), ERR_NONE); /* the last */
	r.id.b[0] ^= 1;
	cr_assert_eq(nodeset_put(&set, NULL, &r), ERR_LIMIT);
	cr_assert_eq(nodeset_count(&set), NODESET_MAX);
	cr_assert_null(nodeset_find(&set, &r.id));
	r.id = first;
	nodeset_clear(&set);
	r.seq = INT64_MAX;
	cr_assert_eq(nodeset_put(&set, NULL, &r), ERR_NONE);
	r.seq++;
	cr_assert_eq(nodeset_put(&set, NULL, &r), ERR_LIMIT);
	nodeset_clear(&set);
}

/* Only `record` has to be there. */
static char *with(const struct enr *r, const char *members)
{
	char id[NODE_ID_HEX], record[ENR_TEXT_MAX], *text;

	cr_assert_gt(asprintf(&text, "{\"%s\":{\"record\":\"%s\"%s}}\n",
			      node_id_text(id, &r->id), enr_text(record, r),
			      members),
		     0);
	return text;
}

Test(nodeset, reads_every_form_of_a_time, .init = set_up)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: none */
	} rows[] = {
		{ "2026-01-02T03:04:05Z", 1767323045 },
		{ "2026-01-02T03:04:05.999999999Z", 1767323045 },
		{ "2026-01-02T04:34:05+01:30", 1767323045 },
		{ "2026-01-01T21:04:05-06:00", 1767323045 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ NEVER, 0 },
		{ "1969-12-31T23:59:59Z", 0 },
		{ "2026-02-29T00:00:00Z", -1 },
		{ "2026-13-01T00:00:00Z", -1 },
		{ "2026-00-01T00:00:00Z", -1 },
		{ "2026-01-02T24:00:00Z", -1 },
		{ "2026-01-02T03:60:05Z", -1 },
		{ "2026-01-02T03:04:60Z", -1 },
		{ "2026-01-02T03:04:05", -1 },
		{ "2026-01-02T03:04:05.Z", -1 },
		{ "2026-01-02T03:04:05+0130", -1 },
		{ "2026-01-02 03:04:05Z", -1 },
		{ "2026-01-02T03:04:05Zx", -1 },
		{ "2026-1-2T03:04:05Z", -1 },
		{ "", -1 },
	};
	struct enr r = record_of(1, 0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nodeset set = { 0 };
		struct why why = WHY_NONE;
		char members[100], *text;
		enum err rc;

		snprintf(members, sizeof(members), ",\"lastCheck\":\"%s\"",
			 rows[i].text);
		text = with(&r, members);
		rc = read_text(&set, text, &why);
		free(text);
		cr_assert_eq(!rc, rows[i].seconds >= 0, "%s: %s", rows[i].text,
			     why.text);
		if (!rc)
			cr_assert_eq(nodeset_find(&set, &r.id)->last_check,
				     (uint64_t)rows[i].seconds, "%s",
				     rows[i].text);
		else
			cr_assert_not_null(strstr(why.text, "lastCheck"));
		nodeset_clear(&set);
	}
}

Test(nodeset, says_which_node_is_wrong, .init = set_up)
{
	static const struct {
		const char *members; /* behind "record", seq 4 */
		const char *says;
	} rows[] = {
		{ "", "seq 0, its record has 4" },
		{ ",\"seq\":5", "seq 5, its record has 4" },
		{ ",\"seq\":\"4\"", "seq: not a whole number" },
		{ ",\"seq\":-4", "seq: not a whole number" },
		{ ",\"seq\":4,\"score\":1.5", "score: not a whole number" },
		{ ",\"seq\":4,\"seq\":4", "invalid JSON" },
		{ ",\"seq\":4,\"lastResponse\":0", "lastResponse: not a time" },
		{ ",\"seq\":18446744073709551615", "invalid JSON" },
	};
	struct enr r = record_of(1, 4), other = record_of(2, 4);
	char id[NODE_ID_HEX], record[ENR_TEXT_MAX];
	struct nodeset set = { 0 };
	struct why why = WHY_NONE;
	char *text;

	node_id_text(id, &r.id);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		text = with(&r, rows[i].members);
		cr_assert_neq(read_text(&set, text, &why), ERR_NONE);
		cr_assert_not_null(strstr(why.text, rows[i].says), "%s",
				   why.text);
		cr_assert_not_null(strstr(why.text, id), "%s", why.text);
		cr_assert_eq(nodeset_count(&set), 0);
		free(text);
	}
	/* A good one, and more that no node knows. */
	text = with(&r, ",\"seq\":4,\"rank\":[{}]");
	cr_assert_eq(read_text(&set, text, &why), ERR_NONE, "%s", why.text);
	nodeset_clear(&set);

	/* Of another node; not signed by it; no record. */
	node_id_text(id, &other.id);
	memcpy(text + 2, id, sizeof(id) - 1);
	cr_assert_eq(read_text(&set, text, &why), ERR_FORMAT);
	cr_assert_not_null(strstr(why.text, "its record is of node"));
	cr_assert_not_null(strstr(why.text, id));
	free(text);
	r.raw[10] ^= 1;
	text = with(&r, ",\"seq\":4");
	cr_assert_eq(read_text(&set, text, &why), ERR_AUTH);
	free(text);
	snprintf(record, sizeof(record), "{\"%s\": {\"seq\": 1}}", id);
	cr_assert_eq(read_text(&set, record, &why), ERR_FORMAT);
	cr_assert_not_null(strstr(why.text, "record: there is none"));
}

Test(nodeset, refuses_what_is_no_set, .init = set_up)
{
	static const char *const texts[] = {
		"",
		"   ",
		"[]",
		"{",
		"{}}",
		"{} x",
		"{,}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":{}",
		"{\"a\":{},}",
		"{\"a\" {}}",
		"{1:{}}",
		"{\"a\":1}",
		"null",
		"{\"a\":{\"record\":\"enr:-----\"}}",
	};
	struct enr r = record_of(1, 0);
	struct nodeset set = { 0 };
	char *one, *twice;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct why why = WHY_NONE;

		cr_assert_eq(read_text(&set, texts[i], &why), ERR_FORMAT, "%s",
			     texts[i]);
		cr_assert(why.text[0]);
		cr_assert_eq(nodeset_count(&set), 0);
	}
	cr_assert_eq(nodeset_read(&set, span_of("{}\0", 3), NULL), ERR_FORMAT);
	cr_assert_eq(read_text(&set, " { } \n", NULL), ERR_NONE);

	one = with(&r, "");
	cr_assert_gt(
		asprintf(&twice, "%.*s,%s", (int)strlen(one) - 2, one, one + 1),
		0);
	cr_assert_eq(read_text(&set, twice, NULL), ERR_FORMAT);
	cr_assert_eq(nodeset_count(&set), 0);
	free(twice);
	free(one);
}

Test(nodeset, refuses_every_beginning_of_a_set, .init = set_up)
{
	struct enr r = record_of(1, 0);
	struct nodeset set = { 0 };
	char *text = with(&r, ",\"score\":1");

	for (size_t n = 0; n < strlen(text) - 1; n++)
		cr_assert_neq(nodeset_read(&set, span_of(text, n), NULL),
			      ERR_NONE, "%zu", n);
	free(text);
}

Test(nodeset, is_kept_in_a_file, .init = set_up)
{
	struct nodeset set = { 0 }, again = { 0 };
	struct why why = WHY_NONE;
	char path[PATH_MAX];
	struct scratch s;

	scratch_open(&s);
	scratch_file(path, &s, "nodes.json");
	cr_assert_eq(nodeset_load(&again, path, &why), ERR_NOT_FOUND);
	cr_assert_not_null(strstr(why.text, path));
	put(&set, 1)->score = 2;
	put(&set, 2);
	cr_assert_eq(nodeset_save(path, &set, &why), ERR_NONE, "%s", why.text);
	cr_assert_eq(nodeset_load(&again, path, &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_eq(nodeset_count(&again), 2);
	nodeset_clear(&again);
	scratch_write(path, "{}}", 3, 0600);
	cr_assert_eq(nodeset_load(&again, path, &why), ERR_FORMAT);
	cr_assert_not_null(strstr(why.text, path));
	nodeset_clear(&set);
	scratch_close(&s);
}
