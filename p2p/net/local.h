/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - Unix-domain stream sockets. What comes of them are the listeners
 * and streams of stream.h, with all their rules; only addresses mean nothing
 * there (net_stream_remote and the like give all zero).
 *
 * Paths may be longer than the 107 bytes that a socket address holds. */
#ifndef P2P_NET_LOCAL_H
#define P2P_NET_LOCAL_H

#include <sys/types.h>

#include "p2p/net/stream.h"

/* net_local_listen - make a socket at `path` that its owner alone may connect
 * to: mode 0600 from the first moment on, whatever the umask. The umask of the
 * process is 077 for an instant; only the loop's thread may make files whose
 * mode matters. The file stays when the listener is closed; removing it before
 * is the caller's business, and so is one that is there already.
 *
 * ERR_BUSY: something of that name exists, a symbolic link too. ERR_NOT_FOUND:
 * no such folder. ERR_DENIED. ERR_SYSTEM. */
MUST_USE enum err net_local_listen(struct net_listener **out,
				   struct net_loop *loop, const char *path,
				   void (*accepted)(void *ctx,
						    struct net_stream *s),
				   void *ctx, struct why *why);

/* net_local_dial - connect, at once: `connected` is never called. On an error
 * *out is NULL, and nothing is called.
 *
 * ERR_NOT_FOUND: no such file. ERR_CLOSED: nobody listens there any more.
 * ERR_DENIED: not ours to connect to. ERR_BUSY: too many wait to be accepted.
 * ERR_SYSTEM. */
MUST_USE enum err net_local_dial(struct net_stream **out, struct net_loop *loop,
				 const char *path,
				 const struct net_stream_events *events,
				 void *ctx, struct why *why);

/* net_local_uid - whose process connected, by the kernel's word (SO_PEERCRED).
 * ERR_SYSTEM: it does not say. */
MUST_USE enum err net_local_uid(uid_t *out, const struct net_stream *s);

#endif
