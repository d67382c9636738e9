/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - the part of budget.h that looks at the machine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "node/mesh/budget.h"

static uint64_t hard_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_max == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_max;
}

static uint64_t soft_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur;
}

/* The number behind `key` at the start of a line, or of the file for "".
 * "max" and whatever else is no number are UINT64_MAX. */
static uint64_t number_in(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	uint64_t value = UINT64_MAX;
	char line[256];

	if (!file)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		if (sscanf(line + strlen(key), "%" SCNu64, &value) != 1)
			value = UINT64_MAX;
		break;
	}
	fclose(file);
	return value;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is left of a control group's limit. In a container its own group stands
 * at the top; elsewhere there is none there. */
static uint64_t left_of(const char *most, const char *used)
{
	uint64_t limit = number_in(most, "");
	uint64_t now = number_in(used, "");

	if (limit == UINT64_MAX || now == UINT64_MAX)
		return UINT64_MAX;
	return limit > now ? limit - now : 0;
}

void budget_machine_read(struct budget_machine *out)
{
	uint64_t kib = number_in("/proc/meminfo", "MemAvailable:");

	*out = (struct budget_machine){
		.descriptors = hard_limit(RLIMIT_NOFILE),
		.mappings = number_in("/proc/sys/vm/max_map_count", ""),
		.space = soft_limit(RLIMIT_AS),
		.memory = kib == UINT64_MAX ? kib : kib * 1024,
		.tasks = soft_limit(RLIMIT_NPROC),
	};
	out->memory =
		least(out->memory, left_of("/sys/fs/cgroup/memory.max",
					   "/sys/fs/cgroup/memory.current"));
	out->tasks = least(out->tasks, left_of("/sys/fs/cgroup/pids.max",
					       "/sys/fs/cgroup/pids.current"));
}

enum err budget_raise(uint64_t descriptors, struct why *why)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return err_fail(why, ERR_SYSTEM, "no limit on open files");
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= descriptors)
		return ERR_NONE;
	limit.rlim_cur = descriptors;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return err_fail(why, ERR_SYSTEM,
				"cannot raise the limit on open files to "
				"%" PRIu64,
				descriptors);
	return ERR_NONE;
}
