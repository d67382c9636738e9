/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/event.h>

#include "test/support/assert.h"

#include <stdarg.h>
#include <stdio.h>

void assert_failed(const char *file, int line, const char *text,
		   const char *format, ...)
{
	char detail[1024], message[2048];
	struct criterion_assert_stats stats = {
		.message = message,
		.file = file,
		.line = (unsigned)line,
	};
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	snprintf(message, sizeof(message), "%s%s%s", text, detail[1] ? ":" : "",
		 detail[1] ? detail : "");
	criterion_send_assert(&stats);
	criterion_abort_test();
}
