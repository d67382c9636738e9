/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/show_record.h"
#include "cmd/weft/values.h"
#include "node/file.h"
#include "node/nodekey.h"
#include "node/parse.h"
#include "node/record.h"
#include "node/show.h"

/* --- reading -------------------------------------------------------------- */

struct read_options {
	const char *file;
	bool json;
};

#define FIELD(member) offsetof(struct read_options, member)

#define FILE_ROW                                                             \
	{                                                                    \
		.name = "file", .value = "FILE",                             \
		.help = "read the record from a file: any of these texts,\n" \
			"or its bytes",                                      \
		.field = FIELD(file), .read = value_text                     \
	}

static const struct option_row decode_rows[] = {
	FILE_ROW,
	{ .name = "json",
	  .help = "print a JSON object",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

static const struct option_row verify_rows[] = {
	FILE_ROW,
	{ 0 },
};

#undef FIELD

/* From a file, or from standard input without one. */
static enum err from_file(struct enr *out, const char *path, struct why *why)
{
	struct buf bytes;
	enum err rc;

	buf_init(&bytes, RECORD_INPUT_MAX);
	rc = file_load(&bytes, path ? path : "-", why);
	if (rc) {
		buf_clear(&bytes);
		return rc; /* file_load named it */
	}
	rc = record_parse(out, span_of(bytes.data, bytes.len), why);
	buf_clear(&bytes);
	return rc ? err_wrap(why, rc, "%s", path ? path : "standard input")
		  : ERR_NONE;
}

/* The record that the arguments name. Returns an exit status. */
static int take(struct enr *out, const struct command *c,
		const struct read_options *o, const char *operand)
{
	struct why why = WHY_NONE;
	enum err rc;

	if (!o->file == !operand)
		return options_usage(c, "give either a record or --file FILE");
	if (!operand || !strcmp(operand, "-"))
		rc = from_file(out, o->file, &why);
	else
		rc = record_parse(out, span_text(operand), &why);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

/* --- decode --------------------------------------------------------------- */

static int run_decode(const struct command *c, int argc, char **argv)
{
	struct read_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct enr r;
	bool invalid;
	int status;

	if (at < 0)
		return OPTIONS_STATUS(at);
	status = take(&r, c, &o, argv[at]);
	if (status)
		return status;
	invalid = enr_verify(&r, &why) != ERR_NONE;
	show_record(&r, invalid ? &why : NULL,
		    o.json ? SHOW_AS_JSON : SHOW_AS_TEXT);
	return invalid ? EXIT_FAILED : EXIT_OK;
}

/* --- verify --------------------------------------------------------------- */

static int run_verify(const struct command *c, int argc, char **argv)
{
	struct read_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	char id[NODE_ID_HEX];
	struct enr r;
	int status;

	if (at < 0)
		return OPTIONS_STATUS(at);
	status = take(&r, c, &o, argv[at]);
	if (status)
		return status;
	if (enr_verify(&r, &why))
		return options_failed(c, &why);
	printf("valid: node %s, seq %" PRIu64 "\n", node_id_text(id, &r.id),
	       r.seq);
	return EXIT_OK;
}

/* --- make ----------------------------------------------------------------- */

struct make_options {
	const char *key, *passphrase_file;
	uint64_t seq;
	struct enr_draft draft;
};

#define FIELD(member) offsetof(struct make_options, member)

/* Setting a value again changes nothing, and is no mistake. */
static enum err set_done(enum err rc, struct why *why)
{
	if (!rc || rc == ERR_EXISTS)
		return ERR_NONE;
	return err_fail(why, rc, "the record is over %d bytes", ENR_MAX);
}

static enum err read_ip(void *field, const char *text,
			const struct option_row *row, struct why *why)
{
	struct ip ip;

	(void)row;
	if (ip_parse(&ip, text))
		return err_fail(why, ERR_FORMAT, "\"%.60s\": not an IP address",
				text);
	return set_done(enr_draft_set_ip(field, &ip), why);
}

static enum err read_port(void *field, const char *text,
			  const struct option_row *row, struct why *why)
{
	uint64_t port;
	enum err rc = parse_count(&port, text, row->min, row->max, why);

	if (rc)
		return rc;
	return set_done(enr_draft_set_port(field, row->name, (uint16_t)port),
			why);
}

static enum err read_entry(void *field, const char *text,
			   const struct option_row *row, struct why *why)
{
	size_t len = strcspn(text, "=");
	char key[ENR_MAX];

	if (!text[len] || !len)
		return err_fail(why, ERR_FORMAT, "\"%.60s\": give %s", text,
				row->value);
	if (len >= sizeof(key))
		return err_fail(why, ERR_LIMIT, "over %zu bytes of key",
				sizeof(key) - 1);
	memcpy(key, text, len);
	key[len] = '\0';
	return record_set(field, key, text + len + 1, why);
}

#define PORT_ROW(port, what)                                        \
	{                                                           \
		.name = port, .value = "PORT", .help = what,        \
		.field = FIELD(draft), .read = read_port, .min = 1, \
		.max = UINT16_MAX                                   \
	}

static const struct option_row make_rows[] = {
	{ .name = "key",
	  .value = "FILE",
	  .help = "sign with the key in this file",
	  .field = FIELD(key),
	  .read = value_text },
	VALUE_ROW_PASSPHRASE(FIELD(passphrase_file)),
	{ .name = "seq",
	  .value = "N",
	  .help = "sequence number (1); others keep the record with\n"
		  "the highest",
	  .field = FIELD(seq),
	  .read = value_count,
	  .max = UINT64_MAX },
	{ .name = "ip",
	  .value = "IP",
	  .help = "address; twice for one of IPv4 and one of IPv6",
	  .field = FIELD(draft),
	  .read = read_ip },
	PORT_ROW("tcp", "RLPx port"),
	PORT_ROW("udp", "discovery port"),
	PORT_ROW("tcp6", "RLPx port at the IPv6 address, if another"),
	PORT_ROW("udp6", "discovery port at the IPv6 address, if another"),
	{ .name = "entry",
	  .value = "KEY=VALUE",
	  .help = "any entry, as often as needed; VALUE is text, bytes\n"
		  "as 0x..., or one RLP item as rlp:0x...",
	  .field = FIELD(draft),
	  .read = read_entry },
	{ 0 },
};

static int run_make(const struct command *c, int argc, char **argv)
{
	struct make_options o = { .seq = 1 };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct ecc_keypair key;
	char text[ENR_TEXT_MAX];
	struct enr r;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (!o.key)
		return options_usage(c, "--key FILE is needed");
	o.draft.seq = o.seq;
	rc = value_key_load(&key, o.key, o.passphrase_file, &why);
	if (!rc && enr_sign(&r, &o.draft, &key))
		rc = err_fail(&why, ERR_LIMIT, "the record is over %d bytes",
			      ENR_MAX);
	secret_wipe(&key, sizeof(key));
	if (rc)
		return options_failed(c, &why);
	printf("%s\n", enr_text(text, &r));
	return EXIT_OK;
}

/* -------------------------------------------------------------------------- */

static const struct command command_enr_decode = {
	.name = "weft enr decode",
	.operands = "RECORD|- | --file FILE [--json]",
	.summary = "show what a node record says, signed or not",
	.examples = "  weft enr decode enr:-IS4QHCYrYZbAKWC...\n"
		    "  xxd -p record.bin | tr -d '\\n' | weft enr decode -\n"
		    "  weft enr decode --json --file record.bin\n",
	.options = decode_rows,
	.operands_max = 1,
	.run = run_decode,
};

static const struct command command_enr_verify = {
	.name = "weft enr verify",
	.operands = "RECORD|- | --file FILE",
	.summary = "say whether a node record was signed by its node",
	.examples = "  weft enr verify enr:-IS4QHCYrYZbAKWC...\n"
		    "  weft enr verify - <record.txt\n",
	.options = verify_rows,
	.operands_max = 1,
	.run = run_verify,
};

static const struct command command_enr_make = {
	.name = "weft enr make",
	.operands = "--key FILE [options]",
	.summary = "make a node record and sign it",
	.examples = "  weft enr make --key node.key --ip 203.0.113.5 \\\n"
		    "    --tcp 30303 --udp 30303 --seq 7\n"
		    "  weft enr make --key node.key --entry snap=rlp:0xc0\n",
	.options = make_rows,
	.run = run_make,
};

static const struct command *const below[] = {
	&command_enr_decode,
	&command_enr_verify,
	&command_enr_make,
	NULL,
};

const struct command command_enr = {
	.name = "weft enr",
	.operands = "COMMAND [options]",
	.summary = "decode, verify and make node records",
	.examples = "  weft enr decode enr:-IS4QHCYrYZbAKWC...\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
