// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
)

// A go-ethereum server talks foo and bar with us, some questions at a time,
// while our plugin is exchanged again and again. It sees one session, and an
// answer to every question.
func TestReload(t *testing.T) {
	const (
		reloads = 10
		window  = 8   // questions at a time
		between = 100 // answers between two reloads
	)
	var asked, answered, sessions atomic.Int64
	var enough atomic.Bool
	talk := func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
		sessions.Add(1)
		for range window {
			asked.Add(1)
			if err := p2p.SendItems(rw, 0, "foo"); err != nil {
				return err
			}
		}
		for {
			m, err := rw.ReadMsg()
			if err != nil {
				return err
			}
			var words []string
			if err := m.Decode(&words); err != nil || len(words) != 1 {
				return fmt.Errorf("%q: %v", words, err)
			}
			say := "bar" // to the foo of each new plugin
			if words[0] == "bar" {
				answered.Add(1)
				if enough.Load() {
					continue
				}
				asked.Add(1)
				say = "foo"
			}
			if err := p2p.SendItems(rw, 0, say); err != nil {
				return err
			}
		}
	}
	dir := t.TempDir()
	p, url := weft(t, "--plugin", "foobar", "--datadir", dir)
	s := newServer(t, 10, p2p.Protocol{Name: "foobar", Version: 1, Length: 1, Run: talk})
	s.dial(url)
	p.await("peer_added", is("id", s.id()))
	client := dialAdmin(t, dir)
	await := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(patience); !holds(); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d asked, %d answered", what, asked.Load(), answered.Load())
			}
			time.Sleep(time.Millisecond)
		}
	}
	for i := range reloads {
		least := answered.Load() + between
		await(fmt.Sprintf("after %d reloads", i), func() bool { return answered.Load() >= least })
		var yes bool
		client.call(&yes, "plugin_reload", "foobar")
	}
	enough.Store(true)
	await("questions were lost", func() bool { return answered.Load() == asked.Load() })
	if sessions.Load() != 1 || s.PeerCount() != 1 || p.count("peer_dropped") != 0 {
		t.Errorf("%d sessions, %d peers", sessions.Load(), s.PeerCount())
	}
}
