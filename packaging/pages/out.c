/* SPDX-License-Identifier: Apache-2.0 */
#include "packaging/pages/out.h"

#include <limits.h>
#include <stdlib.h>

static void die(const char *name)
{
	perror(name);
	exit(EXIT_FAILURE);
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, mode);
	if (!file)
		die(path);
	return file;
}

FILE *out_open(const char *folder, const char *name)
{
	return open_in(folder, name, "we");
}

void out_close(FILE *out, const char *name)
{
	int failed = ferror(out);

	if (fclose(out) || failed)
		die(name);
}

void out_copy(FILE *out, const char *folder, const char *name)
{
	FILE *in = open_in(folder, name, "re");
	int c;

	while ((c = getc(in)) != EOF)
		putc(c, out);
	if (ferror(in))
		die(name);
	fclose(in);
}
