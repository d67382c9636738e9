// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/discover"
	"github.com/ethereum/go-ethereum/p2p/enode"
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

func serveDiscovery(version string) {
	self := find(version)
	print(map[string]any{"event": "serving", "pid": os.Getpid(), "enr": self.Node().String()})
	awaitEnd()
}
