/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as they are printed. */
#include <stdlib.h>

#include "test/unit/node/scratch.h"
#include "test/unit/node/yaml.h"

/* What is printed says the same when it is read. */
static char *printed(const struct settings *s)
{
	struct page page;
	char *text;

	page_open(&page);
	settings_print(page.out, s);
	text = strdup(page_text(&page));
	page_close(&page);
	cr_assert_not_null(text);
	return text;
}

Test(settings, print_values_with_where_they_were_set)
{
	struct settings s = yaml_reads("max_peers: 5\n"
				       "plugins:\n"
				       "  - name: foobar\n"
				       "    options: {greeting: 'a \"b\"'}\n");
	char *text = printed(&s);

	cr_assert(strstr(text, "\nmax_peers: 5  # weft.yaml:1:12\n"), "%s",
		  text);
	cr_assert(strstr(text, "\njson: false  # default\n"), "%s", text);
	cr_assert(strstr(text, "\n#datadir:  # default\n"), "%s", text);
	cr_assert(strstr(text, "\nlisten: auto  # default\n"), "%s", text);
	cr_assert(strstr(text, "\nplugins:\n"
			       "  - name: \"foobar\"  # weft.yaml:3:11\n"
			       "    options:\n"
			       "      \"greeting\": \"a \\\"b\\\"\"  "
			       "# weft.yaml:4:25\n"),
		  "%s", text);
	free(text);
	settings_clear(&s);
}

/* Without the comments, which tell other places. */
static void strip_comments(char *text)
{
	for (char *at = strstr(text, "  # "); at; at = strstr(at, "  # "))
		memmove(at, strchr(at, '\n'), strlen(strchr(at, '\n')) + 1);
}

Test(settings, print_what_reads_as_the_same)
{
	struct settings s = yaml_reads(
		"listen: '[::1]:5'\n"
		"datadir: \"/a \\x01\\t\\\\ \\\" # \xc3\xa4\"\n"
		"name: 'true'\n"
		"peers: [" NODE_A ", " NODE_B "]\n"
		"trusted: [enode://" KEY_B "]\n"
		"discovery: 'off'\n"
		"bootnodes: [" RECORD ", " NODE_A "]\n"
		"netrestrict: ['::1/128', 10.1.2.3/8]\n"
		"log_format: json\n"
		"duration: 90s\n"
		"log_level: error\n"
		"plugins: [x, {name: ./y, options: {a: \"1\\n2\"}}]\n");
	char *first = printed(&s);
	char *second;
	struct settings again = yaml_reads(first);

	cr_assert_str_eq(again.datadir, s.datadir);
	cr_assert_str_eq(again.name, "true");
	cr_assert_eq(again.duration_ms, 90000);
	cr_assert_eq(again.trusted.count, 1);
	cr_assert(!again.discovery.is_auto && !again.discovery.versions);
	cr_assert_eq(again.bootnodes.count, 2);
	cr_assert_eq(again.bootnodes.list[0].record.seq, 1);
	cr_assert_eq(again.netrestrict.list->count, 2);
	cr_assert_eq(again.log_format, SETTING_LOG_JSON);
	cr_assert_str_eq(option_of(&again, 1, "a"), "1\n2");
	second = printed(&again);
	strip_comments(first);
	strip_comments(second);
	cr_assert_str_eq(first, second);
	cr_assert_eq(again.peers.count, 2);
	cr_assert_eq(again.listen.at.port, 5);
	free(first);
	free(second);
	settings_clear(&again);
	settings_clear(&s);
}
