/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodekey.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/trust/trust.h"
#include "p2p/crypto/rng.h"

/* All ones when a < b, else zero; b below 2^31. The top bit of a - b says so,
 * unless a itself has it: a wrapped difference is large, never below. */
static uint32_t mask_below(uint32_t a, uint32_t b)
{
	return 0u - (((a - b) & ~a) >> 31);
}

/* The value of a hex digit; *bad becomes all ones for anything else. */
static uint32_t digit_value(uint8_t c, uint32_t *bad)
{
	uint32_t number = (uint32_t)c - '0';
	uint32_t letter = ((uint32_t)c | 0x20) - 'a';
	uint32_t is_number = mask_below(number, 10);
	uint32_t is_letter = mask_below(letter, 6);

	*bad |= ~(is_number | is_letter);
	return (number & is_number) | ((letter + 10) & is_letter);
}

/* '0' + v up to 9; from 10 on 39 more, which is where 'a' stands. */
static char digit_text(uint32_t v)
{
	return (char)('0' + v + (39 & ~mask_below(v, 10)));
}

enum err nodekey_parse(struct ecc_keypair *out, struct span text,
		       struct why *why)
{
	enum err rc = ERR_NONE;
	uint32_t bad = 0;

	memset(out, 0, sizeof(*out));
	if (text.len == NODEKEY_HEX + 1 && text.data[NODEKEY_HEX] == '\n')
		text.len--;
	if (text.len != NODEKEY_HEX)
		return err_fail(why, ERR_FORMAT,
				"not 64 hex digits (%zu bytes)", text.len);
	for (size_t i = 0; i < sizeof(out->key.b); i++) {
		uint32_t high = digit_value(text.data[2 * i], &bad);
		uint32_t low = digit_value(text.data[2 * i + 1], &bad);

		out->key.b[i] = (uint8_t)(high << 4 | low);
	}
	if (bad)
		rc = err_fail(why, ERR_FORMAT, "not 64 hex digits");
	else if (!ecc_key_valid(&out->key))
		rc = err_fail(why, ERR_FORMAT, "not a secp256k1 scalar");
	else
		ecc_pub_of(&out->pub, &out->key);
	if (rc)
		secret_wipe(out, sizeof(*out));
	return rc;
}

void nodekey_text(char out[NODEKEY_TEXT_MAX], const struct secret32 *key)
{
	for (size_t i = 0; i < sizeof(key->b); i++) {
		out[2 * i] = digit_text(key->b[i] >> 4);
		out[2 * i + 1] = digit_text(key->b[i] & 15);
	}
	out[NODEKEY_HEX] = '\0';
}

void nodekey_make(struct ecc_keypair *out)
{
	rng_key(&out->key);
	ecc_pub_of(&out->pub, &out->key);
}

enum err nodekey_read_text(char *out, size_t room, size_t *len, int fd,
			   struct why *why)
{
	char over;
	ssize_t n;

	*len = 0;
	do {
		bool full = *len == room;

		n = read(fd, full ? &over : out + *len, full ? 1 : room - *len);
		if (n > 0 && full)
			return err_fail(why, ERR_LIMIT,
					"more than the %u hex digits of a key",
					NODEKEY_HEX);
		if (n > 0)
			*len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_errno(why, ERR_SYSTEM, errno, "cannot be read");
	return ERR_NONE;
}

/* Judged on the open descriptor, so that nobody can swap the file between the
 * look and the read. */
static enum err check_open_file(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(why, ERR_SYSTEM, errno, "cannot be examined");
	return trust_secret(&st, geteuid(), path, why);
}

enum err nodekey_load(struct ecc_keypair *out, const char *path,
		      struct why *why)
{
	char text[NODEKEY_HEX + 1];
	size_t len = 0;
	enum err rc;
	int fd;

	memset(out, 0, sizeof(*out));
	/* Without O_NONBLOCK opening a pipe would wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		rc = errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM;
		err_errno(why, rc, errno, "cannot be opened");
		return err_wrap(why, rc, "node key %s", path);
	}
	rc = check_open_file(fd, path, why);
	if (!rc)
		rc = nodekey_read_text(text, sizeof(text), &len, fd, why);
	if (rc == ERR_LIMIT)
		rc = err_fail(why, ERR_FORMAT,
			      "not 64 hex digits (the file is longer)");
	if (!rc)
		rc = nodekey_parse(out, span_of(text, len), why);
	secret_wipe(text, sizeof(text));
	close(fd);
	return rc ? err_wrap(why, rc, "node key %s", path) : ERR_NONE;
}

static enum err write_all(int fd, const char *text, size_t len, struct why *why)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(why, ERR_SYSTEM, errno,
					 "cannot be written");
		text += n;
		len -= (size_t)n;
	}
	return ERR_NONE;
}

/* The new name survives a power cut only once its folder is on the disk. */
static enum err sync_folder(const char *path, struct why *why)
{
	char copy[PATH_MAX];
	int fd, failed;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return err_fail(why, ERR_SYSTEM, "the path is too long");
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(why, ERR_SYSTEM, errno,
				 "its folder cannot be opened");
	/* Some file systems have no such call for folders: EINVAL. */
	failed = fsync(fd) && errno != EINVAL ? errno : 0;
	close(fd);
	if (failed)
		return err_errno(why, ERR_SYSTEM, failed,
				 "its folder cannot be synced");
	return ERR_NONE;
}

static enum err write_key(int fd, const struct secret32 *key, struct why *why)
{
	char text[NODEKEY_TEXT_MAX];
	enum err rc;

	nodekey_text(text, key);
	text[NODEKEY_HEX] = '\n';
	rc = write_all(fd, text, sizeof(text), why);
	secret_wipe(text, sizeof(text));
	/* The umask may have taken bits that the owner needs. */
	if (!rc && (fchmod(fd, 0600) || fsync(fd)))
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot be written");
	return rc;
}

enum err nodekey_save(const char *path, const struct secret32 *key,
		      struct why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum err rc;

	if (fd < 0 && errno == EEXIST) {
		err_fail(why, ERR_EXISTS,
			 "exists already and is never overwritten");
		return err_wrap(why, ERR_EXISTS, "node key %s", path);
	}
	if (fd < 0) {
		err_errno(why, ERR_SYSTEM, errno, "cannot be made");
		return err_wrap(why, ERR_SYSTEM, "node key %s", path);
	}
	rc = write_key(fd, key, why);
	if (close(fd) && !rc)
		rc = err_errno(why, ERR_SYSTEM, errno, "cannot be written");
	if (!rc)
		rc = sync_folder(path, why);
	if (!rc)
		return ERR_NONE;
	unlink(path);
	return err_wrap(why, rc, "node key %s", path);
}

enum err nodekey_ensure(struct ecc_keypair *out, enum nodekey_origin *origin,
			const char *path, struct why *why)
{
	enum err rc = nodekey_load(out, path, why);

	if (!rc)
		*origin = NODEKEY_LOADED;
	if (rc != ERR_NOT_FOUND)
		return rc;
	nodekey_make(out);
	rc = nodekey_save(path, &out->key, why);
	if (rc)
		secret_wipe(out, sizeof(*out));
	else
		*origin = NODEKEY_MADE;
	return rc;
}
