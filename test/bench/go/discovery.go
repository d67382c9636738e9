// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
)

// find runs one version of discovery on a loopback socket, with the node database
// in memory. Nodes are told of that were not checked yet: how soon they are is
// not what is measured, and the work of an answer is the same.
func find(version string) *enode.LocalNode {
	key, err := crypto.GenerateKey()
	must(err)
	db, err := enode.OpenDB("")
	must(err)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(err)
	self := enode.NewLocalNode(db, key)
	self.SetStaticIP(net.IPv4(127, 0, 0, 1))
	self.SetFallbackUDP(conn.LocalAddr().(*net.UDPAddr).Port)
	config := discover.Config{PrivateKey: key, NoFindnodeLivenessCheck: true}
	if version == "v4" {
		_, err = discover.ListenV4(conn, self, config)
	} else {
		_, err = discover.ListenV5(conn, self, config)
	}
	must(err)
	return self
}

// know has a node database remember so many nodes: in a folder as go-ethereum has
// it, or "" for memory, as it does without a data directory.
func know(total int, folder string) {
	debug.FreeOSMemory()
	before := memory(os.Getpid())
	db, err := enode.OpenDB(folder)
	must(err)
	met := time.Now()
	for i := 0; i < total; i++ {
		key, err := crypto.GenerateKey()
		must(err)
		var record enr.Record
		ip := netip.AddrFrom4([4]byte{20 + byte(i>>16), byte(i >> 8), byte(i), 1})
		record.Set(enr.IPv4Addr(ip))
		record.Set(enr.TCP(30303))
		record.Set(enr.UDP(30303))
		must(enode.SignV4(&record, key))
		node, err := enode.New(enode.ValidSchemes, &record)
		must(err)
		must(db.UpdateNode(node))
		must(db.UpdateLastPingReceived(node.ID(), ip, met))
		must(db.UpdateLastPongReceived(node.ID(), ip, met))
	}
	debug.FreeOSMemory()
	after := memory(os.Getpid())
	print(map[string]any{"kib": after.privateDirty - before.privateDirty})
	db.Close()
}

func serveDiscovery(version string) {
	self := find(version)
	print(map[string]any{"event": "serving", "pid": os.Getpid(), "enr": self.Node().String()})
	awaitEnd()
}
