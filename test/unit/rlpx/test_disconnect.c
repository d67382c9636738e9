/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "p2p/rlpx/hello.h"
#include "test/support/unit.h"

static uint8_t read_hex(const char *hex)
{
	struct span in = hex_bytes(hex);
	uint8_t reason = disconnect_read(in);

	free((void *)in.data);
	return reason;
}

Test(disconnect, reads_each_vector_as_recommended)
{
	json_t *root = vectors_load("rlpx.json");
	json_t *cases = vectors_at(root, "disconnect_payload_decoding.cases");

	cr_assert_eq(json_array_size(cases), 17);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);
		json_t *want = vectors_at(c, "recommended");
		const char *payload = vectors_text(c, "payload");

		if (json_is_string(want)) {
			cr_assert_str_eq(json_string_value(want), "invalid");
			cr_assert_eq(read_hex(payload), DISC_INVALID, "%s",
				     payload);
		} else {
			cr_assert(json_is_integer(want));
			cr_assert_eq(read_hex(payload),
				     json_integer_value(want), "%s", payload);
		}
	}
	json_decref(root);
}

Test(disconnect, makes_the_list_form)
{
	static const struct {
		uint8_t reason;
		uint8_t len;
		uint8_t bytes[DISCONNECT_MAX];
	} cases[] = {
		{ DISC_REQUESTED, 2, { 0xc1, 0x80 } },
		{ DISC_NETWORK, 2, { 0xc1, 0x01 } },
		{ DISC_TOO_MANY_PEERS, 2, { 0xc1, 0x04 } },
		{ DISC_SUBPROTOCOL, 2, { 0xc1, 0x10 } },
		{ 0x7f, 2, { 0xc1, 0x7f } },
		{ 0x80, 3, { 0xc2, 0x81, 0x80 } },
		{ 0xff, 3, { 0xc2, 0x81, 0xff } },
	};
	uint8_t out[DISCONNECT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert_eq(disconnect_make(out, cases[i].reason),
			     cases[i].len);
		cr_assert_arr_eq(out, cases[i].bytes, cases[i].len);
	}
}

Test(disconnect, reads_what_it_makes_and_the_bare_form_of_it)
{
	for (unsigned reason = 0; reason < 256; reason++) {
		uint8_t out[DISCONNECT_MAX];
		size_t n = disconnect_make(out, (uint8_t)reason);

		cr_assert_eq(disconnect_read(span_of(out, n)), reason);
		cr_assert_eq(disconnect_read(span_of(out + 1, n - 1)), reason);
		for (size_t k = 0; k < n; k++)
			cr_assert_eq(disconnect_read(span_of(out, k)),
				     DISC_INVALID);
	}
}

Test(disconnect, survives_reasons_outside_the_table_cve_2022_29177)
{
	cr_assert_eq(read_hex("c111"), 17);
	cr_assert_eq(read_hex("11"), 17);
	cr_assert_str_eq(disconnect_name(17), "unknown reason");
	cr_assert_eq(read_hex("c281c8"), 200);
	cr_assert_eq(read_hex("81c8"), 200);
	cr_assert_str_eq(disconnect_name(200), "unknown reason");
	cr_assert_eq(read_hex("c988ffffffffffffffff"), DISC_INVALID);
	cr_assert_eq(read_hex("88ffffffffffffffff"), DISC_INVALID);
	cr_assert_eq(read_hex("cb8affffffffffffffffffff"), DISC_INVALID);
	cr_assert_str_eq(disconnect_name(DISC_INVALID), "invalid reason");
}

Test(disconnect, names_every_reason_and_no_other)
{
	unsigned known = 0;

	for (unsigned reason = 0; reason < 256; reason++) {
		const char *name = disconnect_name((uint8_t)reason);

		cr_assert_not_null(name);
		if (strcmp(name, "unknown reason"))
			known++;
	}
	cr_assert_eq(known, 14);
	cr_assert_str_eq(disconnect_name(DISC_REQUESTED), "requested");
	cr_assert_str_eq(disconnect_name(DISC_TOO_MANY_PEERS),
			 "too many peers");
	cr_assert_str_eq(disconnect_name(DISC_SUBPROTOCOL),
			 "subprotocol error");
	cr_assert_str_eq(disconnect_name(0x0c), "unknown reason");
}

Test(disconnect, ignores_further_items_but_nothing_behind_the_value)
{
	cr_assert_eq(read_hex("c604c20102c0ff"), DISC_INVALID);
	cr_assert_eq(read_hex("c504c20102c0"), 4);
	cr_assert_eq(read_hex("c180c0"), DISC_INVALID);
	cr_assert_eq(read_hex("c104ff"), DISC_INVALID);
	cr_assert_eq(read_hex("0404"), DISC_INVALID);
	cr_assert_eq(read_hex("c0c0"), DISC_INVALID);
}

Test(disconnect, takes_a_hundred_bytes_and_no_more)
{
	uint8_t in[101] = { 0xf8, 98, 0x04 };

	cr_assert_eq(disconnect_read(span_of(in, 100)), 4);
	in[1] = 99;
	cr_assert_eq(disconnect_read(span_of(in, 101)), DISC_INVALID);
	cr_assert_eq(disconnect_read(span_of(NULL, 0)), DISC_INVALID);
}
