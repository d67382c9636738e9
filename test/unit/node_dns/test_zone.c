/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns/zone.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static void expect(struct dnszone *z, const char *name, const char *value)
{
	struct span found;

	cr_assert_eq(dnszone_find(z, &found, 1, name), 1, "%s", name);
	cr_assert(span_equal(found, span_text(value)), "%s: %.*s", name,
		  (int)found.len, (const char *)found.data);
}

Test(dnszone, finds_names_in_either_case)
{
	struct span values[2];
	struct dnszone z = { 0 };

	cr_assert_eq(dnszone_find(&z, values, 2, "a"), 0);
	cr_assert_eq(dnszone_add(&z, span_text("b"), span_text("1")), ERR_NONE);
	cr_assert_eq(dnszone_add(&z, span_text("A.x"), span_text("2")),
		     ERR_NONE);
	cr_assert_eq(dnszone_add(&z, span_text("B"), span_text("3")), ERR_NONE);
	expect(&z, "a.X", "2");
	cr_assert_eq(dnszone_find(&z, values, 1, "b"), 2);
	cr_assert_eq(dnszone_find(&z, values, 2, "c"), 0);
	cr_assert_eq(dnszone_add(&z, span_text("aa"), span_text("4")),
		     ERR_NONE);
	expect(&z, "aa", "4");
	dnszone_clear(&z);
}

Test(dnszone, reads_what_a_zone_file_may_say)
{
	static const char text[] =
		"; a comment (\n"
		"$TTL 1h\n"
		"$ORIGIN example.org. ; ours\n"
		"@\tIN SOA ns.example.org. me ( 1 2 ; serial (\n"
		"\t3 4 5 )\n"
		"   IN NS ns\n"
		"\n"
		"@ TXT root\n"
		"one 60 IN TXT \"in \" \"several; (\" parts\n"
		"two IN 60 TXT ( \"over\"\n"
		"   \"lines\" )\n"
		"    TXT again\n"
		"three.elsewhere. txt \"a \\\"b\\\" \\\\ \\065\\\\\"\r\n"
		"$ORIGIN sub\n"
		"four TXT \"\"\n"
		"five A 192.0.2.1\n"
		"TXT TXT \"IN\" TXT";
	struct span values[2];
	struct why why = WHY_NONE;
	struct dnszone z = { 0 };

	cr_assert_eq(dnszone_read(&z, span_text(text), &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_eq(z.count, 7);
	expect(&z, "example.org", "root");
	expect(&z, "one.example.org", "in several; (parts");
	cr_assert_eq(dnszone_find(&z, values, 2, "two.example.org"), 2);
	expect(&z, "three.elsewhere", "a \"b\" \\ A\\");
	expect(&z, "four.sub.example.org", "");
	expect(&z, "TXT.sub.example.org", "INTXT");
	dnszone_clear(&z);
}

Test(dnszone, refuses_what_is_none_and_names_the_line)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "a TXT x\nb TXT \"no end\nc TXT y\n", "line 2: quotes" },
		{ "a TXT x )\n", "line 1: quotes, parentheses" },
		{ "a TXT ( x\n", "quotes, parentheses" },
		{ "a TXT x\\", "quotes, parentheses" },
		{ "a TXT \\999\n", "quotes, parentheses" },
		{ "a TXT \\12\n", "quotes, parentheses" },
		{ "a TXT\n", "nothing behind TXT" },
		{ "$INCLUDE other\n", "line 1: a directive" },
		{ "$ORIGIN\n", "nothing behind a directive" },
		{ "{\"a\":1}", "a: not a text" },
		{ "{\"a\":\"x\",\"a\":\"y\"}", "invalid JSON" },
		{ "{", "invalid JSON" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct why why = WHY_NONE;
		struct dnszone z = { 0 };

		cr_assert_neq(dnszone_read(&z, span_text(rows[i].text), &why),
			      ERR_NONE, "%s", rows[i].text);
		cr_assert_not_null(strstr(why.text, rows[i].says), "%s: %s",
				   rows[i].text, why.text);
		cr_assert_eq(z.count, 0);
	}
}

Test(dnszone, bounds_names_and_values)
{
	char *text = malloc(2 * DNS_TEXT_MAX);
	struct why why = WHY_NONE;
	struct dnszone z = { 0 };
	int n = sprintf(text, "a TXT ");

	memset(text + n, 'x', DNS_TEXT_MAX);
	text[n + DNS_TEXT_MAX] = '\0';
	cr_assert_eq(dnszone_read(&z, span_text(text), &why), ERR_NONE, "%s",
		     why.text);
	dnszone_clear(&z);
	strcat(text, " y");
	cr_assert_eq(dnszone_read(&z, span_text(text), &why), ERR_LIMIT);
	memset(text, 'x', 1024);
	sprintf(text + 1024, " TXT y");
	cr_assert_eq(dnszone_read(&z, span_text(text), &why), ERR_LIMIT);
	free(text);
}

/* Any bytes, and each length around that of a string. */
Test(dnszone, reads_back_what_it_wrote)
{
	char value[600], name[8];
	struct dnszone z = { 0 }, again = { 0 };
	struct why why = WHY_NONE;
	struct span found;
	struct buf out;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (char)(i * 7);
	for (size_t len = 0; len < sizeof(value); len += 11) {
		snprintf(name, sizeof(name), "n%zu", len);
		cr_assert_eq(
			dnszone_add(&z, span_text(name), span_of(value, len)),
			ERR_NONE);
	}
	buf_init(&out, DNSZONE_TEXT_MAX);
	dnszone_write(&out, &z, "n11", "enrtree://", 7);
	cr_assert_eq(dnszone_read(&again, span_of(out.data, out.len), &why),
		     ERR_NONE, "%s", why.text);
	cr_assert_eq(again.count, z.count);
	for (size_t len = 0; len < sizeof(value); len += 11) {
		snprintf(name, sizeof(name), "N%zu", len);
		cr_assert_eq(dnszone_find(&again, &found, 1, name), 1);
		cr_assert(span_equal(found, span_of(value, len)), "%zu", len);
	}
	buf_clear(&out);
	dnszone_clear(&z);
	dnszone_clear(&again);
}
