// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/ethereum/go-ethereum/rlp"
)

// must is what a program printed that has to succeed, without blanks around it.
func must(t *testing.T, path string, args ...string) string {
	t.Helper()
	out, err := run(t, path, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(path), strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// keyFile is a new key in a file that go-ethereum's tool and ours both read.
func keyFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "key")
	must(t, program(t, "WEFT_BIN"), "key", "new", path)
	return path
}

// agree reads one record with both tools and compares what they say of it.
func agree(t *testing.T, record string) {
	t.Helper()
	theirs := must(t, program(t, "DEVP2P_BIN"), "enrdump", record)
	var ours struct {
		Valid   bool
		ID      string
		Enode   string
		Seq     uint64
		Entries []struct {
			Key, Value string
			Decodes    bool
		}
	}
	out := must(t, program(t, "WEFT_BIN"), "enr", "decode", "--json", record)
	if err := json.Unmarshal([]byte(out), &ours); err != nil {
		t.Fatal(err)
	}
	said := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(theirs)
		if m == nil {
			t.Fatalf("no %q in %s", pattern, theirs)
		}
		return m[1]
	}
	parsed, err := enode.Parse(enode.ValidSchemes, record)
	if err != nil || !ours.Valid || parsed.Seq() != ours.Seq {
		t.Errorf("%v, valid %v, seq %d", err, ours.Valid, ours.Seq)
	}
	if id := said(`Node ID: (\w+)`); id != ours.ID {
		t.Errorf("id %s, go-ethereum %s", ours.ID, id)
	}
	if strings.Contains(theirs, "URLv4:") {
		if url := said(`URLv4: +(\S+)`); url != ours.Enode {
			t.Errorf("%s, go-ethereum %s", ours.Enode, url)
		}
	}
	lines := regexp.MustCompile(`(?m)^  "(\S+)" +(.*)$`).FindAllStringSubmatch(theirs, -1)
	if len(lines) == 0 || len(lines) != len(ours.Entries) {
		t.Fatalf("%d entries, go-ethereum %d", len(ours.Entries), len(lines))
	}
	for i, e := range ours.Entries {
		theirs := strings.Trim(lines[i][2], `"`)
		if e.Key != lines[i][1] || (e.Decodes && e.Value != theirs) {
			t.Errorf("%s %s, go-ethereum %s", e.Key, e.Value, lines[i][0])
		}
		if !e.Decodes && !strings.HasSuffix(theirs, "(!)") {
			t.Errorf("%s does not decode here, go-ethereum has %s", e.Key, theirs)
		}
	}
}

// What we make is what go-ethereum reads, and what it makes, we do.
func TestRecordsAgree(t *testing.T) {
	key := keyFile(t)
	made := func(args ...string) string {
		return must(t, program(t, "WEFT_BIN"), append([]string{"enr", "make", "--key", key}, args...)...)
	}
	for name, record := range map[string]string{
		"bare":    made(),
		"ipv4":    made("--ip", "203.0.113.5", "--tcp", "30303", "--udp", "30304", "--seq", "9223372036854775807"),
		"ipv6":    made("--ip", "2001:db8::5", "--tcp6", "1", "--udp6", "2"),
		"both":    made("--ip", "192.168.0.1", "--ip", "2001:db8::5", "--tcp", "1", "--udp", "2"),
		"refused": made("--ip", "10.0.0.1", "--tcp", "9", "--entry", "ip6=0x7f0000"),
		"theirs":  must(t, program(t, "DEVP2P_BIN"), "key", "to-enr", "--ip", "203.0.113.5", "--tcp", "1", "--udp", "2", key),
		"tcp only": must(t, program(t, "DEVP2P_BIN"), "key", "to-enr",
			"--ip", "203.0.113.5", "--udp", "0", key),
	} {
		t.Run(name, func(t *testing.T) { agree(t, record) })
	}
}

// The same key and entries give the same bytes: signatures are deterministic.
func TestRecordsAreTheSame(t *testing.T) {
	key := keyFile(t)
	theirs := must(t, program(t, "DEVP2P_BIN"), "key", "to-enr", "--ip", "203.0.113.5", "--tcp", "1", "--udp", "2", key)
	ours := must(t, program(t, "WEFT_BIN"), "enr", "make", "--key", key,
		"--ip", "203.0.113.5", "--tcp", "1", "--udp", "2", "--seq", "0")
	if ours != theirs {
		t.Errorf("%s, go-ethereum %s", ours, theirs)
	}
}

// A record in a file, as bytes.
func TestRecordsInFiles(t *testing.T) {
	record := must(t, program(t, "WEFT_BIN"), "enr", "make", "--key", keyFile(t), "--ip", "203.0.113.5", "--udp", "1")
	parsed, err := enode.Parse(enode.ValidSchemes, record)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "record")
	raw, err := rlp.EncodeToBytes(parsed.Record())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	theirs := must(t, program(t, "DEVP2P_BIN"), "enrdump", "--file", path)
	ours := must(t, program(t, "WEFT_BIN"), "enr", "verify", "--file", path)
	if id := parsed.ID().String(); !strings.Contains(theirs, id) || !strings.Contains(ours, id) {
		t.Errorf("%s, go-ethereum %s", ours, theirs)
	}
}

// TestEntries has go-ethereum read what a plugin of ours puts into its node's
// record, before and after it is changed, and our plugin what go-ethereum's
// record says.
func TestEntries(t *testing.T) {
	dir := t.TempDir()
	_, started := seeker(t, "--discovery", "v4,v5", "--plugin", plugin(t, "says")+",text=hello", "--datadir", dir)
	client := dialAdmin(t, dir)
	node := parseRecord(t, started.text("enr"))
	v4, v5 := listenDiscovery(t, "v4").(*discover.UDPv4), listenDiscovery(t, "v5").(*discover.UDPv5)
	check := func(want string) {
		t.Helper()
		for version, ask := range map[string]func(*enode.Node) (*enode.Node, error){
			"v4": v4.RequestENR,
			"v5": v5.RequestENR,
		} {
			var said string
			record, err := ask(node)
			if err == nil {
				err = record.Load(enr.WithEntry("says", &said))
			}
			if err != nil || said != want {
				t.Errorf("%s: %q, and not %q: %v", version, said, want, err)
			}
		}
	}
	check("hello")
	devp2p := program(t, "DEVP2P_BIN")
	asked := must(t, devp2p, "discv4", "requestenr", "-bootnodes", "", "-addr", "127.0.0.1:0", started.text("enode"))
	dump := must(t, devp2p, "enrdump", asked[strings.LastIndexByte(asked, '\n')+1:])
	if !strings.Contains(dump, fmt.Sprintf("%q", "says")) || !strings.Contains(dump, fmt.Sprintf("%x", "hello")) {
		t.Errorf("enrdump does not show the entry:\n%s", dump)
	}
	client.call(nil, "says_set", "says", "goodbye")
	check("goodbye")

	v5.LocalNode().Set(enr.WithEntry("says", "geth"))
	var said string
	client.call(&said, "says_get", v5.Self().String(), "says")
	if said != "geth" {
		t.Errorf("go-ethereum's record says %q", said)
	}
}
