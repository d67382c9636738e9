/* SPDX-License-Identifier: Apache-2.0 */
/* report_inside.h - the two forms in which report.c tells things. */
#ifndef NODE_REPORT_INSIDE_H
#define NODE_REPORT_INSIDE_H

#include "node/report.h"
#include "p2p/discover/table.h"

enum {
	REPORT_CAPABILITY_MAX = CAPABILITY_NAME_MAX + 24,
};

/* report_capability - "foobar/1". Returns out. */
const char *report_capability(char out[REPORT_CAPABILITY_MAX],
			      const struct capability *c);

/* report_table - of a version that is on. */
const struct table *report_table(const struct discovery *d,
				 enum discover_version version);

void report_text_started(struct report *r, const struct report_start *start);
void report_text_added(struct report *r, const struct server_event *ev);
void report_text_dropped(struct report *r, const struct server_event *ev);
void report_text_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next);
void report_text_ready(struct report *r, const struct discovery *d,
		       enum discover_version version);
void report_text_record(struct report *r, const struct enr *record);
void report_text_plugin(struct report *r, const struct log_line *line);
void report_text_stopped(struct report *r, const struct server_counters *sums,
			 uint64_t ns);

void report_json_started(struct report *r, const struct report_start *start);
void report_json_added(struct report *r, const struct server_event *ev);
void report_json_dropped(struct report *r, const struct server_event *ev);
void report_json_failed(struct report *r, const struct enode *node,
			const char *cause, enum report_next next);
void report_json_ready(struct report *r, const struct discovery *d,
		       enum discover_version version);
void report_json_record(struct report *r, const struct enr *record);
void report_json_plugin(struct report *r, const struct log_line *line);
void report_json_stopped(struct report *r, const struct server_counters *sums,
			 uint64_t ns);

#endif
