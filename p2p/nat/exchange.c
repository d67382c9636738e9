/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 4096,
};

struct sockaddr_in exchange_sockaddr(const struct addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(a->port) };

	memcpy(&in.sin_addr, a->ip.b, 4);
	return in;
}

struct ip exchange_ip(const struct sockaddr_in *in)
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.b, &in->sin_addr, 4);
	return ip;
}

enum err exchange_await(int fd, short events, const struct patience *p)
{
	struct pollfd poll = { .fd = fd, .events = events };

	return patience_poll(p, &poll, 1);
}

/* *ours is the address that we have towards the other end. */
static enum err connect_to(int *out, struct ip *ours, const struct addr *to,
			   const struct patience *p)
{
	struct sockaddr_in in = exchange_sockaddr(to);
	socklen_t len = sizeof(in);
	enum err rc = ERR_SYSTEM;
	int failed = 0, fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_SYSTEM;
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) &&
	    errno != EINPROGRESS)
		goto out;
	rc = exchange_await(fd, POLLOUT, p);
	if (rc)
		goto out;
	rc = ERR_SYSTEM;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed,
		       &(socklen_t){ sizeof(failed) }) ||
	    failed || getsockname(fd, (struct sockaddr *)&in, &len))
		goto out;
	*ours = exchange_ip(&in);
	*out = fd;
	return ERR_NONE;
out:
	close(fd);
	return rc;
}

static enum err send_all(int fd, const char *text, const struct patience *p)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
		enum err rc = ERR_NONE;

		if (n < 0 && errno == EAGAIN)
			rc = exchange_await(fd, POLLOUT, p);
		else if (n < 0)
			rc = ERR_SYSTEM;
		if (rc)
			return rc;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return ERR_NONE;
}

/* Until it is whole, or the other end closes. */
static enum err receive_all(int fd, struct http_reply *reply,
			    const struct patience *p)
{
	uint8_t bytes[READ_MAX];

	for (;;) {
		enum err rc = exchange_await(fd, POLLIN, p);
		ssize_t n;

		if (rc)
			return rc;
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (!n)
			return ERR_NONE;
		if (n < 0 && errno != EAGAIN)
			return ERR_SYSTEM;
		rc = n < 0 ? ERR_SHORT
			   : http_reply_feed(reply, bytes, (size_t)n);
		if (rc != ERR_SHORT)
			return rc;
	}
}

enum err exchange_http(struct span *body, struct http_reply *reply,
		       struct ip *ours, const struct addr *to, const char *text,
		       const struct patience *patience)
{
	struct patience p = patience_for(patience, EXCHANGE_MS);
	int fd;
	enum err rc = connect_to(&fd, ours, to, &p);

	if (rc)
		return rc;
	rc = send_all(fd, text, &p);
	if (!rc)
		rc = receive_all(fd, reply, &p);
	if (!rc)
		rc = http_reply_body(reply, body);
	close(fd);
	return rc;
}
