package access_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// evaluator is what is used, on one snapshot.
type evaluator struct {
	t        *rapid.T
	compiled *access.Compiled
	dir      *population.Directory
}

// open writes the tenant as a snapshot and compiles its policies.
func (n *naiveTenant) open(tb testing.TB, t *rapid.T) *evaluator {
	var tenant factstest.Tenant
	for section, rows := range n.sections {
		var lines []string
		for _, row := range rows {
			lines = append(lines, string(entra.MustEncode(row)))
		}
		tenant = tenant.With(snapshot.SectionID(section), lines...)
	}
	for _, section := range []string{"users", "groups", "groupMembers", "roleAssignments", "namedLocations", "authenticationStrengthPolicies", "conditionalAccessPolicies"} {
		id := snapshot.SectionID(section)
		switch state := n.states[section]; {
		case state == "" && n.sections[section] == nil:
			tenant = tenant.With(id)
		case state == "partial" && section == "groupMembers" && len(n.incompleteIDs) > 0:
			tenant = tenant.Entry(id, fmt.Sprintf(`{"state":"partial","incompleteIds":%s}`, entra.MustEncode(n.incompleteIDs)))
		case state == "partial" && n.sections[section] == nil:
			tenant = tenant.With(id).Entry(id, `{"state":"partial"}`)
		case state != "":
			tenant = tenant.Entry(id, fmt.Sprintf(`{"state":%q}`, state))
		}
	}
	run := tenant.Run(tb)
	return &evaluator{t, get(tb, t, run, access.Policies), get(tb, t, run, population.Users)}
}

func get[T any](tb testing.TB, t *rapid.T, run *audit.Run, fact *audit.Fact[T]) T {
	value, err := audit.Evaluate(tb.Context(), run, fact)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (e *evaluator) decide(scenario object) conditionalaccess.DecisionShape {
	s, err := conditionalaccess.ParseScenario(entra.MustEncode(scenario))
	if err != nil {
		e.t.Fatalf("%v: %v", scenario, err)
	}
	ordinal, found := e.dir.Find(s.User)
	if !found {
		e.t.Fatalf("no user %s", s.User)
	}
	return e.compiled.Evaluate(&s.SignIn, e.compiled.Users(ordinal)).Shape(s.ID)
}

func show(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// explain prints what is needed to see a disagreement.
func (n *naiveTenant) explain(scenario object, only ...int) string {
	var b strings.Builder
	for section, rows := range n.sections {
		if section == "conditionalAccessPolicies" && len(only) > 0 {
			rows = []object{rows[only[0]]}
		}
		fmt.Fprintf(&b, "%s %s: %s\n", section, n.states[section], entra.MustEncode(rows))
	}
	fmt.Fprintf(&b, "states %v incomplete %v\nscenario %s", n.states, n.incompleteIDs, entra.MustEncode(scenario))
	return b.String()
}

// compare holds the evaluator to the naive one.
func compare(tb testing.TB, t *rapid.T) {
	n := drawTenant(t)
	e := n.open(tb, t)
	for range 2 {
		scenario := dice{t}.scenario(n)
		got := e.decide(scenario)
		verdict, traces := naiveDecide(n, scenario)
		for i, want := range traces {
			p := got.Policies[i]
			if p.Applies != string(want.applies) || !slices.Equal(p.Because, want.because) || p.Satisfied != string(want.satisfied) {
				t.Fatalf("got %s\nwant applies %s because %v satisfied %s\n%s", show(p), want.applies, want.because, want.satisfied, n.explain(scenario, i))
			}
		}
		if got.Verdict != verdict {
			t.Fatalf("got %s\nwant %s\n%s", show(got), verdict, n.explain(scenario))
		}
	}
}

func TestEvaluators(t *testing.T) {
	for range 8 { // rare constellations need more than the usual number of tries
		rapid.Check(t, func(rt *rapid.T) { compare(t, rt) })
	}
}
