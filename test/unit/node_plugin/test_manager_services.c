/* SPDX-License-Identifier: Apache-2.0 */
/* Services between real shared objects: geo answers, weather asks. */
#include <string.h>

#include "test/unit/node_plugin/house.h"

static void house_of_two(struct house *h, const char *options)
{
	house_open(h);
	modules_copy(&h->modules, "geo", "geo");
	modules_copy(&h->modules, "weather", "weather");
	cr_assert_eq(house_load(h, "geo", ""), ERR_NONE, "%s", h->why.text);
	cr_assert_eq(house_load(h, "weather", options), ERR_NONE, "%s",
		     h->why.text);
}

/* --- asking ------------------------------------------------------------------
 */

struct found {
	const char *method;
	struct weft_host *host;
	const struct instance_rpc *rpc;
};

static bool look(void *ctx, const struct manager_plugin *p)
{
	struct found *f = ctx;
	const struct instance_rpc *rpcs;
	size_t count = instance_rpcs(p->host, &rpcs);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rpcs[i].method, f->method))
			continue;
		f->host = p->host;
		f->rpc = &rpcs[i];
	}
	return true;
}

struct answer {
	bool came;
	int rc;
	char json[64];
};

static void on_answer(void *ctx, int rc, const char *json)
{
	struct answer *a = ctx;

	a->came = true;
	a->rc = rc;
	snprintf(a->json, sizeof(a->json), "%s", json ? json : "");
}

static bool has_come(void *ctx)
{
	return ((struct answer *)ctx)->came;
}

static void ask(struct house *h, const char *method, struct answer *a)
{
	struct found f = { .method = method };

	manager_each(h->manager, look, &f);
	cr_assert_not_null(f.rpc);
	*a = (struct answer){ 0 };
	instance_rpc_call(f.host, f.rpc, "[]", on_answer, a);
}

static void expect_height(struct house *h)
{
	struct answer a;

	ask(h, "weather_report", &a);
	rig_until(&h->rig, has_come, &a);
	cr_assert_eq(a.rc, WEFT_OK);
	cr_assert_str_eq(a.json, "3656");
}

Test(manager_services, one_plugin_asks_another)
{
	struct house h;

	house_of_two(&h, "");
	expect_height(&h);
	house_close(&h);
	cr_assert_eq(h.rig.warnings, (size_t)0, "%s", h.rig.warning);
}

Test(manager_services, the_one_that_answers_stays_while_it_is_used)
{
	struct house h;

	house_of_two(&h, "");
	cr_assert_eq(house_unload(&h, "geo"), ERR_BUSY);
	cr_assert_str_eq(h.why.text, "plugin geo cannot be unloaded: its "
				     "service geo/1 is used by weather");
	modules_copy(&h.modules, "geo_again", "geo");
	cr_assert_eq(house_reload(&h, "geo"), ERR_BUSY);
	cr_assert_str_eq(h.why.text, "plugin geo cannot be reloaded: its "
				     "service geo/1 is used by weather");
	house_lists(&h, "geo/1.0.0 running, weather/1.0.0 running");
	expect_height(&h);
	/* Who asks may come and go. */
	cr_assert_eq(house_reload(&h, "weather"), ERR_NONE, "%s", h.why.text);
	expect_height(&h);
	cr_assert_eq(house_unload(&h, "weather"), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(house_reload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	rig_until(&h.rig, house_has_one, &h);
	house_lists(&h, "geo/1.1.0 running");
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(h.rig.warnings, (size_t)0, "%s", h.rig.warning);
	house_close(&h);
}

/* Between the question and its execution somebody came. */
Test(manager_services, an_unload_or_reload_fails_for_a_late_user)
{
	struct house h;
	struct wanted w;

	house_open(&h);
	modules_copy(&h.modules, "geo", "geo");
	modules_copy(&h.modules, "weather", "weather");
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE);
	wanted_init(&w, "weather", "test");
	cr_assert_eq(manager_load(h.manager, &w, NULL, NULL, NULL), ERR_NONE);
	cr_assert_eq(house_reload(&h, "geo"), ERR_BUSY, "%s", h.why.text);
	cr_assert(strstr(h.why.text, "cannot be reloaded"), "%s", h.why.text);
	cr_assert(!strncmp(h.listed, "geo/1.0.0 running, weather/1.0.0 running",
			   40),
		  "%s", h.listed);
	expect_height(&h);
	cr_assert_eq(house_unload(&h, "weather"), ERR_NONE);
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	wanted_clear(&w);
	house_close(&h);
}

Test(manager_services, what_is_not_there_is_named)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "geo", "geo");
	modules_copy(&h.modules, "weather", "weather");
	cr_assert_eq(house_load(&h, "weather", ""), ERR_DENIED);
	cr_assert_str_eq(h.why.text,
			 "plugin weather: start failed: service geo/1 is "
			 "offered by no plugin of this node");
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "weather", "geo=2"), ERR_DENIED);
	cr_assert(strstr(h.why.text, "service geo/2 is offered by no"), "%s",
		  h.why.text);
	/* Its failed start has left no hold. */
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	house_close(&h);
}

Test(manager_services, the_same_from_two_plugins_is_refused)
{
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "geo", "geo");
	modules_copy(&h.modules, "atlas", "atlas");
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "atlas", ""), ERR_DENIED);
	cr_assert_str_eq(h.why.text, "plugin atlas: start failed: service "
				     "geo/1 is offered by geo already");
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE);
	cr_assert_eq(house_load(&h, "atlas", ""), ERR_NONE, "%s", h.why.text);
	house_close(&h);
}

Test(manager_services, belong_to_one_node)
{
	struct manager_config config;
	struct manager *first;
	struct house h;

	house_open(&h);
	modules_copy(&h.modules, "geo", "geo");
	modules_copy(&h.modules, "weather", "weather");
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE);
	first = h.manager;
	config = (struct manager_config){ .loader = h.modules.loader,
					  .node = &h.rig.node };
	h.manager = manager_open(&config);
	cr_assert_eq(house_load(&h, "weather", ""), ERR_DENIED);
	/* Nor is what another node has in the way. */
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(house_load(&h, "weather", ""), ERR_NONE);
	expect_height(&h);
	manager_close(first, house_closed, &h);
	rig_until(&h.rig, house_is_closed, &h);
	h.is_closed = false;
	expect_height(&h);
	house_close(&h);
}

Test(manager_services, what_was_forgotten_is_given_back_and_told)
{
	struct house h;

	house_of_two(&h, "forgets=true");
	cr_assert_eq(house_unload(&h, "weather"), ERR_NONE);
	cr_assert_eq(h.rig.warnings, (size_t)1);
	cr_assert_str_eq(h.rig.warning, "service was not given back "
					"plugin=weather service=geo/1");
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	house_close(&h);
}

Test(manager_services, calls_end_when_either_side_does)
{
	struct answer a;
	struct house h;

	house_of_two(&h, "");
	ask(&h, "weather_wait", &a);
	cr_assert_eq(house_unload(&h, "weather"), ERR_NONE, "%s", h.why.text);
	cr_assert(a.came);
	cr_assert_eq(a.rc, WEFT_ECLOSED);
	/* Its call in geo has ended with it. */
	cr_assert_eq(house_unload(&h, "geo"), ERR_NONE, "%s", h.why.text);
	cr_assert_eq(house_load(&h, "geo", ""), ERR_NONE);
	cr_assert_eq(house_load(&h, "weather", ""), ERR_NONE);
	ask(&h, "weather_wait", &a);
	house_close(&h);
	cr_assert(a.came);
	cr_assert_eq(a.rc, WEFT_ECLOSED);
}
