/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/budget.h"

#include <string.h>
#include <sys/resource.h>

#include "test/support/unit.h"

static const struct budget_machine plenty = {
	.descriptors = UINT64_MAX,
	.mappings = UINT64_MAX,
	.space = UINT64_MAX,
	.memory = UINT64_MAX,
	.tasks = UINT64_MAX,
};

static struct budget_mesh mesh_of(enum topology_kind kind, size_t nodes)
{
	return (struct budget_mesh){
		.topology = { .kind = kind },
		.nodes = nodes,
		.plugins = 1,
	};
}

Test(budget, counts_both_ends_of_a_link_in_one_process)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_FULL, 60);
	struct budget_need need;

	budget_need(&need, &mesh);
	cr_assert_eq(need.sessions, 2 * 1770);
	cr_assert_geq(need.descriptors, 60 + 2 * 1770);
	cr_assert_eq(need.stacks, 2 * 1770);
	mesh.plugins = 3;
	budget_need(&need, &mesh);
	cr_assert_eq(need.stacks, 3 * 2 * 1770);
}

Test(budget, asks_of_processes_what_the_busiest_one_takes)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_STAR, 300);
	struct budget_need apart, together;

	budget_need(&together, &mesh);
	mesh.processes = true;
	budget_need(&apart, &mesh);
	cr_assert_eq(apart.sessions, together.sessions);
	cr_assert_eq(apart.stacks, 299);
	cr_assert_gt(apart.tasks, 300);
	cr_assert_gt(apart.memory, together.memory);
}

Test(budget, lets_anything_through_where_there_is_plenty)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_FULL, MESH_NODES_MAX);

	cr_assert_eq(budget_check(&mesh, &plenty, NULL), ERR_NONE);
	cr_assert_eq(budget_largest(&mesh, &plenty), MESH_NODES_MAX);
}

/* Whatever is short: the largest that fits does, and one more does not. */
static void expect_edge(const struct budget_machine *machine, const char *what)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_RING, MESH_NODES_MAX);
	struct why why = WHY_NONE;
	char most[48];
	size_t largest;

	cr_assert_eq(budget_check(&mesh, machine, &why), ERR_LIMIT, "%s", what);
	cr_assert_not_null(strstr(why.text, what), "%s", why.text);
	largest = budget_largest(&mesh, machine);
	cr_assert_gt(largest, 3);
	snprintf(most, sizeof(most), "--nodes %zu fit", largest);
	cr_assert_not_null(strstr(why.text, most), "%s", why.text);

	mesh.nodes = largest;
	cr_assert_eq(budget_check(&mesh, machine, NULL), ERR_NONE);
	mesh.nodes = largest + 1;
	cr_assert_eq(budget_check(&mesh, machine, NULL), ERR_LIMIT);
}

Test(budget, names_what_is_short_and_the_largest_that_fits)
{
	struct budget_machine m = plenty;

	m.descriptors = 1024;
	expect_edge(&m, "open files");
	m = plenty;
	m.mappings = 10000;
	expect_edge(&m, "mappings");
	m = plenty;
	m.space = (uint64_t)2 << 30;
	expect_edge(&m, "address space");
	m = plenty;
	m.memory = (uint64_t)64 << 20;
	expect_edge(&m, "of memory");
}

Test(budget, counts_processes_against_their_limit)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_LINE, 100);
	struct budget_machine m = plenty;
	struct why why = WHY_NONE;

	m.tasks = 200;
	cr_assert_eq(budget_check(&mesh, &m, NULL), ERR_NONE);
	mesh.processes = true;
	cr_assert_eq(budget_check(&mesh, &m, &why), ERR_LIMIT);
	cr_assert_not_null(strstr(why.text, "processes"), "%s", why.text);
}

Test(budget, says_so_when_no_mesh_fits_at_all)
{
	struct budget_mesh mesh = mesh_of(TOPOLOGY_RING, 10);
	struct budget_machine m = plenty;
	struct why why = WHY_NONE;

	m.descriptors = 10;
	cr_assert_eq(budget_largest(&mesh, &m), 0);
	cr_assert_eq(budget_check(&mesh, &m, &why), ERR_LIMIT);
	cr_assert_not_null(strstr(why.text, "no mesh"), "%s", why.text);
}

Test(budget, reads_the_limits_of_this_process)
{
	struct rlimit limit;
	struct budget_machine m;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 100; /* the hard one is what counts */
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	budget_machine_read(&m);
	cr_assert_eq(m.descriptors, limit.rlim_max);
	cr_assert_gt(m.memory, 1 << 20);
	cr_assert_neq(m.memory, UINT64_MAX);
	cr_assert_gt(m.mappings, 1000);
	cr_assert_neq(m.mappings, UINT64_MAX);
}

Test(budget, raises_the_soft_limit_and_never_lowers_it)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 100;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(budget_raise(300, NULL), ERR_NONE);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(limit.rlim_cur, 300);
	cr_assert_eq(budget_raise(200, NULL), ERR_NONE);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(limit.rlim_cur, 300);
}
