// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/rpc"
)

const crossRounds = 12 // at least, of each order of ids

// Both are told to dial the other at the same time, again and again under new
// identities: each time there is one session, at the first attempt.
func TestCrossDials(t *testing.T) {
	var smaller, larger int
	for round := 0; smaller < crossRounds || larger < crossRounds; round++ {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			if cross(t) {
				smaller++
			} else {
				larger++
			}
		})
		if t.Failed() {
			return
		}
	}
}

// cross is one round; it says whether our id was the smaller one.
func cross(t *testing.T) bool {
	dir := t.TempDir()
	p, url := weft(t, "--datadir", dir)
	_, offered := newProtocol(t, "foobar", 1, 1, noTalk)
	s := newServer(t, 10, offered)
	added := make(chan *p2p.PeerEvent, 16)
	subscription := s.SubscribeEvents(added)
	defer subscription.Unsubscribe()
	client, err := rpc.DialIPC(context.Background(), filepath.Join(dir, "admin", "weft.ipc"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	us := enode.MustParseV4(url)

	var start, told sync.WaitGroup
	start.Add(1)
	told.Go(func() {
		start.Wait()
		if err := client.Call(nil, "admin_addPeer", s.url()); err != nil {
			t.Error(err)
		}
	})
	told.Go(func() {
		start.Wait()
		s.AddPeer(us)
	})
	start.Done()
	told.Wait()

	ours := p.await("peer_added")
	select {
	case e := <-added:
		if e.Type != p2p.PeerEventTypeAdd {
			t.Errorf("go-ethereum told %+v first", e)
		}
	case <-time.After(patience):
		t.Fatal("go-ethereum has no peer")
	}
	// Whatever connections there still are have ended once we have.
	theirs := s.Peers()
	if len(theirs) != 1 || theirs[0].Inbound() == ours["inbound"] {
		t.Errorf("go-ethereum has peers %v, and ours is %v", theirs, ours)
	}
	p.stop()
	if got := s.dropped(); got != p2p.DiscQuitting.Error() {
		t.Errorf("go-ethereum saw the session end with %q", got)
	}
	if p.count("peer_added") != 1 || p.count("dial_failed") != 0 {
		t.Error("it took us more than one attempt")
	}
	self := s.Self().ID()
	return bytes.Compare(us.ID().Bytes(), self.Bytes()) < 0
}
