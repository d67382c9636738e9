/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/enode/local.h"

#include "p2p/crypto/rng.h"
#include "p2p/crypto/secret.h"
#include "test/support/unit.h"

static const char key_hex[] =
	"b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291";

/* Times are milliseconds of a clock that began long ago. */
static struct mono at(uint64_t ms)
{
	return (struct mono){ (1000000 + ms) * 1000000 };
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	cr_assert_eq(ip_parse(&ip, text), ERR_NONE);
	return ip;
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	cr_assert_eq(addr_parse(&a, text), ERR_NONE);
	return a;
}

/* A node that listens at 127.0.0.1 and has used the numbers up to `seq`. */
static void make(struct local *l, uint64_t seq, uint64_t stored)
{
	struct ecc_keypair key;

	crypto_init();
	hex_copy(key.key.b, sizeof(key.key.b), key_hex);
	ecc_pub_of(&key.pub, &key.key);
	local_init(l,
		   &(struct local_config){
			   .key = &key,
			   .seq = seq,
			   .unix_ms = 1700000000000,
			   .stored = stored,
			   .fallback = ip_of("127.0.0.1"),
			   .udp = 30303,
		   },
		   at(0));
}

static void check_addr(const struct enr *r, const char *want)
{
	struct enr_endpoint e;
	char text[ADDR_TEXT_MAX];

	enr_endpoint(&e, r, NULL);
	addr_text(text, &(struct addr){ e.ip, e.udp });
	cr_assert_str_eq(text, want, "%s, not %s", text, want);
}

static void check_seq(struct local *l, uint64_t ms, uint64_t want)
{
	cr_assert_eq(local_record(l, at(ms))->seq, want, "%lu, not %lu",
		     local_record(l, at(ms))->seq, want);
}

/* A change without a meaning of its own, each time another one. */
static void change(struct local *l)
{
	local_set_ports(l, l->udp, (uint16_t)(l->tcp + 1));
}

/* One entry more, or another value of it. */
static enum err set_entry(struct local *l, const char *key, struct span value)
{
	struct enr_draft d = l->entries;
	enum err rc = enr_draft_set(&d, key, value);

	return rc && rc != ERR_EXISTS ? rc : local_set_entries(l, &d);
}

/* Specs, "Test vector": the record of EIP-778. */
Test(local, signs_the_official_record)
{
	struct ecc_keypair key;
	struct local l;
	char text[ENR_TEXT_MAX];

	crypto_init();
	hex_copy(key.key.b, sizeof(key.key.b), key_hex);
	ecc_pub_of(&key.pub, &key.key);
	local_init(&l,
		   &(struct local_config){
			   .key = &key,
			   .unix_ms = 1,
			   .stored = LOCAL_STORED_NEVER,
			   .fallback = ip_of("127.0.0.1"),
			   .udp = 30303,
		   },
		   at(0));
	cr_assert_str_eq(
		enr_text(text, local_record(&l, at(0))),
		"enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04j"
		"RzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2Vj"
		"cDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCC"
		"dl8");
	local_clear(&l);
}

Test(local, begins_with_the_clock_and_later_behind_what_was_told)
{
	struct local l;

	make(&l, 0, LOCAL_STORED_NEVER);
	check_seq(&l, 0, 1700000000000);
	make(&l, 4711, LOCAL_STORED_NEVER);
	check_seq(&l, 0, 4712);
	make(&l, UINT64_MAX, LOCAL_STORED_NEVER);
	check_seq(&l, 0, UINT64_MAX);
}

Test(local, prefers_what_is_set_to_what_is_predicted_to_where_it_listens)
{
	struct ip fixed = ip_of("203.0.114.9");
	struct addr seen = addr_of("203.0.115.7:4242");
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	check_addr(local_record(&l, at(1)), "127.0.0.1:30303");
	local_set_predicted(&l, &seen);
	check_addr(local_record(&l, at(2)), "203.0.115.7:4242");
	local_set_static(&l, &fixed);
	check_addr(local_record(&l, at(3)), "203.0.114.9:30303");
	local_set_ports(&l, 555, 666);
	check_addr(local_record(&l, at(4)), "203.0.114.9:555");
	local_unset_static(&l, IP_V4);
	check_addr(local_record(&l, at(5)), "203.0.115.7:4242");
	cr_assert_eq(enr_get_port(local_record(&l, at(5)), "tcp"), 666,
		     "the TCP port is never predicted");
	local_unset_predicted(&l, IP_V4);
	check_addr(local_record(&l, at(6)), "127.0.0.1:555");
	check_seq(&l, 7, 2 + 5);
}

Test(local, has_both_families_each_by_itself)
{
	struct ip v6 = ip_of("2001:4860::1");
	struct addr seen = addr_of("[2001:4860::2]:9999");
	const struct enr *r;
	struct local l;
	char text[IP_TEXT_MAX];
	struct ip got;

	make(&l, 1, LOCAL_STORED_NEVER);
	local_set_fallback(&l, &v6);
	r = local_record(&l, at(1));
	got = enr_get_ip(r, "ip6");
	cr_assert_str_eq(ip_text(text, &got), "2001:4860::1");
	cr_assert_eq(enr_get_port(r, "udp6"), 0, "only where it differs");
	cr_assert_eq(enr_get_port(r, "udp"), 30303);
	local_set_predicted(&l, &seen);
	r = local_record(&l, at(2));
	got = enr_get_ip(r, "ip6");
	cr_assert_str_eq(ip_text(text, &got), "2001:4860::2");
	cr_assert_eq(enr_get_port(r, "udp6"), 9999);
	cr_assert_eq(enr_get_port(r, "udp"), 30303);
	got = enr_get_ip(r, "ip");
	cr_assert_str_eq(ip_text(text, &got), "127.0.0.1");
}

Test(local, publishes_neither_unspecified_addresses_nor_ports)
{
	struct ip any4 = ip_of("0.0.0.0"), any6 = ip_of("::");
	const struct enr *r;
	struct span value;
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	local_set_fallback(&l, &any4);
	local_set_static(&l, &any6);
	local_set_ports(&l, 0, 0);
	r = local_record(&l, at(1));
	cr_assert(!enr_get(r, "ip", &value));
	cr_assert(!enr_get(r, "ip6", &value));
	cr_assert(!enr_get(r, "udp", &value));
	cr_assert(!enr_get(r, "tcp", &value));
	cr_assert_eq(r->seq, 3);
}

Test(local, is_not_changed_by_what_it_says_already)
{
	struct ip same = ip_of("127.0.0.1"), other = ip_of("127.0.0.2");
	struct span value = span_text("\x83net");
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	cr_assert_eq(set_entry(&l, "x", value), ERR_NONE);
	check_seq(&l, 1, 3);
	local_set_fallback(&l, &same);
	local_set_static(&l, &same);
	local_set_ports(&l, 30303, 0);
	cr_assert_eq(set_entry(&l, "x", value), ERR_NONE);
	check_seq(&l, 2, 3);
	cr_assert_eq(local_due(&l).ns, MONO_NEVER.ns);
	local_set_static(&l, &other); /* and back, unasked */
	local_set_static(&l, &same);
	check_seq(&l, 3, 3);
}

Test(local, signs_many_changes_at_once_when_it_is_asked)
{
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	for (int i = 0; i < 100; i++)
		change(&l);
	check_seq(&l, 1, 3);
	cr_assert_eq(enr_get_port(&l.record, "tcp"), 100);
}

Test(local, keeps_a_record_for_a_millisecond)
{
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	change(&l);
	cr_assert_eq(local_due(&l).ns, at(1).ns);
	check_seq(&l, 0, 2);
	check_seq(&l, 1, 3);
	cr_assert_eq(local_due(&l).ns, MONO_NEVER.ns);
	change(&l);
	check_seq(&l, 1, 3);
	check_seq(&l, 2, 4);
}

Test(local, never_tells_a_number_that_is_not_stored)
{
	struct local l;

	make(&l, 10, 12);
	cr_assert_eq(local_wants(&l), 11 + LOCAL_AHEAD);
	change(&l);
	check_seq(&l, 1, 12);
	change(&l);
	cr_assert_eq(local_due(&l).ns, MONO_NEVER.ns);
	check_seq(&l, 2, 12);
	cr_assert_eq(enr_get_port(&l.record, "tcp"), 1);
	local_stored(&l, 12 + LOCAL_AHEAD);
	cr_assert_eq(local_due(&l).ns, at(2).ns);
	check_seq(&l, 3, 13);
	cr_assert_eq(enr_get_port(&l.record, "tcp"), 2);
	cr_assert_eq(local_wants(&l), 0);
	local_stored(&l, 5); /* an older one that came late */
	change(&l);
	check_seq(&l, 4, 14);
}

Test(local, wants_more_numbers_stored_before_they_are_used_up)
{
	struct local l;
	uint64_t first = local_first(0, 1700000000000);

	make(&l, 0, first + LOCAL_AHEAD);
	for (uint64_t ms = 1; !local_wants(&l); ms++) {
		change(&l);
		check_seq(&l, ms, first + ms);
	}
	cr_assert_gt(l.stored - l.record.seq, 8, "time to store them");
	cr_assert_eq(local_wants(&l), l.record.seq + LOCAL_AHEAD);
}

/* Whatever a run got to before it was killed. */
Test(local, goes_on_behind_all_it_told_after_a_crash)
{
	uint64_t stored = 0, told = 0;
	unsigned kills[] = { 0, 1, 63, 64, 65, 200 };

	for (size_t k = 0; k < ARRAY_LEN(kills); k++) {
		uint64_t first = local_first(stored, 1700000000000);
		uint64_t last = stored;
		struct local l;

		stored = first + LOCAL_AHEAD;
		make(&l, last, stored);
		cr_assert_gt(l.record.seq, told);
		for (unsigned i = 0; i < kills[k]; i++) {
			change(&l);
			told = local_record(&l, at(i + 1))->seq;
			if (i % 7 == 0 && local_wants(&l)) {
				stored = local_wants(&l);
				local_stored(&l, stored);
			}
		}
		cr_assert_leq(told, stored);
	}
}

Test(local, carries_other_entries)
{
	struct span nested = span_of("\xc2\x01\x02", 3);
	const struct enr_draft none = { .len = 0 };
	struct span value;
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	cr_assert_eq(set_entry(&l, "eth", nested), ERR_NONE);
	cr_assert(enr_get(local_record(&l, at(1)), "eth", &value));
	cr_assert(span_equal(value, nested));
	check_addr(local_record(&l, at(1)), "127.0.0.1:30303");
	cr_assert_eq(local_set_entries(&l, &none), ERR_NONE);
	cr_assert(!enr_get(local_record(&l, at(2)), "eth", &value));
	check_addr(local_record(&l, at(2)), "127.0.0.1:30303");
	check_seq(&l, 3, 4);
}

Test(local, begins_with_other_entries)
{
	struct enr_draft entries = { .seq = 77 };
	struct ecc_keypair key;
	struct span value;
	struct local l;

	crypto_init();
	hex_copy(key.key.b, sizeof(key.key.b), key_hex);
	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set(&entries, "x", span_text("\x83net")),
		     ERR_NONE);
	local_init(&l,
		   &(struct local_config){
			   .key = &key,
			   .seq = 4,
			   .stored = LOCAL_STORED_NEVER,
			   .entries = &entries,
		   },
		   at(0));
	cr_assert(enr_get(local_record(&l, at(0)), "x", &value));
	check_seq(&l, 1, 5);
}

Test(local, leaves_its_own_entries_to_their_own_functions)
{
	static const char *const keys[] = { "ip",  "ip6",      "tcp",  "tcp6",
					    "udp", "udp6",     "quic", "quic6",
					    "id",  "secp256k1" };
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		cr_assert(local_owns(keys[i]));
		cr_assert_eq(set_entry(&l, keys[i], span_text("\x01")),
			     ERR_FORMAT, "%s", keys[i]);
	}
	cr_assert(!local_owns("eth"));
	cr_assert(!local_owns("i"));
	cr_assert(!local_owns("ip66"));
	check_seq(&l, 1, 2);
}

/* A string of n bytes as an RLP item of n + 2. */
static struct span long_value(uint8_t *out, size_t n)
{
	memset(out, 'v', n + 2);
	out[0] = 0xb8;
	out[1] = (uint8_t)n;
	return span_of(out, n + 2);
}

Test(local, keeps_room_for_any_endpoint_beside_other_entries)
{
	struct ip v4 = ip_of("203.0.114.9"), v6 = ip_of("2001:4860::1");
	struct addr seen = { .ip = v6, .port = 65534 };
	uint8_t value[200];
	struct local l;

	make(&l, UINT64_MAX - 10, LOCAL_STORED_NEVER);
	cr_assert_eq(
		set_entry(&l, "x", long_value(value, LOCAL_ENTRIES_MAX - 2)),
		ERR_LIMIT);
	cr_assert_eq(
		set_entry(&l, "x", long_value(value, LOCAL_ENTRIES_MAX - 3)),
		ERR_NONE);
	local_set_static(&l, &v4);
	local_set_predicted(&l, &seen);
	local_set_ports(&l, 65535, 65535);
	cr_assert_eq(local_record(&l, at(1))->len, ENR_MAX);
	cr_assert_eq(enr_get_port(&l.record, "udp6"), 65534);
	cr_assert_eq(enr_verify(&l.record, NULL), ERR_NONE);
}

Test(local, wipes_its_key)
{
	static const struct secret32 zero;
	struct local l;

	make(&l, 1, LOCAL_STORED_NEVER);
	local_clear(&l);
	cr_assert_arr_eq(l.key.key.b, zero.b, sizeof(zero.b));
}
