// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
)

// offer is one capability of the go-ethereum side and how to prove that both
// sides mean the same codes by it.
type offer struct {
	name    string
	version uint
	codes   uint64
	prove   func(rw p2p.MsgReadWriter) error
}

func proveFoobar(rw p2p.MsgReadWriter) error {
	return exchange(rw, 0, []byte{0xc4, 0x83, 'f', 'o', 'o'}, 0, []byte{0xc4, 0x83, 'b', 'a', 'r'})
}

func proveProbe1(rw p2p.MsgReadWriter) error {
	return exchange(rw, probeEcho, []byte("probe one"), probeEchoed, []byte("probe one"))
}

func proveProbe2(rw p2p.MsgReadWriter) error {
	if err := proveProbe1(rw); err != nil {
		return err
	}
	return exchange(rw, probeMake, []byte{0xc1, 100}, probeMade, made(100))
}

func proveZeta(rw p2p.MsgReadWriter) error {
	return exchange(rw, 0, []byte("zeta"), 0, []byte("zeta"))
}

// never is for what must not be chosen.
func never(p2p.MsgReadWriter) error {
	return fmt.Errorf("a protocol that is not shared was started")
}

var (
	offerFoobar = offer{"foobar", 1, 1, proveFoobar}
	offerProbe1 = offer{"probe", 1, probe1Codes, proveProbe1}
	offerProbe2 = offer{"probe", 2, probe2Codes, proveProbe2}
	offerProbe3 = offer{"probe", 3, 9, never}
	offerZeta   = offer{"zeta", 1, 1, proveZeta}
	offerAlien  = offer{"alien", 1, 7, never}
)

// The interop node offers foobar/1, probe/1, probe/2 and zeta/1; zeta sorts
// behind probe, so its codes tell which version of probe moved it.
func TestCapabilityChoice(t *testing.T) {
	for _, c := range []struct {
		theirs []offer
		shared string
	}{
		{[]offer{offerProbe1}, "[probe/1]"},
		{[]offer{offerProbe2}, "[probe/2]"},
		{[]offer{offerProbe2, offerProbe1}, "[probe/2]"},
		{[]offer{offerProbe1, offerProbe3}, "[probe/1]"},
		{[]offer{offerProbe3, offerProbe2, offerProbe1}, "[probe/2]"},
		{[]offer{offerFoobar, offerProbe1}, "[foobar/1 probe/1]"},
		{[]offer{offerFoobar, offerProbe2}, "[foobar/1 probe/2]"},
		{[]offer{offerFoobar, offerProbe3}, "[foobar/1]"},
		{[]offer{offerZeta, offerProbe1, offerFoobar}, "[foobar/1 probe/1 zeta/1]"},
		{[]offer{offerZeta, offerProbe2, offerFoobar}, "[foobar/1 probe/2 zeta/1]"},
		{[]offer{offerAlien, offerZeta, offerProbe1, offerProbe2, offerFoobar},
			"[foobar/1 probe/2 zeta/1]"},
		{[]offer{offerAlien, offerProbe3, offerZeta}, "[zeta/1]"},
	} {
		name := ""
		for _, o := range c.theirs {
			name += fmt.Sprintf("%s-%d ", o.name, o.version)
		}
		t.Run(name, func(t *testing.T) {
			bothDirections(t, func(t *testing.T, d direction) {
				checkChoice(t, d, c.theirs, c.shared)
			})
		})
	}
}

func checkChoice(t *testing.T, d direction, theirs []offer, shared string) {
	var offered []p2p.Protocol
	started := make(chan string, len(theirs))
	done := make(chan error, len(theirs))
	for _, o := range theirs {
		offered = append(offered, p2p.Protocol{
			Name: o.name, Version: o.version, Length: o.codes,
			Run: func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
				started <- o.name
				done <- o.prove(rw)
				return idle(rw)
			},
		})
	}
	s := newServer(t, 10, offered...)
	p := connectNode(t, d, s)

	added := p.await("peer_added", is("id", s.id()))
	if got := fmt.Sprint(added.list("protocols")); got != shared {
		t.Errorf("shared is %s, want %s", got, shared)
	}
	for range added.list("protocols") {
		h := protocol{t, done}
		h.finished()
	}
	if len(started) != len(added.list("protocols")) {
		t.Errorf("%d protocols were started", len(started))
	}
	p.stop()
}

// The numbers on the wire, without go-ethereum's matching in between.
func TestCapabilityOffsets(t *testing.T) {
	_, url := node(t)
	for _, c := range []struct {
		name  string
		caps  []p2p.Cap
		probe uint64
		zeta  uint64
	}{
		{"probe/1 alone", []p2p.Cap{{Name: "probe", Version: 1}}, 16, 0},
		{"behind foobar", []p2p.Cap{{Name: "probe", Version: 1}, {Name: "foobar", Version: 1}}, 17, 0},
		{"probe/1 and zeta", []p2p.Cap{{Name: "zeta", Version: 1}, {Name: "probe", Version: 1}}, 16, 18},
		{"probe/2 and zeta", []p2p.Cap{{Name: "zeta", Version: 1}, {Name: "probe", Version: 2}}, 16, 21},
		{"both, and twice", []p2p.Cap{
			{Name: "probe", Version: 2}, {Name: "zeta", Version: 1}, {Name: "probe", Version: 1},
			{Name: "probe", Version: 2}, {Name: "foobar", Version: 1}, {Name: "foobar", Version: 2},
		}, 17, 22},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := dialRaw(t, url, newKey(t))
			h := peer.join(5, c.caps...)
			want := "[foobar/1 probe/1 probe/2 zeta/1]"
			if got := fmt.Sprint(h.Caps); got != want {
				t.Errorf("Hello says %s, want %s: sorted by name and version", got, want)
			}
			peer.echo(c.probe, []byte("which?"))
			if c.zeta != 0 {
				peer.send(c.zeta, []byte("last"))
				peer.expect(c.zeta, []byte("last"))
			}
		})
	}
}
