/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/values.h"

#include <string.h>

#include "p2p/base/log.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

#define KEY                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define OTHER                                                              \
	"c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5" \
	"1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a"

static const struct option_row small = {
	.name = "x", .value = "X", .min = 1, .max = 5000
};

Test(values, read_whole_numbers_within_their_bounds)
{
	static const char *const wrong[] = {
		"",
		"0",
		"5001",
		"-1",
		"+1",
		"1 ",
		" 1",
		"0x10",
		"1e3",
		"1.0",
		"99999999999999999999",
		"18446744073709551617",
	};
	struct why why = WHY_NONE;
	uint64_t v = 7;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert_eq(value_count(&v, wrong[i], &small, &why),
			     ERR_FORMAT, "%s", wrong[i]);
		cr_assert_eq(v, 7);
	}
	cr_assert_eq(value_count(&v, "1", &small, &why), ERR_NONE);
	cr_assert_eq(v, 1);
	cr_assert_eq(value_count(&v, "5000", &small, &why), ERR_NONE);
	cr_assert_eq(v, 5000);
}

Test(values, read_seconds_as_milliseconds)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} right[] = {
		{ "1", 1000 },	   { "0.001", 1 },   { ".25", 250 },
		{ "0.5", 500 },	   { "4.99", 4990 }, { "5", 5000 },
		{ "5.000", 5000 }, { "0.05", 50 },
	};
	static const char *const wrong[] = {
		"",	 ".",
		"0",	 "0.0",
		"5.001", "6",
		"-1",	 "1s",
		"1.2.3", "1e1",
		"nan",	 "0.0001",
		"1,5",	 "18446744073709551615",
		"0.-1",	 "1.",
	};
	struct why why = WHY_NONE;
	uint64_t ms = 7;

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		cr_assert_eq(value_seconds(&ms, right[i].text, &small, &why),
			     ERR_NONE, "%s", right[i].text);
		cr_assert_eq(ms, right[i].ms, "%s", right[i].text);
	}
	ms = 7;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert_eq(value_seconds(&ms, wrong[i], &small, &why),
			     ERR_FORMAT, "%s", wrong[i]);
		cr_assert_eq(ms, 7);
	}
	cr_assert_str_eq(why.text, "\"1.\": give seconds, from 0.001 to 5");
}

Test(values, read_names_that_fit_a_terminal_and_a_hello)
{
	static const struct option_row short_row = { .name = "name", .max = 5 };
	static const char *const wrong[] = { "",      "123456",	  "a\nb",
					     "a\x1b", "\xc3\xa4", "\x7f" };
	struct why why = WHY_NONE;
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(value_name(&name, wrong[i], &short_row, &why),
			     ERR_FORMAT, "%zu", i);
	cr_assert_null(name);
	cr_assert_eq(value_name(&name, "a b/1", &short_row, &why), ERR_NONE);
	cr_assert_str_eq(name, "a b/1");
}

Test(values, read_addresses_and_levels)
{
	enum log_level level = LOG_ERROR;
	struct value_addr a = { 0 };
	struct why why = WHY_NONE;

	cr_assert_eq(value_addr(&a, "x", &small, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "\"x\": not an address; give IP:PORT, "
				   ":PORT or PORT");
	cr_assert_not(a.given);
	cr_assert_eq(value_addr(&a, "127.0.0.1:0", &small, &why), ERR_NONE);
	cr_assert(a.given);
	cr_assert_eq(value_level(&level, "loud", &small, &why), ERR_FORMAT);
	cr_assert_eq(value_level(&level, "debug", &small, &why), ERR_NONE);
	cr_assert_eq(level, LOG_DEBUG);
}

Test(values, take_peers_that_can_be_dialed_each_once)
{
	static const struct {
		const char *url;
		const char *names; /* in the message */
	} wrong[] = {
		{ "enode://" KEY, "no address" },
		{ "enode://" KEY "@127.0.0.1", "tcp port" },
		{ "enode://" KEY "@127.0.0.1:0", "port" },
		{ "enode://abc@127.0.0.1:1", "public key" },
		{ "http://x", "enode://" },
		{ "", "public key" },
	};
	struct value_enodes nodes = { 0 };
	struct why why = WHY_NONE;

	crypto_init();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert_neq(value_enodes(&nodes, wrong[i].url, &small, &why),
			      ERR_NONE, "%s", wrong[i].url);
		cr_assert(strstr(why.text, wrong[i].names), "%s", why.text);
	}
	cr_assert_eq(nodes.count, 0);
	cr_assert_eq(value_enodes(&nodes, "enode://" KEY "@127.0.0.1:1", &small,
				  &why),
		     ERR_NONE);
	cr_assert_eq(value_enodes(&nodes, "enode://" OTHER "@h.example:1",
				  &small, &why),
		     ERR_NONE);
	cr_assert_eq(value_enodes(&nodes, "enode://" KEY "@127.0.0.2:2", &small,
				  &why),
		     ERR_EXISTS);
	cr_assert_eq(nodes.count, 2);
	cr_assert_str_eq(nodes.list[1].host, "h.example");
	value_enodes_clear(&nodes);
	cr_assert_eq(nodes.count, 0);
}
