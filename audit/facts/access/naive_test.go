package access_test

// An evaluator of Conditional Access as slow and as plain as the rules are
// written, to hold against the one that is used. It works on decoded JSON and
// shares nothing with it but the grammar of device filters. Keys such as USR
// name the source of a rule; docs/conditional-access.md says what they stand for.

import (
	"slices"
	"strings"
)

type object = map[string]any

// three is "yes", "no" or "unknown".
type three string

const (
	yes     three = "yes"
	no      three = "no"
	unknown three = "unknown"
)

func truth(b bool) three {
	if b {
		return yes
	}
	return no
}

func anyOf(list ...three) three {
	switch {
	case slices.Contains(list, yes):
		return yes
	case slices.Contains(list, unknown):
		return unknown
	default:
		return no
	}
}

func allOf(list ...three) three {
	switch {
	case slices.Contains(list, no):
		return no
	case slices.Contains(list, unknown):
		return unknown
	default:
		return yes
	}
}

func opposite(t three) three { return map[three]three{yes: no, no: yes, unknown: unknown}[t] }

// same is the answer on which all agree.
func same(list []three) three {
	for _, t := range list {
		if t != list[0] {
			return unknown
		}
	}
	return list[0]
}

// naiveTenant is a snapshot, decoded. A section that is not in states is complete.
type naiveTenant struct {
	sections      map[string][]object
	states        map[string]string
	incompleteIDs []string
	notFound      []string // groups that Graph answered with 404
}

func (n *naiveTenant) complete(section string) bool { return n.states[section] == "" }

// naiveTrace is what one policy does in one sign-in.
type naiveTrace struct {
	applies   three
	because   []string
	satisfied three // empty where the policy does not apply
	unmet     []string
	unknown   []string
}

// naiveDecision is what a sign-in comes to.
type naiveDecision struct {
	verdict string
	needs   []string
	traces  []naiveTrace
}

// naiveDecide follows "how a verdict follows": the sign-in is judged twice, once
// with every unknown as kind as possible and once as harsh as possible.
func naiveDecide(n *naiveTenant, scenario object) naiveDecision {
	var d naiveDecision
	for _, p := range n.sections["conditionalAccessPolicies"] {
		d.traces = append(d.traces, n.trace(p, scenario))
	}
	kind, harsh := n.worst(d.traces, scenario, false), n.worst(d.traces, scenario, true)
	d.verdict = "undetermined"
	if kind == harsh {
		d.verdict = []string{"granted", "needs", "blocked"}[kind]
	}
	if d.verdict == "needs" || d.verdict == "undetermined" {
		d.needs = n.needs(d.traces, scenario)
	}
	return d
}

// worst: refused by any applicable policy, else open by any, else met. Policies
// that were not read may do anything.
func (n *naiveTenant) worst(traces []naiveTrace, scenario object, harsh bool) int {
	worst := 0
	if harsh && !n.complete("conditionalAccessPolicies") {
		worst = 2
	}
	for i, p := range n.sections["conditionalAccessPolicies"] {
		switch state(p) {
		case "disabled", "reportonly":
			continue
		}
		if traces[i].applies == yes || traces[i].applies == unknown && harsh {
			worst = max(worst, n.grantLevel(p, scenario, harsh))
		}
	}
	return worst
}

// state: only enabled policies decide; report-only ones are traced (RPT, CSDL).
func state(p object) string {
	switch s := strings.ToLower(text(p, "state")); s {
	case "enabled", "disabled":
		return s
	case "enabledforreportingbutnotenforced":
		return "reportonly"
	default:
		return "unknown"
	}
}

// trace: no if any condition is no, else unknown if any is unknown, else yes.
func (n *naiveTenant) trace(p, scenario object) naiveTrace {
	if state(p) == "disabled" {
		return naiveTrace{applies: no, because: []string{"state"}}
	}
	target, kind := targetCondition(p, scenario)
	conditions := []struct {
		name   string
		answer three
	}{
		{"users", n.usersCondition(p, scenario)},
		{kind, target},
		{"clientAppTypes", clientAppCondition(p, scenario)},
		{"platforms", platformCondition(p, scenario)},
		{"locations", n.locationCondition(p, scenario)},
		{"devices", deviceCondition(p, scenario)},
		{"signInRisk", riskCondition(p, scenario, "signInRiskLevels", "signInRisk", "none", "low", "medium", "high", "hidden")},
		{"userRisk", riskCondition(p, scenario, "userRiskLevels", "userRisk", "none", "low", "medium", "high", "hidden")},
		{"insiderRisk", riskCondition(p, scenario, "insiderRiskLevels", "insiderRisk", "none", "minor", "moderate", "elevated")},
		{"authenticationFlows", flowCondition(p, scenario)},
	}
	answers := []three{}
	if len(unmodelledMembers(p)) > 0 { // anything unmodelled is unknown
		answers = append(answers, unknown)
	}
	if state(p) == "unknown" {
		answers = append(answers, unknown)
	}
	// What a condition says beside what is modelled may say yes.
	parts := []string{"users", "applications", "", "platforms", "locations", "devices", "", "", "", "authenticationFlows"}
	for i, part := range parts {
		if conditions[i].answer == no && len(strangers(child(p, "conditions", part), part)) > 0 && part != "" {
			conditions[i].answer = unknown
		}
	}
	var t naiveTrace
	for _, c := range conditions {
		answers = append(answers, c.answer)
		if c.answer == no {
			t.because = append(t.because, c.name)
		}
	}
	if t.applies = allOf(answers...); t.applies == no {
		return t
	}
	for _, c := range conditions {
		if c.answer == unknown {
			t.unknown = append(t.unknown, c.name)
		}
	}
	if state(p) == "unknown" {
		t.unknown = append(t.unknown, "state")
	}
	t.unknown = append(t.unknown, unmodelledMembers(p)...)
	kind0, harsh := n.grantLevel(p, scenario, false), n.grantLevel(p, scenario, true)
	switch {
	case harsh == 0:
		t.satisfied = yes
	case kind0 > 0:
		t.satisfied = no
	default:
		t.satisfied = unknown
	}
	for _, i := range n.items(p["grantControls"], scenario) {
		switch {
		case t.satisfied == yes || i.level == met: // nothing stands in the way
		case i.level == unjudged:
			t.unknown = append(t.unknown, i.name)
		default:
			t.unmet = append(t.unmet, i.name)
		}
	}
	return t
}

// Reading of decoded JSON: what is absent, null or of another type is empty.

func child(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

func text(v any, path ...string) string {
	s, _ := child(v, path...).(string)
	return s
}

func texts(v any, path ...string) []string {
	var list []string
	elements, _ := child(v, path...).([]any)
	for _, e := range elements {
		s, _ := e.(string)
		list = append(list, s)
	}
	return list
}

// flags are members joined by commas, or a list.
func flags(v any, path ...string) []string {
	list := texts(v, path...)
	if s := text(v, path...); s != "" {
		list = strings.Split(s, ",")
	}
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func listed(list []string, value string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, value) })
}

// given tells whether a scenario has a member; Graph's word for a newer value says
// nothing.
func given(scenario object, member string) bool {
	v := scenario[member]
	return v != nil && v != "unknownFutureValue"
}

// completions are the scenario with every value that a missing member could have.
func completions(scenario object, member string, values ...string) []object {
	if given(scenario, member) {
		return []object{scenario}
	}
	var all []object
	for _, v := range values {
		o := object{}
		for name, value := range scenario {
			o[name] = value
		}
		o[member] = v
		all = append(all, o)
	}
	return all
}
