/* SPDX-License-Identifier: Apache-2.0 */
/* api_rlp.c - messages by format (p2p/rlp/rlp_format.h). */
#include "node/plugin/api.h"
#include "p2p/rlpx/rlpx.h"

static void log_why(const struct weft_host *h, const char *what,
		    const struct why *why)
{
	log_event(h->node->log, LOG_DEBUG, "plugin", what,
		  LOG_TEXT("plugin", h->plugin->name),
		  LOG_TEXT("why", why->text));
}

/* --- sending -----------------------------------------------------------------
 */

/* Write what was packed, if it was. Clears out. */
static int send_packed(struct weft_channel *ch, uint32_t code, struct buf *out,
		       enum err packed, const struct why *why)
{
	int rc;

	if (packed)
		log_why(ch->host, "cannot pack", why);
	rc = packed ? api_result(packed)
		    : api_write(ch, code, out->data, out->len);
	buf_clear(out);
	return rc;
}

int api_send_va(struct weft_channel *ch, uint32_t code, const char *format,
		va_list ap)
{
	struct why why = WHY_NONE;
	struct buf out;
	enum err rc;

	if (!ch || !format)
		return WEFT_EINVAL;
	buf_init(&out, RLPX_MESSAGE_MAX);
	rc = rlp_pack_va(&out, &why, format, ap);
	return send_packed(ch, code, &out, rc, &why);
}

enum err api_items_pack(struct buf *out, struct why *why, const char *format,
			const struct weft_item *items, size_t count)
{
	struct rlp_item ours[RLP_FORMAT_ITEMS_MAX];

	if (count > RLP_FORMAT_ITEMS_MAX)
		return err_fail(why, ERR_LIMIT, "over %d items",
				RLP_FORMAT_ITEMS_MAX);
	for (size_t i = 0; i < count; i++)
		ours[i] = (struct rlp_item){
			.number = items[i].number,
			.data = span_of(items[i].data, items[i].size),
		};
	return rlp_pack_items(out, why, format, ours, count);
}

int api_send_items(struct weft_channel *ch, uint32_t code, const char *format,
		   const struct weft_item *items, size_t count)
{
	struct why why = WHY_NONE;
	struct buf out;
	enum err rc;

	if (!ch || !format || (!items && count))
		return WEFT_EINVAL;
	buf_init(&out, RLPX_MESSAGE_MAX);
	rc = api_items_pack(&out, &why, format, items, count);
	return send_packed(ch, code, &out, rc, &why);
}

/* --- unpacking ---------------------------------------------------------------
 */

/* Copies of text need a message of ours to live with. */
static bool can_unpack(const struct weft_msg *msg, const char *format)
{
	return msg && format && (msg->payload || !msg->size) &&
	       (msg->held || !strchr(format, 's'));
}

static int unpacked(const struct weft_msg *msg, enum err rc,
		    const struct why *why)
{
	if (rc && msg->held)
		log_why(msg->held->host, "cannot unpack", why);
	return api_result(rc);
}

int api_unpack_va(const struct weft_msg *msg, const char *format, va_list ap)
{
	struct why why = WHY_NONE;
	enum err rc;

	if (!can_unpack(msg, format))
		return WEFT_EINVAL;
	rc = rlp_unpack_va(span_of(msg->payload, msg->size),
			   msg->held ? &msg->held->texts : NULL, &why, format,
			   ap);
	return unpacked(msg, rc, &why);
}

int api_unpack_items(const struct weft_msg *msg, const char *format,
		     struct weft_item *items, size_t room, size_t *count)
{
	struct rlp_item ours[RLP_FORMAT_ITEMS_MAX];
	struct why why = WHY_NONE;
	size_t n;
	enum err rc;

	if (!can_unpack(msg, format) || (!items && room) || !count)
		return WEFT_EINVAL;
	rc = rlp_unpack_items(
		span_of(msg->payload, msg->size),
		msg->held ? &msg->held->texts : NULL, &why, format, ours,
		room < ARRAY_LEN(ours) ? room : ARRAY_LEN(ours), &n);
	if (rc)
		return unpacked(msg, rc, &why);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct weft_item){
			.number = ours[i].number,
			.data = ours[i].data.data,
			.size = ours[i].data.len,
		};
	*count = n;
	return WEFT_OK;
}
