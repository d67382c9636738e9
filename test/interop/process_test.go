// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait; nothing here takes a tenth of it when all is well.
const patience = 30 * time.Second

// program gives the program that an environment variable names.
func program(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s is not set: start these tests by test/interop/run", variable)
	}
	return path
}

// event is one JSON line of a program of ours.
type event map[string]any

func (e event) text(key string) string {
	s, _ := e[key].(string)
	return s
}

// number gives -1 when there is none.
func (e event) number(key string) int {
	n, ok := e[key].(float64)
	if !ok {
		return -1
	}
	return int(n)
}

func (e event) list(key string) []string {
	var out []string
	items, _ := e[key].([]any)
	for _, item := range items {
		s, _ := item.(string)
		out = append(out, s)
	}
	return out
}

// process is a program of ours that prints JSON lines.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
	exited chan struct{} // closed once all its lines are in events
	status error         // how it ended, once exited is closed

	mu     sync.Mutex
	grown  *sync.Cond
	events []event
	ended  bool
}

// start runs a program until the test's end at the latest.
func start(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...), exited: make(chan struct{})}
	p.grown = sync.NewCond(&p.mu)
	p.cmd.Stderr = &p.stderr
	// Those that say where our programs are would be settings of a node.
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "WEFT_")
	})
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			var e event
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				e = event{"event": "not JSON", "line": lines.Text()}
			}
			p.append(e)
		}
		p.status = p.cmd.Wait()
		p.end()
	}()
	t.Cleanup(p.finish)
	return p
}

// finish is every program's end: in good order and with status 0, which a
// sanitizer that found something does not give.
func (p *process) finish() {
	if !p.t.Failed() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
			if p.status != nil {
				p.t.Errorf("%v: %v", p.cmd.Args[0], p.status)
			}
		case <-time.After(patience):
			p.t.Errorf("%v does not end", p.cmd.Args[0])
		}
	}
	p.cmd.Process.Kill()
	<-p.exited
	if p.t.Failed() {
		p.report()
	}
}

func (p *process) append(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	p.grown.Broadcast()
}

func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.grown.Broadcast()
	close(p.exited)
}

func (p *process) report() {
	p.t.Logf("%v printed:", p.cmd.Args)
	for _, e := range p.events {
		line, _ := json.Marshal(e)
		p.t.Logf("  %s", line)
	}
	p.t.Logf("and on standard error:\n%s", p.stderr.String())
}

// await gives the first event of that name that the conditions hold for, from
// the beginning of the program's life on.
func (p *process) await(name string, conditions ...func(event) bool) event {
	p.t.Helper()
	late := time.AfterFunc(patience, func() { p.grown.Broadcast() })
	defer late.Stop()
	deadline := time.Now().Add(patience)
	p.mu.Lock()
	defer p.mu.Unlock()
	for seen := 0; ; {
		for ; seen < len(p.events); seen++ {
			if p.events[seen].text("event") == name && all(conditions, p.events[seen]) {
				return p.events[seen]
			}
		}
		if p.ended || time.Now().After(deadline) {
			p.t.Fatalf("no such event %q", name)
		}
		p.grown.Wait()
	}
}

func all(conditions []func(event) bool, e event) bool {
	for _, holds := range conditions {
		if !holds(e) {
			return false
		}
	}
	return true
}

// count says how many events of that name there were so far.
func (p *process) count(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.events {
		if e.text("event") == name {
			n++
		}
	}
	return n
}

// stop asks the program to end and waits until it has, with status 0.
func (p *process) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.wait()
}

// wait until the program has ended by itself, with status 0.
func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.exited:
		if p.status != nil {
			p.t.Fatalf("%v: %v", p.cmd.Args[0], p.status)
		}
	case <-time.After(patience):
		p.t.Fatalf("%v does not end", p.cmd.Args[0])
	}
}

func is(key, value string) func(event) bool {
	return func(e event) bool { return e.text(key) == value }
}

func isNumber(key string, value int) func(event) bool {
	return func(e event) bool { return e.number(key) == value }
}

// weft starts `weft run` on a free port, in a data directory of its own. It
// speaks foobar unless the arguments name a plugin.
func weft(t *testing.T, args ...string) (*process, string) {
	t.Helper()
	fixed := []string{"run", "--json", "--listen", "127.0.0.1:0", "--datadir", t.TempDir()}
	if !slices.Contains(args, "--plugin") {
		fixed = append(fixed, "--plugin", "foobar")
	}
	p := start(t, program(t, "WEFT_BIN"), append(fixed, args...)...)
	return p, p.await("started").text("enode")
}

// node starts the interop node of node.c.
func node(t *testing.T, args ...string) (*process, string) {
	t.Helper()
	p := start(t, program(t, "INTEROP_NODE"), args...)
	return p, p.await("started").text("enode")
}
