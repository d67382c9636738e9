/* SPDX-License-Identifier: Apache-2.0 */
/* foobar.h - the "foobar" sub-protocol, version 1: whoever hears "foo" says
 * "bar". Pure; usable over any link that carries messages with a code.
 *
 * There is one message code, FOOBAR_CODE, and one shape of payload: the RLP
 * list of one string, ["foo"] (c483666f6f) or ["bar"]. Either side may say
 * "foo" at any time. "bar" is not answered, so two nodes never talk in a
 * circle. Other texts are left for later versions: seen, not answered. */
#ifndef PROTOCOLS_FOOBAR_FOOBAR_H
#define PROTOCOLS_FOOBAR_FOOBAR_H

#include "p2p/base/buf.h"
#include "p2p/base/span.h"

#define FOOBAR_NAME "foobar"

enum {
	FOOBAR_VERSION = 1,
	FOOBAR_CODES = 1,	/* message codes used, from 0 */
	FOOBAR_CODE = 0,	/* the one code there is */
	FOOBAR_MESSAGE_MAX = 5, /* bytes of either payload we send */
};

/* One conversation: how often each word came in and went out. Start from
 * {0}; copy freely, nothing to free. */
struct foobar {
	uint64_t foo_in, foo_out;
	uint64_t bar_in, bar_out;
};

enum foobar_event {
	FOOBAR_FOO,   /* they said "foo"; the answer is in reply */
	FOOBAR_BAR,   /* they said "bar" */
	FOOBAR_OTHER, /* some other text, ignored */
};

/* foobar_feed - one message's payload arrived.
 *
 *   reply    the payload to send back, ["bar"], is appended on FOOBAR_FOO;
 *            untouched otherwise
 *   event    set on ERR_NONE only
 *   payload  borrowed for the call
 *
 * On an error nothing was counted or appended:
 * ERR_FORMAT  not exactly a list of one string
 * ERR_LIMIT   reply has no room for FOOBAR_MESSAGE_MAX bytes */
MUST_USE enum err foobar_feed(struct foobar *f, struct buf *reply,
			      enum foobar_event *event, struct span payload);

/* foobar_foo - append the payload that says "foo" to out. ERR_LIMIT: out has
 * no room; nothing was counted or appended. */
MUST_USE enum err foobar_foo(struct foobar *f, struct buf *out);

#endif
