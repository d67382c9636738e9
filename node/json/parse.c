/* SPDX-License-Identifier: Apache-2.0 */
#include "node/json/parse.h"

/* Does the text keep the limits? Whether it is JSON jansson knows better. What
 * follows the first value is never parsed, so it need not be scanned. */
static enum err look_over(struct span text, size_t parts_max, struct why *why)
{
	struct json_scan scan;
	size_t used;

	json_scan_init(&scan, parts_max);
	if (json_scan_feed(&scan, &used, text) != ERR_LIMIT)
		return ERR_NONE;
	if (scan.depth == JSON_DEPTH_MAX && scan.parts_left)
		return err_fail(why, ERR_LIMIT,
				"nested deeper than %d levels at byte %zu",
				JSON_DEPTH_MAX, used);
	return err_fail(why, ERR_LIMIT, "more than %zu values", parts_max);
}

enum err json_from_stranger(json_t **out, struct span text, size_t parts_max,
			    struct why *why)
{
	json_error_t error;
	enum err rc;

	*out = NULL;
	rc = look_over(text, parts_max, why);
	if (rc)
		return rc;
	if (!text.len)
		return err_fail(why, ERR_FORMAT, "invalid JSON: empty");
	*out = json_loadb((const char *)text.data, text.len,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (*out)
		return ERR_NONE;
	return err_fail(why, ERR_FORMAT, "invalid JSON: line %d, column %d: %s",
			error.line, error.column, error.text);
}
