/* SPDX-License-Identifier: Apache-2.0 */
/* TXT records out of a file, as a zone file or as JSON: what is read is written
 * as a zone file, and read as the same. */

#include "node/dns/zone.h"
#include "test/fuzz/fuzz.h"

/* Names that need no escapes are written as they are. */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~' || strchr("\";()@$\\", *name) ||
		    !name[1] == (*name == '.'))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dnszone z = { 0 }, plain = { 0 }, again = { 0 };
	struct why why = WHY_NONE;
	struct buf out;

	if (dnszone_read(&z, span_of(data, size), &why)) {
		MUST(why.text[0] && !z.count);
		return 0;
	}
	for (size_t i = 0; i < z.count; i++) {
		const struct dnszone_row *row = &z.rows[i];

		if (!*row->name || strlen(row->name) > 1000 ||
		    row->len > DNS_TEXT_MAX || !is_plain(row->name))
			continue;
		MUST(!dnszone_add(&plain, span_text(row->name),
				  span_of(row->value, row->len)));
	}
	buf_init(&out, DNSZONE_TEXT_MAX);
	dnszone_write(&out, &plain, "a", "enrtree://", 1);
	MUST(!dnszone_read(&again, span_of(out.data, out.len), &why));
	MUST(again.count == plain.count);
	for (size_t i = 0; i < plain.count; i++) {
		struct span a[4], b[4];
		size_t n = dnszone_find(&plain, a, 4, plain.rows[i].name);

		MUST(n == dnszone_find(&again, b, 4, plain.rows[i].name));
		if (n == 1)
			MUST(span_equal(a[0], b[0]));
	}
	buf_clear(&out);
	dnszone_clear(&z);
	dnszone_clear(&plain);
	dnszone_clear(&again);
	return 0;
}
