// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"io"
	"math/rand"
	"net"
	"net/netip"
	"sort"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

// As test/bench/bench_lookup.c has it.
const (
	delay    = 25 * time.Millisecond
	results  = 16
	parallel = 4 // lookups, each of a node of its own
)

// network hands datagrams on, a delay later.
type network struct {
	mutex sync.RWMutex
	ends  map[netip.AddrPort]*end
}

type end struct {
	net  *network
	at   netip.AddrPort
	came chan discover.ReadPacket
}

func (n *network) open(i int) *end {
	ip := netip.AddrFrom4([4]byte{20, byte(i >> 8), byte(i), 1})
	e := &end{net: n, at: netip.AddrPortFrom(ip, 30303), came: make(chan discover.ReadPacket, 256)}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.ends[e.at] = e
	return e
}

func (e *end) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	p, ok := <-e.came
	if !ok {
		return 0, netip.AddrPort{}, io.EOF
	}
	return copy(b, p.Data), p.Addr, nil
}

func (e *end) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	e.net.mutex.RLock()
	other := e.net.ends[to]
	e.net.mutex.RUnlock()
	if other != nil {
		p := discover.ReadPacket{Data: append([]byte(nil), b...), Addr: e.at}
		time.AfterFunc(delay, func() {
			select {
			case other.came <- p:
			default: // as a socket whose buffer is full
			}
		})
	}
	return len(b), nil
}

func (e *end) Close() error { return nil }

func (e *end) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(e.at) }

// member is a node of either version.
type member struct {
	self   *enode.Node
	lookup func(key *ecdsa.PublicKey, id enode.ID) []*enode.Node
}

func join(n *network, i int, version string, boot []*enode.Node) member {
	key, err := crypto.GenerateKey()
	must(err)
	db, err := enode.OpenDB("")
	must(err)
	conn := n.open(i)
	self := enode.NewLocalNode(db, key)
	self.SetStaticIP(net.IP(conn.at.Addr().AsSlice()))
	self.SetFallbackUDP(int(conn.at.Port()))
	config := discover.Config{PrivateKey: key, Bootnodes: boot, NoFindnodeLivenessCheck: true}
	if version == "v4" {
		t, err := discover.ListenV4(conn, self, config)
		must(err)
		return member{self.Node(), func(key *ecdsa.PublicKey, _ enode.ID) []*enode.Node {
			return t.LookupPubkey(key)
		}}
	}
	t, err := discover.ListenV5(conn, self, config)
	must(err)
	return member{self.Node(), func(_ *ecdsa.PublicKey, id enode.ID) []*enode.Node {
		return t.Lookup(id)
	}}
}

// isExact tells whether these are the closest there are.
func isExact(all []member, by int, target enode.ID, found []*enode.Node) bool {
	for _, f := range found {
		closer := 0
		for i := range all {
			if i != by && enode.DistCmp(target, all[i].self.ID(), f.ID()) < 0 {
				closer++
			}
		}
		if closer >= results {
			return false
		}
	}
	return len(found) == results
}

func lookups(version string, total, count int, joining, settling time.Duration) {
	n := &network{ends: make(map[netip.AddrPort]*end)}
	var all []member
	var boot []*enode.Node
	for i := 0; i < total; i++ {
		all = append(all, join(n, i, version, boot))
		boot = []*enode.Node{all[0].self}
		time.Sleep(joining / time.Duration(total))
	}
	time.Sleep(settling)
	var mutex sync.Mutex
	var took []float64
	var group sync.WaitGroup
	exact := 0
	for w := 0; w < parallel; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := w; i < count; i += parallel {
				key, err := crypto.GenerateKey()
				must(err)
				target := enode.PubkeyToIDV4(&key.PublicKey)
				by := rand.Intn(total)
				began := time.Now()
				found := all[by].lookup(&key.PublicKey, target)
				ms := float64(time.Since(began).Microseconds()) / 1000
				mutex.Lock()
				took = append(took, ms)
				if isExact(all, by, target, found) {
					exact++
				}
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	sort.Float64s(took)
	print(map[string]any{"p50_ms": took[count/2], "p90_ms": took[count*9/10],
		"exact": float64(exact) / float64(count), "cpu_s": cpu(0)})
}
