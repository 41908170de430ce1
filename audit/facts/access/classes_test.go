package access_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
)

// What is decided for a class is what would be decided for each of its members, and
// every enabled account is in one class.
func TestClassesDecideForEverybody(t *testing.T) {
	run := benchTenant(400).Run(t)
	dir := factstest.Get(t, run, population.Users)
	classed := factstest.Get(t, run, access.Classes)
	if len(classed.List) < 20 || len(classed.List) > 400 {
		t.Fatalf("%d classes: the tenant tests nothing", len(classed.List))
	}
	scenarios := benchScenarios()
	decided, err := classed.Decide(context.Background(), scenarios)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	verdicts := map[conditionalaccess.Verdict]bool{}
	for i, d := range decided {
		people := 0
		for k, class := range classed.List {
			for n := range class.Members.All() {
				alone := classed.Evaluate(&scenarios[i].SignIn, classed.Users(n))
				verdicts[alone.Verdict] = true
				if diff := cmp.Diff(alone.Shape(""), d.Decisions[k].Shape("")); diff != "" {
					t.Fatalf("%s, account %d (-alone +class):\n%s", d.Scenario.Name, n, diff)
				}
				people++
			}
		}
		counts := classed.People(d, dir.Enabled)
		total := 0
		for _, n := range counts {
			total += n
		}
		if people != dir.Enabled.Count() || total != people {
			t.Errorf("%s: %d people in classes, %d counted, %d in the tenant", d.Scenario.Name, people, total, dir.Enabled.Count())
		}
		seen += people
	}
	if seen == 0 || len(verdicts) < 2 {
		t.Errorf("%d decisions with verdicts %v test nothing", seen, verdicts)
	}
}

func TestDecideStopsWhenTold(t *testing.T) {
	run := benchTenant(100).Run(t)
	classed := factstest.Get(t, run, access.Classes)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := classed.Decide(ctx, benchScenarios()); err == nil {
		t.Error("no error")
	}
}
