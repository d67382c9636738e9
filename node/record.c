/* SPDX-License-Identifier: Apache-2.0 */
#include "node/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "p2p/base/hex.h"
#include "p2p/rlp/rlp_write.h"

/* --- any form ------------------------------------------------------------- */

static enum err hex_parse(uint8_t *out, size_t room, size_t *len,
			  struct span hex, struct why *why)
{
	if (hex.len % 2)
		return err_fail(why, ERR_FORMAT,
				"%zu hex digits: they come in pairs", hex.len);
	if (hex.len / 2 > room)
		return err_fail(why, ERR_LIMIT, "over %zu bytes", room);
	for (size_t i = 0; i < hex.len; i++) {
		int value = hex_value(hex.data[i]);

		if (value < 0)
			return err_fail(why, ERR_FORMAT,
					"'%c' is not a hex digit", hex.data[i]);
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] << 4 | value : value);
	}
	*len = hex.len / 2;
	return ERR_NONE;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span trim(struct span s)
{
	while (s.len && is_blank(s.data[0]))
		s = span_of(s.data + 1, s.len - 1);
	while (s.len && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

static bool skip_prefix(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len < n || memcmp(s->data, prefix, n))
		return false;
	*s = span_of(s->data + n, s->len - n);
	return true;
}

static enum err parse_hex(struct enr *out, struct span hex, struct why *why)
{
	uint8_t record[ENR_MAX];
	enum err rc;
	size_t len;

	rc = hex_parse(record, sizeof(record), &len, hex, why);
	return rc ? rc : enr_decode(out, span_of(record, len), why);
}

static enum err parse_base64(struct enr *out, struct span text, struct why *why)
{
	char whole[RECORD_INPUT_MAX + sizeof("enr:")];

	if (memchr(text.data, 0, text.len))
		return err_fail(why, ERR_FORMAT, "a NUL byte in the text");
	snprintf(whole, sizeof(whole), "enr:%.*s", (int)text.len,
		 (const char *)text.data);
	return enr_parse(out, whole, why);
}

/* A record is an RLP list, so its first byte is C0 or more: no text begins so,
 * in hex the first digit is one of c to f, and in base64url none of these. */
enum err record_parse(struct enr *out, struct span any, struct why *why)
{
	struct span text = trim(any);

	if (any.len > RECORD_INPUT_MAX)
		return err_fail(why, ERR_LIMIT, "over %d bytes",
				RECORD_INPUT_MAX);
	if (!text.len)
		return err_fail(why, ERR_FORMAT, "empty");
	if (any.data[0] >= 0xc0)
		return enr_decode(out, any, why);
	if (skip_prefix(&text, "enr:"))
		return text.len ? parse_base64(out, text, why)
				: err_fail(why, ERR_FORMAT,
					   "nothing behind \"enr:\"");
	if (skip_prefix(&text, "0x") || hex_value(text.data[0]) >= 0xc)
		return parse_hex(out, text, why);
	return parse_base64(out, text, why);
}

/* --- values in words ------------------------------------------------------ */

/* Text that grows; RECORD_VALUE_MAX is enough for whatever fits a record, of
 * which one byte becomes six characters at most ("0x01, "). */
struct words {
	char *out;
	size_t len;
};

static void PRINTF_LIKE(2, 3) say(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->out + w->len, RECORD_VALUE_MAX - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (size_t)n;
	if (w->len >= RECORD_VALUE_MAX)
		w->len = RECORD_VALUE_MAX - 1;
}

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~' || s.data[i] == '"')
			return false;
	return s.len > 0;
}

static void say_hex(struct words *w, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		say(w, "%02x", s.data[i]);
}

static void say_bytes(struct words *w, struct span s)
{
	if (is_plain(s)) {
		say(w, "\"%.*s\"", (int)s.len, (const char *)s.data);
		return;
	}
	say(w, "0x");
	say_hex(w, s);
}

/* Any item. Lists within lists end where the cursor says so. */
static void say_item(struct words *w, struct span value)
{
	struct rlp in = rlp_of(value.data, value.len);
	unsigned depth = 0;
	bool first = true;

	while (rlp_more(&in) || depth) {
		if (!rlp_more(&in)) {
			say(w, "]");
			rlp_leave(&in);
			depth--;
			first = false;
			continue;
		}
		say(w, "%s", first ? "" : ", ");
		first = rlp_peek(&in) == RLP_LIST;
		if (first) {
			say(w, "[");
			rlp_enter(&in);
			depth++;
		} else {
			say_bytes(w, rlp_bytes(&in));
		}
		if (in.fault)
			break;
	}
	if (!in.fault)
		return;
	/* What a list holds need not be well-formed. */
	w->len = 0;
	say(w, "0x");
	say_hex(w, value);
}

static bool say_scheme(struct words *w, struct rlp *in)
{
	struct span s = rlp_bytes(in);

	say(w, "%.*s", (int)s.len, (const char *)s.data);
	return is_plain(s);
}

static bool say_ip(struct words *w, struct rlp *in, enum ip_family family)
{
	struct ip ip = { .family = family };
	char text[IP_TEXT_MAX];

	rlp_fixed(in, ip.b, family == IP_V4 ? 4 : 16);
	say(w, "%s", ip_text(text, &ip));
	return true;
}

static bool say_ip4(struct words *w, struct rlp *in)
{
	return say_ip(w, in, IP_V4);
}

static bool say_ip6(struct words *w, struct rlp *in)
{
	return say_ip(w, in, IP_V6);
}

static bool say_port(struct words *w, struct rlp *in)
{
	say(w, "%" PRIu64, rlp_uint(in, 2));
	return true;
}

static bool say_key(struct words *w, struct rlp *in)
{
	struct span key = rlp_bytes(in);
	struct ecc_pub pub;

	say_hex(w, key);
	return key.len == ECC_COMPRESSED && !ecc_pub_expand(&pub, key.data);
}

/* [[fork-hash, fork-next], ...]; "ignore extra elements". */
static bool say_eth(struct words *w, struct rlp *in)
{
	uint8_t hash[4];

	rlp_enter(in);
	rlp_enter(in);
	rlp_fixed(in, hash, sizeof(hash));
	say(w, "fork ");
	say_hex(w, span_of(hash, sizeof(hash)));
	say(w, ", next %" PRIu64, rlp_u64(in));
	rlp_leave_tail(in);
	rlp_leave_tail(in);
	return true;
}

static bool say_les(struct words *w, struct rlp *in)
{
	rlp_enter(in);
	say(w, "version %" PRIu64, rlp_u64(in));
	rlp_leave_tail(in);
	return true;
}

static bool say_snap(struct words *w, struct rlp *in)
{
	rlp_enter(in);
	rlp_leave_tail(in);
	say(w, "yes");
	return true;
}

static const struct {
	const char *key;
	bool (*say)(struct words *w, struct rlp *in);
} known[] = {
	{ "id", say_scheme },  { "secp256k1", say_key }, { "ip", say_ip4 },
	{ "ip6", say_ip6 },    { "tcp", say_port },	 { "udp", say_port },
	{ "tcp6", say_port },  { "udp6", say_port },	 { "quic", say_port },
	{ "quic6", say_port }, { "eth", say_eth },	 { "les", say_les },
	{ "snap", say_snap },
};

bool record_value(char out[RECORD_VALUE_MAX], struct span key,
		  struct span value)
{
	struct words w = { .out = out };
	bool is_known = false;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(known) && !is_known; i++) {
		struct rlp in = rlp_of(value.data, value.len);

		if (!span_equal(key, span_text(known[i].key)))
			continue;
		is_known = true;
		if (known[i].say(&w, &in) && !rlp_end(&in))
			return true;
		w.len = 0;
	}
	say_item(&w, value);
	return !is_known;
}

/* --- making --------------------------------------------------------------- */

static enum err told(enum err rc, const char *key, struct why *why)
{
	switch (rc) {
	case ERR_NONE:
	case ERR_EXISTS:
		return ERR_NONE;
	case ERR_LIMIT:
		return err_fail(why, rc, "%s: the record is over %d bytes", key,
				ENR_MAX);
	default:
		return err_fail(why, rc,
				"\"%.40s\": not a key that can be set, or not "
				"one RLP item",
				key);
	}
}

enum err record_set(struct enr_draft *draft, const char *key, const char *value,
		    struct why *why)
{
	struct span given = span_text(value);
	uint8_t bytes[ENR_MAX];
	struct rlp_writer w;
	struct buf item;
	enum err rc;
	size_t len;
	bool raw;

	raw = skip_prefix(&given, "rlp:");
	if (skip_prefix(&given, "0x") || raw) {
		rc = hex_parse(bytes, sizeof(bytes), &len, given, why);
		if (rc)
			return err_wrap(why, rc, "%.40s", key);
		given = span_of(bytes, len);
	}
	if (raw)
		return told(enr_draft_set(draft, key, given), key, why);
	buf_init(&item, ENR_MAX);
	w = rlp_writer_of(&item);
	rlp_put_bytes(&w, given.data, given.len);
	rc = rlp_writer_end(&w);
	if (!rc)
		rc = enr_draft_set(draft, key, span_of(item.data, item.len));
	buf_clear(&item);
	return told(rc, key, why);
}
