/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - is a file a whole LMDB database? Pure.
 *
 * LMDB maps its file and believes it: a page that lies kills the process, or
 * lets it write over pages that are in use. So a file is looked through before
 * LMDB gets it. What is checked is what its code relies on, of LMDB 0.9 (data
 * format 1) and of a database without flags and sub-databases:
 *
 * - both meta pages, and that they are of two transactions in a row;
 * - each page that can be reached, once: its number, kind and bounds, its nodes
 *   (which fill it without gaps and do not overlap), the order of its keys,
 *   within what its parents say;
 * - depths and counts, as the meta page has them;
 * - the lists of free pages: none that is in use, none twice, and all that are
 *   not in use. */
#ifndef P2P_NODEDB_PAGES_H
#define P2P_NODEDB_PAGES_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	PAGES_FILE_MAX = 64 << 20, /* bytes; also what LMDB may map */
};

/* pages_check - ERR_FORMAT: it is none, or damaged; why says where. ERR_LIMIT:
 * over PAGES_FILE_MAX. Costs 1 ms for each MB. */
MUST_USE enum err pages_check(struct span file, struct why *why);

#endif
