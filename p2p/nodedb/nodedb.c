/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/nodedb.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/nodedb/pages.h"

enum {
	VERSION = 2,
	ASIDE_MAX = 9999,
	FILE_MODE = 0600,
	FOLDER_MODE = 0700,
};

static const char version_key[] = "version";

struct nodedb {
	char folder[PATH_MAX];
	char file[PATH_MAX];
	struct node_id self;
	uint64_t seq;
};

/* LMDB and its one table, open. */
struct table {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
};

/* --- errors --------------------------------------------------------------- */

static enum err system_error(struct why *why, int errnum, const char *what)
{
	enum err rc = errnum == EACCES || errnum == EPERM || errnum == EROFS
			      ? ERR_DENIED
			      : ERR_SYSTEM;

	return err_errno(why, rc, errnum, "%s", what);
}

/* Its own codes are negative. */
static enum err lmdb_error(struct why *why, int code, const char *what)
{
	enum err rc = ERR_SYSTEM;

	if (code > 0)
		return system_error(why, code, what);
	if (code == MDB_MAP_FULL)
		rc = ERR_LIMIT;
	if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND ||
	    code == MDB_INVALID || code == MDB_VERSION_MISMATCH)
		rc = ERR_FORMAT;
	return err_fail(why, rc, "%s: %s", what, mdb_strerror(code));
}

/* --- LMDB ----------------------------------------------------------------- */

/* LMDB allocates 3 MB for a transaction, which the allocator would keep from
 * the second time on, as well as what else was free by now. */
static void table_close(struct table *t)
{
	if (t->txn)
		mdb_txn_abort(t->txn);
	mdb_env_close(t->env);
	malloc_trim(0);
}

/* It is flushed to disk with every transaction, and locked by the folder's
 * lock. */
static enum err table_open(struct table *t, const struct nodedb *db,
			   unsigned txn_flags, struct why *why)
{
	int code = mdb_env_create(&t->env);

	t->txn = NULL;
	if (code)
		return lmdb_error(why, code, "cannot be opened");
	code = mdb_env_set_mapsize(t->env, PAGES_FILE_MAX);
	if (!code)
		code = mdb_env_open(t->env, db->folder, MDB_NOLOCK | MDB_NOTLS,
				    FILE_MODE);
	if (!code)
		code = mdb_txn_begin(t->env, NULL, txn_flags, &t->txn);
	if (!code)
		code = mdb_dbi_open(t->txn, NULL, 0, &t->dbi);
	if (!code)
		return ERR_NONE;
	table_close(t);
	return lmdb_error(why, code, "cannot be opened");
}

static MDB_val val_of(struct span s)
{
	return (MDB_val){ .mv_size = s.len, .mv_data = (void *)s.data };
}

static int put(struct table *t, struct span key, struct span value)
{
	MDB_val k = val_of(key), v = val_of(value);

	return mdb_put(t->txn, t->dbi, &k, &v, 0);
}

static int del(struct table *t, struct span key)
{
	MDB_val k = val_of(key);
	int code = mdb_del(t->txn, t->dbi, &k, NULL);

	return code == MDB_NOTFOUND ? 0 : code;
}

static int put_version(struct table *t)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", VERSION);
	return put(t, span_text(version_key), span_text(text));
}

static int put_seq(struct table *t, const struct node_id *self, uint64_t seq)
{
	struct entry_key key = entry_seq_key(self);
	struct buf value;
	int code;

	buf_init(&value, ENTRY_MAX);
	entry_seq_encode(&value, self, seq);
	code = put(t, span_of(key.b, sizeof(key.b)),
		   span_of(value.data, value.len));
	buf_clear(&value);
	return code;
}

/* --- moving aside ----------------------------------------------------------
 */

static enum err move_aside(struct nodedb_news *news, const char *path,
			   const struct why *reason, struct why *why)
{
	struct stat st;

	for (int n = 1; n <= ASIDE_MAX; n++) {
		int len = snprintf(news->moved_to, sizeof(news->moved_to),
				   "%s.%d", path, n);

		if (len >= (int)sizeof(news->moved_to))
			return err_fail(why, ERR_LIMIT, "the path is too long");
		if (!lstat(news->moved_to, &st))
			continue;
		if (rename(path, news->moved_to))
			return system_error(why, errno, "cannot be moved");
		news->moved_why = *reason;
		return ERR_NONE;
	}
	return err_fail(why, ERR_LIMIT, "%d were moved aside already",
			ASIDE_MAX);
}

/* --- the folder ----------------------------------------------------------- */

static enum err make_folder(const char *path, struct why *why)
{
	if (mkdir(path, FOLDER_MODE) && errno != EEXIST)
		return system_error(why, errno, "cannot be made");
	return ERR_NONE;
}

static enum err open_folder(struct nodedb *db, struct nodedb_news *news,
			    struct why *why)
{
	struct why reason = WHY_NONE;
	struct stat st;
	enum err rc = make_folder(db->folder, why);

	if (!rc && lstat(db->folder, &st))
		rc = system_error(why, errno, "cannot be examined");
	if (!rc && !S_ISDIR(st.st_mode)) {
		err_fail(&reason, ERR_FORMAT, "not a folder");
		rc = move_aside(news, db->folder, &reason, why);
		if (!rc)
			rc = make_folder(db->folder, why);
	} else if (!rc && (st.st_mode & 07777) != FOLDER_MODE &&
		   chmod(db->folder, FOLDER_MODE)) {
		rc = system_error(why, errno, "cannot be kept from others");
	}
	return rc;
}

/* --- looking at the file ---------------------------------------------------
 */

/* All of it. ERR_NOT_FOUND: there is none, or an empty one. ERR_FORMAT,
 * ERR_LIMIT: it is no database. */
static enum err read_file(struct buf *out, const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	if (fd < 0 && errno != ELOOP)
		return system_error(why, errno, "cannot be opened");
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		return err_fail(why, ERR_FORMAT, "not a file");
	}
	if ((st.st_mode & 07777) != FILE_MODE && fchmod(fd, FILE_MODE))
		n = -1;
	while (n > 0) {
		size_t room = st.st_size > (off_t)out->len
				      ? (size_t)st.st_size - out->len
				      : 1;
		uint8_t *to = buf_grow(out, room);

		if (!to) {
			close(fd);
			return err_fail(why, ERR_LIMIT, "over %d MB",
					PAGES_FILE_MAX >> 20);
		}
		n = read(fd, to, room);
		if (n > 0)
			buf_commit(out, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	close(fd);
	if (n < 0)
		return system_error(why, errno, "cannot be read");
	return out->len ? ERR_NONE : ERR_NOT_FOUND;
}

/* ERR_NOT_FOUND as above. */
static enum err check_file(const struct nodedb *db, struct why *why)
{
	struct buf file;
	enum err rc;

	buf_init(&file, PAGES_FILE_MAX);
	rc = read_file(&file, db->file, why);
	if (!rc)
		rc = pages_check(span_of(file.data, file.len), why);
	buf_clear(&file);
	return rc;
}

/* ERR_UNSUPPORTED, ERR_FORMAT: it is not ours. */
static enum err check_version(struct table *t, struct why *why)
{
	MDB_val key = val_of(span_text(version_key)), v;
	char ours[16];
	MDB_stat stat;
	int code = mdb_stat(t->txn, t->dbi, &stat);

	if (!code && !stat.ms_entries)
		return ERR_NONE;
	if (!code)
		code = mdb_get(t->txn, t->dbi, &key, &v);
	if (code == MDB_NOTFOUND)
		return err_fail(why, ERR_FORMAT,
				"an LMDB database of something else");
	if (code)
		return lmdb_error(why, code, "cannot be read");
	snprintf(ours, sizeof(ours), "%d", VERSION);
	if (span_equal(span_of(v.mv_data, v.mv_size), span_text(ours)))
		return ERR_NONE;
	return err_fail(why, ERR_UNSUPPORTED,
			"of version %.*s, where this weft has %s",
			v.mv_size < sizeof(ours) ? (int)v.mv_size : 0,
			(const char *)v.mv_data, ours);
}

static bool is_unusable(enum err rc)
{
	return rc == ERR_FORMAT || rc == ERR_UNSUPPORTED || rc == ERR_LIMIT;
}

/* --- loading ---------------------------------------------------------------
 */

/* An entry of any kind. False: it is not valid. */
static bool load_one(struct nodedb *db, struct known *k, struct span key,
		     struct span value)
{
	struct entry_key seq = entry_seq_key(&db->self);

	if (span_equal(key, span_text(version_key)))
		return true;
	if (span_equal(key, span_of(seq.b, sizeof(seq.b))))
		return !entry_seq_decode(&db->seq, key, value);
	/* That of another key of this node. */
	if (key.len == ENTRY_KEY && key.data[0] == seq.b[0])
		return true;
	return !known_load(k, key, value);
}

static enum err load_all(struct nodedb *db, struct table *t, struct known *k,
			 struct nodedb_news *news, struct why *why)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	int code = mdb_cursor_open(t->txn, t->dbi, &cursor);

	if (code)
		return lmdb_error(why, code, "cannot be read");
	while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		news->left_out +=
			!load_one(db, k, span_of(key.mv_data, key.mv_size),
				  span_of(value.mv_data, value.mv_size));
	}
	mdb_cursor_close(cursor);
	known_loaded(k);
	if (code != MDB_NOTFOUND)
		return lmdb_error(why, code, "cannot be read");
	return ERR_NONE;
}

static enum err load(struct nodedb *db, struct known *k,
		     struct nodedb_news *news, struct why *why)
{
	struct table t;
	enum err rc = table_open(&t, db, MDB_RDONLY, why);

	if (rc)
		return rc;
	rc = check_version(&t, why);
	if (!rc)
		rc = load_all(db, &t, k, news, why);
	table_close(&t);
	return rc;
}

/* --- writing ---------------------------------------------------------------
 */

static int write_changes(struct table *t, const struct known_batch *b)
{
	int code = 0;

	for (size_t i = 0; i < b->count && !code; i++) {
		const struct known_change *c = &b->changes[i];
		struct span key = span_of(c->key.b, sizeof(c->key.b));

		if (c->len)
			code = put(t, key,
				   span_of(b->values.data + c->at, c->len));
		else
			code = del(t, key);
	}
	return code;
}

/* Either argument may say nothing. */
static enum err write_all(struct nodedb *db, struct known_batch *batch,
			  uint64_t seq, struct why *why)
{
	struct table t;
	enum err rc = table_open(&t, db, 0, why);
	int code;

	if (rc)
		return rc;
	/* Should somebody have removed the file, this is a new one. */
	code = put_version(&t);
	if (!code && batch)
		code = write_changes(&t, batch);
	if (!code && seq > db->seq)
		code = put_seq(&t, &db->self, seq);
	if (!code) {
		code = mdb_txn_commit(t.txn);
		t.txn = NULL;
	}
	if (batch)
		buf_clear(&batch->values);
	table_close(&t);
	if (code)
		return lmdb_error(why, code, "cannot be written");
	if (seq > db->seq)
		db->seq = seq;
	return ERR_NONE;
}

enum err nodedb_write(struct nodedb *db, struct known_batch *batch,
		      struct why *why)
{
	enum err rc = write_all(db, batch, batch->seq, why);

	return rc ? err_wrap(why, rc, "node database %s", db->folder) : rc;
}

enum err nodedb_write_seq(struct nodedb *db, uint64_t seq, struct why *why)
{
	enum err rc = write_all(db, NULL, seq, why);

	return rc ? err_wrap(why, rc, "node database %s", db->folder) : rc;
}

uint64_t nodedb_seq(const struct nodedb *db)
{
	return db->seq;
}

/* --- opening ---------------------------------------------------------------
 */

/* The names of files outlive a power cut, too. */
static void flush_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!fsync(fd);
	close(fd);
}

static enum err open_file(struct nodedb *db, struct known *k,
			  struct nodedb_news *news, struct why *why)
{
	struct why reason = WHY_NONE;
	enum err rc = check_file(db, &reason);

	if (!rc)
		rc = load(db, k, news, &reason);
	if (!rc)
		return rc;
	if (rc != ERR_NOT_FOUND && !is_unusable(rc))
		return err_fail(why, rc, "%s", reason.text);
	if (is_unusable(rc)) {
		rc = move_aside(news, db->file, &reason, why);
		if (rc)
			return rc;
	}
	rc = write_all(db, NULL, 0, why);
	flush_folder(db->folder);
	return rc;
}

enum err nodedb_open(struct nodedb **out, struct known *k,
		     struct nodedb_news *news, const char *folder,
		     const struct node_id *self, struct why *why)
{
	struct nodedb *db = calloc(1, sizeof(*db));
	struct nodedb_news heard = { .left_out = 0 };
	enum err rc = ERR_NONE;

	if (!db)
		abort();
	*out = NULL;
	db->self = *self;
	if (snprintf(db->folder, sizeof(db->folder), "%s", folder) >=
		    (int)sizeof(db->folder) ||
	    snprintf(db->file, sizeof(db->file), "%s/data.mdb", folder) >=
		    (int)sizeof(db->file))
		rc = err_fail(why, ERR_LIMIT, "the path is too long");
	if (!rc)
		rc = open_folder(db, &heard, why);
	if (!rc)
		rc = open_file(db, k, &heard, why);
	if (rc) {
		free(db);
		return err_wrap(why, rc, "node database %s", folder);
	}
	*news = heard;
	*out = db;
	return ERR_NONE;
}

void nodedb_close(struct nodedb *db)
{
	free(db);
}
