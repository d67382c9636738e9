/* SPDX-License-Identifier: Apache-2.0 */
/* enode URLs: what is accepted prints to a text that reads the same again, and
 * prints to itself. Names of nodes: all of these URLs, and records, which print
 * to a text that is the same node. */
#include <string.h>

#include "p2p/crypto/rng.h"
#include "p2p/enode/enr.h"
#include "test/fuzz/fuzz.h"

static void parse(const char *text)
{
	struct why why = WHY_NONE;
	struct enode node;
	struct enode again;
	char printed[ENODE_URL_MAX];
	char url[ENODE_URL_MAX];

	if (enode_parse(&node, text, &why)) {
		MUST(why.text[0]);
		return;
	}
	MUST(!why.text[0]);
	enode_url(url, &node);
	MUST(!enode_parse(&again, url, NULL));
	MUST(!memcmp(node.pub.b, again.pub.b, sizeof(node.pub.b)));
	MUST(node_id_equal(&node.id, &again.id));
	MUST(ip_equal(&node.ip, &again.ip) && !strcmp(node.host, again.host));
	MUST(node.tcp == again.tcp && node.udp == again.udp);
	MUST(!strcmp(enode_url(printed, &again), url));
}

static void parse_name(const char *text)
{
	struct why why = WHY_NONE;
	struct enode node, again;
	struct enr record, same;
	char printed[ENR_TEXT_MAX];
	char url[ENODE_URL_MAX], other[ENODE_URL_MAX];

	if (enr_parse_node(&node, &record, text, NULL, &why)) {
		MUST(why.text[0]);
		MUST(enode_parse(&node, text, NULL));
		return;
	}
	if (!record.len) {
		MUST(!enode_parse(&again, text, NULL));
		MUST(!strcmp(enode_url(url, &node), enode_url(other, &again)));
		return;
	}
	enr_text(printed, &record);
	MUST(!enr_parse_node(&again, &same, printed, NULL, NULL));
	MUST(node_id_equal(&again.id, &record.id));
	MUST(!enr_parse_node(&again, &same, printed + strlen("enr:"), NULL,
			     NULL));
	MUST(span_equal(enr_raw(&same), enr_raw(&record)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ready;
	char *text;

	if (!ready) {
		crypto_init();
		ready = 1;
	}
	/* Exactly as long as the text, so that overreads show. */
	text = malloc(size + 1);
	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	parse(text);
	parse_name(text);
	free(text);
	return 0;
}
