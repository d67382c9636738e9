/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/base/attr.h"

static void need(int ok)
{
	if (!ok)
		abort();
}

void scratch_open(struct scratch *s)
{
	strcpy(s->path, "/tmp/weft-unit-XXXXXX");
	need(mkdtemp(s->path) != NULL);
}

static int remove_one(const char *path, const struct stat *st UNUSED,
		      int kind UNUSED, struct FTW *at UNUSED)
{
	return remove(path);
}

void scratch_close(struct scratch *s)
{
	nftw(s->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_file(char out[PATH_MAX], const struct scratch *s,
			 const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s", s->path, name);
	return out;
}

void scratch_write(const char *path, const void *data, size_t len,
		   unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	need(fd >= 0);
	need(write(fd, data, len) == (ssize_t)len);
	need(!fchmod(fd, mode));
	close(fd);
}

void page_open(struct page *p)
{
	p->text = NULL;
	p->out = open_memstream(&p->text, &p->len);
	need(p->out != NULL);
}

const char *page_text(struct page *p)
{
	fflush(p->out);
	return p->text;
}

void page_close(struct page *p)
{
	fclose(p->out);
	free(p->text);
}
