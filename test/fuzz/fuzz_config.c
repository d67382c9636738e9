/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: what is accepted prints to a file that reads as the
 * same, and prints to itself; a refusal says where. */
#include <string.h>

#include "node/settings.h"
#include "p2p/crypto/rng.h"
#include "test/fuzz/fuzz.h"

/* Printed, without the comments. */
static char *printed(const struct settings *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	MUST(out);
	settings_print(out, s);
	MUST(!fclose(out));
	return text;
}

/* Comments tell other places the second time. A value that holds "  # " loses
 * its end in both. */
static void strip_comments(char *text)
{
	for (char *at = strstr(text, "  # "); at; at = strstr(at, "  # "))
		memmove(at, strchr(at, '\n'), strlen(strchr(at, '\n')) + 1);
}

static void check_same(const struct settings *s)
{
	struct why why = WHY_NONE;
	struct settings again;
	char *first = printed(s);
	char *second;

	MUST(!settings_read(&again, span_text(first), "print", &why));
	MUST(again.max_peers == s->max_peers && again.json == s->json);
	MUST(again.peers.count == s->peers.count);
	MUST(again.plugin_count == s->plugin_count);
	for (size_t i = 0; i < s->plugin_count; i++)
		MUST(!strcmp(again.plugins[i].what, s->plugins[i].what) &&
		     again.plugins[i].option_count ==
			     s->plugins[i].option_count);
	second = printed(&again);
	strip_comments(first);
	strip_comments(second);
	MUST(!strcmp(first, second));
	free(first);
	free(second);
	settings_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	struct why why = WHY_NONE;
	struct settings s;

	if (!ready) {
		crypto_init();
		ready = 1;
	}
	if (settings_read(&s, span_of(data, size), "file", &why)) {
		MUST(!strncmp(why.text, "file:", 5));
		MUST(!s.plugins && !s.plugin_count);
		return 0;
	}
	MUST(!why.text[0]);
	check_same(&s);
	settings_clear(&s);
	return 0;
}
