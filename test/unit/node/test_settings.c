/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings.h"

#include <stdlib.h>
#include <string.h>

#include "node/parse.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"

/* Two keys of which the curve knows the points. */
#define KEY_A                                                              \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define KEY_B                                                              \
	"c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5" \
	"1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a"
#define NODE_A "enode://" KEY_A "@127.0.0.1:1"
#define NODE_B "enode://" KEY_B "@127.0.0.1:2"

#define RECORD                                                                \
	"enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBO" \
	"onrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0" \
	"yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8"

/* What settings_load was told and what it warned of. */
struct places {
	struct scratch scratch;
	char file[PATH_MAX];
	char *environment[8];
	size_t variables;
	struct settings_flags flags;
	char warned[512];
};

static void warn(void *ctx, const char *text)
{
	struct places *p = ctx;

	strcat(p->warned, text);
	strcat(p->warned, "\n");
}

static void places_open(struct places *p, const char *yaml)
{
	crypto_init();
	memset(p, 0, sizeof(*p));
	scratch_open(&p->scratch);
	scratch_file(p->file, &p->scratch, "weft.yaml");
	if (yaml)
		scratch_write(p->file, yaml, strlen(yaml), 0644);
	else
		p->file[0] = '\0';
}

static void places_close(struct places *p)
{
	settings_flags_clear(&p->flags);
	scratch_close(&p->scratch);
}

static enum err load(struct settings *s, struct places *p,
		     enum settings_place *failed, struct why *why)
{
	struct settings_sources sources = {
		.file = p->file[0] ? p->file : NULL,
		.environment = p->environment,
		.flags = &p->flags,
		.warn = warn,
		.ctx = p,
	};

	return settings_load(s, &sources, failed, why);
}

static void loads(struct settings *s, struct places *p)
{
	struct why why = WHY_NONE;

	cr_assert_eq(load(s, p, NULL, &why), ERR_NONE, "%s", why.text);
}

/* A variable or flag is to blame, in these words. */
static void refused(struct places *p, enum settings_place place, enum err rc,
		    const char *says)
{
	enum settings_place failed = SETTINGS_DEFAULT;
	struct why why = WHY_NONE;
	struct settings s;

	cr_assert_eq(load(&s, p, &failed, &why), rc, "%s", why.text);
	cr_assert_str_eq(why.text, says);
	cr_assert_eq(failed, place);
	cr_assert_null(s.plugins);
	cr_assert_eq(s.max_peers, 0);
}

static void variable(struct places *p, const char *entry)
{
	p->environment[p->variables++] = (char *)entry;
}

static void read_refused(const char *yaml, enum err rc, const char *says)
{
	struct why why = WHY_NONE;
	struct settings s;

	crypto_init();
	cr_assert_eq(settings_read(&s, span_text(yaml), "weft.yaml", &why), rc,
		     "%s: %s", yaml, why.text);
	cr_assert_str_eq(why.text, says);
}

static struct settings reads(const char *yaml)
{
	struct why why = WHY_NONE;
	struct settings s;

	crypto_init();
	cr_assert_eq(settings_read(&s, span_text(yaml), "weft.yaml", &why),
		     ERR_NONE, "%s", why.text);
	return s;
}

static const char *option_of(const struct settings *s, size_t plugin,
			     const char *name)
{
	const struct wanted *w = &s->plugins[plugin];

	cr_assert_lt(plugin, s->plugin_count);
	for (size_t i = 0; i < w->option_count; i++)
		if (!strcmp(w->options[i].name, name))
			return w->options[i].value;
	return "(not set)";
}

Test(settings, have_defaults)
{
	struct settings s = reads("");

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
	struct settings s = reads("listen: 127.0.0.1:0\n"
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
		s = reads(cases[i].yaml);
		cr_assert_eq(s.discovery.is_auto, cases[i].is_auto);
		cr_assert_eq(s.discovery.versions, cases[i].versions);
		settings_clear(&s);
	}
	s = reads("bootnodes:\n"
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
	struct settings s = reads("discovery: dns,v5\n"
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

	s = reads("dns_server: \"[2001:db8::1]:5353\"\n");
	cr_assert_eq(s.dns_server.ip.family, IP_V6);
	cr_assert_eq(s.dns_server.port, 5353);
	cr_assert_not(s.discovery.dns);
	settings_clear(&s);
	read_refused("dns_lists: [" LIST ", " LIST "]\n", ERR_EXISTS,
		     "weft.yaml:1:96: dns_lists[1]: \"enrtree://AM5FCQLWIZX2QF"
		     "...\": the same list twice");
	read_refused("dns_server: \":53\"\n", ERR_FORMAT,
		     "weft.yaml:1:13: dns_server: \":53\": not a server; "
		     "give IP or IP:PORT (or system)");
}

Test(settings, read_plugins_by_name_and_with_options)
{
	struct settings s = reads("plugins:\n"
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
	read_refused("max_peers: 50x\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"50x\": not a whole number "
		     "from 0 to 10000");
	read_refused("max_peers: 010\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"010\": not a whole number "
		     "from 0 to 10000");
	read_refused("max_peers: 10001\n", ERR_LIMIT,
		     "weft.yaml:1:12: max_peers: 10001: not from 0 to 10000");
	read_refused("\nmax_peer: 5\n", ERR_NOT_FOUND,
		     "weft.yaml:2:1: max_peer: no such key; did you mean "
		     "max_peers?");
	read_refused("zzzzzzzz: 5\n", ERR_NOT_FOUND,
		     "weft.yaml:1:1: zzzzzzzz: no such key");
	read_refused("max_peers: [5]\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: a list; give one value");
	read_refused("name: {a: b}\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: a map; give one value");
	read_refused("datadir:\n", ERR_FORMAT,
		     "weft.yaml:1:9: datadir: nothing; leave the key out, or "
		     "give a value");
	read_refused("listen: here\n", ERR_FORMAT,
		     "weft.yaml:1:9: listen: \"here\": not an address; give "
		     "IP:PORT, :PORT or PORT (or auto, or none)");
	read_refused("duration: 5x\n", ERR_FORMAT,
		     "weft.yaml:1:11: duration: \"5x\": not a duration (like "
		     "250ms, 15s, 2m, or seconds)");
	read_refused("duration: 1.2345\n", ERR_FORMAT,
		     "weft.yaml:1:11: duration: \"1.2345\": not a duration "
		     "(like 250ms, 15s, 2m, or seconds)");
	read_refused("duration: 600h\n", ERR_LIMIT,
		     "weft.yaml:1:11: duration: \"600h\": not from 0 to "
		     "500h");
	read_refused("log_level: loud\n", ERR_FORMAT,
		     "weft.yaml:1:12: log_level: \"loud\": no level; give "
		     "error, warn, info or debug");
	read_refused("discovery: v4,v6\n", ERR_FORMAT,
		     "weft.yaml:1:12: discovery: \"v6\": give some of v4, v5 "
		     "and dns (v4,v5), or off, or auto");
	read_refused("discovery: v5,v5\n", ERR_EXISTS,
		     "weft.yaml:1:12: discovery: v5 twice");
	read_refused("discovery: v4,\n", ERR_FORMAT,
		     "weft.yaml:1:12: discovery: \"\": give some of v4, v5 "
		     "and dns (v4,v5), or off, or auto");
	read_refused("bootnodes: [enode://" KEY_A "]\n", ERR_UNSUPPORTED,
		     "weft.yaml:1:13: bootnodes[0]: \"enode://79be667ef9dcbbac"
		     "...\": no address; give enode://<key>@<host>:<port>");
	read_refused("bootnodes: [" NODE_A ", " NODE_A "]\n", ERR_EXISTS,
		     "weft.yaml:1:163: bootnodes[1]: \"enode://79be667ef9dcbbac"
		     "...\": the same node twice");
	read_refused("discovery_port: 65536\n", ERR_LIMIT,
		     "weft.yaml:1:17: discovery_port: 65536: not from 0 to "
		     "65535");
	read_refused("a: 1\na: 2\n", ERR_EXISTS,
		     "weft.yaml:2:1: \"a\" stands here twice, first in line "
		     "1");
}

Test(settings, tell_words_from_text_in_quotes)
{
	read_refused("json: \"true\"\n", ERR_FORMAT,
		     "weft.yaml:1:7: json: \"true\": a text; write it without "
		     "quotes");
	read_refused("json: yes\n", ERR_FORMAT,
		     "weft.yaml:1:7: json: \"yes\": not true or false");
	read_refused("max_peers: '5'\n", ERR_FORMAT,
		     "weft.yaml:1:12: max_peers: \"5\": a text; write it "
		     "without quotes");
	read_refused("name: 123\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: 123: reads as a number; put it in "
		     "quotes");
	read_refused("name: no\n", ERR_FORMAT,
		     "weft.yaml:1:7: name: no: reads as true or false; put it "
		     "in quotes");
	read_refused("name: ~\n", ERR_FORMAT,
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
	read_refused("datadir: \"\\L\"\n", ERR_FORMAT,
		     "weft.yaml:1:10: datadir: not plain UTF-8 text");
	read_refused("plugins: [{name: a, options: {b: \"\\P\"}}]\n",
		     ERR_FORMAT,
		     "weft.yaml:1:34: plugins[0].options.b: not plain UTF-8 "
		     "text");
}

Test(settings, say_what_is_wrong_with_peers)
{
	read_refused("peers: " NODE_A "\n", ERR_FORMAT,
		     "weft.yaml:1:8: peers: not a list; give [] or [a, b]");
	read_refused("peers:\n  - " NODE_A "\n  - " NODE_A "\n", ERR_EXISTS,
		     "weft.yaml:3:5: peers[1]: \"enode://79be667ef9dcbbac"
		     "...\": the same node twice");
	read_refused("peers: [enode://" KEY_A "]\n", ERR_UNSUPPORTED,
		     "weft.yaml:1:9: peers[0]: \"enode://79be667ef9dcbbac"
		     "...\": no address; give enode://<key>@<host>:<port>");
	read_refused("peers: [[]]\n", ERR_FORMAT,
		     "weft.yaml:1:9: peers[0]: a list; give one value");
}

Test(settings, say_what_is_wrong_with_plugins)
{
	read_refused("plugins: foobar\n", ERR_FORMAT,
		     "weft.yaml:1:10: plugins: not a list of plugins");
	read_refused("plugins: [Foo Bar]\n", ERR_FORMAT,
		     "weft.yaml:1:11: plugins[0]: \"Foo Bar\": not a plugin's "
		     "name ([a-z0-9_-]+) or path (with a /)");
	read_refused("plugins: [a, b, a]\n", ERR_EXISTS,
		     "weft.yaml:1:17: plugins[2]: \"a\": the same plugin "
		     "twice");
	read_refused("plugins:\n  - options: {}\n", ERR_FORMAT,
		     "weft.yaml:2:5: plugins[0]: no name; give name: NAME or "
		     "PATH");
	read_refused("plugins:\n  - name: a\n    option: {}\n", ERR_NOT_FOUND,
		     "weft.yaml:3:5: plugins[0].option: no such key; did you "
		     "mean options?");
	read_refused("plugins:\n  - name: a\n    options: [x]\n", ERR_FORMAT,
		     "weft.yaml:3:14: plugins[0].options: not a map of "
		     "options and values");
	read_refused("plugins:\n  - name: a\n    options: {x: {y: z}}\n",
		     ERR_FORMAT,
		     "weft.yaml:3:18: plugins[0].options.x: a map; give one "
		     "value");
	read_refused("plugins:\n  - name: a\n    options: {x: }\n", ERR_FORMAT,
		     "weft.yaml:3:18: plugins[0].options.x: nothing; leave "
		     "the key out, or give a value");
	read_refused("plugins: [~]\n", ERR_FORMAT,
		     "weft.yaml:1:11: plugins[0]: not a plugin's name or "
		     "path");
}

Test(settings, hear_the_environment_over_the_file)
{
	struct settings s;
	struct places p;

	places_open(&p, "max_peers: 5\nname: from file\npeers: [" NODE_A "]\n");
	variable(&p, "WEFT_MAX_PEERS=6");
	variable(&p, "WEFT_PEERS= " NODE_B " ");
	variable(&p, "HOME=/root");
	variable(&p, "WEFTY=1");
	loads(&s, &p);
	cr_assert_eq(s.max_peers, 6);
	cr_assert_str_eq(s.name, "from file");
	cr_assert_eq(s.peers.count, 1);
	cr_assert_eq(s.peers.list[0].tcp, 2);
	cr_assert_str_eq(p.warned, "");
	settings_clear(&s);
	places_close(&p);
}

Test(settings, hear_flags_over_everything)
{
	struct settings s;
	struct places p;

	places_open(&p, "max_peers: 5\njson: true\nlisten: ':1'\n");
	variable(&p, "WEFT_MAX_PEERS=6");
	variable(&p, "WEFT_PEERS=" NODE_A);
	settings_flags_add(&p.flags, "max-peers", "7");
	settings_flags_add(&p.flags, "peer", NODE_B);
	settings_flags_add(&p.flags, "peer", NODE_A);
	settings_flags_add(&p.flags, "accept-plain", NULL);
	settings_flags_add(&p.flags, "no-listen", NULL);
	loads(&s, &p);
	cr_assert_eq(s.max_peers, 7);
	cr_assert(s.json);
	cr_assert(s.accept_plain);
	cr_assert_eq(s.listen.how, NODE_LISTEN_NOT);
	cr_assert_eq(s.peers.count, 2);
	cr_assert_eq(s.peers.list[0].tcp, 2);
	cr_assert_eq(s.peers.list[1].tcp, 1);
	settings_clear(&s);
	places_close(&p);
}

Test(settings, add_plugins_up_and_their_options_too)
{
	struct settings s;
	struct places p;

	places_open(&p, "plugins:\n"
			"  - name: foobar\n"
			"    options: {a: file, b: file, c: file}\n");
	variable(&p, "WEFT_PLUGIN_FOOBAR_B=env");
	variable(&p, "WEFT_PLUGIN_FOOBAR_C=env");
	variable(&p, "WEFT_PLUGIN_MY_ECHO_D_E=env");
	variable(&p, "WEFT_PLUGINS=gossip other,x=1,y=2");
	settings_flags_add(&p.flags, "plugin", "foobar,c=flag");
	settings_flags_add(&p.flags, "plugin", "/some/my-echo.so");
	loads(&s, &p);
	cr_assert_eq(s.plugin_count, 4);
	cr_assert_str_eq(s.plugins[0].what, "foobar");
	cr_assert_str_eq(option_of(&s, 0, "a"), "file");
	cr_assert_str_eq(option_of(&s, 0, "b"), "env");
	cr_assert_str_eq(option_of(&s, 0, "c"), "flag");
	cr_assert_str_eq(s.plugins[1].what, "gossip");
	cr_assert_str_eq(s.plugins[2].what, "other");
	cr_assert_str_eq(option_of(&s, 2, "y"), "2");
	cr_assert_str_eq(s.plugins[3].what, "/some/my-echo.so");
	cr_assert_str_eq(option_of(&s, 3, "d_e"), "env");
	cr_assert_str_eq(p.warned, "");
	settings_clear(&s);
	places_close(&p);
}

Test(settings, give_a_variable_to_the_plugin_whose_name_fits_best)
{
	struct settings s;
	struct places p;

	places_open(&p, "plugins: [a_b, a]\n");
	variable(&p, "WEFT_PLUGIN_A_B_C=x");
	variable(&p, "WEFT_PLUGIN_A_D=y");
	loads(&s, &p);
	cr_assert_str_eq(option_of(&s, 0, "c"), "x");
	cr_assert_eq(s.plugins[1].option_count, 1);
	cr_assert_str_eq(option_of(&s, 1, "d"), "y");
	settings_clear(&s);
	places_close(&p);
}

Test(settings, warn_of_variables_that_nobody_hears)
{
	struct settings s;
	struct places p;

	places_open(&p, NULL);
	variable(&p, "WEFT_MAX_PEER=6");
	variable(&p, "WEFT_QQQQQQ=6");
	variable(&p, "WEFT_PLUGIN_FOOBAR_X=6");
	variable(&p, "WEFT_CONFIG=");
	loads(&s, &p);
	cr_assert_str_eq(p.warned,
			 "WEFT_MAX_PEER: no such setting; did you mean "
			 "WEFT_MAX_PEERS?\n"
			 "WEFT_QQQQQQ: no such setting\n"
			 "WEFT_PLUGIN_FOOBAR_X: no plugin of that name is to "
			 "be loaded\n");
	settings_clear(&s);
	places_close(&p);
}

Test(settings, blame_the_place_that_is_wrong)
{
	struct places p;
	char says[PATH_MAX + 64];

	places_open(&p, "max_peers: x\n");
	snprintf(says, sizeof(says),
		 "%s:1:12: max_peers: \"x\": not a whole number from 0 to "
		 "10000",
		 p.file);
	refused(&p, SETTINGS_FILE, ERR_FORMAT, says);
	places_close(&p);

	places_open(&p, NULL);
	variable(&p, "WEFT_MAX_PEERS=x");
	refused(&p, SETTINGS_ENVIRONMENT, ERR_FORMAT,
		"WEFT_MAX_PEERS: \"x\": not a whole number from 0 to 10000");
	places_close(&p);

	places_open(&p, NULL);
	settings_flags_add(&p.flags, "max-peers", "x");
	refused(&p, SETTINGS_FLAG, ERR_FORMAT,
		"--max-peers: \"x\": not a whole number from 0 to 10000");
	places_close(&p);

	places_open(&p, NULL);
	settings_flags_add(&p.flags, "plugin", "a,b");
	refused(&p, SETTINGS_FLAG, ERR_FORMAT,
		"--plugin: a: b: no value; give b=VALUE");
	places_close(&p);

	places_open(&p, NULL);
	settings_flags_add(&p.flags, "plugin", "a,b=1,b=2");
	refused(&p, SETTINGS_FLAG, ERR_EXISTS, "--plugin: a: b: given twice");
	places_close(&p);

	places_open(&p, NULL);
	settings_flags_add(&p.flags, "listen", ":1");
	settings_flags_add(&p.flags, "no-listen", NULL);
	refused(&p, SETTINGS_FLAG, ERR_EXISTS,
		"--listen and --no-listen exclude each other; give one");
	places_close(&p);

	places_open(&p, NULL);
	variable(&p, "WEFT_CONFIG=/nowhere/weft.yaml");
	refused(&p, SETTINGS_FILE, ERR_NOT_FOUND,
		"/nowhere/weft.yaml: No such file or directory");
	places_close(&p);
}

Test(settings, make_a_bootnode_of_a_node_that_is_nothing_else)
{
	static const struct {
		const char *yaml, *wrong;
	} cases[] = {
		{ "peers: [" NODE_A "]\n", "keeps no session with peers" },
		{ "plugins: [foobar]\n", "loads no plugins" },
		{ "discovery: 'off'\n", "needs discovery" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum settings_place failed = SETTINGS_DEFAULT;
		struct why why = WHY_NONE;
		struct settings s;
		struct places p;
		char want[80];

		places_open(&p, cases[i].yaml);
		settings_flags_add(&p.flags, "bootnode-only", NULL);
		cr_assert_eq(load(&s, &p, &failed, &why), ERR_EXISTS);
		snprintf(want, sizeof(want), "--bootnode-only: a bootnode %s",
			 cases[i].wrong);
		cr_assert_str_eq(why.text, want);
		cr_assert_eq(failed, SETTINGS_FLAG);
		places_close(&p);
	}
}

Test(settings, read_the_file_that_a_variable_names)
{
	char entry[PATH_MAX + 16];
	struct settings s;
	struct places p;

	places_open(&p, "max_peers: 5\n");
	snprintf(entry, sizeof(entry), "WEFT_CONFIG=%s", p.file);
	p.file[0] = '\0';
	variable(&p, entry);
	loads(&s, &p);
	cr_assert_eq(s.max_peers, 5);
	settings_clear(&s);
	places_close(&p);
}

Test(settings, take_paths_of_a_file_from_its_folder)
{
	char expected[PATH_MAX];
	struct settings s;
	struct places p;

	places_open(&p, "datadir: data\n"
			"plugin_folder: /opt/weft\n"
			"plugins: [foobar, ./hello.so]\n");
	settings_flags_add(&p.flags, "plugin", "./other.so");
	loads(&s, &p);
	snprintf(expected, sizeof(expected), "%s/data", p.scratch.path);
	cr_assert_str_eq(s.datadir, expected);
	cr_assert_str_eq(s.plugin_folder, "/opt/weft");
	cr_assert_str_eq(s.plugins[0].what, "foobar");
	snprintf(expected, sizeof(expected), "%s/./hello.so", p.scratch.path);
	cr_assert_str_eq(s.plugins[1].what, expected);
	cr_assert_str_eq(s.plugins[2].what, "./other.so");
	settings_clear(&s);
	places_close(&p);
}

Test(settings, limit_the_number_of_plugins)
{
	char text[SETTINGS_PLUGINS_MAX * 8 + 32] = "plugins: [p";
	struct settings s;

	for (int i = 1; i < SETTINGS_PLUGINS_MAX; i++)
		snprintf(text + strlen(text), 8, ", p%d", i);
	strcat(text, "]");
	s = reads(text);
	cr_assert_eq(s.plugin_count, SETTINGS_PLUGINS_MAX);
	settings_clear(&s);
	strcpy(text + strlen(text) - 1, ", one]");
	read_refused(text, ERR_LIMIT,
		     "weft.yaml:1:320: plugins[64]: more than 64 plugins");
}

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
	struct settings s = reads("max_peers: 5\n"
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
	struct settings s =
		reads("listen: '[::1]:5'\n"
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
	struct settings again = reads(first);

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
