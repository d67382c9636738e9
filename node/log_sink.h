/* SPDX-License-Identifier: Apache-2.0 */
/* log_sink.h - where log lines of base/log.h go: a stream, as text for people
 * (coloured on a terminal) or as one JSON object a line:
 *
 *     12:04:31.207 info  peer    added  name=Geth/v1.17 peers=3
 *     {"event":"log","time":"2026-01-31T11:04:31.207Z","level":"info",
 *      "area":"peer","message":"added","name":"Geth/v1.17","peers":3}
 *
 * Times of text are local, those of JSON UTC. Whoever logs never waits for
 * whoever reads: see outlet.h. Thread: any may log. */
#ifndef NODE_LOG_SINK_H
#define NODE_LOG_SINK_H

#include "node/outlet.h"
#include "p2p/base/log.h"

/* Holds what log.ctx points to: do not copy or move after log_sink_init. */
struct log_sink {
	struct log log; /* give &sink.log to whoever logs */
	FILE *out;
	struct outlet *outlet; /* behind out; NULL: out is in memory */
	enum show_form form;
	bool colour;
};

void log_sink_init(struct log_sink *s, FILE *out, enum show_form form,
		   enum log_level level);

/* log_sink_clear - waits a moment for the last lines to be taken. Nothing may
 * be logged there any more. */
void log_sink_clear(struct log_sink *s);

#endif
