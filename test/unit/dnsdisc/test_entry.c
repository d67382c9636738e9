/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/entry.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "p2p/dnsdisc/base32.h"
#include "p2p/dnsdisc/root.h"
#include "test/support/unit.h"

static json_t *vectors;

static void open_vectors(void)
{
	crypto_init();
	vectors = vectors_load("dnsdisc.json");
}

static void close_vectors(void)
{
	json_decref(vectors);
}

static const char *text_at(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	cr_assert_not_null(text, "%s", key);
	return text;
}

static bool is_valid(json_t *row)
{
	return json_is_true(json_object_get(row, "valid"));
}

static void check_key(const struct ecc_pub *pub, json_t *row)
{
	uint8_t want[ECC_COMPRESSED], got[ECC_COMPRESSED];

	hex_copy(want, sizeof(want), text_at(row, "compressed_pubkey"));
	ecc_pub_compress(got, pub);
	cr_assert_arr_eq(got, want, sizeof(want));
}

static void check_children(const struct dns_entry *e, json_t *row)
{
	json_t *want = json_object_get(row, "children"), *name;
	struct span rest = e->children;
	struct dns_hash hash, same;
	size_t i;

	cr_assert_eq(dns_branch_count(rest), json_array_size(want));
	json_array_foreach(want, i, name)
	{
		cr_assert(dns_branch_next(&hash, &rest));
		cr_assert_eq(dns_hash_parse(&same,
					    span_text(json_string_value(name))),
			     ERR_NONE);
		cr_assert_eq(hash.len, same.len);
		cr_assert_arr_eq(hash.b, same.b, same.len);
	}
	cr_assert_not(dns_branch_next(&hash, &rest));
}

Test(dns_entry, agrees_with_the_vectors, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *row;
	size_t i;

	json_array_foreach(vectors_at(vectors, "entry_parsing"), i, row)
	{
		const char *txt = text_at(row, "txt");
		struct why why = WHY_NONE;
		struct dns_entry e;
		enum err rc = dns_entry_parse(&e, span_text(txt), &why);

		cr_assert_eq(rc == ERR_NONE, is_valid(row), "%s: %s", txt,
			     why.text);
		cr_assert_eq(why.text[0] == '\0', is_valid(row));
		if (!is_valid(row)) {
			cr_assert_eq(rc == ERR_UNSUPPORTED,
				     strstr(text_at(row, "error"), "unknown") !=
					     NULL);
			continue;
		}
		if (e.kind == DNS_BRANCH)
			check_children(&e, row);
		if (e.kind == DNS_LINK) {
			check_key(&e.link.pub, row);
			cr_assert_str_eq(e.link.domain, text_at(row, "domain"));
		}
		if (e.kind == DNS_LEAF) {
			char id[NODE_ID_HEX];

			cr_assert_str_eq(node_id_text(id, &e.record.id),
					 text_at(row, "node_id") + 2);
		}
	}
	cr_assert_eq(i, 15);
}

Test(dns_entry, urls_are_read_and_written, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *row;
	size_t i;

	json_array_foreach(vectors_at(vectors, "link_urls"), i, row)
	{
		const char *url = text_at(row, "url");
		char text[DNS_LINK_TEXT];
		struct dns_link link;

		cr_assert_eq(dns_link_parse(&link, span_text(url), NULL),
			     ERR_NONE);
		check_key(&link.pub, row);
		cr_assert_str_eq(dns_link_text(text, &link), url);
	}
	cr_assert_eq(i, 2);
}

#define KEY "AKPYQIUQIL7PSIACI32J7FGZW56E5FKHEFCCOFHILBIMW3M6LWXS2"

Test(dns_entry, a_bad_url_is_told_why, .init = crypto_init)
{
	static const struct {
		const char *url, *why;
	} bad[] = {
		{ "", "does not begin with \"enrtree://\"" },
		{ "ENRTREE://" KEY "@n", "does not begin with \"enrtree://\"" },
		{ "enrtree://" KEY, "no '@' behind a public key" },
		{ "enrtree://@n", "no valid public key" },
		{ "enrtree://" KEY "A@n", "no valid public key" },
		{ "enrtree://" KEY "@", "domain of 0 bytes, not of 1 to 253" },
		{ "enrtree://" KEY "@a b",
		  "domain: a blank, control or non-ASCII byte" },
		{ "enrtree://" KEY "@a\x80",
		  "domain: a blank, control or non-ASCII byte" },
	};
	char url[512], text[DNS_LINK_TEXT];
	struct dns_link link;
	struct why why;
	int n;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert_eq(dns_link_parse(&link, span_text(bad[i].url), &why),
			     ERR_FORMAT, "%s", bad[i].url);
		cr_assert_str_eq(why.text, bad[i].why);
	}
	/* "Literally after the first @", and the limit of a domain. */
	cr_assert_eq(
		dns_link_parse(&link, span_text("enrtree://" KEY "@a@b"), &why),
		ERR_NONE);
	cr_assert_str_eq(link.domain, "a@b");
	n = snprintf(url, sizeof(url), "enrtree://" KEY "@");
	memset(url + n, 'd', 254);
	cr_assert_eq(dns_link_parse(&link, span_of(url, (size_t)n + 254), &why),
		     ERR_FORMAT);
	cr_assert_eq(dns_link_parse(&link, span_of(url, (size_t)n + 253), &why),
		     ERR_NONE);
	cr_assert(span_equal(span_text(dns_link_text(text, &link)),
			     span_of(url, (size_t)n + 253)));
}

Test(dns_entry, a_hash_has_12_to_32_bytes)
{
	uint8_t bytes[33] = { 1, 2, 3 };
	char text[BASE32_LEN(33) + 1];
	char again[DNS_HASH_TEXT];
	struct dns_hash hash;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		bool good = n >= 12 && n <= 32;

		base32_text(text, span_of(bytes, n));
		cr_assert_eq(dns_hash_parse(&hash, span_text(text)),
			     good ? ERR_NONE : ERR_FORMAT, "%zu", n);
		if (good)
			cr_assert_str_eq(dns_hash_text(again, &hash), text);
	}
}

Test(dns_entry, branches_are_lists_without_gaps)
{
#define HASH "AAAAAAAAAAAAAAAAAAAA"
	static const struct {
		const char *text;
		bool good;
		size_t count;
	} cases[] = {
		{ "enrtree-branch:" HASH, true, 1 },
		{ "enrtree-branch:" HASH "," HASH "," HASH, true, 3 },
		{ "enrtree-branch:" HASH ",", false, 0 },
		{ "enrtree-branch:," HASH, false, 0 },
		{ "enrtree-branch:" HASH ",," HASH, false, 0 },
		{ "enrtree-branch:,", false, 0 },
		{ "enrtree-branch:" HASH ", " HASH, false, 0 },
		{ "enrtree-branch:" HASH "\n", false, 0 },
	};
	struct dns_entry e;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum err rc =
			dns_entry_parse(&e, span_text(cases[i].text), NULL);

		cr_assert_eq(rc, cases[i].good ? ERR_NONE : ERR_FORMAT, "%s",
			     cases[i].text);
		if (!rc)
			cr_assert_eq(dns_branch_count(e.children),
				     cases[i].count);
	}
}

Test(dns_entry, the_first_of_a_known_kind_is_taken)
{
	static const char branch[] = "enrtree-branch:" HASH;
	struct span values[] = { span_text("v=spf1 -all"), span_text(branch),
				 span_text("enrtree-branch:") };
	struct dns_hash hash = dns_hash_of(span_text(branch));
	struct why why = WHY_NONE;
	struct dns_entry e;

	cr_assert_eq(dns_entry_find(&e, values, 3, &hash, &why), ERR_NONE);
	cr_assert_eq(dns_branch_count(e.children), 1);
	cr_assert_eq(dns_entry_find(&e, values, 1, &hash, &why), ERR_NOT_FOUND);
	cr_assert_eq(dns_entry_find(&e, values, 0, &hash, &why), ERR_NOT_FOUND);
	/* Not the one behind it, though that would match. */
	hash = dns_hash_of(values[2]);
	cr_assert_eq(dns_entry_find(&e, values, 3, &hash, &why), ERR_AUTH);
	cr_assert_str_eq(why.text + 26, ": its text has another hash");
	/* A shorter and a longer hash of the same text. */
	hash = dns_hash_of(values[1]);
	hash.len = 12;
	cr_assert_eq(dns_entry_find(&e, values, 3, &hash, &why), ERR_NONE);
	hash.len = 17;
	hash.b[16] ^= 0xff;
	hash.b[15] ^= 1;
	cr_assert_eq(dns_entry_find(&e, values, 3, &hash, &why), ERR_AUTH);
}

/* --- roots ---------------------------------------------------------------- */

Test(dns_root, agrees_with_the_vectors, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *row;
	size_t i;

	json_array_foreach(vectors_at(vectors, "root_parsing"), i, row)
	{
		struct span txt = span_text(text_at(row, "txt"));
		struct why why = WHY_NONE;
		char hash[DNS_HASH_TEXT];
		struct dns_root root;
		uint8_t sig[65];

		cr_assert_eq(dns_root_parse(&root, txt, &why),
			     is_valid(row) ? ERR_NONE : ERR_FORMAT, "%s",
			     why.text);
		if (!is_valid(row))
			continue;
		cr_assert_str_eq(dns_hash_text(hash, &root.records),
				 text_at(row, "enr_root"));
		cr_assert_str_eq(dns_hash_text(hash, &root.links),
				 text_at(row, "link_root"));
		cr_assert_eq((json_int_t)root.seq,
			     json_integer_value(json_object_get(row, "seq")));
		hex_copy(sig, sizeof(sig), text_at(row, "signature"));
		cr_assert_arr_eq(root.sig.b, sig, sizeof(sig));
	}
	cr_assert_eq(i, 3);
}

#define ROOT(e, l, seq, sig) \
	"enrtree-root:v1 e=" e " l=" l " seq=" seq " sig=" sig
#define SIG                                                                \
	"o908WmNp7LibOfPsr4btQwatZJ5URBr2ZAuxvK4UWHlsB9sUOTJQaGAlLPVAhM__" \
	"XJesCHxLISo94z5Z2a463gA"

Test(dns_root, malformed_ones_are_refused, .init = crypto_init)
{
	static const char *const bad[] = {
		"",
		"enrtree-root:v1",
		"enrtree-root:v2 e=" HASH,
		ROOT(HASH, HASH, "1", ""),
		ROOT(HASH, HASH, "", SIG),
		ROOT(HASH, HASH, "-1", SIG),
		ROOT(HASH, "", "1", SIG),
		ROOT("", HASH, "1", SIG),
		ROOT(HASH, HASH, "1", SIG "A"),
		ROOT(HASH, HASH, "1", SIG " "),
		ROOT(HASH, HASH, "1 ", SIG),
		ROOT(HASH, HASH, "1", SIG " x=y"),
		ROOT(HASH, HASH, "18446744073709551616", SIG),
		" " ROOT(HASH, HASH, "1", SIG),
		"enrtree-root:v1 l=" HASH " e=" HASH " seq=1 sig=" SIG,
	};
	struct why why = WHY_NONE;
	struct dns_root root;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(dns_root_parse(&root, span_text(bad[i]), &why),
			     ERR_FORMAT, "%s", bad[i]);
	cr_assert_eq(
		dns_root_parse(&root,
			       span_text(ROOT(HASH, HASH,
					      "18446744073709551615", SIG)),
			       &why),
		ERR_NONE);
	cr_assert_eq(root.seq, UINT64_MAX);
}

Test(dns_root, is_found_and_its_signature_checked, .init = open_vectors,
     .fini = close_vectors)
{
	const char *txt = vectors_text(vectors, "trees.0.root.txt");
	struct span values[] = { span_text("something else"), span_text(txt) };
	struct why why = WHY_NONE;
	struct dns_link link;
	struct dns_root root;
	char changed[DNS_ROOT_TEXT];
	size_t len = strlen(txt);

	cr_assert_eq(
		dns_link_parse(&link,
			       span_text(vectors_text(vectors, "trees.0.url")),
			       &why),
		ERR_NONE);
	cr_assert_eq(dns_root_find(&root, values, 2, &link.pub, &why),
		     ERR_NONE);
	cr_assert_eq(root.seq, 1);
	cr_assert_eq(dns_root_find(&root, values, 1, &link.pub, &why),
		     ERR_NOT_FOUND);
	/* Each byte counts, but for the recovery id at the end. */
	for (size_t i = 0; i < len - 2; i++) {
		memcpy(changed, txt, len);
		changed[i] ^= 1;
		values[1] = span_of(changed, len);
		cr_assert_neq(dns_root_find(&root, values, 2, &link.pub, &why),
			      ERR_NONE, "%zu", i);
	}
	memcpy(changed, txt, len);
	changed[len - 1] = 'E'; /* "ignored" */
	cr_assert_eq(dns_root_find(&root, values, 2, &link.pub, &why),
		     ERR_NONE);
}
