/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/house.h"

#include <stdlib.h>
#include <string.h>

static void tell(struct house *h, char sign, const struct capability *list,
		 size_t count)
{
	for (size_t i = 0; i < count; i++)
		snprintf(h->changes + strlen(h->changes), 32, "%s%c%s/%u",
			 h->changes[0] ? " " : "", sign, list[i].name,
			 (unsigned)list[i].version);
}

static enum err changed(void *ctx, const struct manager_change *change,
			struct why *why)
{
	struct house *h = ctx;

	if (h->refuses && change->gained_count)
		return err_fail(why, ERR_LIMIT, "too much for a Hello");
	tell(h, '+', change->gained, change->gained_count);
	tell(h, '-', change->lost, change->lost_count);
	if (!change->gained_count && !change->lost_count)
		strcat(h->changes, h->changes[0] ? " =" : "=");
	free(manager_protocols_new(h->manager, &h->offered));
	manager_entries(h->manager, &h->entries);
	return ERR_NONE;
}

static void ending(void *ctx, const char *name)
{
	struct house *h = ctx;

	snprintf(h->ending + strlen(h->ending), 65, "%s%s",
		 h->ending[0] ? " " : "", name);
}

/* "good/1.0.0 running, good/1.1.0 starting" */
bool house_list_one(void *ctx, const struct manager_plugin *p)
{
	char *out = ctx;

	snprintf(out + strlen(out), 64, "%s%s/%s %s", out[0] ? ", " : "",
		 p->plugin->name, p->plugin->version,
		 manager_stage_name(p->stage));
	return true;
}

void house_done(void *ctx, enum err rc, const struct why *why)
{
	struct house *h = ctx;

	cr_assert_not(h->done);
	h->done = true;
	h->rc = rc;
	h->why = *why;
	h->listed[0] = '\0';
	manager_each(h->manager, house_list_one, h->listed);
}

bool house_is_done(void *ctx)
{
	return ((struct house *)ctx)->done;
}

void house_closed(void *ctx)
{
	((struct house *)ctx)->is_closed = true;
}

bool house_is_closed(void *ctx)
{
	return ((struct house *)ctx)->is_closed;
}

void house_open_limited(struct house *h, const struct task_limits *limits,
			uint64_t end_ms)
{
	struct manager_config config = {
		.node = &h->rig.node,
		.grace_ms = 1,
		.end_ms = end_ms,
		.changed = changed,
		.ending = ending,
		.ctx = h,
	};

	memset(h, 0, sizeof(*h));
	rig_open(&h->rig, limits);
	modules_open(&h->modules);
	config.loader = h->modules.loader;
	h->manager = manager_open(&config);
}

void house_open(struct house *h)
{
	house_open_limited(h, NULL, 0);
}

void house_close(struct house *h)
{
	manager_close(h->manager, house_closed, h);
	cr_assert_not(h->is_closed);
	rig_until(&h->rig, house_is_closed, h);
	rig_close(&h->rig);
	modules_close(&h->modules);
}

/* Load it, and what the call itself or its end says. */
enum err house_load(struct house *h, const char *what, const char *options)
{
	struct wanted w;
	enum err rc;

	wanted_init(&w, what, "test");
	cr_assert_eq(wanted_set_list(&w, options, "--plugin", 1, NULL),
		     ERR_NONE);
	h->done = false;
	h->why = (struct why)WHY_NONE;
	rc = manager_load(h->manager, &w, house_done, h, &h->why);
	cr_assert_not(h->done);
	wanted_clear(&w);
	if (rc)
		return rc;
	rig_until(&h->rig, house_is_done, h);
	return h->rc;
}

enum err house_unload(struct house *h, const char *name)
{
	enum err rc;

	h->done = false;
	h->why = (struct why)WHY_NONE;
	rc = manager_unload(h->manager, name, house_done, h, &h->why);
	cr_assert_not(h->done);
	if (rc)
		return rc;
	rig_until(&h->rig, house_is_done, h);
	return h->rc;
}

enum err house_reload(struct house *h, const char *name)
{
	enum err rc;

	h->done = false;
	h->why = (struct why)WHY_NONE;
	rc = manager_reload(h->manager, name, house_done, h, &h->why);
	cr_assert_not(h->done);
	if (rc)
		return rc;
	rig_until(&h->rig, house_is_done, h);
	return h->rc;
}

void house_lists(const struct house *h, const char *expected)
{
	char text[256] = "";

	manager_each(h->manager, house_list_one, text);
	cr_assert_str_eq(text, expected);
}

bool house_has_one(void *ctx)
{
	char text[256] = "";

	manager_each(((struct house *)ctx)->manager, house_list_one, text);
	return !strchr(text, ',');
}
