/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/patience.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "p2p/base/attr.h"

struct patience patience_for(const struct patience *p, uint64_t ms)
{
	struct patience less = *p;

	less.until = mono_min(p->until, mono_add_ms(mono_now(), ms));
	return less;
}

/* Rounded up, so that a poll does not end just before. */
static int ms_left(struct mono until)
{
	uint64_t ms = (mono_since_ns(until, mono_now()) + 999999) / 1000000;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}

enum err patience_poll(const struct patience *p, struct pollfd *fds,
		       size_t count)
{
	struct pollfd all[PATIENCE_POLLS_MAX + PATIENCE_STOPS];
	int n;

	assert(count <= PATIENCE_POLLS_MAX);
	for (size_t i = 0; i < PATIENCE_STOPS; i++)
		all[i] = (struct pollfd){ .fd = p->stops[i], .events = POLLIN };
	if (count)
		memcpy(all + PATIENCE_STOPS, fds, count * sizeof(*fds));
	do {
		n = poll(all, PATIENCE_STOPS + count, ms_left(p->until));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return ERR_SYSTEM;
	for (size_t i = 0; i < PATIENCE_STOPS; i++)
		if (n && all[i].revents)
			return ERR_CLOSED;
	if (!n)
		return ERR_TIMEOUT;
	memcpy(fds, all + PATIENCE_STOPS, count * sizeof(*fds));
	return ERR_NONE;
}

enum err patience_sleep(const struct patience *p, struct mono then)
{
	struct patience less = *p;
	enum err rc;

	less.until = mono_min(p->until, then);
	rc = patience_poll(&less, NULL, 0);
	return rc == ERR_TIMEOUT && !mono_before(mono_now(), then) ? ERR_NONE
								   : rc;
}

int patience_stop_open(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void patience_stop(int stop)
{
	uint64_t one = 1;
	ssize_t n UNUSED;

	if (stop >= 0)
		n = write(stop, &one, sizeof(one));
}
