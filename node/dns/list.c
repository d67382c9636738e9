/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns/list.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "node/file.h"
#include "node/json/parse.h"
#include "node/show.h"
#include "node/utc.h"
#include "p2p/crypto/base64.h"
#include "p2p/dnsdisc/base32.h"

static const char info_name[] = "enrtree-info.json";
static const char nodes_name[] = "nodes.json";

void dnslist_clear(struct dnslist *list)
{
	free(list->links);
	nodeset_clear(&list->nodes);
	*list = (struct dnslist){ 0 };
}

enum err dnslist_add_link(struct dnslist *list, const struct dns_link *link)
{
	if (list->link_count == DNSLIST_LINKS_MAX)
		return ERR_LIMIT;
	/* Doubled when it is full, which it is at the powers of two. */
	if (!(list->link_count & (list->link_count - 1))) {
		size_t room = list->link_count ? 2 * list->link_count : 1;

		list->links =
			reallocarray(list->links, room, sizeof(*list->links));
		if (!list->links)
			abort();
	}
	list->links[list->link_count++] = *link;
	return ERR_NONE;
}

/* --- reading -------------------------------------------------------------- */

static enum err read_url(struct dnslist *list, const json_t *o, struct why *why)
{
	const json_t *value = json_object_get(o, "url");
	const char *text = json_string_value(value);
	enum err rc;

	if (!value || (text && !*text))
		return ERR_NONE;
	if (!text)
		return err_fail(why, ERR_FORMAT, "url: not a text");
	rc = dns_link_parse(&list->url, span_text(text), why);
	if (rc)
		return err_wrap(why, rc, "url");
	list->has_url = true;
	return ERR_NONE;
}

static enum err read_seq(struct dnslist *list, const json_t *o, struct why *why)
{
	const json_t *value = json_object_get(o, "seq");

	if (!value)
		return ERR_NONE;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err_fail(why, ERR_FORMAT,
				"seq: not a whole number from 0 on");
	list->seq = (uint64_t)json_integer_value(value);
	return ERR_NONE;
}

static enum err read_signature(struct dnslist *list, const json_t *o,
			       struct why *why)
{
	const json_t *value = json_object_get(o, "signature");
	const char *text = json_string_value(value);
	size_t len;

	if (!value || (text && !*text))
		return ERR_NONE;
	if (!text ||
	    base64url_parse(list->sig.b, sizeof(list->sig.b), &len,
			    span_text(text)) ||
	    len != sizeof(list->sig.b))
		return err_fail(why, ERR_FORMAT,
				"signature: not %zu bytes in base64url",
				sizeof(list->sig.b));
	list->is_signed = true;
	return ERR_NONE;
}

static enum err read_links(struct dnslist *list, const json_t *o,
			   struct why *why)
{
	const json_t *value = json_object_get(o, "links"), *row;
	size_t i;

	if (!value || json_is_null(value))
		return ERR_NONE;
	if (!json_is_array(value))
		return err_fail(why, ERR_FORMAT, "links: not a list");
	json_array_foreach(value, i, row)
	{
		const char *text = json_string_value(row);
		struct dns_link link;
		enum err rc;

		if (!text)
			return err_fail(why, ERR_FORMAT, "link %zu: not a text",
					i + 1);
		rc = dns_link_parse(&link, span_text(text), why);
		if (rc)
			return err_wrap(why, rc, "link %zu", i + 1);
		if (dnslist_add_link(list, &link))
			return err_fail(why, ERR_LIMIT, "over %d links",
					DNSLIST_LINKS_MAX);
	}
	return ERR_NONE;
}

static enum err read_modified(struct dnslist *list, const json_t *o,
			      struct why *why)
{
	const json_t *value = json_object_get(o, "lastModified");
	const char *text = json_string_value(value);

	if (value && (!text || !utc_parse(&list->modified, text)))
		return err_fail(why, ERR_FORMAT,
				"lastModified: not a time such as %s",
				UTC_NEVER);
	return ERR_NONE;
}

enum err dnslist_read_info(struct dnslist *list, struct span json,
			   struct why *why)
{
	json_t *o;
	enum err rc;

	rc = json_from_stranger(&o, json, JSON_PARTS_DEFAULT, why);
	if (rc)
		return rc;
	if (!json_is_object(o))
		rc = err_fail(why, ERR_FORMAT, "not an object");
	if (!rc)
		rc = read_url(list, o, why);
	if (!rc)
		rc = read_seq(list, o, why);
	if (!rc)
		rc = read_signature(list, o, why);
	if (!rc)
		rc = read_links(list, o, why);
	if (!rc)
		rc = read_modified(list, o, why);
	json_decref(o);
	if (rc)
		dnslist_clear(list);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static json_t *links_json(const struct dnslist *list)
{
	json_t *links = json_array();
	char text[DNS_LINK_TEXT];

	for (size_t i = 0; i < list->link_count; i++)
		if (json_array_append_new(
			    links,
			    json_string(dns_link_text(text, &list->links[i]))))
			abort();
	return links;
}

void dnslist_write_info(struct buf *out, const struct dnslist *list)
{
	char text[DNS_LINK_TEXT + BASE64URL_LEN(sizeof(list->sig.b))];
	json_t *o = json_object();
	char utc[UTC_TEXT_MAX];
	char *json;

	if (list->has_url)
		show_json_set(o, "url",
			      json_string(dns_link_text(text, &list->url)));
	show_json_set(o, "seq", json_integer((json_int_t)list->seq));
	if (list->is_signed)
		show_json_set(o, "signature",
			      json_string(base64url_text(
				      text, span_of(list->sig.b,
						    sizeof(list->sig.b)))));
	show_json_set(o, "links", links_json(list));
	show_json_set(o, "lastModified",
		      json_string(utc_text(utc, list->modified)));
	json = json_dumps(o, JSON_INDENT(4) | JSON_PRESERVE_ORDER);
	if (!json || buf_append(out, json, strlen(json)))
		abort();
	free(json);
	json_decref(o);
}

/* --- files ---------------------------------------------------------------- */

static enum err path_of(char out[PATH_MAX], const char *folder,
			const char *name, struct why *why)
{
	if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return err_fail(why, ERR_LIMIT, "%s: too long a path", folder);
	return ERR_NONE;
}

enum err dnslist_load_info(struct dnslist *list, const char *folder,
			   struct why *why)
{
	char path[PATH_MAX];
	struct buf text;
	enum err rc;

	rc = path_of(path, folder, info_name, why);
	if (rc)
		return rc;
	buf_init(&text, DNSLIST_INFO_MAX);
	rc = file_load(&text, path, why);
	if (!rc) {
		rc = dnslist_read_info(list, span_of(text.data, text.len), why);
		if (rc)
			err_wrap(why, rc, "%s", path);
	}
	buf_clear(&text);
	return rc;
}

enum err dnslist_load(struct dnslist *list, const char *folder, struct why *why)
{
	char path[PATH_MAX];
	enum err rc;

	rc = dnslist_load_info(list, folder, why);
	if (rc == ERR_NOT_FOUND)
		rc = ERR_NONE;
	if (!rc)
		rc = path_of(path, folder, nodes_name, why);
	if (!rc)
		rc = nodeset_load(&list->nodes, path, why);
	if (rc)
		dnslist_clear(list);
	return rc;
}

enum err dnslist_save_info(const struct dnslist *list, const char *folder,
			   struct why *why)
{
	char path[PATH_MAX];
	struct buf text;
	enum err rc;

	rc = path_of(path, folder, info_name, why);
	if (rc)
		return rc;
	buf_init(&text, 2 * DNSLIST_INFO_MAX);
	dnslist_write_info(&text, list);
	rc = file_save(path, span_of(text.data, text.len), why);
	buf_clear(&text);
	return rc;
}

enum err dnslist_save(struct dnslist *list, const char *folder, struct why *why)
{
	char path[PATH_MAX];
	enum err rc;

	if (mkdir(folder, 0777) && errno != EEXIST)
		return err_errno(why, ERR_SYSTEM, errno, "cannot make %s",
				 folder);
	rc = path_of(path, folder, nodes_name, why);
	if (!rc)
		rc = nodeset_save(path, &list->nodes, why);
	return rc ? rc : dnslist_save_info(list, folder, why);
}

/* --- signing -------------------------------------------------------------- */

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

enum err dnslist_check_domain(const char *domain, struct why *why)
{
	/* What stands before it, of the names below it. */
	size_t room = DNS_DOMAIN_MAX - 1 - (BASE32_LEN(DNS_HASH_OURS) + 1);
	size_t label = 0;

	if (strlen(domain) > room)
		return err_fail(why, ERR_LIMIT, "domain: over %zu bytes", room);
	for (const char *c = domain;; c++) {
		if (*c && is_label_char(*c)) {
			label++;
			continue;
		}
		if (*c && *c != '.')
			return err_fail(why, ERR_FORMAT,
					"domain: '%c' is none of letters, "
					"digits, '-', '_' and '.'",
					*c);
		if (!label || label > 63)
			return err_fail(why, ERR_FORMAT,
					"domain: between dots stand 1 to 63 "
					"bytes");
		label = 0;
		if (!*c)
			return ERR_NONE;
	}
}

enum err dnslist_tree(struct dns_tree *out, struct dnslist *list,
		      struct why *why)
{
	size_t count = nodeset_count(&list->nodes), i = 0;
	struct enr *records = calloc(count + 1, sizeof(*records));
	const struct nodeset_node *node = NULL;
	enum err rc;

	if (!records)
		abort();
	nodeset_sort(&list->nodes);
	while ((node = nodeset_next(&list->nodes, node)))
		records[i++] = node->record;
	rc = dns_tree_make(out, records, count, list->links, list->link_count,
			   why);
	free(records);
	return rc;
}

enum err dnslist_sign(struct dnslist *list, const char *domain,
		      const struct ecc_keypair *key, struct why *why)
{
	char text[DNS_ROOT_TEXT];
	struct dns_tree tree;
	enum err rc = dnslist_check_domain(domain, why);

	if (!rc)
		rc = dnslist_tree(&tree, list, why);
	if (rc)
		return rc;
	tree.root.seq = list->seq;
	dns_root_sign(text, &tree.root, &key->key);
	list->sig = tree.root.sig;
	list->is_signed = true;
	list->url.pub = key->pub;
	snprintf(list->url.domain, sizeof(list->url.domain), "%s", domain);
	list->has_url = true;
	dns_tree_clear(&tree);
	return ERR_NONE;
}

enum err dnslist_signed_tree(struct dns_tree *out, char text[DNS_ROOT_TEXT],
			     struct dnslist *list, struct why *why)
{
	enum err rc;

	if (!list->has_url || !list->is_signed)
		return err_fail(why, ERR_AUTH, "not signed yet");
	rc = dnslist_tree(out, list, why);
	if (rc)
		return rc;
	out->root.seq = list->seq;
	out->root.sig = list->sig;
	dns_root_text(text, &out->root);
	if (dns_root_verify(&out->root, &list->url.pub))
		return ERR_NONE;
	dns_tree_clear(out);
	return err_fail(why, ERR_AUTH,
			"the signature is not of these nodes, links and seq; "
			"sign it again");
}
