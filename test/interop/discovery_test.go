// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p/enode"
)

// knows waits until a node of ours has had an answer of that id.
func knows(t *testing.T, started event, version, id string) {
	t.Helper()
	type row struct {
		Node string
		Live bool
	}
	deadline := time.Now().Add(patience)
	for {
		var buckets [][]row
		out := must(t, program(t, "WEFT_BIN"), "admin", "--datadir", started.text("datadir"), "disc"+version+"_buckets")
		if err := json.Unmarshal([]byte(out), &buckets); err != nil {
			t.Fatal(err)
		}
		for _, bucket := range buckets {
			for _, r := range bucket {
				n, err := enode.Parse(enode.ValidSchemes, r.Node)
				if err != nil {
					t.Fatalf("go-ethereum does not read %s: %v", r.Node, err)
				}
				if r.Live && n.ID().String() == id {
					return
				}
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not among whom it knows by %s: %s", id, version, out)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestDiscoveryBuckets reads our tables as go-ethereum reads its own.
func TestDiscoveryBuckets(t *testing.T) {
	_, a := seeker(t, "--discovery", "v4,v5")
	_, b := seeker(t, "--bootnode", a.text("enr"))
	for _, version := range []string{"v4", "v5"} {
		knows(t, a, version, b.text("id"))
		knows(t, b, version, a.text("id"))
	}
}

// TestDiscoveryAsks has go-ethereum's tool ask one of our nodes by each version.
func TestDiscoveryAsks(t *testing.T) {
	_, n := seeker(t, "--discovery", "v4,v5")
	devp2p := program(t, "DEVP2P_BIN")
	none := []string{"-bootnodes", "", "-addr", "127.0.0.1:0"}
	ask := func(args ...string) string {
		t.Helper()
		out := must(t, devp2p, append(args[:2:2], append(none, args[2:]...)...)...)
		return out[strings.LastIndexByte(out, '\n')+1:] // what comes before is its log
	}
	if out := ask("discv4", "ping", n.text("enode")); !strings.Contains(out, "node responded to ping") {
		t.Errorf("discv4 ping: %s", out)
	}
	if out := ask("discv4", "requestenr", n.text("enode")); out != n.text("enr") {
		t.Errorf("discv4 requestenr: %s, not %s", out, n.text("enr"))
	}
	if out := ask("discv4", "resolve", n.text("enode")); out != n.text("enr") {
		t.Errorf("discv4 resolve: %s, not %s", out, n.text("enr"))
	}
	ask("discv5", "ping", n.text("enr")) // fails when there is no answer
	if out := ask("discv5", "resolve", n.text("enr")); out != n.text("enr") {
		t.Errorf("discv5 resolve: %s, not %s", out, n.text("enr"))
	}
}
