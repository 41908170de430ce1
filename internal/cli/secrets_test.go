package cli_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/graphclient/graphsim"
)

// What a person is not to see is in no error, in no log and in no file: neither the
// token, even where the other side repeats it, nor names of people in messages.
func TestTokenStaysOut(t *testing.T) {
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		t.Fatal(err)
	}
	l := newLookAlike(t, snap, graphsim.Options{})
	_, token, _ := strings.Cut(l.env[0], "=")
	// A proxy that dumps requests into its errors, and into headers.
	var echoed atomic.Int32
	l.front(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, path := range []string{"devices", "namedLocations", "signIns", "registeredDevices"} {
				if strings.HasSuffix(r.URL.Path, path) {
					echoed.Add(1)
					w.Header().Set("request-id", r.Header.Get("Authorization"))
					w.WriteHeader(http.StatusForbidden)
					_, _ = w.Write([]byte(`{"error":{"code":"` + token + `","message":"refused ` + r.Header.Get("Authorization") + `"}}`))
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	p := newProgram(t)
	dir := filepath.Join(t.TempDir(), "snapshot")
	stdout, stderr, code := p.run(l.env, append([]string{"collect", "--out", dir, "--debug"}, l.flags...)...)
	if code != 0 || echoed.Load() == 0 || !strings.Contains(stderr, "graph request") {
		t.Fatalf("exit code %d, %d requests repeated: %s", code, echoed.Load(), stderr)
	}
	out, errs, _ := p.run(l.env, append([]string{"doctor", "--format", "json", "--debug"}, l.flags...)...)
	for _, text := range []string{stdout, stderr, out, errs} {
		// A beginning of it is bad enough.
		if strings.Contains(text, token[:40]) || strings.Contains(text, "Bearer") {
			t.Errorf("the token is in what is printed: %.2000s", text)
		}
		if strings.Contains(text, "@orrindale") {
			t.Errorf("a name is in what is printed: %s", text)
		}
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		if strings.Contains(string(text), token) {
			t.Errorf("the token is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Ctrl-C ends a run with a snapshot that opens and can be gone on with.
func TestInterruptAndResume(t *testing.T) {
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t)
	l := newLookAlike(t, snap, graphsim.Options{PageSize: 50})
	whole := filepath.Join(t.TempDir(), "whole")
	if _, stderr, code := p.run(l.env, append([]string{"collect", "--out", whole}, l.flags...)...); code != 0 {
		t.Fatal(stderr)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	cmd := exec.Command(p.path, append([]string{"collect", "--out", dir, "--checkpoint", "1ns"}, l.flags...)...)
	cmd.Env = append(os.Environ(), l.env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	ready := make(chan struct{})
	l.watch(func(n int) {
		if n == 60 {
			<-ready
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(ready)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(stderr.String(), "--resume") {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if out, _, code := p.run(nil, "snapshot", "verify", dir); code != 0 {
		t.Errorf("what is left is not whole: %s", out)
	}
	l.watch(nil)
	if _, stderr, code := p.run(l.env, append([]string{"collect", "--out", dir, "--resume"}, l.flags...)...); code != 0 {
		t.Fatal(stderr)
	}
	if diff := cmp.Diff(digestsOf(t, whole), digestsOf(t, dir)); diff != "" {
		t.Errorf("(-uninterrupted +resumed):\n%s", diff)
	}
}

// A token is for one host: whatever answers says, it goes to no other.
func TestTokenGoesToNoOtherHost(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		t.Fatal(err)
	}
	l := newLookAlike(t, snap, graphsim.Options{})
	l.front(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/devices"):
				http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
			case strings.HasSuffix(r.URL.Path, "/namedLocations"):
				_, _ = w.Write([]byte(`{"value":[],"@odata.nextLink":"` + other.URL + `/v1.0/x"}`))
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
	p := newProgram(t)
	dir := filepath.Join(t.TempDir(), "snapshot")
	if _, stderr, code := p.run(l.env, append([]string{"collect", "--out", dir}, l.flags...)...); code != 0 || asked.Load() > 0 {
		t.Errorf("exit code %d, %d requests went astray: %s", code, asked.Load(), stderr)
	}
}
