// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/ecdsa"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// direction says who dials whom.
type direction int

const (
	theyDial direction = iota // go-ethereum dials us
	weDial
)

func bothDirections(t *testing.T, test func(t *testing.T, d direction)) {
	t.Run("go-ethereum dials", func(t *testing.T) { test(t, theyDial) })
	t.Run("weft dials", func(t *testing.T) { test(t, weDial) })
}

// server is a go-ethereum p2p.Server that is stopped at the test's end.
type server struct {
	*p2p.Server
	t     *testing.T
	drops chan *p2p.PeerEvent
}

func newServer(t *testing.T, maxPeers int, protocols ...p2p.Protocol) *server {
	t.Helper()
	return startServer(t, p2p.Config{
		MaxPeers:    maxPeers,
		NoDiscovery: true,
		Protocols:   protocols,
		ListenAddr:  "127.0.0.1:0",
	})
}

func startServer(t *testing.T, config p2p.Config) *server {
	t.Helper()
	s := &server{t: t, drops: make(chan *p2p.PeerEvent, 16)}
	config.PrivateKey = newKey(t)
	config.Name = "interop/go"
	s.Server = &p2p.Server{Config: config}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	events := make(chan *p2p.PeerEvent, 4096)
	subscription := s.SubscribeEvents(events)
	go func() {
		for {
			select {
			case e := <-events:
				if e.Type != p2p.PeerEventTypeDrop {
					continue
				}
				select {
				case s.drops <- e:
				default: // a test that does not look
				}
			case <-subscription.Err():
				return
			}
		}
	}()
	t.Cleanup(func() {
		subscription.Unsubscribe()
		s.Stop()
	})
	return s
}

func (s *server) url() string {
	return s.Self().URLv4()
}

func (s *server) id() string {
	return s.Self().ID().String()
}

func (s *server) dial(url string) {
	s.t.Helper()
	n, err := enode.ParseV4(url)
	if err != nil {
		s.t.Fatal(err)
	}
	s.AddPeer(n)
}

// dropped gives the error text of the next peer that the server lost.
func (s *server) dropped() string {
	s.t.Helper()
	select {
	case e := <-s.drops:
		return e.Error
	case <-time.After(patience):
		s.t.Fatal("the go-ethereum server kept its peer")
		return ""
	}
}

// protocol runs f once, for the first peer that shares name/version, and then
// keeps the session until the other side ends it.
type protocol struct {
	t    *testing.T
	done chan error
}

// newProtocol gives a handle on the protocol and what the server wants.
func newProtocol(t *testing.T, name string, version uint, codes uint64,
	f func(p *p2p.Peer, rw p2p.MsgReadWriter) error) (*protocol, p2p.Protocol) {
	h := &protocol{t: t, done: make(chan error, 64)}
	return h, p2p.Protocol{
		Name: name, Version: version, Length: codes,
		Run: func(p *p2p.Peer, rw p2p.MsgReadWriter) error {
			err := f(p, rw)
			h.done <- err
			if err != nil {
				return err
			}
			return idle(rw)
		},
	}
}

// noTalk is a protocol that only listens.
func noTalk(*p2p.Peer, p2p.MsgReadWriter) error {
	return nil
}

// idle reads until the session ends.
func idle(rw p2p.MsgReadWriter) error {
	for {
		m, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		m.Discard()
	}
}

// finished waits until f has returned without error.
func (h *protocol) finished() {
	h.t.Helper()
	select {
	case err := <-h.done:
		if err != nil {
			h.t.Fatal(err)
		}
	case <-time.After(patience):
		h.t.Fatal("the protocol did not get to its end")
	}
}

// connectNode brings a server and an interop node together.
func connectNode(t *testing.T, d direction, s *server, args ...string) *process {
	t.Helper()
	if d == weDial {
		p, _ := node(t, append(args, "--dial", s.url())...)
		return p
	}
	p, url := node(t, args...)
	s.dial(url)
	return p
}
