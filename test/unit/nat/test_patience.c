/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/patience.h"

#include <sys/socket.h>
#include <unistd.h>

#include "test/support/unit.h"

/* Ends a hang, and no test waits for it. */
static struct patience long_one(void)
{
	return (struct patience){ .until = mono_add_ms(mono_now(), 60 * 1000),
				  .stops = { -1, -1 } };
}

Test(patience, ends_at_its_time)
{
	struct patience p = long_one(), less;
	int pair[2];
	struct pollfd fd;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fd = (struct pollfd){ .fd = pair[0], .events = POLLIN };
	less = patience_for(&p, 20);
	cr_assert(mono_before(less.until, p.until));
	cr_assert_eq(patience_poll(&less, &fd, 1), ERR_TIMEOUT);
	cr_assert_not(mono_before(mono_now(), less.until));
	less = patience_for(&less, 1000);
	cr_assert_eq(patience_poll(&less, &fd, 1), ERR_TIMEOUT,
		     "no more than the whole has left");
	close(pair[0]);
	close(pair[1]);
}

Test(patience, ends_with_what_is_awaited)
{
	struct patience p = long_one();
	int pair[2];
	struct pollfd fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(write(pair[0], "x", 1), 1);
	fds[0] = (struct pollfd){ .fd = pair[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = pair[1], .events = POLLIN };
	cr_assert_eq(patience_poll(&p, fds, 2), ERR_NONE);
	cr_assert_eq(fds[0].revents, 0);
	cr_assert(fds[1].revents & POLLIN);
	close(pair[0]);
	close(pair[1]);
}

/* Stopped, it stays so, whatever else is ready. */
Test(patience, ends_when_it_is_stopped)
{
	for (int i = 0; i < PATIENCE_STOPS; i++) {
		struct patience p = long_one();
		int stop = patience_stop_open();

		cr_assert_geq(stop, 0);
		p.stops[i] = stop;
		patience_stop(stop);
		patience_stop(stop);
		cr_assert_eq(patience_poll(&p, NULL, 0), ERR_CLOSED);
		cr_assert_eq(patience_sleep(&p, p.until), ERR_CLOSED);
		close(stop);
	}
	patience_stop(-1);
}

Test(patience, sleeps_until_then)
{
	struct patience p = long_one();
	struct mono then = mono_add_ms(mono_now(), 20);

	cr_assert_eq(patience_sleep(&p, then), ERR_NONE);
	cr_assert_not(mono_before(mono_now(), then));
	p.until = mono_now();
	cr_assert_eq(patience_sleep(&p, mono_add_ms(mono_now(), 60 * 1000)),
		     ERR_TIMEOUT);
	cr_assert_eq(patience_sleep(&p, (struct mono){ 0 }), ERR_NONE);
}
