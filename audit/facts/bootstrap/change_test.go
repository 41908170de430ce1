package bootstrap

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/entra"
)

// change makes an object really change, for one account where that is possible.
func (n *drawn) change(b Blocker, account string) {
	everybody := []any{object{"targetType": "group", "id": "all_users"}}
	switch b.Type {
	case PolicyBlocker:
		users := n.find("conditionalAccessPolicies", b.ID)["conditions"].(object)["users"].(object)
		users["excludeUsers"] = append(words(users["excludeUsers"]), account)
	case MethodBlocker:
		fido := n.method("Fido2")
		fido["state"], fido["isSelfServiceRegistrationAllowed"] = "enabled", true
		profiles, _ := fido["passkeyProfiles"].([]any)
		dangling := profileID(len(profiles))
		for _, t := range fido["includeTargets"].([]any) {
			if slices.Contains(words(t.(object)["allowedPasskeyProfiles"]), dangling) && profiles != nil {
				fido["passkeyProfiles"] = append(profiles, object{"id": dangling, "passkeyTypes": "deviceBound,synced", "attestationEnforcement": "disabled",
					"keyRestrictions": object{"isEnforced": false, "enforcementType": "allow", "aaGuids": []string{}}})
				break
			}
		}
		if profiles == nil { // in legacy mode the rules stand in the method
			fido["isAttestationEnforced"], fido["keyRestrictions"] = false, object{"isEnforced": false, "enforcementType": "allow", "aaGuids": []string{}}
		}
	case ProfileBlocker:
		for _, p := range n.method("Fido2")["passkeyProfiles"].([]any) {
			if p := p.(object); p["id"] == b.ID {
				p["passkeyTypes"], p["attestationEnforcement"] = "deviceBound,synced", "disabled"
				p["keyRestrictions"] = object{"isEnforced": false, "enforcementType": "allow", "aaGuids": []string{}}
			}
		}
	case PassBlocker:
		tap := n.method("TemporaryAccessPass")
		tap["state"], tap["isUsableOnce"], tap["includeTargets"], tap["excludeTargets"] = "enabled", false, everybody, []any{}
	case StrengthBlocker:
		s := n.find("authenticationStrengthPolicies", b.ID)
		delete(s, "combinationConfigurations")
		s["allowedCombinations"] = combinations()
	}
}

// combinations are all that a strength can admit: what is multifactor authentication.
func combinations() []string {
	var list []string
	for i, name := range modeNames {
		m := modes(1 << i)
		if m == external {
			continue // no strength can list one
		}
		if m.multifactor() {
			list = append(list, name)
		} else if (m | password).multifactor() {
			list = append(list, "password,"+name)
		}
	}
	return list
}

func (t trial) after(n *drawn, set []Blocker, r *Result, who uint32) State {
	m := n.clone()
	for _, b := range set {
		m.change(b, account(r, who))
	}
	return t.judge(m, r.Options).Of(who).State
}

// A set that blocks opens a way when all of it really changes, and no part of it
// does.
func TestBlockersOpenTogetherOnly(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		r := t.judge(n, t.options())
		for i := range r.Classes {
			c := &r.Classes[i]
			who := first(c.Members)
			for _, o := range c.Verdict.opens[:min(3, len(c.Verdict.opens))] {
				for sub := range 1 << len(o.set) {
					var set []Blocker
					for j, b := range o.set {
						if sub&(1<<j) != 0 {
							set = append(set, b)
						}
					}
					state := t.after(n, set, r, who)
					// Where not everything is known of the person, which way opens may not be known.
					if all := len(set) == len(o.set); all && state == Trapped || !all && state != Trapped && state != Unknown {
						t.Fatalf("%s: of %v, changing %v comes to %s\n%s", account(r, who), o.set, set, state, n.text())
					}
				}
			}
		}
	})
}

// What a change of objects is said to do is what it does.
func TestChangesDoWhatIsSaid(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		r := t.judge(n, t.options())
		set := r.drawObjects(t.T)
		b := newBench(r.model)
		var objects []Blocker
		for _, i := range set {
			objects = append(objects, r.model.objects[i])
		}
		for i := range r.Classes {
			c := &r.Classes[i]
			if c.Verdict.State == OutOfScope {
				continue
			}
			var said State
			b.changing(set, func() { said = b.state(c.person) })
			who := first(c.Members)
			if did := t.after(n, objects, r, who); did != said {
				t.Fatalf("%s: changing %v is said to lead from %s to %s, and leads to %s\n%s", account(r, who), objects, c.Verdict.State, said, did, n.text())
			}
		}
	})
}

// drawObjects is a few of the objects that can change.
func (r *Result) drawObjects(t *rapid.T) []int {
	var set []int
	for range rapid.IntRange(1, 3).Draw(t, "objects") {
		if i := rapid.IntRange(0, len(r.model.objects)-1).Draw(t, "object"); !slices.Contains(set, i) && r.present(r.model.objects[i]) {
			set = append(set, i)
		}
	}
	slices.Sort(set)
	return set
}

// present tells whether an object stands in the snapshot: a strength may not.
func (r *Result) present(b Blocker) bool {
	return b.Type != StrengthBlocker || slices.ContainsFunc(r.tenant.strengths, func(s entra.AuthenticationStrengthPolicy) bool { return strings.EqualFold(s.ID, b.ID) })
}

// Nothing smaller than what blocks opens a way, and where nothing is said to block, no
// few objects do.
func TestNothingSmallerOpens(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		r := t.judge(n, t.options())
		b := newBench(r.model)
		for i := range r.Classes {
			c := &r.Classes[i]
			if c.Verdict.State != Trapped {
				continue
			}
			size := 3
			if len(c.Verdict.opens) > 0 {
				size = len(c.Verdict.opens[0].set)
			}
			for _, set := range subsets(len(r.model.objects), min(size, 2)) {
				opens := false
				b.changing(set, func() { opens = b.way(c.person, harsh) != nil })
				listed := slices.ContainsFunc(c.Verdict.opens, func(o opening) bool { return slices.Equal(o.set, b.named(set)) })
				if opens && !listed {
					t.Fatalf("%s: %v opens a way, and only %v is listed\n%s", account(r, first(c.Members)), b.named(set), c.Verdict.opens, n.text())
				}
			}
		}
	})
}

// subsets lists the sets of one or two of so many objects, up to a size.
func subsets(n, size int) [][]int {
	var list [][]int
	for i := range n {
		list = append(list, []int{i})
		for j := i + 1; j < n && size == 2; j++ {
			list = append(list, []int{i, j})
		}
	}
	return list
}
