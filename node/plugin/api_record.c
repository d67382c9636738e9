/* SPDX-License-Identifier: Apache-2.0 */
/* api_record.c - the node's own record, to which plugins add, and the records
 * of others. */
#include "node/plugin/api.h"
#include "p2p/enode/local.h"

_Static_assert((int)WEFT_RECORD_MAX == (int)LOCAL_ENTRIES_MAX, "one limit");

/* --- ours -------------------------------------------------------------------
 */

const struct enr_draft *instance_entries(const struct weft_host *h)
{
	return &h->entries;
}

static bool key_ok(const char *key)
{
	return key && key[0] && strlen(key) < INSTANCE_NAME_MAX;
}

static size_t count(const struct enr_draft *d)
{
	struct rlp in = enr_draft_entries(d);
	size_t items = 0;

	for (; rlp_more(&in); items++)
		(void)rlp_raw(&in);
	return items / 2;
}

/* ERR_EXISTS: nothing is new. */
static enum err change(struct enr_draft *d, const char *key,
		       const struct span *value)
{
	enum err rc =
		value ? enr_draft_set(d, key, *value) : enr_draft_unset(d, key);

	if (!rc &&
	    (d->len > LOCAL_ENTRIES_MAX || count(d) > INSTANCE_ENTRIES_MAX))
		rc = ERR_LIMIT;
	return rc;
}

int api_record_set(struct weft_host *h, const char *key, const void *value,
		   size_t size)
{
	struct span item = span_of(value, size);
	struct enr_draft before, now;
	enum err rc;

	if (!h || !key_ok(key) || local_owns(key) || (!value && size))
		return WEFT_EINVAL;
	if (h->stop_asked)
		return WEFT_ECLOSED;
	before = now = h->entries;
	rc = change(&now, key, value ? &item : NULL);
	if (rc == ERR_EXISTS)
		return WEFT_OK;
	if (rc)
		return api_result(rc);
	h->entries = now;
	rc = h->node->entry ? h->node->entry(h->node->ctx, key) : ERR_NONE;
	if (rc)
		h->entries = before;
	return api_result(rc);
}

/* --- those of others --------------------------------------------------------
 */

static enum err find(struct enr *out, const struct weft_host *h,
		     const char *node)
{
	struct node_id id;
	enum err rc;

	if (node_id_parse(&id, node))
		return h->node->record ? h->node->record(h->node->ctx, out, &id)
				       : ERR_NOT_FOUND;
	rc = enr_parse(out, node, NULL);
	if (!rc)
		rc = enr_verify(out, NULL);
	return rc ? ERR_FORMAT : ERR_NONE;
}

int api_record_get(struct weft_host *h, const char *node, const char *key,
		   void *out, size_t room, size_t *size)
{
	struct span value;
	struct enr record;
	enum err rc = ERR_NONE;

	if (!h || !key_ok(key) || !size || (!out && room))
		return WEFT_EINVAL;
	if (node)
		rc = find(&record, h, node);
	if (rc)
		return api_result(rc);
	if (!(node ? enr_get(&record, key, &value)
		   : enr_draft_get(&h->entries, key, &value)))
		return WEFT_ENOENT;
	*size = value.len;
	if (value.len > room)
		return WEFT_ELIMIT;
	memcpy(out, value.data, value.len);
	return WEFT_OK;
}
