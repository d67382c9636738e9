/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/budget.h"

#include <inttypes.h>

#include "node/mesh/budget_figures.h"

/* One process for all of them. */
static void need_together(struct budget_need *out,
			  const struct budget_mesh *mesh, uint64_t links)
{
	out->sessions = 2 * links;
	out->descriptors = BUDGET_DESCRIPTORS + mesh->nodes + out->sessions;
	out->stacks = out->sessions * mesh->plugins;
	out->memory = BUDGET_PROCESS + mesh->nodes * BUDGET_NODE +
		      out->sessions * BUDGET_SESSION +
		      out->stacks * BUDGET_STACK;
	out->tasks = BUDGET_TASKS;
}

/* The figures of ours and of the child with the most links. */
static void need_apart(struct budget_need *out, const struct budget_mesh *mesh,
		       const struct topology_size *size)
{
	uint64_t ours = BUDGET_DESCRIPTORS + mesh->nodes * BUDGET_CHILD_ENDS;
	uint64_t child = BUDGET_DESCRIPTORS + 1 + size->degree;

	out->sessions = 2 * (uint64_t)size->links;
	out->descriptors = ours > child ? ours : child;
	out->stacks = (uint64_t)size->degree * mesh->plugins;
	out->memory =
		BUDGET_PROCESS + mesh->nodes * (BUDGET_PROCESS + BUDGET_NODE) +
		out->sessions * (BUDGET_SESSION + mesh->plugins * BUDGET_STACK);
	out->tasks = (mesh->nodes + 1) * BUDGET_TASKS;
}

void budget_need(struct budget_need *out, const struct budget_mesh *mesh)
{
	struct topology_size size;

	topology_size(&size, &mesh->topology, mesh->nodes);
	*out = (struct budget_need){ 0 };
	if (mesh->processes)
		need_apart(out, mesh, &size);
	else
		need_together(out, mesh, size.links);
	out->mappings = BUDGET_MAPPINGS + 2 * out->stacks;
	out->space = BUDGET_SPACE + out->stacks * BUDGET_STACK_SPACE +
		     (mesh->processes ? 0 : out->memory);
}

/* --- does it fit? ------------------------------------------------------------
 */

struct item {
	const char *what;
	uint64_t needed;
	uint64_t there;
};

enum {
	ITEMS = 5
};

static void list_items(struct item out[ITEMS], const struct budget_need *n,
		       const struct budget_machine *m)
{
	const struct item items[ITEMS] = {
		{ "open files (ulimit -Hn)", n->descriptors, m->descriptors },
		{ "memory mappings (vm.max_map_count)", n->mappings,
		  m->mappings },
		{ "MiB of address space (ulimit -v)", n->space >> 20,
		  m->space >> 20 },
		{ "MiB of memory", n->memory >> 20, m->memory >> 20 },
		{ "processes and threads (ulimit -u)", n->tasks, m->tasks },
	};

	for (size_t i = 0; i < ITEMS; i++)
		out[i] = items[i];
}

static bool fits(const struct budget_mesh *mesh,
		 const struct budget_machine *machine, struct item *shortest)
{
	struct item items[ITEMS];
	struct budget_need need;

	budget_need(&need, mesh);
	list_items(items, &need, machine);
	for (size_t i = 0; i < ITEMS; i++)
		if (items[i].needed > items[i].there) {
			*shortest = items[i];
			return false;
		}
	return true;
}

/* What is needed grows with the nodes, so there is one place to find. */
size_t budget_largest(const struct budget_mesh *mesh,
		      const struct budget_machine *machine)
{
	struct budget_mesh m = *mesh;
	size_t good = 0, bad = MESH_NODES_MAX + 1;
	struct item unused;

	while (bad - good > 1) {
		m.nodes = good + (bad - good) / 2;
		if (fits(&m, machine, &unused))
			good = m.nodes;
		else
			bad = m.nodes;
	}
	m.nodes = good;
	return topology_check(&m.topology, m.nodes, NULL) ? 0 : good;
}

enum err budget_check(const struct budget_mesh *mesh,
		      const struct budget_machine *machine, struct why *why)
{
	char text[TOPOLOGY_TEXT_MAX];
	struct item item;
	size_t largest;

	if (fits(mesh, machine, &item))
		return ERR_NONE;
	largest = budget_largest(mesh, machine);
	topology_text(text, &mesh->topology);
	if (!largest)
		return err_fail(why, ERR_LIMIT,
				"no mesh %s fits this machine: %" PRIu64
				" %s are there, and %zu nodes need %" PRIu64,
				text, item.there, item.what, mesh->nodes,
				item.needed);
	return err_fail(why, ERR_LIMIT,
			"%zu nodes as %s%s need %" PRIu64 " %s, and %" PRIu64
			" are there; at most --nodes %zu fit",
			mesh->nodes, text,
			mesh->processes ? " in processes" : "", item.needed,
			item.what, item.there, largest);
}
