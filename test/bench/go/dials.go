// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

// Codes of the base protocol.
const (
	baseHello = iota
	baseDisconnect
	basePing
	basePong
)

type hello struct {
	Version    uint64
	Name       string
	Caps       []p2p.Cap
	ListenPort uint64
	ID         []byte
}

func newKeys(n int) []*ecdsa.PrivateKey {
	keys := make([]*ecdsa.PrivateKey, n)
	for i := range keys {
		var err error
		keys[i], err = crypto.GenerateKey()
		must(err)
	}
	return keys
}

// connect as far as both Hellos.
func connect(node *enode.Node, key *ecdsa.PrivateKey, offer string) *rlpx.Conn {
	fd, err := net.Dial("tcp", fmt.Sprintf("%v:%d", node.IPAddr(), node.TCP()))
	must(err)
	c := rlpx.NewConn(fd, node.Pubkey())
	_, err = c.Handshake(key)
	must(err)
	ours, err := rlp.EncodeToBytes(&hello{
		Version: 5, Name: "gobench", Caps: []p2p.Cap{{Name: offer, Version: 1}},
		ID: crypto.FromECDSAPub(&key.PublicKey)[1:],
	})
	must(err)
	_, err = c.Write(baseHello, ours)
	must(err)
	code, _, _, err := c.Read()
	must(err)
	if code != baseHello {
		must(fmt.Errorf("the first message has code %d", code))
	}
	return c
}

func connectMany(out map[string]any, node *enode.Node, parallel, total int) {
	keys := newKeys(total)
	var all sync.WaitGroup
	c := begin()
	for p := 0; p < parallel; p++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := p; i < total; i += parallel {
				connect(node, keys[i], "bench").Close()
			}
		}()
	}
	all.Wait()
	c.end(out, total)
}

// answerPings until the connection ends.
func answerPings(c *rlpx.Conn, up *atomic.Int64) {
	defer up.Add(-1)
	for {
		code, _, _, err := c.Read()
		if err != nil || code == baseDisconnect {
			return
		}
		if code == basePing {
			if _, err = c.Write(basePong, []byte{0xc0}); err != nil {
				return
			}
		}
	}
}

func idle(out map[string]any, node *enode.Node, offer string, total int, span time.Duration) {
	keys := newKeys(total)
	var up atomic.Int64
	empty := memory(*peerPID)
	for i := range keys {
		c := connect(node, keys[i], offer)
		c.SetSnappy(true)
		up.Add(1)
		go answerPings(c, &up)
	}
	time.Sleep(time.Second)
	full := memory(*peerPID)
	c := begin()
	time.Sleep(span)
	held := int(up.Load())
	c.end(out, held)
	delete(out, "per_second")
	delete(out, "own_cpu_us")
	out["peer_cpu_us"] = out["peer_cpu_us"].(float64) / c.seconds
	kibEach(out, "kib_per_peer", full.resident-empty.resident, held)
	kibEach(out, "private_kib_per_peer", full.privateDirty-empty.privateDirty, held)
	if *peerPID != 0 && isGo(*peerPID) {
		collected := collect(*peerPID)
		kibEach(out, "collected_kib_per_peer", collected.resident-empty.resident, held)
		kibEach(out, "collected_private_kib_per_peer", collected.privateDirty-empty.privateDirty, held)
	}
	out["held"] = held
}

func kibEach(out map[string]any, name string, kib, held int) {
	if held > 0 {
		out[name] = float64(kib) / float64(held)
	}
}
