/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h - which addresses a node may tell others about (specs: discovery.md,
 * "Relay check"): discovery must not be made to knock at a victim's door, nor
 * strangers be sent into our own network. Pure. */
#ifndef P2P_DISCOVER_RELAY_H
#define P2P_DISCOVER_RELAY_H

#include "p2p/base/addr.h"

/* relay_is_special - set aside by the address registries for what is no host of
 * the internet: multicast, documentation, benchmarks, tunnels. Neither
 * loopback nor private networks. */
bool relay_is_special(const struct ip *ip);

/* relay_is_fine - may `sender` tell us of `ip`, or we tell it? Not of what is
 * unspecified or special, not of loopback unless the sender is there itself,
 * not of a LAN unless it is in one. */
bool relay_is_fine(const struct ip *sender, const struct ip *ip);

#endif
