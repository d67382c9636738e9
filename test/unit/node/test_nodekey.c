/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nodekey.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/sealed_key.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

/* Key 1: its public key is the curve's generator, G = (79be667e...). */
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define G_X "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"

static const struct nodekey_unlock none;

static bool is_zero(const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		if (b[i])
			return false;
	return true;
}

static enum err parse(struct ecc_keypair *out, const char *text, size_t len,
		      struct why *why)
{
	crypto_init();
	memset(out, 0xa5, sizeof(*out));
	*why = (struct why)WHY_NONE;
	return nodekey_parse(out, span_of(text, len), why);
}

Test(nodekey, reads_64_digits_with_or_without_a_newline)
{
	static const char *const texts[] = { ONE, ONE "\n" };
	struct ecc_keypair key;
	struct why why;
	uint8_t x[32];

	hex_copy(x, sizeof(x), G_X);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		cr_assert_eq(parse(&key, texts[i], strlen(texts[i]), &why),
			     ERR_NONE);
		cr_assert_arr_eq(key.pub.b, x, sizeof(x));
		cr_assert_eq(key.key.b[31], 1);
	}
}

Test(nodekey, reads_every_digit_in_both_cases_and_writes_lower_case)
{
	static const char mixed[] = "0123456789abcdefABCDEF0123456789"
				    "fFeEdDcCbBaA99887766554433221100";
	char back[NODEKEY_TEXT_MAX];
	struct ecc_keypair key;
	struct why why;
	uint8_t want[32];

	hex_copy(want, sizeof(want),
		 "0123456789abcdefabcdef0123456789"
		 "ffeeddccbbaa99887766554433221100");
	cr_assert_eq(parse(&key, mixed, 64, &why), ERR_NONE);
	cr_assert_arr_eq(key.key.b, want, sizeof(want));
	nodekey_text(back, &key.key);
	cr_assert_str_eq(back, "0123456789abcdefabcdef0123456789"
			       "ffeeddccbbaa99887766554433221100");
}

Test(nodekey, refuses_every_byte_that_is_no_digit_anywhere)
{
	struct ecc_keypair key;
	struct why why;
	char text[64];
	int refused = 0;

	for (int c = 0; c < 256; c++) {
		if (c && strchr("0123456789abcdefABCDEF", c))
			continue;
		memcpy(text, ONE, 64);
		text[c % 64] = (char)c;
		cr_assert_eq(parse(&key, text, 64, &why), ERR_FORMAT);
		cr_assert_str_eq(why.text, "not 64 hex digits");
		cr_assert(is_zero(&key, sizeof(key)));
		refused++;
	}
	cr_assert_eq(refused, 256 - 22);
}

Test(nodekey, refuses_other_lengths_and_scalars_outside_the_curve_order)
{
	static const char order[] = "fffffffffffffffffffffffffffffffe"
				    "baaedce6af48a03bbfd25e8cd0364141";
	static const char below[] = "fffffffffffffffffffffffffffffffe"
				    "baaedce6af48a03bbfd25e8cd0364140";
	char zeros[64];
	struct ecc_keypair key;
	struct why why;

	memset(zeros, '0', sizeof(zeros));
	cr_assert_eq(parse(&key, ONE, 63, &why), ERR_FORMAT);
	cr_assert_eq(parse(&key, ONE "\n\n", 66, &why), ERR_FORMAT);
	cr_assert_eq(parse(&key, ONE "0", 65, &why), ERR_FORMAT);
	cr_assert_eq(parse(&key, "", 0, &why), ERR_FORMAT);
	cr_assert_eq(parse(&key, zeros, 64, &why), ERR_FORMAT);
	cr_assert_str_eq(why.text, "not a secp256k1 scalar");
	cr_assert_eq(parse(&key, order, 64, &why), ERR_FORMAT);
	cr_assert(is_zero(&key, sizeof(key)));
	cr_assert_eq(parse(&key, below, 64, &why), ERR_NONE);
}

/* --- files ------------------------------------------------------------------
 */

/* A folder, and in it where a key and a passphrase may be. */
static struct scratch dir;
static char path[PATH_MAX], secret[PATH_MAX];
static const struct nodekey_unlock unlock = { .file = secret };

static void open_bed(void)
{
	crypto_init();
	scratch_open(&dir);
	scratch_file(path, &dir, "key");
	scratch_file(secret, &dir, "secret");
}

static void close_bed(void)
{
	scratch_close(&dir);
}

Test(nodekey, saves_with_mode_0600_whatever_the_umask_and_loads_the_same,
     .init = open_bed, .fini = close_bed)
{
	struct why why = WHY_NONE;
	struct ecc_keypair made, back;
	struct stat st;
	mode_t before;

	nodekey_make(&made);
	before = umask(0777);
	cr_assert_eq(nodekey_save(path, &made.key, &why), ERR_NONE, "%s",
		     why.text);
	umask(before);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(st.st_size, 65);
	cr_assert_eq(nodekey_load(&back, path, &none, &why), ERR_NONE);
	cr_assert_arr_eq(&back, &made, sizeof(made));
}

Test(nodekey, never_overwrites_not_even_through_a_dangling_link,
     .init = open_bed, .fini = close_bed)
{
	struct why why = WHY_NONE;
	struct ecc_keypair key, back;
	char link[PATH_MAX], gone[PATH_MAX];

	scratch_file(link, &dir, "link");
	scratch_file(gone, &dir, "gone");
	scratch_write(path, ONE "\n", 65, 0600);
	nodekey_make(&key);
	cr_assert_eq(nodekey_save(path, &key.key, &why), ERR_EXISTS);
	cr_assert(strstr(why.text, path));
	cr_assert_eq(nodekey_load(&back, path, &none, &why), ERR_NONE);
	cr_assert_eq(back.key.b[31], 1);
	cr_assert_eq(symlink(gone, link), 0);
	cr_assert_eq(nodekey_save(link, &key.key, &why), ERR_EXISTS);
	cr_assert_neq(access(gone, F_OK), 0);
}

Test(nodekey, refuses_a_file_open_to_others_naming_mode_and_remedy,
     .init = open_bed, .fini = close_bed)
{
	static const unsigned modes[] = { 0640, 0620, 0604, 0602, 0644 };
	struct ecc_keypair key;
	char want[PATH_MAX];
	struct why why;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		scratch_write(path, ONE, 64, modes[i]);
		cr_assert_eq(nodekey_load(&key, path, &none, &why), ERR_DENIED);
		snprintf(want, sizeof(want),
			 "node key %.100s: open to others (mode %04o); chmod "
			 "600 %.100s",
			 path, modes[i], path);
		cr_assert_str_eq(why.text, want);
		cr_assert(is_zero(&key, sizeof(key)));
	}
	scratch_write(path, ONE, 64, 0400);
	cr_assert_eq(nodekey_load(&key, path, &none, &why), ERR_NONE);
}

Test(nodekey, refuses_what_is_no_key_file_without_waiting_for_it,
     .init = open_bed, .fini = close_bed)
{
	char fifo[PATH_MAX];
	struct ecc_keypair key;
	struct why why;

	cr_assert_eq(nodekey_load(&key, path, &none, &why), ERR_NOT_FOUND);
	cr_assert_eq(nodekey_load(&key, dir.path, &none, &why), ERR_FORMAT);
	scratch_file(fifo, &dir, "fifo");
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(nodekey_load(&key, fifo, &none, &why), ERR_FORMAT);
	cr_assert(strstr(why.text, "not a regular file"));
	scratch_write(path, ONE "\n\n", 66, 0600);
	cr_assert_eq(nodekey_load(&key, path, &none, &why), ERR_FORMAT);
	cr_assert(strstr(why.text, "not 64 hex digits"));
	cr_assert(is_zero(&key, sizeof(key)));
}

Test(nodekey, ensures_one_key_and_keeps_it, .init = open_bed, .fini = close_bed)
{
	struct ecc_keypair first, second;
	enum nodekey_origin origin;
	struct why why;

	cr_assert_eq(nodekey_ensure(&first, &origin, path, &none, &why),
		     ERR_NONE);
	cr_assert_eq(origin, NODEKEY_MADE);
	cr_assert_eq(nodekey_ensure(&second, &origin, path, &none, &why),
		     ERR_NONE);
	cr_assert_eq(origin, NODEKEY_LOADED);
	cr_assert_arr_eq(&first, &second, sizeof(first));

	/* A broken key is an error, never a reason for a new one. */
	scratch_write(path, "", 0, 0600);
	cr_assert_eq(nodekey_ensure(&second, &origin, path, &none, &why),
		     ERR_FORMAT);
	cr_assert(is_zero(&second, sizeof(second)));
}

/* --- sealed -----------------------------------------------------------------
 */

/* A cheap seal, which a file may ask for, so that many may be opened. */
static void write_sealed(const struct secret32 *key, const char *passphrase)
{
	const struct seal_cost cheap = { 1, SEAL_MEMORY_KIB_MIN };
	char text[SEALED_KEY_MAX];
	struct seal seal;

	cr_assert_eq(seal_make(&seal, key, span_text(passphrase), cheap),
		     ERR_NONE);
	scratch_write(path, text, sealed_key_text(text, &seal), 0600);
}

Test(nodekey, seals_a_key_and_opens_it_with_the_passphrase, .init = open_bed,
     .fini = close_bed)
{
	enum nodekey_origin origin;
	struct ecc_keypair made, back;
	struct why why;
	struct stat st;

	scratch_write(secret, "correct horse\n", 14, 0600);
	nodekey_make(&made);
	cr_assert_eq(nodekey_save_sealed(path, &made.key,
					 span_text("correct horse"), &why),
		     ERR_NONE);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(nodekey_load(&back, path, &unlock, &why), ERR_NONE);
	cr_assert_arr_eq(&back, &made, sizeof(made));
	cr_assert_eq(nodekey_ensure(&back, &origin, path, &unlock, &why),
		     ERR_NONE);
	cr_assert_eq(origin, NODEKEY_LOADED);
	cr_assert_eq(nodekey_save_sealed(path, &made.key, span_text("p"), &why),
		     ERR_EXISTS);
}

Test(nodekey, takes_the_first_line_of_a_passphrase_file, .init = open_bed,
     .fini = close_bed)
{
	static const char *const good[] = { "p q", "p q\n", "p q\r\n",
					    "p q\nmore\n" };
	static const char *const bad[] = { "p", "p q ", "P q", "p q\r\r\n" };
	struct ecc_keypair made, back;
	struct why why;

	nodekey_make(&made);
	write_sealed(&made.key, "p q");
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		scratch_write(secret, good[i], strlen(good[i]), 0600);
		cr_assert_eq(nodekey_load(&back, path, &unlock, &why), ERR_NONE,
			     "%zu: %s", i, why.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		scratch_write(secret, bad[i], strlen(bad[i]), 0600);
		cr_assert_eq(nodekey_load(&back, path, &unlock, &why),
			     ERR_AUTH);
		cr_assert(strstr(why.text, "wrong passphrase"));
		cr_assert(is_zero(&back, sizeof(back)));
	}
}

Test(nodekey, takes_no_passphrase_that_others_can_read_or_that_is_none,
     .init = open_bed, .fini = close_bed)
{
	char huge[1100];
	enum nodekey_origin origin;
	struct ecc_keypair made, back;
	struct why why;

	nodekey_make(&made);
	write_sealed(&made.key, "p");
	cr_assert_eq(nodekey_load(&back, path, &none, &why), ERR_DENIED);
	cr_assert(strstr(why.text, "sealed, and no passphrase was given"));

	/* A passphrase that is missing is no key that is. */
	cr_assert_eq(nodekey_ensure(&back, &origin, path, &unlock, &why),
		     ERR_DENIED);
	cr_assert(strstr(why.text, secret), "%s", why.text);

	scratch_write(secret, "p", 1, 0644);
	cr_assert_eq(nodekey_load(&back, path, &unlock, &why), ERR_DENIED);
	cr_assert(strstr(why.text, "chmod 600"), "%s", why.text);
	scratch_write(secret, "\np", 2, 0600);
	cr_assert_eq(nodekey_load(&back, path, &unlock, &why), ERR_DENIED);
	cr_assert(strstr(why.text, "empty"), "%s", why.text);
	memset(huge, 'p', sizeof(huge));
	scratch_write(secret, huge, sizeof(huge), 0600);
	cr_assert_eq(nodekey_load(&back, path, &unlock, &why), ERR_DENIED);
}

/* The same line but for one word. */
static void with_word(char out[300], const char *line, unsigned word,
		      const char *text)
{
	const char *at = line;

	for (unsigned i = 0; i < word; i++)
		at = strchr(at, ' ') + 1;
	snprintf(out, 300, "%.*s%s%s", (int)(at - line), line, text,
		 at + strcspn(at, " \n"));
}

Test(nodekey, tells_what_is_wrong_with_a_sealed_key, .init = open_bed,
     .fini = close_bed)
{
	static const struct {
		unsigned word;
		const char *text;
		enum err rc;
		const char *told;
	} bad[] = {
		{ 0, "weft-sealed-keys", ERR_FORMAT, "not a sealed key" },
		{ 1, "2", ERR_UNSUPPORTED, "this version of weft" },
		{ 2, "scrypt", ERR_UNSUPPORTED, "this version of weft" },
		{ 3, "0", ERR_FORMAT, "passes" },
		{ 3, "65", ERR_FORMAT, "asks for more than" },
		{ 3, "1 1", ERR_FORMAT, "8 words" },
		{ 4, "8k", ERR_FORMAT, "memory" },
		{ 4, "4294967295", ERR_FORMAT, "asks for more than" },
		{ 4, "4294967296", ERR_FORMAT, "memory" },
		{ 5, "AAAA", ERR_FORMAT, "salt: not 16 bytes" },
		{ 6, "!", ERR_FORMAT, "nonce: not 24 bytes" },
		{ 7, "", ERR_FORMAT, "box: not 48 bytes" },
	};
	char text[300];
	struct seal seal = { .cost = { 1, SEAL_MEMORY_KIB_MIN } };
	char line[SEALED_KEY_MAX];
	struct ecc_keypair key;
	struct why why;

	scratch_write(secret, "p", 1, 0600);
	sealed_key_text(line, &seal);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		with_word(text, line, bad[i].word, bad[i].text);
		scratch_write(path, text, strlen(text), 0600);
		cr_assert_eq(nodekey_load(&key, path, &unlock, &why), bad[i].rc,
			     "%s: %s", text, why.text);
		cr_assert(strstr(why.text, bad[i].told), "%s", why.text);
		cr_assert(is_zero(&key, sizeof(key)));
	}
	/* As short as can be: what is not there is not read. */
	for (size_t len = strlen("weft-sealed-key"); len < strlen(line) - 1;
	     len++) {
		scratch_write(path, line, len, 0600);
		cr_assert_neq(nodekey_load(&key, path, &unlock, &why),
			      ERR_NONE);
	}
}

/* What is sealed may be anything. */
Test(nodekey, opens_no_seal_around_what_is_no_key, .init = open_bed,
     .fini = close_bed)
{
	struct secret32 zero = { { 0 } };
	struct ecc_keypair key;
	struct why why;

	scratch_write(secret, "p", 1, 0600);
	write_sealed(&zero, "p");
	cr_assert_eq(nodekey_load(&key, path, &unlock, &why), ERR_FORMAT);
	cr_assert(strstr(why.text, "not a secp256k1 scalar"));
}

Test(nodekey, says_that_a_folder_is_missing, .init = open_bed,
     .fini = close_bed)
{
	struct ecc_keypair key;
	struct why why;

	crypto_init();
	nodekey_make(&key);
	cr_assert_eq(nodekey_save("/nonexistent/key", &key.key, &why),
		     ERR_SYSTEM);
	cr_assert_str_eq(why.text, "node key /nonexistent/key: cannot be made: "
				   "No such file or directory");
}
