// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

const others = 3 // nodes that are to be found, beside the first

// finder is go-ethereum's discovery of either version.
type finder interface {
	Self() *enode.Node
	Close()
}

// listenDiscovery is one at a loopback address that knows the boot nodes.
func listenDiscovery(t *testing.T, version string, boot ...*enode.Node) finder {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	db, err := enode.OpenDB("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ln := enode.NewLocalNode(db, key)
	ln.SetStaticIP(net.IPv4(127, 0, 0, 1))
	ln.SetFallbackUDP(conn.LocalAddr().(*net.UDPAddr).Port)
	config := discover.Config{PrivateKey: key, Bootnodes: boot}
	var f finder
	if version == "v4" {
		f, err = discover.ListenV4(conn, ln, config)
	} else {
		f, err = discover.ListenV5(conn, ln, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// place is how to name a node so that our tool takes that version.
func place(n *enode.Node, version string) string {
	if version == "v4" {
		return n.URLv4()
	}
	return n.String()
}

// network is one of go-ethereum's nodes, the first known to the others.
type network struct {
	first finder
	nodes []*enode.Node
}

func theirs(t *testing.T, version string) *network {
	n := &network{first: listenDiscovery(t, version)}
	n.nodes = []*enode.Node{n.first.Self()}
	for range others {
		n.nodes = append(n.nodes, listenDiscovery(t, version, n.nodes[0]).Self())
	}
	n.introduce()
	return n
}

// introduce tells the first of the others. By v5 a node takes those that come
// only once it has looked for others, which without any takes seconds; and it
// forgets one whose first answer is late, for good if that has come already.
func (n *network) introduce() {
	if v5, ok := n.first.(*discover.UDPv5); ok {
		for _, other := range n.nodes[1:] {
			v5.AddKnownNode(other)
		}
	}
}

// ours is a network of our nodes, which speak both versions.
func ours(t *testing.T) []*enode.Node {
	_, first := seeker(t, "--discovery", "v4,v5")
	nodes := []*enode.Node{parseRecord(t, first.text("enr"))}
	for range others {
		_, other := seeker(t, "--bootnode", first.text("enr"))
		nodes = append(nodes, parseRecord(t, other.text("enr")))
	}
	return nodes
}

type nodeSet map[string]struct {
	Seq    uint64
	Record string
	Score  int
}

func readSet(t *testing.T, path string) nodeSet {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var set nodeSet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return set
}

func (set nodeSet) has(nodes []*enode.Node) bool {
	for _, n := range nodes {
		if set[n.ID().String()].Score < 1 {
			return false
		}
	}
	return true
}

// crawlUntil repeats a crawl until the file has all the nodes.
func crawlUntil(t *testing.T, path string, nodes []*enode.Node, crawl func()) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for crawl(); !readSet(t, path).has(nodes); crawl() {
		if time.Now().After(deadline) {
			t.Fatalf("after all, there is only %v", readSet(t, path))
		}
	}
}

// sameSets has both tools read a file, and filter it in every way that both
// know; what they print is the same, byte for byte.
func sameSets(t *testing.T, path string) {
	t.Helper()
	weft, devp2p := program(t, "WEFT_BIN"), program(t, "DEVP2P_BIN")
	count := must(t, devp2p, "nodeset", "info", path)
	var info struct{ Count int }
	if err := json.Unmarshal([]byte(must(t, weft, "discover", "nodes", "info", "--json", path)), &info); err != nil {
		t.Fatal(err)
	}
	if want := len(readSet(t, path)); info.Count != want {
		t.Errorf("%d nodes instead of %d", info.Count, want)
	}
	if !strings.HasPrefix(count, "Set contains") {
		t.Errorf("devp2p: %s", count)
	}
	for _, filter := range []string{"", "-limit 100", "-limit 0", "-ip 127.0.0.0/8", "-ip 10.0.0.0/8", "-dialable", "-min-age 0s", "-min-age 1h"} {
		args := strings.Fields(filter)
		theirs := must(t, devp2p, append([]string{"nodeset", "filter", path}, args...)...)
		if len(args) > 0 {
			args[0] = "-" + args[0]
		}
		ours := must(t, weft, append([]string{"discover", "nodes", "filter", path}, args...)...)
		if ours != theirs {
			t.Errorf("%s: %s\ngo-ethereum: %s", filter, ours, theirs)
		}
	}
}

// eachVersion runs a test for v4 and v5.
func eachVersion(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range []string{"v4", "v5"} {
		t.Run(version, func(t *testing.T) { test(t, version) })
	}
}

// TestCrawlByTheirs has go-ethereum's tool crawl a network of ours, and ours go
// on with the file.
func TestCrawlByTheirs(t *testing.T) {
	t.Parallel()
	nodes := ours(t)
	eachVersion(t, func(t *testing.T, version string) {
		path := filepath.Join(t.TempDir(), "nodes.json")
		crawlUntil(t, path, nodes, func() {
			must(t, program(t, "DEVP2P_BIN"), "disc"+version, "crawl", "-addr", "127.0.0.1:0",
				"-bootnodes", nodes[0].String(), "-timeout", "3s", path)
		})
		sameSets(t, path)
		before := len(readSet(t, path))
		out := must(t, program(t, "WEFT_BIN"), "discover", "crawl", path, "--"+version, "--duration", "1s", "--json")
		if after := readSet(t, path); !after.has(nodes) || len(after) < before {
			t.Errorf("%v\n%s", after, out)
		}
	})
}

// TestCrawlByOurs has our tool crawl a network of go-ethereum's nodes, and its
// tool go on with the file.
func TestCrawlByOurs(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, version string) {
		network := theirs(t, version)
		nodes := network.nodes
		path := filepath.Join(t.TempDir(), "nodes.json")
		crawlUntil(t, path, nodes, func() {
			network.introduce()
			must(t, program(t, "WEFT_BIN"), "discover", "crawl", path, "--duration", "3s",
				"--bootnode", place(nodes[0], version))
		})
		for _, n := range nodes {
			if record := readSet(t, path)[n.ID().String()].Record; record != n.String() {
				t.Errorf("%s instead of %s", record, n)
			}
		}
		sameSets(t, path)
		must(t, program(t, "DEVP2P_BIN"), "disc"+version, "crawl", "-addr", "127.0.0.1:0",
			"-bootnodes", nodes[0].String(), "-timeout", "1s", path)
		if after := readSet(t, path); !after.has(nodes) {
			t.Errorf("go-ethereum left %v", after)
		}
		sameSets(t, path)
	})
}

// TestDiscoverAsks has our tool ask nodes of go-ethereum.
func TestDiscoverAsks(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, version string) {
		network := theirs(t, version)
		weft := program(t, "WEFT_BIN")
		n, boot := network.nodes[others], place(network.nodes[0], version)
		if out := must(t, weft, "discover", "ping", place(n, version)); !strings.Contains(out, version) {
			t.Errorf("ping: %s", out)
		}
		record := func(args ...string) string {
			t.Helper()
			var got struct{ Enr string }
			if err := json.Unmarshal([]byte(must(t, weft, append(args, "--json", "--"+version)...)), &got); err != nil {
				t.Fatal(err)
			}
			return got.Enr
		}
		if got := record("discover", "requestenr", place(n, version)); got != n.String() {
			t.Errorf("requestenr: %s instead of %s", got, n)
		} else {
			agree(t, got)
		}
		if got := record("discover", "resolve", place(n, version)); got != n.String() {
			t.Errorf("resolve: %s instead of %s", got, n)
		}
		lookedUp(t, version, boot, n, network.introduce)
		// Nobody needs an address for what the others know.
		key, _, _ := strings.Cut(n.URLv4(), "@")
		if got := record("discover", "resolve", key, "--bootnode", boot); got != n.String() {
			t.Errorf("resolve by others: %s instead of %s", got, n)
		}
	})
}

// lookedUp repeats a lookup for a node until that is the first of its results.
func lookedUp(t *testing.T, version, boot string, n *enode.Node, before func()) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		before()
		out := must(t, program(t, "WEFT_BIN"), "discover", "lookup", "--json", "--"+version,
			"--bootnode", boot, n.URLv4())
		var first struct {
			Distance int
			ID       string
		}
		line, _, _ := strings.Cut(out, "\n")
		if err := json.Unmarshal([]byte(line), &first); err != nil {
			t.Fatal(err)
		}
		if first.ID == n.ID().String() && first.Distance == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not in %s", n.ID(), out)
		}
	}
}

// TestDiscoverListens has go-ethereum's tool and its nodes find our listener.
func TestDiscoverListens(t *testing.T) {
	t.Parallel()
	p := start(t, program(t, "WEFT_BIN"), "discover", "listen", "--json", "--listen", "127.0.0.1:0")
	record := p.await("listening").text("enr")
	devp2p := program(t, "DEVP2P_BIN")
	none := []string{"-bootnodes", "", "-addr", "127.0.0.1:0"}
	must(t, devp2p, append(append([]string{"discv4", "ping"}, none...), record)...)
	must(t, devp2p, append(append([]string{"discv5", "ping"}, none...), record)...)
	agree(t, record)
	eachVersion(t, func(t *testing.T, version string) {
		n := listenDiscovery(t, version, parseRecord(t, record)).Self()
		p.await("met", is("id", n.ID().String()), is("version", version))
	})
}
