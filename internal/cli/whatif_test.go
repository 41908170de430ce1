package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passkeyaudit/internal/cli"
)

type verified struct {
	Schema                  string
	Asked, Refused          int
	PolicyDecisions, Agreed int
	Undecided, Outdated     int
	Differences             []map[string]any
}

func (p program) verify(code int, args ...string) (v verified, stderr string) {
	p.t.Helper()
	stdout, stderr, got := p.run(secret, append([]string{"evaluate", "--verify"}, args...)...)
	if got != code {
		p.t.Fatalf("exit code %d, want %d: %s%s", got, code, stdout, stderr)
	}
	if stdout != "" && strings.HasPrefix(stdout, "{") {
		if err := json.Unmarshal([]byte(stdout), &v); err != nil {
			p.t.Fatal(err)
		}
		if err := cli.FollowsSchema("verification", []byte(stdout)); err != nil {
			p.t.Error(err)
		}
	}
	return v, stderr
}

// The engine and the simulator's own reading of policies agree on sign-ins that are
// made up: of people whom policies treat differently, online and beside a snapshot.
func TestVerifyAgrees(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	live := p.simulate("--from", "../../fixtures/scenarios/healthy")
	v, stderr := p.verify(0, append([]string{"--format", "json"}, live...)...)
	if v.Schema != "passkeyaudit.verification/v1" || v.Asked < 4 || v.Asked%2 > 0 || v.PolicyDecisions == 0 || v.Agreed != v.PolicyDecisions || v.Outdated+v.Refused > 0 {
		t.Errorf("%+v %s", v, stderr)
	}
}

// One answer made to order contradicts the engine, and is shown.
func TestVerifyDiffers(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	dir := "../../fixtures/demo"
	policies, err := os.ReadFile(dir + "/sections/conditionalAccessPolicies.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ ID, DisplayName string }
	first, _, _ := strings.Cut(string(policies), "\n")
	if err := json.Unmarshal([]byte(first), &policy); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "answers.json")
	if err := os.WriteFile(script, []byte(`[{"policyId":"`+policy.ID+`","policyApplies":false,"analysisReasons":"users"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	live := p.simulate("--from", dir, "--what-if", script)
	signIn := append([]string{
		"--from", dir, "--user", "jonas.keller@orrindale.example", "--app", "00000002-0000-0ff1-ce00-000000000000",
		"--client-app", "browser", "--platform", "windows", "--ip", "203.0.113.9", "--country", "NL", "--device", "registered=false",
	}, live...)
	signIn[3] = someone(t, dir)
	v, _ := p.verify(1, append(signIn, "--format", "json")...)
	if len(v.Differences) != 1 || v.PolicyDecisions != v.Agreed+1 || v.Agreed < 10 {
		t.Fatalf("%+v", v)
	}
	d := v.Differences[0]
	if d["policyId"] != policy.ID || d["evaluated"] != "applies" || d["whatIf"] != "notApplied" || d["user"] != signIn[3] {
		t.Errorf("%v", d)
	}
	file := filepath.Join(t.TempDir(), "result.txt")
	p.verify(1, append(signIn, "--output", file)...)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{"What-If was asked about 1 sign-in", "1 differs from here", policy.DisplayName, "evaluated that it applies; What-If says that it does not apply because of users"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}

	// A snapshot of another tenant is not compared.
	if _, stderr := p.verify(4, append([]string{"--from", "../../fixtures/scenarios/healthy"}, live...)...); !strings.Contains(stderr, "the snapshot is of tenant") {
		t.Error(stderr)
	}
}

// someone is the user principal name of the first account of a snapshot.
func someone(t *testing.T, dir string) string {
	t.Helper()
	rows, err := os.ReadFile(dir + "/sections/users.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var user struct{ UserPrincipalName string }
	first, _, _ := strings.Cut(string(rows), "\n")
	if err := json.Unmarshal([]byte(first), &user); err != nil {
		t.Fatal(err)
	}
	return user.UserPrincipalName
}

// What-If that may not be asked is said with the permission that it takes.
func TestVerifyRefused(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	dir := "../../fixtures/demo"
	live := p.simulate("--from", dir, "--fault", "identity/conditionalAccess/evaluate=403")
	args := append([]string{"--from", dir, "--user", someone(t, dir), "--app", "00000002-0000-0ff1-ce00-000000000000"}, live...)
	if _, stderr := p.verify(4, args...); !strings.Contains(stderr, "Policy.Read.ConditionalAccess") {
		t.Error(stderr)
	}
}
