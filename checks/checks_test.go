package checks_test

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/audittest"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
)

// judged is a fixture with what all checks find in it.
type judged struct {
	snap    *snapshot.Snapshot
	results *runner.Results
}

var fixturesJudged map[string]judged

// everyFixture judges all fixtures there are, once for all tests.
func everyFixture(t *testing.T) map[string]judged {
	t.Helper()
	if fixturesJudged == nil {
		all := map[string]judged{}
		for dir, snap := range audittest.Fixtures(t, "../fixtures", ".") {
			all[dir] = judged{snap, audittest.Judge(t, snap, checks.All(), 0)}
		}
		fixturesJudged = all
	}
	return fixturesJudged
}

func TestChecksAreValid(t *testing.T) {
	if err := audit.Validate(checks.All()); err != nil {
		t.Fatal(err)
	}
}

// Every piece of evidence of every check on every fixture there is points at what
// it quotes.
func TestEvidenceResolvesEverywhere(t *testing.T) {
	findings := 0
	for dir, one := range everyFixture(t) {
		t.Run(dir, func(t *testing.T) {
			audittest.ResolveEvidence(t, one.snap, one.results.Findings)
			findings += len(one.results.Findings)
		})
	}
	if findings < 40 {
		t.Errorf("only %d findings were looked at: are the fixtures there?", findings)
	}
}

// No check fires on a healthy tenant, and none is left undecided.
func TestHealthyTenantIsClean(t *testing.T) {
	for _, snap := range audittest.Fixtures(t, "../fixtures/scenarios/healthy") {
		for _, r := range audittest.Judge(t, snap, checks.All(), 0).Checks {
			if r.Outcome != audit.Passed {
				t.Errorf("%s: %v %s", r.Check.ID, r.Outcome, r.Reason)
			}
		}
	}
}

// Findings of one run can be told apart by check and fingerprint.
func TestFingerprintsAreUnique(t *testing.T) {
	for dir, one := range everyFixture(t) {
		seen := map[string]bool{}
		for _, f := range one.results.Findings {
			key := f.Check.ID + " " + f.Fingerprint()
			if seen[key] {
				t.Errorf("%s: two findings are %s", dir, key)
			}
			seen[key] = true
		}
	}
}

// The controls a check names exist, each once.
func TestControlsExist(t *testing.T) {
	for _, c := range checks.All() {
		seen := map[string]bool{}
		for _, id := range c.Doc.Controls {
			if catalogue.ControlOf(id) == nil {
				t.Errorf("%s names the control %s, which is in no benchmark of the catalogue", c.ID, id)
			}
			if seen[id] {
				t.Errorf("%s names the control %s twice", c.ID, id)
			}
			seen[id] = true
		}
	}
}
