/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void stop(const char *what, const char *detail)
{
	fprintf(stderr, "test vectors: %s: %s\n", what, detail);
	abort();
}

json_t *vectors_load(const char *name)
{
	char path[512];
	json_error_t error;
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s", TEST_VECTORS, name);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		stop(path, error.text);
	return root;
}

json_t *vectors_at(json_t *root, const char *path)
{
	char *copy = strdup(path);
	char *save = NULL;
	json_t *at = root;

	for (char *key = strtok_r(copy, ".", &save); key;
	     key = strtok_r(NULL, ".", &save)) {
		if (json_is_array(at))
			at = json_array_get(at, (size_t)atol(key));
		else
			at = json_object_get(at, key);
		if (!at)
			stop("no such path", path);
	}
	free(copy);
	return at;
}

const char *vectors_text(json_t *root, const char *path)
{
	const char *text = json_string_value(vectors_at(root, path));

	if (!text)
		stop("not a string", path);
	return text;
}

static unsigned digit(const char *hex, char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	if (!at)
		stop("not hex", hex);
	return (unsigned)(at - digits);
}

static const char *skip_prefix(const char *hex)
{
	return strncmp(hex, "0x", 2) == 0 ? hex + 2 : hex;
}

void hex_copy(void *out, size_t n, const char *hex)
{
	uint8_t *to = out;

	hex = skip_prefix(hex);
	if (strlen(hex) != 2 * n)
		stop("wrong length", hex);
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(digit(hex, hex[2 * i]) << 4 |
				  digit(hex, hex[2 * i + 1]));
}

struct span hex_bytes(const char *hex)
{
	size_t n = strlen(skip_prefix(hex)) / 2;
	uint8_t *data = malloc(n + 1);

	if (!data)
		abort();
	hex_copy(data, n, hex);
	return span_of(data, n);
}

struct span vectors_hex(json_t *root, const char *path)
{
	return hex_bytes(vectors_text(root, path));
}
