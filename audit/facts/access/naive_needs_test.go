package access_test

import (
	"slices"
	"strings"
)

// needs lists what is open by policies that certainly decide: all of it under AND,
// under OR the ways out. Each need stands once, in the order of policies.
func (n *naiveTenant) needs(traces []naiveTrace, scenario object) []string {
	var list []string
	for i, p := range n.sections["conditionalAccessPolicies"] {
		if state(p) != "enabled" || traces[i].applies != yes || n.grantLevel(p, scenario, false) != open {
			continue
		}
		var names []string
		for _, i := range n.items(p["grantControls"], scenario) {
			if i.level == open {
				names = append(names, i.name)
			}
		}
		if !strings.EqualFold(text(p, "grantControls", "operator"), "AND") {
			names = []string{strings.Join(names, "|")}
		}
		for _, name := range names {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// canMeet tells whether somebody could do everything that may be asked for: what was
// used counts as usable, what is met needs nothing, what is refused is out of reach.
func (n *naiveTenant) canMeet(traces []naiveTrace, scenario object, could table) three {
	able := table{}
	for mode, answer := range could {
		if able[mode] = answer; listed(texts(scenario, "using"), mode) {
			able[mode] = yes
		}
	}
	answers := []three{yes}
	for i, p := range n.sections["conditionalAccessPolicies"] {
		s := state(p)
		if s == "disabled" || s == "reportonly" || traces[i].applies == no || traces[i].satisfied == yes {
			continue
		}
		answer := n.grantWithinReach(p["grantControls"], scenario, able)
		if s != "enabled" || traces[i].applies == unknown { // perhaps nothing is asked for
			answer = anyOf(answer, unknown)
		}
		answers = append(answers, answer)
	}
	return allOf(answers...)
}

func (n *naiveTenant) grantWithinReach(g any, scenario object, could table) three {
	var answers []three
	for _, i := range n.items(g, scenario) {
		switch i.level {
		case met:
			answers = append(answers, yes)
		case open:
			answers = append(answers, i.able(could))
		case refused:
			answers = append(answers, no)
		default: // perhaps it is met
			answers = append(answers, anyOf(unknown, i.able(could)))
		}
	}
	switch operator := strings.ToUpper(text(g, "operator")); {
	case operator == "AND":
		return allOf(answers...)
	case operator == "OR" || len(answers) == 1:
		return anyOf(answers...)
	default: // either
		return same([]three{allOf(answers...), anyOf(answers...)})
	}
}
