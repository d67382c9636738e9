/* SPDX-License-Identifier: Apache-2.0 */
#include "node/show.h"

#include <stdlib.h>
#include <string.h>

#include "node/log_sink.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

Test(show, lets_no_control_byte_of_a_stranger_through)
{
	char out[SHOW_TEXT_MAX];
	uint8_t every[256];

	for (int i = 0; i < 256; i++)
		every[i] = (uint8_t)i;
	show_text(out, sizeof(out), span_of(every, sizeof(every)));
	for (const char *c = out; *c; c++)
		cr_assert(*c >= 0x20 && *c < 0x7f);
	show_text(out, sizeof(out), span_text("\x1b[31m\r\n"));
	cr_assert_str_eq(out, "\\x1b[31m\\x0d\\x0a");
}

Test(show, puts_no_quotes_around_and_cuts_what_does_not_fit)
{
	char out[SHOW_TEXT_MAX];
	char small[24];

	cr_assert_str_eq(show_text(out, sizeof(out), span_text("a b")), "a b");
	cr_assert_str_eq(show_text(out, sizeof(out), span_text("")), "");
	cr_assert_str_eq(show_text(out, sizeof(out), span_text("\"a b\"")),
			 "\\x22a b\\x22");
	cr_assert_str_eq(show_text(out, sizeof(out), span_text("\"")), "\\x22");
	show_text(small, sizeof(small),
		  span_text("a name that is longer than its place"));
	cr_assert_lt(strlen(small), sizeof(small));
	cr_assert_str_eq(small + strlen(small) - 3, "...");
}

Test(show, scales_times_and_sizes)
{
	char out[SHOW_AMOUNT_MAX];

	cr_assert_str_eq(show_ms(out, 0), "0.0 ms");
	cr_assert_str_eq(show_ms(out, 349999), "0.3 ms");
	cr_assert_str_eq(show_ms(out, 999999999), "999.9 ms");
	cr_assert_str_eq(show_ms(out, 12345000000), "12.3 s");
	cr_assert_str_eq(show_bytes(out, 999), "999 B");
	cr_assert_str_eq(show_bytes(out, 1000), "1.0 kB");
	cr_assert_str_eq(show_bytes(out, 1234567), "1.2 MB");
	cr_assert_str_eq(show_bytes(out, UINT64_MAX), "18446744073.7 GB");
}

Test(show, uses_colour_on_terminals_only)
{
	struct page p;

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	page_open(&p);
	cr_assert_not(show_has_colour(p.out));
	page_close(&p);
	cr_assert_str_eq(show_tone(false, SHOW_BAD), "");
	cr_assert_neq(show_tone(true, SHOW_BAD)[0], '\0');
}

Test(show, writes_json_on_one_line_event_first)
{
	json_t *o = show_json_event("x");
	struct page p;

	show_json_set(o, "peer", show_json_text(span_of("a\xff\n\"", 4)));
	show_json_set(o, "own", show_json_own("/tmp/\xc3\xa4"));
	show_json_set(o, "broken", show_json_own("/tmp/\xff"));
	show_json_set(o, "ms", json_real(1.5409999999999999));
	page_open(&p);
	show_json_line(p.out, o);
	cr_assert_str_eq(page_text(&p), "{\"event\":\"x\","
					"\"peer\":\"a\\\\xff\\\\x0a\\\\x22\","
					"\"own\":\"/tmp/\\u00E4\","
					"\"broken\":\"/tmp/\\\\xff\","
					"\"ms\":1.541}\n");
	page_close(&p);
}

static const char hostile[] = "\x1b]0;x\x07 \"=";

Test(log_sink, writes_one_line_of_text_per_event)
{
	struct log_sink sink;
	struct page p;
	const char *text;

	page_open(&p);
	log_sink_init(&sink, p.out, SHOW_AS_TEXT, LOG_INFO);
	log_event(&sink.log, LOG_DEBUG, "peer", "not wanted");
	log_event(&sink.log, LOG_INFO, "peer", "added",
		  LOG_TEXT("name", hostile), LOG_U64("peers", 3),
		  LOG_MS("took", 12345678));
	text = page_text(&p);
	cr_assert_eq(strlen(text), strcspn(text, "\n") + 1);
	/* "12:04:31.207" and two fields of fixed width stand before. */
	cr_assert_str_eq(text + 12, " info  peer    added  "
				    "name=\"\\x1b]0;x\\x07 \\x22=\" peers=3 "
				    "took=12.345ms\n");
	page_close(&p);
}

Test(log_sink, writes_one_json_object_per_event)
{
	struct log_sink sink;
	json_error_t error;
	struct page p;
	json_t *o;

	page_open(&p);
	log_sink_init(&sink, p.out, SHOW_AS_JSON, LOG_WARN);
	log_event(&sink.log, LOG_INFO, "peer", "not wanted");
	log_event(&sink.log, LOG_WARN, "peer", "added",
		  LOG_TEXT("name", hostile), LOG_U64("peers", 3),
		  LOG_MS("took", 12345678));
	cr_assert_not(strncmp(page_text(&p), "{\"event\":\"log\",", 15));
	o = json_loads(page_text(&p), JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(o, "%s", error.text);
	cr_assert_str_eq(vectors_text(o, "level"), "warn");
	cr_assert_str_eq(vectors_text(o, "message"), "added");
	cr_assert_str_eq(vectors_text(o, "name"), "\\x1b]0;x\\x07 \\x22=");
	cr_assert_eq(json_integer_value(vectors_at(o, "peers")), 3);
	cr_assert(json_real_value(vectors_at(o, "took")) > 12.345);
	cr_assert_eq(strlen(vectors_text(o, "time")), 24);
	json_decref(o);
	page_close(&p);
}
