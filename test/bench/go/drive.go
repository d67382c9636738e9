// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

// session gives a session of bench/1 with the node.
func session(node *enode.Node) p2p.MsgReadWriter {
	ready := make(chan p2p.MsgReadWriter)
	s := start(p2p.Config{Protocols: []p2p.Protocol{{
		Name: "bench", Version: 1, Length: codes,
		Run: func(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
			ready <- rw
			select {}
		},
	}}})
	s.AddPeer(node)
	return <-ready
}

func expect(rw p2p.MsgReadWriter, code uint64) {
	m, err := rw.ReadMsg()
	must(err)
	if m.Code != code {
		must(fmt.Errorf("message with code %d", m.Code))
	}
	must(m.Discard())
}

func write(out map[string]any, node *enode.Node, size int, span time.Duration) {
	rw := session(node)
	payload := make([]byte, size)
	rand.Read(payload)
	batch := 1 + 65536/(size+1)
	n := 0
	c := begin()
	for time.Since(c.began) < span {
		for i := 0; i < batch; i++ {
			must(rw.WriteMsg(p2p.Msg{Code: codeData, Size: uint32(size), Payload: bytes.NewReader(payload)}))
		}
		n += batch
	}
	must(p2p.SendItems(rw, codeEnd))
	expect(rw, codeEnded)
	c.end(out, n)
	out["mb_per_second"] = out["per_second"].(float64) * float64(size) / 1e6
}

func hearBar(rw p2p.MsgReadWriter) {
	m, err := rw.ReadMsg()
	must(err)
	var words []string
	must(m.Decode(&words))
	if len(words) != 1 || words[0] != "bar" {
		must(fmt.Errorf("heard %q", words))
	}
}

// talk with a writer and a reader side by side, as goroutines have it.
func talk(out map[string]any, node *enode.Node, outstanding int, span time.Duration) {
	rw := session(node)
	c := begin()
	n := 0
	if outstanding == 1 {
		for ; time.Since(c.began) < span; n++ {
			must(p2p.SendItems(rw, codeWord, "foo"))
			hearBar(rw)
		}
		c.end(out, n)
		return
	}
	under := make(chan struct{}, outstanding)
	go func() {
		for time.Since(c.began) < span {
			under <- struct{}{}
			must(p2p.SendItems(rw, codeWord, "foo"))
		}
		close(under)
	}()
	for range under {
		hearBar(rw)
		n++
	}
	c.end(out, n)
}
