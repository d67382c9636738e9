// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run gives what a program printed on both outputs, and how it ended.
func run(t *testing.T, path string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(out), err
}

// go-ethereum's own tool reads our Hello, without ever sending one.
func TestDevp2pPing(t *testing.T) {
	p, url := weft(t, "--name", "weft-under-test")
	out, err := run(t, program(t, "DEVP2P_BIN"), "rlpx", "ping", url)
	if err != nil {
		t.Fatalf("devp2p rlpx ping: %v\n%s", err, out)
	}
	for _, want := range []string{"Version:5", "Name:weft-under-test", "Caps:[foobar/1]", "ListenPort:0"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
	p.stop()
}

// Our tool pings a go-ethereum server.
func TestWeftPing(t *testing.T) {
	h, offered := newProtocol(t, "foobar", 1, 1, noTalk)
	s := newServer(t, 10, offered)
	out, err := run(t, program(t, "WEFT_BIN"), "ping", s.url())
	if err != nil {
		t.Fatalf("weft ping: %v\n%s", err, out)
	}
	for _, want := range []string{"interop/go", "foobar/1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
	h.finished()
	if got := s.dropped(); got != "disconnect requested" {
		t.Errorf("go-ethereum saw %q", got)
	}
}

// Where nobody listens, and where another answers, it says so and fails.
func TestWeftPingFails(t *testing.T) {
	l := listen(t)
	url := l.url
	l.Close()
	out, err := run(t, program(t, "WEFT_BIN"), "ping", url)
	if err == nil || !strings.Contains(out, "refused") {
		t.Errorf("closed port: %v\n%s", err, out)
	}

	_, offered := newProtocol(t, "foobar", 1, 1, noTalk)
	s := newServer(t, 10, offered)
	at := s.url()[strings.Index(s.url(), "@"):]
	other := l.url[:strings.Index(l.url, "@")]
	if out, err := run(t, program(t, "WEFT_BIN"), "ping", other+at); err == nil {
		t.Errorf("another's key was accepted:\n%s", out)
	}
}

// MaliciousHandshake of the devp2p command's own suite; it needs the chain and
// the flags of the whole suite to start, and contacts neither.
func TestDevp2pSuite(t *testing.T) {
	p, url := node(t)
	dir, err := run(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/ethereum/go-ethereum")
	if err != nil {
		t.Fatalf("%v\n%s", err, dir)
	}
	out, err := run(t, program(t, "DEVP2P_BIN"), "rlpx", "eth-test",
		"--run", "^MaliciousHandshake$", "--node", url,
		"--chain", filepath.Join(strings.TrimSpace(dir), "cmd/devp2p/internal/ethtest/testdata"),
		"--engineapi", "http://127.0.0.1:1", "--jwtsecret", strings.Repeat("0", 64))
	if err != nil || !strings.Contains(out, "1/1 tests passed.") {
		t.Errorf("%v\n%s", err, out)
	}
	dialRaw(t, url, newKey(t)).readHello() // still there
	p.stop()
}
