/* SPDX-License-Identifier: Apache-2.0 */
/* Messages by format, as a plugin sends and reads them. What the formats mean
 * is tested where they are made (unit_rlp); here, what the calls add. */
#include "test/unit/node_plugin/subject.h"

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	struct weft_msg msg;
	int rc;

	(void)peer;
	(void)state;
	while (!(rc = weft_read(ch, &msg)) &&
	       !(rc = weft_write(ch, msg.code, msg.payload, msg.size)))
		;
	return rc;
}

static int start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "mirror",
		.version = 1,
		.codes = 1,
		.run = run,
	};

	(void)state;
	return weft_protocol_add(host, &p, NULL);
}

SUBJECT(mirror, .start = start);

static struct weft_channel *connect_mirror(void)
{
	return weft_pipe(weft_test_start(&mirror, NULL), "mirror");
}

static int every_letter(void *arg)
{
	static const uint8_t raw[] = { 0xc2, 0x01, 0x02 };
	struct weft_channel *ch = connect_mirror();
	const uint8_t *data, *item;
	size_t size, item_size;
	struct weft_msg msg;
	char *text, *other;
	uint64_t n;
	int flag;

	(void)arg;
	cr_assert_eq(weft_send(ch, 0, "[sdu?r[s]]", "text", "\x00\xff",
			       (size_t)2, (uint64_t)1 << 40, 5, raw,
			       sizeof(raw), ""),
		     WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack(&msg, "[sdu?r[s]]", &text, &data, &size, &n,
				 &flag, &item, &item_size, &other),
		     WEFT_OK);
	cr_assert_str_eq(text, "text");
	cr_assert_eq(size, (size_t)2);
	cr_assert_arr_eq(data, "\x00\xff", 2);
	cr_assert_eq(n, (uint64_t)1 << 40);
	cr_assert_eq(flag, 1);
	cr_assert_eq(item_size, sizeof(raw));
	cr_assert_arr_eq(item, raw, sizeof(raw));
	cr_assert_str_eq(other, "");
	/* Borrowed from the message, not copied. */
	cr_assert(data > msg.payload && data < msg.payload + msg.size);
	/* The texts are copies, each of them. */
	cr_assert(text < (char *)msg.payload ||
		  text >= (char *)msg.payload + msg.size);
	cr_assert_eq(weft_unpack(&msg, "[s*]", &other), WEFT_OK);
	cr_assert_neq(text, other);
	return WEFT_OK;
}

Test(rlp_calls, pack_and_unpack_every_letter)
{
	subject_run(every_letter, NULL);
}

static int parts(void *arg)
{
	struct weft_channel *ch = connect_mirror();
	struct weft_msg msg, part;
	const uint8_t *inner;
	struct weft_msg own = { .payload = (const uint8_t *)"\xc2\x61\x62",
				.size = 3 };
	size_t size;
	char *a, *b;

	(void)arg;
	cr_assert_eq(weft_send(ch, 0, "[[ss]]", "a", "b"), WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack(&msg, "[r]", &inner, &size), WEFT_OK);
	/* A part of a message lives as long as it. */
	part = msg;
	part.payload = inner;
	part.size = size;
	cr_assert_eq(weft_unpack(&part, "[ss]", &a, &b), WEFT_OK);
	cr_assert_str_eq(a, "a");
	cr_assert_str_eq(b, "b");
	/* Bytes that are no message's have nothing for a copy to live with. */
	cr_assert_eq(weft_unpack(&own, "[ss]", &a, &b), WEFT_EINVAL);
	cr_assert_eq(weft_unpack(&own, "[dd]", &inner, &size, &inner, &size),
		     WEFT_OK);
	cr_assert_arr_eq(inner, "b", 1);
	return WEFT_OK;
}

Test(rlp_calls, unpack_parts_of_a_message)
{
	subject_run(parts, NULL);
}

static int wrong(void *arg)
{
	struct weft_channel *ch = connect_mirror();
	uint64_t n = 7, m = 7;
	struct weft_msg msg;
	char *text = NULL;

	(void)arg;
	cr_assert_eq(weft_send(ch, 0, "[", "x"), WEFT_EINVAL);
	cr_assert_eq(weft_send(ch, 0, "[x]"), WEFT_EINVAL);
	cr_assert_eq(weft_send(ch, 0, NULL), WEFT_EINVAL);
	cr_assert_eq(weft_send(NULL, 0, "[]"), WEFT_EINVAL);
	cr_assert_eq(weft_send(ch, 1, "[]"), WEFT_EMSG);
	cr_assert_eq(weft_send(ch, 0, "[us]", (uint64_t)1, "no number"),
		     WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	/* All or nothing. */
	cr_assert_eq(weft_unpack(&msg, "[uu]", &n, &m), WEFT_EMSG);
	cr_assert_eq(n, 7u);
	cr_assert_eq(weft_unpack(&msg, "[u]", &n), WEFT_EMSG);
	cr_assert_eq(weft_unpack(&msg, "[us]s", &n, &text, &text), WEFT_EMSG);
	cr_assert_null(text);
	cr_assert_eq(weft_unpack(&msg, "[us", &n, &text), WEFT_EINVAL);
	cr_assert_eq(weft_unpack(&msg, NULL), WEFT_EINVAL);
	cr_assert_eq(weft_unpack(NULL, "[]"), WEFT_EINVAL);
	/* A NUL inside a text is refused; as data it is not. */
	cr_assert_eq(weft_write(ch, 0, "\xc3\x82\x00\x01", 4), WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack(&msg, "[s]", &text), WEFT_EMSG);
	return WEFT_OK;
}

Test(rlp_calls, refuse_what_does_not_fit_the_format)
{
	subject_run(wrong, NULL);
}

static int arrays(void *arg)
{
	struct weft_channel *ch = connect_mirror();
	struct weft_item in[65] = { { .data = "ab", .size = 2 },
				    { .number = 300 } };
	struct weft_item out[65];
	char format[70] = "[";
	struct weft_msg msg;
	size_t count;

	(void)arg;
	cr_assert_eq(weft_send_items(ch, 0, "[su]", in, 2), WEFT_OK);
	cr_assert_eq(weft_expect(ch, 0, "[su]", "ab", (uint64_t)300), WEFT_OK);
	cr_assert_eq(weft_send_items(ch, 0, "[su]", in, 1), WEFT_EINVAL);
	cr_assert_eq(weft_send_items(ch, 0, "[su]", NULL, 2), WEFT_EINVAL);
	cr_assert_eq(weft_send_items(ch, 0, "[]", NULL, 0), WEFT_OK);
	cr_assert_eq(weft_expect(ch, 0, "[]"), WEFT_OK);

	/* As many as a format holds, and one more. */
	memset(format + 1, 'u', 65);
	format[66] = ']';
	cr_assert_eq(weft_send_items(ch, 0, format, in, 65), WEFT_ELIMIT);
	format[65] = ']';
	format[66] = '\0';
	cr_assert_eq(weft_send_items(ch, 0, format, in, 64), WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack_items(&msg, format, out, 64, &count), WEFT_OK);
	cr_assert_eq(count, (size_t)64);
	cr_assert_eq(out[1].number, 300u);
	cr_assert_eq(weft_unpack_items(&msg, format, out, 63, &count),
		     WEFT_ELIMIT);
	cr_assert_eq(weft_unpack_items(&msg, format, out, 65, &count), WEFT_OK);
	cr_assert_eq(weft_unpack_items(&msg, format, out, 64, NULL),
		     WEFT_EINVAL);

	in[0].number = 1;
	cr_assert_eq(weft_send_items(ch, 0, "[?s]", in, 2), WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack_items(&msg, "[?s]", out, 2, &count), WEFT_OK);
	cr_assert_eq(out[0].number, 1u);
	cr_assert_eq(out[1].size, (size_t)0);
	cr_assert_str_eq((const char *)out[1].data, "");
	return WEFT_OK;
}

Test(rlp_calls, take_arrays_as_well)
{
	subject_run(arrays, NULL);
}
