/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/replies.h"

#include <stdlib.h>

void replies_init(struct replies *r)
{
	*r = (struct replies){ 0 };
	json_split_init(&r->in, REPLIES_TEXT_MAX, REPLIES_PARTS_MAX);
}

void replies_clear(struct replies *r)
{
	json_split_clear(&r->in);
	json_decref(r->text);
	r->text = NULL;
}

enum err replies_feed(struct replies *r, const uint8_t *data, size_t len)
{
	return json_split_feed(&r->in, data, len);
}

static bool read_note(struct reply *out, const json_t *text)
{
	const json_t *params = json_object_get(text, "params");

	out->kind = REPLY_NOTE;
	out->value = json_object_get(params, "result");
	out->subscription =
		json_string_value(json_object_get(params, "subscription"));
	return out->value && out->subscription;
}

static bool read_answer(struct reply *out, const json_t *text)
{
	const json_t *error = json_object_get(text, "error");

	out->id = json_integer_value(json_object_get(text, "id"));
	out->value = json_object_get(text, "result");
	if (!error) {
		out->kind = REPLY_RESULT;
		return out->value;
	}
	out->kind = REPLY_ERROR;
	out->code = json_integer_value(json_object_get(error, "code"));
	out->message = json_string_value(json_object_get(error, "message"));
	return out->message;
}

enum err replies_next(struct replies *r, struct reply *out, struct why *why)
{
	struct span text;
	enum err rc;

	json_decref(r->text);
	r->text = NULL;
	*out = (struct reply){ 0 };
	rc = json_split_next(&r->in, &text);
	if (rc == ERR_SHORT)
		return rc;
	if (!rc)
		rc = json_from_stranger(&r->text, text, REPLIES_PARTS_MAX, why);
	else
		err_fail(why, rc, "no JSON");
	if (!rc &&
	    !(json_object_get(r->text, "method") ? read_note(out, r->text)
						 : read_answer(out, r->text)))
		rc = err_fail(why, ERR_FORMAT, "no JSON-RPC answer");
	return rc;
}

static int append_piece(const char *piece, size_t len, void *out)
{
	return buf_append(out, piece, len) ? -1 : 0;
}

enum err replies_ask(struct buf *out, json_int_t id, const char *method,
		     json_t *params)
{
	json_t *request = json_pack("{sssIsssO}", "jsonrpc", "2.0", "id", id,
				    "method", method, "params", params);
	size_t before = out->len;
	enum err rc = ERR_NONE;

	if (!request)
		abort();
	if (json_dump_callback(request, append_piece, out, JSON_COMPACT) ||
	    buf_append(out, "\n", 1)) {
		buf_truncate(out, before);
		rc = ERR_LIMIT;
	}
	json_decref(request);
	return rc;
}
