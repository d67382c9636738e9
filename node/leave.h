/* SPDX-License-Identifier: Apache-2.0 */
/* leave.h - the end of the process when all is said and something still holds
 * it. A name lookup that the system is at cannot be interrupted: the loop
 * waits for it, and so does exit(), which joins the worker threads. Nobody
 * should wait half a minute for a command that is done. */
#ifndef NODE_LEAVE_H
#define NODE_LEAVE_H

/* leave_within - end the process with this status after that time, at most
 * 999 ms, unless it has ended by then. What was printed must be flushed, and
 * nothing may be left that an abrupt end would harm. Takes SIGALRM. */
void leave_within(unsigned ms, int status);

#endif
