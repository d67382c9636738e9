/* SPDX-License-Identifier: Apache-2.0 */
/* v4_lab.h - one core of Discovery v4 under test, on a clock of the test's own,
 * and testers that speak to it packet by packet. */
#ifndef TEST_UNIT_DISCOVER_V4_LAB_H
#define TEST_UNIT_DISCOVER_V4_LAB_H

#include "p2p/discover/table.h"
#include "p2p/discover/v4.h"
#include "test/support/unit.h"
#include "test/unit/discover/identity.h"

/* What a test with a core says behind its name. */
#define LAB .init = lab_open, .fini = lab_close

enum {
	LAB_UNIX = 1700000000,
};

struct lab {
	struct v4 *v4;
	struct ecc_keypair key;
	struct node_id id;
	struct enr record;
	struct mono now, due;
};

struct tester {
	struct ecc_keypair key;
	struct contact contact;
};

extern struct lab lab;

/* A core at 127.0.0.1:30303 without bootnodes, its first refresh done. */
void lab_open(void);

/* The same, restricted to these networks. */
void lab_open_in(const char *networks);
void lab_close(void);

uint64_t lab_unix(void);

/* With a key of its number, at "IP:PORT". */
struct tester tester_at(unsigned number, const char *addr);

/* The same at 30.0.number.1:30303, each in a network of its own. */
struct tester tester_of_network(unsigned number);

/* Sign and deliver. p->expiration is as it is; p->hash is set. */
void tester_send(const struct tester *t, struct v4_packet *p);
void tester_send_bytes(const struct tester *t, const void *data, size_t len);

/* Packets as they should be, for further changes. */
struct v4_packet ping_of(const struct tester *t);
struct v4_packet pong_to(const struct v4_packet *ping);
struct v4_packet findnode_of(unsigned target);
struct v4_packet enrrequest_of(void);
struct v4_packet neighbors_of(const struct tester *all, size_t count);

/* Wait for the next packet to the tester's address, for at most that time. The
 * core sends nothing to anybody else meanwhile. False: there was none. */
bool tester_reads(const struct tester *t, struct v4_packet *out, uint64_t ms);

/* The next packet comes after exactly that time, and is of that type. */
void tester_expects(const struct tester *t, struct v4_packet *out,
		    enum v4_type type, uint64_t ms);

/* A PING is there now; it is answered. */
void tester_expects_ping(const struct tester *t);

/* The next that is no PING; those are answered. */
enum v4_type tester_next_question(const struct tester *t, struct v4_packet *out,
				  uint64_t ms);

/* An ENRRESPONSE to that ENRREQUEST. */
void tester_sends_record(const struct tester *t,
			 const struct v4_packet *request,
			 const struct enr *record);

/* PING, PONG, PING, PONG. Nothing else comes. */
void tester_bonds(const struct tester *t);

/* Answer the next PING with a PONG that names that seq; other packets may come
 * before it. How long it took, in ms. */
uint64_t tester_answers_ping(const struct tester *t, uint64_t enr_seq,
			     uint64_t within_ms);

/* So many testers, with keys of the numbers from first, at 127.0.0.1 and ports
 * from 40000, all in the table and live. */
void lab_fill(struct tester *out, size_t count, unsigned first);

/* Drop what waits to be sent. Returns how many packets. */
size_t lab_drain(void);

/* Let time pass; packets and events wait. */
void lab_wait(uint64_t ms);
void lab_tick(void);

/* No packet to anyone for that time. */
bool lab_is_silent(uint64_t ms);

/* The next event of that type; others are dropped. */
bool lab_event(struct discover_event *out, enum discover_event_type type);

uint64_t lab_dropped(enum v4_drop d);

#endif
