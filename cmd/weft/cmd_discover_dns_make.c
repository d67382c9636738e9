/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover dns sign, to-txt and to-zone: from a folder of nodes to TXT
 * records, without a network. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/weft/cmd_discover_dns.h"
#include "cmd/weft/values.h"
#include "node/dns/list.h"
#include "node/dns/zone.h"
#include "node/file.h"
#include "node/nodekey.h"
#include "p2p/crypto/rng.h"

/* --- sign ----------------------------------------------------------------- */

struct sign_options {
	const char *key, *passphrase_file, *domain;
	uint64_t seq; /* 0: one more than it was */
};

#define FIELD(member) offsetof(struct sign_options, member)

static const struct option_row sign_rows[] = {
	{ .name = "key",
	  .value = "FILE",
	  .help = "sign with the key in this file",
	  .field = FIELD(key),
	  .read = value_text },
	VALUE_ROW_PASSPHRASE(FIELD(passphrase_file)),
	{ .name = "domain",
	  .value = "DOMAIN",
	  .help = "where the list will be (default: as before, or the\n"
		  "folder's name)",
	  .field = FIELD(domain),
	  .read = value_text },
	{ .name = "seq",
	  .value = "N",
	  .help = "sequence number (default: one more than before);\n"
		  "clients refuse what is lower than they have seen",
	  .field = FIELD(seq),
	  .read = value_count,
	  .min = 1,
	  .max = INT64_MAX },
	{ 0 },
};

#undef FIELD

/* The last part of the folder's whole path, in `room`. */
static const char *folder_name(char room[PATH_MAX], const char *folder)
{
	const char *slash;

	if (!realpath(folder, room))
		return "";
	slash = strrchr(room, '/');
	return slash ? slash + 1 : room;
}

static enum err sign(struct dnslist *list, const char *folder,
		     const struct sign_options *o, struct why *why)
{
	const char *domain = o->domain;
	struct ecc_keypair key;
	char room[PATH_MAX], old[DNS_DOMAIN_MAX];
	enum err rc = dnslist_load(list, folder, why);

	if (rc)
		return rc;
	if (!domain && list->has_url) {
		snprintf(old, sizeof(old), "%s", list->url.domain);
		domain = old;
	}
	if (!domain)
		domain = folder_name(room, folder);
	if (!o->seq && list->seq == INT64_MAX)
		return err_fail(why, ERR_LIMIT,
				"no seq is higher than it was; give --seq");
	list->seq = o->seq ? o->seq : list->seq + 1;
	list->modified = (uint64_t)time(NULL);
	rc = value_key_load(&key, o->key, o->passphrase_file, why);
	if (!rc)
		rc = dnslist_sign(list, domain, &key, why);
	secret_wipe(&key, sizeof(key));
	return rc ? rc : dnslist_save_info(list, folder, why);
}

static int run_sign(const struct command *c, int argc, char **argv)
{
	struct sign_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct dnslist list = { 0 };
	struct why why = WHY_NONE;
	char url[DNS_LINK_TEXT];
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (!o.key)
		return options_usage(c, "--key FILE is needed");
	crypto_init();
	hashtable_init();
	rc = sign(&list, argv[at], &o, &why);
	if (!rc)
		printf("%s\n", dns_link_text(url, &list.url));
	dnslist_clear(&list);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

/* --- to-txt, to-zone ------------------------------------------------------ */

enum form {
	FORM_JSON,
	FORM_ZONE,
};

static enum err write_out(const char *path, const struct buf *text,
			  bool is_line, struct why *why)
{
	if (path && strcmp(path, "-"))
		return file_save(path, span_of(text->data, text->len), why);
	if (fwrite(text->data, 1, text->len, stdout) != text->len ||
	    (!is_line && putchar('\n') < 0) || fflush(stdout))
		return err_fail(why, ERR_SYSTEM,
				"standard output cannot be written");
	return ERR_NONE;
}

static enum err export(struct buf *out, const char *folder, enum form form,
		       struct why *why) {
	char text[DNS_ROOT_TEXT],
	url[DNS_LINK_TEXT]; struct dnslist list = { 0 };
		struct dnszone zone = { 0 }; struct dns_tree tree;
		enum err rc = dnslist_load(&list, folder, why);

		if (rc) return rc;
		rc = dnslist_signed_tree(&tree, text, &list, why);
		if (!rc){ dnszone_of_tree(&zone, &tree, list.url.domain, text);
			  dns_tree_clear(&tree);
			  /* What it was signed for may be none of our own
			     doing. */
			  if (form == FORM_ZONE) rc =
				  dnslist_check_domain(list.url.domain, why);
}
if (rc) err_wrap(why, rc, "%s", folder);
else if (form == FORM_JSON) dnszone_write_json(out, &zone);
else dnszone_write(out, &zone, list.url.domain, dns_link_text(url, &list.url),
		   list.seq);
dnszone_clear(&zone);
dnslist_clear(&list);
return rc;
}

static int run_export(const struct command *c, int argc, char **argv,
		      enum form form)
{
	int at = options_read(c, NULL, argc, argv);
	struct why why = WHY_NONE;
	struct buf text;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	crypto_init();
	hashtable_init();
	buf_init(&text, DNSZONE_TEXT_MAX);
	rc = export(&text, argv[at], form, &why);
	if (!rc)
		rc = write_out(argv[at + 1], &text, form == FORM_ZONE, &why);
	buf_clear(&text);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

static int run_to_txt(const struct command *c, int argc, char **argv)
{
	return run_export(c, argc, argv, FORM_JSON);
}

static int run_to_zone(const struct command *c, int argc, char **argv)
{
	return run_export(c, argc, argv, FORM_ZONE);
}

/* -------------------------------------------------------------------------- */

const struct command command_discover_dns_sign = {
	.name = "weft discover dns sign",
	.operands = "FOLDER --key FILE [options]",
	.summary = "sign a DNS node list made of the nodes in a folder",
	.examples = "  weft discover crawl lists/example/nodes.json\n"
		    "  weft discover dns sign lists/example --key list.key \\\n"
		    "    --domain nodes.example.org\n",
	.options = sign_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_sign,
};

const struct command command_discover_dns_to_txt = {
	.name = "weft discover dns to-txt",
	.operands = "FOLDER [FILE]",
	.summary = "print a signed DNS node list as a JSON object",
	.examples = "  weft discover dns to-txt lists/example records.json\n",
	.options = options_none,
	.operands_min = 1,
	.operands_max = 2,
	.run = run_to_txt,
};

const struct command command_discover_dns_to_zone = {
	.name = "weft discover dns to-zone",
	.operands = "FOLDER [FILE]",
	.summary = "print a signed DNS node list as lines of a zone file",
	.examples = "  weft discover dns to-zone lists/example example.zone\n",
	.options = options_none,
	.operands_min = 1,
	.operands_max = 2,
	.run = run_to_zone,
};
