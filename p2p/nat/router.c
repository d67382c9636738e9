/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/router.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p2p/nat/pmp.h"
#include "p2p/nat/upnp.h"

struct router {
	struct nat_method method;
	enum nat_kind found; /* NAT_NONE, NAT_UPNP or NAT_PMP */
	struct upnp upnp;
	struct pmp pmp;
	int stop;			/* stops what is under way */
	atomic_uint_least64_t leave_ns; /* until then; 0: we stay */
};

struct router *router_new(const struct nat_method *method)
{
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->method = *method;
	r->stop = patience_stop_open();
	if (r->stop < 0) {
		free(r);
		return NULL;
	}
	return r;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	close(r->stop);
	free(r);
}

/* --- the search ----------------------------------------------------------- */

/* NAT-PMP is sought on a thread of its own. Who finds a router stops the
 * other. */
struct race {
	struct router *router;
	struct patience patience; /* its second stop is the race's end */
	int over;
	pthread_mutex_t lock;
	enum nat_kind winner;
	struct why pmp_why;
};

static bool win(struct race *race, enum nat_kind kind)
{
	bool first;

	pthread_mutex_lock(&race->lock);
	first = race->winner == NAT_NONE;
	if (first)
		race->winner = kind;
	pthread_mutex_unlock(&race->lock);
	patience_stop(race->over);
	return first;
}

static void *run_pmp(void *arg)
{
	struct race *race = arg;
	struct pmp found;

	if (!pmp_find(&found, &race->router->method.ip, &race->patience,
		      &race->pmp_why) &&
	    win(race, NAT_PMP))
		race->router->pmp = found;
	return NULL;
}

static void run_upnp(struct race *race, struct why *why)
{
	struct upnp found;

	if (!upnp_find(&found, &race->patience, why) && win(race, NAT_UPNP))
		race->router->upnp = found;
}

/* Without a second thread one after the other is tried. */
static enum err find_any(struct router *r, const struct patience *p,
			 struct why *why)
{
	struct race race = { .router = r, .patience = *p };
	struct why upnp_why = WHY_NONE;
	pthread_t thread;
	bool threaded;

	race.over = patience_stop_open();
	race.patience.stops[1] = race.over;
	pthread_mutex_init(&race.lock, NULL);
	threaded = !pthread_create(&thread, NULL, run_pmp, &race);
	if (!threaded)
		run_pmp(&race);
	run_upnp(&race, &upnp_why);
	if (threaded)
		pthread_join(thread, NULL);
	pthread_mutex_destroy(&race.lock);
	if (race.over >= 0)
		close(race.over);
	r->found = race.winner;
	if (r->found == NAT_NONE)
		return err_fail(why, ERR_NOT_FOUND, "%s; %s", upnp_why.text,
				race.pmp_why.text);
	return ERR_NONE;
}

static enum err find(struct router *r, const struct patience *p,
		     struct why *why)
{
	enum err rc = ERR_UNSUPPORTED;

	switch (r->method.kind) {
	case NAT_ANY:
		return find_any(r, p, why);
	case NAT_UPNP:
		rc = upnp_find(&r->upnp, p, why);
		break;
	case NAT_PMP:
		rc = pmp_find(&r->pmp, &r->method.ip, p, why);
		break;
	case NAT_NONE:
	case NAT_STUN:
	case NAT_EXTIP:
		break;
	}
	if (!rc)
		r->found = r->method.kind;
	return rc;
}

/* --- requests ------------------------------------------------------------- */

/* Before we leave, the stop counts; after it, the end of the time does. */
static enum err patience_of(const struct router *r, struct patience *out,
			    enum nat_ask ask)
{
	uint64_t leave_ns = atomic_load(&r->leave_ns);

	*out = (struct patience){ .stops = { -1, -1 } };
	if (leave_ns) {
		out->until = (struct mono){ leave_ns };
		return ask == NAT_UNMAP ? ERR_NONE : ERR_NOT_FOUND;
	}
	out->until = mono_add_ms(mono_now(), ROUTER_ASK_MS);
	out->stops[0] = r->stop;
	return ERR_NONE;
}

static void ask_found(struct router *r, struct nat_answer *out,
		      const struct nat_request *request, uint64_t random,
		      const struct patience *p, struct why *why)
{
	if (r->found == NAT_UPNP)
		upnp_ask(&r->upnp, out, request, random, p, why);
	else
		pmp_ask(&r->pmp, out, request, p, why);
	if (out->err && out->err != ERR_DENIED && out->err != ERR_CLOSED)
		r->found = NAT_NONE; /* the next search may find it elsewhere */
}

void router_ask(struct router *r, struct nat_answer *out,
		const struct nat_request *request, uint64_t random,
		struct why *why)
{
	struct patience p;

	memset(out, 0, sizeof(*out));
	out->err = patience_of(r, &p, request->ask);
	if (!out->err && r->found == NAT_NONE)
		out->err = request->ask == NAT_ADDRESS
				   ? find(r, &p, why)
				   : err_fail(why, ERR_NOT_FOUND,
					      "no router is known");
	if (out->err)
		return;
	ask_found(r, out, request, random, &p, why);
}

void router_leave(struct router *r)
{
	uint64_t until = mono_add_ms(mono_now(), ROUTER_LEAVE_MS).ns;
	uint_least64_t none = 0;

	if (atomic_compare_exchange_strong(&r->leave_ns, &none, until))
		patience_stop(r->stop);
}

const char *router_text(char out[ROUTER_TEXT], const struct router *r)
{
	char ip[IP_TEXT_MAX];

	out[0] = '\0';
	if (r->found == NAT_UPNP)
		snprintf(out, ROUTER_TEXT, "%s (UPnP)",
			 ip_text(ip, &r->upnp.service.url.at.ip));
	else if (r->found == NAT_PMP)
		snprintf(out, ROUTER_TEXT, "%s (NAT-PMP)",
			 ip_text(ip, &r->pmp.gateway));
	return out;
}
