/* SPDX-License-Identifier: Apache-2.0 */
/* The node's own record, to which a plugin adds, and the records of others. */
#include <stdio.h>

#include "node/plugin/inside.h"
#include "p2p/enode/local.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/thing.h"

static int set(struct weft_host *host, const char *key, const char *item)
{
	return weft_record_set(host, key, item, strlen(item));
}

static void check(struct weft_host *host, const char *key, const char *item)
{
	uint8_t value[ENR_MAX];
	size_t size;

	cr_assert_eq(
		weft_record_get(host, NULL, key, value, sizeof(value), &size),
		WEFT_OK);
	cr_assert(span_equal(span_of(value, size), span_text(item)), "%s", key);
}

/* Runs fn as the start of a plugin whose node is the rig's. */
static void run(int (*fn)(struct weft_host *host),
		void (*prepare)(struct instance_node *node))
{
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	if (prepare)
		prepare(&r.node);
	thing_does.start = fn;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	rig_stop(&i);
	rig_close(&r);
}

/* --- ours -------------------------------------------------------------------
 */

static int set_some(struct weft_host *host)
{
	static const char *const items[] = {
		"\x01", "\x82no", "\xc0",
		"\xc8\x83net\x83one", /* a list of two */
	};

	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		cr_assert_eq(set(host, "eth", items[i]), WEFT_OK, "%zu", i);
		check(host, "eth", items[i]);
	}
	cr_assert_eq(weft_record_set(host, "zero", "\x00", 1), WEFT_OK);
	cr_assert_eq(weft_record_set(host, "eth", NULL, 0), WEFT_OK);
	cr_assert_eq(weft_record_set(host, "eth", NULL, 0), WEFT_ENOENT);
	cr_assert_eq(instance_entries(host)->len, (size_t)6);
	return WEFT_OK;
}

Test(record, has_what_a_plugin_sets)
{
	run(set_some, NULL);
}

static int set_wrong(struct weft_host *host)
{
	static const char *const owned[] = { "id",   "secp256k1", "ip",	 "ip6",
					     "tcp",  "tcp6",	  "udp", "udp6",
					     "quic", "quic6" };
	static const char *const no_items[] = {
		"",		     /* nothing */
		"\x82n",	     /* cut */
		"\x01\x02",	     /* two */
		"\x81\x01",	     /* not the short form */
		"\xb8\x01n",	     /* nor this */
		"\xc2\x83",	     /* a list whose item is cut */
		"\xc3\x82n\x81\x01", /* and one of too much */
	};
	char key[65];

	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		cr_assert_eq(set(host, owned[i], "\x01"), WEFT_EINVAL, "%s",
			     owned[i]);
	for (size_t i = 0; i < ARRAY_LEN(no_items); i++)
		cr_assert_eq(set(host, "x", no_items[i]), WEFT_EMSG, "%zu", i);
	cr_assert_eq(set(host, "", "\x01"), WEFT_EINVAL);
	cr_assert_eq(weft_record_set(host, NULL, "\x01", 1), WEFT_EINVAL);
	cr_assert_eq(weft_record_set(host, "x", NULL, 1), WEFT_EINVAL);
	cr_assert_eq(weft_record_set(NULL, "x", "\x01", 1), WEFT_EINVAL);
	memset(key, 'k', 64);
	key[64] = '\0';
	cr_assert_eq(set(host, key, "\x01"), WEFT_EINVAL);
	cr_assert_eq(instance_entries(host)->len, (size_t)0);
	cr_assert_eq(set(host, key + 1, "\x01"), WEFT_OK);
	check(host, key + 1, "\x01");
	return WEFT_OK;
}

Test(record, refuses_what_is_no_entry)
{
	run(set_wrong, NULL);
}

static int set_much(struct weft_host *host)
{
	uint8_t value[1000] = { 0xb8 };

	/* "x", a header of 2, and the bytes. */
	value[1] = LOCAL_ENTRIES_MAX - 2;
	cr_assert_eq(weft_record_set(host, "x", value, LOCAL_ENTRIES_MAX),
		     WEFT_ELIMIT);
	value[1] = LOCAL_ENTRIES_MAX - 3;
	cr_assert_eq(weft_record_set(host, "x", value, LOCAL_ENTRIES_MAX - 1),
		     WEFT_OK);
	cr_assert_eq(set(host, "y", "\x01"), WEFT_ELIMIT);
	cr_assert_eq(set(host, "x", "\x01"), WEFT_OK);
	memcpy(value, "\xb9\x03\xe5", 3); /* more than any record holds */
	cr_assert_eq(weft_record_set(host, "x", value, sizeof(value)),
		     WEFT_ELIMIT);
	check(host, "x", "\x01");
	return WEFT_OK;
}

Test(record, refuses_more_than_a_record_has_room_for)
{
	run(set_much, NULL);
}

static int set_many(struct weft_host *host)
{
	char key[2] = { 0 };

	for (int i = 0; i < INSTANCE_ENTRIES_MAX; i++) {
		key[0] = (char)('a' + i);
		cr_assert_eq(set(host, key, "\x01"), WEFT_OK);
	}
	cr_assert_eq(set(host, "z", "\x01"), WEFT_ELIMIT);
	cr_assert_eq(set(host, "a", "\x02"), WEFT_OK);
	cr_assert_eq(weft_record_set(host, "b", NULL, 0), WEFT_OK);
	cr_assert_eq(set(host, "z", "\x01"), WEFT_OK);
	return WEFT_OK;
}

Test(record, refuses_too_many_entries)
{
	run(set_many, NULL);
}

static struct {
	size_t count;
	enum err rc;
} asked;

static enum err refuse(void *ctx, const char *key)
{
	(void)ctx;
	cr_assert_str_eq(key, "x");
	asked.count++;
	return asked.rc;
}

static void prepare_refusal(struct instance_node *node)
{
	node->entry = refuse;
}

static int set_refused(struct weft_host *host)
{
	asked.rc = ERR_NONE;
	cr_assert_eq(set(host, "x", "\x01"), WEFT_OK);
	asked.rc = ERR_EXISTS;
	cr_assert_eq(set(host, "x", "\x02"), WEFT_EEXIST);
	asked.rc = ERR_LIMIT;
	cr_assert_eq(set(host, "x", "\x02"), WEFT_ELIMIT);
	asked.rc = ERR_CLOSED;
	cr_assert_eq(weft_record_set(host, "x", NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(asked.count, (size_t)4);
	check(host, "x", "\x01");
	cr_assert_eq(set(host, "x", "\x01"), WEFT_OK, "nothing is new");
	cr_assert_eq(asked.count, (size_t)4);
	return WEFT_OK;
}

Test(record, stays_as_it_was_when_the_node_refuses)
{
	run(set_refused, prepare_refusal);
}

static void set_in_stop(struct weft_host *host)
{
	cr_assert_eq(set(host, "x", "\x01"), WEFT_ECLOSED);
}

Test(record, is_not_for_a_plugin_that_stops)
{
	thing_does.stop = set_in_stop;
	run(NULL, NULL);
	expect_calls("[]().");
}

/* --- those of others --------------------------------------------------------
 */

static struct {
	struct enr record;
	char text[ENR_TEXT_MAX];
	char id[NODE_ID_HEX];
} other;

static void make_other(void)
{
	struct enr_draft d = { .seq = 3 };
	struct ecc_keypair key = { .key = { { 9 } } };

	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set(&d, "eth", span_text("\xc8\x83net\x83one")),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&other.record, &d, &key), ERR_NONE);
	enr_text(other.text, &other.record);
	node_id_text(other.id, &other.record.id);
}

static enum err know_other(void *ctx, struct enr *out, const struct node_id *id)
{
	(void)ctx;
	if (!node_id_equal(id, &other.record.id))
		return ERR_NOT_FOUND;
	*out = other.record;
	return ERR_NONE;
}

static void prepare_other(struct instance_node *node)
{
	make_other();
	node->record = know_other;
}

static int get(struct weft_host *host, const char *node, const char *key,
	       size_t room, size_t *size)
{
	static uint8_t out[ENR_MAX];
	struct weft_msg value = { .payload = out };
	struct weft_item words[2];
	size_t count;
	int rc;

	memset(out, 0x55, sizeof(out));
	rc = weft_record_get(host, node, key, out, room, size);
	if (rc) {
		cr_assert_eq(out[0], 0x55);
		return rc;
	}
	value.size = *size;
	cr_assert_eq(weft_unpack_items(&value, "[dd]", words, 2, &count),
		     WEFT_OK);
	cr_assert(span_equal(span_of(words[1].data, words[1].size),
			     span_text("one")));
	return WEFT_OK;
}

static int get_of_other(struct weft_host *host)
{
	char bad[ENR_TEXT_MAX];
	size_t size = 0;

	cr_assert_eq(get(host, other.text, "eth", 9, &size), WEFT_OK);
	cr_assert_eq(size, (size_t)9);
	cr_assert_eq(get(host, other.id, "eth", ENR_MAX, &size), WEFT_OK);
	size = 0;
	cr_assert_eq(get(host, other.text, "eth", 8, &size), WEFT_ELIMIT);
	cr_assert_eq(size, (size_t)9, "what it takes");
	cr_assert_eq(get(host, other.text, "les", ENR_MAX, &size), WEFT_ENOENT);
	cr_assert_eq(get(host, NULL, "eth", ENR_MAX, &size), WEFT_ENOENT);

	/* Somebody has changed it. */
	memcpy(bad, other.text, sizeof(bad));
	bad[20] ^= 1;
	cr_assert_eq(get(host, bad, "eth", ENR_MAX, &size), WEFT_EMSG);
	cr_assert_eq(get(host, "enr:AAAA", "eth", ENR_MAX, &size), WEFT_EMSG);
	cr_assert_eq(get(host, "", "eth", ENR_MAX, &size), WEFT_EMSG);
	memcpy(bad, other.id, NODE_ID_HEX);
	bad[0] = bad[0] == '0' ? '1' : '0';
	cr_assert_eq(get(host, bad, "eth", ENR_MAX, &size), WEFT_ENOENT);

	cr_assert_eq(weft_record_get(host, other.id, "", bad, 9, &size),
		     WEFT_EINVAL);
	cr_assert_eq(weft_record_get(host, other.id, "eth", NULL, 9, &size),
		     WEFT_EINVAL);
	cr_assert_eq(weft_record_get(host, other.id, "eth", bad, 9, NULL),
		     WEFT_EINVAL);
	cr_assert_eq(weft_record_get(NULL, other.id, "eth", bad, 9, &size),
		     WEFT_EINVAL);
	cr_assert_eq(size, (size_t)9, "untouched by all of these");
	return WEFT_OK;
}

Test(record, of_another_node_is_read)
{
	run(get_of_other, prepare_other);
}

static int get_of_nobody(struct weft_host *host)
{
	size_t size;

	make_other();
	cr_assert_eq(get(host, other.text, "eth", ENR_MAX, &size), WEFT_OK);
	cr_assert_eq(get(host, other.id, "eth", ENR_MAX, &size), WEFT_ENOENT);
	return WEFT_OK;
}

Test(record, of_a_node_is_not_known_where_there_are_no_others)
{
	run(get_of_nobody, NULL);
}

/* --- in a test of a plugin ---------------------------------------------------
 */

static int set_x(struct weft_host *host, void **state)
{
	(void)state;
	return set(host, "x", "\x01");
}

SUBJECT(one, .start = set_x);
SUBJECT(rival, .start = set_x);
SUBJECT(idle, .start = NULL);

static int share_a_node(void *arg)
{
	uint8_t value[LOCAL_ENTRIES_MAX] = { 0xb8, LOCAL_ENTRIES_MAX - 4 };
	struct weft_host *first, *second;

	(void)arg;
	first = weft_test_start(&one, NULL);
	check(first, "x", "\x01");
	second = weft_test_start_on(first, &idle, NULL);
	cr_assert_eq(set(second, "x", "\x02"), WEFT_EEXIST);
	/* "x" and 1 have a byte each; "y" one, and a header of 2 first. */
	cr_assert_eq(weft_record_set(second, "y", value, sizeof(value) - 2),
		     WEFT_ELIMIT);
	value[1]--;
	cr_assert_eq(weft_record_set(second, "y", value, sizeof(value) - 3),
		     WEFT_OK);
	/* Another node has a record of its own. */
	cr_assert_not_null(weft_test_start(&rival, NULL));
	cr_assert_eq(weft_test_stop(first), WEFT_OK);
	cr_assert_eq(weft_record_set(second, "y", NULL, 0), WEFT_OK);
	cr_assert_eq(set(second, "x", "\x02"), WEFT_OK);
	return WEFT_OK;
}

Test(record, is_shared_by_the_plugins_of_a_node)
{
	subject_run(share_a_node, NULL);
}
