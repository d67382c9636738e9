/* SPDX-License-Identifier: Apache-2.0 */
/* v5_lab.h - one core of Discovery v5 under test, on a clock of the test's own,
 * and testers that speak to it packet by packet. */
#ifndef TEST_UNIT_DISCOVER_V5_LAB_H
#define TEST_UNIT_DISCOVER_V5_LAB_H

#include "p2p/discover/table.h"
#include "p2p/discover/v5.h"
#include "p2p/discover/v5_session.h"
#include "test/support/unit.h"
#include "test/unit/discover/identity.h"

/* What a test with a core says behind its name. */
#define LAB5 .init = lab5_open, .fini = lab5_close

struct lab5 {
	struct v5 *v5;
	struct ecc_keypair key;
	struct contact self;
	struct mono now, due;
	struct drbg rng; /* of the testers */
};

struct tester5 {
	struct ecc_keypair key;
	struct contact contact;
	struct v5_sessions sessions;	 /* with the core */
	uint8_t nonce[V5_NONCE];	 /* of what was sent last */
	uint8_t challenge[V5_CHALLENGE]; /* of our WHOAREYOU */
};

/* What a tester read. m is set for what it can decrypt. */
struct got5 {
	struct v5_packet packet;
	struct v5_message m;
	bool is_open;
	size_t len;
	uint8_t bytes[V5_PACKET_MAX], plain[V5_PACKET_MAX];
};

extern struct lab5 lab5;

/* A core at 127.0.0.1:30303 without bootnodes, its first refresh done. */
void lab5_open(void);
void lab5_close(void);

enum lab5_endpoint {
	LAB5_BARE, /* its record has none */
	LAB5_FULL,
};

/* At 20.2.1.1:3000 and [2a02::1]:3006, and dialed at 4000 and 4006. */
struct enr lab5_record_of_both(const struct ecc_keypair *key);

/* Closed by lab5_close. */
struct tester5 *tester5_at(unsigned number, const char *addr,
			   enum lab5_endpoint endpoint);

void lab5_tick(void);
void lab5_wait(uint64_t ms);
bool lab5_event(struct discover_event *out, enum discover_event_type type);
uint64_t lab5_dropped(enum v5_drop d);

void tester5_feed(struct tester5 *t, const void *data, size_t len);

/* In the session there is, or as noise. */
void tester5_send(struct tester5 *t, const struct v5_message *m);

/* The next packet to the tester; the core sends nothing to anybody else
 * meanwhile. False: none within that time. */
bool tester5_reads(struct tester5 *t, struct got5 *out, uint64_t ms);

/* Answer a WHOAREYOU. */
void tester5_shakes(struct tester5 *t, const struct got5 *whoareyou,
		    const struct v5_message *m);

/* With any bytes as the message. */
void tester5_shakes_bytes(struct tester5 *t, const struct got5 *whoareyou,
			  struct span plain);

/* Send, shake if need be, and read the result. False: nothing came. */
bool tester5_asks(struct tester5 *t, struct got5 *out,
		  const struct v5_message *m);

/* Send a WHOAREYOU for a packet. */
void tester5_challenges(struct tester5 *t, const struct got5 *to,
			uint64_t enr_seq);

/* Open the handshake that answers it. */
void tester5_takes(struct tester5 *t, struct got5 *handshake);

struct v5_message ping5(uint8_t id);
struct v5_message find5(uint8_t id, const uint16_t *distances, size_t count);
struct v5_message pong5(const struct v5_message *ping, uint64_t enr_seq);

#endif
