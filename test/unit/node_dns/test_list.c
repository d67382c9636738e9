/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns/list.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

static struct ecc_keypair pair_of(unsigned n)
{
	struct ecc_keypair pair = { .key = zone_key(n) };

	ecc_pub_of(&pair.pub, &pair.key);
	return pair;
}

static void fill(struct dnslist *list, unsigned nodes, unsigned links)
{
	for (unsigned n = 1; n <= nodes; n++) {
		struct enr r = zone_record(n);

		cr_assert_eq(nodeset_put(&list->nodes, NULL, &r), ERR_NONE);
	}
	for (unsigned n = 1; n <= links; n++) {
		struct dns_link link = zone_link(n, "other.example");

		cr_assert_eq(dnslist_add_link(list, &link), ERR_NONE);
	}
}

static void write_info(struct buf *out, const struct dnslist *list)
{
	buf_init(out, DNSLIST_INFO_MAX);
	dnslist_write_info(out, list);
}

Test(dnslist, writes_the_info_that_devp2p_writes, .init = set_up)
{
	struct ecc_keypair key = pair_of(1);
	struct dnslist list = { .seq = 7, .modified = 1767323045 },
		       again = { 0 };
	struct why why = WHY_NONE;
	char url[DNS_LINK_TEXT];
	struct buf out, second;

	write_info(&out, &list);
	cr_assert(span_equal(span_of(out.data, out.len),
			     span_text("{\n"
				       "    \"seq\": 7,\n"
				       "    \"links\": [],\n"
				       "    \"lastModified\": "
				       "\"2026-01-02T03:04:05Z\"\n"
				       "}")));
	buf_clear(&out);
	fill(&list, 5, 3);
	cr_assert_eq(dnslist_sign(&list, "a.example", &key, &why), ERR_NONE,
		     "%s", why.text);
	write_info(&out, &list);
	cr_assert_eq(
		dnslist_read_info(&again, span_of(out.data, out.len), &why),
		ERR_NONE, "%s", why.text);
	cr_assert_eq(again.seq, 7);
	cr_assert_eq(again.modified, 1767323045);
	cr_assert_eq(again.link_count, 3);
	cr_assert(again.has_url && again.is_signed);
	cr_assert_str_eq(dns_link_text(url, &again.url),
			 dns_link_text((char[DNS_LINK_TEXT]){ 0 }, &list.url));
	write_info(&second, &again);
	cr_assert(span_equal(span_of(out.data, out.len),
			     span_of(second.data, second.len)));
	buf_clear(&out);
	buf_clear(&second);
	dnslist_clear(&list);
	dnslist_clear(&again);
}

Test(dnslist, says_what_is_wrong_with_an_info, .init = set_up)
{
	static const struct {
		const char *json;
		const char *says;
	} rows[] = {
		{ "[]", "not an object" },
		{ "{", "invalid JSON" },
		{ "{\"url\":1}", "url: not a text" },
		{ "{\"url\":\"x\"}", "url: does not begin with" },
		{ "{\"seq\":-1}", "seq: not a whole number" },
		{ "{\"seq\":\"1\"}", "seq: not a whole number" },
		{ "{\"signature\":\"AAAA\"}", "signature: not 65 bytes" },
		{ "{\"links\":{}}", "links: not a list" },
		{ "{\"links\":[1]}", "link 1: not a text" },
		{ "{\"links\":[\"enrtree://x\"]}", "link 1: no '@'" },
		{ "{\"lastModified\":\"now\"}", "lastModified: not a time" },
	};
	struct dnslist list = { 0 };
	struct why why = WHY_NONE;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_neq(
			dnslist_read_info(&list, span_text(rows[i].json), &why),
			ERR_NONE, "%s", rows[i].json);
		cr_assert_not_null(strstr(why.text, rows[i].says), "%s",
				   why.text);
	}
	/* By hand, with as little as may be. */
	cr_assert_eq(dnslist_read_info(&list,
				       span_text("{\"links\":null,\"x\":1}"),
				       &why),
		     ERR_NONE, "%s", why.text);
	cr_assert_not(list.has_url || list.is_signed);
	dnslist_clear(&list);
}

Test(dnslist, knows_its_signature_from_that_of_another, .init = set_up)
{
	struct ecc_keypair key = pair_of(1), other = pair_of(2);
	char text[DNS_ROOT_TEXT];
	struct dnslist list = { .seq = 7 };
	struct why why = WHY_NONE;
	struct dns_tree tree;
	struct dns_root root;
	struct enr more;

	fill(&list, 20, 2);
	cr_assert_eq(dnslist_signed_tree(&tree, text, &list, &why), ERR_AUTH);
	cr_assert_eq(dnslist_sign(&list, "a.example", &key, &why), ERR_NONE);
	cr_assert_eq(dnslist_signed_tree(&tree, text, &list, &why), ERR_NONE,
		     "%s", why.text);
	cr_assert_eq(dns_root_parse(&root, span_text(text), NULL), ERR_NONE);
	cr_assert(dns_root_verify(&root, &key.pub));
	dns_tree_clear(&tree);

	list.seq++;
	cr_assert_eq(dnslist_signed_tree(&tree, text, &list, &why), ERR_AUTH);
	list.seq--;
	list.url.pub = other.pub;
	cr_assert_eq(dnslist_signed_tree(&tree, text, &list, &why), ERR_AUTH);
	list.url.pub = key.pub;
	more = zone_record(100);
	cr_assert_eq(nodeset_put(&list.nodes, NULL, &more), ERR_NONE);
	cr_assert_eq(dnslist_signed_tree(&tree, text, &list, &why), ERR_AUTH);
	dnslist_clear(&list);
}

Test(dnslist, takes_only_domains_that_can_be_served)
{
	static const char *const good[] = { "a", "nodes.example.org",
					    "_x-1.Example" };
	static const char *const bad[] = { "",	   ".",	      "a.",  ".a",
					   "a..b", "a b",     "a/b", "../x",
					   "a;b",  "\xc3\xa4" };
	char label[80], whole[300] = "";

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert_eq(dnslist_check_domain(good[i], NULL), ERR_NONE);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(dnslist_check_domain(bad[i], NULL), ERR_FORMAT,
			     "%s", bad[i]);
	memset(label, 'x', sizeof(label));
	label[64] = '\0';
	cr_assert_eq(dnslist_check_domain(label, NULL), ERR_FORMAT);
	label[63] = '\0';
	cr_assert_eq(dnslist_check_domain(label, NULL), ERR_NONE);
	/* With a name of 26 and a dot before it, 253. */
	for (unsigned i = 0; i < 113; i++)
		strcat(whole, "x.");
	cr_assert_eq(strlen(whole), 226);
	whole[225] = '\0';
	cr_assert_eq(dnslist_check_domain(whole, NULL), ERR_NONE);
	strcat(whole, "xx");
	whole[225] = 'x';
	cr_assert_eq(dnslist_check_domain(whole, NULL), ERR_LIMIT);
}
