/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - settings of a text, as if it were the file weft.yaml. */
#ifndef TEST_UNIT_NODE_YAML_H
#define TEST_UNIT_NODE_YAML_H

#include "node/settings.h"
#include "test/support/unit.h"

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

/* yaml_reads - what it says, to be cleared. */
struct settings yaml_reads(const char *yaml);

/* yaml_refused - with this code and in these words. */
void yaml_refused(const char *yaml, enum err rc, const char *says);

/* option_of - of the n-th plugin; "(not set)" where it has none. */
const char *option_of(const struct settings *s, size_t plugin,
		      const char *name);

#endif
