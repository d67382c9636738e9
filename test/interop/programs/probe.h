/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - the sub-protocols of the interop node. Every message that arrives
 * is printed as a JSON line with the hash of its payload.
 *
 *     foobar/1  0      ["foo"] is answered with ["bar"]
 *     probe/1   0, 1   0 is echoed as 1
 *     probe/2   0, 1   the same
 *               2, 3   [n] is answered with n bytes that depend on n alone
 *               4      [reason] ends the session
 *     zeta/1    0      sorts behind probe, so its offset tells which version
 *                      of probe was taken; echoed once as it came */
#ifndef TEST_INTEROP_PROGRAMS_PROBE_H
#define TEST_INTEROP_PROGRAMS_PROBE_H

#include <jansson.h>

#include "p2p/server/protocol.h"

enum {
	PROBE_PROTOCOLS = 4
};

extern const struct protocol probe_protocols[PROBE_PROTOCOLS];

/* "probe/2" */
enum {
	PROBE_LABEL_MAX = CAPABILITY_NAME_MAX + 24
};
const char *probe_label(char out[PROBE_LABEL_MAX], const struct capability *c);

/* probe_say - print an object on a line of its own, flushed; takes it. */
void probe_say(json_t *object);

#endif
