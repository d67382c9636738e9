// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

const found = 3 // nodes of ours beside the bootnode

// findingServer knows a bootnode and nothing else. One that is to dial listens
// for nobody, one that is to be dialed dials nobody.
func findingServer(t *testing.T, version, boot string, d direction, protocol p2p.Protocol) *server {
	t.Helper()
	n, err := enode.Parse(enode.ValidSchemes, boot)
	if err != nil {
		t.Fatal(err)
	}
	config := p2p.Config{
		MaxPeers:         found,
		DialRatio:        1,
		NoDial:           d == weDial,
		DiscoveryV4:      version == "v4",
		DiscoveryV5:      version == "v5",
		BootstrapNodes:   []*enode.Node{n},
		BootstrapNodesV5: []*enode.Node{n},
		DiscAddr:         "127.0.0.1:0",
		Protocols:        []p2p.Protocol{protocol},
	}
	if d == weDial {
		config.ListenAddr = "127.0.0.1:0"
	}
	return startServer(t, config)
}

// A node of ours is the only one that a go-ethereum server and some others of
// ours know: it finds and dials those, or they find and dial it, and all talk.
func testFinding(t *testing.T, version string, d direction) {
	_, boot := bootnode(t, version)
	h, offered := newProtocol(t, "foobar", 1, 1, foobar)
	var ours []*process
	for range found {
		p, _ := weft(t, "--discovery", version, "--bootnode", boot)
		ours = append(ours, p)
	}
	s := findingServer(t, version, boot, d, offered)
	for _, p := range ours {
		added := p.await("peer_added", is("id", s.id()))
		if added["inbound"] != (d == theyDial) {
			t.Errorf("inbound is %v", added["inbound"])
		}
		if want := map[direction]string{weDial: version}[d]; added.text("source") != want {
			t.Errorf("the source is %q instead of %q", added.text("source"), want)
		}
		p.await("foobar", is("id", s.id()), is("received", "bar"))
		h.finished()
	}
	if got := s.PeerCount(); got != found {
		t.Errorf("go-ethereum has %d peers", got)
	}
}

// bootnode starts a node that serves discovery alone. Its record is what v5
// needs of it, and is as good for v4.
func bootnode(t *testing.T, version string) (*process, string) {
	t.Helper()
	p := start(t, program(t, "WEFT_BIN"), "run", "--json", "--listen", "127.0.0.1:0",
		"--datadir", t.TempDir(), "--bootnode-only", "--discovery", version)
	return p, p.await("started").text("enr")
}

func TestFindingByV4(t *testing.T) {
	t.Parallel()
	bothDirections(t, func(t *testing.T, d direction) { testFinding(t, "v4", d) })
}

func TestFindingByV5(t *testing.T) {
	t.Parallel()
	bothDirections(t, func(t *testing.T, d direction) { testFinding(t, "v5", d) })
}
