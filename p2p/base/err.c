/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_name(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return "success";
	case ERR_SHORT:
		return "incomplete";
	case ERR_FORMAT:
		return "malformed";
	case ERR_LIMIT:
		return "limit exceeded";
	case ERR_UNSUPPORTED:
		return "unsupported";
	case ERR_AUTH:
		return "authentication failed";
	case ERR_NOT_FOUND:
		return "not found";
	case ERR_EXISTS:
		return "already exists";
	case ERR_DENIED:
		return "not allowed";
	case ERR_BUSY:
		return "busy";
	case ERR_TIMEOUT:
		return "timed out";
	case ERR_CLOSED:
		return "closed";
	case ERR_SYSTEM:
		return "system error";
	}
	return "unknown error";
}

/* A why is printed on one line of a terminal: no control bytes get through,
 * whatever a file name or a peer's text held. Bytes above 0x7f pass: paths
 * are UTF-8. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
	}
}

enum err err_fail(struct why *why, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return e;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	make_printable(why->text);
	return e;
}

enum err err_errno(struct why *why, enum err e, int errnum, const char *fmt,
		   ...)
{
	va_list ap;
	size_t n;

	if (!why)
		return e;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	n = strlen(why->text);
	snprintf(why->text + n, sizeof(why->text) - n, ": %s",
		 strerror(errnum));
	make_printable(why->text);
	return e;
}

enum err err_wrap(struct why *why, enum err e, const char *fmt, ...)
{
	char outer[WHY_MAX];
	char inner[WHY_MAX];
	va_list ap;

	if (!why)
		return e;
	va_start(ap, fmt);
	vsnprintf(outer, sizeof(outer), fmt, ap);
	va_end(ap);
	snprintf(inner, sizeof(inner), "%s",
		 why->text[0] ? why->text : err_name(e));
	/* Precision keeps the result inside WHY_MAX for the compiler too. */
	snprintf(why->text, sizeof(why->text), "%.*s: %.*s", WHY_MAX / 2, outer,
		 WHY_MAX / 2 - 4, inner);
	make_printable(why->text);
	return e;
}
