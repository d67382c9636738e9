/* SPDX-License-Identifier: Apache-2.0 */
/* test_lists.c - RLP of the plugin interface beyond what a format can say. */
#include <string.h>

#include "test/unit/plugins/scene.h"

static struct weft_msg msg_of(const void *payload, size_t size)
{
	return (struct weft_msg){ .payload = payload, .size = size };
}

Scene(plugin_lists, pack_fills_the_room_exactly_or_not_at_all)
{
	static const uint8_t want[] = { 0xc6, 0x07, 0x84, 'w', 'e', 'f', 't' };
	uint8_t out[sizeof(want)];
	size_t size;

	(void)arg;
	memset(out, 0xee, sizeof(out));
	size = 0;
	MUST_BE(weft_pack(out, sizeof(want) - 1, &size, "[us]", (uint64_t)7,
			  "weft"),
		WEFT_ELIMIT);
	MUST_BE(size, sizeof(want));
	MUST_BE(out[0], 0xee);
	MUST_BE(weft_pack(NULL, 0, &size, "[us]", (uint64_t)7, "weft"),
		WEFT_ELIMIT);
	MUST_BE(weft_pack(out, sizeof(out), &size, "[us]", (uint64_t)7, "weft"),
		0);
	MUST_BE(size, sizeof(want));
	MUST(!memcmp(out, want, sizeof(want)));
	MUST_BE(weft_pack(out, sizeof(out), &size, "[u", (uint64_t)7),
		WEFT_EINVAL);
	return WEFT_OK;
}

Scene(plugin_lists, pack_takes_an_array_as_well)
{
	const struct weft_item items[] = {
		{ .number = 7 },
		{ .data = "weft", .size = 4 },
	};
	uint8_t by_array[16], by_format[16];
	size_t size, other;

	(void)arg;
	MUST_BE(weft_pack_items(by_array, sizeof(by_array), &size, "[us]",
				items, 2),
		0);
	MUST_BE(weft_pack(by_format, sizeof(by_format), &other, "[us]",
			  (uint64_t)7, "weft"),
		0);
	MUST_BE(size, other);
	MUST(!memcmp(by_array, by_format, size));
	MUST_BE(weft_pack_items(by_array, sizeof(by_array), &size, "[us]",
				items, 1),
		WEFT_EINVAL);
	return WEFT_OK;
}

Scene(plugin_lists, a_list_of_any_length_goes_out_and_back)
{
	struct weft_msg rest, item;
	uint8_t items[256], list[300];
	size_t used = 0, size;
	uint64_t n, expected = 0;
	int rc;

	(void)arg;
	for (uint64_t i = 0; i < 100; i++) {
		MUST_BE(weft_pack(items + used, sizeof(items) - used, &size,
				  "u", 3 * i),
			0);
		used += size;
	}
	MUST_BE(weft_pack(list, sizeof(list), &size, "[r]", items, used), 0);

	rest = msg_of(list, size);
	rc = weft_list(&rest);
	while (!rc && (rc = weft_next(&rest, &item)) == 0) {
		MUST_BE(weft_unpack(&item, "u", &n), 0);
		MUST_BE(n, 3 * expected);
		expected++;
	}
	MUST_BE(rc, WEFT_ENOENT);
	MUST_BE(expected, 100);
	return WEFT_OK;
}

Scene(plugin_lists, lists_within_lists_are_entered_one_by_one)
{
	uint8_t bytes[16];
	struct weft_msg rest, item;
	size_t size;
	uint64_t n;

	(void)arg;
	MUST_BE(weft_pack(bytes, sizeof(bytes), &size, "[[u][]]", (uint64_t)5),
		0);
	rest = msg_of(bytes, size);
	MUST_BE(weft_list(&rest), 0);
	MUST_BE(weft_next(&rest, &item), 0);
	MUST_BE(weft_unpack(&item, "[u]", &n), 0);
	MUST_BE(n, 5);
	MUST_BE(weft_next(&rest, &item), 0);
	MUST_BE(weft_list(&item), 0);
	MUST_BE(weft_next(&item, &item), WEFT_ENOENT);
	MUST_BE(weft_next(&rest, &item), WEFT_ENOENT);
	return WEFT_OK;
}

Scene(plugin_lists, what_is_no_list_changes_nothing)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
		{ "", 0 },	       /* nothing */
		{ "\x05", 1 },	       /* a string */
		{ "\xc2\x01", 2 },     /* cut short */
		{ "\xc1\x01\x02", 3 }, /* something follows */
		{ "\xf8\x01\x05", 3 }, /* not canonical */
	};

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct weft_msg msg = msg_of(bad[i].bytes, bad[i].size);

		MUST_BE(weft_list(&msg), WEFT_EMSG);
		MUST(msg.payload == (const uint8_t *)bad[i].bytes);
		MUST_BE(msg.size, bad[i].size);
	}
	return WEFT_OK;
}

Scene(plugin_lists, a_bad_item_ends_the_run)
{
	/* One item, then one that says it is longer than what is there. */
	struct weft_msg rest = msg_of("\x01\x83"
				      "ab",
				      4);
	struct weft_msg item;

	(void)arg;
	MUST_BE(weft_next(&rest, &item), 0);
	MUST_BE(item.size, 1);
	MUST_BE(weft_next(&rest, &item), WEFT_EMSG);
	MUST_BE(rest.size, 3);
	return WEFT_OK;
}
