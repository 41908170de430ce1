package conditionalaccess

import (
	"passkeyaudit/audit/tri"
)

// said is what the snapshot or the policies do not say, as one more member: an
// unknown that hangs on no member of the sign-in hangs on it.
const said = memberCount

// whatIf judges policies with each unknown taken as kind or as harsh as possible,
// by the members it hangs on.
type whatIf struct {
	policies   []whatIfPolicy
	incomplete bool
}

type whatIfPolicy struct {
	conditions []members // unsure ones
	grant      *grant
	standings  []standing
}

// matters finds the missing members whose value could change the verdict: those for
// which there is some way of settling all other unknowns so that taking what hangs
// on this one the kind or the harsh way makes a difference.
func (d *Decision) matters(in *SignIn) []Member {
	w := whatIf{incomplete: d.Incomplete}
	var relevant members
	note := func(m members) members {
		if m == 0 {
			m = only(said)
		}
		relevant |= m
		return m
	}
	for i := range d.Policies {
		t := &d.Policies[i]
		if t.Applies.And(t.Policy.enforced()) == tri.No {
			continue
		}
		p := whatIfPolicy{grant: &t.Policy.grant}
		if p.grant.and && p.grant.or {
			note(0) // which of the two it is
		}
		for _, m := range t.hangs {
			p.conditions = append(p.conditions, note(m))
		}
		if t.Policy.enforced() == tri.Unsure {
			p.conditions = append(p.conditions, note(0))
		}
		for j := range t.Policy.grant.controls {
			st := t.Policy.grant.controls[j].judge(in)
			if !st.certain() {
				st.needs = note(st.needs)
			}
			p.standings = append(p.standings, st)
		}
		w.policies = append(w.policies, p)
	}
	if d.Incomplete {
		note(0)
	}
	// Every subset of the members on which something hangs, as the harsh ones.
	levels := map[members]level{}
	for sub := relevant; ; sub = (sub - 1) & relevant {
		levels[sub] = w.level(sub)
		if sub == 0 {
			break
		}
	}
	var list []Member
	for m := range said {
		if relevant&only(m) == 0 {
			continue
		}
		for sub, l := range levels {
			if sub&only(m) == 0 && levels[sub|only(m)] != l {
				list = append(list, m)
				break
			}
		}
	}
	return list
}

// level is the worst of all policies when what hangs on some members is taken as
// harshly as possible and the rest as kindly.
func (w *whatIf) level(harsh members) level {
	worst := met
	if w.incomplete && harsh&only(said) != 0 {
		worst = refused
	}
	for i := range w.policies {
		p := &w.policies[i]
		applies := true
		for _, m := range p.conditions {
			applies = applies && m&harsh != 0
		}
		if applies {
			worst = max(worst, p.level(harsh))
		}
	}
	return worst
}

func (p *whatIfPolicy) level(harsh members) level {
	if len(p.standings) == 0 {
		return met
	}
	all, some := met, refused
	for _, st := range p.standings {
		l := st.best
		if !st.certain() && st.needs&harsh != 0 {
			l = st.worst
		}
		all, some = max(all, l), min(some, l)
	}
	switch {
	case p.grant.and && p.grant.or: // not known which
		if harsh&only(said) != 0 {
			return all
		}
		return some
	case p.grant.and:
		return all
	default:
		return some
	}
}
