/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - one line on standard error that says how far long work is, when
 * that is a terminal; nothing elsewhere. */
#ifndef NODE_PROGRESS_H
#define NODE_PROGRESS_H

#include "p2p/base/attr.h"

/* What is shown; zeroed is nothing. */
struct progress {
	char line[96];
};

/* progress_show - instead of what was there; cut to fit. Waits for nothing: a
 * terminal that was stopped is left alone. */
void progress_show(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* progress_clear - make room for the result. */
void progress_clear(struct progress *p);

#endif
