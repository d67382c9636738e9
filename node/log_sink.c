/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log_sink.h"

#include <pthread.h>
#include <time.h>

enum {
	LAST_MS = 200,
};

/* A line is one piece, whoever else logs. Not flockfile, of which the thread
 * sanitizer knows nothing. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static enum show_tone tone_of(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return SHOW_BAD;
	case LOG_WARN:
		return SHOW_WARN;
	case LOG_INFO:
		return SHOW_GOOD;
	case LOG_DEBUG:
		return SHOW_DIM;
	}
	return SHOW_PLAIN;
}

static void write_text(void *ctx, const struct log_line *line)
{
	const struct log_sink *s = ctx;
	const char *dim = show_tone(s->colour, SHOW_DIM);
	const char *plain = show_tone(s->colour, SHOW_PLAIN);
	char value[SHOW_TEXT_MAX];
	char clock[16];
	struct timespec ts;
	struct tm tm;

	pthread_mutex_lock(&writing);
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(s->out, "%s%s.%03ld%s %s%-5s%s %-6s  %s", dim, clock,
		ts.tv_nsec / 1000000, plain,
		show_tone(s->colour, tone_of(line->level)),
		log_level_name(line->level), plain, line->area, line->message);
	if (line->fields->kind != LOG_KIND_END)
		fputc(' ', s->out);
	for (const struct log_field *f = line->fields; f->kind != LOG_KIND_END;
	     f++)
		fprintf(s->out, " %s%s=%s%s", dim, f->key, plain,
			log_value_text(value, sizeof(value), f));
	fputc('\n', s->out);
	fflush(s->out);
	pthread_mutex_unlock(&writing);
}

static json_t *json_value(const struct log_field *f)
{
	if (f->kind == LOG_KIND_TEXT)
		return show_json_text(f->text);
	if (f->kind == LOG_KIND_MS)
		return json_real((double)f->number / 1e6);
	return json_integer((json_int_t)f->number);
}

static void write_json(void *ctx, const struct log_line *line)
{
	const struct log_sink *s = ctx;
	json_t *object = show_json_event("log");
	char text[40];
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", ts.tv_nsec / 1000000);
	show_json_set(object, "time", json_string(text));
	show_json_set(object, "level",
		      json_string(log_level_name(line->level)));
	show_json_set(object, "area", json_string(line->area));
	show_json_set(object, "message", json_string(line->message));
	for (const struct log_field *f = line->fields; f->kind != LOG_KIND_END;
	     f++)
		show_json_set(object, f->key, json_value(f));
	pthread_mutex_lock(&writing);
	show_json_line(s->out, object);
	pthread_mutex_unlock(&writing);
}

void log_sink_init(struct log_sink *s, FILE *out, enum show_form form,
		   enum log_level level)
{
	*s = (struct log_sink){
		.log = {
			.level = level,
			.sink = form == SHOW_AS_JSON ? write_json : write_text,
			.ctx = s,
			.any_thread = true,
		},
		.out = out,
		.form = form,
		.colour = show_has_colour(out),
	};
	if (fileno(out) < 0)
		return;
	fflush(out);
	s->outlet = outlet_open(fileno(out), form);
	s->out = outlet_stream(s->outlet);
}

void log_sink_clear(struct log_sink *s)
{
	if (s->outlet)
		outlet_drain(s->outlet, LAST_MS);
	outlet_close(s->outlet);
	s->outlet = NULL;
	s->log.sink = NULL;
}
