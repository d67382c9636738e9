// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"net"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

func parseRecord(t *testing.T, text string) *enode.Node {
	t.Helper()
	n, err := enode.Parse(enode.ValidSchemes, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// talker is a node of ours with the plugin talks.
func talker(t *testing.T) (*admin, *enode.Node) {
	t.Helper()
	dir := t.TempDir()
	_, started := seeker(t, "--discovery", "v5", "--plugin", plugin(t, "talks"), "--datadir", dir)
	return dialAdmin(t, dir), parseRecord(t, started.text("enr"))
}

// TestTalkAnswered asks our plugin from go-ethereum.
func TestTalkAnswered(t *testing.T) {
	t.Parallel()
	_, node := talker(t)
	v5 := listenDiscovery(t, "v5").(*discover.UDPv5)
	for protocol, want := range map[string]string{
		"shout":   "HELLO",
		"who":     v5.Self().ID().String() + " " + v5.Self().IPAddr().String(),
		"nothing": "",
	} {
		reply, err := v5.TalkRequest(node, protocol, []byte("hello"))
		if err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		if !strings.HasPrefix(string(reply), want) || (want == "") != (len(reply) == 0) {
			t.Errorf("%s: %q, and not %q", protocol, reply, want)
		}
	}
}

// TestTalkAsked has our plugin ask go-ethereum, and another node of ours.
func TestTalkAsked(t *testing.T) {
	t.Parallel()
	client, _ := talker(t)
	_, other := talker(t)
	v5 := listenDiscovery(t, "v5").(*discover.UDPv5)
	v5.RegisterTalkHandler("shout", func(_ *enode.Node, _ *net.UDPAddr, request []byte) []byte {
		return []byte("geth heard " + string(request))
	})
	for _, c := range []struct{ node, protocol, want string }{
		{v5.Self().String(), "shout", "geth heard hello"},
		{v5.Self().String(), "none", ""},
		{other.String(), "shout", "HELLO"},
	} {
		var reply string
		client.call(&reply, "talks_ask", c.node, c.protocol, "hello")
		if reply != c.want {
			t.Errorf("%s of %s: %q, and not %q", c.protocol, c.node, reply, c.want)
		}
	}

	// Nobody is there any more; or nobody ever was.
	v5.Close()
	for node, want := range map[string]string{
		v5.Self().String():      "timed out",
		strings.Repeat("0", 64): "not found",
		"enr:nonsense":          "malformed",
	} {
		err := client.Call(new(string), "talks_ask", node, "shout", "hello")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("asking %s: %v, and not %q", node, err, want)
		}
	}
}
