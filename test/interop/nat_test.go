// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"testing"

	"github.com/ethereum/go-ethereum/p2p/nat"
)

// Values of --nat mean something to weft if they do to go-ethereum, but for
// servers: none is built in here, and names are looked at.
func TestNATValuesAreThoseOfGoEthereum(t *testing.T) {
	for _, value := range []string{
		"", "none", "off", "None", "any", "auto", "on", "upnp", "UPNP",
		"pmp", "natpmp", "nat-pmp", "PMP:192.168.0.1", "pmp:192.168.0.1",
		"natpmp:10.0.0.138", "nat-pmp:10.0.0.138", "extip:198.51.100.7", "ip:2001:db8::7",
		"extip", "extip:", "extip:here", "extip:198.51.100", "ip", "pmp:router", "pmp:1.2.3.4.5",
		"foo", "foo:1.2.3.4", "nat", "up np", "stun:192.0.2.1:3478",
	} {
		_, theirs := nat.Parse(value)
		out, ours := run(t, program(t, "WEFT_BIN"), "run", "--print-config",
			"--discovery", "v5", "--nat", value)
		if (ours == nil) != (theirs == nil) {
			t.Errorf("%q: %v\n%s\ngo-ethereum: %v", value, ours, out, theirs)
		}
	}
}
