/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/server/deaf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/unit.h"

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	return fd;
}

void deaf_open(struct deaf *d)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	char text[32];

	d->listener = new_socket();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(d->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(d->listener, 0), 0);
	cr_assert_eq(getsockname(d->listener, (struct sockaddr *)&at, &len), 0);
	for (size_t i = 0; i < DEAF_CALLERS; i++) {
		int rc;

		d->callers[i] = new_socket();
		rc = connect(d->callers[i], (struct sockaddr *)&at, sizeof(at));
		cr_assert(rc == 0 || errno == EINPROGRESS);
	}
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(at.sin_port));
	cr_assert_eq(addr_parse(&d->at, text), ERR_NONE);
}

int deaf_call(const char *from, uint16_t port)
{
	struct sockaddr_in us = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = new_socket();

	us.sin_addr.s_addr = inet_addr(from);
	cr_assert_eq(bind(fd, (struct sockaddr *)&us, sizeof(us)), 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(port);
	cr_assert(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
		  errno == EINPROGRESS);
	return fd;
}

void deaf_hang_up(int call)
{
	close(call);
}

void deaf_close(struct deaf *d)
{
	for (size_t i = 0; i < DEAF_CALLERS; i++)
		close(d->callers[i]);
	close(d->listener);
}
