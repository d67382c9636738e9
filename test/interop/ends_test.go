// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
)

// What a plugin can be asked to do; see test/plugins/ends.c.
const (
	returnOK     = iota
	returnReason // number
	returnMinus  // -number
	disconnect   // number, then return another reason
	writeCode    // number, and return what that gives
	spawnReason  // from another fiber of the channel
	echoThis     // and go on
)

// Codes of both its protocols.
const (
	endsAsk = iota
	endsEcho
	endsCodes
)

// Errors of <weft/plugin.h>, without their sign.
const (
	errClosed  = 1
	errTimeout = 2
	errAgain   = 3
	errMessage = 4
	errFailed  = 9
	errUnknown = 4711
)

var (
	endsRun     = p2p.Cap{Name: "ends", Version: 1}
	endsHandles = p2p.Cap{Name: "handles", Version: 1}
)

func plugin(t *testing.T, name string) string {
	return filepath.Join(program(t, "INTEROP_PLUGINS"), name+".so")
}

// goesOn is what a session that is not ended is expected to give.
const goesOn = p2p.DiscReason(0xff)

// What a plugin's run or handler returns reaches go-ethereum's server as the
// reason that it stands for, whoever dialed.
func TestPluginEnds(t *testing.T) {
	type end struct {
		name        string
		how, number uint
		run         p2p.DiscReason // what the run style makes of it
		message     p2p.DiscReason // and the message style
	}
	ends := []end{
		{"success", returnOK, 0, p2p.DiscQuitting, goesOn},
		{"a closed channel", returnMinus, errClosed, p2p.DiscQuitting, goesOn},
		{"bad message", returnMinus, errMessage,
			p2p.DiscProtocolError, p2p.DiscProtocolError},
		{"bad code", writeCode, endsCodes, p2p.DiscProtocolError, p2p.DiscProtocolError},
		{"timeout", returnMinus, errTimeout,
			p2p.DiscSubprotocolError, p2p.DiscSubprotocolError},
		{"no room", returnMinus, errAgain,
			p2p.DiscSubprotocolError, p2p.DiscSubprotocolError},
		{"failure", returnMinus, errFailed,
			p2p.DiscSubprotocolError, p2p.DiscSubprotocolError},
		{"any other negative", returnMinus, errUnknown,
			p2p.DiscSubprotocolError, p2p.DiscSubprotocolError},
	}
	for _, r := range reasons {
		if r == p2p.DiscNetworkError {
			continue // "never on the wire"
		}
		ends = append(ends,
			end{"returned: " + r.Error(), returnReason, uint(r), r, r},
			// The first cause stands.
			end{"disconnected: " + r.Error(), disconnect, uint(r), r, r},
			end{"another fiber: " + r.Error(), spawnReason, uint(r), r, r})
	}

	p, url := weft(t, "--plugin", plugin(t, "ends"))
	for _, e := range ends {
		t.Run(e.name, func(t *testing.T) {
			t.Run("run", func(t *testing.T) {
				pluginEnd(t, p, url, endsRun, e.how, e.number, e.run)
			})
			t.Run("message", func(t *testing.T) {
				pluginEnd(t, p, url, endsHandles, e.how, e.number, e.message)
			})
		})
	}
	bothDirections(t, func(t *testing.T, d direction) {
		s := asking(t, endsRun, returnReason, uint(p2p.DiscUselessPeer))
		if d == weDial {
			weft(t, "--plugin", plugin(t, "ends"), "--peer", s.url())
		} else {
			s.dial(url)
		}
		if got := s.dropped(); got != p2p.DiscUselessPeer.Error() {
			t.Errorf("go-ethereum saw %q", got)
		}
	})
}

// asking is a go-ethereum server that asks for an end, and is content with an
// echo afterwards.
func asking(t *testing.T, c p2p.Cap, how, number uint) *server {
	t.Helper()
	_, offered := newProtocol(t, c.Name, c.Version, endsCodes,
		func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
			return p2p.SendItems(rw, endsAsk, how, number)
		})
	return newServer(t, 10, offered)
}

func pluginEnd(t *testing.T, p *process, url string, c p2p.Cap, how, number uint,
	want p2p.DiscReason) {
	if want == goesOn {
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, c)
		peer.send(codeFirst+endsAsk, encode(t, []uint{how, number}))
		again := encode(t, []uint{echoThis, 7})
		peer.send(codeFirst+endsAsk, again)
		peer.expect(codeFirst+endsEcho, again)
		peer.leave([]byte{0xc1, 0x08}, p2p.DiscQuitting)
		return
	}
	s := asking(t, c, how, number)
	s.dial(url)
	if got := s.dropped(); got != want.Error() {
		t.Errorf("go-ethereum saw %q, want %q", got, want.Error())
	}
	if got := dropReason(p, s.id()); got != int(want) {
		t.Errorf("we say reason %d, want %d", got, want)
	}
}

// The causes that lie outside of a plugin's code, with one of its channels open,
// byte for byte.
func TestPluginSessionEnds(t *testing.T) {
	dir := t.TempDir()
	p, url := weft(t, "--plugin", plugin(t, "ends"), "--datadir", dir)
	up := func(t *testing.T) *raw {
		peer := dialRaw(t, url, newKey(t))
		peer.join(5, endsRun, endsHandles)
		for _, offset := range []uint64{codeFirst, codeFirst + endsCodes} {
			again := encode(t, []uint{echoThis, uint(offset)})
			peer.send(offset+endsAsk, again)
			peer.expect(offset+endsEcho, again)
		}
		return peer
	}
	t.Run("what does not decode", func(t *testing.T) {
		for _, offset := range []uint64{codeFirst, codeFirst + endsCodes} {
			peer := up(t)
			peer.send(offset+endsAsk, []byte("not RLP"))
			peer.expectDisconnect(p2p.DiscProtocolError)
		}
	})
	t.Run("code of nobody", func(t *testing.T) {
		for _, code := range []uint64{codeFirst + 2*endsCodes, 0x7f, 1 << 40} {
			peer := up(t)
			peer.send(code, []byte("?"))
			peer.expectDisconnect(p2p.DiscProtocolError)
		}
	})
	t.Run("their Disconnect comes back", func(t *testing.T) {
		for _, r := range []p2p.DiscReason{p2p.DiscRequested, p2p.DiscUselessPeer,
			p2p.DiscTooManyPeers, p2p.DiscSubprotocolError} {
			peer := up(t)
			peer.leave(encode(t, []any{r}), r)
			if got := dropReason(p, peer.id()); got != int(r) {
				t.Errorf("we say reason %d, want %d", got, r)
			}
		}
	})
	t.Run("a broken stream gets nothing", func(t *testing.T) {
		peer := up(t)
		peer.fd.Write(make([]byte, 32)) // a header with a wrong MAC
		peer.expectEnd()
		p.await("peer_dropped", is("id", peer.id()))
	})
	t.Run("a lost connection", func(t *testing.T) {
		peer := up(t)
		peer.fd.Close()
		p.await("peer_dropped", is("id", peer.id()))
	})
	t.Run("removed", func(t *testing.T) {
		l := listen(t)
		client := dialAdmin(t, dir)
		client.call(nil, "admin_addPeer", l.url)
		peer := l.accept()
		peer.join(5, endsRun)
		p.await("peer_added", is("id", peer.id()))
		client.call(nil, "admin_removePeer", l.url)
		peer.expectDisconnect(p2p.DiscRequested)
	})
	t.Run("unloaded", func(t *testing.T) {
		peer := up(t)
		dialAdmin(t, dir).call(nil, "plugin_unload", "ends")
		peer.expectDisconnect(p2p.DiscRequested)
		dialAdmin(t, dir).call(nil, "plugin_load", plugin(t, "ends"))
	})
	t.Run("stopped", func(t *testing.T) {
		peer := up(t)
		dialAdmin(t, dir).call(nil, "node_stop")
		peer.expectDisconnect(p2p.DiscQuitting)
		p.wait()
	})
}
