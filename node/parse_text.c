/* SPDX-License-Identifier: Apache-2.0 */
/* Of parse.h, what the JSON library does, which libweft has not to link. */
#include "node/parse.h"

#include <jansson.h>
#include <string.h>

#include "node/plugin/loader.h"
#include "p2p/base/attr.h"

bool parse_is_text(const char *text)
{
	/* U+2028, U+2029, which YAML takes for ends of lines; U+FEFF, U+FFFE
	 * and U+FFFF, which it does not take. */
	static const char *const others[] = { "\xe2\x80\xa8", "\xe2\x80\xa9",
					      "\xef\xbb\xbf", "\xef\xbf\xbe",
					      "\xef\xbf\xbf" };
	json_t *utf8 = json_string(text); /* NULL if it is not that */

	if (!utf8)
		return false;
	json_decref(utf8);
	for (; *text; text++) {
		if ((uint8_t)text[0] == 0xc2 && (uint8_t)text[1] < 0xa0)
			return false; /* U+0080..9F */
		for (size_t i = 0; i < ARRAY_LEN(others); i++)
			if (!strncmp(text, others[i], 3))
				return false;
	}
	return true;
}

enum err parse_plugin_name(const char *what, struct why *why)
{
	if (strlen(what) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	if (!parse_is_text(what) ||
	    (!strchr(what, '/') && !loader_is_name(what)))
		return err_fail(why, ERR_FORMAT,
				"\"%.60s\": not a plugin's name ([a-z0-9_-]+) "
				"or path (with a /)",
				what);
	return ERR_NONE;
}

enum err parse_plugin(char what[PATH_MAX], const char **options,
		      const char *text, struct why *why)
{
	size_t len = strcspn(text, ",");

	if (len >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "too long a path");
	memcpy(what, text, len);
	what[len] = '\0';
	*options = text[len] ? text + len + 1 : NULL;
	return parse_plugin_name(what, why);
}
