// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

// Scenes of many hostile peers around a real node, which has well-behaved peers
// before, while and after: these lose neither the session nor an answer, others
// from elsewhere get in, and the node does not grow.

var (
	foobar1 = p2p.Cap{Name: "foobar", Version: 1}
	sayFoo  = []byte{0xc4, 0x83, 'f', 'o', 'o'}
	sayBar  = []byte{0xc4, 0x83, 'b', 'a', 'r'}
)

// session is one with a node, for many goroutines: it returns its errors.
type session struct {
	*rlpx.Conn
	fd net.Conn
	id string
}

// shield stands between a session and its socket; nil: nothing does.
type shield func(net.Conn) net.Conn

// begin connects from an address and gets as far as the Hellos.
func begin(to *enode.Node, from net.IP, around shield) (*session, error) {
	endpoint, _ := to.TCPEndpoint()
	fd, err := dialFrom(from, endpoint.String())
	if err != nil {
		return nil, err
	}
	if around != nil {
		fd = around(fd)
	}
	key, err := crypto.GenerateKey()
	if err != nil {
		return nil, err
	}
	fd.SetDeadline(time.Now().Add(patience))
	s := &session{rlpx.NewConn(fd, to.Pubkey()), fd,
		enode.PubkeyToIDV4(&key.PublicKey).String()}
	fail := func(what string, err error) (*session, error) {
		fd.Close()
		return nil, fmt.Errorf("from %v: %s: %w", from, what, err)
	}
	if _, err := s.Handshake(key); err != nil {
		return fail("handshake", err)
	}
	b, err := rlp.EncodeToBytes(&hello{Version: 5, Name: "interop/scene",
		Caps: []p2p.Cap{foobar1}, ID: crypto.FromECDSAPub(&key.PublicKey)[1:]})
	if err != nil {
		return fail("Hello", err)
	}
	if _, err := s.Write(codeHello, b); err != nil {
		return fail("Hello", err)
	}
	code, payload, _, err := s.Read()
	if err == nil && code != codeHello {
		err = fmt.Errorf("code %#x with % x", code, payload)
	}
	if err != nil {
		return fail("their Hello", err)
	}
	s.SetSnappy(true)
	fd.SetDeadline(time.Time{})
	return s, nil
}

// roundTrip says foo and waits for bar, as a good peer that answers too.
func (s *session) roundTrip() error {
	s.fd.SetDeadline(time.Now().Add(patience))
	if _, err := s.Write(codeFirst, sayFoo); err != nil {
		return err
	}
	for {
		code, payload, _, err := s.Read()
		switch {
		case err != nil:
			return err
		case code == codePing:
			_, err = s.Write(codePong, []byte{0xc0})
		case code == codeFirst && bytes.Equal(payload, sayFoo):
			_, err = s.Write(codeFirst, sayBar)
		case code == codeFirst && bytes.Equal(payload, sayBar):
			return nil
		default:
			err = fmt.Errorf("code %#x with % x", code, payload)
		}
		if err != nil {
			return err
		}
	}
}

// friend is a good peer that talks all the time.
type friend struct {
	*session
	mu    sync.Mutex
	trips []time.Duration
	err   error
}

func (f *friend) talk(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			f.fd.Close()
			return
		default:
		}
		begun := time.Now()
		err := f.roundTrip()
		f.mu.Lock()
		f.trips = append(f.trips, time.Since(begun))
		f.err = err
		f.mu.Unlock()
		if err != nil {
			return
		}
		time.Sleep(2 * time.Millisecond) // it has more to do than this
	}
}

// scene is a node with friends.
type scene struct {
	t       *testing.T
	p       *process
	to      *enode.Node
	friends []*friend
	talking sync.WaitGroup
	stop    chan struct{}
	memory  int // KiB before the attack
	calm    time.Duration
}

const (
	sceneFriends = 5
	sceneTrips   = 50 // of each friend, before and under attack
	sceneGrowth  = 48 * kib
)

func newScene(t *testing.T, args ...string) *scene {
	t.Helper()
	// Freed memory that a sanitizer keeps to itself would look like ours.
	t.Setenv("ASAN_OPTIONS", os.Getenv("ASAN_OPTIONS")+":quarantine_size_mb=4")
	p, url := weft(t, append([]string{"--listen", host(0, 0, 1).String() + ":0",
		"--plugin", "foobar", "--log-level", "error"}, args...)...)
	s := &scene{t: t, p: p, to: enode.MustParseV4(url), stop: make(chan struct{})}
	for i := range sceneFriends {
		one, err := begin(s.to, host(0, 1, 1+i), nil)
		if err != nil {
			t.Fatal(err)
		}
		f := &friend{session: one}
		s.friends = append(s.friends, f)
		s.talking.Go(func() { f.talk(s.stop) })
	}
	s.calm = s.trips("before the attack")
	s.memory = s.size()
	return s
}

// trips waits until each friend has made its round trips from now on; it gives
// their median.
func (s *scene) trips(when string) time.Duration {
	s.t.Helper()
	var all []time.Duration
	from := make([]int, len(s.friends))
	for i, f := range s.friends {
		f.mu.Lock()
		from[i] = len(f.trips)
		f.mu.Unlock()
	}
	deadline := time.Now().Add(2 * patience)
	for i, f := range s.friends {
		for {
			f.mu.Lock()
			made, err := f.trips[from[i]:], f.err
			f.mu.Unlock()
			if err != nil {
				s.t.Fatalf("%s: a friend's round trip %d: %v", when, len(made), err)
			}
			if len(made) >= sceneTrips {
				all = append(all, made...)
				break
			}
			if time.Now().After(deadline) {
				s.t.Fatalf("%s: a friend made %d round trips", when, len(made))
			}
			time.Sleep(time.Millisecond)
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// size is what of the node lies in memory, in KiB.
func (s *scene) size() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.p.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		s.t.Fatal("the system does not say how large a process is")
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// holds is the middle of every scene: the attack is on.
func (s *scene) holds() {
	s.t.Helper()
	under := s.trips("under attack")
	s.t.Logf("median round trip: %v before, %v under attack; %d and %d KiB",
		s.calm, under, s.memory, s.size())
	// What only a node that hangs would break.
	if limit := 100*s.calm + 2*time.Second; under > limit {
		s.t.Errorf("round trips take %v, and took %v", under, s.calm)
	}
	if grown := s.size() - s.memory; grown > sceneGrowth {
		s.t.Errorf("it grew by %d KiB", grown)
	}
}

// newcomer must get in at its first try, from a network without attackers.
func (s *scene) newcomer(n int) {
	s.t.Helper()
	one, err := begin(s.to, host(0, 10+n, 1), nil)
	if err != nil {
		s.t.Fatalf("a newcomer: %v", err)
	}
	defer one.fd.Close()
	for range 3 {
		if err := one.roundTrip(); err != nil {
			s.t.Fatalf("a newcomer: %v", err)
		}
	}
}

// end is the scene's: the friends are still there, and the node ends well.
func (s *scene) end() {
	s.t.Helper()
	s.trips("after the attack")
	close(s.stop)
	s.talking.Wait()
	for _, f := range s.friends {
		s.p.await("peer_dropped", is("id", f.id))
	}
	s.p.stop()
}

// crowd does something at many places at once and keeps what it opened.
type crowd struct {
	mu   sync.Mutex
	open []net.Conn
}

func (c *crowd) keep(fd net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = append(c.open, fd)
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fd := range c.open {
		fd.Close()
	}
}

// half is what an attacker says of a handshake: nothing, or the beginning of
// an auth packet with a size that is right.
func half(i int) []byte {
	if i%2 == 0 {
		return nil
	}
	packet := make([]byte, 200)
	rand.Read(packet)
	copy(packet, []byte{0x01, 0x90, 0x04})
	return packet
}

// 500 that begin a handshake and leave it there, from as many places as there
// are slots in all, so that these are taken: whoever is in stays in, and when
// the handshakes' time is up others get in.
func TestHostileHalfHandshakes(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	s := newScene(t)
	var attackers crowd
	defer attackers.leave()
	endpoint, _ := s.to.TCPEndpoint()
	for i := range 500 {
		fd, err := dialFrom(host(1, i/10, 1+i%10), endpoint.String())
		if err != nil {
			t.Fatal(err)
		}
		attackers.keep(fd)
		fd.Write(half(i)) // it may be closed already
	}
	s.holds()
	var err error
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(100 * time.Millisecond) {
		var one *session
		if one, err = begin(s.to, host(0, 10, 1), nil); err == nil {
			err = one.roundTrip()
			one.fd.Close()
			break
		}
	}
	if err != nil {
		t.Fatalf("a newcomer: %v", err)
	}
	s.holds()
	s.end()
}

// A /24 takes as many handshakes as it can, again and again, and gets a quarter
// of the slots. Everybody else gets in at once.
func TestHostileSubnet(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	s := newScene(t)
	endpoint, _ := s.to.TCPEndpoint()
	var attackers crowd
	var coming sync.WaitGroup
	var tries atomic.Int64
	stop := make(chan struct{})
	for i := range 250 {
		coming.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				fd, err := dialFrom(host(1, 7, 1+i), endpoint.String())
				if err != nil {
					continue
				}
				tries.Add(1)
				attackers.keep(fd)
				fd.Write(half(i))
				io.Copy(io.Discard, fd) // until it is closed
				fd.Close()
			}
		})
	}
	defer coming.Wait()
	defer attackers.leave()
	defer close(stop)
	for begun := time.Now(); tries.Load() < 1000; time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("%d tries", tries.Load())
		}
	}
	for i := range 20 {
		s.newcomer(i)
	}
	s.holds()
	s.end()
}

// drip is a socket whose bytes go out one a second once it drips.
type drip struct {
	net.Conn
	drips bool
	quick int // bytes that still pass at once
	stop  <-chan struct{}
}

func (d *drip) Write(b []byte) (int, error) {
	quick := len(b)
	if d.drips {
		quick = min(quick, d.quick)
		d.quick -= quick
	}
	n, err := d.Conn.Write(b[:quick])
	for ; err == nil && n < len(b); n++ {
		select {
		case <-time.After(time.Second):
			_, err = d.Conn.Write(b[n : n+1])
		case <-d.stop:
			return n, net.ErrClosed
		}
	}
	return n, err
}

// 100 that send a byte a second: a third of them from the handshake's first byte
// on, a third from a frame's header on, a third from its body on. They are gone
// when their time is up, and nobody waits for them.
func TestHostileDribblers(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	s := newScene(t, "--max-peers", "200")
	stop := make(chan struct{})
	var dripping sync.WaitGroup
	var ended atomic.Int64
	var attackers crowd
	dribble := func(i int, d *drip, then func(*session, error)) {
		one, err := begin(s.to, host(1, i, 1), func(fd net.Conn) net.Conn {
			d.Conn = fd
			attackers.keep(fd)
			return d
		})
		then(one, err)
	}
	for i := range 66 {
		d := &drip{stop: stop}
		dribble(i, d, func(one *session, err error) {
			if err != nil {
				t.Fatal(err)
			}
			d.drips = true
			if i%2 == 0 {
				d.quick = 32 // a frame's header with its MAC
			}
			dripping.Go(func() { one.Write(codeFirst, random(t, 1000)) })
			dripping.Go(func() {
				io.Copy(io.Discard, d.Conn)
				d.Conn.Close()
				ended.Add(1)
			})
		})
	}
	for i := range 34 {
		dripping.Go(func() {
			d := &drip{stop: stop, drips: true}
			dribble(66+i, d, func(_ *session, err error) {
				if err == nil {
					t.Error("a handshake that dripped was waited for")
				}
				ended.Add(1)
			})
		})
	}
	defer dripping.Wait()
	defer attackers.leave()
	defer close(stop)
	for i := range 5 {
		s.newcomer(i)
	}
	s.holds()
	for begun := time.Now(); ended.Load() < 100; time.Sleep(10 * time.Millisecond) {
		// Sooner than a header is through that way, and its body begun.
		if time.Since(begun) > 40*time.Second {
			t.Fatalf("%d of 100 were ended", ended.Load())
		}
	}
	s.holds()
	s.end()
}

// 100 with sessions send Pings without end; half of them read no answer.
func TestHostilePings(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	s := newScene(t, "--max-peers", "200")
	var flooding sync.WaitGroup
	var sent atomic.Int64
	var attackers crowd
	var flooders []*session
	for i := range 100 {
		one, err := begin(s.to, host(1, i, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		attackers.keep(one.fd)
		// The system would take millions of Pings before it held one up.
		one.fd.(*net.TCPConn).SetWriteBuffer(16 * kib)
		one.fd.(*net.TCPConn).SetReadBuffer(4 * kib)
		flooders = append(flooders, one)
	}
	for i, one := range flooders {
		// Those who read would keep this process busy, whose friends are to
		// be heard: they come in waves. Who does not read is soon held up.
		reads := i%2 == 0
		if reads {
			flooding.Go(func() { io.Copy(io.Discard, one.fd) })
		}
		flooding.Go(func() {
			for n := 1; ; n++ {
				if _, err := one.Write(codePing, []byte{0xc0}); err != nil {
					return
				}
				sent.Add(1)
				if reads && n%20 == 0 {
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	defer flooding.Wait()
	defer attackers.leave()
	s.newcomer(0)
	s.newcomer(1)
	s.holds()
	t.Logf("%d Pings were sent", sent.Load())
	if sent.Load() < 10000 {
		t.Errorf("only %d Pings were sent", sent.Load())
	}
	attackers.leave()
	s.end()
}
