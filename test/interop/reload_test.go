// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
)

// echoes numbers questions and notes the answers; a go-ethereum protocol.
type echoes struct {
	mu       sync.Mutex
	sessions int
	asked    uint64
	last     uint64 // answered
	answers  map[uint64]bool
	enough   bool
	fault    error
	done     chan struct{} // closed when all is asked
}

const echoWindow = 64 // questions at a time

// ask sends questions, some ahead of their answers. One that has none is not
// waited for.
func (e *echoes) ask(rw p2p.MsgReadWriter) error {
	idle := 0
	for {
		e.mu.Lock()
		wait := e.asked-e.last >= echoWindow && idle < 100
		if !wait {
			e.asked++
		}
		n, enough := e.asked, e.enough
		e.mu.Unlock()
		if wait {
			idle++
			time.Sleep(time.Millisecond)
			continue
		}
		idle = 0
		if err := p2p.SendItems(rw, endsAsk, uint64(echoThis), n); err != nil {
			return err
		}
		if enough {
			close(e.done)
			return nil
		}
	}
}

func (e *echoes) run(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
	e.mu.Lock()
	e.sessions++
	e.mu.Unlock()
	go e.ask(rw)
	for {
		m, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		var words [2]uint64
		if err := m.Decode(&words); err != nil {
			return err
		}
		e.mu.Lock()
		if m.Code != endsEcho || words[1] <= e.last || words[1] > e.asked {
			e.fault = fmt.Errorf("code %d with %d after %d", m.Code, words[1], e.last)
		}
		e.last = words[1]
		e.answers[e.last] = true
		e.mu.Unlock()
	}
}

func (e *echoes) counts() (asked, last uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked, e.last
}

func (e *echoes) await(t *testing.T, what string, least uint64) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		asked, last := e.counts()
		if last >= least {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d asked, %d answered last", what, asked, last)
		}
	}
}

// A go-ethereum server asks and is answered, many questions at a time, while our
// plugin is exchanged again and again. It sees one session, and its answers once
// each and in order. Only what lay unread in the very moment of an exchange, for
// the plugin that went, is gone with it.
func TestReload(t *testing.T) {
	for _, c := range []p2p.Cap{endsRun, endsHandles} {
		t.Run(c.Name, func(t *testing.T) { reload(t, c) })
	}
}

func reload(t *testing.T, c p2p.Cap) {
	const reloads, between = 6, 200
	e := &echoes{answers: map[uint64]bool{}, done: make(chan struct{})}
	dir := t.TempDir()
	p, url := weft(t, "--plugin", plugin(t, "ends"), "--datadir", dir)
	s := newServer(t, 10, p2p.Protocol{
		Name: c.Name, Version: c.Version, Length: endsCodes, Run: e.run})
	s.dial(url)
	p.await("peer_added", is("id", s.id()))
	client := dialAdmin(t, dir)

	// Where questions may be without an answer: from, to.
	var exchanges [][2]uint64
	for i := range reloads {
		_, from := e.counts()
		e.await(t, fmt.Sprintf("after %d reloads", i), from+between)
		_, from = e.counts()
		client.call(nil, "plugin_reload", "ends")
		var plugins []any
		for deadline := time.Now().Add(patience); len(plugins) != 1; {
			client.call(&plugins, "plugin_list")
			if time.Now().After(deadline) {
				t.Fatalf("the plugins are %v", plugins)
			}
		}
		to, _ := e.counts()
		exchanges = append(exchanges, [2]uint64{from, to})
	}
	asked, _ := e.counts()
	e.await(t, "after the last reload", asked+between)
	e.mu.Lock()
	e.enough = true
	e.mu.Unlock()
	<-e.done
	asked, _ = e.counts()
	e.await(t, "the last question", asked)

	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault != nil || e.sessions != 1 || p.count("peer_dropped") != 0 {
		t.Errorf("%d sessions; %v", e.sessions, e.fault)
	}
	lost := 0
	for n := uint64(1); n <= asked; n++ {
		if e.answers[n] {
			continue
		}
		lost++
		excused := false
		for _, x := range exchanges {
			excused = excused || n > x[0] && n <= x[1]
		}
		if !excused {
			t.Errorf("question %d of %d has no answer", n, asked)
		}
	}
	t.Logf("%d of %d questions went with a plugin that was exchanged", lost, asked)
	if lost > reloads*echoWindow {
		t.Errorf("that is more than were on their way")
	}
}
