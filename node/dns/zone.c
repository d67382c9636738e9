/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "node/json/text.h"
#include "node/show.h"

enum {
	STRING_LEN = 253, /* bytes of one; 255 would do */
};

void dnszone_clear(struct dnszone *z)
{
	for (size_t i = 0; i < z->count; i++) {
		free(z->rows[i].name);
		free(z->rows[i].value);
	}
	free(z->rows);
	*z = (struct dnszone){ 0 };
}

static char *copy(struct span s)
{
	char *text = malloc(s.len + 1);

	if (!text)
		abort();
	if (s.len)
		memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return text;
}

enum err dnszone_add(struct dnszone *z, struct span name, struct span value)
{
	if (z->count == DNSZONE_ROWS_MAX)
		return ERR_LIMIT;
	/* Doubled when it is full, which it is at the powers of two. */
	if (!(z->count & (z->count - 1))) {
		z->rows = reallocarray(z->rows, z->count ? 2 * z->count : 1,
				       sizeof(*z->rows));
		if (!z->rows)
			abort();
	}
	z->rows[z->count++] = (struct dnszone_row){
		.name = copy(name),
		.value = copy(value),
		.len = value.len,
	};
	z->is_sorted = false;
	return ERR_NONE;
}

void dnszone_of_tree(struct dnszone *z, const struct dns_tree *tree,
		     const char *domain, const char *root)
{
	char name[DNS_HASH_TEXT + DNS_DOMAIN_MAX], hash[DNS_HASH_TEXT];
	enum err rc = dnszone_add(z, span_text(domain), span_text(root));

	for (size_t i = 0; i < tree->count && !rc; i++) {
		snprintf(name, sizeof(name), "%s.%s",
			 dns_hash_text(hash, &tree->entries[i].hash), domain);
		rc = dnszone_add(z, span_text(name),
				 span_text(tree->entries[i].text));
	}
	if (rc) /* no tree is that large */
		abort();
}

/* --- finding -------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct dnszone_row *)a)->name,
			  ((const struct dnszone_row *)b)->name);
}

static void sort(struct dnszone *z)
{
	if (!z->is_sorted && z->count)
		qsort(z->rows, z->count, sizeof(*z->rows), by_name);
	z->is_sorted = true;
}

size_t dnszone_find(struct dnszone *z, struct span *values, size_t room,
		    const char *name)
{
	const struct dnszone_row key = { .name = (char *)name };
	size_t low = 0, high, n = 0;

	sort(z);
	high = z->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_name(&z->rows[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < z->count && !by_name(&z->rows[low], &key); low++, n++)
		if (n < room)
			values[n] =
				span_of(z->rows[low].value, z->rows[low].len);
	return n;
}

/* --- writing -------------------------------------------------------------- */

static void say(struct buf *out, const char *text)
{
	if (buf_append(out, text, strlen(text)))
		abort();
}

void dnszone_write_json(struct buf *out, struct dnszone *z)
{
	json_t *o = json_object();
	char *json;

	for (size_t i = 0; i < z->count; i++)
		show_json_set(
			o, z->rows[i].name,
			json_text(span_of(z->rows[i].value, z->rows[i].len)));
	json = json_dumps(o, JSON_INDENT(4) | JSON_SORT_KEYS);
	if (!json)
		abort();
	say(out, json);
	free(json);
	json_decref(o);
}

/* One string between quotes. */
static void say_string(struct buf *out, const char *bytes, size_t len)
{
	say(out, "\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		char text[8];

		if (c < ' ' || c > '~')
			snprintf(text, sizeof(text), "\\%03u", c);
		else
			snprintf(text, sizeof(text), "%s%c",
				 c == '"' || c == '\\' ? "\\" : "", c);
		say(out, text);
	}
	say(out, "\"");
}

static void say_row(struct buf *out, const struct dnszone_row *row,
		    unsigned ttl)
{
	size_t at = 0;
	char text[40];

	for (const char *c = row->name; *c; c++) {
		char lower[2] = { *c, '\0' };

		if (*c >= 'A' && *c <= 'Z')
			lower[0] = (char)(*c - 'A' + 'a');
		say(out, lower);
	}
	snprintf(text, sizeof(text), ".\t%u\tIN\tTXT\t", ttl);
	say(out, text);
	do {
		size_t n =
			row->len - at < STRING_LEN ? row->len - at : STRING_LEN;

		say(out, at ? " " : "");
		say_string(out, row->value + at, n);
		at += n;
	} while (at < row->len);
	say(out, "\n");
}

void dnszone_write(struct buf *out, struct dnszone *z, const char *domain,
		   const char *url, uint64_t seq)
{
	char text[64];

	snprintf(text, sizeof(text), ", seq %" PRIu64 "\n", seq);
	say(out, "; ");
	say(out, url);
	say(out, text);
	sort(z);
	for (size_t i = 0; i < z->count; i++)
		if (!strcasecmp(z->rows[i].name, domain))
			say_row(out, &z->rows[i], DNSZONE_ROOT_TTL);
	for (size_t i = 0; i < z->count; i++)
		if (strcasecmp(z->rows[i].name, domain) != 0)
			say_row(out, &z->rows[i], DNSZONE_ENTRY_TTL);
}
