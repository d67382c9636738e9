/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/modules.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void logged(void *ctx, const struct log_line *line)
{
	struct modules *m = ctx;

	if (line->level <= LOG_WARN)
		snprintf(m->warned, sizeof(m->warned), "%s", line->message);
}

void modules_open(struct modules *m)
{
	struct loader_config config = { .us = geteuid() };

	crypto_init();
	memset(m, 0, sizeof(*m));
	scratch_open(&m->scratch);
	m->log = (struct log){ .level = LOG_DEBUG, .sink = logged, .ctx = m };
	config.folder = m->scratch.path;
	config.log = &m->log;
	m->loader = loader_new(&config);
}

void modules_close(struct modules *m)
{
	loader_free(m->loader);
	scratch_close(&m->scratch);
}

const char *modules_path(char out[PATH_MAX], const struct modules *m,
			 const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s.so", m->scratch.path, name);
	return out;
}

struct span modules_read(const char *path)
{
	struct stat st;
	uint8_t *bytes;
	size_t len;
	FILE *in = fopen(path, "re");

	need(in != NULL);
	need(!fstat(fileno(in), &st));
	len = (size_t)st.st_size;
	bytes = malloc(len + 1);
	need(bytes != NULL);
	need(fread(bytes, 1, len, in) == len);
	fclose(in);
	return span_of(bytes, len);
}

void modules_copy(struct modules *m, const char *from, const char *to)
{
	char path[PATH_MAX];
	struct span bytes;

	snprintf(path, sizeof(path), TEST_PLUGINS "/%s.so", from);
	bytes = modules_read(path);
	scratch_write(modules_path(path, m, to), bytes.data, bytes.len, 0644);
	free((void *)bytes.data);
}

size_t modules_maps(const char *text)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128];
	size_t count = 0;

	need(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, text) != NULL;
	fclose(maps);
	return count;
}
