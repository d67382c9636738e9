/* SPDX-License-Identifier: Apache-2.0 */
/* out.h - files that are written whole, or the program ends with a message. */
#ifndef PACKAGING_PAGES_OUT_H
#define PACKAGING_PAGES_OUT_H

#include <stdio.h>

FILE *out_open(const char *folder, const char *name);
void out_close(FILE *out, const char *name);

/* out_copy - all of a file. */
void out_copy(FILE *out, const char *folder, const char *name);

#endif
