/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/offer.h"

#include <stdlib.h>

static bool is_same(const struct capability *a, const struct capability *b)
{
	return a->version == b->version && !strcmp(a->name, b->name);
}

const struct protocol *offer_find(const struct offer *o,
				  const struct capability *c)
{
	for (size_t i = 0; i < o->count; i++)
		if (is_same(&o->local[i], c))
			return &o->protocols[i];
	return NULL;
}

/* Better found out here than by every peer. */
static enum err try_hello(const struct offer *o, const char *name,
			  struct why *why)
{
	static const struct ecc_pub any;
	struct buf hello;
	enum err rc;

	buf_init(&hello, HELLO_MAX);
	rc = hello_make(&hello, BASE_VERSION, name, o->local, o->count, &any,
			(struct span){ 0 });
	buf_clear(&hello);
	return rc ? err_fail(why, rc,
			     "name and protocols do not fit into a Hello of "
			     "%d bytes",
			     HELLO_MAX)
		  : ERR_NONE;
}

/* Into the order of Hello, so that a match's index serves both arrays. */
static void sort(struct offer *o, const struct protocol *protocols)
{
	for (size_t i = 0; i < o->count; i++)
		o->local[i] = protocols[i].capability;
	capability_sort(o->local, o->count);
	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; j < o->count; j++)
			if (is_same(&o->local[i], &protocols[j].capability))
				o->protocols[i] = protocols[j];
}

enum err offer_new(struct offer **out, const struct protocol *protocols,
		   size_t count, const char *name, struct why *why)
{
	struct offer *o = calloc(1, sizeof(*o));
	enum err rc;

	if (!o)
		abort();
	o->refs = 1;
	o->count = count;
	o->local = calloc(count + 1, sizeof(*o->local));
	o->protocols = calloc(count + 1, sizeof(*o->protocols));
	if (!o->local || !o->protocols)
		abort();
	for (size_t i = 0; i < count; i++)
		o->local[i] = protocols[i].capability;
	rc = capability_check(o->local, count);
	if (rc) {
		err_fail(why, rc, "protocols: %s", err_name(rc));
	} else {
		sort(o, protocols);
		rc = try_hello(o, name, why);
	}
	if (rc) {
		offer_put(o);
		return rc;
	}
	*out = o;
	return ERR_NONE;
}

struct offer *offer_get(struct offer *o)
{
	o->refs++;
	return o;
}

void offer_put(struct offer *o)
{
	if (!o || --o->refs > 0)
		return;
	free(o->local);
	free(o->protocols);
	free(o);
}
