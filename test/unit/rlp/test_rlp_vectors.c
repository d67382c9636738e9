/* SPDX-License-Identifier: Apache-2.0 */
/* Every case of test/vectors/rlp.json, with the exact class of each error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/rlp/rlp_write.h"
#include "test/support/unit.h"
#include "test/unit/rlp/walk.h"

static const char *text_of(json_t *c, const char *key)
{
	const char *text = json_string_value(json_object_get(c, key));

	cr_assert_not_null(text, "no \"%s\"", key);
	return text;
}

/* Decimal text of any length as minimal big-endian bytes; their count. */
static size_t big_of(uint8_t out[64], const char *decimal)
{
	uint8_t le[64] = { 0 };
	size_t n = 0;
	unsigned carry;

	for (; *decimal; decimal++) {
		carry = (unsigned)(*decimal - '0');
		for (size_t i = 0; i < n || carry; i++) {
			cr_assert_lt(i, sizeof(le));
			carry += le[i] * 10u;
			le[i] = (uint8_t)carry;
			carry >>= 8;
			if (i == n)
				n++;
		}
	}
	for (size_t i = 0; i < n; i++)
		out[i] = le[n - 1 - i];
	return n;
}

static void put_value(struct rlp_writer *w, json_t *value)
{
	const char *key = json_object_iter_key(json_object_iter(value));
	json_t *v = json_object_get(value, key);
	const char *text = json_string_value(v);
	struct span bytes;
	uint8_t big[64];
	json_t *item;
	size_t i;

	if (!strcmp(key, "list")) {
		rlp_put_list(w);
		json_array_foreach(v, i, item)
		{
			put_value(w, item);
		}
		rlp_put_end(w);
	} else if (!strcmp(key, "text")) {
		rlp_put_text(w, text);
	} else if (!strcmp(key, "bytes")) {
		bytes = hex_bytes(text);
		rlp_put_bytes(w, bytes.data, bytes.len);
		free((void *)bytes.data);
	} else if (!strcmp(key, "uint")) {
		i = big_of(big, text);
		if (i <= 8)
			rlp_put_u64(w, strtoull(text, NULL, 10));
		else
			rlp_put_bytes(w, big, i);
	} else {
		cr_assert(false, "a value of unknown kind: %s", key);
	}
}

Test(rlp_vectors, encode)
{
	json_t *root = vectors_load("rlp.json");
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "encode"), i, c)
	{
		struct span want = hex_bytes(text_of(c, "hex"));
		struct rlp_writer w;
		struct buf copy;
		struct buf out;

		buf_init(&out, 4096);
		buf_init(&copy, 4096);
		w = rlp_writer_of(&out);
		put_value(&w, json_object_get(c, "value"));
		cr_assert_eq(rlp_writer_end(&w), ERR_NONE);
		cr_assert(span_equal(span_of(out.data, out.len), want),
			  "encode case %zu", i);
		cr_assert_eq(rlp_check(want), RLP_OK, "encode case %zu", i);
		cr_assert_eq(walk_copy(&copy, want), RLP_OK);
		cr_assert(span_equal(span_of(copy.data, copy.len), want),
			  "encode case %zu, decoded and encoded", i);
		buf_clear(&copy);
		buf_clear(&out);
		free((void *)want.data);
		done++;
	}
	cr_assert_eq(done, 34);
	json_decref(root);
}

/* The N of "bytes[N]" or "list<uint64>[N]"; -1 where there is none. */
static long count_of(const char *as)
{
	const char *bracket = strchr(as, '[');

	return bracket ? strtol(bracket + 1, NULL, 10) : -1;
}

static bool starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static void same_bytes(struct span got, const char *hex, size_t i)
{
	struct span want = hex_bytes(hex);

	cr_assert(span_equal(got, want), "decode case %zu", i);
	free((void *)want.data);
}

/* Numbers into out until the list ends or, with a count, has given it. */
static size_t numbers(uint64_t out[8], struct rlp *r, long count)
{
	size_t n = 0;

	rlp_enter(r);
	while (count < 0 ? rlp_more(r) : (long)n < count) {
		cr_assert_lt(n, 8u);
		out[n++] = rlp_u64(r);
	}
	rlp_leave(r);
	return n;
}

/* Decode as the case says and compare with what it expects, which is NULL for
 * a case that must fail. */
static void decode(struct rlp *r, const char *as, json_t *value, size_t i)
{
	const char *text = json_string_value(value);
	long count = count_of(as);
	uint64_t list[8];
	uint8_t fixed[8];
	struct span s;
	uint64_t v;
	size_t n;

	if (starts(as, "uint") || !strcmp(as, "bool")) {
		v = as[0] == 'b' ? rlp_bool(r)
				 : rlp_uint(r, (unsigned)atoi(as + 4) / 8);
		cr_assert_eq(v, text ? strtoull(text, NULL, 10) : 0,
			     "decode case %zu", i);
	} else if (starts(as, "list<uint64>")) {
		n = numbers(list, r, count);
		if (!value)
			return;
		cr_assert_eq(n, json_array_size(value), "decode case %zu", i);
		while (n-- > 0) {
			text = json_string_value(json_array_get(value, n));
			cr_assert_eq(list[n], strtoull(text, NULL, 10));
		}
	} else if (starts(as, "bytes[")) {
		memset(fixed, 0xee, sizeof(fixed));
		rlp_fixed(r, fixed, (size_t)count);
		if (text)
			same_bytes(span_of(fixed, (size_t)count), text, i);
		cr_assert_eq(fixed[count], 0xee);
	} else if (!strcmp(as, "bytes")) {
		s = rlp_bytes(r);
		if (text)
			same_bytes(s, text, i);
		else /* TRAILING shows only at the end */
			cr_assert(s.len == 0 || !r->fault);
	} else {
		cr_assert(false, "decode case %zu: unknown type %s", i, as);
	}
}

Test(rlp_vectors, decode_ok)
{
	json_t *root = vectors_load("rlp.json");
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "decode_ok"), i, c)
	{
		struct span in = hex_bytes(text_of(c, "hex"));
		struct rlp r = rlp_of(in.data, in.len);

		decode(&r, text_of(c, "as"), json_object_get(c, "value"), i);
		cr_assert_eq(rlp_end(&r), ERR_NONE, "decode_ok case %zu: %s", i,
			     rlp_fault_name(r.fault));
		cr_assert_eq(rlp_check(in), RLP_OK);
		free((void *)in.data);
		done++;
	}
	cr_assert_eq(done, 22);
	json_decref(root);
}

Test(rlp_vectors, decode_err)
{
	json_t *root = vectors_load("rlp.json");
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "decode_err"), i, c)
	{
		struct span in = hex_bytes(text_of(c, "hex"));
		struct rlp r = rlp_of(in.data, in.len);
		const char *as = text_of(c, "as");
		const char *want = text_of(c, "error");
		struct buf copy;

		if (!strcmp(as, "any")) {
			buf_init(&copy, 4096);
			cr_assert_str_eq(rlp_fault_name(rlp_check(in)), want,
					 "decode_err case %zu", i);
			cr_assert_str_eq(rlp_fault_name(walk_copy(&copy, in)),
					 want, "decode_err case %zu", i);
			buf_clear(&copy);
		} else {
			/* Trailing bytes do not spoil what came before. */
			if (!strcmp(want, "TRAILING") && as[0] == 'u')
				cr_assert_eq(rlp_u64(&r), 1);
			else
				decode(&r, as, NULL, i);
			cr_assert_eq(rlp_end(&r), ERR_FORMAT);
			cr_assert_str_eq(rlp_fault_name(r.fault), want,
					 "decode_err case %zu", i);
		}
		free((void *)in.data);
		done++;
	}
	cr_assert_eq(done, 63);
	json_decref(root);
}

Test(rlp_vectors, split_uint64)
{
	json_t *root = vectors_load("rlp.json");
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "split_uint64"), i, c)
	{
		struct span in = hex_bytes(text_of(c, "hex"));
		const char *want =
			json_string_value(json_object_get(c, "error"));
		struct rlp r = rlp_of(in.data, in.len);
		struct span rest = span_of("old", 3);
		uint64_t code = 77;
		enum err rc = rlp_split_code(&code, &rest, in);

		cr_assert_eq(rlp_u64(&r), want ? 0 : code);
		cr_assert_str_eq(rlp_fault_name(r.fault), want ? want : "OK",
				 "split case %zu", i);
		if (want) {
			cr_assert_eq(rc, ERR_FORMAT, "split case %zu", i);
			cr_assert_eq(code, 77);
			cr_assert_eq(rest.len, 3);
		} else {
			cr_assert_eq(rc, ERR_NONE, "split case %zu", i);
			cr_assert_eq(code,
				     strtoull(text_of(c, "value"), NULL, 10));
			same_bytes(rest, text_of(c, "rest"), i);
		}
		free((void *)in.data);
		done++;
	}
	cr_assert_eq(done, 18);
	json_decref(root);
}

Test(rlp_vectors, headers_only)
{
	json_t *root = vectors_load("rlp.json");
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "headers_only"), i, c)
	{
		struct span in = hex_bytes(text_of(c, "hex"));
		const char *kind = text_of(c, "kind");
		uint64_t size = strtoull(text_of(c, "size"), NULL, 10);
		uint8_t again[RLP_HEADER_MAX];
		struct rlp_header h;

		cr_assert_eq(rlp_header(&h, in), RLP_OK, "header case %zu", i);
		cr_assert_eq(h.kind,
			     !strcmp(kind, "list") ? RLP_LIST : RLP_STRING);
		if (!strcmp(kind, "byte")) {
			/* The vectors give a lone byte no size at all. */
			cr_assert_eq(size, 0);
			cr_assert_eq(h.size, 0);
			cr_assert_eq(h.len, 1);
		} else {
			cr_assert_eq(h.size, in.len, "header case %zu", i);
			cr_assert_eq(h.len, size, "header case %zu", i);
			cr_assert_eq(rlp_put_header(again, h.kind, h.len),
				     in.len);
			cr_assert_arr_eq(again, in.data, in.len);
		}
		free((void *)in.data);
		done++;
	}
	cr_assert_eq(done, 12);
	json_decref(root);
}
