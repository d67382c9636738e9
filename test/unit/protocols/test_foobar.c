/* SPDX-License-Identifier: Apache-2.0 */
#include "protocols/foobar/foobar.h"
#include "test/support/unit.h"

#define PAYLOAD(text) span_of(text, sizeof(text) - 1)
#define FOO PAYLOAD("\xc4\x83\x66oo")
#define BAR PAYLOAD("\xc4\x83\x62\x61r")

static bool holds(const struct buf *b, struct span want)
{
	return span_equal(span_of(b->data, b->len), want);
}

Test(foobar, says_foo_as_the_document_has_it)
{
	struct foobar f = { 0 };
	struct span want = hex_bytes("c483666f6f");
	struct buf out;

	buf_init(&out, 64);
	cr_assert_eq(foobar_foo(&f, &out), ERR_NONE);
	cr_assert(holds(&out, want));
	cr_assert_eq(out.len, FOOBAR_MESSAGE_MAX);
	cr_assert_eq(f.foo_out, 1);
	buf_clear(&out);
	free((void *)want.data);
}

Test(foobar, answers_foo_with_bar)
{
	enum foobar_event event = FOOBAR_OTHER;
	struct foobar f = { 0 };
	struct buf reply;

	buf_init(&reply, 64);
	cr_assert_eq(foobar_feed(&f, &reply, &event, FOO), ERR_NONE);
	cr_assert_eq(event, FOOBAR_FOO);
	cr_assert(holds(&reply, BAR));
	cr_assert_eq(f.foo_in, 1);
	cr_assert_eq(f.bar_out, 1);
	cr_assert_eq(f.foo_out + f.bar_in, 0);

	/* Appended, not put in place of what is there. */
	cr_assert_eq(foobar_feed(&f, &reply, &event, FOO), ERR_NONE);
	cr_assert_eq(reply.len, 2 * FOOBAR_MESSAGE_MAX);
	cr_assert_eq(f.bar_out, 2);
	buf_clear(&reply);
}

Test(foobar, counts_bar_and_does_not_answer_it)
{
	enum foobar_event event = FOOBAR_OTHER;
	struct foobar f = { 0 };
	struct buf reply;

	buf_init(&reply, 64);
	cr_assert_eq(foobar_feed(&f, &reply, &event, BAR), ERR_NONE);
	cr_assert_eq(event, FOOBAR_BAR);
	cr_assert_eq(reply.len, 0);
	cr_assert_eq(f.bar_in, 1);
	cr_assert_eq(f.foo_in + f.foo_out + f.bar_out, 0);
}

Test(foobar, ignores_other_texts)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "\xc1\x80", 2 }, /* [""] */
		{ "\xc1\x66", 2 }, /* ["f"] */
		{ "\xc4\x83\x46oo", 5 },   { "\xc5\x84\x66oo\0", 6 },
		{ "\xc5\x84\x66ood", 6 },  { "\xc3\x82\x66o", 4 },
		{ "\xc4\x83\0\xff\n", 5 },
	};
	struct foobar f = { 0 };
	struct buf reply;

	buf_init(&reply, 64);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum foobar_event event = FOOBAR_FOO;

		cr_assert_eq(foobar_feed(&f, &reply, &event,
					 span_of(cases[i].bytes, cases[i].len)),
			     ERR_NONE);
		cr_assert_eq(event, FOOBAR_OTHER);
	}
	cr_assert_eq(reply.len, 0);
	cr_assert_eq(f.foo_in + f.foo_out + f.bar_in + f.bar_out, 0);
}

Test(foobar, refuses_what_is_not_a_list_of_one_string)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ NULL, 0 },
		{ "\xc0", 1 },			   /* [] */
		{ "\x83\x66oo", 4 },		   /* "foo" alone */
		{ "\xc8\x83\x66oo\x83\x66oo", 9 }, /* two */
		{ "\xc5\x83\x66oo\xc0", 6 },	   /* ["foo", []] */
		{ "\xc1\xc0", 2 },		   /* [[]] */
		{ "\xc5\xc4\x83\x66oo", 6 },	   /* [["foo"]] */
		{ "\xc4\x83\x66oo\0", 6 },	   /* a byte behind */
		{ "\xf8\x04\x83\x66oo", 6 },	   /* not canonical */
		{ "\xc2\x81\x05", 3 },
		{ "\xc4\x84\x66oo", 5 },
	};
	struct foobar f = { 0 };
	struct buf reply;

	buf_init(&reply, 64);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum foobar_event event = FOOBAR_BAR;

		cr_assert_eq(foobar_feed(&f, &reply, &event,
					 span_of(cases[i].bytes, cases[i].len)),
			     ERR_FORMAT);
		cr_assert_eq(event, FOOBAR_BAR);
	}
	for (size_t n = 0; n < FOO.len; n++) {
		enum foobar_event event;

		cr_assert_eq(
			foobar_feed(&f, &reply, &event, span_of(FOO.data, n)),
			ERR_FORMAT);
	}
	cr_assert_eq(reply.len, 0);
	cr_assert_eq(f.foo_in + f.foo_out + f.bar_in + f.bar_out, 0);
}

Test(foobar, changes_nothing_when_there_is_no_room)
{
	enum foobar_event event = FOOBAR_OTHER;
	struct foobar f = { 0 };
	struct buf out;

	buf_init(&out, FOOBAR_MESSAGE_MAX - 1);
	cr_assert_eq(foobar_foo(&f, &out), ERR_LIMIT);
	cr_assert_eq(foobar_feed(&f, &out, &event, FOO), ERR_LIMIT);
	cr_assert_eq(event, FOOBAR_OTHER);
	cr_assert_eq(out.len, 0);
	cr_assert_eq(f.foo_in + f.foo_out + f.bar_in + f.bar_out, 0);
	buf_clear(&out);

	buf_init(&out, FOOBAR_MESSAGE_MAX);
	cr_assert_eq(foobar_feed(&f, &out, &event, FOO), ERR_NONE);
	buf_clear(&out);
}

Test(foobar, talks_to_itself_and_comes_to_rest)
{
	struct foobar a = { 0 }, b = { 0 };
	enum foobar_event event;
	struct buf to_a, to_b;

	buf_init(&to_a, 64);
	buf_init(&to_b, 64);
	for (unsigned i = 0; i < 10; i++) {
		cr_assert_eq(foobar_foo(&a, &to_b), ERR_NONE);
		cr_assert_eq(foobar_feed(&b, &to_a, &event,
					 span_of(to_b.data, to_b.len)),
			     ERR_NONE);
		cr_assert_eq(event, FOOBAR_FOO);
		buf_truncate(&to_b, 0);
		cr_assert_eq(foobar_feed(&a, &to_b, &event,
					 span_of(to_a.data, to_a.len)),
			     ERR_NONE);
		cr_assert_eq(event, FOOBAR_BAR);
		cr_assert_eq(to_b.len, 0);
		buf_truncate(&to_a, 0);
	}
	cr_assert_eq(a.foo_out, 10);
	cr_assert_eq(b.foo_in, 10);
	cr_assert_eq(b.bar_out, 10);
	cr_assert_eq(a.bar_in, 10);
	buf_clear(&to_a);
	buf_clear(&to_b);
}
