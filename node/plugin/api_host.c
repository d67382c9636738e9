/* SPDX-License-Identifier: Apache-2.0 */
/* api_host.c - what a plugin registers with its node and asks of it. */
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"
#include "node/plugin/server_wire.h"
#include "p2p/net/fiber.h"

enum {
	LOG_PAIRS_MAX = 16,
};

const char *api_error_text(int rc)
{
	switch (rc) {
	case WEFT_OK:
		return "no error";
	case WEFT_ECLOSED:
		return "closed";
	case WEFT_ETIMEDOUT:
		return "timed out";
	case WEFT_EAGAIN:
		return "over budget now";
	case WEFT_EMSG:
		return "malformed message";
	case WEFT_ELIMIT:
		return "limit exceeded";
	case WEFT_EINVAL:
		return "invalid argument or call";
	case WEFT_EEXIST:
		return "already there";
	case WEFT_ENOENT:
		return "not found";
	case WEFT_EFAIL:
		return "failed";
	}
	return "unknown error";
}

/* --- protocols ---------------------------------------------------------------
 */

static bool protocol_ok(const struct weft_protocol *p)
{
	return p->name && p->name[0] && strlen(p->name) < CAPABILITY_NAME_MAX &&
	       p->codes > 0 && !p->run == !!p->message &&
	       (p->message || !(p->opened || p->closed)) &&
	       (!p->stack_kib || (p->stack_kib >= FIBER_STACK_KIB_MIN &&
				  p->stack_kib <= FIBER_STACK_KIB_MAX));
}

static bool is_taken(const struct weft_host *h, const struct weft_protocol *p)
{
	const struct instance_protocol *own;

	/* The node first: it keeps in mind what it refused. */
	if (h->node->is_taken &&
	    h->node->is_taken(h->node->ctx, p->name, p->version))
		return true;
	LL_FOREACH (h->own, own)
		if (own->p.version == p->version &&
		    !strcmp(own->p.name, p->name))
			return true;
	return false;
}

int api_protocol_add(struct weft_host *h, const struct weft_protocol *protocol,
		     size_t size, void *state)
{
	struct weft_protocol p = { 0 };
	struct instance_protocol *own;

	if (!h || !protocol || h->stage != INSTANCE_STARTING)
		return WEFT_EINVAL;
	/* From an older header it is shorter: what is missing is zero. */
	memcpy(&p, protocol, size < sizeof(p) ? size : sizeof(p));
	if (!protocol_ok(&p))
		return WEFT_EINVAL;
	if (h->protocol_count == INSTANCE_PROTOCOLS_MAX)
		return WEFT_ELIMIT;
	if (is_taken(h, &p))
		return WEFT_EEXIST;

	own = calloc(1, sizeof(*own));
	if (!own)
		abort();
	*own = (struct instance_protocol){ .host = h, .p = p, .state = state };
	own->p.name = api_text_copy(p.name);
	LL_APPEND(h->own, own);
	server_wire_protocol(&h->protocols[h->protocol_count++], own);
	return WEFT_OK;
}

/* --- asking ------------------------------------------------------------------
 */

weft_time api_now(struct weft_host *h)
{
	return api_time(net_loop_now(h->node->loop));
}

int api_node_facts(struct weft_host *h, struct weft_node_facts *out,
		   size_t size)
{
	struct weft_node_facts facts = { 0 };

	if (!h || !out)
		return WEFT_EINVAL;
	if (h->node->facts)
		h->node->facts(h->node->ctx, &facts);
	api_copy_out(out, size, &facts, sizeof(facts));
	return WEFT_OK;
}

int api_option_text(struct weft_host *h, const char *name, char *out,
		    size_t room)
{
	const char *text;
	size_t n;

	if (!h || !name || !out || !room)
		return WEFT_EINVAL;
	if (!h->options || !options_text(h->options, name, &text))
		return WEFT_ENOENT;
	n = strlen(text);
	n = n < room ? n : room - 1;
	memcpy(out, text, n);
	out[n] = '\0';
	return WEFT_OK;
}

int api_option_int(struct weft_host *h, const char *name, int64_t *out)
{
	const char *text;

	if (!h || !name || !out)
		return WEFT_EINVAL;
	if (!h->options || !options_text(h->options, name, &text))
		return WEFT_ENOENT;
	/* A text has no number. */
	return options_number(h->options, name, out) ? WEFT_OK : WEFT_EINVAL;
}

/* --- saying ------------------------------------------------------------------
 */

void api_log(struct weft_host *h, int level, const char *message,
	     const char *const *pairs)
{
	struct log_field fields[LOG_PAIRS_MAX + 1];
	size_t n = 0;

	if (!h || !message || level < LOG_ERROR || level > LOG_DEBUG ||
	    !log_is_on(h->node->log, (enum log_level)level))
		return;
	for (; pairs && n < LOG_PAIRS_MAX && pairs[0] && pairs[1]; pairs += 2)
		fields[n++] = LOG_TEXT(pairs[0], pairs[1]);
	fields[n] = (struct log_field){ .kind = LOG_KIND_END };
	log_write(h->node->log, (enum log_level)level, h->plugin->name, message,
		  fields);
}

int api_count(struct weft_host *h, const char *metric, int64_t add)
{
	struct instance_counter *c;

	if (!h || !api_name_ok(metric))
		return WEFT_EINVAL;
	for (size_t i = 0; i < h->counter_count; i++) {
		c = &h->counters[i];
		if (strcmp(c->name, metric))
			continue;
		/* Around its end, as unsigned numbers do. */
		c->value = (int64_t)((uint64_t)c->value + (uint64_t)add);
		return WEFT_OK;
	}
	if (h->counter_count == INSTANCE_COUNTERS_MAX)
		return WEFT_ELIMIT;
	c = &h->counters[h->counter_count++];
	*c = (struct instance_counter){ .name = api_text_copy(metric),
					.value = add };
	return WEFT_OK;
}

size_t instance_counters(const struct weft_host *h,
			 const struct instance_counter **out)
{
	*out = h->counters;
	return h->counter_count;
}
