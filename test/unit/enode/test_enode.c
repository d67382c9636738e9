/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "p2p/enode/enode.h"
#include "test/support/unit.h"

/* The key of node A in rlpx.json ("static_pub_A"), and its id. */
#define KEY_HEAD "fda1cff674c90c9a197539fe3dfb53086ace64f83ed7c6eabec741f7f3"
#define KEY_TAIL                                               \
	"81cc803e52ab2cd55d5569bce4347107a310dfd5f88a010cd2ff" \
	"d1005ca406f1842877"
#define KEY KEY_HEAD KEY_TAIL
#define KEY_UPPER                                                  \
	"FDA1CFF674C90C9A197539FE3DFB53086ACE64F83ED7C6EABEC741F7" \
	"F381CC803E52AB2CD55D5569BCE4347107A310DFD5F88A010CD2FFD1" \
	"005CA406F1842877"
#define ID "6469cc2093f39e9117071e660d3ab14bbad3d99f4203bd7a11acb94882050e7e"

static struct enode parsed(const char *url)
{
	struct why why = WHY_NONE;
	struct enode node;

	cr_assert_eq(enode_parse(&node, url, &why), ERR_NONE, "%s: %s", url,
		     why.text);
	return node;
}

static bool same(const struct enode *a, const struct enode *b)
{
	return !memcmp(a->pub.b, b->pub.b, sizeof(a->pub.b)) &&
	       node_id_equal(&a->id, &b->id) && ip_equal(&a->ip, &b->ip) &&
	       !strcmp(a->host, b->host) && a->tcp == b->tcp &&
	       a->udp == b->udp;
}

static long number_at(json_t *c, const char *key)
{
	return (long)json_integer_value(json_object_get(c, key));
}

static const char *text_at(json_t *c, const char *key)
{
	const char *text = json_string_value(json_object_get(c, key));

	return text ? text : "";
}

Test(enode, agrees_with_the_vectors, .init = crypto_init)
{
	json_t *root = vectors_load("enode.json");
	size_t refused = 0;
	size_t done = 0;
	json_t *c;
	size_t i;

	json_array_foreach(vectors_at(root, "enode_urls"), i, c)
	{
		const char *url = text_at(c, "url");
		char id[NODE_ID_HEX];
		char ip[IP_TEXT_MAX];
		struct enode node;
		uint8_t pub[64];

		done++;
		/* "bare key accepted only by the enode-specific parser", which
		 * this is. */
		if (!json_is_true(json_object_get(c, "valid")) &&
		    !strstr(text_at(c, "error"), "bare key")) {
			refused++;
			cr_assert_eq(enode_parse(&node, url, NULL), ERR_FORMAT,
				     "%s", url);
			continue;
		}
		node = parsed(url);
		cr_assert_str_eq(ip_text(ip, &node.ip), text_at(c, "ip"));
		cr_assert_str_eq(node.host, text_at(c, "hostname"));
		cr_assert_eq(node.tcp, number_at(c, "tcp"));
		cr_assert_eq(node.udp, number_at(c, "udp"));
		if (!json_is_true(json_object_get(c, "valid")))
			continue;
		hex_copy(pub, sizeof(pub), text_at(c, "pubkey") + 2);
		cr_assert_arr_eq(node.pub.b, pub, sizeof(pub));
		cr_assert_str_eq(node_id_text(id, &node.id),
				 text_at(c, "node_id") + 2);
	}
	cr_assert_eq(done, 14);
	cr_assert_eq(refused, 7);
	json_decref(root);
}

/* What is accepted, and what it is printed as. */
static const struct {
	const char *url;
	const char *ip;
	const char *host;
	uint16_t tcp;
	uint16_t udp;
	const char *printed;
} variants[] = {
	{ "enode://" KEY "@192.0.2.1:30303", "192.0.2.1", "", 30303, 30303,
	  "enode://" KEY "@192.0.2.1:30303" },
	{ "enode://" KEY_UPPER "@192.0.2.1:30303", "192.0.2.1", "", 30303,
	  30303, "enode://" KEY "@192.0.2.1:30303" },
	{ "eNoDe://" KEY "@192.0.2.1:30303", "192.0.2.1", "", 30303, 30303,
	  "enode://" KEY "@192.0.2.1:30303" },
	{ "enode://" KEY "@[2001:DB8::1]:1", "2001:db8::1", "", 1, 1,
	  "enode://" KEY "@[2001:db8::1]:1" },
	{ "enode://" KEY "@[::ffff:192.0.2.1]:1", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@[::]:1", "::", "", 1, 1, "enode://" KEY "@[::]:1" },
	{ "enode://" KEY "@node-1.My_Net.example:1", "",
	  "node-1.My_Net.example", 1, 1,
	  "enode://" KEY "@node-1.My_Net.example:1" },
	{ "enode://" KEY "@localhost:1", "", "localhost", 1, 1,
	  "enode://" KEY "@localhost:1" },
	{ "enode://" KEY "@valid.:1", "", "valid.", 1, 1,
	  "enode://" KEY "@valid.:1" },
	{ "enode://" KEY "@1.2.3.4a:1", "", "1.2.3.4a", 1, 1,
	  "enode://" KEY "@1.2.3.4a:1" },
	{ "enode://" KEY "@192.0.2.1:0", "192.0.2.1", "", 0, 0,
	  "enode://" KEY "@192.0.2.1:0" },
	{ "enode://" KEY "@192.0.2.1:65535", "192.0.2.1", "", 65535, 65535,
	  "enode://" KEY "@192.0.2.1:65535" },
	{ "enode://" KEY "@192.0.2.1:030303", "192.0.2.1", "", 30303, 30303,
	  "enode://" KEY "@192.0.2.1:30303" },
	{ "enode://" KEY "@192.0.2.1:1?discport=2", "192.0.2.1", "", 1, 2,
	  "enode://" KEY "@192.0.2.1:1?discport=2" },
	{ "enode://" KEY "@[::1]:1?discport=65535", "::1", "", 1, 65535,
	  "enode://" KEY "@[::1]:1?discport=65535" },
	{ "enode://" KEY "@a:1?discport=0", "", "a", 1, 0,
	  "enode://" KEY "@a:1?discport=0" },
	{ "enode://" KEY "@192.0.2.1:0?discport=9", "192.0.2.1", "", 0, 9,
	  "enode://" KEY "@192.0.2.1:0?discport=9" },
	{ "enode://" KEY "@192.0.2.1:1?discport=1", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@192.0.2.1:1?discport=", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@192.0.2.1:1?", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@192.0.2.1:1/", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@192.0.2.1:1/a@b:c/?x=y&discport=2&z#?discport=3",
	  "192.0.2.1", "", 1, 2, "enode://" KEY "@192.0.2.1:1?discport=2" },
	{ "enode://" KEY "@192.0.2.1:1?discport=2#x", "192.0.2.1", "", 1, 2,
	  "enode://" KEY "@192.0.2.1:1?discport=2" },
	{ "enode://" KEY "@192.0.2.1:1#?discport=3", "192.0.2.1", "", 1, 1,
	  "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY "@192.0.2.1:1?&&Discport=3&xdiscport=4&discport",
	  "192.0.2.1", "", 1, 1, "enode://" KEY "@192.0.2.1:1" },
	{ "enode://" KEY, "", "", 0, 0, "enode://" KEY },
	{ KEY, "", "", 0, 0, "enode://" KEY },
	{ KEY_UPPER, "", "", 0, 0, "enode://" KEY },
};

Test(enode, accepts_every_variant_and_prints_the_canonical_one,
     .init = crypto_init)
{
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		struct enode node = parsed(variants[i].url);
		char url[ENODE_URL_MAX];
		char ip[IP_TEXT_MAX];
		char id[NODE_ID_HEX];
		struct enode again;

		cr_assert_str_eq(ip_text(ip, &node.ip), variants[i].ip);
		cr_assert_str_eq(node.host, variants[i].host);
		cr_assert_eq(node.tcp, variants[i].tcp, "%s", variants[i].url);
		cr_assert_eq(node.udp, variants[i].udp, "%s", variants[i].url);
		cr_assert_str_eq(node_id_text(id, &node.id), ID);
		cr_assert_eq(enode_url(url, &node), url);
		cr_assert_str_eq(url, variants[i].printed);
		again = parsed(url);
		cr_assert(same(&again, &node), "%s", url);
	}
}

static const struct {
	const char *url;
	const char *why;
} refused[] = {
	{ "", "public key: 0 hex digits where 128 are needed" },
	{ "enode://", "public key: 0 hex digits where 128 are needed" },
	{ "http://foobar", "no \"enode://\" in front" },
	{ "://foo", "no \"enode://\" in front" },
	{ "enode:" KEY, "no \"enode://\" in front" },
	{ "enode:/" KEY "@192.0.2.1:1", "no \"enode://\" in front" },
	{ KEY "@192.0.2.1:1", "no \"enode://\" in front" },
	{ KEY "/", "no \"enode://\" in front" },
	{ "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcB",
	  "no \"enode://\" in front" },

	{ "enode://" KEY_HEAD "@192.0.2.1:1",
	  "public key: 58 hex digits where 128 are needed" },
	{ "enode://" KEY_HEAD, "public key: 58 hex digits where 128 are "
			       "needed" },
	{ KEY_TAIL KEY_TAIL, "public key: 140 hex digits where 128 are "
			     "needed" },
	{ "enode://" KEY "0@192.0.2.1:1",
	  "public key: 129 hex digits where 128 are needed" },
	{ "enode://0x" KEY "@192.0.2.1:1",
	  "public key: 'x' is not a hex digit" },
	{ "enode://" KEY_HEAD "g" KEY_TAIL,
	  "public key: 'g' is not a hex digit" },
	{ "enode://" KEY ":pass@192.0.2.1:1",
	  "public key: ':' is not a hex digit" },
	{ "enode://%66" KEY "@192.0.2.1:1",
	  "public key: '%' is not a hex digit" },
	{ "enode://@192.0.2.1:1", "public key: 0 hex digits where 128 are "
				  "needed" },
	{ "enode://" KEY "/", "public key: '/' is not a hex digit" },
	{ "enode://" KEY "?discport=5", "public key: '?' is not a hex digit" },
	{ "enode://" KEY "#x", "public key: '#' is not a hex digit" },
	{ "enode:///" KEY "@192.0.2.1:1", "public key: '/' is not a hex "
					  "digit" },
	{ "enode://" KEY ":1", "public key: ':' is not a hex digit" },
	{ "enode://0" KEY_TAIL KEY_HEAD "@192.0.2.1:1",
	  "public key: 129 hex digits where 128 are needed" },
	{ "enode://" KEY_TAIL KEY_HEAD "@192.0.2.1:1",
	  "public key: not a point on the curve" },

	{ "enode://" KEY "@", "host: missing" },
	{ "enode://" KEY "@:1", "host: missing" },
	{ "enode://" KEY "@/192.0.2.1:1", "host: missing" },
	{ "enode://" KEY "@[2001:db8::1:1", "host: '[' without ']'" },
	{ "enode://" KEY "@[2001:db8::1]1", "host: '1' behind the ']'" },
	{ "enode://" KEY "@[]:1", "host: not an IPv6 address in the "
				  "brackets" },
	{ "enode://" KEY "@[192.0.2.1]:1",
	  "host: not an IPv6 address in the brackets" },
	{ "enode://" KEY "@[fe80::1%eth0]:1",
	  "host: not an IPv6 address in the brackets" },
	{ "enode://" KEY "@[fe80::1%25eth0]:1",
	  "host: not an IPv6 address in the brackets" },
	{ "enode://" KEY "@2001:db8::1:1",
	  "host: an IPv6 address needs brackets" },
	{ "enode://" KEY "@192.0.2.1:1:2",
	  "host: an IPv6 address needs brackets" },
	{ "enode://" KEY "@192.0.2.256:1",
	  "host: neither an IPv4 address nor a name" },
	{ "enode://" KEY "@127.1:1",
	  "host: neither an IPv4 address nor a name" },
	{ "enode://" KEY "@2130706433:1",
	  "host: neither an IPv4 address nor a name" },
	{ "enode://" KEY "@192.0.2.1.:1",
	  "host: neither an IPv4 address nor a name" },
	{ "enode://" KEY "@a..b:1", "host: nothing in front of a dot" },
	{ "enode://" KEY "@.a:1", "host: nothing in front of a dot" },
	{ "enode://" KEY "@a%41:1", "host: '%' cannot be in a name" },
	{ "enode://" KEY "@b@a:1", "host: '@' cannot be in a name" },
	{ "enode://" KEY "@a;b:1", "host: ';' cannot be in a name" },

	{ "enode://" KEY "@192.0.2.1", "tcp port: missing" },
	{ "enode://" KEY "@192.0.2.1:", "tcp port: missing" },
	{ "enode://" KEY "@[::1]", "tcp port: missing" },
	{ "enode://" KEY "@[::1]:", "tcp port: missing" },
	{ "enode://" KEY "@a/:1", "tcp port: missing" },
	{ "enode://" KEY "@192.0.2.1?discport=3", "tcp port: missing" },
	{ "enode://" KEY "@192.0.2.1:foo", "tcp port: 'f' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:+1", "tcp port: '+' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:-1", "tcp port: '-' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:1%30", "tcp port: '%' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:1&x", "tcp port: '&' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:65536", "tcp port: over 65535" },
	{ "enode://" KEY "@192.0.2.1:4294967297", "tcp port: over 65535" },
	{ "enode://" KEY "@192.0.2.1:99999999999999999999",
	  "tcp port: over 65535" },

	{ "enode://" KEY "@192.0.2.1:1?discport=foo",
	  "discport: 'f' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:1?discport=65536",
	  "discport: over 65535" },
	{ "enode://" KEY "@192.0.2.1:1?a=b&discport=-1",
	  "discport: '-' is not a digit" },
	{ "enode://" KEY "@192.0.2.1:1?discport=2&discport=2",
	  "discport: given twice" },

	{ "enode://" KEY "@192.0.2.1:1 ",
	  "enode URL: a blank, control or non-ASCII byte at 148" },
	{ " enode://" KEY "@192.0.2.1:1",
	  "enode URL: a blank, control or non-ASCII byte at 0" },
	{ "enode://" KEY "@192.0.2.1:1\n",
	  "enode URL: a blank, control or non-ASCII byte at 148" },
	{ "enode://" KEY "@b\xc3\xbc"
	  "cher.example:1",
	  "enode URL: a blank, control or non-ASCII byte at 138" },
	{ "enode://" KEY "@192.0.2.1:1/\x7f",
	  "enode URL: a blank, control or non-ASCII byte at 149" },
};

Test(enode, says_which_part_is_wrong, .init = crypto_init)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct why why = WHY_NONE;
		struct enode node;
		struct enode old;

		memset(&node, 0xa5, sizeof(node));
		old = node;
		cr_assert_eq(enode_parse(&node, refused[i].url, &why),
			     ERR_FORMAT, "%s", refused[i].url);
		cr_assert_str_eq(why.text, refused[i].why, "%s: %s",
				 refused[i].url, why.text);
		cr_assert_eq(enode_parse(&node, refused[i].url, NULL),
			     ERR_FORMAT);
		cr_assert_arr_eq(&node, &old, sizeof(node)); /* untouched */
	}
}

/* "the point must be on the curve": each coordinate spoiled, zero, and not
 * below the field prime. */
Test(enode, the_key_must_be_a_point_on_the_curve, .init = crypto_init)
{
	char url[ENODE_URL_MAX] = "enode://" KEY "@192.0.2.1:1";
	struct why why = WHY_NONE;
	struct enode node;

	parsed(url);
	for (size_t i = 0; i < 128; i++) {
		char was = url[8 + i];

		url[8 + i] = was == '0' ? '1' : '0';
		cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
		cr_assert_str_eq(why.text,
				 "public key: not a point on the curve");
		url[8 + i] = was;
	}
	memset(url + 8, '0', 128);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
	memset(url + 8, 'f', 128);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
}

/* "enode://<key>@" with a path that makes it n bytes long. */
static void pad(char *url, size_t n)
{
	strcpy(url, "enode://" KEY "@192.0.2.1:1/");
	memset(url + strlen(url), 'p', n - strlen(url));
	url[n] = '\0';
}

Test(enode, the_length_limit_of_a_url, .init = crypto_init)
{
	char url[ENODE_URL_MAX + 1];
	struct why why = WHY_NONE;
	struct enode node;

	pad(url, ENODE_URL_MAX - 1);
	parsed(url);
	pad(url, ENODE_URL_MAX);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_LIMIT);
	cr_assert_str_eq(why.text, "enode URL: over 511 bytes");
	cr_assert_eq(enode_parse(&node, url, NULL), ERR_LIMIT);

	/* It is the text's end that is looked for, not a far one. */
	memset(url, 'a', ENODE_URL_MAX);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_LIMIT);
}

/* A name of n bytes, in labels of at most `label` bytes, at port 1. */
static void named(char *url, size_t n, size_t label)
{
	size_t at = strlen(strcpy(url, "enode://" KEY "@"));

	for (size_t i = 0; i < n; i++)
		url[at++] = i % (label + 1) == label ? '.' : 'x';
	strcpy(url + at, ":1");
}

Test(enode, the_length_limits_of_a_host, .init = crypto_init)
{
	char url[ENODE_URL_MAX];
	struct why why = WHY_NONE;
	char text[ENODE_URL_MAX];
	struct enode node;

	named(url, 253, 63);
	node = parsed(url);
	cr_assert_eq(strlen(node.host), 253);
	cr_assert_str_eq(enode_url(text, &node), url);
	named(url, 254, 63);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "host: over 253 bytes");

	named(url, 63, 63);
	parsed(url);
	named(url, 64, 64);
	cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "host: over 63 bytes between two dots");

	/* Brackets do not count. */
	memset(url, '1', sizeof(url));
	memcpy(url, "enode://" KEY "@[", 138);
	strcpy(url + 138 + 254, "]:1");
	cr_assert_eq(enode_parse(&node, url, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "host: over 253 bytes");
}

Test(enode, the_longest_url_fits, .init = crypto_init)
{
	struct enode node = parsed("enode://" KEY);
	char url[ENODE_URL_MAX];
	struct enode again;

	memset(node.host, 'x', sizeof(node.host) - 1);
	for (size_t i = 50; i < sizeof(node.host) - 1; i += 50)
		node.host[i] = '.';
	node.tcp = 65535;
	node.udp = 65534;
	enode_url(url, &node);
	cr_assert_eq(strlen(url), 8u + 128 + 1 + 253 + 6 + 15);
	again = parsed(url);
	cr_assert(same(&again, &node));
}

Test(enode, is_made_from_parts, .init = crypto_init)
{
	struct enode want = parsed("enode://" KEY "@[2001:db8::1]:30303");
	struct enode node;
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, "[2001:db8::1]:30303"), ERR_NONE);
	memset(&node, 0xff, sizeof(node));
	enode_make(&node, &want.pub, &addr);
	cr_assert(same(&node, &want));

	addr.ip = (struct ip){ 0 };
	enode_make(&node, &want.pub, &addr);
	cr_assert_eq(node.ip.family, IP_NONE);
	cr_assert_str_eq(node.host, "");
	cr_assert_eq(node.udp, 30303);
}

Test(enode, a_name_is_printed_rather_than_its_address, .init = crypto_init)
{
	struct enode node = parsed("enode://" KEY "@node.example:1");
	char url[ENODE_URL_MAX];

	cr_assert_eq(ip_parse(&node.ip, "192.0.2.1"), ERR_NONE);
	cr_assert_str_eq(enode_url(url, &node),
			 "enode://" KEY "@node.example:1");
}

Test(node_id, is_the_hash_of_the_key_and_prints_as_hex)
{
	json_t *root = vectors_load("rlpx.json");
	static const char *const names[] = { "A", "B" };
	struct node_id ids[2];
	char path[64];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char text[NODE_ID_HEX];
		char brief[NODE_ID_SHORT];
		struct ecc_pub pub;
		const char *want;

		snprintf(path, sizeof(path), "keys.static_pub_%s", names[i]);
		hex_copy(pub.b, sizeof(pub.b), vectors_text(root, path));
		snprintf(path, sizeof(path), "keys.node_id_%s", names[i]);
		want = vectors_text(root, path);
		ids[i] = node_id_of(&pub);
		cr_assert_eq(node_id_text(text, &ids[i]), text);
		cr_assert_str_eq(text, want);
		cr_assert_eq(node_id_short(brief, &ids[i]), brief);
		cr_assert_eq(strlen(brief), 16);
		cr_assert_arr_eq(brief, want, 16);
	}
	cr_assert(node_id_equal(&ids[0], &ids[0]));
	cr_assert_not(node_id_equal(&ids[0], &ids[1]));
	ids[1] = ids[0];
	ids[1].b[NODE_ID_LEN - 1] ^= 1;
	cr_assert_not(node_id_equal(&ids[0], &ids[1]));
	json_decref(root);
}
