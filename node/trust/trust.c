/* SPDX-License-Identifier: Apache-2.0 */
#include "node/trust/trust.h"

#include <stdbool.h>

/* What others may not do, and how it is taken from them. */
struct rule {
	mode_t bits;
	const char *may; /* "open to others" */
	const char *chmod;
};

static const struct rule secret = { 077, "open to others", "600" };
static const struct rule unwritten = { 022, "others may write to it", "700" };
static const struct rule closed = { 077, "others may enter it", "700" };
static const struct rule code = { 022, "others may write to it", "go-w" };

static enum err judge(const struct stat *st, uid_t us, const struct rule *rule,
		      const char *path, struct why *why)
{
	if (st->st_uid != us && st->st_uid != 0)
		return err_fail(why, ERR_DENIED,
				"belongs to another user (uid %u); use one of "
				"your own",
				(unsigned)st->st_uid);
	if (st->st_mode & rule->bits)
		return err_fail(why, ERR_DENIED, "%s (mode %04o); chmod %s %s",
				rule->may, (unsigned)st->st_mode & 07777,
				rule->chmod, path);
	return ERR_NONE;
}

enum err trust_secret(const struct stat *st, uid_t us, const char *path,
		      struct why *why)
{
	if (!S_ISREG(st->st_mode))
		return err_fail(why, ERR_FORMAT, "not a regular file");
	return judge(st, us, &secret, path, why);
}

static enum err judge_folder(const struct stat *st, uid_t us,
			     const struct rule *rule, const char *path,
			     struct why *why)
{
	if (!S_ISDIR(st->st_mode))
		return err_fail(why, ERR_FORMAT, "not a folder");
	return judge(st, us, rule, path, why);
}

enum err trust_folder(const struct stat *st, uid_t us, const char *path,
		      struct why *why)
{
	return judge_folder(st, us, &unwritten, path, why);
}

enum err trust_own_folder(const struct stat *st, uid_t us, const char *path,
			  struct why *why)
{
	return judge_folder(st, us, &closed, path, why);
}

enum err trust_code(const struct stat *st, uid_t us, const char *path,
		    struct why *why)
{
	static const struct rule only_owner = { 0 };
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	/* Linux keeps no permissions of links. */
	return judge(st, us,
		     sticky || S_ISLNK(st->st_mode) ? &only_owner : &code, path,
		     why);
}
