/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_ROOM = 256,
};

/* A process has a clock of its own, finer than the ticks in /proc. */
bool usage_cpu(double *cpu_s, pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	*cpu_s = 0;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
		return false;
	*cpu_s = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	return true;
}

static bool read_memory(struct usage *out, pid_t pid)
{
	char line[LINE_ROOM];
	uint64_t kib;
	bool found = false;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(line, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
			out->resident = kib * 1024;
			found = true;
		} else if (sscanf(line, "Private_Dirty: %" SCNu64, &kib) == 1) {
			out->private_dirty = kib * 1024;
		}
	}
	fclose(file);
	return found;
}

bool usage_read(struct usage *out, pid_t pid)
{
	*out = (struct usage){ 0 };
	return usage_cpu(&out->cpu_s, pid) &&
	       read_memory(out, pid ? pid : getpid());
}
