/* SPDX-License-Identifier: Apache-2.0 */
#include "node/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* "eip778-example" of enr.json. */
static const char behind_prefix[] =
	"-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkT"
	"fj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUms"
	"tAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8";

static struct enr example(void)
{
	char text[ENR_TEXT_MAX];
	struct enr r;

	snprintf(text, sizeof(text), "enr:%s", behind_prefix);
	cr_assert_eq(enr_parse(&r, text, NULL), ERR_NONE);
	return r;
}

static void takes(struct span any)
{
	struct enr want = example(), r;
	struct why why = WHY_NONE;

	cr_assert_eq(record_parse(&r, any, &why), ERR_NONE, "%.20s: %s",
		     (const char *)any.data, why.text);
	cr_assert(span_equal(enr_raw(&r), enr_raw(&want)));
}

Test(record, is_read_in_every_form, .init = crypto_init)
{
	struct enr r = example();
	char hex[2 * ENR_MAX + 1], text[RECORD_INPUT_MAX];

	for (size_t i = 0; i < r.len; i++)
		snprintf(hex + 2 * i, 3, i % 2 ? "%02x" : "%02X", r.raw[i]);
	takes(enr_raw(&r));
	takes(span_text(behind_prefix));
	takes(span_text(hex));
	snprintf(text, sizeof(text), " \t\nenr:%s\r\n", behind_prefix);
	takes(span_text(text));
	snprintf(text, sizeof(text), "%s\n", hex);
	takes(span_text(text));
	snprintf(text, sizeof(text), "0x%s", hex);
	takes(span_text(text));
	hex[0] = 'f'; /* the other case */
	takes(span_text(hex));
}

Test(record, that_is_none_is_refused_with_a_reason, .init = crypto_init)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "empty" },
		{ " \n", "empty" },
		{ "enr:", "nothing behind \"enr:\"" },
		{ "0x", "malformed: EOF" },
		{ "f", "1 hex digits: they come in pairs" },
		{ "0xfg", "'g' is not a hex digit" },
		{ "enr:-IS4=", "not base64url without padding" },
		{ "hello world", "not base64url without padding" },
		{ "c0", "malformed: TOO_FEW" },
		{ "0x00", "malformed: EXPECTED_LIST" },
	};
	char text[RECORD_INPUT_MAX + 2];
	struct why why;
	struct enr r;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		why = (struct why)WHY_NONE;
		cr_assert_eq(record_parse(&r, span_text(bad[i].text), &why),
			     ERR_FORMAT, "%s", bad[i].text);
		cr_assert_str_eq(why.text, bad[i].why);
	}
	cr_assert_eq(record_parse(&r, span_of("enr:-I\0S4", 9), &why),
		     ERR_FORMAT);
	memset(text, 'f', sizeof(text));
	cr_assert_eq(record_parse(&r, span_of(text, 2 * ENR_MAX), &why),
		     ERR_FORMAT);
	cr_assert_eq(record_parse(&r, span_of(text, 2 * ENR_MAX + 2), &why),
		     ERR_LIMIT);
	cr_assert_str_eq(why.text, "over 300 bytes");
	cr_assert_eq(
		record_parse(&r, span_of(text, RECORD_INPUT_MAX + 1), &why),
		ERR_LIMIT);
	cr_assert_str_eq(why.text, "over 1024 bytes");
	memset(text, '-', sizeof(text));
	cr_assert_eq(record_parse(&r, span_of(text, RECORD_INPUT_MAX), &why),
		     ERR_LIMIT);
}

#define KEY33 \
	"03ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd3138"

Test(record, values_are_put_in_words, .init = crypto_init)
{
	static const struct {
		const char *key, *rlp;
		bool decodes;
		const char *text;
	} values[] = {
		{ "id", "827634", true, "v4" },
		{ "id", "80", false, "0x" },
		{ "ip", "847f000001", true, "127.0.0.1" },
		{ "ip", "837f0000", false, "0x7f0000" },
		{ "ip", "c0", false, "[]" },
		{ "ip6", "9000000000000000000000000000000001", true, "::1" },
		{ "ip6", "847f000001", false, "0x7f000001" },
		{ "secp256k1", "a1" KEY33, true, KEY33 },
		{ "udp", "82765f", true, "30303" },
		{ "udp6", "80", true, "0" },
		{ "tcp", "83011170", false, "0x011170" },
		{ "tcp6", "820001", false, "0x0001" },
		{ "quic", "01", true, "1" },
		{ "quic6", "c101", false, "[0x01]" },
		{ "eth", "cac984fc64ec04831180c3", true,
		  "fork fc64ec04, next 1147075" },
		{ "eth", "c7c684fc64ec0480", true, "fork fc64ec04, next 0" },
		{ "eth", "c8c684fc64ec048001", true, "fork fc64ec04, next 0" },
		{ "eth", "c6c583fc64ec80", false, "[[0xfc64ec, 0x]]" },
		{ "snap", "c0", true, "yes" },
		{ "snap", "01", false, "0x01" },
		{ "les", "c104", true, "version 4" },
		{ "les", "c0", false, "[]" },
		{ "eth2", "8401020304", true, "0x01020304" },
		{ "client", "847765667a", true, "\"wefz\"" },
		{ "x", "c6c0c1807f8061", true, "[[], [0x], 0x7f, 0x, \"a\"]" },
		{ "x", "83226122", true, "0x226122" },
		{ "x", "c3826162", true, "[\"ab\"]" },
		{ "x", "c28100", true, "0xc28100" }, /* malformed within */
	};
	char out[RECORD_VALUE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct span value = hex_bytes(values[i].rlp);

		cr_assert_eq(record_value(out, span_text(values[i].key), value),
			     values[i].decodes, "%s %s", values[i].key,
			     values[i].rlp);
		cr_assert_str_eq(out, values[i].text);
		free((void *)value.data);
	}
}

Test(record, the_longest_value_in_words_is_whole)
{
	char out[RECORD_VALUE_MAX];
	uint8_t value[ENR_MAX] = { 0xf9, 0x01, 0x29 };
	struct span key = span_text("x");

	memset(value + 3, 0x01, sizeof(value) - 3);
	cr_assert(record_value(out, key, span_of(value, sizeof(value))));
	cr_assert_eq(strlen(out), 2 + 297 * 6 - 2);
	cr_assert_str_eq(out + strlen(out) - 7, ", 0x01]");
}

Test(record, entries_are_set_from_text, .init = crypto_init)
{
	static const struct {
		const char *value, *rlp;
	} good[] = {
		{ "", "80" },	    { "text", "8474657874" },
		{ "0x", "80" },	    { "0x01Ff", "8201ff" },
		{ "0x7f", "7f" },   { "rlp:0xc20102", "c20102" },
		{ "rlp:c0", "c0" }, { "12", "823132" },
	};
	struct enr_draft d = { .seq = 1 }, was;
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	struct enr r;

	memset(key.key.b, 7, sizeof(key.key.b));
	ecc_pub_of(&key.pub, &key.key);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct span want = hex_bytes(good[i].rlp), got;

		cr_assert_eq(record_set(&d, "k", good[i].value, &why), ERR_NONE,
			     "%s: %s", good[i].value, why.text);
		cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
		cr_assert(enr_get(&r, "k", &got));
		cr_assert(span_equal(got, want), "%s", good[i].value);
		free((void *)want.data);
	}
	was = d;
	cr_assert_eq(record_set(&d, "k", "12", &why), ERR_NONE); /* again */
	cr_assert_eq(record_set(&d, "k", "0x1", &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "k: 1 hex digits: they come in pairs");
	cr_assert_eq(record_set(&d, "k", "rlp:0x8101", &why), ERR_FORMAT);
	cr_assert_eq(record_set(&d, "k", "rlp:", &why), ERR_FORMAT);
	cr_assert_eq(record_set(&d, "id", "v4", &why), ERR_FORMAT);
	cr_assert_eq(d.len, was.len);
	cr_assert_arr_eq(d.pairs, was.pairs, d.len);
}
