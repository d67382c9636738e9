/* SPDX-License-Identifier: Apache-2.0 */
/* Settings from a file: what it may say, and what is wrong with it. */
#include <stdio.h>

#include "node/parse.h"
#include "test/unit/node/scratch.h"
#include "test/unit/node/yaml.h"

Test(settings, have_defaults)
{
	struct settings s = yaml_reads("");

	cr_assert_eq(s.listen.how, NODE_LISTEN_ANY);
	cr_assert_null(s.datadir);
	cr_assert_null(s.name);
	cr_assert_eq(s.peers.count, 0);
	cr_assert_eq(s.max_peers, 50);
	cr_assert_eq(s.max_pending, 50);
	cr_assert_eq(s.memory, 512u << 20);
	cr_assert_eq(s.dial_ratio, 3);
	cr_assert_eq(s.trusted.count, 0);
	cr_assert_null(s.netrestrict.list);
	cr_assert_eq(s.log_format, SETTING_LOG_AUTO);
	cr_assert_not(s.accept_plain);
	cr_assert_eq(s.duration_ms, 0);
	cr_assert_eq(s.log_level, LOG_WARN);
	cr_assert_not(s.json);
	cr_assert_null(s.plugin_folder);
	cr_assert_eq(s.plugin_count, 0);
	settings_clear(&s);
}

Test(settings, are_read_from_yaml)
{
	struct settings s = yaml_reads("listen: 127.0.0.1:0\n"
				       "datadir: /var/lib/weft\n"
				       "name: my node\n"
				       "peers:\n"
				       "  - " NODE_A "\n"
				       "  - '" NODE_B "'\n"
				       "max_peers: 20\n"
				       "max_pending: 10\n"
				       "memory: 64 MiB\n"
				       "dial_ratio: 2\n"
				       "trusted: [enode://" KEY_A "]\n"
				       "netrestrict:\n"
				       "  - 10.0.0.0/8\n"
				       "  - 2001:db8::1/32, 127.0.0.0/8\n"
				       "log_format: text\n"
				       "accept_plain: true\n"
				       "duration: 1.5\n"
				       "log_level: debug\n"
				       "json: true\n"
				       "plugin_folder: \"/opt/weft\"\n");

	cr_assert_eq(s.listen.how, NODE_LISTEN_AT);
	cr_assert_eq(s.listen.at.port, 0);
	cr_assert(ip_is_loopback(&s.listen.at.ip));
	cr_assert_str_eq(s.datadir, "/var/lib/weft");
	cr_assert_str_eq(s.name, "my node");
	cr_assert_eq(s.peers.count, 2);
	cr_assert_eq(s.peers.list[0].tcp, 1);
	cr_assert_eq(s.peers.list[1].tcp, 2);
	cr_assert_eq(s.max_peers, 20);
	cr_assert_eq(s.max_pending, 10);
	cr_assert_eq(s.memory, 64u << 20);
	cr_assert_eq(s.dial_ratio, 2);
	cr_assert_eq(s.trusted.count, 1);
	cr_assert_eq(s.trusted.list[0].tcp, 0);
	cr_assert_eq(s.netrestrict.list->count, 3);
	cr_assert_eq(s.netrestrict.list->nets[1].bits, 32);
	cr_assert_eq(s.netrestrict.list->nets[1].ip.b[15], 0);
	cr_assert_eq(s.log_format, SETTING_LOG_TEXT);
	cr_assert(s.accept_plain);
	cr_assert_eq(s.duration_ms, 1500);
	cr_assert_eq(s.log_level, LOG_DEBUG);
	cr_assert(s.json);
	cr_assert_str_eq(s.plugin_folder, "/opt/weft");
	settings_clear(&s);
}

Test(settings, say_where_and_how_discovery_begins)
{
	static const struct {
		const char *yaml;
		bool is_auto;
		unsigned versions;
	} cases[] = {
		{ "json: true\n", true, 0 },
		{ "discovery: auto\n", true, 0 },
		{ "discovery: off\n", false, 0 },
		{ "discovery: 'off'\n", false, 0 },
		{ "discovery: v4\n", false, DISCOVER_V4 },
		{ "discovery: v5\n", false, DISCOVER_V5 },
		{ "discovery: v5,v4\n", false, DISCOVER_V4 | DISCOVER_V5 },
	};
	struct settings s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		s = yaml_reads(cases[i].yaml);
		cr_assert_eq(s.discovery.is_auto, cases[i].is_auto);
		cr_assert_eq(s.discovery.versions, cases[i].versions);
		settings_clear(&s);
	}
	s = yaml_reads("bootnodes:\n"
		       "  - " NODE_A "\n"
		       "  - " RECORD "\n"
		       "  - enode://" KEY_B "@boot.example:0?discport=5\n"
		       "bootnode_only: true\n"
		       "discovery_port: 65535\n");
	cr_assert_eq(s.bootnodes.count, 3);
	cr_assert_eq(s.bootnodes.list[0].record.len, 0);
	cr_assert_eq(s.bootnodes.list[0].node.udp, 1);
	cr_assert_eq(s.bootnodes.list[1].record.seq, 1);
	cr_assert_eq(s.bootnodes.list[1].node.udp, 30303);
	cr_assert_str_eq(s.bootnodes.list[2].node.host, "boot.example");
	cr_assert(s.bootnode_only);
	cr_assert_eq(s.discovery_port, 65535);
	settings_clear(&s);
}

#define LIST                                                              \
	"enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2" \
	"@nodes.example.org"

Test(settings, read_lists_and_who_is_asked_for_them)
{
	struct settings s = yaml_reads("discovery: dns,v5\n"
				       "dns_lists:\n"
				       "  - " LIST "\n"
				       "dns_server: 192.0.2.53\n");
	struct page p;

	cr_assert(s.discovery.dns);
	cr_assert_eq(s.discovery.versions, DISCOVER_V5);
	cr_assert_eq(s.dns_lists.count, 1);
	cr_assert_str_eq(s.dns_lists.list[0].domain, "nodes.example.org");
	cr_assert_eq(s.dns_server.ip.family, IP_V4);
	cr_assert_eq(s.dns_server.port, 0);
	page_open(&p);
	settings_print(p.out, &s);
	cr_assert_not_null(strstr(page_text(&p), "discovery: v5,dns"), "%s",
			   page_text(&p));
	cr_assert_not_null(strstr(page_text(&p), "- \"" LIST "\""));
	cr_assert_not_null(strstr(page_text(&p), "dns_server: \"192.0.2.53\""));
	page_close(&p);
	settings_clear(&s);

	s = yaml_reads("dns_server: \"[2001:db8::1]:5353\"\n");
	cr_assert_eq(s.dns_server.ip.family, IP_V6);
	cr_assert_eq(s.dns_server.port, 5353);
	cr_assert_not(s.discovery.dns);
	settings_clear(&s);
	yaml_refused("dns_lists: [" LIST ", " LIST "]\n", ERR_EXISTS,
		     "weft.yaml:1:96: dns_lists[1]: \"enrtree://AM5FCQLWIZX2QF"
		     "...\": the same list twice");
	yaml_refused("dns_server: \":53\"\n", ERR_FORMAT,
		     "weft.yaml:1:13: dns_server: \":53\": not a server; "
		     "give IP or IP:PORT (or system)");
}

Test(settings, read_plugins_by_name_and_with_options)
{
	struct settings s = yaml_reads("plugins:\n"
				       "  - foobar\n"
				       "  - name: ./hello.so\n"
				       "    options:\n"
				       "      greeting: hi\n"
				       "      interval: 5s\n"
				       "      loud: true\n"
				       "  - {name: 42}\n"
				       "  - name: gossip\n"
				       "    options:\n");

	cr_assert_eq(s.plugin_count, 4);
	cr_assert_str_eq(s.plugins[0].what, "foobar");
	cr_assert_eq(s.plugins[0].option_count, 0);
	cr_assert_str_eq(s.plugins[1].what, "./hello.so");
	cr_assert_eq(s.plugins[1].option_count, 3);
	cr_assert_str_eq(option_of(&s, 1, "greeting"), "hi");
	cr_assert_str_eq(option_of(&s, 1, "interval"), "5s");
	cr_assert_str_eq(option_of(&s, 1, "loud"), "true");
	cr_assert_str_eq(s.plugins[1].options[0].where,
			 "weft.yaml:5:17: plugins[1].options.greeting");
	cr_assert_str_eq(s.plugins[2].what, "42");
	cr_assert_str_eq(s.plugins[3].what, "gossip");
	settings_clear(&s);
}

Test(settings, say_what_is_wrong_in_a_file)
{
	yaml_refused("max_peers: 50x\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"50x\": not a whole number "
		     "from 0 to 10000");
	yaml_refused("max_peers: 010\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"010\": not a whole number "
		     "from 0 to 10000");
	yaml_refused("max_peers: 10001\n", ERR_LIMIT,
		     "weft.yaml:1:12: max_peers: 10001: not from 0 to 10000");
	yaml_refused("\nmax_peer: 5\n", ERR_NOT_FOUND,
		     "weft.yaml:2:1: max_peer: no such key; did you mean "
		     "max_peers?");
	yaml_refused("zzzzzzzz: 5\n", ERR_NOT_FOUND,
		     "weft.yaml:1:1: zzzzzzzz: no such key");
	yaml_refused("max_peers: [5]\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: a list; give one value");
	yaml_refused("name: {a: b}\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: a map; give one value");
	yaml_refused("datadir:\n", ERR_FORMAT,
		     "weft.yaml:1:9: datadir: nothing; leave the key out, or "
		     "give a value");
	yaml_refused("listen: here\n", ERR_FORMAT,
		     "weft.yaml:1:9: listen: \"here\": not an address; give "
		     "IP:PORT, :PORT or PORT (or auto, or none)");
	yaml_refused("duration: 5x\n", ERR_FORMAT,
		     "weft.yaml:1:11: duration: \"5x\": not a duration (like "
		     "250ms, 15s, 2m, or seconds)");
	yaml_refused("duration: 1.2345\n", ERR_FORMAT,
		     "weft.yaml:1:11: duration: \"1.2345\": not a duration "
		     "(like 250ms, 15s, 2m, or seconds)");
	yaml_refused("duration: 600h\n", ERR_LIMIT,
		     "weft.yaml:1:11: duration: \"600h\": not from 0 to "
		     "500h");
	yaml_refused("log_level: loud\n", ERR_FORMAT,
		     "weft.yaml:1:12: log_level: \"loud\": no level; give "
		     "error, warn, info or debug");
	yaml_refused("discovery: v4,v6\n", ERR_FORMAT,
		     "weft.yaml:1:12: discovery: \"v6\": give some of v4, v5 "
		     "and dns (v4,v5), or off, or auto");
	yaml_refused("discovery: v5,v5\n", ERR_EXISTS,
		     "weft.yaml:1:12: discovery: v5 twice");
	yaml_refused("discovery: v4,\n", ERR_FORMAT,
		     "weft.yaml:1:12: discovery: \"\": give some of v4, v5 "
		     "and dns (v4,v5), or off, or auto");
	yaml_refused("bootnodes: [enode://" KEY_A "]\n", ERR_UNSUPPORTED,
		     "weft.yaml:1:13: bootnodes[0]: \"enode://79be667ef9dcbbac"
		     "...\": no address; give enode://<key>@<host>:<port>");
	yaml_refused("bootnodes: [" NODE_A ", " NODE_A "]\n", ERR_EXISTS,
		     "weft.yaml:1:163: bootnodes[1]: \"enode://79be667ef9dcbbac"
		     "...\": the same node twice");
	yaml_refused("discovery_port: 65536\n", ERR_LIMIT,
		     "weft.yaml:1:17: discovery_port: 65536: not from 0 to "
		     "65535");
	yaml_refused("a: 1\na: 2\n", ERR_EXISTS,
		     "weft.yaml:2:1: \"a\" stands here twice, first in line "
		     "1");
}

Test(settings, tell_words_from_text_in_quotes)
{
	yaml_refused("json: \"true\"\n", ERR_FORMAT,
		     "weft.yaml:1:7: json: \"true\": a text; write it without "
		     "quotes");
	yaml_refused("json: yes\n", ERR_FORMAT,
		     "weft.yaml:1:7: json: \"yes\": not true or false");
	yaml_refused("max_peers: '5'\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"5\": a text; write it "
		     "without quotes");
	yaml_refused("name: 123\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: 123: reads as a number; put it in "
		     "quotes");
	yaml_refused("name: no\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: no: reads as true or false; put it "
		     "in quotes");
	yaml_refused("name: ~\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: nothing; leave the key out, or "
		     "give a value");
}

Test(settings, are_texts_that_yaml_can_hold)
{
	static const char *const wrong[] = {
		"\xff",		"\xc3",		"\xc0\x80",	"\xed\xa0\x80",
		"\xc2\x80",	"\xc2\x9f",	"\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_not(parse_is_text(wrong[i]), "%zu", i);
	cr_assert(parse_is_text("\x01\t plain, \xc2\xa0\xc3\xa4"
				"\xe2\x80\xa7\xf0\x9f\x98\x80"));
	yaml_refused("datadir: \"\\L\"\n", ERR_FORMAT,
		     "weft.yaml:1:10: datadir: not plain UTF-8 text");
	yaml_refused("plugins: [{name: a, options: {b: \"\\P\"}}]\n",
		     ERR_FORMAT,
		     "weft.yaml:1:34: plugins[0].options.b: not plain UTF-8 "
		     "text");
}

Test(settings, say_what_is_wrong_with_peers)
{
	yaml_refused("peers: " NODE_A "\n", ERR_FORMAT,
		     "weft.yaml:1:8: peers: not a list; give [] or [a, b]");
	yaml_refused("peers:\n  - " NODE_A "\n  - " NODE_A "\n", ERR_EXISTS,
		     "weft.yaml:3:5: peers[1]: \"enode://79be667ef9dcbbac"
		     "...\": the same node twice");
	yaml_refused("peers: [enode://" KEY_A "]\n", ERR_UNSUPPORTED,
		     "weft.yaml:1:9: peers[0]: \"enode://79be667ef9dcbbac"
		     "...\": no address; give enode://<key>@<host>:<port>");
	yaml_refused("peers: [[]]\n", ERR_FORMAT,
		     "weft.yaml:1:9: peers[0]: a list; give one value");
}

Test(settings, say_what_is_wrong_with_plugins)
{
	yaml_refused("plugins: foobar\n", ERR_FORMAT,
		     "weft.yaml:1:10: plugins: not a list of plugins");
	yaml_refused("plugins: [Foo Bar]\n", ERR_FORMAT,
		     "weft.yaml:1:11: plugins[0]: \"Foo Bar\": not a plugin's "
		     "name ([a-z0-9_-]+) or path (with a /)");
	yaml_refused("plugins: [a, b, a]\n", ERR_EXISTS,
		     "weft.yaml:1:17: plugins[2]: \"a\": the same plugin "
		     "twice");
	yaml_refused("plugins:\n  - options: {}\n", ERR_FORMAT,
		     "weft.yaml:2:5: plugins[0]: no name; give name: NAME or "
		     "PATH");
	yaml_refused("plugins:\n  - name: a\n    option: {}\n", ERR_NOT_FOUND,
		     "weft.yaml:3:5: plugins[0].option: no such key; did you "
		     "mean options?");
	yaml_refused("plugins:\n  - name: a\n    options: [x]\n", ERR_FORMAT,
		     "weft.yaml:3:14: plugins[0].options: not a map of "
		     "options and values");
	yaml_refused("plugins:\n  - name: a\n    options: {x: {y: z}}\n",
		     ERR_FORMAT,
		     "weft.yaml:3:18: plugins[0].options.x: a map; give one "
		     "value");
	yaml_refused("plugins:\n  - name: a\n    options: {x: }\n", ERR_FORMAT,
		     "weft.yaml:3:18: plugins[0].options.x: nothing; leave "
		     "the key out, or give a value");
	yaml_refused("plugins: [~]\n", ERR_FORMAT,
		     "weft.yaml:1:11: plugins[0]: not a plugin's name or "
		     "path");
}

Test(settings, limit_the_number_of_plugins)
{
	char text[SETTINGS_PLUGINS_MAX * 8 + 32] = "plugins: [p";
	struct settings s;

	for (int i = 1; i < SETTINGS_PLUGINS_MAX; i++)
		snprintf(text + strlen(text), 8, ", p%d", i);
	strcat(text, "]");
	s = yaml_reads(text);
	cr_assert_eq(s.plugin_count, SETTINGS_PLUGINS_MAX);
	settings_clear(&s);
	strcpy(text + strlen(text) - 1, ", one]");
	yaml_refused(text, ERR_LIMIT,
		     "weft.yaml:1:320: plugins[64]: more than 64 plugins");
}
