// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"crypto/ecdsa"
	"net"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

// Codes of the base protocol.
const (
	codeHello      = 0
	codeDisconnect = 1
	codePing       = 2
	codePong       = 3
	codeFirst      = 16 // the first that a sub-protocol may have
)

// hello is what the devp2p suite decodes strictly.
type hello struct {
	Version    uint64
	Name       string
	Caps       []p2p.Cap
	ListenPort uint64
	ID         []byte
	Rest       []rlp.RawValue `rlp:"tail"`
}

// raw is a connection of go-ethereum's p2p/rlpx without a server around it.
type raw struct {
	*rlpx.Conn
	t   *testing.T
	fd  net.Conn
	key *ecdsa.PrivateKey
}

func newRaw(t *testing.T, fd net.Conn, key *ecdsa.PrivateKey, dest *ecdsa.PublicKey) *raw {
	t.Helper()
	t.Cleanup(func() { fd.Close() })
	fd.SetDeadline(time.Now().Add(patience))
	c := &raw{Conn: rlpx.NewConn(fd, dest), t: t, fd: fd, key: key}
	if _, err := c.Handshake(key); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return c
}

// dialRaw connects to one of ours and does the handshake.
func dialRaw(t *testing.T, url string, key *ecdsa.PrivateKey) *raw {
	t.Helper()
	n, err := enode.ParseV4(url)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, ok := n.TCPEndpoint()
	if !ok {
		t.Fatalf("%s has no TCP endpoint", url)
	}
	fd, err := net.Dial("tcp", endpoint.String())
	if err != nil {
		t.Fatal(err)
	}
	return newRaw(t, fd, key, n.Pubkey())
}

// listener is where one of ours can dial a raw connection.
type listener struct {
	net.Listener
	t   *testing.T
	key *ecdsa.PrivateKey
	url string
}

func listen(t *testing.T) *listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	key := newKey(t)
	at := l.Addr().(*net.TCPAddr)
	url := enode.NewV4(&key.PublicKey, at.IP, at.Port, at.Port).URLv4()
	return &listener{l, t, key, url}
}

func (l *listener) accept() *raw {
	l.t.Helper()
	l.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	fd, err := l.Listener.Accept()
	if err != nil {
		l.t.Fatal(err)
	}
	return newRaw(l.t, fd, l.key, nil)
}

func (c *raw) publicKey() []byte {
	return crypto.FromECDSAPub(&c.key.PublicKey)[1:]
}

func (c *raw) id() string {
	return enode.PubkeyToIDV4(&c.key.PublicKey).String()
}

func (c *raw) send(code uint64, payload []byte) {
	c.t.Helper()
	if _, err := c.Write(code, payload); err != nil {
		c.t.Fatalf("write of code %#x: %v", code, err)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := rlp.EncodeToBytes(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c *raw) sendHello(version uint64, caps ...p2p.Cap) {
	c.t.Helper()
	c.send(codeHello, encode(c.t, &hello{
		Version: version, Name: "interop/raw", Caps: caps, ID: c.publicKey()}))
}

// readHello reads their first message and decodes it as strictly as the devp2p
// suite does.
func (c *raw) readHello() *hello {
	c.t.Helper()
	code, payload, _, err := c.Read()
	if err != nil {
		c.t.Fatalf("read of Hello: %v", err)
	}
	if code != codeHello {
		c.t.Fatalf("code %#x with % x instead of Hello", code, payload)
	}
	h := new(hello)
	if err := rlp.DecodeBytes(payload, h); err != nil {
		c.t.Fatalf("Hello does not decode: %v", err)
	}
	return h
}

// join exchanges Hellos; snappy is on afterwards from version 5 up.
func (c *raw) join(version uint64, caps ...p2p.Cap) *hello {
	c.t.Helper()
	c.sendHello(version, caps...)
	h := c.readHello()
	c.SetSnappy(version >= 5 && h.Version >= 5)
	return h
}

// next reads up to a message that is no Ping, which is answered.
func (c *raw) next() (uint64, []byte, error) {
	for {
		code, payload, _, err := c.Read()
		if err != nil || code != codePing {
			return code, payload, err
		}
		if _, err := c.Write(codePong, []byte{0xc0}); err != nil {
			return 0, nil, err
		}
	}
}

// expect reads a message, which must be that one.
func (c *raw) expect(code uint64, payload []byte) {
	c.t.Helper()
	gotCode, got, err := c.next()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	if gotCode != code || !bytes.Equal(got, payload) {
		c.t.Fatalf("code %#x with %s; want %#x with %s", gotCode, short(got), code, short(payload))
	}
}

// short is for messages: the beginning of a payload.
func short(b []byte) string {
	if len(b) <= 32 {
		return hexText(b)
	}
	return hexText(b[:32]) + "..."
}

// expectDisconnect reads a Disconnect with that reason in list form and the end
// of the stream behind it, and closes, as a peer that has been told so does.
func (c *raw) expectDisconnect(reason p2p.DiscReason) {
	c.t.Helper()
	c.expect(codeDisconnect, encode(c.t, []any{reason}))
	c.expectEnd()
}

// expectEnd reads an end of the stream, before the deadline, and closes.
func (c *raw) expectEnd() {
	c.t.Helper()
	code, payload, err := c.next()
	if err == nil {
		c.t.Fatalf("code %#x with %s; want the end", code, short(payload))
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		c.t.Fatal("the connection is still open")
	}
	c.fd.Close()
}

// leave sends a Disconnect and expects the same reason back.
func (c *raw) leave(payload []byte, reason p2p.DiscReason) {
	c.t.Helper()
	c.send(codeDisconnect, payload)
	if reason == p2p.DiscNetworkError {
		c.expectEnd() // "never on the wire"
	} else {
		c.expectDisconnect(reason)
	}
}

// echo proves that the session is up and probe's codes begin at offset.
func (c *raw) echo(offset uint64, payload []byte) {
	c.t.Helper()
	c.send(offset+probeEcho, payload)
	c.expect(offset+probeEchoed, payload)
}
