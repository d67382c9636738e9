/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/stun.h"

#include <stdio.h>

#include "p2p/base/writer.h"
#include "test/support/unit.h"

/* RFC 5769, sections 2.2 and 2.3: the responses' headers and mapped addresses;
 * what else is in them is skipped. */
static const uint8_t sample_id[STUN_ID_LEN] = { 0xb7, 0xe7, 0xa7, 0x01,
						0xbc, 0x34, 0xd6, 0x86,
						0xfa, 0x87, 0xdf, 0xae };

static const uint8_t sample_v4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01,
	0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b,
	0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20,
	0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
	0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3,
	0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7,
	0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};

static const uint8_t sample_v6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01,
	0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b,
	0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20,
	0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
	0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
	0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1,
	0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41,
	0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static const char *read_text(const uint8_t *data, size_t len)
{
	static char text[ADDR_TEXT_MAX];
	struct addr a;
	enum err rc = stun_response_read(&a, sample_id, data, len);

	return rc ? err_name(rc) : addr_text(text, &a);
}

Test(stun, reads_the_samples_of_the_standard)
{
	cr_assert_str_eq(read_text(sample_v4, sizeof(sample_v4)),
			 "192.0.2.1:32853");
	cr_assert_str_eq(read_text(sample_v6, sizeof(sample_v6)),
			 "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

Test(stun, refuses_every_part_of_a_response)
{
	struct addr a = { .port = 7 };

	for (size_t n = 0; n < sizeof(sample_v4); n++) {
		enum err rc = stun_response_read(&a, sample_id, sample_v4, n);

		cr_assert_eq(rc, n < 20 ? ERR_NOT_FOUND : ERR_FORMAT, "%zu", n);
		cr_assert_eq(a.port, 7);
	}
}

/* One byte changed, and what becomes of it. */
static const char *changed(size_t at, uint8_t to)
{
	uint8_t copy[sizeof(sample_v4)];

	memcpy(copy, sample_v4, sizeof(copy));
	copy[at] = to;
	return read_text(copy, sizeof(copy));
}

Test(stun, tells_what_is_not_for_us_from_what_is_malformed)
{
	const char *foreign = err_name(ERR_NOT_FOUND);
	const char *malformed = err_name(ERR_FORMAT);

	cr_assert_str_eq(changed(0, 0x00), foreign); /* a request */
	cr_assert_str_eq(changed(1, 0x03), foreign); /* of another method */
	cr_assert_str_eq(changed(1, 0x11), err_name(ERR_DENIED));
	cr_assert_str_eq(changed(3, 0x38), malformed); /* the length */
	cr_assert_str_eq(changed(3, 0x40), malformed);
	cr_assert_str_eq(changed(7, 0x43), foreign); /* the cookie */
	cr_assert_str_eq(changed(8, 0xb6), foreign); /* the id */
	cr_assert_str_eq(changed(19, 0xaf), foreign);
	cr_assert_str_eq(changed(37, 0x21), malformed); /* no address */
	cr_assert_str_eq(changed(39, 0x09), malformed); /* its length */
	cr_assert_str_eq(changed(39, 0x04), malformed);
	cr_assert_str_eq(changed(41, 0x03), malformed); /* its family */
	cr_assert_str_eq(changed(41, 0x02), malformed);
	cr_assert_str_eq(changed(51, 0xff), malformed); /* one is cut off */
	cr_assert_str_eq(changed(40, 0xff), "192.0.2.1:32853"); /* ignored */
}

Test(stun, writes_a_request)
{
	static const uint8_t head[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
	uint8_t out[STUN_REQUEST_LEN];

	stun_request_write(out, sample_id);
	cr_assert_eq(memcmp(out, head, sizeof(head)), 0);
	cr_assert_eq(memcmp(out + 8, sample_id, STUN_ID_LEN), 0);
}

/* --- the core ------------------------------------------------------------- */

static struct stun stun;
static struct mono now;
static struct addr servers[STUN_SERVERS_MAX];
static uint8_t last_id[STUN_SERVERS_MAX][STUN_ID_LEN];

static struct addr addr_of(const char *text)
{
	struct addr a;

	cr_assert_eq(addr_parse(&a, text), ERR_NONE, "%s", text);
	return a;
}

static void begin(void)
{
	static const struct secret32 seed = { { 9 } };

	now = (struct mono){ 1000000000 };
	servers[0] = addr_of("192.0.2.1:3478");
	servers[1] = addr_of("192.0.2.2:3478");
	servers[2] = addr_of("[2001:db8::2]:3478");
	stun_init(&stun, &seed);
}

static size_t index_of(const struct addr *a)
{
	for (size_t i = 0; i < STUN_SERVERS_MAX; i++)
		if (ip_equal(&servers[i].ip, &a->ip) &&
		    servers[i].port == a->port)
			return i;
	cr_assert(false, "sent to a stranger");
	return 0;
}

/* What goes out now: "012" for one to each server. */
static const char *sent(void)
{
	static char out[16];
	uint8_t bytes[STUN_REQUEST_LEN];
	struct addr to;
	size_t n = 0;

	while (stun_next_datagram(&stun, &to, bytes)) {
		size_t i = index_of(&to);

		memcpy(last_id[i], bytes + 8, STUN_ID_LEN);
		cr_assert(n + 1 < sizeof(out));
		out[n++] = (char)('0' + i);
	}
	out[n] = '\0';
	return out;
}

static bool answer(size_t i, const char *mapped)
{
	struct addr a = addr_of(mapped);
	uint8_t bytes[64], key[16];
	struct writer w = writer_of(bytes, sizeof(bytes));
	size_t n = a.ip.family == IP_V4 ? 4 : 16;

	wr_be16(&w, 0x0101);
	wr_be16(&w, (uint16_t)(8 + n));
	wr_be32(&w, 0x2112a442);
	wr_bytes(&w, last_id[i], STUN_ID_LEN);
	memcpy(key, bytes + 4, sizeof(key));
	wr_be16(&w, 0x0020);
	wr_be16(&w, (uint16_t)(4 + n));
	wr_be16(&w, a.ip.family == IP_V4 ? 1 : 2);
	wr_be16(&w, (uint16_t)(a.port ^ 0x2112));
	for (size_t b = 0; b < n; b++)
		wr_u8(&w, a.ip.b[b] ^ key[b]);
	return stun_feed(&stun, &servers[i], bytes, sizeof(bytes) - w.left,
			 now);
}

/* "found 198.51.100.7:1 silent ..." */
static const char *told(void)
{
	static char out[256];
	char addr[ADDR_TEXT_MAX];
	struct stun_event ev;

	out[0] = '\0';
	while (stun_next_event(&stun, &ev)) {
		size_t n = strlen(out);

		switch (ev.type) {
		case STUN_FOUND:
			snprintf(out + n, sizeof(out) - n, "found %s ",
				 addr_text(addr, &ev.addr));
			break;
		case STUN_NONSENSE:
			snprintf(out + n, sizeof(out) - n, "nonsense of %s ",
				 addr_text(addr, &ev.server));
			break;
		case STUN_SILENT:
			snprintf(out + n, sizeof(out) - n, "silent ");
			break;
		}
	}
	return out;
}

static void ask(size_t count)
{
	stun_set_servers(&stun, servers, count, now);
	stun_tick(&stun, now);
}

Test(stun, asks_all_servers_at_once, .init = begin)
{
	cr_assert_eq(stun_tick(&stun, now).ns, MONO_NEVER.ns);
	cr_assert_str_eq(sent(), "");
	ask(3);
	cr_assert_str_eq(sent(), "012");
	cr_assert_str_eq(sent(), "");
	cr_assert(memcmp(last_id[0], last_id[1], STUN_ID_LEN));
	cr_assert(answer(1, "198.51.100.7:30303"));
	cr_assert(answer(0, "198.51.100.7:30303"));
	cr_assert_str_eq(told(), "");
	cr_assert(answer(2, "[2001:db8::7]:30303"));
	cr_assert_str_eq(told(), "found 198.51.100.7:30303 "
				 "found [2001:db8::7]:30303 ");
}

Test(stun, asks_again_after_two_minutes, .init = begin)
{
	struct mono due;
	uint8_t first[STUN_ID_LEN];

	ask(1);
	sent();
	memcpy(first, last_id[0], sizeof(first));
	cr_assert(answer(0, "198.51.100.7:30303"));
	cr_assert_str_eq(told(), "found 198.51.100.7:30303 ");
	due = stun_tick(&stun, now);
	cr_assert_eq(due.ns, mono_add_ms(now, STUN_ROUND_MS).ns);
	cr_assert_str_eq(sent(), "");
	now = due;
	stun_tick(&stun, now);
	cr_assert_str_eq(sent(), "0");
	cr_assert(memcmp(first, last_id[0], sizeof(first)), "another id");
	cr_assert(answer(0, "198.51.100.7:30303"));
	cr_assert_str_eq(told(), "", "nothing new");
	now = stun_tick(&stun, now);
	stun_tick(&stun, now);
	sent();
	cr_assert(answer(0, "198.51.100.8:30303"));
	cr_assert_str_eq(told(), "found 198.51.100.8:30303 ");
}

/* RFC 8489, section 6.2.1: at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, and
 * given up at 39500. */
Test(stun, sends_again_what_gets_lost, .init = begin)
{
	static const uint64_t at[] = { 500, 1500, 3500, 7500, 15500, 31500 };
	struct mono start = now;

	ask(1);
	cr_assert_str_eq(sent(), "0");
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		now = stun_tick(&stun, now);
		cr_assert_eq(mono_since_ms(now, start), at[i]);
		stun_tick(&stun, now);
		cr_assert_str_eq(sent(), "0");
	}
	now = stun_tick(&stun, now);
	cr_assert_eq(mono_since_ms(now, start), 39500);
	cr_assert_str_eq(told(), "");
	now = stun_tick(&stun, now);
	cr_assert_str_eq(told(), "silent ");
	cr_assert_eq(mono_since_ms(now, start), 39500 + STUN_ROUND_MS);
	for (int i = 0; i < 10; i++) {
		now = stun_tick(&stun, now);
		sent();
	}
	cr_assert_str_eq(told(), "", "told once");
}

Test(stun, waits_a_little_for_the_others, .init = begin)
{
	ask(2);
	sent();
	cr_assert(answer(1, "198.51.100.7:30303"));
	cr_assert_str_eq(told(), "");
	now = mono_add_ms(now, STUN_OTHERS_MS);
	stun_tick(&stun, now);
	cr_assert_str_eq(told(), "found 198.51.100.7:30303 ");
}

Test(stun, publishes_no_port_that_each_sees_differently, .init = begin)
{
	ask(2);
	sent();
	cr_assert(answer(0, "198.51.100.7:40001"));
	cr_assert(answer(1, "198.51.100.7:40002"));
	cr_assert_str_eq(told(), "found 198.51.100.7:0 ");
}

Test(stun, believes_nobody_else, .init = begin)
{
	struct addr other = addr_of("192.0.2.1:3479");

	ask(1);
	sent();
	servers[0] = other;
	cr_assert_not(answer(0, "66.6.6.6:1"), "from another port");
	servers[0] = addr_of("192.0.2.9:3478");
	cr_assert_not(answer(0, "66.6.6.6:1"), "from another host");
	servers[0] = addr_of("192.0.2.1:3478");
	last_id[0][11] ^= 1;
	cr_assert_not(answer(0, "66.6.6.6:1"), "to another request");
	cr_assert_eq(stun.servers[0].state, STUN_ASKING);
	cr_assert_str_eq(told(), "");
	last_id[0][11] ^= 1;
	cr_assert(answer(0, "198.51.100.7:30303"));
	cr_assert(answer(0, "66.6.6.6:1"), "ours, but the second one");
	cr_assert_str_eq(told(), "found 198.51.100.7:30303 ");
}

Test(stun, tells_nonsense_once, .init = begin)
{
	static const char *const nonsense[] = { "0.0.0.0:1",	  "224.0.0.1:1",
						"240.0.0.1:1",	  "0.1.2.3:1",
						"198.51.100.7:0", "[::]:1",
						"[ff02::1]:1" };

	ask(2);
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		cr_assert_str_eq(sent(), "01");
		cr_assert(answer(0, nonsense[i]));
		cr_assert_str_eq(told(),
				 i ? "" : "nonsense of 192.0.2.1:3478 ");
		cr_assert(answer(1, nonsense[i]));
		cr_assert_str_eq(told(), "");
		now = stun_tick(&stun, now);
		stun_tick(&stun, now);
	}
	sent();
	cr_assert(answer(0, "0.0.0.0:1"));
	cr_assert(answer(1, "198.51.100.7:30303"));
	cr_assert_str_eq(told(), "found 198.51.100.7:30303 ");
}

Test(stun, forgets_the_servers_it_had, .init = begin)
{
	ask(2);
	sent();
	stun_set_servers(&stun, servers + 1, 1, now);
	cr_assert_not(answer(0, "198.51.100.7:30303"));
	stun_tick(&stun, now);
	cr_assert_str_eq(sent(), "1");
	stun_set_servers(&stun, NULL, 0, now);
	cr_assert_eq(stun_tick(&stun, now).ns, MONO_NEVER.ns);
	cr_assert_str_eq(sent(), "");
}
