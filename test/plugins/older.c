/* SPDX-License-Identifier: Apache-2.0 */
/* Built with a header in which each struct ended earlier. What lies behind them
 * in memory must not be taken for members that came later, nor be written to.
 *
 * It says something to each peer, and counts how often what it heard, and who
 * it was told the peer is, left alone what is not theirs. */
#include <string.h>
#include <weft/plugin.h>

#ifndef SIZE
#define SIZE offsetof(struct weft_plugin, stop)
#endif
#ifdef MORE
#define PLACE __attribute__((used, section(".weft_test")))
#else
#define PLACE
#endif

struct older {
	uint32_t abi;
	uint32_t size;
	uint64_t abi_hash;
	const struct weft_api **api;
	const char *name;
	const char *version;
	const char *summary;
	const struct weft_option *const *options;
	int (*start)(struct weft_host *host, void **state);
};
_Static_assert(sizeof(struct older) == offsetof(struct weft_plugin, stop),
	       "the members of struct weft_plugin never move");

struct older_protocol {
	size_t size;
	const char *name;
	uint32_t version;
	uint32_t codes;
	uint32_t max_message;
	uint32_t stack_kib;
	int (*run)(struct weft_peer *peer, struct weft_channel *ch,
		   void *state);
};
_Static_assert(sizeof(struct older_protocol) ==
		       offsetof(struct weft_protocol, opened),
	       "nor do those of struct weft_protocol");

struct older_msg {
	uint32_t code;
	uint32_t reserved;
	const uint8_t *payload;
	size_t size;
};
_Static_assert(sizeof(struct older_msg) == offsetof(struct weft_msg, received),
	       "nor do those of struct weft_msg");

struct older_facts {
	uint8_t id[32];
	uint8_t pubkey[64];
};
_Static_assert(sizeof(struct older_facts) ==
		       offsetof(struct weft_peer_facts, name),
	       "nor do those of struct weft_peer_facts");

enum {
	UNTOUCHED = 0x5a,
	BEHIND = 64, /* bytes that are not theirs */
};

static int is_untouched(const uint8_t *at)
{
	for (int i = 0; i < BEHIND; i++)
		if (at[i] != UNTOUCHED)
			return 0;
	return 1;
}

static int hear(struct weft_host *host, struct weft_channel *ch)
{
	union {
		struct older_msg msg;
		uint8_t bytes[sizeof(struct older_msg) + BEHIND];
	} heard;
	int rc;

	memset(&heard, UNTOUCHED, sizeof(heard));
	rc = weft_api_table->read(ch, (struct weft_msg *)&heard,
				  sizeof(heard.msg), WEFT_FOREVER);
	if (!rc && heard.msg.size == 3 &&
	    !memcmp(heard.msg.payload, "old", 3) &&
	    is_untouched(heard.bytes + sizeof(heard.msg)))
		rc = weft_count(host, "heard", 1);
	return rc;
}

static int learn(struct weft_host *host, struct weft_peer *peer)
{
	union {
		struct older_facts facts;
		uint8_t bytes[sizeof(struct older_facts) + BEHIND];
	} told;
	int rc;

	memset(&told, UNTOUCHED, sizeof(told));
	rc = weft_api_table->peer_facts(peer, (struct weft_peer_facts *)&told,
					sizeof(told.facts));
	if (!rc && told.facts.id[0] != UNTOUCHED &&
	    is_untouched(told.bytes + sizeof(told.facts)))
		rc = weft_count(host, "learned", 1);
	return rc;
}

static int run(struct weft_peer *peer, struct weft_channel *ch, void *state)
{
	int rc = weft_write(ch, 0, "old", 3);

	if (!rc)
		rc = hear(state, ch);
	if (!rc)
		rc = learn(state, peer);
	return rc ? rc : weft_sleep_until(state, WEFT_FOREVER);
}

static int start(struct weft_host *host, void **state)
{
	struct {
		struct older_protocol old;
		uint8_t behind[BEHIND];
	} protocol = { .old = { .size = sizeof(protocol.old),
				.name = "old",
				.version = 1,
				.codes = 1,
				.run = run } };

	(void)state;
	memset(protocol.behind, UNTOUCHED, sizeof(protocol.behind));
	return weft_protocol_add(
		host, (const struct weft_protocol *)&protocol.old, host);
}

#ifdef MORE
/* That many bytes are there, but they are not its own. Compilers differ in
 * whether what is defined first comes first. */
PLACE static const void *const before[MORE] = { &weft_api_table };
PLACE static const void *const behind[MORE];
#endif

WEFT_EXPORT extern const struct older weft_plugin;
PLACE const struct older weft_plugin = {
	.abi = WEFT_ABI,
	.size = SIZE,
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "older",
	.version = "0.9",
	.start = start,
};

#ifdef MORE
PLACE static const void *const behind[MORE] = { &weft_api_table };
#endif
