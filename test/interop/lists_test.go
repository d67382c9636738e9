// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"crypto/ecdsa"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/dnsdisc"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/google/uuid"
)

const (
	listDomain = "nodes.example.org"
	otherList  = "enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2@morenodes.example.org"
	password   = "a list"
)

// recordOf is of a new node.
func recordOf(t *testing.T, port int) *enode.Node {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	var r enr.Record
	r.Set(enr.IPv4(net.IPv4(192, 0, 2, 1)))
	r.Set(enr.UDP(port))
	r.Set(enr.TCP(port))
	r.SetSeq(uint64(port))
	if err := enode.SignV4(&r, key); err != nil {
		t.Fatal(err)
	}
	n, err := enode.New(enode.ValidSchemes, &r)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, text, 0600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readJSON[T any](t *testing.T, path string) (v T) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// listFolder has new records and a link, and is not signed.
func listFolder(t *testing.T, count int) string {
	t.Helper()
	dir := t.TempDir()
	nodes := map[string]any{}
	for i := range count {
		n := recordOf(t, 1000+i)
		nodes[n.ID().String()] = map[string]any{"seq": n.Seq(), "record": n.String()}
	}
	writeJSON(t, filepath.Join(dir, "nodes.json"), nodes)
	writeJSON(t, filepath.Join(dir, "enrtree-info.json"), map[string]any{"links": []string{otherList}})
	return dir
}

// keys are one key, in a file for their tool and in one for ours.
func keys(t *testing.T) (theirs, ours string) {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := keystore.EncryptKey(&keystore.Key{
		Id: uuid.New(), Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key,
	}, password, keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	theirs, ours = filepath.Join(dir, "theirs"), filepath.Join(dir, "ours")
	if err := os.WriteFile(theirs, encrypted, 0600); err != nil {
		t.Fatal(err)
	}
	if err := crypto.SaveECDSA(ours, key); err != nil {
		t.Fatal(err)
	}
	return theirs, ours
}

// signedByEither are two folders with the same nodes, one signed by each tool.
func signedByEither(t *testing.T, count int) (theirs, ours string) {
	t.Helper()
	theirKey, ourKey := keys(t)
	theirs, ours = listFolder(t, count), t.TempDir()
	for _, name := range []string{"nodes.json", "enrtree-info.json"} {
		text, err := os.ReadFile(filepath.Join(theirs, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(ours, name), text, 0600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sign := exec.Command(program(t, "DEVP2P_BIN"), "dns", "sign", "--domain", listDomain, theirs, theirKey)
	sign.Stdin = strings.NewReader(password + "\n")
	if out, err := sign.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, program(t, "WEFT_BIN"), "discover", "dns", "sign", ours, "--key", ourKey, "--domain", listDomain)
	return theirs, ours
}

type listInfo struct {
	URL       string
	Seq       int
	Signature string
	Links     []string
}

func textsOf(t *testing.T, printed string) map[string]string {
	t.Helper()
	var texts map[string]string
	if err := json.Unmarshal([]byte(printed), &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

// What one tool signs the other takes, and both make the same TXT records of it.
func TestListsAreTheSame(t *testing.T) {
	devp2p, weft := program(t, "DEVP2P_BIN"), program(t, "WEFT_BIN")
	for _, count := range []int{0, 1, 13, 14, 200} {
		theirs, ours := signedByEither(t, count)
		a := readJSON[listInfo](t, filepath.Join(theirs, "enrtree-info.json"))
		b := readJSON[listInfo](t, filepath.Join(ours, "enrtree-info.json"))
		if a.URL != b.URL || a.Seq != b.Seq || a.Signature != b.Signature || !slices.Equal(a.Links, b.Links) {
			t.Errorf("%d nodes: %+v, go-ethereum %+v", count, b, a)
		}
		for _, dir := range []string{theirs, ours} {
			must(t, weft, "discover", "dns", "verify", dir)
			want := must(t, devp2p, "dns", "to-txt", dir)
			if got := must(t, weft, "discover", "dns", "to-txt", dir); got != want {
				t.Errorf("%d nodes: %s\ngo-ethereum %s", count, got, want)
			}
		}
	}
}

// go-ethereum's client reads a list that we made, entry by entry, and all of it.
func TestListsAreReadByGoEthereum(t *testing.T) {
	_, ours := signedByEither(t, 40)
	server := serveNames(t, "127.0.0.1:0")
	server.put(textsOf(t, must(t, program(t, "WEFT_BIN"), "discover", "dns", "to-txt", ours)))
	client := dnsdisc.NewClient(dnsdisc.Config{
		RateLimit: 1000,
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, server.addr)
		}},
	})
	tree, err := client.SyncTree(readJSON[listInfo](t, filepath.Join(ours, "enrtree-info.json")).URL)
	if err != nil {
		t.Fatal(err)
	}
	want := readJSON[map[string]struct{ Record string }](t, filepath.Join(ours, "nodes.json"))
	for _, n := range tree.Nodes() {
		if want[n.ID().String()].Record != n.String() {
			t.Errorf("%s is another", n)
		}
	}
	if len(tree.Nodes()) != 40 || !slices.Equal(tree.Links(), []string{otherList}) {
		t.Errorf("%d nodes, links %v", len(tree.Nodes()), tree.Links())
	}
}

// inNames runs a program that asks the system's DNS server, which is the one on
// 127.0.0.1; in a network namespace.
func inNames(t *testing.T, path string, args ...string) string {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver 127.0.0.1\n"), 0644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", append([]string{"-c",
		`mount --bind "$0" /etc/resolv.conf && exec "$@"`, conf, path}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", path, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Both tools download both lists, and write the same files.
func TestListsAreDownloadedAlike(t *testing.T) {
	t.Parallel()
	if !inNetwork(t) {
		return
	}
	devp2p, weft := program(t, "DEVP2P_BIN"), program(t, "WEFT_BIN")
	server := serveNames(t, "127.0.0.1:53")
	theirs, ours := signedByEither(t, 16)
	for _, from := range []string{theirs, ours} {
		info := readJSON[listInfo](t, filepath.Join(from, "enrtree-info.json"))
		server.put(textsOf(t, must(t, devp2p, "dns", "to-txt", from)))
		a, b := filepath.Join(t.TempDir(), "list"), filepath.Join(t.TempDir(), "list")
		inNames(t, devp2p, "dns", "sync", info.URL, a)
		inNames(t, weft, "discover", "dns", "sync", info.URL, b)
		for _, dir := range []string{a, b} {
			if got := readJSON[listInfo](t, filepath.Join(dir, "enrtree-info.json")); got.URL != info.URL ||
				got.Seq != info.Seq || got.Signature != info.Signature || !slices.Equal(got.Links, info.Links) {
				t.Errorf("%s: %+v, not %+v", dir, got, info)
			}
		}
		nodesA, errA := os.ReadFile(filepath.Join(a, "nodes.json"))
		nodesB, errB := os.ReadFile(filepath.Join(b, "nodes.json"))
		if errA != nil || errB != nil || string(nodesA) != string(nodesB) {
			t.Errorf("%v, %v: %s\ngo-ethereum %s", errA, errB, nodesB, nodesA)
		}
	}
}

// --- lists that were made with ill will ------------------------------------

// forger signs whatever it likes.
type forger struct {
	t     *testing.T
	key   *ecdsa.PrivateKey
	texts map[string]string
}

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

func (f *forger) url() string {
	return "enrtree://" + base32Text.EncodeToString(crypto.CompressPubkey(&f.key.PublicKey)) + "@" + listDomain
}

// add puts an entry where it belongs, and returns its hash.
func (f *forger) add(text string) string {
	hash := base32Text.EncodeToString(crypto.Keccak256([]byte(text))[:16])
	f.texts[hash+"."+listDomain] = text
	return hash
}

func (f *forger) branch(children ...string) string {
	return f.add("enrtree-branch:" + strings.Join(children, ","))
}

func (f *forger) root(records, links string) {
	text := fmt.Sprintf("enrtree-root:v1 e=%s l=%s seq=1", records, links)
	sig, err := crypto.Sign(crypto.Keccak256([]byte(text)), f.key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.texts[listDomain] = text + " sig=" + base64.RawURLEncoding.EncodeToString(sig)
}

func TestHostileListsAreRefusedByTheEntry(t *testing.T) {
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	server := serveNames(t, "127.0.0.1:0")
	node := recordOf(t, 1000).String()
	var named string // in what is refused
	for what, make := range map[string]func(f *forger, leaf, none string) (records, links string){
		"a loop": func(f *forger, leaf, none string) (string, string) {
			named = f.branch(leaf)
			return f.branch(named, f.branch(named)), none
		},
		"over 32 entries deep": func(f *forger, leaf, none string) (string, string) {
			named = f.branch(leaf)
			top := named
			for range 31 {
				top = f.branch(top)
			}
			return top, none
		},
		"a link among the records": func(f *forger, leaf, none string) (string, string) {
			named = f.add(otherList)
			return f.branch(leaf, named), none
		},
		"a record among the links": func(f *forger, leaf, none string) (string, string) {
			named = leaf
			return none, leaf
		},
		"signature": func(f *forger, leaf, none string) (string, string) {
			forged := strings.Replace(node, node[20:24], "AAAA", 1)
			named = f.add(forged)
			return named, none
		},
		"child 1: not a hash": func(f *forger, leaf, none string) (string, string) {
			named = f.branch("1")
			return f.branch(leaf, named), none
		},
		"no such name": func(f *forger, leaf, none string) (string, string) {
			named = strings.Repeat("A", 26)
			return f.branch(leaf, named), none
		},
	} {
		f := &forger{t: t, key: key, texts: map[string]string{}}
		f.root(make(f, f.add(node), f.add("enrtree-branch:")))
		server.put(f.texts)
		out, err := run(t, program(t, "WEFT_BIN"), "discover", "dns", "verify", f.url(), "--server", server.addr)
		if err == nil || !strings.Contains(out, what) || !strings.Contains(out, named) {
			t.Errorf("%s, %s: %v\n%s", what, named, err, out)
		}
	}
	// The forger can do right, too.
	f := &forger{t: t, key: key, texts: map[string]string{}}
	f.root(f.branch(f.add(node)), f.add("enrtree-branch:"))
	server.put(f.texts)
	must(t, program(t, "WEFT_BIN"), "discover", "dns", "verify", f.url(), "--server", server.addr)
}

// A zone file of ours is what its server would answer.
func TestZoneFilesAreTheList(t *testing.T) {
	_, ours := signedByEither(t, 30)
	weft := program(t, "WEFT_BIN")
	want := textsOf(t, must(t, weft, "discover", "dns", "to-txt", ours))
	got := map[string]string{}
	for _, line := range strings.Split(must(t, weft, "discover", "dns", "to-zone", ours), "\n")[1:] {
		field := strings.Split(line, "\t")
		got[strings.TrimSuffix(field[0], ".")] = strings.Trim(strings.ReplaceAll(field[4], `" "`, ""), `"`)
	}
	for name, text := range want {
		if got[strings.ToLower(name)] != text {
			t.Errorf("%s: %q, not %q", name, got[strings.ToLower(name)], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d names, not %d", len(got), len(want))
	}
}
