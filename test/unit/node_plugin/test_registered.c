/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin registers with its node, and what it asks of it. */
#include <stdio.h>

#include "node/plugin/inside.h"
#include "test/unit/node_plugin/rig.h"
#include "test/unit/node_plugin/thing.h"

/* --- protocols
 * -----------------------------------------------------------------
 */

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	(void)peer;
	(void)ch;
	(void)state;
	return WEFT_OK;
}

static int message(struct weft_channel *ch, void *user,
		   const struct weft_msg *msg)
{
	(void)ch;
	(void)user;
	(void)msg;
	return WEFT_OK;
}

static void closed(struct weft_channel *ch, void *user)
{
	(void)ch;
	(void)user;
}

static void node_info(void *state, struct weft_text *json)
{
	const char *text = state;

	cr_assert_eq(weft_text_add(json, text, strlen(text)), WEFT_OK);
}

static int add(struct weft_host *host, struct weft_protocol proto)
{
	static char info[] = "{\"x\":1}";

	proto.size = sizeof(proto);
	return weft_protocol_add(host, &proto, info);
}

static int offer(struct weft_host *host)
{
	char name[65];
	const struct weft_protocol good = {
		.name = "good", .version = 1, .codes = 2, .run = run
	};
	struct weft_protocol q;

	memset(name, 'n', 64);
	name[64] = '\0';
	q = good, q.name = NULL;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.name = "";
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.name = name; /* 64 bytes */
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.codes = 0;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.run = NULL;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.message = message;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.closed = closed;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.stack_kib = 63;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.stack_kib = 8193;
	cr_assert_eq(add(host, q), WEFT_EINVAL);
	q = good, q.name = "taken"; /* by another plugin */
	cr_assert_eq(add(host, q), WEFT_EEXIST);

	cr_assert_eq(add(host, good), WEFT_OK);
	cr_assert_eq(add(host, good), WEFT_EEXIST);
	q = good, q.version = 2, q.node_info = node_info;
	cr_assert_eq(add(host, q), WEFT_OK);
	q = good, q.name = name + 1, q.stack_kib = 64; /* 63 bytes */
	cr_assert_eq(add(host, q), WEFT_OK);
	q = good, q.name = "most", q.stack_kib = 8192, q.max_message = 77;
	cr_assert_eq(add(host, q), WEFT_OK);
	name[1] = 'x'; /* it was copied */
	return WEFT_OK;
}

Test(registered, offers_protocols_that_are_sound)
{
	const struct protocol *protocols;
	struct rig r;
	struct rigged i;
	char *json;

	rig_open(&r, NULL);
	r.taken = "taken";
	thing_does.start = offer;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	cr_assert_eq(instance_protocols(i.host, &protocols), (size_t)4);
	cr_assert_str_eq(protocols[0].capability.name, "good");
	cr_assert_eq(protocols[1].capability.version, (uint64_t)2);
	cr_assert_eq(protocols[2].capability.name[0], 'n');
	cr_assert_eq(protocols[3].capability.max_message, 77u);
	cr_assert_eq(protocols[3].capability.codes, 2u);
	/* Once start has returned it is too late. */
	cr_assert_eq(add(i.host, (struct weft_protocol){ .name = "late",
							 .codes = 1,
							 .run = run }),
		     WEFT_EINVAL);
	cr_assert_null(instance_node_info(i.host, "good", 1));
	cr_assert_null(instance_node_info(i.host, "good", 3));
	json = instance_node_info(i.host, "good", 2);
	cr_assert_str_eq(json, "{\"x\":1}");
	free(json);
	rig_stop(&i);
	rig_close(&r);
}

static int offer_many(struct weft_host *host)
{
	struct weft_protocol q = { .name = "many", .codes = 1, .run = run };

	for (uint32_t i = 0; i < INSTANCE_PROTOCOLS_MAX; i++) {
		q.version = i;
		cr_assert_eq(add(host, q), WEFT_OK);
	}
	q.version++;
	cr_assert_eq(add(host, q), WEFT_ELIMIT);
	return WEFT_OK;
}

Test(registered, offers_so_many_protocols)
{
	const struct protocol *protocols;
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	thing_does.start = offer_many;
	rig_start(&i, &r, &thing);
	cr_assert_eq(instance_protocols(i.host, &protocols),
		     (size_t)INSTANCE_PROTOCOLS_MAX);
	rig_stop(&i);
	rig_close(&r);
}

/* --- counters
 * ------------------------------------------------------------------
 */

static int count(struct weft_host *host)
{
	char name[65];

	for (int i = 0; i < INSTANCE_COUNTERS_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		cr_assert_eq(weft_count(host, name, i), WEFT_OK);
	}
	cr_assert_eq(weft_count(host, "one_more", 1), WEFT_ELIMIT);
	cr_assert_eq(weft_count(host, "c7", 3), WEFT_OK);
	cr_assert_eq(weft_count(host, "c8", INT64_MAX), WEFT_OK);
	cr_assert_eq(weft_count(host, "Upper", 1), WEFT_EINVAL);
	cr_assert_eq(weft_count(host, "", 1), WEFT_EINVAL);
	cr_assert_eq(weft_count(host, NULL, 1), WEFT_EINVAL);
	memset(name, 'c', 64);
	name[64] = '\0';
	cr_assert_eq(weft_count(host, name, 1), WEFT_EINVAL);
	cr_assert_eq(weft_count(host, name + 1, 1), WEFT_ELIMIT);
	return WEFT_OK;
}

Test(registered, counts)
{
	const struct instance_counter *counters;
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	thing_does.start = count;
	rig_start(&i, &r, &thing);
	cr_assert_eq(instance_counters(i.host, &counters),
		     (size_t)INSTANCE_COUNTERS_MAX);
	cr_assert_str_eq(counters[7].name, "c7");
	cr_assert_eq(counters[7].value, 10);
	cr_assert_eq(counters[8].value, INT64_MIN + 7); /* goes around */
	rig_stop(&i);
	rig_close(&r);
}

/* --- admin methods ----------------------------------------------------------
 */

static int answer(void *state, const char *params, size_t size,
		  struct weft_text *result)
{
	struct weft_host *host = state;
	static char big[TEXT_MAX];

	cr_assert_eq(size, strlen(params));
	if (!strcmp(params, "[\"wait\"]"))
		return weft_sleep_until(host, WEFT_FOREVER);
	if (!strcmp(params, "[\"nothing\"]"))
		return WEFT_OK;
	if (!strcmp(params, "[\"fail\"]")) {
		weft_text_add(result, "1", 1);
		return WEFT_ENOENT;
	}
	memset(big, '7', sizeof(big));
	if (!strcmp(params, "[\"most\"]"))
		return weft_text_add(result, big, sizeof(big));
	if (!strcmp(params, "[\"more\"]")) {
		cr_assert_eq(weft_text_add(result, big, sizeof(big)), WEFT_OK);
		cr_assert_eq(weft_text_add(result, "7", 1), WEFT_ELIMIT);
		/* What is cut stays cut. */
		cr_assert_eq(weft_text_add(result, "", 0), WEFT_ELIMIT);
		return WEFT_OK;
	}
	weft_text_add(result, "{\"got\":", 7);
	weft_text_add(result, params, size);
	return weft_text_add(result, "}", 1);
}

static int add_rpcs(struct weft_host *host)
{
	char name[65] = "thing_";

	cr_assert_eq(weft_rpc_add(host, "thing_ask", answer, host), WEFT_OK);
	cr_assert_eq(weft_rpc_add(host, "thing_ask", answer, host),
		     WEFT_EEXIST);
	cr_assert_eq(weft_rpc_add(host, "thing_", answer, host), WEFT_EINVAL);
	cr_assert_eq(weft_rpc_add(host, "thing", answer, host), WEFT_EINVAL);
	cr_assert_eq(weft_rpc_add(host, "things_x", answer, host), WEFT_EINVAL);
	cr_assert_eq(weft_rpc_add(host, "admin_x", answer, host), WEFT_EINVAL);
	cr_assert_eq(weft_rpc_add(host, NULL, answer, host), WEFT_EINVAL);
	cr_assert_eq(weft_rpc_add(host, "thing_x", NULL, host), WEFT_EINVAL);
	memset(name + 6, 'n', 58);
	cr_assert_eq(weft_rpc_add(host, name, answer, host), WEFT_EINVAL);
	name[63] = '\0';
	cr_assert_eq(weft_rpc_add(host, name, answer, host), WEFT_OK);
	for (int i = 2; i < INSTANCE_RPCS_MAX; i++) {
		snprintf(name, sizeof(name), "thing_%d", i);
		cr_assert_eq(weft_rpc_add(host, name, answer, host), WEFT_OK);
	}
	cr_assert_eq(weft_rpc_add(host, "thing_x", answer, host), WEFT_ELIMIT);
	return WEFT_OK;
}

struct answer {
	int rc;
	bool came;
	size_t size;
	char json[64];
};

static void on_answer(void *ctx, int rc, const char *json)
{
	struct answer *a = ctx;

	cr_assert(!a->came);
	a->came = true;
	a->rc = rc;
	cr_assert_eq(!json, rc < 0);
	a->size = json ? strlen(json) : 0;
	snprintf(a->json, sizeof(a->json), "%s", json ? json : "");
}

static bool has_come(void *ctx)
{
	const struct answer *a = ctx;

	return a->came;
}

static struct answer ask(struct rigged *i, const char *params)
{
	const struct instance_rpc *rpcs;
	struct answer a = { 0 };

	cr_assert_eq(instance_rpcs(i->host, &rpcs), (size_t)INSTANCE_RPCS_MAX);
	cr_assert_str_eq(rpcs[0].method, "thing_ask");
	instance_rpc_call(i->host, &rpcs[0], params, on_answer, &a);
	cr_assert(!a.came);
	rig_until(i->rig, has_come, &a);
	return a;
}

Test(registered, answers_admin_calls)
{
	const struct instance_rpc *rpcs;
	struct answer a = { 0 };
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	thing_does.start = add_rpcs;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	a = ask(&i, "[1,2]");
	cr_assert_eq(a.rc, WEFT_OK);
	cr_assert_str_eq(a.json, "{\"got\":[1,2]}");
	cr_assert_eq(ask(&i, "[\"fail\"]").rc, WEFT_ENOENT);
	cr_assert_eq(ask(&i, "[\"nothing\"]").rc, WEFT_EFAIL);
	cr_assert_eq(ask(&i, "[\"most\"]").size, (size_t)TEXT_MAX);
	cr_assert_eq(ask(&i, "[\"more\"]").rc, WEFT_ELIMIT);

	/* One that is under way when the plugin stops gets an answer too, and
	 * so does one that comes too late for it. */
	a = (struct answer){ 0 };
	instance_rpcs(i.host, &rpcs);
	instance_rpc_call(i.host, &rpcs[0], "[\"wait\"]", on_answer, &a);
	rig_stop(&i);
	cr_assert(a.came);
	cr_assert_eq(a.rc, WEFT_ECLOSED);
	rig_close(&r);
}

Test(registered, answers_when_there_is_no_fiber_for_a_call)
{
	static const struct task_limits one = { .tasks = 1 };
	struct rig r;
	struct rigged i;
	struct answer a[2] = { 0 };
	const struct instance_rpc *rpcs;

	rig_open(&r, &one);
	r.node.stop_ms = 20;
	thing_does.start = add_rpcs;
	rig_start(&i, &r, &thing);
	instance_rpcs(i.host, &rpcs);
	instance_rpc_call(i.host, &rpcs[0], "[\"wait\"]", on_answer, &a[0]);
	instance_rpc_call(i.host, &rpcs[0], "[]", on_answer, &a[1]);
	cr_assert(!a[1].came);
	rig_until(&r, has_come, &a[1]);
	cr_assert_eq(a[1].rc, WEFT_ELIMIT);
	rig_stop(&i);
	cr_assert(a[0].came);
	rig_close(&r);
}

/* --- asking -----------------------------------------------------------------
 */

static int ask_things(struct weft_host *host)
{
	struct weft_node_facts facts;
	struct weft_text text;
	char *taken;

	cr_assert_eq(weft_node_facts(host, &facts), WEFT_OK);
	cr_assert_str_eq(facts.name, "rig/v1");
	/* A plugin that knows less of the struct gets less of it. */
	memset(&facts, 0x55, sizeof(facts));
	cr_assert_eq(weft_api_table->node_facts(host, &facts, 32), WEFT_OK);
	cr_assert_eq(facts.enode[0], 0x55);
	cr_assert_eq(weft_now(host) > 0, 1);

	/* Lines with odd pairs end where the pairs do. */
	weft_log(host, WEFT_LOG_WARN, "said", "key", "value", "alone", NULL);
	weft_log(host, 77, "not said", NULL);
	weft_log(host, -1, "not said", NULL);

	text_init(&text, TEXT_MAX);
	cr_assert_eq(weft_text_add(&text, "ab", 2), WEFT_OK);
	cr_assert_eq(weft_text_add(&text, NULL, 1), WEFT_EINVAL);
	cr_assert_eq(weft_text_add(NULL, "x", 1), WEFT_EINVAL);
	taken = text_take(&text);
	cr_assert_str_eq(taken, "ab");
	free(taken);
	return WEFT_OK;
}

Test(registered, tells_a_plugin_of_its_node)
{
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	thing_does.start = ask_things;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	cr_assert_eq(r.warnings, (size_t)1);
	cr_assert_str_eq(r.warning, "said key=value");
	rig_stop(&i);
	rig_close(&r);
}

Test(registered, has_a_word_for_every_result)
{
	weft_api_table = &instance_api;
	for (int rc = WEFT_EFAIL; rc <= WEFT_OK; rc++)
		cr_assert(strcmp(weft_error_text(rc), "unknown error"), "%d",
			  rc);
	cr_assert_str_eq(weft_error_text(WEFT_ECLOSED), "closed");
	cr_assert_str_eq(weft_error_text(WEFT_EFAIL - 1), "unknown error");
	cr_assert_str_eq(weft_error_text(1), "unknown error");
}

Test(registered, fills_the_whole_table)
{
	const uint8_t *at = (const uint8_t *)&instance_api;
	size_t calls = 0;
	void *call;

	cr_assert_eq(instance_api.size, sizeof(instance_api));
	for (size_t n = sizeof(size_t); n < sizeof(instance_api);
	     n += sizeof(call)) {
		memcpy(&call, at + n, sizeof(call));
		cr_assert_not_null(call, "the call at %zu", n);
		calls++;
	}
	cr_assert_gt(calls, (size_t)40);
}

/* --- older plugins -----------------------------------------------------------
 */

/* As from a header that ended before `freed`, and protocols before the info. */
static int start_old(struct weft_host *host, void **state)
{
	struct weft_protocol q = { .name = "old", .codes = 1, .run = run };

	(void)state;
	q.size = offsetof(struct weft_protocol, opened);
	/* What would lie behind the shorter struct is not looked at. */
	memset((uint8_t *)&q + q.size, 0x55, sizeof(q) - q.size);
	return weft_protocol_add(host, &q, NULL);
}

Test(registered, runs_a_plugin_of_an_older_header)
{
	static struct weft_plugin old;
	const struct protocol *protocols;
	struct rig r;
	struct rigged i;

	old = thing;
	old.size = offsetof(struct weft_plugin, freed);
	old.start = start_old;
	memset((uint8_t *)&old + old.size, 0x55, sizeof(old) - old.size);
	rig_open(&r, NULL);
	rig_start(&i, &r, &old);
	cr_assert_eq(i.rc, WEFT_OK);
	cr_assert_eq(instance_protocols(i.host, &protocols), (size_t)1);
	cr_assert_null(instance_node_info(i.host, "old", 0));
	rig_stop(&i);
	expect_calls("()");
	rig_close(&r);
}

/* --- nodes to dial -----------------------------------------------------------
 */

#define KEY                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

static struct {
	size_t count;
	struct enode node;
	struct enr record;
	enum err rc;
} told;

static enum err note_candidate(void *ctx, const char *plugin,
			       const struct enode *node,
			       const struct enr *record)
{
	(void)ctx;
	cr_assert_str_eq(plugin, thing.name);
	told.count++;
	told.node = *node;
	told.record = *record;
	return told.rc;
}

static void record_of(char text[ENR_TEXT_MAX], uint16_t tcp)
{
	struct enr_draft d = { .seq = 3 };
	struct ip ip = { IP_V4, { 192, 0, 2, 7 } };
	struct ecc_keypair key = { .key = { { [31] = 1 } } };
	struct enr r;

	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set_ip(&d, &ip), ERR_NONE);
	if (tcp)
		cr_assert_eq(enr_draft_set_port(&d, "tcp", tcp), ERR_NONE);
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	enr_text(text, &r);
}

static int tell(struct weft_host *host)
{
	static const char *const bad[] = {
		"",
		"enode://" KEY,
		"enode://" KEY "@192.0.2.1:0",
		"enode://" KEY "@a.name.invalid:30303",
		"enode://00@192.0.2.1:30303",
		"enr:AAAA",
	};
	char record[ENR_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(weft_candidate(host, bad[i]), WEFT_EMSG, "%s",
			     bad[i]);
	record_of(record, 0);
	cr_assert_eq(weft_candidate(host, record), WEFT_EMSG);
	cr_assert_eq(weft_candidate(host, NULL), WEFT_EINVAL);
	cr_assert_eq(told.count, (size_t)0);

	cr_assert_eq(weft_candidate(host, "enode://" KEY "@192.0.2.1:30303"),
		     WEFT_OK);
	cr_assert_eq(told.node.tcp, 30303);
	cr_assert_eq(told.record.len, 0);
	record_of(record, 4000);
	cr_assert_eq(weft_candidate(host, record), WEFT_OK);
	cr_assert_eq(told.node.tcp, 4000);
	cr_assert_eq(told.record.seq, (uint64_t)3);
	told.rc = ERR_LIMIT;
	cr_assert_eq(weft_candidate(host, record), WEFT_ELIMIT);
	cr_assert_eq(told.count, (size_t)3);
	return WEFT_OK;
}

Test(registered, tells_of_nodes_to_dial)
{
	struct rig r;
	struct rigged i;

	rig_open(&r, NULL);
	r.node.candidate = note_candidate;
	thing_does.start = tell;
	rig_start(&i, &r, &thing);
	cr_assert_eq(i.rc, WEFT_OK);
	r.node.candidate = NULL; /* as in a test of a plugin */
	cr_assert_eq(weft_candidate(i.host, "enode://" KEY "@192.0.2.1:1"),
		     WEFT_OK);
	rig_stop(&i);
	rig_close(&r);
}
