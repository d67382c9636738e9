// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/ecdsa"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
)

var probe1 = p2p.Cap{Name: "probe", Version: 1}
var probe2 = p2p.Cap{Name: "probe", Version: 2}

// reasons are those with a meaning; what lies between them may come as well.
var reasons = []p2p.DiscReason{
	p2p.DiscRequested, p2p.DiscNetworkError, p2p.DiscProtocolError,
	p2p.DiscUselessPeer, p2p.DiscTooManyPeers, p2p.DiscAlreadyConnected,
	p2p.DiscIncompatibleVersion, p2p.DiscInvalidIdentity, p2p.DiscQuitting,
	p2p.DiscUnexpectedIdentity, p2p.DiscSelf, p2p.DiscReadTimeout,
	p2p.DiscSubprotocolError,
}

// dropReason waits for the end of a session on our side.
func dropReason(p *process, id string) int {
	p.t.Helper()
	return p.await("peer_dropped", is("id", id)).number("reason")
}

// Every reason that go-ethereum can send is seen by us as it was meant.
func TestDisconnectFromServer(t *testing.T) {
	for _, reason := range reasons {
		if reason == p2p.DiscNetworkError {
			continue // never sent by a server; TestDisconnectForms has it
		}
		t.Run(reason.Error(), func(t *testing.T) {
			bothDirections(t, func(t *testing.T, d direction) {
				_, offered := newProtocol(t, "probe", 1, probe1Codes,
					func(peer *p2p.Peer, rw p2p.MsgReadWriter) error {
						if err := proveProbe1(rw); err != nil {
							return err
						}
						peer.Disconnect(reason)
						return nil
					})
				s := newServer(t, 10, offered)
				p := connectNode(t, d, s)
				if got := dropReason(p, s.id()); got != int(reason) {
					t.Errorf("we saw reason %d, want %d", got, reason)
				}
			})
		})
	}
}

// Every number from 0 to 0x10 and every form that peers are known to send,
// compressed and not: we see the reason and echo it. What is no reason is a
// breach of protocol.
func TestDisconnectForms(t *testing.T) {
	type form struct {
		payload []byte
		reason  p2p.DiscReason
	}
	var forms []form
	for r := byte(1); r <= 0x10; r++ {
		forms = append(forms,
			form{[]byte{0xc1, r}, p2p.DiscReason(r)}, // the list of today
			form{[]byte{r}, p2p.DiscReason(r)})       // go-ethereum 1.10.17 to 1.14.12
	}
	forms = append(forms,
		form{[]byte{0xc1, 0x80}, 0}, form{[]byte{0xc2, 0x04, 0x05}, 4},
		form{[]byte{0x80}, 0}, form{[]byte{0x00}, 0}, form{[]byte{0xc1, 0x00}, 0},
		form{[]byte{0xc0}, 0}, form{[]byte{0x81, 0x80}, 128},
		form{nil, p2p.DiscInvalid}, form{[]byte("????"), p2p.DiscInvalid},
		form{make([]byte, 101), p2p.DiscInvalid})

	p, url := node(t)
	for _, f := range forms {
		for version := uint64(4); version <= 5; version++ {
			t.Run(fmt.Sprintf("%x in version %d", f.payload, version), func(t *testing.T) {
				peer := dialRaw(t, url, newKey(t))
				peer.join(version, probe1)
				peer.echo(codeFirst, []byte("up"))
				echo := f.reason
				if echo == p2p.DiscInvalid {
					echo = p2p.DiscProtocolError
				}
				peer.leave(f.payload, echo)
				if got := dropReason(p, peer.id()); got != int(f.reason) {
					t.Errorf("reason %d, want %d", got, f.reason)
				}
			})
		}
	}
}

// A peer that is told to go, and neither goes nor closes, is gone soon all the
// same.
func TestDisconnectDrains(t *testing.T) {
	p, url := node(t)
	peer := dialRaw(t, url, newKey(t))
	peer.join(5, probe2)
	peer.send(codeFirst+probeEnd, []byte{0xc1, 0x08})
	peer.expect(codeDisconnect, []byte{0xc1, 0x08})
	if got := dropReason(p, peer.id()); got != int(p2p.DiscQuitting) {
		t.Errorf("reason %d", got)
	}
}

// A sub-protocol of ours ends the session: go-ethereum's server names it so.
func TestDisconnectFromUs(t *testing.T) {
	for _, reason := range reasons {
		if reason == p2p.DiscNetworkError {
			continue // "never on the wire"
		}
		t.Run(reason.Error(), func(t *testing.T) {
			bothDirections(t, func(t *testing.T, d direction) {
				_, offered := newProtocol(t, "probe", 2, probe2Codes,
					func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
						return p2p.SendItems(rw, probeEnd, uint(reason))
					})
				s := newServer(t, 10, offered)
				p := connectNode(t, d, s)
				if got := s.dropped(); got != reason.Error() {
					t.Errorf("go-ethereum saw %q, want %q", got, reason.Error())
				}
				if got := dropReason(p, s.id()); got != int(reason) {
					t.Errorf("we say reason %d, want %d", got, reason)
				}
			})
		})
	}
}

// The causes within the server itself, as they stand on the wire.
func TestDisconnectCauses(t *testing.T) {
	t.Parallel()
	t.Run("run returned success", func(t *testing.T) {
		_, url := node(t)
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, probe2)
		peer.send(codeFirst+probeEnd, []byte{0xc1, 0x08})
		peer.expectDisconnect(p2p.DiscQuitting)
	})
	t.Run("bad payload", func(t *testing.T) {
		_, url := node(t)
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, probe2)
		peer.send(codeFirst+probeEnd, []byte("not RLP"))
		peer.expectDisconnect(p2p.DiscProtocolError)
	})
	t.Run("code outside every range", func(t *testing.T) {
		for _, code := range []uint64{codeFirst + probe2Codes, 0x7f, 0x80, 1 << 40} {
			_, url := node(t)
			peer := dialRaw(t, url, newKey(t))
			peer.join(5, probe2)
			peer.echo(codeFirst, []byte("up"))
			peer.send(code, []byte("?"))
			peer.expectDisconnect(p2p.DiscProtocolError)
		}
	})
	t.Run("useless peer", func(t *testing.T) {
		_, url := node(t)
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, p2p.Cap{Name: "alien", Version: 1})
		peer.expectDisconnect(p2p.DiscUselessPeer)
	})
	t.Run("useless peer that we dialed", func(t *testing.T) {
		l := listen(t)
		node(t, "--dial", l.url)
		peer := l.accept()
		peer.join(5, p2p.Cap{Name: "alien", Version: 1})
		peer.expectDisconnect(p2p.DiscUselessPeer)
	})
	t.Run("too many peers", func(t *testing.T) {
		const most = 3
		p, url := node(t, "--max-peers", fmt.Sprint(most))
		for i := 0; ; i++ {
			if i > most {
				t.Fatalf("%d peers with room for %d", i, most)
			}
			peer := dialRaw(t, url, newKey(t))
			// The refusal comes instead of Hello, and so uncompressed.
			code, payload, _, err := peer.Read()
			if err != nil {
				t.Fatal(err)
			}
			if code == codeHello {
				peer.sendHello(5, probe1)
				p.await("peer_added", is("id", peer.id()))
				continue
			}
			if i == 0 || code != codeDisconnect || hexText(payload) != "c104" {
				t.Fatalf("connection %d: code %#x with % x", i, code, payload)
			}
			peer.expectEnd()
			return
		}
	})
	t.Run("already connected", func(t *testing.T) {
		p, url := node(t)
		key := newKey(t)
		first := dialRaw(t, url, key)
		first.join(5, probe1)
		p.await("peer_added", is("id", first.id()))
		second := dialRaw(t, url, key)
		second.expectDisconnect(p2p.DiscAlreadyConnected)
		first.echo(codeFirst, []byte("still here"))
	})
	t.Run("connected to self", func(t *testing.T) {
		key := newKey(t)
		_, url := node(t, "--key", hexText(crypto.FromECDSA(key)))
		peer := dialRaw(t, url, key)
		peer.expectDisconnect(p2p.DiscSelf)
	})
	t.Run("unexpected identity", func(t *testing.T) {
		_, url := node(t)
		peer := dialRaw(t, url, newKey(t))
		peer.readHello()
		peer.lie(newKey(t))
		peer.expectDisconnect(p2p.DiscUnexpectedIdentity)
	})
	t.Run("unexpected identity that we dialed", func(t *testing.T) {
		l := listen(t)
		node(t, "--dial", l.url)
		peer := l.accept()
		peer.readHello()
		peer.lie(newKey(t))
		peer.expectDisconnect(p2p.DiscUnexpectedIdentity)
	})
	t.Run("stop", func(t *testing.T) {
		p, url := node(t)
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, probe1)
		p.await("peer_added", is("id", peer.id()))
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			p.stop()
		}()
		peer.expectDisconnect(p2p.DiscQuitting)
		peer.fd.Close()
		<-stopped
	})
}

// lie sends a Hello whose id is another's. Hellos are exchanged then, so what
// comes back is compressed.
func (c *raw) lie(other *ecdsa.PrivateKey) {
	c.t.Helper()
	c.send(codeHello, encode(c.t, &hello{Version: 5, Name: "liar",
		Caps: []p2p.Cap{probe1}, ID: crypto.FromECDSAPub(&other.PublicKey)[1:]}))
	c.SetSnappy(true)
}
