// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"net"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/pion/stun/v3"
)

// serveSTUN answers binding requests with an address of the caller's choice, as
// pion reads and writes them, with what else servers put into an answer.
func serveSTUN(t *testing.T, mapped stun.XORMappedAddress) string {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		for buffer := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: append([]byte{}, buffer[:n]...)}
			if !stun.IsMessage(request.Raw) {
				continue // discovery
			}
			if err := request.Decode(); err != nil || request.Type != stun.BindingRequest {
				t.Errorf("no binding request: %v, %v", request, err)
				return
			}
			answer, err := stun.Build(request, stun.BindingSuccess, stun.NewSoftware("pion"),
				&stun.MappedAddress{IP: net.IPv4(203, 0, 113, 9), Port: 9}, &mapped,
				stun.Fingerprint)
			if err != nil {
				t.Error(err)
				return
			}
			conn.WriteTo(answer.Raw, from)
		}
	}()
	return conn.LocalAddr().String()
}

func TestSTUNServerTellsTheEndpoint(t *testing.T) {
	for _, ip := range []string{"198.51.100.7", "2001:db8::7"} {
		t.Run(ip, func(t *testing.T) {
			mapped := stun.XORMappedAddress{IP: net.ParseIP(ip), Port: 40404}
			p, _ := weft(t, "--discovery", "v4,v5", "--nat", "stun:"+serveSTUN(t, mapped))
			p.await("record", func(e event) bool {
				n, err := enode.Parse(enode.ValidSchemes, e.text("enr"))
				if err != nil {
					t.Fatal(err)
				}
				var v4 enr.IPv4
				var v6 enr.IPv6
				var port enr.UDP
				if strings.Contains(ip, ":") {
					return n.Load(&v6) == nil && net.IP(v6).Equal(mapped.IP)
				}
				return n.Load(&v4) == nil && net.IP(v4).Equal(mapped.IP) &&
					n.Load(&port) == nil && int(port) == mapped.Port
			})
		})
	}
}
