/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - node records as people write and read them: every text that stands
 * for a record, and the values of its entries in words. Pure. */
#ifndef NODE_RECORD_H
#define NODE_RECORD_H

#include "p2p/enode/enr.h"

enum {
	RECORD_INPUT_MAX = 1024, /* bytes of any form that is accepted */
	RECORD_VALUE_MAX = 2048, /* text of any entry, with terminator */
};

/* record_parse - "enr:..." or what stands behind that; hex digits with or
 * without "0x"; or the record's own bytes. Blanks around a text do not matter.
 * The record is well-formed then, as by enr_decode, but not verified.
 * ERR_FORMAT, ERR_LIMIT: out is untouched. */
MUST_USE enum err record_parse(struct enr *out, struct span any,
			       struct why *why);

/* record_value - an entry's value as text: addresses, ports and the like of the
 * keys that are known, and of any other key text in quotes, bytes as 0x...,
 * lists in brackets. False: the key is known and its value is not of its type;
 * the text is then that of an unknown key. */
bool record_value(char out[RECORD_VALUE_MAX], struct span key,
		  struct span value);

/* record_set - an entry for a record to be signed: "0x..." are its bytes,
 * "rlp:0x..." is one RLP item, anything else is text. Errors of
 * enr_draft_set but ERR_EXISTS, told. */
MUST_USE enum err record_set(struct enr_draft *draft, const char *key,
			     const char *value, struct why *why);

#endif
