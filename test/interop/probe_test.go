// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/p2p"
)

// Codes of probe, as in probe.h.
const (
	probeEcho   = 0
	probeEchoed = 1
	probeMake   = 2
	probeMade   = 3
	probeEnd    = 4

	probe1Codes = 2
	probe2Codes = 5
)

func hexText(b []byte) string {
	return hex.EncodeToString(b)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hexText(sum[:])
}

// made gives the n bytes that the interop node makes of a number.
func made(n int) []byte {
	out := make([]byte, 0, n+8)
	state := uint64(n)
	for len(out) < n {
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		out = binary.LittleEndian.AppendUint64(out, z^z>>31)
	}
	return out[:n]
}

func write(rw p2p.MsgWriter, code uint64, payload []byte) error {
	return rw.WriteMsg(p2p.Msg{
		Code: code, Size: uint32(len(payload)), Payload: bytes.NewReader(payload)})
}

// read takes one message, which must be that one.
func read(rw p2p.MsgReader, code uint64, payload []byte) error {
	m, err := rw.ReadMsg()
	if err != nil {
		return err
	}
	got, err := io.ReadAll(m.Payload)
	if err != nil {
		return err
	}
	if m.Code != code {
		return fmt.Errorf("code %d, want %d", m.Code, code)
	}
	if !bytes.Equal(got, payload) {
		return fmt.Errorf("code %d: %d bytes with hash %s, want %d with %s",
			code, len(got), hash(got), len(payload), hash(payload))
	}
	return nil
}

// exchange writes a message and reads its answer.
func exchange(rw p2p.MsgReadWriter, code uint64, payload []byte, answer uint64, want []byte) error {
	if err := write(rw, code, payload); err != nil {
		return err
	}
	return read(rw, answer, want)
}
