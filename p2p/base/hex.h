/* SPDX-License-Identifier: Apache-2.0 */
/* hex.h - digits of public numbers; for secrets see node/nodekey.h. */
#ifndef P2P_BASE_HEX_H
#define P2P_BASE_HEX_H

/* hex_value - of a digit in either case; -1 for anything else. */
static inline int hex_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif
