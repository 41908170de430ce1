package investigate_test

import (
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/snapshot"
)

// TestOrphans: what the facts say of passkeys that have come apart is said in full: every
// step of a chain is evidence, in order of time; a verdict on it is no surer than the
// case, names the other explanations, and asks.
func TestOrphans(t *testing.T) {
	judged := map[string]bool{}
	stories(t, func(t *testing.T, snap *snapshot.Snapshot, want []string) {
		for _, line := range want {
			flags, _, _ := strings.Cut(line, " | ")
			name, a := answers(t, flags)
			in := investigate.Judge(dossier(t, snap, name), a)
			i := slices.IndexFunc(in.Hypotheses, func(h investigate.Hypothesis) bool { return h.Number == 5 })
			h := &in.Hypotheses[i]
			for _, o := range in.Orphans {
				if len(o.Evidence) != len(o.Chain) {
					t.Errorf("%s: %s has %d steps and %d pieces of evidence", flags, o.Cause, len(o.Chain), len(o.Evidence))
				}
				at := -1
				ordered := true
				for _, e := range o.Evidence {
					next := slices.IndexFunc(h.Evidence, func(p investigate.Proof) bool { return p.Object == e.Object && p.Means == e.Means })
					ordered = ordered && next > at
					at = next
				}
				if !ordered || o.Certainty == audit.Confirmed {
					continue // another case is what the verdict rests on
				}
				judged[string(o.Cause)] = true
				if h.Verdict == investigate.Confirmed || h.Verdict == investigate.Likely && o.Certainty < audit.Likely {
					t.Errorf("%s: %s is %s, and the verdict %s", flags, o.Cause, o.Certainty, h.Verdict)
				}
				if !slices.Equal(h.Competing, o.Competing) || len(h.Competing) == 0 || len(h.Questions) == 0 {
					t.Errorf("%s: %s: other explanations %q, questions %v", flags, o.Cause, h.Competing, h.Questions)
				}
			}
		}
	})
	for _, cause := range []string{"deleted", "unexplained", "appDeleted", "phoneMissing", "notUsed", "halfFinished"} {
		if !judged[cause] {
			t.Errorf("nobody is judged by %s", cause)
		}
	}
}
