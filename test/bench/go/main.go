// SPDX-License-Identifier: Apache-2.0

// Gobench is go-ethereum's side of the benchmarks: the same protocol, shapes and
// figures as `weft bench`, with the same JSON, over p2p.Server.
//
//	gobench --serve                      print {"event":"serving",...}, then serve
//	gobench --serve-discovery VERSION    the same of discovery alone
//	gobench --lookup VERSION [options]   print how long lookups take in a network
//	gobench --known N [FOLDER]           print what memory so many nodes take
//	gobench --peer ENODE [options] SHAPE    one round of one shape
//
// Shapes are write:BYTES, talk:N, connect:N, idle:N and idle-message:N.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
)

var (
	serving = flag.Bool("serve", false, "be the other end")
	finding = flag.String("serve-discovery", "", "v4 or v5: be a node that does nothing else")
	known   = flag.Int("known", 0, "remember so many nodes, in the folder named, and say what memory they take")
	looking = flag.String("lookup", "", "v4 or v5: measure --count lookups in a network of --nodes")
	nodes   = flag.Int("nodes", 1000, "of that network")
	joining = flag.Float64("joining", 60, "seconds in which they come")
	settle  = flag.Float64("settling", 60, "seconds that they have then")
	peer    = flag.String("peer", "", "the node to measure against")
	peerPID = flag.Int("peer-pid", 0, "its process")
	seconds = flag.Float64("seconds", 2, "for write and talk")
	count   = flag.Int("count", 2000, "connections")
	hold    = flag.Float64("hold", 1, "seconds to watch idle sessions")
)

// What a session of bench/1 says; plugins/bench/bench.h has the same.
const (
	codeData = iota
	codeEnd
	codeEnded
	codeWord
	codes
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gobench:", err)
		os.Exit(1)
	}
}

func span(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func print(event map[string]any) {
	line, err := json.Marshal(event)
	must(err)
	fmt.Println(string(line))
}

func start(config p2p.Config) *p2p.Server {
	key, err := crypto.GenerateKey()
	must(err)
	config.PrivateKey = key
	config.MaxPeers = 10000
	config.MaxPendingPeers = 1000
	config.Name = "gobench"
	config.NoDiscovery = true
	s := &p2p.Server{Config: config}
	must(s.Start())
	return s
}

// answer is the serving end of a session.
func answer(_ *p2p.Peer, rw p2p.MsgReadWriter) error {
	for {
		m, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		switch m.Code {
		case codeEnd:
			err = p2p.SendItems(rw, codeEnded)
		case codeWord:
			var words []string
			if err = m.Decode(&words); err != nil {
				return err
			}
			if len(words) == 1 && words[0] == "foo" {
				err = p2p.SendItems(rw, codeWord, "bar")
			}
		}
		if err != nil {
			return err
		}
		if err = m.Discard(); err != nil {
			return err
		}
	}
}

// serve until a signal.
func serve() {
	var offered []p2p.Protocol
	for _, name := range []string{"bench", "bench-msg"} {
		offered = append(offered, p2p.Protocol{Name: name, Version: 1, Length: codes, Run: answer})
	}
	s := start(p2p.Config{Protocols: offered, ListenAddr: "127.0.0.1:0", NoDial: true})
	print(map[string]any{"event": "serving", "pid": os.Getpid(), "enode": s.Self().URLv4()})
	awaitEnd()
	s.Stop()
}

// awaitEnd waits for a signal. SIGUSR1 has the collector give back what it can.
func awaitEnd() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGTERM, syscall.SIGINT)
	for sig := range signals {
		if sig != syscall.SIGUSR1 {
			return
		}
		debug.FreeOSMemory()
	}
}

func main() {
	flag.Parse()
	if *serving {
		serve()
		return
	}
	if *finding != "" {
		serveDiscovery(*finding)
		return
	}
	if *looking != "" {
		lookups(*looking, *nodes, *count, span(*joining), span(*settle))
		return
	}
	if *known != 0 {
		know(*known, flag.Arg(0))
		return
	}
	if flag.NArg() != 1 || *peer == "" {
		flag.Usage()
		os.Exit(2)
	}
	node, err := enode.ParseV4(*peer)
	must(err)
	kind, text, _ := strings.Cut(flag.Arg(0), ":")
	amount, err := strconv.Atoi(text)
	must(err)
	length := span(*seconds)
	out := map[string]any{"event": "result", "shape": flag.Arg(0)}
	switch kind {
	case "write":
		write(out, node, amount, length)
	case "talk":
		talk(out, node, amount, length)
	case "connect":
		connectMany(out, node, amount, *count)
	case "idle", "idle-message":
		offer := map[string]string{"idle": "bench", "idle-message": "bench-msg"}[kind]
		idle(out, node, offer, amount, span(*hold))
	default:
		must(fmt.Errorf("no such shape: %s", kind))
	}
	print(out)
}
