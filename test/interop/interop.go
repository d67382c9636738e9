// SPDX-License-Identifier: Apache-2.0

// Package interop runs weft's programs against go-ethereum's p2p.Server, its
// p2p/rlpx.Conn and its devp2p command. All of it is tests; test/interop/run
// builds what they need and runs them.
package interop
