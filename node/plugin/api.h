/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - the calls of the plugin interface, by topic; api.c puts them into the
 * table. What each does is in weft/plugin.h. Internal to node/plugin. */
#ifndef NODE_PLUGIN_API_H
#define NODE_PLUGIN_API_H

#include "node/plugin/inside.h"

/* --- what they share: api.c ------------------------------------------------
 */

/* api_result - the WEFT_E number for an error of ours. */
int api_result(enum err e);

/* api_may_wait - 0 when the caller may suspend; else what the call, whose name
 * this is, returns: WEFT_EINVAL outside of a fiber or inside of a callback that
 * must not wait, WEFT_ECLOSED in a fiber whose owner is closed. */
int api_may_wait(const struct weft_host *h, const char *call);

/* api_closed - the handle of this call is dead: WEFT_ECLOSED, counted. */
int api_closed(const char *call);

/* api_deadline - weft_time to ours. */
struct mono api_deadline(weft_time t);
weft_time api_time(struct mono t);

/* api_copy_out - a struct we filled to one the plugin knows the size of. */
void api_copy_out(void *out, size_t size, const void *ours, size_t our_size);

/* api_peer_facts_of - ours as plugins see them. */
void api_peer_facts_of(struct weft_peer_facts *out, const struct peer_facts *f);

/* api_name_ok - [a-z0-9_]+, at most INSTANCE_NAME_MAX - 1 bytes. */
bool api_name_ok(const char *name);

/* api_text_copy - a string of our own. */
char *api_text_copy(const char *text);

/* --- api_host.c ------------------------------------------------------------
 */

const char *api_error_text(int rc);
int api_protocol_add(struct weft_host *h, const struct weft_protocol *protocol,
		     size_t size, void *state);
weft_time api_now(struct weft_host *h);
int api_node_facts(struct weft_host *h, struct weft_node_facts *out,
		   size_t size);
int api_option_text(struct weft_host *h, const char *name, char *out,
		    size_t room);
int api_option_int(struct weft_host *h, const char *name, int64_t *out);
void api_log(struct weft_host *h, int level, const char *message,
	     const char *const *pairs);
int api_count(struct weft_host *h, const char *metric, int64_t add);

/* --- api_channel.c ---------------------------------------------------------
 */

int api_read(struct weft_channel *ch, struct weft_msg *msg, size_t size,
	     weft_time deadline);
int api_write(struct weft_channel *ch, uint32_t code, const void *payload,
	      size_t size);
int api_try_write(struct weft_channel *ch, uint32_t code, const void *payload,
		  size_t size);
int api_post_msg(struct weft_channel *ch, struct weft_shared *m);
int api_channel_facts(struct weft_channel *ch, struct weft_peer_facts *out,
		      size_t size);
int api_peer_facts(struct weft_peer *peer, struct weft_peer_facts *out,
		   size_t size);
int api_disconnect(struct weft_channel *ch, uint32_t reason);
struct weft_channel *api_channel_ref(struct weft_channel *ch);
void api_channel_unref(struct weft_channel *ch);
int api_channel_each(struct weft_host *h, const char *protocol,
		     int (*visit)(struct weft_channel *ch, void *user,
				  void *arg),
		     void *arg);
int api_is_open(struct weft_channel *ch);

/* --- api_message.c ---------------------------------------------------------
 */

int api_msg_keep(struct weft_channel *ch, const struct weft_msg *msg,
		 struct weft_shared **out);
struct weft_shared *api_msg_new(struct weft_host *h, uint32_t code,
				const void *payload, size_t size);
int api_msg_view(struct weft_shared *m, struct weft_msg *out, size_t size);
void api_msg_free(struct weft_shared *m);

/* --- api_fiber.c, api_event.c, api_timer.c ---------------------------------
 */

int api_go(struct weft_host *h, int (*fn)(void *arg), void *arg);
int api_channel_go(struct weft_channel *ch, int (*fn)(void *arg), void *arg);
int api_sleep_until(struct weft_host *h, weft_time at);
int api_work(struct weft_host *h, void (*fn)(void *arg), void *arg);
int api_post(struct weft_host *h, void (*fn)(void *arg), void *arg);
struct weft_event *api_event_new(struct weft_host *h);
int api_event_wait(struct weft_event *e, weft_time deadline);
void api_event_wake(struct weft_event *e);
void api_event_free(struct weft_event *e);
struct weft_timer *api_timer(struct weft_host *h, weft_time first,
			     weft_time every, void (*fn)(void *arg), void *arg);
void api_timer_free(struct weft_timer *t);

/* --- service.c --------------------------------------------------------------
 */

int api_service_add(struct weft_host *h, const struct weft_service *service,
		    size_t size, void *state);
int api_service_get(struct weft_host *h, const char *name, uint32_t version,
		    struct weft_service_use **out);
int api_service_call(struct weft_service_use *use, uint32_t number,
		     const void *request, size_t size, weft_time deadline,
		     struct weft_shared **reply);
void api_service_put(struct weft_service_use *use);

/* --- talk.c ----------------------------------------------------------------
 */

int api_talk_add(struct weft_host *h, const struct weft_talk_protocol *protocol,
		 size_t size, void *state);
int api_talk(struct weft_host *h, const char *node, const char *protocol,
	     const void *request, size_t size, struct weft_shared **reply);

/* --- api_candidate.c -------------------------------------------------------
 */

int api_candidate(struct weft_host *h, const char *node);

/* --- api_record.c ----------------------------------------------------------
 */

int api_record_set(struct weft_host *h, const char *key, const void *value,
		   size_t size);
int api_record_get(struct weft_host *h, const char *node, const char *key,
		   void *out, size_t room, size_t *size);

/* --- rpc.c, api_text.c, api_rlp.c ------------------------------------------
 */

int api_rpc_add(struct weft_host *h, const char *method,
		int (*fn)(void *state, const char *params, size_t size,
			  struct weft_text *result),
		void *state);
int api_text_add(struct weft_text *text, const char *bytes, size_t size);
int api_send_va(struct weft_channel *ch, uint32_t code, const char *format,
		va_list ap);
/* api_items_pack - append what these are by the format. ERR_LIMIT: more than
 * RLP_FORMAT_ITEMS_MAX, or out is full. Others are rlp_pack_items's. */
enum err api_items_pack(struct buf *out, struct why *why, const char *format,
			const struct weft_item *items, size_t count);
int api_send_items(struct weft_channel *ch, uint32_t code, const char *format,
		   const struct weft_item *items, size_t count);
int api_unpack_va(const struct weft_msg *msg, const char *format, va_list ap);
int api_unpack_items(const struct weft_msg *msg, const char *format,
		     struct weft_item *items, size_t room, size_t *count);

/* --- api_list.c ------------------------------------------------------------
 */

int api_pack_va(void *out, size_t room, size_t *size, const char *format,
		va_list ap);
int api_pack_items(void *out, size_t room, size_t *size, const char *format,
		   const struct weft_item *items, size_t count);
int api_list_enter(struct weft_msg *msg);
int api_list_next(struct weft_msg *rest, struct weft_msg *item, size_t size);

#endif
