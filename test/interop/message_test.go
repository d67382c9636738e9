// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/rlp"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

func random(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// Messages of every size arrive whole, both ways, whoever dialed.
func TestMessageSizes(t *testing.T) {
	sizes := []int{0, 1, 15, 16, 17, 100 * kib, 15 * mib}
	bothDirections(t, func(t *testing.T, d direction) {
		var payloads [][]byte
		for _, n := range sizes {
			payloads = append(payloads, random(t, n))
		}
		payloads = append(payloads, make([]byte, 15*mib)) // snappy's best
		h, offered := newProtocol(t, "probe", 2, probe2Codes,
			func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
				for _, b := range payloads {
					if err := exchange(rw, probeEcho, b, probeEchoed, b); err != nil {
						return fmt.Errorf("echo of %d bytes: %w", len(b), err)
					}
				}
				for _, n := range sizes {
					ask, err := rlp.EncodeToBytes([]uint64{uint64(n)})
					if err != nil {
						return err
					}
					if err := exchange(rw, probeMake, ask, probeMade, made(n)); err != nil {
						return fmt.Errorf("%d bytes made: %w", n, err)
					}
				}
				return nil
			})
		s := newServer(t, 10, offered)
		p := connectNode(t, d, s)

		h.finished()
		for _, b := range payloads {
			p.await("message", is("protocol", "probe/2"), isNumber("code", probeEcho),
				isNumber("size", len(b)), is("sha256", hash(b)))
		}
		p.stop()
		if got := s.dropped(); got != p2p.DiscQuitting.Error() {
			t.Errorf("go-ethereum saw %q", got)
		}
	})
}

// Many messages under way at once come back in order.
func TestMessagePipeline(t *testing.T) {
	const count = 2000
	bothDirections(t, func(t *testing.T, d direction) {
		h, offered := newProtocol(t, "probe", 1, probe1Codes,
			func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
				wrote := make(chan error, 1)
				go func() {
					for i := 0; i < count; i++ {
						if err := write(rw, probeEcho, made(i)); err != nil {
							wrote <- err
							return
						}
					}
					wrote <- nil
				}()
				for i := 0; i < count; i++ {
					if err := read(rw, probeEchoed, made(i)); err != nil {
						return fmt.Errorf("answer %d: %w", i, err)
					}
				}
				return <-wrote
			})
		s := newServer(t, 10, offered)
		p := connectNode(t, d, s)
		h.finished()
		p.stop()
	})
}
