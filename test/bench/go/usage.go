// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// cpu is what all threads of a process took so far, in seconds. A process has a
// clock of its own, whose number is made of its id; 0 is us.
func cpu(pid int) float64 {
	const ofProcess = 2
	clock := (^int32(pid))<<3 | ofProcess
	var at syscall.Timespec
	_, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&at)), 0)
	if e != 0 {
		must(e)
	}
	return float64(at.Sec) + float64(at.Nsec)/1e9
}

type clocks struct {
	began     time.Time
	own, peer float64
	seconds   float64
}

func begin() *clocks {
	c := &clocks{own: cpu(0)}
	if *peerPID != 0 {
		c.peer = cpu(*peerPID)
	}
	c.began = time.Now()
	return c
}

func (c *clocks) end(out map[string]any, n int) {
	c.seconds = time.Since(c.began).Seconds()
	out["per_second"] = float64(n) / c.seconds
	out["own_cpu_us"] = (cpu(0) - c.own) * 1e6 / float64(n)
	if *peerPID != 0 {
		out["peer_cpu_us"] = (cpu(*peerPID) - c.peer) * 1e6 / float64(n)
	}
}

// usage is memory in KiB.
type usage struct {
	resident, privateDirty int
}

func memory(pid int) usage {
	var u usage
	if pid == 0 {
		return u
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	must(err)
	for _, line := range strings.Split(string(text), "\n") {
		fmt.Sscanf(line, "Rss: %d", &u.resident)
		fmt.Sscanf(line, "Private_Dirty: %d", &u.privateDirty)
	}
	return u
}

func isGo(pid int) bool {
	own, err := os.Readlink("/proc/self/exe")
	must(err)
	other, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	must(err)
	return own == other
}

// collect has the other end give back what it can, and looks again.
func collect(pid int) usage {
	must(syscall.Kill(pid, syscall.SIGUSR1))
	time.Sleep(1500 * time.Millisecond)
	return memory(pid)
}
