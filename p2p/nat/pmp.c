/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/pmp.h"

#include <errno.h>
#include <natpmp.h>
#include <string.h>
#include <sys/socket.h>

#include "p2p/base/reader.h"
#include "p2p/nat/lan.h"

enum {
	OP_ADDRESS = 0,
	OP_UDP = 1,
	OP_TCP = 2,
	ANSWER = 128, /* added to the operation */
	FAULT_LEN = 8,
	ADDRESS_LEN = 12,
	MAPPING_LEN = 16,
	DATAGRAM_MAX = 1100, /* "MUST NOT exceed 1100 bytes" (RFC 6887) */
	JUNK_MAX = 64,	     /* datagrams passed over at one time */
	FIRST_WAIT_MS = 250,
};

static in_addr_t address_of(const struct ip *ip)
{
	in_addr_t address;

	memcpy(&address, ip->b, 4);
	return address;
}

static struct ip ip_of(in_addr_t address)
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.b, &address, 4);
	return ip;
}

/* --- one request ---------------------------------------------------------- */

struct exchange {
	natpmp_t lib;
	const struct nat_request *request;
	int op;
	uint64_t wait_ms;  /* for an answer, before it is asked again */
	struct mono again; /* when that is */
};

static enum err open_exchange(struct exchange *x, const struct ip *gateway,
			      const struct nat_request *r, struct why *why)
{
	memset(x, 0, sizeof(*x));
	x->request = r;
	x->op = r->ask == NAT_ADDRESS	 ? OP_ADDRESS
		: r->protocol == NAT_UDP ? OP_UDP
					 : OP_TCP;
	x->wait_ms = FIRST_WAIT_MS;
	if (initnatpmp(&x->lib, 1, address_of(gateway)))
		return err_errno(why, ERR_SYSTEM, errno, "NAT-PMP");
	return ERR_NONE;
}

/* "Sends a request, waits 250 ms ... doubles it" (RFC 6886, section 3.1). That
 * one cannot be sent is as if it were lost. */
static void send_request(struct exchange *x)
{
	const struct nat_request *r = x->request;
	uint16_t external = r->ask == NAT_MAP ? r->external : 0;

	if (r->ask == NAT_ADDRESS)
		(void)sendpublicaddressrequest(&x->lib);
	else
		(void)sendnewportmappingrequest(&x->lib, x->op, r->internal,
						external, r->lifetime_s);
	x->again = mono_add_ms(mono_now(), x->wait_ms);
	x->wait_ms *= 2;
}

/* The library looks neither at an answer's length nor at what it answers. */
static bool is_answer(const struct exchange *x, struct span datagram)
{
	struct reader r = reader_of(datagram.data, datagram.len);
	uint8_t version = rd_u8(&r), op = rd_u8(&r);
	uint16_t result = rd_be16(&r), port;

	(void)rd_be32(&r); /* seconds since it was started */
	if (r.failed)
		return false;
	if (version || result)
		return datagram.len >= FAULT_LEN &&
		       (version || op == ANSWER + x->op);
	if (op != ANSWER + x->op)
		return false;
	if (x->op == OP_ADDRESS)
		return datagram.len >= ADDRESS_LEN;
	port = rd_be16(&r);
	return datagram.len >= MAPPING_LEN && port == x->request->internal;
}

/* What waits at the socket and is none goes away. ERR_NONE: the next is one.
 * ERR_SHORT: nothing waits. */
static enum err find_answer(struct exchange *x)
{
	uint8_t bytes[DATAGRAM_MAX];

	for (int i = 0; i < JUNK_MAX; i++) {
		ssize_t n = recv(x->lib.s, bytes, sizeof(bytes),
				 MSG_PEEK | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN ? ERR_SHORT : ERR_CLOSED;
		if (is_answer(x, span_of(bytes, (size_t)n)))
			return ERR_NONE;
		if (recv(x->lib.s, bytes, sizeof(bytes), MSG_DONTWAIT) < 0)
			return ERR_CLOSED;
	}
	return ERR_SHORT;
}

static enum err fault_of(int rc, struct why *why)
{
	switch (rc) {
	case NATPMP_TRYAGAIN:
		return ERR_SHORT;
	case NATPMP_ERR_NOTAUTHORIZED:
		return err_fail(why, ERR_DENIED,
				"NAT-PMP: the router does not allow it");
	case NATPMP_ERR_NETWORKFAILURE:
		return err_fail(why, ERR_DENIED,
				"NAT-PMP: the router itself has no address");
	case NATPMP_ERR_OUTOFRESOURCES:
		return err_fail(why, ERR_DENIED,
				"NAT-PMP: the router has no more room");
	case NATPMP_ERR_UNSUPPORTEDVERSION:
	case NATPMP_ERR_UNSUPPORTEDOPCODE:
	case NATPMP_ERR_UNDEFINEDERROR:
		return err_fail(why, ERR_DENIED,
				"NAT-PMP: the router does not know how");
	default:
		return err_fail(why, ERR_NOT_FOUND,
				"NAT-PMP: the router does not answer");
	}
}

/* The library reads only what is known to be an answer, since it would take
 * anything. ERR_SHORT: nothing yet, and what got lost was sent again. */
static enum err read_answer(struct exchange *x, natpmpresp_t *out,
			    struct why *why)
{
	enum err rc = find_answer(x);
	int fault;

	memset(out, 0, sizeof(*out));
	if (rc == ERR_CLOSED)
		return fault_of(NATPMP_ERR_NOGATEWAYSUPPORT, why);
	if (rc == ERR_SHORT) {
		if (!mono_before(mono_now(), x->again))
			send_request(x);
		return ERR_SHORT;
	}
	fault = readnatpmpresponseorretry(&x->lib, out);
	return fault ? fault_of(fault, why) : ERR_NONE;
}

/* --- calls ---------------------------------------------------------------- */

static void read_into(struct nat_answer *out, const struct nat_request *r,
		      const natpmpresp_t *answer, struct why *why)
{
	if (r->ask == NAT_ADDRESS) {
		out->ip = ip_of(answer->pnu.publicaddress.addr.s_addr);
		out->has_uptime = true;
		out->uptime_s = answer->epoch;
	} else if (r->ask == NAT_MAP) {
		out->external = answer->pnu.newportmapping.mappedpublicport;
		out->lifetime_s = answer->pnu.newportmapping.lifetime;
		if (!out->external || !out->lifetime_s)
			out->err = err_fail(why, ERR_FORMAT,
					    "NAT-PMP: a mapping of no port or "
					    "time");
	}
}

void pmp_ask(struct pmp *m, struct nat_answer *out,
	     const struct nat_request *request, const struct patience *patience,
	     struct why *why)
{
	struct patience p = patience_for(patience, PMP_CALL_MS);
	natpmpresp_t answer;
	struct exchange x;
	enum err rc;

	memset(out, 0, sizeof(*out));
	rc = open_exchange(&x, &m->gateway, request, why);
	if (rc) {
		out->err = rc;
		return;
	}
	send_request(&x);
	do {
		struct pollfd poll = { .fd = x.lib.s, .events = POLLIN };
		struct patience once = p;

		once.until = mono_min(p.until, x.again);
		rc = patience_poll(&once, &poll, 1);
		if (rc == ERR_TIMEOUT && !mono_before(mono_now(), p.until))
			rc = err_fail(why, ERR_TIMEOUT,
				      "NAT-PMP: the router does not answer");
		else if (!rc || rc == ERR_TIMEOUT)
			rc = read_answer(&x, &answer, why);
	} while (rc == ERR_SHORT);
	closenatpmp(&x.lib);
	out->err = rc;
	if (!rc)
		read_into(out, request, &answer, why);
}

/* --- the search ----------------------------------------------------------- */

struct search {
	size_t count;
	struct ip gateways[PMP_GATEWAYS_MAX];
	struct exchange asked[PMP_GATEWAYS_MAX];
	bool over[PMP_GATEWAYS_MAX]; /* it will not answer any more */
};

static void add_gateway(struct search *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->count; i++)
		if (ip_equal(&s->gateways[i], ip))
			return;
	if (s->count < PMP_GATEWAYS_MAX)
		s->gateways[s->count++] = *ip;
}

static void guess_gateways(struct search *s)
{
	struct lan lan;
	struct ip ip;

	lan_read(&lan);
	if (lan_gateway(&ip, &lan))
		add_gateway(s, &ip);
	for (size_t i = 0; i < lan.count; i++) {
		ip = lan_router(&lan.networks[i]);
		if (lan_of(&lan, &ip))
			add_gateway(s, &ip);
	}
}

/* The first that answers well. ERR_SHORT: none yet. */
static enum err look_at_answers(struct search *s, struct pmp *out,
				struct why *why)
{
	bool all_over = true;

	for (size_t i = 0; i < s->count; i++) {
		natpmpresp_t answer;
		enum err rc = s->over[i]
				      ? ERR_NOT_FOUND
				      : read_answer(&s->asked[i], &answer, why);

		if (!rc) {
			out->gateway = s->gateways[i];
			return ERR_NONE;
		}
		s->over[i] = rc != ERR_SHORT;
		all_over = all_over && s->over[i];
	}
	return all_over ? ERR_NOT_FOUND : ERR_SHORT;
}

static enum err await_one(struct search *s, struct pmp *out,
			  const struct patience *p, struct why *why)
{
	enum err rc;

	do {
		struct pollfd polls[PMP_GATEWAYS_MAX];
		struct patience once = *p;

		for (size_t i = 0; i < s->count; i++) {
			polls[i] = (struct pollfd){
				.fd = s->over[i] ? -1 : s->asked[i].lib.s,
				.events = POLLIN
			};
			if (!s->over[i])
				once.until =
					mono_min(once.until, s->asked[i].again);
		}
		rc = patience_poll(&once, polls, s->count);
		if (rc == ERR_TIMEOUT && !mono_before(mono_now(), p->until))
			return ERR_NOT_FOUND;
		if (!rc || rc == ERR_TIMEOUT)
			rc = look_at_answers(s, out, why);
	} while (rc == ERR_SHORT);
	return rc;
}

enum err pmp_find(struct pmp *out, const struct ip *gateway,
		  const struct patience *patience, struct why *why)
{
	static const struct nat_request address = { .ask = NAT_ADDRESS };
	struct patience p = patience_for(patience, PMP_SEARCH_MS);
	struct why inner = WHY_NONE;
	struct search s = { 0 };
	size_t opened = 0;
	enum err rc = ERR_NONE;

	if (gateway->family == IP_NONE)
		guess_gateways(&s);
	else
		add_gateway(&s, gateway);
	if (!s.count)
		return err_fail(why, ERR_NOT_FOUND,
				"NAT-PMP: no router in a private network");
	for (; opened < s.count && !rc; opened += !rc) {
		rc = open_exchange(&s.asked[opened], &s.gateways[opened],
				   &address, &inner);
		if (!rc)
			send_request(&s.asked[opened]);
	}
	if (!rc)
		rc = await_one(&s, out, &p, &inner);
	for (size_t i = 0; i < opened; i++)
		closenatpmp(&s.asked[i].lib);
	if (!rc)
		return ERR_NONE;
	return err_fail(why, rc, "%s",
			inner.text[0] ? inner.text
				      : "NAT-PMP: no router answers");
}
