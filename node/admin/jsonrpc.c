/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/jsonrpc.h"

#include <assert.h>
#include <stdlib.h>

#include "node/json/text.h"

enum {
	/* Brackets, commas and colons around the members of an answer. */
	ENVELOPE_MAX = 256,
};

static json_t *made(json_t *value)
{
	if (!value)
		abort();
	return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, made(value)))
		abort();
}

/* --- bytes out ------------------------------------------------------------ */

static int append_piece(const char *piece, size_t len, void *out)
{
	return buf_append(out, piece, len) ? -1 : 0;
}

/* All of the value, or nothing. */
static enum err append_json(struct buf *out, const json_t *value,
			    const char *end)
{
	size_t before = out->len;

	if (!json_dump_callback(value, append_piece, out,
				JSON_COMPACT | JSON_ENSURE_ASCII |
					JSON_ENCODE_ANY) &&
	    !buf_append(out, end, strlen(end)))
		return ERR_NONE;
	buf_truncate(out, before);
	return ERR_LIMIT;
}

/* The members that every answer begins with. A NULL id is null. */
static json_t *answer_to(json_t *id)
{
	json_t *answer = made(json_object());

	put(answer, "jsonrpc", json_string("2.0"));
	put(answer, "id", id ? json_incref(id) : json_null());
	return answer;
}

static json_t *error_to(json_t *id, int code, const char *message)
{
	json_t *answer = answer_to(id);
	json_t *error = made(json_object());

	put(error, "code", json_integer(code));
	put(error, "message", json_text(span_text(message)));
	put(answer, "error", error);
	return answer;
}

void jsonrpc_refuse(struct buf *out, int code, const char *message)
{
	json_t *answer = error_to(NULL, code, message);
	enum err rc = append_json(out, answer, "\n");

	(void)rc;
	json_decref(answer);
}

enum err jsonrpc_notify(struct buf *out, const char *method, const char *id,
			json_t *result)
{
	json_t *note = made(json_object());
	json_t *params = made(json_object());
	enum err rc;

	put(params, "subscription", json_string(id));
	put(params, "result", json_incref(result));
	put(note, "jsonrpc", json_string("2.0"));
	put(note, "method", json_string(method));
	put(note, "params", params);
	rc = append_json(out, note, "\n");
	json_decref(note);
	return rc;
}

/* --- life ----------------------------------------------------------------- */

void jsonrpc_init(struct jsonrpc *r, size_t text_max, size_t answer_max)
{
	*r = (struct jsonrpc){ .answer_max = answer_max };
	json_split_init(&r->in, text_max, JSON_PARTS_DEFAULT);
	buf_init(&r->answers, answer_max);
}

void jsonrpc_clear(struct jsonrpc *r)
{
	json_split_clear(&r->in);
	buf_clear(&r->answers);
	json_decref(r->text);
	r->text = NULL;
}

enum err jsonrpc_feed(struct jsonrpc *r, const uint8_t *data, size_t len)
{
	return json_split_feed(&r->in, data, len);
}

void jsonrpc_end(struct jsonrpc *r)
{
	json_split_end(&r->in);
}

bool jsonrpc_is_amid(const struct jsonrpc *r)
{
	return !r->text && json_split_is_amid(&r->in);
}

bool jsonrpc_is_gathering(const struct jsonrpc *r)
{
	return r->text && r->is_batch;
}

size_t jsonrpc_unread(const struct jsonrpc *r)
{
	return json_split_unread(&r->in);
}

/* Nothing more is made of the stream. */
static enum err die(struct jsonrpc *r, enum err rc)
{
	r->dead = rc;
	json_split_stop(&r->in);
	return rc;
}

/* --- answers -------------------------------------------------------------- */

/* Append to the answers of this text: all of it, or nothing. */
static enum err gather(struct jsonrpc *r, const json_t *answer, size_t limit)
{
	size_t before = r->answers.len;
	const char *begin = before ? "," : "[";

	r->answers.limit = limit;
	if ((!r->is_batch || !buf_append(&r->answers, begin, 1)) &&
	    !append_json(&r->answers, answer, ""))
		return ERR_NONE;
	buf_truncate(&r->answers, before);
	return ERR_LIMIT;
}

/* Errors have room beyond answer_max. What varies in them comes from the text
 * itself, an id and a method's name, and escaping makes six bytes of one. */
static enum err gather_error(struct jsonrpc *r, json_t *id, int code,
			     const char *message)
{
	size_t limit = r->answer_max + 6 * r->in.text_max +
		       (size_t)JSONRPC_BATCH_MAX * ENVELOPE_MAX;
	json_t *answer = error_to(id, code, message);
	enum err rc = gather(r, answer, limit);

	json_decref(answer);
	return rc;
}

static enum err too_large(struct jsonrpc *r, json_t *id)
{
	r->overflowed = true;
	return gather_error(r, id, JSONRPC_TOO_LARGE, "response too large");
}

/* The text is done with, and its answers leave together, if there are any:
 * a batch of notifications has none, not even an empty list (JSON-RPC 2.0,
 * section 6). */
static enum err finish_text(struct jsonrpc *r, struct buf *out)
{
	const char *end = r->is_batch ? "]\n" : "\n";
	enum err rc = ERR_NONE;

	if (r->answers.len)
		rc = buf_append(out, r->answers.data, r->answers.len);
	if (r->answers.len && !rc)
		rc = buf_append(out, end, strlen(end));
	buf_clear(&r->answers);
	json_decref(r->text);
	r->text = NULL;
	return rc ? die(r, rc) : ERR_NONE;
}

static bool is_last(const struct jsonrpc *r)
{
	return !r->is_batch || r->at == json_array_size(r->text);
}

enum err jsonrpc_result(struct jsonrpc *r, json_t *result, struct buf *out)
{
	json_t *answer = answer_to(r->id);
	enum err rc = ERR_NONE;

	assert(r->called);
	put(answer, "result", result);
	if (r->id && gather(r, answer, r->answer_max))
		rc = too_large(r, r->id);
	json_decref(answer);
	r->called = false;
	if (!rc && is_last(r))
		rc = finish_text(r, out);
	return rc;
}

enum err jsonrpc_error(struct jsonrpc *r, int code, const char *message,
		       struct buf *out)
{
	enum err rc = ERR_NONE;

	assert(r->called);
	if (r->id)
		rc = gather_error(r, r->id, code, message);
	r->called = false;
	if (!rc && is_last(r))
		rc = finish_text(r, out);
	return rc;
}

/* --- calls ---------------------------------------------------------------- */

/* The stream cannot be followed any further. */
static enum err give_up(struct jsonrpc *r, enum err rc, int code,
			const char *message, struct buf *out)
{
	jsonrpc_refuse(out, code, message);
	return die(r, rc);
}

/* The next text, parsed, into r->text. */
static enum err load(struct jsonrpc *r, struct buf *out)
{
	struct why why = WHY_NONE;
	struct span text;
	enum err rc;

	rc = json_split_next(&r->in, &text);
	if (rc == ERR_SHORT || rc == ERR_CLOSED)
		return rc;
	if (json_split_is_too_long(&r->in)) {
		err_fail(&why, rc, "request larger than %zu bytes",
			 r->in.text_max);
		return give_up(r, rc, JSONRPC_REQUEST, why.text, out);
	}
	if (rc == ERR_LIMIT)
		return give_up(r, rc, JSONRPC_PARSE,
			       "request nested too deep, or of too many values",
			       out);
	if (rc)
		return give_up(r, rc, JSONRPC_PARSE,
			       "invalid JSON: brackets do not match", out);
	rc = json_from_stranger(&r->text, text, JSON_PARTS_DEFAULT, &why);
	if (rc)
		return give_up(r, rc, JSONRPC_PARSE, why.text, out);
	r->is_batch = json_is_array(r->text);
	r->at = 0;
	r->overflowed = false;
	return ERR_NONE;
}

/* The id to answer to; NULL when there is none, or none that may be. */
static json_t *id_of(const json_t *request)
{
	json_t *id = json_object_get(request, "id");

	return json_is_string(id) || json_is_number(id) || json_is_null(id)
		       ? id
		       : NULL;
}

/* Is it a call, or a notification? If not, why says. */
static bool is_request(const json_t *request, struct why *why)
{
	const char *version =
		json_string_value(json_object_get(request, "jsonrpc"));
	const json_t *method = json_object_get(request, "method");
	bool has_id = json_object_get(request, "id") != NULL;

	err_fail(why, ERR_FORMAT, "invalid request");
	if (!version || strcmp(version, "2.0") != 0 ||
	    !json_string_length(method) || (has_id && !id_of(request)))
		return false;
	if (json_string_length(method) <= JSONRPC_METHOD_MAX)
		return true;
	err_fail(why, ERR_LIMIT, "method name too long: %zu > %d",
		 json_string_length(method), JSONRPC_METHOD_MAX);
	return false;
}

/* Hand out the request; ERR_BUSY when it was answered here instead. */
static enum err take(struct jsonrpc *r, const json_t *request,
		     struct jsonrpc_call *call)
{
	json_t *params = json_object_get(request, "params");
	struct why why = WHY_NONE;
	enum err rc = ERR_NONE;

	r->id = id_of(request);
	if (!is_request(request, &why)) {
		rc = gather_error(r, r->id, JSONRPC_REQUEST, why.text);
		return rc ? rc : ERR_BUSY;
	}
	if (r->overflowed) {
		if (r->id)
			rc = too_large(r, r->id);
		return rc ? rc : ERR_BUSY;
	}
	call->method = json_string_value(json_object_get(request, "method"));
	call->params = json_is_null(params) ? NULL : params;
	r->called = true;
	return ERR_NONE;
}

/* A batch that is refused as a whole, with the first id there is in it: "the
 * best we can do", says go-ethereum of this, too. */
static enum err check_batch(struct jsonrpc *r, struct buf *out)
{
	json_t *id = NULL;
	enum err rc;

	if (json_array_size(r->text) == 0) {
		r->is_batch = false;
		rc = gather_error(r, NULL, JSONRPC_REQUEST, "empty batch");
	} else if (json_array_size(r->text) > JSONRPC_BATCH_MAX) {
		for (size_t i = 0; !id && i < json_array_size(r->text); i++)
			id = id_of(json_array_get(r->text, i));
		rc = gather_error(r, id, JSONRPC_REQUEST, "batch too large");
	} else {
		return ERR_NONE;
	}
	if (!rc)
		rc = finish_text(r, out);
	return rc ? rc : ERR_BUSY;
}

enum err jsonrpc_next(struct jsonrpc *r, struct jsonrpc_call *call,
		      struct buf *out)
{
	enum err rc = ERR_NONE;

	assert(!r->called);
	if (r->dead)
		return r->dead;
	if (!r->text) {
		rc = load(r, out);
		if (!rc && r->is_batch)
			rc = check_batch(r, out);
		if (rc)
			return rc;
	}
	if (!r->is_batch)
		rc = take(r, r->text, call);
	else
		do
			rc = take(r, json_array_get(r->text, r->at++), call);
		while (rc == ERR_BUSY && !is_last(r));
	if (rc == ERR_BUSY) {
		rc = finish_text(r, out);
		return rc ? rc : ERR_BUSY;
	}
	return rc ? die(r, rc) : ERR_NONE;
}
