/* SPDX-License-Identifier: Apache-2.0 */
#include "node/parse.h"

#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

#define KEY                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

Test(parse, reads_whole_numbers_within_their_bounds)
{
	static const char *const no_numbers[] = {
		"",
		"-1",
		"+1",
		"1 ",
		" 1",
		"01",
		"0x10",
		"1e3",
		"1.0",
		"99999999999999999999",
		"18446744073709551617",
	};
	struct why why = WHY_NONE;
	uint64_t v = 7;

	for (size_t i = 0; i < ARRAY_LEN(no_numbers); i++)
		cr_assert_eq(parse_count(&v, no_numbers[i], 1, 5000, &why),
			     ERR_FORMAT, "%s", no_numbers[i]);
	cr_assert_eq(parse_count(&v, "0", 1, 5000, &why), ERR_LIMIT);
	cr_assert_eq(parse_count(&v, "5001", 1, 5000, &why), ERR_LIMIT);
	cr_assert_eq(v, 7);
	cr_assert_eq(parse_count(&v, "1", 1, 5000, &why), ERR_NONE);
	cr_assert_eq(v, 1);
	cr_assert_eq(parse_count(&v, "5000", 1, 5000, &why), ERR_NONE);
	cr_assert_eq(v, 5000);
}

Test(parse, reads_durations_with_unit_or_as_seconds)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} right[] = {
		{ "1", 1000 },	   { "0.001", 1 },   { ".25", 250 },
		{ "0.5", 500 },	   { "4.99", 4990 }, { "5", 5000 },
		{ "5.000", 5000 }, { "0.05", 50 },   { "1s", 1000 },
		{ "250ms", 250 },  { "5s", 5000 },
	};
	static const char *const wrong[] = {
		"",	".",   "-1",	 "1.2.3",
		"1e1",	"nan", "0.0001", "1.",
		"0.-1", "1,5", "1.5s",	 "1 s",
		"s",	"5x",  "01",	 "18446744073709551615",
	};
	static const char *const outside[] = { "0", "0.0",    "0ms", "5.001",
					       "6", "5001ms", "1m" };
	struct why why = WHY_NONE;
	uint64_t ms = 7;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(parse_duration(&ms, wrong[i], 1, 5000, &why),
			     ERR_FORMAT, "%s", wrong[i]);
	cr_assert_str_eq(why.text,
			 "\"18446744073709551615\": not a duration (like "
			 "250ms, 15s, 2m, or seconds)");
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		cr_assert_eq(parse_duration(&ms, outside[i], 1, 5000, &why),
			     ERR_LIMIT, "%s", outside[i]);
	cr_assert_str_eq(why.text, "\"1m\": not from 1ms to 5s");
	cr_assert_eq(ms, 7);
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		cr_assert_eq(parse_duration(&ms, right[i].text, 1, 5000, &why),
			     ERR_NONE, "%s", right[i].text);
		cr_assert_eq(ms, right[i].ms, "%s", right[i].text);
	}
}

Test(parse, reads_sizes_with_unit_or_as_bytes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *printed;
	} right[] = {
		{ "1", 1, "1" },
		{ "1023", 1023, "1023" },
		{ "1024", 1024, "1KiB" },
		{ "1KiB", 1024, "1KiB" },
		{ "64 MiB", 64 << 20, "64MiB" },
		{ "512MiB", 512u << 20, "512MiB" },
		{ "1536MiB", 1536u << 20, "1536MiB" },
		{ "2GiB", UINT64_C(2) << 30, "2GiB" },
	};
	static const char *const wrong[] = {
		"",	  "MiB",
		"-1",	  "1.5GiB",
		"1MB",	  "1mib",
		"1 ",	  " 1",
		"1  MiB", "1MiB ",
		"01MiB",  "1MiB x",
		"0x10",	  "99999999999999GiB",
	};
	const uint64_t most = UINT64_C(2) << 30;
	char text[PARSE_SIZE_MAX];
	struct why why = WHY_NONE;
	uint64_t v = 7;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(parse_size(&v, wrong[i], 1, most, &why),
			     ERR_FORMAT, "%s", wrong[i]);
	cr_assert_str_eq(why.text, "\"99999999999999GiB\": not a size (like "
				   "512MiB, 2GiB, or bytes)");
	cr_assert_eq(parse_size(&v, "0", 1, most, &why), ERR_LIMIT);
	cr_assert_eq(parse_size(&v, "2147483649", 1, most, &why), ERR_LIMIT);
	cr_assert_str_eq(why.text, "\"2147483649\": not from 1 to 2GiB");
	cr_assert_eq(v, 7);
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		cr_assert_eq(parse_size(&v, right[i].text, 1, most, &why),
			     ERR_NONE, "%s", right[i].text);
		cr_assert_eq(v, right[i].bytes, "%s", right[i].text);
		cr_assert_str_eq(parse_size_text(text, v), right[i].printed);
	}
	cr_assert_str_eq(parse_size_text(text, 0), "0");
}

Test(parse, reads_levels)
{
	enum log_level level = LOG_ERROR;
	struct why why = WHY_NONE;

	cr_assert_eq(parse_level(&level, "loud", &why), ERR_FORMAT);
	cr_assert_eq(level, LOG_ERROR);
	cr_assert_eq(parse_level(&level, "debug", &why), ERR_NONE);
	cr_assert_eq(level, LOG_DEBUG);
}

Test(parse, knows_what_can_be_dialed)
{
	static const struct {
		const char *url;
		enum err any, dialable;
		const char *names; /* in the message */
	} cases[] = {
		{ "enode://" KEY, ERR_NONE, ERR_UNSUPPORTED, "no address" },
		{ "enode://" KEY "@127.0.0.1", ERR_FORMAT, ERR_FORMAT, "port" },
		{ "enode://" KEY "@127.0.0.1:0", ERR_NONE, ERR_UNSUPPORTED,
		  "no TCP port" },
		{ "enode://abc@127.0.0.1:1", ERR_FORMAT, ERR_FORMAT,
		  "public key" },
		{ "http://x", ERR_FORMAT, ERR_FORMAT, "enode://" },
	};
	struct why why = WHY_NONE;
	struct enode node = { 0 };

	crypto_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert_eq(parse_dialable(&node, cases[i].url, &why),
			     cases[i].dialable, "%s: %s", cases[i].url,
			     why.text);
		cr_assert(strstr(why.text, cases[i].names), "%s", why.text);
		cr_assert_eq(why.text[0], '"');
		cr_assert_eq(node.tcp, 0);
		cr_assert_eq(parse_node(&node, NULL, cases[i].url, NULL),
			     cases[i].any, "%s", cases[i].url);
		node = (struct enode){ 0 };
	}
	cr_assert_eq(parse_dialable(&node, "enode://" KEY "@h.example:7", &why),
		     ERR_NONE);
	cr_assert_str_eq(node.host, "h.example");
	cr_assert_eq(node.tcp, 7);
}

#define RECORD                                                                 \
	"enr:-"                                                                \
	"IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOon"     \
	"rkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuD" \
	"UmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8"

Test(parse, names_the_node_that_is_none, .init = crypto_init)
{
	struct why why = WHY_NONE;
	struct enode node = { 0 };
	struct enr record;

	cr_assert_eq(parse_node(&node, &record, RECORD, &why), ERR_NONE);
	cr_assert_eq(record.seq, 1);
	cr_assert_eq(node.udp, 30303);
	cr_assert_eq(parse_node(&node, NULL, RECORD "A", &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "\"enr:-IS4QHCYrYZbAKWCBRlA...\": "
				   "malformed: TRAILING");
}

Test(parse, says_what_a_record_lacks_to_be_dialed, .init = crypto_init)
{
	struct why why = WHY_NONE;
	struct enode node;

	cr_assert_eq(parse_dialable(&node, RECORD, &why), ERR_UNSUPPORTED);
	cr_assert_str_eq(why.text, "\"enr:-IS4QHCYrYZbAKWCBRlA...\": "
				   "no TCP port in the record");
}

Test(parse, parts_a_plugin_from_its_options)
{
	static const char *const wrong[] = { "",    ",a=1",	 "No",
					     "a b", "foobar.so", "./\xff" };
	char what[PATH_MAX];
	const char *options;
	struct why why = WHY_NONE;

	cr_assert_eq(parse_plugin(what, &options, "foobar", &why), ERR_NONE);
	cr_assert_str_eq(what, "foobar");
	cr_assert_null(options);
	cr_assert_eq(parse_plugin(what, &options, "./a b.so,x=1,y=2", &why),
		     ERR_NONE);
	cr_assert_str_eq(what, "./a b.so");
	cr_assert_str_eq(options, "x=1,y=2");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(parse_plugin(what, &options, wrong[i], &why),
			     ERR_FORMAT, "%s", wrong[i]);
}
