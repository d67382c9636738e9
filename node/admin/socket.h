/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h - the place of a node's admin socket. Blocks on the file system. */
#ifndef NODE_ADMIN_SOCKET_H
#define NODE_ADMIN_SOCKET_H

#include <limits.h>

#include "p2p/base/err.h"

#define ADMIN_SOCKET "weft.ipc"

/* admin_socket_path - where the node of this data folder listens. ERR_LIMIT:
 * too long. */
MUST_USE enum err admin_socket_path(char out[PATH_MAX], const char *folder,
				    struct why *why);

/* admin_socket_clear - make sure that a socket can be made there: the folder is
 * ours and no one else writes to it, and what a node that is gone has left is
 * removed. The caller holds the folder's lock, so whose socket lies there is
 * gone indeed.
 *
 * ERR_DENIED  others can write to the folder, or it is not ours
 * ERR_EXISTS  there is something of the name that is no socket of ours, be it
 *             a link to one; it stays
 * ERR_SYSTEM  the folder or the file cannot be examined, or not removed */
MUST_USE enum err admin_socket_clear(const char *folder, struct why *why);

/* admin_socket_remove - remove ours, at the end. */
void admin_socket_remove(const char *folder);

#endif
