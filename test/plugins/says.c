/* SPDX-License-Identifier: Apache-2.0 */
/* Puts an entry into its node's record: text, by its options. Admin methods:
 * NAME_set ["KEY", "TEXT"], which takes the entry out when the text is "-", and
 * NAME_get ["NODE", "KEY"], the text that a node's record says. */
#include <stdio.h>
#include <string.h>
#include <weft/plugin.h>

#ifndef NAME
#define NAME "says"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif

static int say(struct weft_host *host, const char *key, const char *text)
{
	uint8_t item[300];
	size_t size;
	int rc;

	if (!strcmp(text, "-"))
		return weft_record_set(host, key, NULL, 0);
	rc = weft_pack(item, sizeof(item), &size, "s", text);
	return rc ? rc : weft_record_set(host, key, item, size);
}

static int set(void *state, const char *params, size_t size,
	       struct weft_text *result)
{
	char key[64], text[256];
	int rc;

	(void)size;
	if (sscanf(params, "[\"%63[^\"]\",\"%255[^\"]\"]", key, text) != 2)
		return WEFT_EINVAL;
	rc = say(state, key, text);
	return rc ? rc : weft_text_add(result, "true", 4);
}

static int get(void *state, const char *params, size_t size,
	       struct weft_text *result)
{
	char node[512], key[64], json[304];
	struct weft_msg value = { 0 };
	struct weft_item text;
	uint8_t item[300];
	int rc, n;

	(void)size;
	if (sscanf(params, "[\"%511[^\"]\",\"%63[^\"]\"]", node, key) != 2)
		return WEFT_EINVAL;
	rc = weft_record_get(state, node, key, item, sizeof(item), &value.size);
	if (rc)
		return rc;
	value.payload = item;
	rc = weft_unpack_items(&value, "d", &text, 1, &(size_t){ 0 });
	if (rc)
		return rc;
	n = snprintf(json, sizeof(json), "\"%.*s\"", (int)text.size,
		     (const char *)text.data);
	return weft_text_add(result, json, (size_t)n);
}

static int says_start(struct weft_host *host, void **state)
{
	char key[64], text[256];
	int64_t fails = 0;
	int rc;

	(void)state;
	weft_option_text(host, "key", key, sizeof(key));
	weft_option_text(host, "text", text, sizeof(text));
	weft_option_int(host, "fails", &fails);
	rc = say(host, key, text[0] ? text : VERSION);
#ifdef WAITS
	if (!rc)
		rc = weft_sleep_until(host, WEFT_FOREVER);
#endif
	if (!rc && fails)
		rc = WEFT_EFAIL;
	if (!rc)
		rc = weft_rpc_add(host, NAME "_set", set, host);
	return rc ? rc : weft_rpc_add(host, NAME "_get", get, host);
}

static const struct weft_option key_option = {
	.size = sizeof(key_option),
	.name = "key",
	.type = WEFT_OPTION_TEXT,
	.fallback = "says",
	.help = "of the entry",
};
static const struct weft_option text_option = {
	.size = sizeof(text_option),
	.name = "text",
	.type = WEFT_OPTION_TEXT,
	.help = "what it says; the version of the plugin",
};
static const struct weft_option fails_option = {
	.size = sizeof(fails_option),
	.name = "fails",
	.type = WEFT_OPTION_BOOL,
	.help = "start fails, at last",
};
static const struct weft_option *const options[] = { &key_option, &text_option,
						     &fails_option, NULL };

WEFT_PLUGIN(.name = NAME, .version = VERSION, .start = says_start,
	    .options = options);
