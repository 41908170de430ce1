package cli_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/graphclient/graphsim"
	"passkeyaudit/internal/cli"
)

// lookAlike serves a snapshot to processes and calls before ahead of each request,
// with its number from 1.
type lookAlike struct {
	mu     sync.Mutex
	n      int
	before func(n int)
	wrap   func(http.Handler) http.Handler // what stands before it, if anything
	flags  []string
	env    []string
}

func newLookAlike(t *testing.T, snap *snapshot.Snapshot, o graphsim.Options) *lookAlike {
	t.Helper()
	server, err := graphsim.New(snap, o)
	if err != nil {
		t.Fatal(err)
	}
	l := &lookAlike{}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.n++
		if l.before != nil {
			l.before(l.n)
		}
		wrap := l.wrap
		l.mu.Unlock()
		handler := server.Handler()
		if wrap != nil {
			handler = wrap(handler)
		}
		handler.ServeHTTP(w, r)
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // killed processes close their connections
	web.StartTLS()
	t.Cleanup(web.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l.flags = []string{"--graph-url", web.URL, "--ca-file", ca, "--auth", "access-token", "--limits", "none"}
	l.env = []string{"PASSKEYAUDIT_ACCESS_TOKEN=" + server.Token()}
	return l
}

// watch starts counting anew.
func (l *lookAlike) watch(before func(n int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n, l.before = 0, before
}

// front puts something before the look-alike.
func (l *lookAlike) front(wrap func(http.Handler) http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrap = wrap
}

// digestsOf are the states and digests of all sections.
func digestsOf(t *testing.T, dir string) map[snapshot.SectionID]string {
	t.Helper()
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	report, err := snap.Verify(t.Context())
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	all := map[snapshot.SectionID]string{}
	for _, s := range report.Sections {
		e := snap.Manifest().Sections[s.ID]
		all[s.ID] = fmt.Sprint(e.State, " ", e.Reason, " ", s.Digest)
	}
	return all
}

// TestKillAndResume kills collecting processes with SIGKILL, each at a request by
// chance, and goes on with what they leave until it is whole: the sections are those
// of an uninterrupted run. PASSKEYAUDIT_SOAK=1 takes 300 points instead of 20.
func TestKillAndResume(t *testing.T) {
	cli.SkipUnderRace(t)
	p := newProgram(t)
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		t.Fatal(err)
	}
	l := newLookAlike(t, snap, graphsim.Options{PageSize: 50})
	total := 0
	l.watch(func(n int) { total = n })
	whole := filepath.Join(t.TempDir(), "whole")
	command := func(dir string) []string {
		return append([]string{"collect", "--out", dir, "--resume", "--checkpoint", "1ns", "-q"}, l.flags...)
	}
	if _, stderr, code := p.run(l.env, command(whole)...); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	want := digestsOf(t, whole)
	points := 20
	if os.Getenv("PASSKEYAUDIT_SOAK") != "" {
		points = 300
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d: %d points among %d requests", seed, points, total)
	rng := rand.New(rand.NewPCG(seed, 0))
	for killed := 0; killed < points; {
		dir := filepath.Join(t.TempDir(), "snap")
		for round := 0; ; round++ {
			cmd := exec.Command(p.path, command(dir)...)
			cmd.Env = append(os.Environ(), l.env...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			// A run that is killed is killed again now and then while it goes on.
			at := 1 + rng.IntN(total)
			if round == 3 {
				at = total + 1
			}
			ready := make(chan struct{})
			l.watch(func(n int) {
				if n == at {
					<-ready // the process is known
					_ = cmd.Process.Kill()
				}
			})
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			close(ready)
			err := cmd.Wait()
			if err == nil {
				break
			}
			if cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("seed %d: request %d of round %d: %v: %s", seed, at, round, err, stderr.String())
			}
			killed++
		}
		if diff := cmp.Diff(want, digestsOf(t, dir)); diff != "" {
			t.Fatalf("seed %d, after %d kills (-uninterrupted +resumed):\n%s", seed, killed, diff)
		}
	}
}
