/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover dns sync and verify: whole lists, from DNS or from a file;
 * those that make lists are in cmd_discover_dns_make.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/weft/cmd_discover_dns.h"
#include "cmd/weft/values.h"
#include "node/dns/fetch.h"
#include "node/file.h"
#include "node/progress.h"
#include "node/show.h"
#include "p2p/crypto/rng.h"

enum {
	RATE = 20,
	RATE_MAX = 10000,
	TIMEOUT_MS_MAX = 60000,
};

struct fetch_options {
	struct addr server;
	uint64_t rate, timeout_ms;
	const char *url; /* of verify */
	bool json;
};

#define FIELD(member) offsetof(struct fetch_options, member)

static enum err read_server(void *field, const char *text,
			    const struct option_row *row, struct why *why)
{
	struct addr *out = field;

	(void)row;
	if (!ip_parse(&out->ip, text))
		return ERR_NONE;
	if (!addr_parse(out, text) && out->ip.family && out->port)
		return ERR_NONE;
	return err_fail(why, ERR_FORMAT,
			"\"%.60s\": not an address; give IP or IP:PORT", text);
}

#define FETCH_ROWS                                                          \
	{ .name = "server",                                                 \
	  .value = "IP:PORT",                                               \
	  .help = "ask this DNS server (default: those of the system)",     \
	  .field = FIELD(server),                                           \
	  .read = read_server },                                            \
		{ .name = "timeout",                                        \
		  .value = "TIME",                                          \
		  .help = "for each of the three tries of a name (default " \
			  "5s)",                                            \
		  .field = FIELD(timeout_ms),                               \
		  .read = value_duration,                                   \
		  .min = 1,                                                 \
		  .max = TIMEOUT_MS_MAX },                                  \
		{ .name = "rate",                                           \
		  .value = "N",                                             \
		  .help = "lookups a second (default 20)",                  \
		  .field = FIELD(rate),                                     \
		  .read = value_count,                                      \
		  .min = 1,                                                 \
		  .max = RATE_MAX },                                        \
	{                                                                   \
		.name = "json", .help = "print a JSON object",              \
		.field = FIELD(json), .read = value_flag                    \
	}

static const struct option_row sync_rows[] = {
	FETCH_ROWS,
	{ 0 },
};

static const struct option_row verify_rows[] = {
	{ .name = "url",
	  .value = "URL",
	  .help = "which list a file of TXT records should have",
	  .field = FIELD(url),
	  .read = value_text },
	FETCH_ROWS,
	{ 0 },
};

static void init_options(struct fetch_options *o)
{
	*o = (struct fetch_options){
		.rate = RATE,
		.timeout_ms = DNS_LOOKUP_TIMEOUT_MS,
	};
	crypto_init();
	hashtable_init();
}

/* --- what is said --------------------------------------------------------- */

struct outcome {
	const char *event; /* "synced" */
	const char *folder;
	struct dnslist list;
	size_t entries;
};

static const char *s_of(size_t n)
{
	return n == 1 ? "" : "s";
}

static void say(const struct outcome *o, bool json)
{
	size_t nodes = nodeset_count(&o->list.nodes);
	size_t links = o->list.link_count;
	char url[DNS_LINK_TEXT];
	json_t *event;

	dns_link_text(url, &o->list.url);
	if (!json) {
		printf("%s%s: seq %" PRIu64
		       ", %zu node%s, %zu link%s, %zu entr%s%s%s\n",
		       o->folder ? "" : "valid: ", url, o->list.seq, nodes,
		       s_of(nodes), links, s_of(links), o->entries,
		       o->entries == 1 ? "y" : "ies", o->folder ? ", in " : "",
		       o->folder ? o->folder : "");
		return;
	}
	event = show_json_event(o->event);
	show_json_set(event, "url", json_string(url));
	show_json_set(event, "seq", json_integer((json_int_t)o->list.seq));
	show_json_set(event, "nodes", json_integer((json_int_t)nodes));
	show_json_set(event, "links", json_integer((json_int_t)links));
	show_json_set(event, "entries", json_integer((json_int_t)o->entries));
	if (o->folder)
		show_json_set(event, "folder", show_json_own(o->folder));
	show_json_line(stdout, event);
}

/* What a command ends with; the list is cleared. */
static int finish(const struct command *c, struct outcome *outcome,
		  const struct fetch_options *o, enum err rc,
		  const struct why *why)
{
	if (!rc)
		say(outcome, o->json);
	dnslist_clear(&outcome->list);
	return rc ? options_failed(c, why) : EXIT_OK;
}

/* --- fetching ------------------------------------------------------------- */

static void on_progress(void *ctx, const struct dns_sync_counts *counts)
{
	progress_show(ctx, "%zu of %zu entries, %zu nodes", counts->visited,
		      counts->entries, counts->records);
}

static enum err fetch(struct dnslist *out, size_t *entries,
		      const struct fetch_options *o, struct dnszone *zone,
		      const struct dns_link *link, uint64_t seq_min,
		      struct why *why)
{
	struct dns_sync_counts counts;
	struct progress progress = { 0 };
	struct dnsfetch_config config = {
		.list = link,
		.seq_min = seq_min,
		.zone = zone,
		.server = o->server,
		.rate = (unsigned)o->rate,
		.timeout_ms = o->timeout_ms,
		.progress = on_progress,
		.ctx = &progress,
	};
	enum err rc = dnsfetch(out, &counts, &config, why);

	progress_clear(&progress);
	*entries = counts.entries;
	return rc;
}

/* --- sync ----------------------------------------------------------------- */

/* The seq of the list that is in the folder, if it is this one: no older one
 * takes its place. */
static enum err known_seq(uint64_t *seq, const char *folder,
			  const struct dns_link *link, struct why *why)
{
	struct dnslist list = { 0 };
	enum err rc = dnslist_load_info(&list, folder, why);

	*seq = 0;
	if (rc == ERR_NOT_FOUND)
		return ERR_NONE;
	if (rc)
		return rc;
	if (list.has_url && list.is_signed &&
	    !memcmp(list.url.pub.b, link->pub.b, sizeof(link->pub.b)) &&
	    !strcasecmp(list.url.domain, link->domain))
		*seq = list.seq;
	dnslist_clear(&list);
	return ERR_NONE;
}

static enum err sync_list(struct dnslist *list, size_t *entries,
			  const struct fetch_options *o,
			  const struct dns_link *link, const char *folder,
			  struct why *why)
{
	uint64_t seq;
	enum err rc = known_seq(&seq, folder, link, why);

	if (!rc)
		rc = fetch(list, entries, o, NULL, link, seq, why);
	if (rc)
		return rc;
	list->modified = (uint64_t)time(NULL);
	return dnslist_save(list, folder, why);
}

static int run_sync(const struct command *c, int argc, char **argv)
{
	struct outcome outcome = { .event = "synced" };
	struct why why = WHY_NONE;
	struct fetch_options o;
	struct dns_link link;
	enum err rc;
	int at;

	init_options(&o);
	at = options_read(c, &o, argc, argv);
	if (at < 0)
		return OPTIONS_STATUS(at);
	if (dns_link_parse(&link, span_text(argv[at]), &why))
		return options_usage(c, "URL: %s", why.text);
	outcome.folder = argv[at + 1];
	if (!outcome.folder) {
		/* A name out of a URL must not lead anywhere else. */
		if (dnslist_check_domain(link.domain, &why))
			return options_usage(c, "%s; name a folder", why.text);
		outcome.folder = link.domain;
	}
	rc = sync_list(&outcome.list, &outcome.entries, &o, &link,
		       outcome.folder, &why);
	return finish(c, &outcome, &o, rc, &why);
}

/* --- verify --------------------------------------------------------------- */

static enum err verify_folder(struct dnslist *list, size_t *entries,
			      const char *folder, struct why *why)
{
	char text[DNS_ROOT_TEXT];
	struct dns_tree tree;
	enum err rc = dnslist_load(list, folder, why);

	if (!rc)
		rc = dnslist_signed_tree(&tree, text, list, why);
	if (rc)
		return err_wrap(why, rc, "%s", folder);
	*entries = tree.count;
	dns_tree_clear(&tree);
	return ERR_NONE;
}

static enum err verify_file(struct dnslist *list, size_t *entries,
			    const struct fetch_options *o, const char *path,
			    const struct dns_link *link, struct why *why)
{
	struct dnszone zone = { 0 };
	struct buf text;
	enum err rc;

	buf_init(&text, DNSZONE_TEXT_MAX);
	rc = file_load(&text, path, why);
	if (!rc) {
		rc = dnszone_read(&zone, span_of(text.data, text.len), why);
		if (!rc)
			rc = fetch(list, entries, o, &zone, link, 0, why);
		if (rc)
			err_wrap(why, rc, "%s", path);
	}
	dnszone_clear(&zone);
	buf_clear(&text);
	return rc;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int run_verify(const struct command *c, int argc, char **argv)
{
	struct outcome outcome = { .event = "valid" };
	struct why why = WHY_NONE;
	struct fetch_options o;
	struct dns_link link;
	const char *what;
	bool is_url;
	enum err rc;
	int at;

	init_options(&o);
	at = options_read(c, &o, argc, argv);
	if (at < 0)
		return OPTIONS_STATUS(at);
	what = argv[at];
	is_url = !strncmp(what, "enrtree://", strlen("enrtree://"));
	if (!is_url && is_folder(what)) {
		rc = verify_folder(&outcome.list, &outcome.entries, what, &why);
	} else {
		if (!is_url && !o.url)
			return options_usage(
				c, "--url URL is needed to verify a file");
		if (dns_link_parse(&link, span_text(is_url ? what : o.url),
				   &why))
			return options_usage(c, "URL: %s", why.text);
		rc = is_url ? fetch(&outcome.list, &outcome.entries, &o, NULL,
				    &link, 0, &why)
			    : verify_file(&outcome.list, &outcome.entries, &o,
					  what, &link, &why);
	}
	return finish(c, &outcome, &o, rc, &why);
}

/* -------------------------------------------------------------------------- */

const struct command command_discover_dns_sync = {
	.name = "weft discover dns sync",
	.operands = "URL [FOLDER] [options]",
	.summary = "download and verify a DNS node list",
	.examples =
		"  weft discover dns sync enrtree://AKA3...@example.org\n"
		"  weft discover dns sync enrtree://AKA3...@example.org \\\n"
		"    lists/example --server 192.0.2.53\n",
	.options = sync_rows,
	.operands_min = 1,
	.operands_max = 2,
	.run = run_sync,
};

const struct command command_discover_dns_verify = {
	.name = "weft discover dns verify",
	.operands = "URL|FOLDER|FILE [options]",
	.summary = "say whether a DNS node list is whole and signed",
	.examples = "  weft discover dns verify enrtree://AKA3...@example.org\n"
		    "  weft discover dns verify lists/example\n"
		    "  weft discover dns verify example.zone \\\n"
		    "    --url enrtree://AKA3...@example.org\n",
	.options = verify_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_verify,
};

static const struct command *const below[] = {
	&command_discover_dns_sync,    &command_discover_dns_verify,
	&command_discover_dns_sign,    &command_discover_dns_to_txt,
	&command_discover_dns_to_zone, NULL,
};

const struct command command_discover_dns = {
	.name = "weft discover dns",
	.operands = "COMMAND [options]",
	.summary = "read, make and verify DNS node lists",
	.examples = "  weft discover dns sync enrtree://AKA3...@example.org\n",
	.options = options_none,
	.run = options_group,
	.below = below,
};
