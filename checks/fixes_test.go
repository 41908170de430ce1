package checks_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
)

// What a finding says of a step is what a preview of the step's requests says.
func TestFixesArePreviews(t *testing.T) {
	compared := 0
	for name, one := range everyFixture(t) {
		t.Run(name, func(t *testing.T) {
			type counts struct{ Frees, Worsens int }
			tried := map[string]counts{}
			run := audit.NewRun(one.snap)
			for _, f := range one.results.Findings {
				for _, step := range f.Fix {
					if len(step.Edits) == 0 {
						continue
					}
					body, err := change.Batch(step.Edits)
					if err != nil {
						t.Fatal(err)
					}
					requests, err := change.Parse(body)
					if err != nil {
						t.Fatalf("%s: %v: %s", f.Check.ID, err, body)
					}
					got := counts{step.Frees, step.Worsens}
					if before, known := tried[string(body)]; known && before != got {
						t.Errorf("%s: the same requests gave %v before, now %v", f.Check.ID, before, got)
						continue
					} else if known {
						continue
					}
					tried[string(body)] = got
					compared++
					want, judged := previewed(t, run, requests)
					if judged != step.Tried() {
						t.Errorf("%s: %q was tried: %t, preview: %t", f.Check.ID, step.Change, step.Tried(), judged)
					} else if diff := cmp.Diff(want, [2]int{got.Frees, got.Worsens}); judged && diff != "" {
						t.Errorf("%s: %q: frees and worsens (-preview +fix)\n%s", f.Check.ID, step.Change, diff)
					}
				}
			}
		})
	}
	if compared < 50 {
		t.Errorf("only %d steps were compared: are the fixtures there?", compared)
	}
}

func previewed(t *testing.T, run *audit.Run, requests []change.Request) (counts [2]int, judged bool) {
	t.Helper()
	applied, err := change.Apply(t.Context(), run.Snapshot(), requests)
	if _, refused := errors.AsType[*change.Error](err); refused {
		return counts, false
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := preview.Compare(t.Context(), run, applied.Snapshot, bootstrap.Options{World: bootstrap.Today})
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return counts, false
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.People.Gains {
		if bootstrap.Closed(a.Before) && bootstrap.Open(a.After) {
			counts[0]++
		}
	}
	counts[1] = len(p.People.Loses) + len(p.People.Worsens)
	return counts, true
}
