// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/json"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/mclock"
	"github.com/ethereum/go-ethereum/p2p/discover/v4wire"
	"github.com/ethereum/go-ethereum/p2p/discover/v5wire"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

// Floods of well-formed packets, from addresses that are of no LAN, at a real
// node: what it answers is bounded for each address and each network, those from
// elsewhere are answered all the while, and it does not grow.

// asked is a node under such a flood.
type asked struct {
	t    *testing.T
	p    *process
	data string
	self *enode.Node
	at   netip.AddrPort
}

func newAsked(t *testing.T) *asked {
	t.Helper()
	data := t.TempDir()
	p := start(t, program(t, "WEFT_BIN"), "run", "--json", "--listen", host(0, 0, 1).String()+":0",
		"--datadir", data, "--discovery", "v4,v5")
	started := p.await("started")
	for _, version := range []string{"v4", "v5"} {
		p.await("discovery", is("version", version))
	}
	n, err := enode.Parse(enode.ValidSchemes, started.text("enr"))
	if err != nil {
		t.Fatal(err)
	}
	at, _ := n.UDPEndpoint()
	return &asked{t: t, p: p, data: data, self: n, at: at}
}

// from is a socket at one of the network's addresses.
func (a *asked) from(ip net.IP) *net.UDPConn {
	a.t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip})
	if err != nil {
		a.t.Fatal(err)
	}
	conn.SetReadBuffer(1 << 20)
	a.t.Cleanup(func() { conn.Close() })
	return conn
}

func (a *asked) send(conn *net.UDPConn, packet []byte) {
	a.t.Helper()
	if _, err := conn.WriteToUDPAddrPort(packet, a.at); err != nil {
		a.t.Fatal(err)
	}
}

// ping is a PING of Discovery v4 by a node that was never heard of.
func (a *asked) ping() []byte {
	a.t.Helper()
	packet, _, err := v4wire.Encode(newKey(a.t), &v4wire.Ping{
		Version:    4,
		From:       v4wire.Endpoint{IP: net.IPv4zero.To4()},
		To:         v4wire.NewEndpoint(a.at, 0),
		Expiration: uint64(time.Now().Add(20 * time.Second).Unix()),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return packet
}

// answers counts what has come, by packets of a kind and by all bytes.
func answers(conns []*net.UDPConn, kind func(packet []byte) bool) (packets, bytes int) {
	var buf [2048]byte
	for _, conn := range conns {
		for {
			conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			n, err := conn.Read(buf[:])
			if err != nil {
				break
			}
			bytes += n
			if kind(buf[:n]) {
				packets++
			}
		}
	}
	return packets, bytes
}

func isPong(packet []byte) bool {
	p, _, _, err := v4wire.Decode(packet)
	return err == nil && p.Kind() == v4wire.PongPacket
}

// answered has somebody from elsewhere get a PONG.
func (a *asked) answered(n int) {
	a.t.Helper()
	conn := a.from(host(1, 100, 1+n))
	a.send(conn, a.ping())
	var buf [2048]byte
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		size, err := conn.Read(buf[:])
		if err != nil {
			a.t.Fatalf("nobody from elsewhere is answered: %v", err)
		}
		if isPong(buf[:size]) {
			return
		}
	}
}

type discoveryCounters struct {
	UDP struct{ Received uint64 }
	V4  struct{ Dropped map[string]uint64 }
}

func (a *asked) counters() discoveryCounters {
	a.t.Helper()
	var c discoveryCounters
	out := must(a.t, program(a.t, "WEFT_BIN"), "admin", "--datadir", a.data, "discovery_counters")
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		a.t.Fatal(err)
	}
	return c
}

// took waits until the node has read that many datagrams.
func (a *asked) took(n uint64) {
	a.t.Helper()
	for begun := time.Now(); a.counters().UDP.Received < n; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			a.t.Fatalf("%d of %d datagrams were read", a.counters().UDP.Received, n)
		}
	}
}

// flood sends so many packets from each, with others from elsewhere being
// answered meanwhile, and takes what came back. in and out are all bytes; of a
// limit by the second, at most `most` of it was due.
func (a *asked) flood(conns []*net.UDPConn, each int, packet func() []byte,
	kind func([]byte) bool) (packets, in, out int, most func(perSecond int) int) {
	a.t.Helper()
	wanted := a.counters().UDP.Received
	begun := time.Now()
	others, waiting := 0, 0
	for range each {
		for _, conn := range conns {
			p := packet()
			a.send(conn, p)
			in += len(p)
			wanted++
			// The kernel has room for some hundred.
			if waiting++; waiting == 100 {
				a.took(wanted)
				a.answered(others)
				others++
				waiting = 0
			}
		}
	}
	a.took(wanted)
	took := time.Since(begun)
	packets, out = answers(conns, kind)
	return packets, in, out, func(perSecond int) int {
		return perSecond * (2 + int(took/time.Second))
	}
}

// One address asks as a thousand nodes. "At most 10 PINGs/s per source IP."
func TestHostileUDPAddress(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	a := newAsked(t)
	pongs, _, _, most := a.flood([]*net.UDPConn{a.from(host(1, 1, 1))}, 1000, a.ping, isPong)
	if pongs > most(10) || pongs < 10 {
		t.Errorf("%d PONGs, and at most %d are due", pongs, most(10))
	}
	if n := a.counters().V4.Dropped["ping-rate"]; n < 500 {
		t.Errorf("%d PINGs were dropped for their rate", n)
	}
	a.p.stop()
}

// The addresses of a /24 ask, a few times each. "And 30 per /24."
func TestHostileUDPNetwork(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	a := newAsked(t)
	var conns []*net.UDPConn
	for i := range 100 {
		conns = append(conns, a.from(host(1, 2, 1+i)))
	}
	pongs, _, _, most := a.flood(conns, 5, a.ping, isPong)
	if pongs > most(30) || pongs < 30 {
		t.Errorf("%d PONGs, and at most %d are due", pongs, most(30))
	}
	a.p.stop()
}

// Whatever cannot be decrypted gets less than it brought, and that only so often.
func TestHostileUDPChallenges(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	a := newAsked(t)
	db, err := enode.OpenDB("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	random := func() []byte {
		key := newKey(t)
		codec := v5wire.NewCodec(enode.NewLocalNode(db, key), key, mclock.System{}, nil)
		packet, _, err := codec.Encode(a.self.ID(), a.at.String(), &v5wire.Ping{ReqID: []byte{1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return packet
	}
	var conns []*net.UDPConn
	for i := range 50 {
		conns = append(conns, a.from(host(1, 3, 1+i)))
	}
	challenges, in, out, most := a.flood(conns, 10, random, func([]byte) bool { return true })
	if out > in {
		t.Errorf("%d bytes brought %d", in, out)
	}
	if challenges > most(90) || challenges < 10 {
		t.Errorf("%d WHOAREYOUs, and at most %d are due", challenges, most(90))
	}
	a.p.stop()
}
