/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/file.h"
#include "node/nodekey.h"
#include "node/passphrase.h"
#include "node/secret_file.h"
#include "node/show.h"
#include "p2p/enode/enode.h"

struct key_options {
	const char *passphrase_file;
	bool private;
	bool json;
};

#define FIELD(member) offsetof(struct key_options, member)

#define JSON_ROW                                               \
	{                                                      \
		.name = "json", .help = "print a JSON object", \
		.field = FIELD(json), .read = value_flag       \
	}

static const struct option_row rows[] = {
	JSON_ROW,
	{ 0 },
};

static const struct option_row sealed_rows[] = {
	VALUE_ROW_PASSPHRASE(FIELD(passphrase_file)),
	JSON_ROW,
	{ 0 },
};

static const struct option_row show_rows[] = {
	VALUE_ROW_PASSPHRASE(FIELD(passphrase_file)),
	{ .name = "private",
	  .help = "print the private key as well",
	  .field = FIELD(private),
	  .read = value_flag },
	JSON_ROW,
	{ 0 },
};

/* Past stdio, whose buffer would keep a copy. */
static void write_secret(const char *text, size_t len)
{
	fflush(stdout);
	/* Nothing worse happens than no key shown. */
	(void)!file_write(STDOUT_FILENO, span_of(text, len));
}

static void print_secret(const struct secret32 *key, const char *before,
			 const char *after)
{
	char hex[NODEKEY_TEXT_MAX];

	nodekey_text(hex, key);
	fputs(before, stdout);
	write_secret(hex, NODEKEY_HEX);
	fputs(after, stdout);
	secret_wipe(hex, sizeof(hex));
}

static void print_json(const struct ecc_keypair *key, const char *file,
		       bool with_private)
{
	struct node_id id = node_id_of(&key->pub);
	char pub[2 * sizeof(key->pub.b) + 1];
	json_t *o = show_json_event("key");
	char id_hex[NODE_ID_HEX];
	char *text;

	show_hex(pub, span_of(key->pub.b, sizeof(key->pub.b)));
	show_json_set(o, "file", show_json_own(file));
	show_json_set(o, "id", json_string(node_id_text(id_hex, &id)));
	show_json_set(o, "public_key", json_string(pub));
	if (!with_private) {
		show_json_line(stdout, o);
		return;
	}
	/* The JSON library would not wipe its copy: the member is put before
	 * the closing brace by hand. */
	text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!text)
		abort();
	printf("%.*s", (int)strlen(text) - 1, text);
	print_secret(&key->key, ",\"private_key\":\"", "\"}\n");
	free(text);
	json_decref(o);
}

static void print_key(const struct ecc_keypair *key, const char *file,
		      const struct key_options *o)
{
	struct node_id id = node_id_of(&key->pub);
	char pub[2 * sizeof(key->pub.b) + 1];
	char id_hex[NODE_ID_HEX];

	if (o->json) {
		print_json(key, file, o->private);
		return;
	}
	printf("file         %s\n", file);
	printf("id           %s\n", node_id_text(id_hex, &id));
	printf("public key   %s\n",
	       show_hex(pub, span_of(key->pub.b, sizeof(key->pub.b))));
	if (o->private)
		print_secret(&key->key, "private key  ", "\n");
}

/* What each command ends with: it tells of the key, which is in the file, or
 * of what went wrong. The key is wiped. */
static int finish(const struct command *c, struct ecc_keypair *key,
		  const char *file, const struct key_options *o, enum err rc,
		  const struct why *why)
{
	if (!rc)
		print_key(key, file, o);
	secret_wipe(key, sizeof(*key));
	return rc ? options_failed(c, why) : EXIT_OK;
}

static int run_new(const struct command *c, int argc, char **argv)
{
	struct key_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	nodekey_make(&key);
	rc = nodekey_save(argv[at], &key.key, &why);
	return finish(c, &key, argv[at], &o, rc, &why);
}

static int run_show(const struct command *c, int argc, char **argv)
{
	struct key_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	rc = value_key_load(&key, argv[at], o.passphrase_file, &why);
	return finish(c, &key, argv[at], &o, rc, &why);
}

/* The source may have any mode, since it may be a pipe; but a key that others
 * could read is worth a word. */
static void warn_if_open(const struct command *c, int fd, const char *source)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (st.st_mode & 077))
		fprintf(stderr,
			"%s: note: %s was open to others (mode %04o); others "
			"may know this key\n",
			c->name, source, (unsigned)st.st_mode & 07777);
}

static enum err read_source(const struct command *c, struct ecc_keypair *key,
			    const char *source, struct why *why)
{
	bool is_stdin = !strcmp(source, "-");
	const char *name = is_stdin ? "standard input" : source;
	char text[NODEKEY_TEXT_MAX];
	size_t len = 0;
	enum err rc;
	int fd = is_stdin ? STDIN_FILENO : open(source, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_errno(why, ERR_SYSTEM, errno, "cannot be opened");
		return err_wrap(why, ERR_SYSTEM, "%s", name);
	}
	rc = secret_file_read(text, sizeof(text), &len, fd, why);
	if (!rc)
		rc = nodekey_parse(key, span_of(text, len), why);
	if (!rc)
		warn_if_open(c, fd, name);
	secret_wipe(text, sizeof(text));
	if (!is_stdin)
		close(fd);
	return rc ? err_wrap(why, rc, "%s", name) : ERR_NONE;
}

static int run_import(const struct command *c, int argc, char **argv)
{
	struct key_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct ecc_keypair key = { 0 };
	struct why why = WHY_NONE;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	rc = read_source(c, &key, argv[at + 1], &why);
	if (!rc)
		rc = nodekey_save(argv[at], &key.key, &why);
	return finish(c, &key, argv[at], &o, rc, &why);
}

/* --- sealed -----------------------------------------------------------------
 */

/* What nobody sees being typed is typed twice. */
static enum err ask_twice(struct passphrase *out, struct why *why)
{
	struct passphrase again = { 0 };
	enum err rc;

	rc = passphrase_ask(out, "New passphrase: ", why);
	if (!rc)
		rc = passphrase_ask(&again, "The same again: ", why);
	if (!rc && !(out->len == again.len &&
		     secret_equal(out->text, again.text, out->len)))
		rc = err_fail(why, ERR_FORMAT,
			      "these are two different passphrases");
	secret_wipe(&again, sizeof(again));
	return rc;
}

static enum err new_passphrase(struct passphrase *out, const char *file,
			       struct why *why)
{
	return file ? passphrase_read(out, file, why) : ask_twice(out, why);
}

/* Not through value_key_load: the passphrase is for the new file. */
static enum err load_open(struct ecc_keypair *key, const char *path,
			  struct why *why)
{
	const struct nodekey_unlock none = { 0 };

	return nodekey_load(key, path, &none, why);
}

static int run_encrypt(const struct command *c, int argc, char **argv)
{
	struct key_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct passphrase p = { 0 };
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	rc = load_open(&key, argv[at], &why);
	if (!rc)
		rc = new_passphrase(&p, o.passphrase_file, &why);
	if (!rc)
		rc = nodekey_save_sealed(argv[at + 1], &key.key,
					 passphrase_span(&p), &why);
	secret_wipe(&p, sizeof(p));
	return finish(c, &key, argv[at + 1], &o, rc, &why);
}

static int run_decrypt(const struct command *c, int argc, char **argv)
{
	struct key_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	rc = value_key_load(&key, argv[at], o.passphrase_file, &why);
	if (!rc)
		rc = nodekey_save(argv[at + 1], &key.key, &why);
	return finish(c, &key, argv[at + 1], &o, rc, &why);
}

/* -------------------------------------------------------------------------- */

static const struct command command_key_new = {
	.name = "weft key new",
	.operands = "FILE [--json]",
	.summary = "make a key and write it to a new file",
	.examples = "  weft key new node.key\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_new,
};

static const struct command command_key_show = {
	.name = "weft key show",
	.operands = "FILE [--private] [options]",
	.summary = "print a key's node id and public key",
	.examples = "  weft key show ~/.local/share/weft/nodekey\n",
	.options = show_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_show,
};

static const struct command command_key_import = {
	.name = "weft key import",
	.operands = "FILE HEXFILE|- [--json]",
	.summary = "write a key given as hex digits to a new file",
	.examples = "  weft key import node.key geth/nodekey\n"
		    "  openssl rand -hex 32 | weft key import node.key -\n",
	.options = rows,
	.operands_min = 2,
	.operands_max = 2,
	.run = run_import,
};

static const struct command command_key_encrypt = {
	.name = "weft key encrypt",
	.operands = "FILE NEWFILE [options]",
	.summary = "write a key sealed with a passphrase to a new file",
	.examples = "  weft key encrypt node.key sealed.key\n"
		    "  weft run --passphrase-file secret    # once that is "
		    "the data folder's nodekey\n",
	.options = sealed_rows,
	.operands_min = 2,
	.operands_max = 2,
	.run = run_encrypt,
};

static const struct command command_key_decrypt = {
	.name = "weft key decrypt",
	.operands = "FILE NEWFILE [options]",
	.summary = "write a sealed key to a new file without its seal",
	.examples = "  weft key decrypt sealed.key node.key\n",
	.options = sealed_rows,
	.operands_min = 2,
	.operands_max = 2,
	.run = run_decrypt,
};

static const struct command *const below[] = {
	&command_key_new,     &command_key_show,    &command_key_import,
	&command_key_encrypt, &command_key_decrypt, NULL,
};

const struct command command_key = {
	.name = "weft key",
	.operands = "COMMAND FILE [options]",
	.summary = "make, show, import and seal node keys",
	.examples = "  weft key new node.key\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
