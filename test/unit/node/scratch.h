/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a folder for one test's files, and streams into memory. */
#ifndef TEST_UNIT_NODE_SCRATCH_H
#define TEST_UNIT_NODE_SCRATCH_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

struct scratch {
	char path[64];
};

void scratch_open(struct scratch *s);

/* scratch_close - remove the folder with all that is in it. */
void scratch_close(struct scratch *s);

/* scratch_file - the path of a file in it. Returns out. */
const char *scratch_file(char out[PATH_MAX], const struct scratch *s,
			 const char *name);

void scratch_write(const char *path, const void *data, size_t len,
		   unsigned mode);

/* What was printed: a stream, and its text after page_text. */
struct page {
	FILE *out;
	char *text;
	size_t len;
};

void page_open(struct page *p);
const char *page_text(struct page *p);
void page_close(struct page *p);

#endif
