// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
)

// foobar is go-ethereum's side as a developer of sub-protocols would write it:
// it says "foo", hears the peer's "foo" and "bar", in any order, and answers.
func foobar(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
	if err := p2p.SendItems(rw, 0, "foo"); err != nil {
		return err
	}
	heard := map[string]int{}
	for heard["foo"] == 0 || heard["bar"] == 0 {
		m, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		var words []string
		if err := m.Decode(&words); err != nil {
			return err
		}
		if m.Code != 0 || len(words) != 1 {
			return fmt.Errorf("code %d with %q", m.Code, words)
		}
		heard[words[0]]++
		if words[0] == "foo" {
			if err := p2p.SendItems(rw, 0, "bar"); err != nil {
				return err
			}
		}
	}
	if len(heard) != 2 || heard["foo"] != 1 || heard["bar"] != 1 {
		return fmt.Errorf("heard %v", heard)
	}
	return nil
}

// A weft node and a go-ethereum server find each other's foobar/1 and talk.
func TestFoobar(t *testing.T) {
	bothDirections(t, func(t *testing.T, d direction) {
		h, offered := newProtocol(t, "foobar", 1, 1, foobar)
		s := newServer(t, 10, offered)
		var p *process
		if d == weDial {
			p, _ = weft(t, "--peer", s.url())
		} else {
			var url string
			p, url = weft(t)
			s.dial(url)
		}

		h.finished()
		added := p.await("peer_added", is("id", s.id()))
		if added["inbound"] != (d == theyDial) {
			t.Errorf("inbound is %v", added["inbound"])
		}
		if got := fmt.Sprint(added.list("protocols")); got != "[foobar/1]" {
			t.Errorf("protocols are %s", got)
		}
		if added.text("name") != "interop/go" {
			t.Errorf("name is %q", added.text("name"))
		}
		for _, way := range []string{"sent", "received"} {
			p.await("foobar", is("id", s.id()), is(way, "foo"))
			p.await("foobar", is("id", s.id()), is(way, "bar"))
		}

		p.stop()
		p.await("stopped")
		if got := s.dropped(); got != p2p.DiscQuitting.Error() {
			t.Errorf("go-ethereum saw %q", got)
		}
	})
}

// The same with foobar as a plugin, under the name that the devp2p documents
// give it as well as under its own.
func TestFoobarPlugin(t *testing.T) {
	for _, name := range []string{"foobar", "MyProtocol"} {
		t.Run(name, func(t *testing.T) {
			bothDirections(t, func(t *testing.T, d direction) {
				h, offered := newProtocol(t, name, 1, 1, foobar)
				s := newServer(t, 10, offered)
				args := []string{"--plugin", "foobar,name=" + name}
				var p *process
				if d == weDial {
					p, _ = weft(t, append(args, "--peer", s.url())...)
				} else {
					var url string
					p, url = weft(t, args...)
					s.dial(url)
				}
				h.finished()
				added := p.await("peer_added", is("id", s.id()))
				if got := fmt.Sprint(added.list("protocols")); got != "["+name+"/1]" {
					t.Errorf("protocols are %s", got)
				}
				p.stop()
				if got := s.dropped(); got != p2p.DiscQuitting.Error() {
					t.Errorf("go-ethereum saw %q", got)
				}
			})
		})
	}
}

// What is not a list of one string ends the session with 0x02.
func TestFoobarBadPayload(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload []byte
	}{
		{"string", []byte{0x83, 'f', 'o', 'o'}},
		{"list of two", []byte{0xc8, 0x83, 'f', 'o', 'o', 0x83, 'b', 'a', 'r'}},
		{"nothing", nil},
		{"not canonical", []byte{0xc2, 0x81, 'f'}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, url := weft(t)
			peer := dialRaw(t, url, newKey(t))
			peer.join(5, p2p.Cap{Name: "foobar", Version: 1})
			peer.expect(codeFirst, []byte{0xc4, 0x83, 'f', 'o', 'o'})
			peer.send(codeFirst, c.payload)
			peer.expectDisconnect(p2p.DiscProtocolError)
			p.await("peer_dropped", is("id", peer.id()), isNumber("reason", 2))
		})
	}
}
