/* SPDX-License-Identifier: Apache-2.0 */
/* suggest.h - what somebody may have meant. Pure. */
#ifndef P2P_BASE_SUGGEST_H
#define P2P_BASE_SUGGEST_H

#include <stddef.h>

/* suggest_nearest - the candidate that the fewest single-letter changes
 * (insert, drop, replace, swap two neighbours) turn `text` into, or that it
 * begins; NULL when even the nearest is too far off to be meant. Borrowed. */
const char *suggest_nearest(const char *text, const char *const *candidates,
			    size_t count);

#endif
