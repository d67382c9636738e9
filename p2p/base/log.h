/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - events for an operator: level, area, a fixed message, then fields.
 *
 *     log_event(log, LOG_INFO, "peer", "added", LOG_TEXT("name", p->name),
 *               LOG_U64("peers", n));
 *
 * prints, through the text sink,
 *
 *     12:04:31.207 info  peer  added  name=Geth/v1.17 peers=3
 *
 * Levels: error, the node fails at its job; warn, look tomorrow; info, what
 * an operator counts; debug, each message, never its payload. What a stranger
 * can cause is debug. Field values from strangers are escaped here, so no
 * caller needs to. Cores do not log; the edges do.
 *
 * A line is built only when its level is on. Thread: the loop's, but for sinks
 * that allow any. */
#ifndef P2P_BASE_LOG_H
#define P2P_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "p2p/base/span.h"

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

enum log_kind {
	LOG_KIND_END = 0,
	LOG_KIND_TEXT,
	LOG_KIND_U64,
	LOG_KIND_MS, /* nanoseconds, printed as "12.345ms" */
};

struct log_field {
	enum log_kind kind;
	const char *key;
	struct span text; /* LOG_KIND_TEXT; any bytes */
	uint64_t number;  /* LOG_KIND_U64, LOG_KIND_MS */
};

#define LOG_TEXT(k, s)       \
	((struct log_field){ \
		.kind = LOG_KIND_TEXT, .key = (k), .text = span_text(s) })
#define LOG_SPAN(k, s) \
	((struct log_field){ .kind = LOG_KIND_TEXT, .key = (k), .text = (s) })
#define LOG_U64(k, v) \
	((struct log_field){ .kind = LOG_KIND_U64, .key = (k), .number = (v) })
#define LOG_MS(k, ns) \
	((struct log_field){ .kind = LOG_KIND_MS, .key = (k), .number = (ns) })

struct log_line {
	enum log_level level;
	const char *area;
	const char *message;
	const struct log_field *fields; /* ends with LOG_KIND_END */
};

/* Where lines go. One per node; filled in by whoever makes it. */
struct log {
	enum log_level level; /* the least important level that is written */
	void (*sink)(void *ctx, const struct log_line *line);
	void *ctx;
	bool any_thread; /* the sink may be called from any, at any time */
};

/* log_event - write one line; a NULL log writes nothing. */
#define log_event(log, lvl, area, message, ...)                               \
	do {                                                                  \
		if (log_is_on(log, lvl))                                      \
			log_write(log, lvl, area, message,                    \
				  (const struct log_field[]){                 \
					  __VA_ARGS__ __VA_OPT__(, ){ 0 } }); \
	} while (0)

static inline bool log_is_on(const struct log *log, enum log_level level)
{
	return log && level <= log->level;
}

void log_write(const struct log *log, enum log_level level, const char *area,
	       const char *message, const struct log_field *fields);

/* log_level_parse - "error", "warn", "info" or "debug"; false otherwise. */
bool log_level_parse(enum log_level *out, const char *text);
const char *log_level_name(enum log_level level);

/* log_value_text - a field's value as sinks print it: bytes outside printable
 * ASCII, quotes and backslashes become \xNN, a value with blanks (or an empty
 * one) is put in quotes, and what does not fit ends in "...". Returns out. */
const char *log_value_text(char *out, size_t room,
			   const struct log_field *field);

#endif
