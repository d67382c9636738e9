// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// suitePatience bounds one run of a suite, which takes seconds.
const suitePatience = 5 * time.Minute

// suiteRuns is how often each suite is run, each time against a node of its own.
func suiteRuns(t *testing.T) int {
	t.Helper()
	runs := os.Getenv("INTEROP_RUNS")
	if runs == "" {
		return 2
	}
	n, err := strconv.Atoi(runs)
	if err != nil || n < 1 {
		t.Fatalf("INTEROP_RUNS=%s: not a number of runs", runs)
	}
	return n
}

// seeker starts a node that speaks both versions of discovery, and waits until
// it is ready to take in others.
func seeker(t *testing.T, args ...string) (*process, event) {
	t.Helper()
	fixed := []string{"run", "--json", "--listen", "127.0.0.1:0", "--datadir", t.TempDir()}
	p := start(t, program(t, "WEFT_BIN"), append(fixed, args...)...)
	started := p.await("started")
	for _, version := range started.list("discovery") {
		p.await("discovery", func(e event) bool { return e.text("version") == version })
	}
	return p, started
}

// checkTAP makes every test of a suite's output one of ours; all that it planned
// must be there, and at least that many.
func checkTAP(t *testing.T, out string, least int) {
	t.Helper()
	plan := regexp.MustCompile(`(?m)^1\.\.(\d+)$`).FindStringSubmatch(out)
	if plan == nil {
		t.Fatalf("no plan in what the suite printed:\n%s", out)
	}
	planned, _ := strconv.Atoi(plan[1])
	if planned < least {
		t.Errorf("the suite has %d tests, and not %d or more", planned, least)
	}
	for i := 1; i <= planned; i++ {
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^(not ok|ok) %d (.*)$`, i)).FindStringSubmatchIndex(out)
		if line == nil {
			t.Errorf("test %d has no result", i)
			continue
		}
		passed := out[line[2]:line[3]] == "ok"
		// What a test says stands behind it.
		rest := out[line[1]:]
		if end := regexp.MustCompile(`(?m)^(not )?ok `).FindStringIndex(rest); end != nil {
			rest = rest[:end[0]]
		}
		t.Run(out[line[4]:line[5]], func(t *testing.T) {
			if !passed {
				t.Errorf("failed:\n%s", rest)
			}
		})
	}
}

// Of a suite's deadlines of 300 ms so much may be gone because the machine stood
// still, and so often a run of which more was gone and that failed is made again.
const (
	suiteStall = 100 * time.Millisecond
	suiteTries = 5
)

// conformOnce runs a suite against a node of its own. It gives what the suite
// printed, how it ended and how long the machine stood still meanwhile.
func conformOnce(t *testing.T, args func(started event) []string) ([]byte, time.Duration, error) {
	t.Helper()
	p, started := seeker(t, "--discovery", "v4,v5")
	ctx, cancel := context.WithTimeout(context.Background(), suitePatience)
	defer cancel()
	stood := watchStalls(t)
	out, err := exec.CommandContext(ctx, program(t, "DEVP2P_BIN"), args(started)...).CombinedOutput()
	stall := stood()
	p.stop()
	return out, stall, err
}

// conform runs a suite of go-ethereum's tool against fresh nodes. These have
// deadlines of 300 ms, so nothing else runs meanwhile, and what fails on a
// machine that stood still for long is no fault of the node's yet.
func conform(t *testing.T, least int, args func(started event) []string) {
	for i := 1; i <= suiteRuns(t); i++ {
		t.Run(fmt.Sprintf("run%d", i), func(t *testing.T) {
			out, stall, err := conformOnce(t, args)
			for try := 1; err != nil && stall > suiteStall && try < suiteTries; try++ {
				t.Logf("again, for the machine stood still for %v:\n%s", stall, out)
				out, stall, err = conformOnce(t, args)
			}
			checkTAP(t, string(out), least)
			if err != nil {
				t.Errorf("the suite: %v", err)
			}
			if t.Failed() {
				t.Logf("the machine stood still for %v; all it printed:\n%s", stall, out)
			}
		})
	}
}

// TestConformanceDiscv4 is go-ethereum's suite of Discovery v4.
func TestConformanceDiscv4(t *testing.T) {
	conform(t, 15, func(started event) []string {
		return []string{"discv4", "test", "-tap", "-remote", started.text("enode")}
	})
}

// TestConformanceDiscv5 is the same of Discovery v5.
func TestConformanceDiscv5(t *testing.T) {
	conform(t, 10, func(started event) []string {
		return []string{"discv5", "test", "-tap", started.text("enr")}
	})
}
