/* SPDX-License-Identifier: Apache-2.0 */
/* api_list.c - RLP apart from messages: packed into the plugin's own bytes, and
 * lists whose length no format knows. */
#include "node/plugin/api.h"
#include "p2p/rlpx/rlpx.h"

/* --- packing -----------------------------------------------------------------
 */

/* Hand over what was packed, if it was and there is room. Clears packed. */
static int hand_over(void *out, size_t room, size_t *size, struct buf *packed,
		     enum err rc)
{
	if (!rc)
		*size = packed->len;
	if (!rc && packed->len > room)
		rc = ERR_LIMIT;
	if (!rc && packed->len)
		memcpy(out, packed->data, packed->len);
	buf_clear(packed);
	return api_result(rc);
}

int api_pack_va(void *out, size_t room, size_t *size, const char *format,
		va_list ap)
{
	struct buf packed;
	enum err rc;

	if ((!out && room) || !size || !format)
		return WEFT_EINVAL;
	buf_init(&packed, RLPX_MESSAGE_MAX);
	rc = rlp_pack_va(&packed, NULL, format, ap);
	return hand_over(out, room, size, &packed, rc);
}

int api_pack_items(void *out, size_t room, size_t *size, const char *format,
		   const struct weft_item *items, size_t count)
{
	struct buf packed;
	enum err rc;

	if ((!out && room) || !size || !format || (!items && count))
		return WEFT_EINVAL;
	buf_init(&packed, RLPX_MESSAGE_MAX);
	rc = api_items_pack(&packed, NULL, format, items, count);
	return hand_over(out, room, size, &packed, rc);
}

/* --- lists -------------------------------------------------------------------
 */

int api_list_enter(struct weft_msg *msg)
{
	struct span items;
	struct rlp r;

	if (!msg || (!msg->payload && msg->size))
		return WEFT_EINVAL;
	r = rlp_of(msg->payload, msg->size);
	rlp_enter(&r);
	items = rlp_tail(&r);
	if (rlp_end(&r))
		return WEFT_EMSG;
	msg->payload = items.data;
	msg->size = items.len;
	return WEFT_OK;
}

int api_list_next(struct weft_msg *rest, struct weft_msg *item, size_t size)
{
	struct span raw;
	struct rlp r;

	if (!rest || !item || (!rest->payload && rest->size))
		return WEFT_EINVAL;
	if (!rest->size)
		return WEFT_ENOENT;
	r = rlp_of(rest->payload, rest->size);
	raw = rlp_raw(&r);
	if (r.fault)
		return WEFT_EMSG;
	memcpy(item, rest, size); /* both are as long as the plugin's are */
	item->payload = raw.data;
	item->size = raw.len;
	rest->payload += raw.len;
	rest->size -= raw.len;
	return WEFT_OK;
}
