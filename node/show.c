/* SPDX-License-Identifier: Apache-2.0 */
#include "node/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p2p/base/log.h"

bool show_has_colour(FILE *out)
{
	const char *never = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (never && *never)
		return false;
	if (!term || !strcmp(term, "dumb"))
		return false;
	return isatty(fileno(out));
}

const char *show_tone(bool colour, enum show_tone tone)
{
	static const char *const codes[] = {
		[SHOW_PLAIN] = "\x1b[0m", [SHOW_DIM] = "\x1b[2m",
		[SHOW_BOLD] = "\x1b[1m",  [SHOW_GOOD] = "\x1b[32m",
		[SHOW_BAD] = "\x1b[31m",  [SHOW_WARN] = "\x1b[33m",
	};

	return colour ? codes[tone] : "";
}

void show_row(bool colour, enum show_tone tone, const char *what,
	      const char *text, const char *time)
{
	const char *plain = show_tone(colour, SHOW_PLAIN);

	printf("  %s%-13s%s ", show_tone(colour, tone), what, plain);
	if (*time)
		printf("%-44s %s%10s%s\n", text, show_tone(colour, SHOW_DIM),
		       time, plain);
	else
		printf("%s\n", text);
	fflush(stdout);
}

const char *show_text(char *out, size_t room, struct span bytes)
{
	const struct log_field field = LOG_SPAN("", bytes);
	size_t n;

	log_value_text(out, room, &field);
	/* An inner quote is escaped, so a leading one is the frame's. */
	n = strlen(out);
	if (n >= 2 && out[0] == '"') {
		memmove(out, out + 1, n - 2);
		out[n - 2] = '\0';
	}
	return out;
}

/* One decimal, cut: "9.9" rather than a "10.0" that was not reached. */
static const char *scaled(char out[SHOW_AMOUNT_MAX], uint64_t value,
			  uint64_t unit, const char *name)
{
	snprintf(out, SHOW_AMOUNT_MAX, "%" PRIu64 ".%" PRIu64 " %s",
		 value / unit, value % unit / (unit / 10), name);
	return out;
}

const char *show_ms(char out[SHOW_AMOUNT_MAX], uint64_t ns)
{
	if (ns >= 1000000000)
		return scaled(out, ns, 1000000000, "s");
	return scaled(out, ns, 1000000, "ms");
}

const char *show_bytes(char out[SHOW_AMOUNT_MAX], uint64_t bytes)
{
	if (bytes >= 1000000000)
		return scaled(out, bytes, 1000000000, "GB");
	if (bytes >= 1000000)
		return scaled(out, bytes, 1000000, "MB");
	if (bytes >= 1000)
		return scaled(out, bytes, 1000, "kB");
	snprintf(out, SHOW_AMOUNT_MAX, "%" PRIu64 " B", bytes);
	return out;
}

const char *show_hex(char *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes.data[i]);
	out[2 * bytes.len] = '\0';
	return out;
}

/* Small objects of ours: no memory means the end, as everywhere. */
static json_t *made(json_t *value)
{
	if (!value)
		abort();
	return value;
}

json_t *show_json_text(struct span bytes)
{
	char text[SHOW_TEXT_MAX];

	return made(json_string(show_text(text, sizeof(text), bytes)));
}

json_t *show_json_own(const char *text)
{
	json_t *value = json_string(text); /* NULL unless UTF-8 */

	return value ? value : show_json_text(span_text(text));
}

void show_json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, made(value)))
		abort();
}

json_t *show_json_event(const char *event)
{
	json_t *object = made(json_object());

	show_json_set(object, "event", json_string(event));
	return object;
}

void show_json_line(FILE *out, json_t *object)
{
	/* Nine digits: no 1.5409999999999999 where 1.541 was meant. */
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII |
						JSON_REAL_PRECISION(9));

	if (!text)
		abort();
	fprintf(out, "%s\n", text);
	fflush(out);
	free(text);
	json_decref(object);
}
