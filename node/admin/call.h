/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one call of an admin method, which whoever got it answers exactly
 * once: from inside of the function that was called, or any time later on the
 * loop's thread. Until then it stays good, also when the client who asked, or
 * the admin interface as a whole, is gone: then the answer goes nowhere. */
#ifndef NODE_ADMIN_CALL_H
#define NODE_ADMIN_CALL_H

#include <jansson.h>

#include "node/admin/jsonrpc.h"

struct admin_call;

/* admin_call_result - takes the result. */
void admin_call_result(struct admin_call *call, json_t *result);

/* admin_call_text - the result as JSON text, as plugins write it. What is not
 * JSON becomes an error that says so. */
void admin_call_text(struct admin_call *call, const char *json);

/* admin_call_error - `code` is an enum jsonrpc_code: JSONRPC_FAILED unless
 * there is a better one. */
void admin_call_error(struct admin_call *call, enum jsonrpc_code code,
		      const char *fmt, ...) PRINTF_LIKE(3, 4);

/* --- for whoever makes calls ---------------------------------------------- */

/* Who gets the answer; one of both is called, once. */
struct admin_call_events {
	void (*result)(void *ctx, json_t *result); /* takes it */
	void (*error)(void *ctx, enum jsonrpc_code code, const char *message);
};

/* admin_call_new - freed by its answer. `events` must live as long. */
struct admin_call *admin_call_new(const struct admin_call_events *events,
				  void *ctx);

/* admin_call_abandon - nobody waits for the answer any more. */
void admin_call_abandon(struct admin_call *call);

#endif
