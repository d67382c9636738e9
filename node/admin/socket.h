/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h - the place of a node's admin socket: a folder of its own, mode
 * 0700, in the data folder, which others may then list and enter as its owner
 * likes. Blocks on the file system. */
#ifndef NODE_ADMIN_SOCKET_H
#define NODE_ADMIN_SOCKET_H

#include <limits.h>

#include "p2p/base/err.h"

#define ADMIN_FOLDER "admin"
#define ADMIN_SOCKET "weft.ipc"

/* admin_socket_path - where the node of this data folder listens. ERR_LIMIT:
 * too long. */
MUST_USE enum err admin_socket_path(char out[PATH_MAX], const char *datadir,
				    struct why *why);

/* admin_socket_prepare - make sure that a socket can be made there: its folder
 * is made if need be, it and the data folder are ours, and what a node that is
 * gone has left is removed. The caller holds the data folder's lock, so whose
 * socket lies there is gone indeed.
 *
 * ERR_DENIED  others can write to the data folder or enter the socket's, or one
 *             of them is not ours
 * ERR_EXISTS  there is something of the name that is no socket of ours, be it
 *             a link to one; it stays
 * ERR_SYSTEM  the folder cannot be made, or something not be examined or
 *             removed */
MUST_USE enum err admin_socket_prepare(const char *datadir, struct why *why);

/* admin_socket_remove - remove ours, at the end. */
void admin_socket_remove(const char *datadir);

#endif
