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
	"passkeyaudit/audit/tri"
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
		case section == "groups" && n.notFound != nil:
			tenant = n.withNotFound(tenant)
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

// withNotFound says of which groups Graph answered that there are none.
func (n *naiveTenant) withNotFound(tenant factstest.Tenant) factstest.Tenant {
	state := n.states["groups"]
	if state == "" {
		state = "complete"
	}
	if n.sections["groups"] == nil && (state == "complete" || state == "partial") {
		tenant = tenant.With(snapshot.Groups)
	}
	return tenant.Entry(snapshot.Groups, fmt.Sprintf(`{"state":%q,"notFound":%s}`, state, entra.MustEncode(n.notFound)))
}

func get[T any](tb testing.TB, t *rapid.T, run *audit.Run, fact *audit.Fact[T]) T {
	value, err := audit.Evaluate(tb.Context(), run, fact)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (e *evaluator) decide(scenario object) conditionalaccess.DecisionShape {
	d, s := e.decision(scenario)
	return d.Shape(s.ID)
}

func (e *evaluator) decision(scenario object) (*conditionalaccess.Decision, conditionalaccess.Scenario) {
	s, err := conditionalaccess.ParseScenario(entra.MustEncode(scenario))
	if err != nil {
		e.t.Fatalf("%v: %v", scenario, err)
	}
	ordinal, found := e.dir.Find(s.User)
	if !found {
		e.t.Fatalf("no user %s", s.User)
	}
	return e.compiled.Evaluate(&s.SignIn, e.compiled.Users(ordinal)), s
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
		d, s := e.decision(scenario)
		got, want := d.Shape(s.ID), naiveDecide(n, scenario)
		for i, trace := range want.traces {
			if p := got.Policies[i]; !trace.is(p) {
				t.Fatalf("got %s\nwant %+v\n%s", show(p), trace, n.explain(scenario, i))
			}
		}
		if got.Verdict != want.verdict || !slices.Equal(got.Needs, want.needs) {
			t.Fatalf("got %s\nwant %s, needs %q\n%s", show(got), want.verdict, want.needs, n.explain(scenario))
		}
		for range 3 {
			could := dice{t}.table()
			can := d.CanMeet(&s.SignIn, func(mode string) tri.Value {
				return map[three]tri.Value{yes: tri.Yes, no: tri.No, unknown: tri.Unsure}[could[mode]]
			})
			if can := three(can.String()); can != n.canMeet(want.traces, scenario, could) {
				t.Fatalf("can meet: got %s, want %s\n%v\n%s", can, n.canMeet(want.traces, scenario, could), could, n.explain(scenario))
			}
		}
	}
}

// is tells whether a policy came out like this. In which order unknown things are
// named nobody promises.
func (w naiveTrace) is(p conditionalaccess.PolicyShape) bool {
	unmet := []string{}
	if p.Unmet != nil {
		unmet = *p.Unmet
	}
	return p.Applies == string(w.applies) && slices.Equal(p.Because, w.because) && p.Satisfied == string(w.satisfied) &&
		slices.Equal(unmet, w.unmet) && (p.Unmet == nil) == (w.applies == no) &&
		slices.Equal(slices.Sorted(slices.Values(p.Unknown)), slices.Sorted(slices.Values(w.unknown)))
}

func TestEvaluators(t *testing.T) {
	check(t, 20, func(rt *rapid.T) { compare(t, rt) }) // rare constellations need many tries
}
