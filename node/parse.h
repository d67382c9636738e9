/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - the text of a value, be it from a file, a variable, or an option of
 * a command, and what it says. Of a text that will not do, why says what would;
 * outputs are set on ERR_NONE only. Pure. */
#ifndef NODE_PARSE_H
#define NODE_PARSE_H

#include <limits.h>

#include "p2p/base/log.h"
#include "p2p/enode/enr.h"

/* parse_count - a whole decimal number, with no sign and no zeros in front.
 * ERR_FORMAT: it is none. ERR_LIMIT: not in min..max. */
MUST_USE enum err parse_count(uint64_t *out, const char *text, uint64_t min,
			      uint64_t max, struct why *why);

/* parse_duration - "250ms", "15s", "2m", "1h", or seconds with up to three
 * digits behind the point, as milliseconds. Errors likewise. */
MUST_USE enum err parse_duration(uint64_t *ms, const char *text, uint64_t min,
				 uint64_t max, struct why *why);

/* parse_size - "512MiB", "64 KiB", "2GiB", or bytes. Errors likewise. */
MUST_USE enum err parse_size(uint64_t *out, const char *text, uint64_t min,
			     uint64_t max, struct why *why);

/* parse_size_text - the same the other way, in the largest unit of which it is
 * a whole number. Returns out. */
enum {
	PARSE_SIZE_MAX = 24
};
const char *parse_size_text(char out[PARSE_SIZE_MAX], uint64_t bytes);

/* parse_level - a name of a log level. ERR_FORMAT. */
MUST_USE enum err parse_level(enum log_level *out, const char *text,
			      struct why *why);

/* parse_node - a node by URL or record, as enr_parse_node, called by the
 * beginning of the text in complaints. record may be NULL.
 * parse_dialable - that has an address or name and a TCP port.
 * parse_askable - the same for discovery, with a UDP port.
 * ERR_UNSUPPORTED: it lacks one. */
MUST_USE enum err parse_node(struct enode *out, struct enr *record,
			     const char *text, struct why *why);
MUST_USE enum err parse_dialable(struct enode *out, const char *text,
				 struct why *why);
MUST_USE enum err parse_askable(struct enode *out, struct enr *record,
				const char *text, struct why *why);

/* parse_plugin_name - is it a NAME or a path? ERR_FORMAT. ERR_LIMIT: too long.
 * parse_plugin - the same before a comma, of "NAME,option=value,...". *options
 * is what stands behind the first comma; NULL without one. */
MUST_USE enum err parse_plugin_name(const char *what, struct why *why);
MUST_USE enum err parse_plugin(char what[PATH_MAX], const char **options,
			       const char *text, struct why *why);

/* parse_is_text - UTF-8 without what a YAML file cannot hold as it is, but for
 * control characters of ASCII, which it can hold escaped. */
bool parse_is_text(const char *text);

#endif
