// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/rpc"
)

// admin is a client of a node's admin socket.
type admin struct {
	*rpc.Client
	t *testing.T
}

func dialAdmin(t *testing.T, dir string) *admin {
	t.Helper()
	client, err := rpc.DialIPC(context.Background(), filepath.Join(dir, "admin", "weft.ipc"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &admin{client, t}
}

// call must succeed; result may be nil.
func (a *admin) call(result any, method string, params ...any) {
	a.t.Helper()
	if err := a.Client.Call(result, method, params...); err != nil {
		a.t.Fatalf("%s: %v", method, err)
	}
}

// go-ethereum's own RPC client drives a node, and finds its own types in what
// comes back.
func TestAdmin(t *testing.T) {
	dir := t.TempDir()
	p, url := weft(t, "--datadir", dir)
	h, offered := newProtocol(t, "foobar", 1, 1, foobar)
	s := newServer(t, 10, offered)

	client := dialAdmin(t, dir)
	call := client.call

	var self p2p.NodeInfo
	call(&self, "admin_nodeInfo")
	if self.Enode != url {
		t.Errorf("nodeInfo says %s, the node %s", self.Enode, url)
	}
	if _, ok := self.Protocols["foobar"]; !ok || self.ListenAddr == "" {
		t.Errorf("nodeInfo is %+v", self)
	}

	events := make(chan *p2p.PeerEvent, 16)
	watch, err := client.Subscribe(context.Background(), "admin", events, "peerEvents")
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Unsubscribe()
	next := func(kind p2p.PeerEventType) {
		t.Helper()
		select {
		case e := <-events:
			if e.Type != kind || e.Peer.String() != s.id() {
				t.Errorf("event is %+v, not %s", e, kind)
			}
		case err := <-watch.Err():
			t.Fatal(err)
		case <-time.After(time.Minute):
			t.Fatalf("no %s event", kind)
		}
	}

	var yes bool
	call(&yes, "admin_addPeer", s.url())
	h.finished()
	next(p2p.PeerEventTypeAdd)
	var peers []*p2p.PeerInfo
	call(&peers, "admin_peers")
	if len(peers) != 1 || peers[0].ID != s.id() || !peers[0].Network.Static ||
		peers[0].Network.Inbound || len(peers[0].Caps) != 1 || peers[0].Caps[0] != "foobar/1" {
		t.Errorf("peers are %+v", peers)
	}

	call(&yes, "admin_removePeer", s.url())
	next(p2p.PeerEventTypeDrop)
	if got := s.dropped(); got != p2p.DiscRequested.Error() {
		t.Errorf("go-ethereum saw %q", got)
	}
	call(&yes, "node_stop")
	p.await("stopped")
	p.wait()
}
