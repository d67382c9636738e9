/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/suggest.h"

#include <string.h>

enum {
	WORD_MAX = 32
}; /* longer words are nobody's typing mistake */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Changes between the first i letters of a and the first j of b: d[i][j]
 * (optimal string alignment). */
static unsigned distance(const char *a, const char *b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];
	size_t n = strlen(a);
	size_t m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return 2 * WORD_MAX;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			unsigned other = a[i - 1] != b[j - 1];

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1);
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

const char *suggest_nearest(const char *text, const char *const *candidates,
			    size_t count)
{
	size_t len = strlen(text);
	/* One change in a word of two, two in one of six: more is a guess. */
	unsigned best = (unsigned)(len / 3) + 2;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(text, candidates[i]);

		if (len >= 2 && !strncmp(candidates[i], text, len))
			d = 1;
		if (d < best) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
