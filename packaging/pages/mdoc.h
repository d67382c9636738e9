/* SPDX-License-Identifier: Apache-2.0 */
/* mdoc.h - text in the language of manual pages, mdoc(7). */
#ifndef PACKAGING_PAGES_MDOC_H
#define PACKAGING_PAGES_MDOC_H

#include <stdio.h>

#include "packaging/pages/pages.h"

/* mdoc_begin - title and NAME. `name` is in any case, "weft run" or
 * "weft.yaml"; blanks become hyphens. */
void mdoc_begin(FILE *out, const struct pages *p, const char *name, int section,
		const char *summary);

/* mdoc_text - any text, of which nothing is taken for a request. Hyphens are
 * those that can be copied into a shell. Does not end the line. */
void mdoc_text(FILE *out, const char *text);

/* mdoc_sentence - the same with a large letter and a full stop, and the line's
 * end. */
void mdoc_sentence(FILE *out, const char *text);

/* mdoc_literal - lines as they stand, without the blanks they begin with. */
void mdoc_literal(FILE *out, const char *lines);

/* mdoc_page_name - "weft-key-new" of "weft key new". */
enum {
	MDOC_NAME_MAX = 128
};
char *mdoc_page_name(char out[MDOC_NAME_MAX], const char *name);

#endif
