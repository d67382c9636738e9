/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlp/rlp_write.h"
#include "p2p/rlpx/hello.h"
#include "test/support/unit.h"

/* The parts of a Hello as raw RLP items, to be bent one at a time. */
struct parts {
	struct span version, name, caps, port, id, tail;
};

static const uint8_t good_id[66] = { 0xb8, 0x40, 0x01, [65] = 0x02 };

#define ITEM(text) span_of(text, sizeof(text) - 1)

/* [5, "weft", [["foo", 1]], 0, id] */
static struct parts good(void)
{
	return (struct parts){ .version = ITEM("\x05"),
			       .name = ITEM("\x84weft"),
			       .caps = ITEM("\xc6\xc5\x83\x66oo\x01"),
			       .port = ITEM("\x80"),
			       .id = span_of(good_id, sizeof(good_id)) };
}

static void put(struct buf *out, const struct parts *p)
{
	struct rlp_writer w;

	buf_init(out, 3 * HELLO_MAX);
	w = rlp_writer_of(out);
	rlp_put_list(&w);
	rlp_put_raw(&w, p->version);
	rlp_put_raw(&w, p->name);
	rlp_put_raw(&w, p->caps);
	rlp_put_raw(&w, p->port);
	rlp_put_raw(&w, p->id);
	rlp_put_raw(&w, p->tail);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
}

static enum err read_parts(struct hello *h, const struct parts *p)
{
	struct buf b;
	enum err rc;

	put(&b, p);
	rc = hello_read(h, span_of(b.data, b.len));
	buf_clear(&b);
	return rc;
}

/* A capability list from raw items. */
static enum err read_caps(struct hello *h, struct span items)
{
	struct parts p = good();
	struct rlp_writer w;
	struct buf caps;
	enum err rc;

	buf_init(&caps, 3 * HELLO_MAX);
	w = rlp_writer_of(&caps);
	rlp_put_list(&w);
	rlp_put_raw(&w, items);
	rlp_put_end(&w);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	p.caps = span_of(caps.data, caps.len);
	rc = read_parts(h, &p);
	buf_clear(&caps);
	return rc;
}

static enum err read_id(struct hello *h, const uint8_t *id, size_t len)
{
	struct parts p = good();
	struct rlp_writer w;
	struct buf item;
	enum err rc;

	buf_init(&item, HELLO_MAX);
	w = rlp_writer_of(&item);
	rlp_put_bytes(&w, id, len);
	cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
	p.id = span_of(item.data, item.len);
	rc = read_parts(h, &p);
	buf_clear(&item);
	return rc;
}

static bool says(struct span got, const char *want)
{
	return span_equal(got, span_text(want));
}

static struct capability offer(const char *name, uint64_t version)
{
	struct capability c = { .version = version, .codes = 1 };

	cr_assert_lt(strlen(name), sizeof(c.name));
	memcpy(c.name, name, strlen(name));
	return c;
}

Test(hello, reads_the_sample_of_eip8)
{
	json_t *root = vectors_load("rlpx.json");
	struct span payload = vectors_hex(root, "hello_eip8.payload");
	struct span id = vectors_hex(root, "hello_eip8.decoded.id");
	json_t *caps = vectors_at(root, "hello_eip8.decoded.caps");
	json_t *extra = vectors_at(root, "hello_eip8.decoded.extra_elements");
	struct capability_claim claims[CAPABILITIES_PEER_MAX];
	struct span tail;
	struct hello h;

	cr_assert_eq(hello_read(&h, payload), ERR_NONE);
	cr_assert_eq(h.version, 55);
	cr_assert(says(hello_name(&h), "kneth/v0.91/plan9"));
	cr_assert_eq(h.listen_port, 9999);
	cr_assert_eq(id.len, sizeof(h.id.b));
	cr_assert_arr_eq(h.id.b, id.data, id.len);

	cr_assert_eq(json_array_size(caps), 2);
	cr_assert_eq(h.caps_count, 2);
	cr_assert_eq(hello_claims(&h, claims), 2);
	for (size_t i = 0; i < 2; i++) {
		json_t *c = json_array_get(caps, i);

		cr_assert(says(claims[i].name, vectors_text(c, "0")));
		cr_assert_eq(claims[i].version,
			     (uint64_t)json_integer_value(vectors_at(c, "1")));
	}

	cr_assert_eq(json_array_size(extra), 3);
	tail = hello_tail(&h);
	for (size_t i = 0; i < 3; i++) {
		struct span e =
			hex_bytes(json_string_value(json_array_get(extra, i)));

		cr_assert_leq(e.len, tail.len);
		cr_assert_arr_eq(tail.data, e.data, e.len);
		tail = span_of(tail.data + e.len, tail.len - e.len);
		free((void *)e.data);
	}
	cr_assert_eq(tail.len, 0);
	free((void *)payload.data);
	free((void *)id.data);
	json_decref(root);
}

/* Read a sample, make it again from what was read; the bytes must agree. */
static void remake_sample(json_t *root, const char *path, const char *name)
{
	struct span want = vectors_hex(root, path);
	struct capability local[] = { offer("bar", 2), offer("foo", 1) };
	struct capability_claim claims[2];
	struct hello h;
	struct buf out;

	cr_assert_eq(want.len, 92);
	cr_assert_eq(hello_read(&h, want), ERR_NONE);
	cr_assert_eq(h.version, BASE_VERSION);
	cr_assert(says(hello_name(&h), name));
	cr_assert_eq(h.listen_port, 0);
	cr_assert_eq(hello_tail(&h).len, 0);
	cr_assert_eq(h.caps_count, 2);
	cr_assert_eq(hello_claims(&h, claims), 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert(says(claims[i].name, local[i].name));
		cr_assert_eq(claims[i].version, local[i].version);
	}

	buf_init(&out, HELLO_MAX);
	cr_assert_eq(hello_make(&out, BASE_VERSION, name, local, 2, &h.id,
				span_of(NULL, 0)),
		     ERR_NONE);
	cr_assert(span_equal(span_of(out.data, out.len), want));
	buf_clear(&out);
	free((void *)want.data);
}

Test(hello, makes_the_samples_byte_for_byte)
{
	json_t *root = vectors_load("rlpx.json");

	/* status, A_v5, B_v5 */
	cr_assert_eq(json_object_size(vectors_at(root, "hello_samples")), 3);
	remake_sample(root, "hello_samples.A_v5", "nodeA/v1");
	remake_sample(root, "hello_samples.B_v5", "nodeB/v1");
	json_decref(root);
}

Test(hello, reads_back_what_it_makes)
{
	struct capability local[] = { offer("MyProtocol", 1), offer("foo", 0),
				      offer("foo", UINT64_MAX) };
	struct span tail = ITEM("\xc2\x01\x02\x81\x05\xc0"); /* opaque */
	struct capability_claim claims[3];
	struct ecc_pub id = { { 1, 2, 3 } };
	struct hello h, copy;
	struct buf out;

	buf_init(&out, 4096);
	cr_assert_eq(buf_append(&out, "before", 6), ERR_NONE);
	cr_assert_eq(hello_make(&out, UINT64_MAX, "", local, 3, &id, tail),
		     ERR_NONE);
	cr_assert_arr_eq(out.data, "before", 6);
	cr_assert_eq(hello_read(&h, span_of(out.data + 6, out.len - 6)),
		     ERR_NONE);
	buf_clear(&out);

	/* A Hello owns its bytes: a copy outlives the original. */
	copy = h;
	memset(&h, 0xff, sizeof(h));
	cr_assert_eq(copy.version, UINT64_MAX);
	cr_assert_eq(hello_name(&copy).len, 0);
	cr_assert_arr_eq(copy.id.b, id.b, sizeof(id.b));
	cr_assert(span_equal(hello_tail(&copy), tail));
	cr_assert_eq(copy.caps_count, 3);
	cr_assert_eq(hello_claims(&copy, claims), 3);
	for (size_t i = 0; i < 3; i++) {
		cr_assert(says(claims[i].name, local[i].name));
		cr_assert_eq(claims[i].version, local[i].version);
		cr_assert_geq(claims[i].name.data, copy.payload);
		cr_assert_lt(claims[i].name.data, copy.payload + copy.len);
	}
}

Test(hello, takes_2048_bytes_and_not_2049)
{
	struct parts p = good();
	struct hello h;
	struct buf b;
	uint8_t *more;

	/* As bytes behind the list, which are ignored... */
	put(&b, &p);
	more = buf_grow(&b, HELLO_MAX);
	cr_assert_not_null(more);
	memset(more, 0xff, HELLO_MAX);
	buf_commit(&b, HELLO_MAX);
	cr_assert_eq(hello_read(&h, span_of(b.data, HELLO_MAX)), ERR_NONE);
	cr_assert(says(hello_name(&h), "weft"));
	cr_assert_eq(hello_tail(&h).len, 0);
	cr_assert_eq(hello_read(&h, span_of(b.data, HELLO_MAX + 1)), ERR_LIMIT);
	buf_clear(&b);

	/* ...and as items of the tail. */
	more = calloc(1, 2 * HELLO_MAX);
	cr_assert_not_null(more);
	put(&b, &p);
	p.tail = span_of(more, HELLO_MAX - b.len - 1); /* longer header */
	buf_clear(&b);
	put(&b, &p);
	cr_assert_eq(b.len, HELLO_MAX);
	cr_assert_eq(hello_read(&h, span_of(b.data, b.len)), ERR_NONE);
	cr_assert_eq(hello_tail(&h).len, p.tail.len);
	buf_clear(&b);
	p.tail.len++;
	cr_assert_eq(read_parts(&h, &p), ERR_LIMIT);
	free(more);
}

Test(hello, makes_2048_bytes_and_not_2049)
{
	struct ecc_pub id = { { 1 } };
	uint8_t *tail = calloc(1, HELLO_MAX);
	struct buf out;
	size_t room;

	cr_assert_not_null(tail);
	buf_init(&out, 4 * HELLO_MAX);
	cr_assert_eq(buf_append(&out, "before", 6), ERR_NONE);
	cr_assert_eq(
		hello_make(&out, 5, "weft", NULL, 0, &id, span_of(tail, 1000)),
		ERR_NONE);
	room = HELLO_MAX - (out.len - 6 - 1000);
	buf_truncate(&out, 6);
	cr_assert_eq(
		hello_make(&out, 5, "weft", NULL, 0, &id, span_of(tail, room)),
		ERR_NONE);
	cr_assert_eq(out.len, 6 + HELLO_MAX);
	buf_truncate(&out, 6);
	cr_assert_eq(hello_make(&out, 5, "weft", NULL, 0, &id,
				span_of(tail, room + 1)),
		     ERR_LIMIT);
	cr_assert_eq(out.len, 6);
	cr_assert_arr_eq(out.data, "before", 6);
	buf_clear(&out);

	/* The buf's own limit counts too. */
	buf_init(&out, 70);
	cr_assert_eq(
		hello_make(&out, 5, "weft", NULL, 0, &id, span_of(NULL, 0)),
		ERR_LIMIT);
	cr_assert_eq(out.len, 0);
	buf_clear(&out);
	free(tail);
}

Test(hello, refuses_every_proper_prefix)
{
	json_t *root = vectors_load("rlpx.json");
	struct span payload = vectors_hex(root, "hello_eip8.payload");
	struct hello h;

	for (size_t n = 0; n < payload.len; n++)
		cr_assert_eq(hello_read(&h, span_of(payload.data, n)),
			     ERR_FORMAT);
	cr_assert_eq(hello_read(&h, span_of(NULL, 0)), ERR_FORMAT);
	free((void *)payload.data);
	json_decref(root);
}

Test(hello, refuses_a_missing_item)
{
	struct hello h;

	for (unsigned missing = 0; missing < 5; missing++) {
		struct parts p = good();
		struct span *items[] = { &p.version, &p.name, &p.caps, &p.port,
					 &p.id };

		cr_assert_eq(read_parts(&h, &p), ERR_NONE);
		items[missing]->len = 0;
		cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
	}
}

Test(hello, refuses_an_item_of_the_wrong_type)
{
	struct hello h;

	for (unsigned wrong = 0; wrong < 5; wrong++) {
		struct parts p = good();
		struct span *items[] = { &p.version, &p.name, &p.caps, &p.port,
					 &p.id };

		*items[wrong] = wrong == 2 ? ITEM("\x80") : ITEM("\xc0");
		cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
	}
	cr_assert_eq(hello_read(&h, ITEM("\x85hello")), ERR_FORMAT);
	cr_assert_eq(hello_read(&h, ITEM("\xc0")), ERR_FORMAT);
}

Test(hello, takes_any_version_of_64_bits)
{
	struct parts p = good();
	struct hello h;

	p.version = ITEM("\x80");
	cr_assert_eq(read_parts(&h, &p), ERR_NONE);
	cr_assert_eq(h.version, 0);
	p.version = ITEM("\x88\xff\xff\xff\xff\xff\xff\xff\xff");
	cr_assert_eq(read_parts(&h, &p), ERR_NONE);
	cr_assert_eq(h.version, UINT64_MAX);
	p.version = ITEM("\x89\x01\xff\xff\xff\xff\xff\xff\xff\xff");
	cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
	p.version = ITEM("\x00"); /* not canonical */
	cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
	p.version = ITEM("\x81\x05");
	cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
}

Test(hello, takes_names_for_raw_bytes)
{
	struct capability_claim claim;
	struct parts p = good();
	struct hello h;

	p.name = ITEM("\x84\x61\0\xff\n");
	cr_assert_eq(read_parts(&h, &p), ERR_NONE);
	cr_assert(span_equal(hello_name(&h), ITEM("a\0\xff\n")));

	cr_assert_eq(read_caps(&h, ITEM("\xc6\x84\x66oo\0\x01")), ERR_NONE);
	cr_assert_eq(hello_claims(&h, &claim), 1);
	cr_assert(span_equal(claim.name, ITEM("foo\0")));
	cr_assert_eq(claim.version, 1);
}

Test(hello, refuses_an_entry_of_one_or_three_items)
{
	struct hello h;

	cr_assert_eq(read_caps(&h, ITEM("")), ERR_NONE);
	cr_assert_eq(h.caps_count, 0);
	cr_assert_eq(read_caps(&h, ITEM("\xc2\x80\x80")), ERR_NONE);
	cr_assert_eq(h.caps_count, 1);
	cr_assert_eq(read_caps(&h, ITEM("\xc0")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\xc1\x80")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\xc3\x80\x80\x80")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\x83\x66oo")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\xc2\xc0\x80")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\xc2\x80\xc0")), ERR_FORMAT);
	cr_assert_eq(read_caps(&h, ITEM("\xc2\x80\x00")), ERR_FORMAT);
	/* An entry that reaches past the end of its list. */
	cr_assert_eq(read_caps(&h, ITEM("\xc3\x80\x80")), ERR_FORMAT);
	/* The last one counts as the first. */
	cr_assert_eq(read_caps(&h, ITEM("\xc2\x80\x80\xc2\x80\x01\xc1\x80")),
		     ERR_FORMAT);
}

Test(hello, holds_fewer_claims_than_there_is_room_for)
{
	static struct capability_claim claims[CAPABILITIES_PEER_MAX];
	uint8_t items[3 * CAPABILITIES_PEER_MAX];
	struct hello h;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(items); i++)
		items[i] = i % 3 ? 0x80 : 0xc2;
	while (read_caps(&h, span_of(items, 3 * (n + 1))) == ERR_NONE) {
		n++;
		cr_assert_eq(h.caps_count, n);
	}
	cr_assert_eq(read_caps(&h, span_of(items, 3 * (n + 1))), ERR_LIMIT);
	cr_assert_eq(n, 656);
	cr_assert_lt(n, CAPABILITIES_PEER_MAX);

	cr_assert_eq(read_caps(&h, span_of(items, 3 * n)), ERR_NONE);
	cr_assert_eq(hello_claims(&h, claims), n);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(claims[i].name.len, 0);
		cr_assert_eq(claims[i].version, 0);
	}
}

Test(hello, refuses_an_id_of_other_than_64_bytes)
{
	static const size_t wrong[] = { 0, 1, 2, 63, 65, 128 };
	uint8_t id[128];
	struct hello h;

	memset(id, 0x42, sizeof(id));
	cr_assert_eq(read_id(&h, id, 64), ERR_NONE);
	cr_assert_arr_eq(h.id.b, id, 64);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(read_id(&h, id, wrong[i]), ERR_FORMAT);
}

/* Where webchaind sends Disconnect 0x07, null identity. */
Test(hello, refuses_an_id_of_zeros)
{
	uint8_t id[64] = { 0 };
	struct hello h;

	cr_assert_eq(read_id(&h, id, 64), ERR_FORMAT);
	for (size_t i = 0; i < 64; i++) {
		id[i] = 1;
		cr_assert_eq(read_id(&h, id, 64), ERR_NONE);
		id[i] = 0;
	}
}

Test(hello, keeps_the_tail_as_it_came)
{
	struct parts p = good();
	struct hello h;

	/* "Tail items are opaque: a non-canonical one is tolerated." */
	p.tail = ITEM("\x01\xc3\x81\x05\x80\x84tail");
	cr_assert_eq(read_parts(&h, &p), ERR_NONE);
	cr_assert(span_equal(hello_tail(&h), p.tail));
	p.tail = ITEM("");
	cr_assert_eq(read_parts(&h, &p), ERR_NONE);
	cr_assert_eq(hello_tail(&h).len, 0);
	/* What does not fit in the list is no item. */
	p.tail = ITEM("\x84tai");
	cr_assert_eq(read_parts(&h, &p), ERR_FORMAT);
}
