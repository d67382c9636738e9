/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/enode/enr.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static json_t *root;

static void open_vectors(void)
{
	crypto_init();
	root = vectors_load("enr.json");
}

static void close_vectors(void)
{
	json_decref(root);
}

static const char *text_at(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	cr_assert_not_null(text, "%s", key);
	return text;
}

static void keypair_of(struct ecc_keypair *out, const char *hex)
{
	hex_copy(out->key.b, sizeof(out->key.b), hex);
	ecc_pub_of(&out->pub, &out->key);
}

/* --- the official records --------------------------------------------------
 */

static void check_entries(const struct enr *r, json_t *pairs)
{
	struct rlp in = enr_entries(r);
	json_t *pair;
	size_t i;

	json_array_foreach(pairs, i, pair)
	{
		struct span want = hex_bytes(text_at(pair, "value_rlp"));
		struct span value;

		cr_assert(rlp_more(&in));
		cr_assert(span_equal(rlp_bytes(&in),
				     span_text(text_at(pair, "key"))));
		cr_assert(span_equal(rlp_raw(&in), want));
		cr_assert(enr_get(r, text_at(pair, "key"), &value));
		cr_assert(span_equal(value, want));
		free((void *)want.data);
	}
	cr_assert(!rlp_more(&in));
	cr_assert(i > 0);
}

static void check_port(const struct enr *r, json_t *row, const char *key)
{
	json_t *want = json_object_get(row, key);

	cr_assert_eq(enr_get_port(r, key), json_integer_value(want), "%s", key);
}

/* Made again from its entries and its key, where that is known. */
static void check_signing(const struct enr *r, json_t *row)
{
	const char *hex =
		json_string_value(json_object_get(row, "private_key"));
	struct ecc_keypair key;
	struct enr_draft draft;
	struct enr again;

	if (!hex)
		return;
	keypair_of(&key, hex);
	enr_draft_of(&draft, r);
	cr_assert_eq(enr_sign(&again, &draft, &key), ERR_NONE);
	cr_assert(span_equal(enr_raw(&again), enr_raw(r)));
	cr_assert(node_id_equal(&again.id, &r->id));
}

static void check_record(json_t *row)
{
	struct span rlp = hex_bytes(text_at(row, "rlp"));
	char text[ENR_TEXT_MAX], id[NODE_ID_HEX], ip[IP_TEXT_MAX];
	const char *want_ip = json_string_value(json_object_get(row, "ip"));
	struct enr r, parsed;
	struct ip got;

	cr_assert_eq(enr_read(&r, rlp, NULL), ERR_NONE);
	cr_assert_eq((json_int_t)r.seq,
		     json_integer_value(json_object_get(row, "seq")));
	cr_assert_str_eq(node_id_text(id, &r.id), text_at(row, "node_id") + 2);
	cr_assert_str_eq(enr_text(text, &r), text_at(row, "text"));
	cr_assert_eq(enr_parse(&parsed, text, NULL), ERR_NONE);
	cr_assert_eq(enr_verify(&parsed, NULL), ERR_NONE);
	cr_assert(span_equal(enr_raw(&parsed), rlp));
	check_entries(&r, json_object_get(row, "pairs"));
	got = enr_get_ip(&r, "ip");
	cr_assert_str_eq(ip_text(ip, &got), want_ip ? want_ip : "");
	check_port(&r, row, "tcp");
	check_port(&r, row, "udp");
	check_port(&r, row, "quic");
	check_signing(&r, row);
	free((void *)rlp.data);
}

Test(enr, agrees_with_the_official_records, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "records");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) check_record(row);
	cr_assert_eq(i, 9);
}

Test(enr, reads_the_edge_cases_as_told, .init = open_vectors,
     .fini = close_vectors)
{
	static const struct {
		const char *name;
		enum err rc;
	} want[] = {
		{ "unsorted-keys", ERR_FORMAT },
		{ "duplicate-key", ERR_FORMAT },
		{ "size-exactly-300", ERR_NONE },
		{ "size-301", ERR_LIMIT },
		{ "trailing-byte", ERR_FORMAT },
		{ "unknown-scheme", ERR_UNSUPPORTED },
		{ "high-s-signature", ERR_AUTH },
	};
	json_t *rows = vectors_at(root, "derived_edge_cases");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span rlp = hex_bytes(text_at(row, "rlp"));
		struct why why = WHY_NONE;
		struct enr r;

		cr_assert_str_eq(text_at(row, "name"), want[i].name);
		cr_assert_eq(enr_read(&r, rlp, &why), want[i].rc, "%s: %s",
			     want[i].name, why.text);
		cr_assert_eq(why.text[0] == '\0', want[i].rc == ERR_NONE);
		free((void *)rlp.data);
	}
	cr_assert_eq(i, ARRAY_LEN(want));
}

Test(enr, refuses_bad_texts, .init = open_vectors, .fini = close_vectors)
{
	static const enum err parse[] = { ERR_FORMAT, ERR_FORMAT, ERR_NONE,
					  ERR_FORMAT };
	json_t *rows = vectors_at(root, "invalid_text");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct enr r;

		cr_assert_eq(enr_parse(&r, text_at(row, "text"), NULL),
			     parse[i], "%s", text_at(row, "name"));
		if (!parse[i])
			cr_assert_eq(enr_verify(&r, NULL), ERR_AUTH);
	}
	cr_assert_eq(i, ARRAY_LEN(parse));
}

Test(enr, decodes_the_structure_as_told, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "structural_decoding");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct span rlp = hex_bytes(text_at(row, "rlp"));
		bool good = json_is_true(json_object_get(row, "decodes"));
		struct enr r;

		cr_assert_eq(enr_decode(&r, rlp, NULL),
			     good ? ERR_NONE : ERR_FORMAT, "%s",
			     text_at(row, "rlp"));
		free((void *)rlp.data);
	}
	cr_assert_eq(i, 6);
}

/* --- endpoints -------------------------------------------------------------
 */

/* A record of these entries, by a key of no importance. */
static void record_of(struct enr *out, json_t *entries)
{
	struct enr_draft d = { .seq = 1 };
	struct ecc_keypair key;
	const char *name;
	json_t *value;

	json_object_foreach(entries, name, value)
	{
		struct ip ip;

		if (json_is_integer(value)) {
			cr_assert_eq(
				enr_draft_set_port(
					&d, name,
					(uint16_t)json_integer_value(value)),
				ERR_NONE);
			continue;
		}
		cr_assert_eq(ip_parse(&ip, json_string_value(value)), ERR_NONE);
		cr_assert_eq(enr_draft_set_ip(&d, &ip), ERR_NONE);
	}
	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_sign(out, &d, &key), ERR_NONE);
}

static int want_port(json_t *row, const char *key)
{
	json_t *port = json_object_get(json_object_get(row, "want"), key);

	cr_assert(json_is_integer(port));
	return (int)json_integer_value(port);
}

Test(enr, chooses_the_endpoint_as_told, .init = open_vectors,
     .fini = close_vectors)
{
	json_t *rows = vectors_at(root, "endpoint_selection");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *ip =
			json_object_get(json_object_get(row, "want"), "ip");
		const char *name = text_at(row, "name");
		struct ip want = { .family = IP_NONE };
		struct enr_endpoint got;
		struct enode node;
		struct enr r;

		if (json_is_string(ip))
			cr_assert_eq(ip_parse(&want, json_string_value(ip)),
				     ERR_NONE);
		record_of(&r, json_object_get(row, "entries"));
		enr_endpoint(&got, &r, NULL);
		cr_assert(ip_equal(&got.ip, &want), "%s", name);
		cr_assert_eq(got.udp, want_port(row, "udp"), "%s", name);
		cr_assert_eq(got.tcp, want_port(row, "tcp"), "%s", name);
		cr_assert_eq(got.quic, want_port(row, "quic"), "%s", name);
		enr_node(&node, &r, NULL);
		cr_assert(ip_equal(&node.ip, &want));
		cr_assert_eq(node.udp, got.udp);
		cr_assert(node_id_equal(&node.id, &r.id));
	}
	cr_assert_eq(i, 19);
}

/* What the table says beside its 19 cases. */
Test(enr, knows_mapped_and_multicast_addresses, .init = crypto_init)
{
	static const uint8_t mapped[17] = {
		0x90, [11] = 0xff, 0xff, 99, 1, 2, 3
	};
	static const uint8_t group[] = { 0x84, 224, 0, 0, 1 };
	static const uint8_t mapped_group[17] = { 0x90, [11] = 0xff, 0xff, 224,
						  0,	0,	     1 };
	struct enr_draft d = { .seq = 1 };
	struct enr_endpoint at;
	struct ecc_keypair key;
	char text[IP_TEXT_MAX];
	struct enr r;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set(&d, "ip6", span_of(mapped, 17)), ERR_NONE);
	cr_assert_eq(enr_draft_set(&d, "ip", span_of(group, 5)), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "udp", 4), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "udp6", 6), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "quic", 44), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	enr_endpoint(&at, &r, NULL);
	cr_assert_str_eq(ip_text(text, &at.ip), "99.1.2.3");
	cr_assert_eq(at.udp, 4);
	cr_assert_eq(at.quic, 44);

	cr_assert_eq(enr_draft_set(&d, "ip6", span_of(mapped_group, 17)),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	enr_endpoint(&at, &r, NULL);
	cr_assert_eq(at.ip.family, IP_NONE);
	cr_assert_eq(at.quic, 0);
}

/* "A known key with a badly typed value does not invalidate the record." */
Test(enr, takes_badly_typed_entries_for_absent, .init = crypto_init)
{
	static const uint8_t large[] = { 0x83, 1, 0x11, 0x70 }; /* 70000 */
	static const uint8_t padded[] = { 0x82, 0, 80 };
	static const uint8_t list[] = { 0xc1, 80 };
	static const uint8_t short_ip[] = { 0x83, 1, 2, 3 };
	struct enr_draft d = { .seq = 1 };
	struct ecc_keypair key;
	struct ip ip;
	struct enr r;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set(&d, "udp", span_of(large, 4)), ERR_NONE);
	cr_assert_eq(enr_draft_set(&d, "tcp", span_of(padded, 3)), ERR_NONE);
	cr_assert_eq(enr_draft_set(&d, "quic", span_of(list, 2)), ERR_NONE);
	cr_assert_eq(enr_draft_set(&d, "ip", span_of(short_ip, 4)), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	cr_assert_eq(enr_verify(&r, NULL), ERR_NONE);
	cr_assert_eq(enr_get_port(&r, "udp"), 0);
	cr_assert_eq(enr_get_port(&r, "tcp"), 0);
	cr_assert_eq(enr_get_port(&r, "quic"), 0);
	cr_assert_eq(enr_get_port(&r, "none"), 0);
	ip = enr_get_ip(&r, "ip");
	cr_assert_eq(ip.family, IP_NONE);
}

/* --- drafts ----------------------------------------------------------------
 */

Test(enr, changes_a_draft_only_when_something_is_new, .init = crypto_init)
{
	struct enr_draft d = { .seq = 1 }, before;
	static const uint8_t two[] = { 1, 2 };

	cr_assert_eq(enr_draft_set_port(&d, "udp", 7), ERR_NONE);
	cr_assert_eq(enr_draft_set_port(&d, "tcp", 8), ERR_NONE);
	before = d;
	cr_assert_eq(enr_draft_set_port(&d, "udp", 7), ERR_EXISTS);
	cr_assert_eq(enr_draft_unset(&d, "udp6"), ERR_NOT_FOUND);
	cr_assert_eq(enr_draft_set(&d, "", span_of(two, 1)), ERR_FORMAT);
	cr_assert_eq(enr_draft_set(&d, "id", span_of(two, 1)), ERR_FORMAT);
	cr_assert_eq(enr_draft_set(&d, "secp256k1", span_of(two, 1)),
		     ERR_FORMAT);
	cr_assert_eq(enr_draft_set(&d, "x", span_of(two, 2)), ERR_FORMAT);
	cr_assert_eq(enr_draft_set(&d, "x", span_of(two, 0)), ERR_FORMAT);
	cr_assert_eq(d.len, before.len);
	cr_assert_arr_eq(d.pairs, before.pairs, d.len);

	cr_assert_eq(enr_draft_set_port(&d, "udp", 9), ERR_NONE);
	cr_assert_eq(d.len, before.len);
	cr_assert_eq(enr_draft_unset(&d, "udp"), ERR_NONE);
	cr_assert_eq(enr_draft_unset(&d, "tcp"), ERR_NONE);
	cr_assert_eq(d.len, 0);
}

Test(enr, signs_300_bytes_and_not_one_more, .init = crypto_init)
{
	uint8_t item[ENR_MAX] = { 0xb8, 165 };
	struct enr_draft d = { .seq = 1 };
	struct ecc_keypair key;
	struct enr r;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	/* 3 + 66 + 1 + (3 + 3) + (10 + 34) + (2 + 2 + n) = 300 for n = 176 */
	item[1] = 176;
	cr_assert_eq(enr_draft_set(&d, "x", span_of(item, 178)), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	cr_assert_leq(r.len, ENR_MAX);
	while (r.len < ENR_MAX) {
		item[1]++;
		cr_assert_eq(
			enr_draft_set(&d, "x", span_of(item, item[1] + 2u)),
			ERR_NONE);
		cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	}
	item[1]++;
	cr_assert_eq(enr_draft_set(&d, "x", span_of(item, item[1] + 2u)),
		     ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_LIMIT);
	item[0] = 0xb9;
	item[1] = 1;
	item[2] = 0x10; /* 272 bytes: more than a draft holds beside others */
	cr_assert_eq(enr_draft_set(&d, "x", span_of(item, 275)), ERR_NONE);
	cr_assert_eq(enr_draft_set(&d, "y", span_of(item, 275)), ERR_LIMIT);
}

/* Every prefix, and every byte changed: refused, or a record that its key did
 * not sign. */
Test(enr, refuses_what_was_tampered_with, .init = open_vectors,
     .fini = close_vectors)
{
	struct span rlp = hex_bytes(vectors_text(root, "records.0.rlp"));
	uint8_t *bytes = (uint8_t *)rlp.data;
	struct enr r;

	for (size_t n = 0; n < rlp.len; n++)
		cr_assert_neq(enr_decode(&r, span_of(bytes, n), NULL),
			      ERR_NONE);
	for (size_t i = 0; i < rlp.len; i++) {
		bytes[i] ^= 1;
		cr_assert_neq(enr_read(&r, rlp, NULL), ERR_NONE, "byte %zu", i);
		bytes[i] ^= 1;
	}
	cr_assert_eq(enr_read(&r, rlp, NULL), ERR_NONE);
	free(bytes);
}

/* --- nodes named by either ------------------------------------------------ */

#define TEXT                                                                 \
	"-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOon"  \
	"rkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0y" \
	"uDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8"
#define KEY                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

Test(enr, or_url_names_a_node, .init = crypto_init)
{
	static const char *const records[] = { "enr:" TEXT, TEXT };
	static const char *const urls[] = { "enode://" KEY "@10.0.0.1:7",
					    "ENODE://" KEY, KEY };
	struct enode node;
	struct enr r;

	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		struct why why = WHY_NONE;

		cr_assert_eq(enr_parse_node(&node, &r, records[i], NULL, &why),
			     ERR_NONE, "%s", why.text);
		cr_assert_eq(r.seq, 1);
		cr_assert_eq(node.udp, 30303);
		cr_assert_eq(node.tcp, 0);
		cr_assert(node_id_equal(&node.id, &r.id));
		cr_assert_eq(
			enr_parse_node(&node, NULL, records[i], NULL, NULL),
			ERR_NONE);
	}
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		cr_assert_eq(enr_parse_node(&node, &r, urls[i], NULL, NULL),
			     ERR_NONE, "%s", urls[i]);
		cr_assert_eq(r.len, 0);
		cr_assert_eq(node.pub.b[0], 0x79);
	}
}

Test(enr, or_url_that_is_neither_changes_nothing, .init = crypto_init)
{
	static const struct {
		const char *text;
		enum err rc;
		const char *why;
	} bad[] = {
		{ "", ERR_FORMAT, "public key: 0 hex digits" },
		{ "x", ERR_FORMAT,
		  "neither \"enode://\" nor \"enr:\" in front" },
		{ "http://x", ERR_FORMAT,
		  "neither \"enode://\" nor \"enr:\" in front" },
		{ "ENR:" TEXT, ERR_FORMAT,
		  "neither \"enode://\" nor \"enr:\" in front" },
		{ "enode://12", ERR_FORMAT, "public key: 2 hex digits" },
		{ "12", ERR_FORMAT, "public key: 2 hex digits" },
		{ "enr:", ERR_FORMAT, "" },
		{ "enr:" TEXT "A", ERR_FORMAT, "TRAILING" },
		{ "-", ERR_FORMAT, "not base64url" },
		{ TEXT "=", ERR_FORMAT, "not base64url" },
		{ TEXT TEXT TEXT, ERR_LIMIT, "over 300 bytes" },
		/* Another signature. */
		{ "enr:-IS4QACYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX0"
		  "4jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJ"
		  "c2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOI"
		  "N1ZHCCdl8",
		  ERR_AUTH, "the signature does not match" },
	};
	struct enode node = { .tcp = 7 };
	struct enr r = { .seq = 7 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct why why = WHY_NONE;

		cr_assert_eq(enr_parse_node(&node, &r, bad[i].text, NULL, &why),
			     bad[i].rc, "%s: %s", bad[i].text, why.text);
		cr_assert(strstr(why.text, bad[i].why), "%s", why.text);
		cr_assert_eq(node.tcp, 7);
		cr_assert_eq(r.seq, 7);
	}
}
