/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/base/attr.h"

enum {
	KIB = 1024,
	MIB = 1024 * 1024,
};

static const struct kind {
	const char *word;
	uint32_t min, max;
} kinds[SHAPE_KINDS] = {
	[SHAPE_WRITE] = { "write", 1, 16 * MIB - 1 },
	[SHAPE_TALK] = { "talk", 1, 100000 },
	[SHAPE_PING] = { "ping", 1, 1 },
	[SHAPE_CONNECT] = { "connect", 1, 256 },
	[SHAPE_IDLE] = { "idle", 1, 9000 },
	[SHAPE_IDLE_MESSAGE] = { "idle-message", 1, 9000 },
};

static const struct shape defaults[] = {
	{ SHAPE_WRITE, 64 },	   { SHAPE_WRITE, KIB },
	{ SHAPE_WRITE, 16 * KIB }, { SHAPE_WRITE, 128 * KIB },
	{ SHAPE_WRITE, MIB },	   { SHAPE_TALK, 1 },
	{ SHAPE_TALK, 64 },	   { SHAPE_PING, 1 },
	{ SHAPE_CONNECT, 1 },	   { SHAPE_CONNECT, 8 },
	{ SHAPE_IDLE, 1000 },	   { SHAPE_IDLE_MESSAGE, 1000 },
};

static enum err add(struct shapes *s, struct shape shape, struct why *why)
{
	if (s->count == SHAPES_MAX)
		return err_fail(why, ERR_LIMIT, "more than %d shapes",
				SHAPES_MAX);
	s->list[s->count++] = shape;
	return ERR_NONE;
}

enum err shapes_add_kind(struct shapes *s, enum shape_kind kind,
			 struct why *why)
{
	enum err rc = ERR_NONE;

	for (size_t i = 0; !rc && i < ARRAY_LEN(defaults); i++)
		if (defaults[i].kind == kind)
			rc = add(s, defaults[i], why);
	return rc;
}

/* "64", "16K", "1M". False: not a number, or out of 32 bits. */
static bool read_amount(uint32_t *out, const char *text)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 10)
		return false;
	n = strtoull(text, &end, 10);
	if (*end == 'K' || *end == 'M')
		n *= *end++ == 'K' ? KIB : MIB;
	*out = (uint32_t)n;
	return !*end && n <= UINT32_MAX;
}

static bool find_kind(enum shape_kind *out, const char *word, size_t len)
{
	for (enum shape_kind k = 0; k < SHAPE_KINDS; k++) {
		if (strlen(kinds[k].word) != len ||
		    memcmp(kinds[k].word, word, len) != 0)
			continue;
		*out = k;
		return true;
	}
	return false;
}

enum err shapes_add(struct shapes *s, const char *word, struct why *why)
{
	size_t len = strcspn(word, ":");
	const struct kind *k;
	struct shape shape;

	if (!find_kind(&shape.kind, word, len))
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": no such shape; there are write, "
				"talk, ping, connect, idle and idle-message",
				word);
	if (!word[len])
		return shapes_add_kind(s, shape.kind, why);
	k = &kinds[shape.kind];
	if (!read_amount(&shape.amount, word + len + 1) ||
	    shape.amount < k->min || shape.amount > k->max)
		return err_fail(why, ERR_FORMAT,
				"\"%.40s\": give a number from %" PRIu32
				" to %" PRIu32 " behind the colon",
				word, k->min, k->max);
	return add(s, shape, why);
}

const char *shape_text(char out[SHAPE_TEXT_MAX], const struct shape *shape)
{
	const char *unit = "";
	uint32_t n = shape->amount;

	if (shape->kind == SHAPE_WRITE && n % MIB == 0) {
		n /= MIB;
		unit = "M";
	} else if (shape->kind == SHAPE_WRITE && n % KIB == 0) {
		n /= KIB;
		unit = "K";
	}
	snprintf(out, SHAPE_TEXT_MAX, "%s:%" PRIu32 "%s",
		 kinds[shape->kind].word, n, unit);
	return out;
}

bool shape_is_plain(const struct shape *shape)
{
	return shape->kind == SHAPE_PING || shape->kind == SHAPE_CONNECT;
}
