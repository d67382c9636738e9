/* SPDX-License-Identifier: Apache-2.0 */
/* Settings from several places: which is heard, and which is to blame. */
#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/unit/node/scratch.h"
#include "test/unit/node/yaml.h"

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
