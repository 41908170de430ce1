package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/internal/cli"
)

// program runs the command as processes of its own.
type program struct {
	t    *testing.T
	path string
}

// newProgram puts the test binary under the command's name: started so, it is the
// command.
func newProgram(t *testing.T) program {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links and interrupts differ")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "passkeyaudit")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return program{t, path}
}

func (p program) run(env []string, args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	cmd := exec.Command(p.path, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		p.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// simulate starts a look-alike and returns the flags that lead to it.
func (p program) simulate(args ...string) (flags []string) {
	p.t.Helper()
	cmd := exec.Command(p.path, append([]string{"simulate"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(out)
	for len(values) < 4 && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		values[name] = value
	}
	p.t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			p.t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("an interrupted simulate ends with %v: %s", err, errs.String())
		}
		if _, err := os.Stat(values["ca-file"]); err == nil {
			p.t.Errorf("the temporary certificate %s is still there", values["ca-file"])
		}
	})
	for _, name := range []string{"graph-url", "authority-url", "ca-file", "tenant-id"} {
		if values[name] == "" {
			p.t.Fatalf("simulate does not print %s: %v %s", name, values, errs.String())
		}
		flags = append(flags, "--"+name, values[name])
	}
	return append(flags, "--client-id", "any", "--auth", "client-secret", "--limits", "none")
}

// comparable drops from a report what may differ between two runs on the same
// data: the program itself, and where rows cannot be the same the digest and what
// hangs on that.
func comparable(t *testing.T, text string, digest bool) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	delete(doc, "tool")
	if !digest {
		delete(doc["snapshot"].(map[string]any), "digest")
		// Closed rows do not show that somebody is in scope through a group inside another,
		// which lowers the certainty of what rests on it.
		for _, f := range doc["findings"].([]any) {
			delete(f.(map[string]any), "certainty")
		}
	}
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

var secret = []string{"AZURE_CLIENT_SECRET=some-secret"}

// A live run on the look-alike of a snapshot reports what an offline run on the
// snapshot reports: every tenant there is, over TLS, with a token from a real
// sign-in.
func TestLiveEqualsOffline(t *testing.T) {
	p := newProgram(t)
	tenants, err := filepath.Glob("../../fixtures/scenarios/*")
	if err != nil || len(tenants) == 0 {
		t.Fatal("no scenarios", err)
	}
	tenants = append(tenants, "../../fixtures/demo")
	for _, dir := range tenants {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			p := program{t, p.path}
			live := p.simulate("--from", dir)
			saved := filepath.Join(t.TempDir(), "saved")
			got, stderr, code := p.run(secret, append([]string{"audit", "--format", "json", "--sample", "all", "--save", saved}, live...)...)
			want, _, wantCode := p.run(nil, "audit", "--format", "json", "--sample", "all", "--from", dir)
			if code != wantCode {
				t.Errorf("exit code %d, offline %d: %s", code, wantCode, stderr)
			}
			// Rows of direct members come back closed over nested groups.
			digest := !slices.Contains([]string{"nested-groups", "demo"}, filepath.Base(dir))
			if diff := cmp.Diff(comparable(t, want, digest), comparable(t, got, digest)); diff != "" {
				t.Errorf("(-offline +live):\n%s", diff)
			}
			again, _, _ := p.run(nil, "audit", "--format", "json", "--sample", "all", "--from", saved)
			if again != got {
				t.Error("judging the saved snapshot again gives something else")
			}
			if strings.Contains(stderr, "some-secret") || strings.Contains(stderr, "@") {
				t.Errorf("standard error names what it must not: %s", stderr)
			}
		})
	}
}

// A change tried on the look-alike of a snapshot does what it does on the snapshot.
func TestLivePreviewEqualsOffline(t *testing.T) {
	p := newProgram(t)
	live := p.simulate("--demo")
	ask := []string{"preview", "--require", "phishing-resistant", "--for", "all", "--fail-on-loss", "--format", "json"}
	got, stderr, code := p.run(secret, append(slices.Clone(ask), live...)...)
	want, _, wantCode := p.run(nil, append(slices.Clone(ask), "--demo")...)
	if code != wantCode || code != 1 {
		t.Errorf("exit code %d, offline %d, want 1: %s", code, wantCode, stderr)
	}
	if diff := cmp.Diff(comparablePreview(t, want), comparablePreview(t, got)); diff != "" {
		t.Errorf("%s\n(-offline +live):\n%s", stderr, diff)
	}
}

// comparablePreview drops what two runs on the same data may differ in.
func comparablePreview(t *testing.T, text string) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(doc["loses"].([]any)) == 0 {
		t.Fatalf("nobody loses anything: %s", text)
	}
	delete(doc, "tool")
	// Rows of groups are closed over groups inside: the digest differs.
	delete(doc["snapshot"].(map[string]any), "digest")
	delete(doc["change"].(map[string]any), "digest")
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Chosen checks are judged on what they read, and nothing else is fetched: what they
// find is what they find in everything.
func TestLiveChecksReadOnlyWhatTheyNeed(t *testing.T) {
	cli.SkipUnderRace(t)
	p := newProgram(t)
	live := p.simulate("--demo")
	for _, family := range []string{"scope", "attestation", "posture"} {
		saved := filepath.Join(t.TempDir(), "saved")
		got, stderr, code := p.run(secret, append([]string{"audit", "--checks", family, "--format", "json", "--sample", "all", "--save", saved}, live...)...)
		want, _, wantCode := p.run(nil, "demo", "--checks", family, "--format", "json", "--sample", "all")
		if code != wantCode {
			t.Errorf("%s: exit code %d, offline %d: %s", family, code, wantCode, stderr)
		}
		var docs [2]map[string]any
		for i, text := range []string{got, want} {
			if err := json.Unmarshal([]byte(comparable(t, text, false)), &docs[i]); err != nil {
				t.Fatal(err)
			}
			delete(docs[i], "snapshot")
			// Nobody asked for logs.
			delete(docs[i], "engine")
			delete(docs[i], "logs")
			dropTrials(docs[i])
		}
		if diff := cmp.Diff(docs[1], docs[0]); diff != "" {
			t.Errorf("%s (-offline +live):\n%s", family, diff)
		}
		out, _, _ := p.run(nil, "snapshot", "info", saved)
		if !strings.Contains(out, "not asked for") {
			t.Errorf("%s: everything was fetched: %s", family, out)
		}
	}
}

// dropTrials takes out of findings what became of their steps when they were tried: that
// takes more than the checks read.
func dropTrials(doc map[string]any) {
	for _, f := range doc["findings"].([]any) {
		for _, step := range f.(map[string]any)["fix"].([]any) {
			for _, member := range []string{"tried", "untried", "frees", "worsens", "unsure"} {
				delete(step.(map[string]any), member)
			}
		}
	}
}

// Throttling, faults and a slow page change nothing but the time it takes.
func TestLiveUnderFaults(t *testing.T) {
	cli.SkipUnderRace(t)
	p := newProgram(t)
	live := p.simulate("--demo", "--throttle", "60", "--fault", "users=503*1;retry-after=0", "--fault", "auditLogs/signIns=truncate*1")
	got, stderr, _ := p.run(secret, append([]string{"audit", "--format", "json"}, live...)...)
	want, _, _ := p.run(nil, "demo", "--format", "json")
	if diff := cmp.Diff(comparable(t, want, false), comparable(t, got, false)); diff != "" {
		t.Errorf("%s\n(-offline +live):\n%s", stderr, diff)
	}
}

// A live run leaves nothing behind unless it was told to.
func TestLiveRunRemovesItsSnapshot(t *testing.T) {
	p := newProgram(t)
	temp := t.TempDir()
	live := p.simulate("--demo")
	_, stderr, code := p.run(append(secret, "TMPDIR="+temp), append([]string{"audit", "-q"}, live...)...)
	if code != 1 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestCollect(t *testing.T) {
	p := newProgram(t)
	live := p.simulate("--demo")
	dir := filepath.Join(t.TempDir(), "snapshot")
	stdout, stderr, code := p.run(secret, append([]string{"collect", "--out", dir}, live...)...)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "23 complete") {
		t.Fatalf("exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
	if out, _, code := p.run(nil, "snapshot", "verify", dir); code != 0 {
		t.Errorf("what was collected is not whole: %s", out)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := p.run(secret, append([]string{"collect", "--out", dir}, live...)...); code != 4 || !strings.Contains(stderr, "not empty") {
		t.Errorf("a second run into the same folder: exit code %d: %s", code, stderr)
	}
}

// One user, live: the snapshot says that it is narrowed, and nothing is claimed
// about the tenant.
func TestCollectOneUser(t *testing.T) {
	p := newProgram(t)
	live := p.simulate("--demo")
	line, err := os.ReadFile("../../fixtures/demo/sections/users.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var user struct{ UserPrincipalName, ID string }
	if err := json.Unmarshal(bytes.SplitN(line, []byte("\n"), 2)[0], &user); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "one")
	_, stderr, code := p.run(secret, append([]string{"collect", "--out", dir, "--user", user.UserPrincipalName}, live...)...)
	if code != 0 || strings.Contains(stderr, user.UserPrincipalName) {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	out, _, _ := p.run(nil, "snapshot", "info", dir)
	if !strings.Contains(out, "scope    user "+user.ID) {
		t.Errorf("got %s", out)
	}
	report, _, _ := p.run(nil, "audit", "--from", dir, "--format", "json")
	if strings.Contains(report, `"accounts"`) || strings.Contains(report, `"outcome": "passed"`) && strings.Contains(report, `"id": "PK-SCOPE-004",`+"\n      \"outcome\": \"passed\"") {
		t.Errorf("a snapshot of one user counts the tenant: %s", report)
	}
	if _, stderr, code := p.run(secret, append([]string{"collect", "--out", dir + "2", "--user", "nobody@contoso.example"}, live...)...); code != 4 || !strings.Contains(stderr, "no such user") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A wrong secret is explained, and the secret is not repeated.
func TestWrongSecret(t *testing.T) {
	p := newProgram(t)
	live := p.simulate("--demo", "--client-secret", "right")
	stdout, stderr, code := p.run(secret, append([]string{"audit"}, live...)...)
	if code != 4 || stdout != "" || !strings.Contains(stderr, "AADSTS7000215") || strings.Contains(stderr, "some-secret") {
		t.Errorf("exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
}
