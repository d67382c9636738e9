/* SPDX-License-Identifier: Apache-2.0 */
#include "node/trust.h"

static enum err check_owner(const struct stat *st, uid_t us, struct why *why)
{
	if (st->st_uid == us || st->st_uid == 0)
		return ERR_NONE;
	return err_fail(why, ERR_DENIED,
			"belongs to another user (uid %u); use one of your own",
			(unsigned)st->st_uid);
}

enum err trust_secret(const struct stat *st, uid_t us, const char *path,
		      struct why *why)
{
	enum err rc;

	if (!S_ISREG(st->st_mode))
		return err_fail(why, ERR_FORMAT, "not a regular file");
	rc = check_owner(st, us, why);
	if (!rc && (st->st_mode & 077))
		rc = err_fail(why, ERR_DENIED,
			      "open to others (mode %04o); chmod 600 %s",
			      (unsigned)st->st_mode & 07777, path);
	return rc;
}

enum err trust_folder(const struct stat *st, uid_t us, const char *path,
		      struct why *why)
{
	enum err rc;

	if (!S_ISDIR(st->st_mode))
		return err_fail(why, ERR_FORMAT, "not a folder");
	rc = check_owner(st, us, why);
	if (!rc && (st->st_mode & 022))
		rc = err_fail(why, ERR_DENIED,
			      "others may write to it (mode %04o); chmod 700 "
			      "%s",
			      (unsigned)st->st_mode & 07777, path);
	return rc;
}
