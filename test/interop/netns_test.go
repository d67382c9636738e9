// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A network of our own, for tests that need addresses which are neither of this
// machine nor of a LAN: 198.18.0.0/15, which is set aside for such tests. All of
// it leads to the namespace's own loopback interface.

const insideVariable = "INTEROP_INSIDE_NAMESPACE"

// host gives the address 198.(18+net).subnet.n.
func host(network, subnet, n int) net.IP {
	return net.IPv4(198, byte(18+network), byte(subnet), byte(n))
}

// inNetwork runs the test once more in a process with a network namespace of its
// own, where the rest of it is done. False: that was it.
func inNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		if err := bringUp(); err != nil {
			t.Fatalf("the network namespace: %v", err)
		}
		return true
	}
	again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v",
		"-test.timeout=5m")
	again.Env = append(os.Environ(), insideVariable+"=1")
	// Not in a user namespace besides: there the files of root belong to nobody,
	// and weft would load no plugin from below "/".
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := again.CombinedOutput()
	if again.ProcessState == nil {
		t.Fatalf("no network namespace can be made here: %v; run the tests as root", err)
	}
	t.Logf("in a network namespace:\n%s", out)
	if err != nil {
		t.Fail()
	}
	return false
}

// bringUp gives the loopback interface its addresses. A prefix on that interface
// is local with all its addresses.
func bringUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	set := func(name string, request uint, fill func(r *unix.Ifreq) error) error {
		r, err := unix.NewIfreq(name)
		if err == nil {
			err = fill(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(fd, request, r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	up := func(r *unix.Ifreq) error {
		r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		return nil
	}
	address := func(b ...byte) func(r *unix.Ifreq) error {
		return func(r *unix.Ifreq) error { return r.SetInet4Addr(b) }
	}
	for _, step := range []func() error{
		func() error { return set("lo", unix.SIOCSIFFLAGS, up) },
		func() error { return set("lo:1", unix.SIOCSIFADDR, address(198, 18, 0, 1)) },
		func() error { return set("lo:1", unix.SIOCSIFNETMASK, address(255, 254, 0, 0)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// dialFrom connects from one of the network's addresses.
func dialFrom(from net.IP, to string) (net.Conn, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: from}}
	return d.Dial("tcp", to)
}
