/* SPDX-License-Identifier: Apache-2.0 */
#include "node/trust/trust.h"

#include "p2p/base/attr.h"
#include "test/support/unit.h"

Test(trust, goes_by_owner_and_mode)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		enum err secret, folder, own_folder, code;
	} cases[] = {
		{ S_IFREG | 0600, 1000, ERR_NONE, ERR_FORMAT, ERR_FORMAT,
		  ERR_NONE },
		{ S_IFREG | 0400, 0, ERR_NONE, ERR_FORMAT, ERR_FORMAT,
		  ERR_NONE },
		{ S_IFREG | 0600, 1001, ERR_DENIED, ERR_FORMAT, ERR_FORMAT,
		  ERR_DENIED },
		{ S_IFREG | 0640, 1000, ERR_DENIED, ERR_FORMAT, ERR_FORMAT,
		  ERR_NONE },
		{ S_IFREG | 0602, 0, ERR_DENIED, ERR_FORMAT, ERR_FORMAT,
		  ERR_DENIED },
		{ S_IFDIR | 0700, 1000, ERR_FORMAT, ERR_NONE, ERR_NONE,
		  ERR_NONE },
		{ S_IFDIR | 0755, 0, ERR_FORMAT, ERR_NONE, ERR_DENIED,
		  ERR_NONE },
		{ S_IFDIR | 0710, 1000, ERR_FORMAT, ERR_NONE, ERR_DENIED,
		  ERR_NONE },
		{ S_IFDIR | 0701, 1000, ERR_FORMAT, ERR_NONE, ERR_DENIED,
		  ERR_NONE },
		{ S_IFDIR | 0700, 1001, ERR_FORMAT, ERR_DENIED, ERR_DENIED,
		  ERR_DENIED },
		{ S_IFDIR | 0720, 1000, ERR_FORMAT, ERR_DENIED, ERR_DENIED,
		  ERR_DENIED },
		{ S_IFDIR | 01777, 0, ERR_FORMAT, ERR_DENIED, ERR_DENIED,
		  ERR_NONE },
		{ S_IFIFO | 0600, 1000, ERR_FORMAT, ERR_FORMAT, ERR_FORMAT,
		  ERR_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct stat st = { .st_mode = cases[i].mode,
					 .st_uid = cases[i].owner };
		struct why why = WHY_NONE;

		cr_assert_eq(trust_secret(&st, 1000, "F", &why),
			     cases[i].secret, "secret, case %zu", i);
		cr_assert_eq(trust_folder(&st, 1000, "F", &why),
			     cases[i].folder, "folder, case %zu", i);
		cr_assert_eq(trust_own_folder(&st, 1000, "F", &why),
			     cases[i].own_folder, "own folder, case %zu", i);
		cr_assert_eq(trust_code(&st, 1000, "F", &why), cases[i].code,
			     "code, case %zu", i);
	}
}

static void says(const char *expected, enum err rc, const struct why *why)
{
	cr_assert_eq(rc, ERR_DENIED);
	cr_assert_str_eq(why->text, expected);
}

Test(trust, says_what_to_do)
{
	const struct stat file = { .st_mode = S_IFREG | 0664, .st_uid = 1 };
	const struct stat open = { .st_mode = S_IFDIR | 0777, .st_uid = 1 };
	const struct stat read = { .st_mode = S_IFDIR | 0755, .st_uid = 1 };
	struct why why = WHY_NONE;

	says("open to others (mode 0664); chmod 600 F",
	     trust_secret(&file, 1, "F", &why), &why);
	says("others may write to it (mode 0777); chmod 700 F",
	     trust_folder(&open, 1, "F", &why), &why);
	says("others may enter it (mode 0755); chmod 700 F",
	     trust_own_folder(&read, 1, "F", &why), &why);
	says("others may write to it (mode 0664); chmod go-w F",
	     trust_code(&file, 1, "F", &why), &why);
	says("belongs to another user (uid 1); use one of your own",
	     trust_secret(&file, 2, "F", &why), &why);
}
