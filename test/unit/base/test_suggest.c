/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/suggest.h"

#include <string.h>

#include "test/support/unit.h"

static const char *const words[] = { "run",   "ping",	   "key",
				     "enode", "max-peers", "log-level" };

static const char *nearest(const char *text)
{
	return suggest_nearest(text, words, ARRAY_LEN(words));
}

Test(suggest, finds_what_was_meant)
{
	static const char *const pairs[][2] = {
		{ "rnu", "run" },
		{ "runn", "run" },
		{ "pign", "ping" },
		{ "kye", "key" },
		{ "endoe", "enode" },
		{ "maxpeers", "max-peers" },
		{ "max-peer", "max-peers" },
		{ "loglevel", "log-level" },
		{ "log", "log-level" },
		{ "max_peers", "max-peers" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const char *found = nearest(pairs[i][0]);

		cr_assert_not_null(found, "%s", pairs[i][0]);
		cr_assert_str_eq(found, pairs[i][1], "%s", pairs[i][0]);
	}
}

Test(suggest, does_not_guess_wildly)
{
	static const char *const texts[] = {
		"discover", "", "x", "version",
		"thirty-three-letters-are-too-many"
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_null(nearest(texts[i]), "%s", texts[i]);
	cr_assert_null(suggest_nearest("run", NULL, 0));
}
