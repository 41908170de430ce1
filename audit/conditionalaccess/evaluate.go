package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/tri"
)

// Verdict is what a sign-in comes to.
type Verdict uint8

const (
	// Undetermined: it depends on what is not known.
	Undetermined Verdict = iota
	Granted
	Needs   // something interactive is still to be met
	Blocked // some policy cannot be met
)

var verdictNames = []string{"undetermined", "granted", "needs", "blocked"}

func (v Verdict) String() string { return verdictNames[v] }

func verdictOf(l level) Verdict { return [...]Verdict{Granted, Needs, Blocked}[l] }

// Decision is a verdict with the reasons.
type Decision struct {
	Verdict  Verdict
	Policies []Trace // in the order of the set
	// Needs lists what is open: controls, alternatives joined by "|".
	Needs []string
	// Unknown names the members of the sign-in whose value could change the
	// verdict.
	Unknown []Member
	// Incomplete is true where policies may be missing from the set. Then no sign-in
	// is granted, and one may be blocked without a reason being shown.
	Incomplete bool
}

// Trace is what one policy did.
type Trace struct {
	Policy  *Policy
	Applies tri.Value
	// Because lists the conditions that exclude the policy, in their order; for a
	// disabled policy it is empty and Off is set.
	Because []Condition
	Off     bool
	// Unsure lists conditions that could not be answered, where the policy may apply.
	Unsure []Condition
	// Satisfied and Unmet say how its controls stand, where it applies or may.
	Satisfied tri.Value
	Unmet     []string
	// UnknownControls names controls that could not be judged.
	UnknownControls []string

	standing standing
	hangs    []members // of every unsure condition: the members it hangs on
}

// Refused tells whether the controls cannot be met in the sign-in, whatever the person
// does: a block, or a device or app that fails. What is open is not refused.
func (t *Trace) Refused() tri.Value {
	switch {
	case t.standing.best == refused:
		return tri.Yes
	case t.standing.worst == refused:
		return tri.Unsure
	default:
		return tri.No
	}
}

// Evaluate judges a sign-in. users says of the i-th policy of the set whether its
// user assignment reaches whoever signs in.
func (s *Set) Evaluate(in *SignIn, users func(i int) tri.Value) *Decision {
	d := &Decision{Policies: make([]Trace, len(s.Policies)), Incomplete: !s.complete}
	for i, p := range s.Policies {
		d.Policies[i] = p.trace(in, users(i))
	}
	kind, harsh := d.level(false), d.level(true)
	if kind == harsh {
		d.Verdict = verdictOf(kind)
	}
	if d.Verdict == Needs || d.Verdict == Undetermined {
		d.Needs = d.open()
	}
	if d.Verdict == Undetermined {
		d.Unknown = d.matters(in)
	}
	return d
}

// trace judges one policy: no if any condition is no, else unknown if any is
// unknown, else yes.
func (p *Policy) trace(in *SignIn, users tri.Value) Trace {
	t := Trace{Policy: p, Applies: tri.Yes}
	if p.State == Disabled {
		t.Applies, t.Off = tri.No, true
		return t
	}
	kind, target := p.target.match(in)
	for c := range conditionCount {
		a := answer{value: users}
		if c != Users {
			a = p.answer(in, c, kind, target)
		} else if users == tri.No && p.strange[Users] {
			a = unsure
		}
		switch a.value {
		case tri.No:
			t.Because = append(t.Because, c)
		case tri.Unsure:
			t.Unsure = append(t.Unsure, c)
			t.hangs = append(t.hangs, a.needs)
		}
	}
	switch {
	case len(t.Because) > 0:
		t.Applies, t.Unsure, t.hangs = tri.No, nil, nil
		return t
	case len(t.Unsure) > 0:
		t.Applies = tri.Unsure
	}
	t.standing = p.grant.judge(in)
	switch {
	case t.standing.worst == met:
		t.Satisfied = tri.Yes
	case t.standing.best != met:
		t.Satisfied = tri.No
	}
	p.unmet(in, &t)
	return t
}

// answer is what a condition other than Users says, given what the target says. What
// is not modelled may say yes where the rest says no.
func (p *Policy) answer(in *SignIn, c, kind Condition, target answer) answer {
	a, strange := yes, p.strange[c]
	switch {
	case c == kind:
		a, strange = target, p.strange[Applications]
	case p.tests[c] != nil:
		a = p.tests[c](in)
	}
	if a.value == tri.No && strange {
		return unsure
	}
	return a
}

// unmet names the controls that stand in the way: all that are not met, or none
// where one that is met is enough.
func (p *Policy) unmet(in *SignIn, t *Trace) {
	for i := range p.grant.controls {
		c := &p.grant.controls[i]
		switch st := c.judge(in); {
		case !st.certain():
			t.UnknownControls = append(t.UnknownControls, c.name)
		case st.best != met && t.Satisfied != tri.Yes:
			t.Unmet = append(t.Unmet, c.name)
		}
	}
	if t.Satisfied == tri.Yes {
		t.UnknownControls = nil
	}
}

// Assumptions names what a decision takes for granted because Graph does not show
// it: that the tenant has no trusted addresses in legacy multifactor settings,
// where a policy asks for trusted places; that requests for basic scopes are
// evaluated (BAS, concept-enforcement-resource-exclusions, 2026-05-27), where a
// policy excludes resources; and that the control approvedApplication, announced to
// retire in March 2026, still works (GRT, 2026-03-24).
func (s *Set) Assumptions() []string {
	var list []string
	add := func(name string, of func(*Policy) bool) {
		if slices.ContainsFunc(s.Policies, func(p *Policy) bool { return p.State != Disabled && of(p) }) {
			list = append(list, name)
		}
	}
	add("mfaTrustedIPs: none", func(p *Policy) bool { return p.trusted })
	add("baselineScopeEnforcement: on", func(p *Policy) bool { return p.target.all && len(p.target.exclude)+len(p.target.suitesEx) > 0 })
	standing := "approvedApplication: not yet retired"
	if s.retired {
		standing = "approvedApplication: retired"
	}
	add(standing, func(p *Policy) bool { return p.approved })
	return list
}

// enforced tells whether a policy decides. One whose state is not known may.
func (p *Policy) enforced() tri.Value {
	switch p.State {
	case Enabled:
		return tri.Yes
	case StateUnknown:
		return tri.Unsure
	default:
		return tri.No
	}
}

// level is the worst of all policies that decide, with every unknown as kind or as
// harsh as possible.
func (d *Decision) level(harsh bool) level {
	worst := met
	if d.Incomplete && harsh {
		worst = refused
	}
	for i := range d.Policies {
		t := &d.Policies[i]
		switch t.Applies.And(t.Policy.enforced()) {
		case tri.No:
			continue
		case tri.Unsure:
			if !harsh {
				continue // as kind as possible: it does not apply
			}
		}
		if harsh {
			worst = max(worst, t.standing.worst)
		} else {
			worst = max(worst, t.standing.best)
		}
	}
	return worst
}

// Alone is what the sign-in would come to if this policy were the only one.
func (t *Trace) Alone() Verdict {
	best, worst := t.standing.best, t.standing.worst
	switch t.Applies.And(t.Policy.enforced()) {
	case tri.No:
		return Granted
	case tri.Unsure:
		best = met
	}
	if best != worst {
		return Undetermined
	}
	return verdictOf(best)
}

// open lists what the sign-in still needs, each need once: under AND every control
// that is open, under OR those of them that would do.
func (d *Decision) open() []string {
	var list []string
	add := func(need string) {
		if need != "" && !slices.Contains(list, need) {
			list = append(list, need)
		}
	}
	for i := range d.Policies {
		t := &d.Policies[i]
		if t.Applies != tri.Yes || t.Policy.State != Enabled || t.standing.best != open {
			continue
		}
		g := &t.Policy.grant
		if g.and && !g.or {
			for _, name := range t.Unmet {
				add(name)
			}
			continue
		}
		var alternatives []string
		for _, name := range t.Unmet {
			if !hard(name) {
				alternatives = append(alternatives, name)
			}
		}
		add(strings.Join(alternatives, "|"))
	}
	return list
}

// hard tells whether an unmet control cannot be met in the sign-in.
func hard(name string) bool {
	switch strings.ToLower(name) {
	case "block", "compliantdevice", "domainjoineddevice", "approvedapplication", "compliantapplication":
		return true
	}
	return false
}
