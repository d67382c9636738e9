/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "p2p/net/sockaddr.h"
#include "p2p/net/stream_internal.h"

enum {
	LOCAL_BACKLOG = 64
};

/* An address for a path, and the folder it leans on. */
struct local_addr {
	struct sockaddr_un un;
	int folder; /* -1: none */
};

static void addr_clear(struct local_addr *a)
{
	if (a->folder >= 0)
		close(a->folder);
}

/* A path that is too long goes through a descriptor of its folder. 0 or an
 * error as libuv has them. */
static int addr_make(struct local_addr *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t room = sizeof(a->un.sun_path);

	*a = (struct local_addr){ .un.sun_family = AF_UNIX, .folder = -1 };
	if (strlen(path) < room) {
		memcpy(a->un.sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (!slash || (size_t)(slash - path) + 1 >= sizeof(folder))
		return -ENAMETOOLONG;
	snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path);
	a->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->folder < 0)
		return -errno;
	if ((size_t)snprintf(a->un.sun_path, room, "/proc/self/fd/%d/%s",
			     a->folder, slash + 1) >= room) {
		addr_clear(a);
		return -ENAMETOOLONG;
	}
	return 0;
}

/* The file gets the socket's own mode, less the umask. */
static int listen_private(int fd, const struct sockaddr_un *un)
{
	mode_t before;
	int rc;

	if (fchmod(fd, 0600))
		return -errno;
	before = umask(077);
	rc = bind(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno : 0;
	umask(before);
	if (rc || !listen(fd, LOCAL_BACKLOG))
		return rc;
	rc = -errno;
	(void)unlink(un->sun_path); /* ours: bind has just made it */
	return rc;
}

/* Local connects do not wait but for room in the other's backlog, which is
 * EAGAIN here. */
static int connect_now(int fd, const struct sockaddr_un *un)
{
	return connect(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno
								     : 0;
}

/* What code decides on; of errors that no TCP socket has, here. */
static enum err local_err(int rc)
{
	switch (rc) {
	case -ENOENT:
	case -ENOTDIR:
		return ERR_NOT_FOUND;
	case -ECONNREFUSED:
		return ERR_CLOSED;
	case -EAGAIN:
		return ERR_BUSY;
	default:
		return net_err(rc);
	}
}

/* A socket that was put to use at the path, or a libuv error. */
static int socket_at(const char *path,
		     int (*use)(int fd, const struct sockaddr_un *un))
{
	struct local_addr a;
	int rc = addr_make(&a, path);
	int fd;

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = fd < 0 ? -errno : use(fd, &a.un);
	if (fd >= 0 && rc)
		close(fd);
	addr_clear(&a);
	return rc ? rc : fd;
}

enum err net_local_listen(struct net_listener **out, struct net_loop *loop,
			  const char *path,
			  void (*accepted)(void *ctx, struct net_stream *s),
			  void *ctx, struct why *why)
{
	int fd = socket_at(path, listen_private);
	int rc = fd;

	*out = NULL;
	if (fd >= 0)
		rc = net_listener_take(out, loop, fd, accepted, ctx);
	if (rc >= 0)
		return ERR_NONE;
	if (fd >= 0)
		(void)unlink(path);
	(void)net_fail(why, rc, "listen on %s", path);
	return local_err(rc);
}

enum err net_local_dial(struct net_stream **out, struct net_loop *loop,
			const char *path,
			const struct net_stream_events *events, void *ctx,
			struct why *why)
{
	static const struct addr nowhere;
	int fd = socket_at(path, connect_now);
	int rc = fd;

	*out = NULL;
	if (fd >= 0)
		*out = net_stream_take(&rc, loop, fd, &nowhere);
	if (rc < 0) {
		(void)net_fail(why, rc, "connect to %s", path);
		return local_err(rc);
	}
	net_stream_adopt(*out, events, ctx);
	return ERR_NONE;
}

enum err net_local_uid(uid_t *out, const struct net_stream *s)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)&s->tcp, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return ERR_SYSTEM;
	*out = cred.uid;
	return ERR_NONE;
}
