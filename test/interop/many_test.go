// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/ecdsa"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

const (
	manyConnections = 1000
	manyAtOnce      = 8
)

// once connects, does the handshake, exchanges Hellos and closes. It is called
// from many goroutines, so it returns its error.
func once(to *enode.Node, key *ecdsa.PrivateKey) error {
	fd, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to.TCP()))
	if err != nil {
		return err
	}
	defer fd.Close()
	fd.SetDeadline(time.Now().Add(patience))
	c := rlpx.NewConn(fd, to.Pubkey())
	if _, err := c.Handshake(key); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	b, err := rlp.EncodeToBytes(&hello{Version: 5, Name: "interop/many",
		Caps: []p2p.Cap{probe1}, ID: crypto.FromECDSAPub(&key.PublicKey)[1:]})
	if err != nil {
		return err
	}
	if _, err := c.Write(codeHello, b); err != nil {
		return err
	}
	code, payload, _, err := c.Read()
	if err != nil {
		return fmt.Errorf("read of Hello: %w", err)
	}
	var h hello
	if code != codeHello {
		return fmt.Errorf("code %#x with % x instead of Hello", code, payload)
	}
	return rlp.DecodeBytes(payload, &h)
}

// A thousand strangers, each under a key of its own, connect to us.
func TestManyInbound(t *testing.T) {
	p, url := node(t)
	to := enode.MustParseV4(url)
	keys := make(chan *ecdsa.PrivateKey)
	faults := make(chan error, manyConnections)
	ids := make([]string, 0, manyConnections)
	var workers sync.WaitGroup
	for range manyAtOnce {
		workers.Go(func() {
			for key := range keys {
				if err := once(to, key); err != nil {
					faults <- err
				}
			}
		})
	}
	for range manyConnections {
		key := newKey(t)
		ids = append(ids, enode.PubkeyToIDV4(&key.PublicKey).String())
		keys <- key
	}
	close(keys)
	workers.Wait()
	close(faults)
	for err := range faults {
		t.Error(err)
	}
	if t.Failed() {
		return
	}

	for _, id := range ids {
		p.await("peer_added", is("id", id))
		p.await("peer_dropped", is("id", id))
	}
	p.stop()
	sums := p.await("stopping")
	for _, name := range []string{"accepted", "sessions"} {
		if got := sums.number(name); got != manyConnections {
			t.Errorf("%s: %d, want %d", name, got, manyConnections)
		}
	}
}

// We connect a thousand times to go-ethereum, each time under a new key.
func TestManyOutbound(t *testing.T) {
	var mu sync.Mutex
	seen := map[enode.ID]bool{}
	s := newServer(t, 100, p2p.Protocol{
		Name: "foobar", Version: 1, Length: 1,
		Run: func(peer *p2p.Peer, rw p2p.MsgReadWriter) error {
			mu.Lock()
			seen[peer.ID()] = true
			mu.Unlock()
			return idle(rw)
		},
	})
	p := start(t, program(t, "INTEROP_DIALER"), s.url(),
		strconv.Itoa(manyConnections), strconv.Itoa(manyAtOnce))
	sums := p.await("done")
	if sums.number("succeeded") != manyConnections || sums.number("failed") != 0 {
		t.Errorf("%v", sums)
	}
	p.wait()
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != manyConnections {
		t.Errorf("go-ethereum saw %d peers", len(seen))
	}
}
