/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that plugins put into their node's record, while plugins come, go
 * and are exchanged. */
#include "p2p/enode/local.h"
#include "test/unit/node_plugin/house.h"

static void check_draft(const struct enr_draft *d, const char *expected)
{
	struct rlp in = enr_draft_entries(d);
	char text[300] = "";

	while (rlp_more(&in)) {
		struct span key = rlp_bytes(&in), value = rlp_bytes(&in);

		snprintf(text + strlen(text), 100, "%s%.*s=%.*s",
			 text[0] ? " " : "", (int)key.len,
			 (const char *)key.data, (int)value.len,
			 (const char *)value.data);
	}
	cr_assert_eq(rlp_end(&in), ERR_NONE);
	cr_assert_str_eq(text, expected);
}

/* "key=text key=text": the entries now, and when `changed` was called last. */
static void check(const struct house *h, const char *expected)
{
	struct enr_draft d;

	manager_entries(h->manager, &d);
	check_draft(&d, expected);
	check_draft(&h->entries, expected);
}

static void open_with(struct house *h, const char *plugin, const char *as)
{
	house_open(h);
	modules_copy(&h->modules, plugin, as);
}

static bool find_host(void *ctx, const struct manager_plugin *p)
{
	struct weft_host **out = ctx;

	*out = p->host;
	return false;
}

static struct weft_host *first_host(const struct house *h)
{
	struct weft_host *host = NULL;

	manager_each(h->manager, find_host, &host);
	return host;
}

static int set(struct weft_host *host, const char *key, struct span value)
{
	return instance_api.record_set(host, key, value.data, value.len);
}

Test(manager_record, has_what_plugins_set_while_they_are_loaded)
{
	struct house h;

	open_with(&h, "says", "says");
	modules_copy(&h.modules, "repeats", "repeats");
	check(&h, "");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	check(&h, "says=1.0.0");
	cr_assert_eq(house_load(&h, "repeats", "key=b,text=two"), ERR_NONE);
	check(&h, "b=two says=1.0.0");
	cr_assert_eq(house_unload(&h, "says"), ERR_NONE);
	check(&h, "b=two");
	cr_assert_eq(house_load(&h, "says", "key=a"), ERR_NONE);
	check(&h, "a=1.0.0 b=two");
	house_close(&h);
}

Test(manager_record, exchanges_them_at_once)
{
	struct house h;

	open_with(&h, "says", "says");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	cr_assert_eq(set(first_host(&h), "old", span_text("\x83one")), WEFT_OK);
	h.changes[0] = '\0';
	modules_copy(&h.modules, "says_again", "says");
	cr_assert_eq(house_reload(&h, "says"), ERR_NONE);
	cr_assert_str_eq(h.changes, "=", "in one change");
	check(&h, "says=1.1.0");
	rig_until(&h.rig, house_has_one, &h);
	cr_assert_str_eq(h.changes, "=");
	check(&h, "says=1.1.0");
	house_close(&h);
}

Test(manager_record, knows_nothing_of_what_does_not_start)
{
	struct house h;

	open_with(&h, "says", "says");
	cr_assert_eq(house_load(&h, "says", "fails=true"), ERR_DENIED);
	check(&h, "");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	check(&h, "says=1.0.0");
	modules_copy(&h.modules, "repeats", "repeats");
	cr_assert_eq(house_load(&h, "repeats", "key=r,fails=true"), ERR_DENIED);
	check(&h, "says=1.0.0");
	/* It is nobody's by that. */
	cr_assert_eq(set(first_host(&h), "r", span_text("\x01")), WEFT_OK);
	house_close(&h);
}

Test(manager_record, leaves_an_entry_to_whoever_has_it)
{
	struct house h;
	struct enr_draft d;

	open_with(&h, "says", "says");
	modules_copy(&h.modules, "repeats", "repeats");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "repeats", "text=no"), ERR_DENIED);
	cr_assert_str_eq(h.why.text,
			 "plugin repeats: start failed: the record's entry "
			 "says is set by says already");
	check(&h, "says=1.0.0");
	/* And to nobody when that one lets go of it. */
	cr_assert_eq(instance_api.record_set(first_host(&h), "says", NULL, 0),
		     WEFT_OK);
	manager_entries(h.manager, &d);
	check_draft(&d, "");
	cr_assert_eq(house_load(&h, "repeats", "text=yes"), ERR_NONE);
	check(&h, "says=yes");
	cr_assert_eq(set(first_host(&h), "says", span_text("\x01")),
		     WEFT_EEXIST);
	check(&h, "says=yes");
	house_close(&h);
}

/* A string of n bytes as an RLP item of n + 2. */
static struct span long_value(uint8_t *out, size_t n)
{
	memset(out, 'v', n + 2);
	out[0] = 0xb8;
	out[1] = (uint8_t)n;
	return span_of(out, n + 2);
}

Test(manager_record, has_room_for_all_of_them_together)
{
	uint8_t value[200];
	struct enr_draft d;
	struct house h;

	open_with(&h, "says", "says");
	modules_copy(&h.modules, "repeats", "repeats");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "repeats", "key=r,text=12345"), ERR_NONE);
	/* "says", "1.0.0" and "r", "12345" take 11 and 7, an "x" 1. */
	cr_assert_eq(set(first_host(&h), "x",
			 long_value(value, LOCAL_ENTRIES_MAX - 20)),
		     WEFT_ELIMIT);
	cr_assert_eq(set(first_host(&h), "x",
			 long_value(value, LOCAL_ENTRIES_MAX - 21)),
		     WEFT_OK);
	manager_entries(h.manager, &d);
	cr_assert_eq(d.len, LOCAL_ENTRIES_MAX);
	cr_assert_eq(house_unload(&h, "repeats"), ERR_NONE);
	cr_assert_eq(house_load(&h, "repeats", "key=r,text=123456"),
		     ERR_DENIED);
	cr_assert_str_eq(h.why.text,
			 "plugin repeats: start failed: the record has no room "
			 "for the entry r");
	cr_assert_eq(house_load(&h, "repeats", "key=r,text=12345"), ERR_NONE);
	/* One that is exchanged needs no room for both of it. */
	modules_copy(&h.modules, "says_again", "says");
	cr_assert_eq(house_reload(&h, "says"), ERR_NONE);
	check(&h, "r=12345 says=1.1.0");
	house_close(&h);
}

static struct {
	size_t count;
	char key[64];
	const struct manager *manager;
	struct enr_draft entries;
} heard;

static enum err hear(void *ctx, const char *key)
{
	(void)ctx;
	heard.count++;
	snprintf(heard.key, sizeof(heard.key), "%s", key);
	manager_entries(heard.manager, &heard.entries);
	return ERR_NONE;
}

Test(manager_record, tells_the_node_of_what_is_set_later)
{
	struct house h;

	open_with(&h, "says", "says");
	h.rig.node.entry = hear;
	heard.manager = h.manager;
	heard.count = 0;
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	cr_assert_eq(heard.count, (size_t)0, "that is told by `changed`");
	cr_assert_eq(set(first_host(&h), "x", span_text("\x83one")), WEFT_OK);
	cr_assert_eq(heard.count, (size_t)1);
	cr_assert_str_eq(heard.key, "x");
	check_draft(&heard.entries, "says=1.0.0 x=one");
	cr_assert_eq(set(first_host(&h), "x", span_text("\x83one")), WEFT_OK);
	cr_assert_eq(heard.count, (size_t)1, "nothing is new");
	cr_assert_eq(instance_api.record_set(first_host(&h), "x", NULL, 0),
		     WEFT_OK);
	cr_assert_eq(heard.count, (size_t)2);
	check_draft(&heard.entries, "says=1.0.0");
	house_close(&h);
}

/* Of three: one, its successor that still starts, and another plugin. */
struct three {
	const struct house *h;
	struct weft_host *hosts[3];
	size_t count;
};

static bool add_host(void *ctx, const struct manager_plugin *p)
{
	struct three *t = ctx;

	cr_assert_lt(t->count, ARRAY_LEN(t->hosts));
	t->hosts[t->count++] = p->host;
	return true;
}

static bool have_all_set(void *ctx)
{
	struct three *t = ctx;

	t->count = 0;
	manager_each(t->h->manager, add_host, t);
	return t->count == 3 && instance_entries(t->hosts[2])->len > 0;
}

Test(manager_record, has_room_for_the_larger_of_two_that_are_exchanged)
{
	uint8_t value[200];
	struct why why = WHY_NONE;
	struct three t = { .count = 0 };
	struct enr_draft d;
	struct house h;

	t.h = &h;
	open_with(&h, "says", "says");
	modules_copy(&h.modules, "repeats", "repeats");
	cr_assert_eq(house_load(&h, "says", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "repeats", "key=r,text=12345"), ERR_NONE);
	modules_copy(&h.modules, "says_waits", "says");
	h.done = false;
	cr_assert_eq(manager_reload(h.manager, "says", house_done, &h, &why),
		     ERR_NONE);
	rig_until(&h.rig, have_all_set, &t);

	/* Neither of the two is in the other's way. */
	cr_assert_eq(set(t.hosts[0], "says", span_text("\x85other")), WEFT_OK);
	cr_assert_eq(
		set(t.hosts[0], "x", long_value(value, LOCAL_ENTRIES_MAX - 21)),
		WEFT_OK);
	cr_assert_eq(set(t.hosts[1], "r",
			 span_text("\x86"
				   "123456")),
		     WEFT_ELIMIT);
	cr_assert_eq(
		set(t.hosts[2], "x", long_value(value, LOCAL_ENTRIES_MAX - 21)),
		WEFT_OK);
	cr_assert_eq(instance_api.record_set(t.hosts[0], "x", NULL, 0),
		     WEFT_OK);
	cr_assert_eq(set(t.hosts[1], "r",
			 span_text("\x86"
				   "123456")),
		     WEFT_ELIMIT);
	cr_assert_eq(set(t.hosts[1], "r",
			 span_text("\x84"
				   "1234")),
		     WEFT_OK);
	manager_entries(h.manager, &d);
	check_draft(&d, "r=1234 says=other");
	house_close(&h);
}
