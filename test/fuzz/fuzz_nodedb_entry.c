/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of the node database: a kind and content, with a checksum and a key
 * that are right. What decodes is encoded to the same bytes, and can be
 * loaded, collected and given as a seed. */

#include "p2p/crypto/rng.h"
#include "p2p/crypto/siphash.h"
#include "p2p/nodedb/known.h"
#include "test/fuzz/fuzz.h"

/* Whose node it is, by its public key or its record. */
static struct node_id id_of(struct span pub, struct span record)
{
	struct ecc_pub out = { .b = { 0 } };
	struct span item;
	struct enr enr;

	if (pub.len == sizeof(out.b))
		memcpy(out.b, pub.data, sizeof(out.b));
	/* Its value has a header of one byte. */
	if (!enr_decode(&enr, record, NULL) &&
	    enr_get(&enr, "secp256k1", &item) && item.len == 1 + ECC_COMPRESSED)
		(void)!ecc_pub_expand(&out, item.data + 1);
	return node_id_of(&out);
}

/* The key that such a content is good for, if any. */
static struct entry_key key_of(char kind, struct span content)
{
	struct rlp r = rlp_of(content.data, content.len);
	char url[ENTRY_URL_MAX] = { 0 };
	struct node_id id;
	struct span text;

	rlp_enter(&r);
	if (kind == 'n') {
		text = rlp_bytes(&r);
		id = id_of(text, rlp_bytes(&r));
		return entry_node_key(&id);
	}
	if (kind == 's') {
		rlp_fixed(&r, id.b, sizeof(id.b));
		return entry_seq_key(&id);
	}
	text = rlp_bytes(&r);
	if (text.len && text.len < sizeof(url))
		memcpy(url, text.data, text.len);
	return entry_list_key(url);
}

static void encodes_back(struct buf *again, struct span key, struct span value)
{
	struct entry_node node;
	struct entry_list list;
	struct node_id self;
	uint64_t seq;

	if (key.data[0] == 'n' && !entry_node_decode(&node, key, value)) {
		MUST(ecc_pub_valid(&node.pub));
		entry_node_encode(again, &node);
	} else if (key.data[0] == 'l' &&
		   !entry_list_decode(&list, key, value)) {
		entry_list_encode(again, &list);
	} else if (key.data[0] == 's' && !entry_seq_decode(&seq, key, value)) {
		memcpy(self.b, key.data + 1, sizeof(self.b));
		entry_seq_encode(again, &self, seq);
	} else {
		return;
	}
	MUST(span_equal(span_of(again->data, again->len), value));
}

static void can_be_used(struct span key, struct span value)
{
	static struct known_node seeds[KNOWN_SEEDS];
	struct secret32 seed = { { 1 } };
	struct known *k = known_new(NULL);
	struct known_batch *b;
	struct drbg random;
	size_t n;

	drbg_init(&random, &seed);
	if (!known_load(k, key, value)) {
		known_loaded(k);
		MUST(!known_has_changes(k));
		n = known_seeds(k, seeds, KNOWN_ANY, &random, 1700000000);
		for (size_t i = 0; i < n; i++)
			MUST(!seeds[i].contact.record.len ||
			     node_id_equal(&seeds[i].contact.record.id,
					   &seeds[i].contact.id));
		known_expire(k, 1700000000);
	}
	b = known_collect(k, 0);
	if (b)
		known_written(k, b, ERR_NONE);
	known_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct siphash_key zero = { { 0 } };
	struct entry_key key;
	struct buf again;
	uint8_t *value;
	uint64_t sum;
	size_t len;

	crypto_init();
	if (size < 2 || size > ENTRY_MAX)
		return 0;
	len = size - 1;
	/* As long as it is, so that overreads show. */
	value = malloc(len + ENTRY_CHECK);
	MUST(value);
	memcpy(value, data + 1, len);
	sum = siphash(&zero, value, len);
	for (size_t i = 0; i < ENTRY_CHECK; i++)
		value[len + i] = (uint8_t)(sum >> 8 * i);
	key = key_of("nls"[data[0] % 3], span_of(value, len));
	buf_init(&again, ENTRY_MAX);
	encodes_back(&again, span_of(key.b, sizeof(key.b)),
		     span_of(value, len + ENTRY_CHECK));
	can_be_used(span_of(key.b, sizeof(key.b)),
		    span_of(value, len + ENTRY_CHECK));
	buf_clear(&again);
	free(value);
	return 0;
}
