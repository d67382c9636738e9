/* SPDX-License-Identifier: Apache-2.0 */
#include "node/progress.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Back to the line's beginning, and nothing on it. */
static const char wipe[] = "\r\x1b[K";

static bool is_there(void)
{
	struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };

	return isatty(STDERR_FILENO) && poll(&err, 1, 0) == 1;
}

void progress_show(struct progress *p, const char *fmt, ...)
{
	char line[sizeof(p->line)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!strcmp(line, p->line) || !is_there())
		return;
	memcpy(p->line, line, sizeof(line));
	fprintf(stderr, "%s%s", wipe, line);
}

void progress_clear(struct progress *p)
{
	if (p->line[0])
		fputs(wipe, stderr);
	p->line[0] = '\0';
}
