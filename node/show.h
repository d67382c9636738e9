/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - how things look to a person on a terminal and to a program that
 * reads JSON lines. Text from strangers goes through show_text or
 * show_json_text and nothing else. */
#ifndef NODE_SHOW_H
#define NODE_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "p2p/base/span.h"

enum {
	SHOW_TEXT_MAX = 1100, /* a Hello name, every byte escaped, fits */
	SHOW_AMOUNT_MAX = 24, /* "123.4 kB", "12.3 ms" */
};

enum show_form {
	SHOW_AS_TEXT,
	SHOW_AS_JSON, /* one object a line, "event" first */
};

enum show_tone {
	SHOW_PLAIN, /* ends any other */
	SHOW_DIM,
	SHOW_BOLD,
	SHOW_GOOD,
	SHOW_BAD,
	SHOW_WARN,
};

/* show_has_colour - is it a terminal, and is colour wanted there? Not with
 * NO_COLOR set to anything, nor with TERM=dumb. */
bool show_has_colour(FILE *out);

/* show_tone - the escape sequence, or "" without colour. */
const char *show_tone(bool colour, enum show_tone tone);

/* show_row - a line of an account of steps on standard output: what it was, in
 * that tone, the text, and at the right the time, which may be "". Flushed. */
void show_row(bool colour, enum show_tone tone, const char *what,
	      const char *text, const char *time);

/* show_text - any bytes as printable ASCII by the rules of log_value_text, but
 * without quotes around it. Returns out. */
const char *show_text(char *out, size_t room, struct span bytes);

/* show_ms - "0.4 ms", "12.3 s" from nanoseconds. Returns out. */
const char *show_ms(char out[SHOW_AMOUNT_MAX], uint64_t ns);

/* show_bytes - "912 B", "1.2 kB", "3.4 MB". Returns out. */
const char *show_bytes(char out[SHOW_AMOUNT_MAX], uint64_t bytes);

/* show_hex - lower-case digits of bytes that are no secret, and a terminator:
 * 2 * bytes.len + 1 characters. Returns out. */
const char *show_hex(char *out, struct span bytes);

/* show_json_text - a JSON string of any bytes, escaped as show_text does; for
 * what a peer sent. New reference, never NULL. */
json_t *show_json_text(struct span bytes);

/* show_json_own - a JSON string of our user's own words, such as a path:
 * UTF-8 as it is, anything else escaped. New reference, never NULL. */
json_t *show_json_own(const char *text);

/* show_json_set - put a member at the end; takes the value. */
void show_json_set(json_t *object, const char *key, json_t *value);

/* show_json_event - a new object whose first member is "event". */
json_t *show_json_event(const char *event);

/* show_json_line - print the object on one line and flush; takes it. */
void show_json_line(FILE *out, json_t *object);

#endif
