// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watchStalls watches whether the machine stands still, as a virtual one does
// while its host has other things to do. What it returns ends that, and gives
// the longest time for which a processor did nothing.
//
// A thread on each of them sleeps a few milliseconds at a time. Whoever sleeps
// is woken at once also where others compute, so one that comes late was not let
// run at all.
func watchStalls(t *testing.T) (end func() time.Duration) {
	t.Helper()
	const nap = 5 * time.Millisecond
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	var longest atomic.Int64
	var threads sync.WaitGroup
	for cpu := range len(all) * 64 {
		if !all.IsSet(cpu) {
			continue
		}
		threads.Go(func() {
			// It must not end: the processes that it started would, too.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			defer unix.SchedSetaffinity(0, &all)
			var one unix.CPUSet
			one.Set(cpu)
			if err := unix.SchedSetaffinity(0, &one); err != nil {
				t.Error(err)
			}
			for !over.Load() {
				begun := time.Now()
				rest := unix.NsecToTimespec(nap.Nanoseconds())
				unix.Nanosleep(&rest, nil)
				late := int64(time.Since(begun) - nap)
				for was := longest.Load(); late > was; was = longest.Load() {
					if longest.CompareAndSwap(was, late) {
						break
					}
				}
			}
		})
	}
	return func() time.Duration {
		over.Store(true)
		threads.Wait()
		return time.Duration(longest.Load())
	}
}
