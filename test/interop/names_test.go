// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a DNS server with TXT records, by UDP and, for what is over 512
// bytes, by TCP.
type names struct {
	addr string

	mu    sync.Mutex
	texts map[string]string // by name in small letters, without a dot at the end
	byTCP int
}

// listenBoth opens one port for both. Where the system picks one that UDP has
// free, somebody may have it for TCP: then it picks another.
func listenBoth(t *testing.T, addr string) (net.PacketConn, net.Listener) {
	t.Helper()
	for tries := 20; ; tries-- {
		udp, err := net.ListenPacket("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp
		}
		udp.Close()
		if tries == 1 {
			t.Fatal(err)
		}
	}
}

// serveNames is one at the address until the test ends.
func serveNames(t *testing.T, addr string) *names {
	t.Helper()
	udp, tcp := listenBoth(t, addr)
	n := &names{addr: udp.LocalAddr().String(), texts: map[string]string{}}
	t.Cleanup(func() { udp.Close(); tcp.Close() })
	go n.serveUDP(udp)
	go n.serveTCP(tcp)
	return n
}

// put has these names served instead of all others.
func (n *names) put(texts map[string]string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.texts)
	for name, text := range texts {
		n.texts[strings.ToLower(name)] = text
	}
}

func (n *names) serveUDP(conn net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		size, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := n.answer(buf[:size], 512); answer != nil {
			conn.WriteTo(answer, from)
		}
	}
}

func (n *names) serveTCP(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go n.servePeer(conn)
	}
}

func (n *names) servePeer(conn net.Conn) {
	defer conn.Close()
	for {
		var size uint16
		if binary.Read(conn, binary.BigEndian, &size) != nil {
			return
		}
		query := make([]byte, size)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		n.mu.Lock()
		n.byTCP++
		n.mu.Unlock()
		answer := n.answer(query, 65535)
		if answer == nil || binary.Write(conn, binary.BigEndian, uint16(len(answer))) != nil {
			return
		}
		conn.Write(answer)
	}
}

// answer is nil for what is no query.
func (n *names) answer(query []byte, most int) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true, RecursionDesired: true},
		Questions: []dnsmessage.Question{q},
	}
	n.mu.Lock()
	text, found := n.texts[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	n.mu.Unlock()
	if !found {
		m.RCode = dnsmessage.RCodeNameError
	} else if q.Type == dnsmessage.TypeTXT {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.TXTResource{TXT: stringsOf(text)},
		}}
	}
	packed, err := m.Pack()
	if err == nil && len(packed) > most {
		m.Truncated, m.Answers = true, nil
		packed, err = m.Pack()
	}
	if err != nil {
		return nil
	}
	return packed
}

// stringsOf cuts a text as the DNS wants it.
func stringsOf(text string) []string {
	out := []string{}
	for len(text) > 255 {
		out = append(out, text[:255])
		text = text[255:]
	}
	return append(out, text)
}
