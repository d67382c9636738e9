/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/nodedb/folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NOW = 1700000000
};

char folder[PATH_MAX];
char folder_db[PATH_MAX];
char folder_file[PATH_MAX];
const struct node_id folder_self = { { 's', 'e', 'l', 'f' } };

void folder_open(void)
{
	static const char name[] = "weft-nodedb-XXXXXX";

	crypto_init();
	/* In memory, where there is such a folder: nothing is flushed. */
	snprintf(folder, sizeof(folder), "/dev/shm/%s", name);
	if (!mkdtemp(folder)) {
		snprintf(folder, sizeof(folder), "/tmp/%s", name);
		cr_assert(mkdtemp(folder) != NULL);
	}
	cr_assert(snprintf(folder_db, PATH_MAX, "%s/nodes", folder) > 0);
	cr_assert(snprintf(folder_file, PATH_MAX, "%s/nodes/data.mdb", folder) >
		  0);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void folder_close(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct opened open_db(void)
{
	struct opened o = { .k = known_new(NULL) };
	struct why why = WHY_NONE;

	cr_assert_eq(
		nodedb_open(&o.db, o.k, &o.news, folder_db, &folder_self, &why),
		0, "%s", why.text);
	return o;
}

void close_db(struct opened *o)
{
	nodedb_close(o->db);
	known_free(o->k);
}

void write_db(struct opened *o, uint64_t seq)
{
	struct why why = WHY_NONE;
	struct known_batch *b;

	while ((b = known_collect(o->k, 0))) {
		enum err rc = nodedb_write(o->db, b, &why);

		known_written(o->k, b, rc);
		cr_assert_eq(rc, 0, "%s", why.text);
	}
	if (seq)
		cr_assert_eq(nodedb_write_seq(o->db, seq, &why), 0, "%s",
			     why.text);
}

void fill_db(struct opened *o, unsigned from, unsigned to)
{
	for (unsigned n = from; n < to; n++) {
		struct known_contact c = node_signed(n, n, 1, 1);

		known_answered(o->k, &c, NOW + n);
	}
}

void put_file(const char *path, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
	close(fd);
}

struct span get_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *data;

	cr_assert(fd >= 0 && !fstat(fd, &st));
	data = malloc((size_t)st.st_size + 1);
	cr_assert(data != NULL);
	cr_assert_eq(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	return span_of(data, (size_t)st.st_size);
}

bool is_file(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}
