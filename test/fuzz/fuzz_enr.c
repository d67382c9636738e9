/* SPDX-License-Identifier: Apache-2.0 */
/* Node records: what is well-formed keeps its bytes through text and back, its
 * entries are found by their keys, and it can be signed anew by a key of ours,
 * entries and all. */
#include <string.h>

#include "p2p/crypto/rng.h"
#include "p2p/enode/enr.h"
#include "test/fuzz/fuzz.h"

static struct ecc_keypair key;

static void find_all(const struct enr *r)
{
	struct rlp in = enr_entries(r);

	while (rlp_more(&in)) {
		struct span name = rlp_bytes(&in), value = rlp_raw(&in), got;
		char text[ENR_MAX + 1];

		MUST(name.len <= ENR_MAX);
		if (name.len)
			memcpy(text, name.data, name.len);
		text[name.len] = '\0';
		if (strlen(text) == name.len)
			MUST(enr_get(r, text, &got) && span_equal(got, value));
	}
	MUST(!in.fault);
}

static void sign_anew(const struct enr *r)
{
	struct enr_draft draft, again;
	struct enr ours;

	enr_draft_of(&draft, r);
	if (enr_sign(&ours, &draft, &key))
		return; /* a short signature, or no key, made room */
	MUST(!enr_verify(&ours, NULL));
	MUST(ours.seq == r->seq);
	enr_draft_of(&again, &ours);
	MUST(span_equal(span_of(again.pairs, again.len),
			span_of(draft.pairs, draft.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why why = WHY_NONE;
	struct enr_endpoint at;
	char text[ENR_TEXT_MAX];
	struct enr r, again;

	if (!key.pub.b[0]) {
		crypto_init();
		memset(key.key.b, 7, sizeof(key.key.b));
		ecc_pub_of(&key.pub, &key.key);
	}
	if (enr_decode(&r, span_of(data, size), &why)) {
		MUST(why.text[0]);
		return 0;
	}
	MUST(span_equal(enr_raw(&r), span_of(data, size)));
	MUST(!enr_parse(&again, enr_text(text, &r), NULL));
	MUST(span_equal(enr_raw(&again), enr_raw(&r)));
	find_all(&r);
	enr_endpoint(&at, &r, NULL);
	MUST(at.ip.family || !at.quic);
	MUST(!ip_is_multicast(&at.ip));
	if (!enr_verify(&again, NULL))
		MUST(ecc_pub_valid(&again.pub));
	sign_anew(&r);
	return 0;
}
