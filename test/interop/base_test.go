// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/rlp"
)

// A tool that never says Hello gets ours all the same.
func TestHelloComesUnasked(t *testing.T) {
	_, url := node(t)
	h := dialRaw(t, url, newKey(t)).readHello()
	if h.Version != 5 || h.ListenPort != 0 || len(h.ID) != 64 || len(h.Rest) != 0 {
		t.Errorf("%+v", h)
	}
}

// A peer of base protocol version 4: nothing is compressed on either side.
func TestVersion4(t *testing.T) {
	t.Run("inbound", func(t *testing.T) {
		p, url := node(t)
		version4(t, p, dialRaw(t, url, newKey(t)))
	})
	t.Run("outbound", func(t *testing.T) {
		l := listen(t)
		p, _ := node(t, "--dial", l.url)
		version4(t, p, l.accept())
	})
}

func version4(t *testing.T, p *process, peer *raw) {
	peer.join(4, probe2)
	added := p.await("peer_added", is("id", peer.id()))
	if added.number("version") != 4 {
		t.Errorf("version is %d", added.number("version"))
	}
	for _, n := range []int{0, 1, 100 * kib, 15 * mib} {
		peer.echo(codeFirst, random(t, n))
		peer.send(codeFirst+probeMake, encode(t, []uint64{uint64(n)}))
		peer.expect(codeFirst+probeMade, made(n))
	}
	peer.send(codePing, []byte{0xc0})
	peer.expect(codePong, []byte{0xc0})
	peer.send(codeFirst+probeEnd, []byte{0xc1, 0x03})
	peer.expectDisconnect(p2p.DiscUselessPeer)
}

// weft run with such a peer: foo and bar as they stand in the frames.
func TestVersion4Foobar(t *testing.T) {
	foo := []byte{0xc4, 0x83, 'f', 'o', 'o'}
	bar := []byte{0xc4, 0x83, 'b', 'a', 'r'}
	talk := func(p *process, peer *raw) {
		peer.join(4, p2p.Cap{Name: "foobar", Version: 1})
		peer.expect(codeFirst, foo)
		peer.send(codeFirst, bar)
		p.await("foobar", is("id", peer.id()), is("received", "bar"))
		peer.send(codeFirst, foo)
		peer.expect(codeFirst, bar)
	}
	t.Run("inbound", func(t *testing.T) {
		p, url := weft(t)
		talk(p, dialRaw(t, url, newKey(t)))
	})
	t.Run("outbound", func(t *testing.T) {
		l := listen(t)
		p, _ := weft(t, "--peer", l.url)
		talk(p, l.accept())
	})
}

// The five bodies of the devp2p suite's MaliciousHandshake, with the code that
// it really sends and with Hello's own. What may come back is our Hello, a
// Disconnect and the end, and the node stays well.
func TestMaliciousHandshake(t *testing.T) {
	_, url := node(t)
	key := newKey(t)
	peer := dialRaw(t, url, key)
	id := peer.publicKey()
	long := append(append([]byte{}, id...), id...)
	for i, h := range []*hello{
		{Caps: []p2p.Cap{{Name: string(random(t, 2)), Version: 68}}, ID: id},
		{Caps: []p2p.Cap{probe1}, ID: long[:65]},
		{Caps: []p2p.Cap{probe1}, ID: long},
		{Caps: []p2p.Cap{probe1}, ID: random(t, 2)},
		{Caps: []p2p.Cap{{Name: string(random(t, 2)), Version: 68}}, ID: random(t, 2)},
	} {
		h.Version = 5
		for _, code := range []uint64{0x10, codeHello} {
			t.Run(fmt.Sprintf("body %d code %#x", i, code), func(t *testing.T) {
				peer := dialRaw(t, url, key)
				peer.send(code, encode(t, h))
				peer.readHello()
				if i == 0 && code == codeHello {
					// Well formed, and nothing is shared.
					peer.SetSnappy(true)
					peer.expectDisconnect(p2p.DiscUselessPeer)
				} else {
					peer.expectEnd()
				}
			})
		}
	}
	peer.join(5, probe1)
	peer.echo(codeFirst, []byte("alive"))
}

// More of what a first message must not be.
func TestBadHello(t *testing.T) {
	_, url := node(t)
	zero := make([]byte, 64)
	for _, c := range []struct {
		name    string
		code    uint64
		payload []byte
	}{
		{"string", codeHello, []byte{0x83, 'f', 'o', 'o'}},
		{"empty", codeHello, nil},
		{"2049 bytes", codeHello, append(encode(t, &hello{}), make([]byte, 2049)...)[:2049]},
		{"code 0x989898", 0x989898, []byte{0xc0}},
		{"Ping first", codePing, []byte{0xc0}},
		{"all-zero id", codeHello, encode(t, &hello{Version: 5, Caps: []p2p.Cap{probe1}, ID: zero})},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := dialRaw(t, url, newKey(t))
			peer.send(c.code, c.payload)
			peer.readHello()
			peer.expectEnd()
		})
	}
}

// What later versions may add is ignored.
func TestHelloTolerance(t *testing.T) {
	_, url := node(t)
	for name, change := range map[string]func(h *hello, b *[]byte){
		"version 55":         func(h *hello, _ *[]byte) { h.Version = 55 },
		"a listening port":   func(h *hello, _ *[]byte) { h.ListenPort = 30303 },
		"items behind id":    func(h *hello, _ *[]byte) { h.Rest = []rlp.RawValue{{0x01}, {0xc1, 0x05}} },
		"not canonical tail": func(h *hello, _ *[]byte) { h.Rest = []rlp.RawValue{{0x81, 0x05}} },
		"bytes behind list":  func(_ *hello, b *[]byte) { *b = append(*b, 1, 2, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			peer := dialRaw(t, url, newKey(t))
			h := &hello{Version: 5, Caps: []p2p.Cap{probe1}, ID: peer.publicKey()}
			var behind []byte
			change(h, &behind)
			peer.send(codeHello, append(encode(t, h), behind...))
			peer.readHello()
			peer.SetSnappy(true)
			peer.echo(codeFirst, []byte("welcome"))
		})
	}
}

// Ping is answered whatever it carries; Pong, unknown codes of the base
// protocol and a second Hello are dropped whatever they carry.
func TestBaseCodes(t *testing.T) {
	_, url := node(t)
	peer := dialRaw(t, url, newKey(t))
	peer.join(5, probe1)
	for _, payload := range [][]byte{{0xc0}, {0x80}, nil, []byte("no RLP at all")} {
		peer.send(codePing, payload)
		peer.expect(codePong, []byte{0xc0})
		for _, code := range []uint64{codeHello, codePong, 4, 5, 0x0f} {
			peer.send(code, payload)
		}
		peer.echo(codeFirst, []byte("still here"))
	}
}

// Their Ping, answered as the devp2p suite does, with payload 80. It comes
// after 15 s.
func TestPongOfTester(t *testing.T) {
	t.Parallel()
	_, url := node(t)
	peer := dialRaw(t, url, newKey(t))
	peer.join(5, probe1)
	code, payload, _, err := peer.Read()
	if err != nil || code != codePing || hexText(payload) != "c0" {
		t.Fatalf("code %#x with % x (%v), want a Ping", code, payload, err)
	}
	peer.send(codePong, []byte{0x80})
	peer.echo(codeFirst, []byte("still here"))
}

// With snappy on: a Disconnect that is not compressed is understood, anything
// else that does not decompress ends the connection without a word.
func TestSnappyFaults(t *testing.T) {
	t.Parallel()
	t.Run("plain Disconnect", func(t *testing.T) {
		for _, payload := range []string{"\xc1\x04", "\x04"} {
			p, url := node(t)
			peer := dialRaw(t, url, newKey(t))
			peer.join(5, probe1)
			peer.echo(codeFirst, []byte("up"))
			peer.SetSnappy(false)
			peer.send(codeDisconnect, []byte(payload))
			peer.SetSnappy(true)
			peer.expectDisconnect(p2p.DiscTooManyPeers)
			if got := dropReason(p, peer.id()); got != 4 {
				t.Errorf("%x: reason %d", payload, got)
			}
		}
	})
	for name, payload := range map[string][]byte{
		"empty":              {},
		"no end of length":   {0xff, 0xff, 0xff},
		"16 MiB declared":    {0x80, 0x80, 0x80, 0x08, 0x00},
		"a bomb":             {0xff, 0xff, 0xff, 0x07, 0x00},
		"copy from before":   {0x05, 0x01, 0x01},
		"shorter than said":  {0x05, 0x00, 0x61},
		"longer than said":   {0x01, 0x04, 0x61, 0x62},
		"bytes that are not": []byte("not snappy at all"),
	} {
		t.Run(name, func(t *testing.T) {
			_, url := node(t)
			peer := dialRaw(t, url, newKey(t))
			peer.join(5, probe1)
			peer.echo(codeFirst, []byte("up"))
			peer.SetSnappy(false)
			peer.send(codeFirst, payload)
			peer.SetSnappy(true)
			peer.expectEnd()
		})
	}
}
