package bootstrap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/methods"
)

// A method more that satisfies every strength in scope never worsens where somebody
// stands, with one exception: once there is a method, a password alone no longer lets
// people register one, and Windows Hello is of no use away from its computer.
func TestAnotherGoodMethodNeverWorsens(t *testing.T) {
	try(t, func(t trial) {
		n, options := drawTenant(t.T), t.goal()
		before := t.judge(n, options)
		name := rapid.SampledFrom([]string{"push", "hello", "key", "synced", "authenticator"}).Draw(t.T, "method")
		for who := range before.Directory.All.All() {
			listing := n.find("authenticationMethods", account(before, who))
			if listing == nil || !before.meetsEverything(who, name) {
				continue
			}
			more := n.clone()
			listing = more.find("authenticationMethods", account(before, who))
			o, _ := registered(name)
			o["id"] = "another"
			listing["value"] = append(listing["value"].([]any), o)
			after := t.judge(more, options)
			was, is := before.Of(who), after.Of(who)
			if name == "hello" && slices.Contains(was.Conditions, PasswordOnlyFirstRegistration) {
				continue
			}
			if was.State != Unknown && Rank(is.State) > Rank(was.State) {
				t.Fatalf("%s with one more %s: %s became %s\n%s\n%s", account(before, who), name, was.State, is.State, cmp.Diff(brief(was), brief(is)), n.text())
			}
		}
	})
}

// meetsEverything tells whether a method satisfies every strength that may face an
// account.
func (r *Result) meetsEverything(who uint32, name string) bool {
	in := conditionalaccess.SignIn{Using: []string{"password"}}
	switch name {
	case "push":
		if r.sources.scoped("MicrosoftAuthenticator").Has(who) != audit.Yes {
			return false
		}
		in.Using = append(in.Using, "microsoftAuthenticatorPush")
	case "hello":
		in.Using = append(in.Using, "windowsHelloForBusiness")
	default:
		o, _ := registered(name)
		in.Using, in.AAGUID = append(in.Using, "fido2"), conditionalaccess.Is(o["aaGuid"].(string))
		if r.sources.usable(who, methods.Credential{AAGUID: o["aaGuid"].(string), Type: o["passkeyType"].(string)}) == audit.Unsure {
			return false // then it is not known whether it is a good one
		}
	}
	for i, p := range r.Policies.Policies {
		if r.Policies.Reach[i].Has(who) == audit.No {
			continue
		}
		for _, c := range p.Controls() {
			if c.Kind() == conditionalaccess.StrengthControl && c.Met(&in) != audit.Yes {
				return false
			}
		}
	}
	return true
}

// A policy less traps nobody, unless it has a strength on the register action, which
// takes strengths of other policies out.
func TestOnePolicyLessTrapsNobody(t *testing.T) {
	try(t, func(t trial) {
		n, options := drawTornTenant(t.T), t.options()
		policies := n.rows["conditionalAccessPolicies"]
		if len(policies) == 0 {
			return
		}
		i := rapid.IntRange(0, len(policies)-1).Draw(t.T, "policy")
		_, action := policies[i]["conditions"].(object)["applications"].(object)["includeUserActions"]
		if _, strength := policies[i]["grantControls"].(object)["authenticationStrength"]; action && strength {
			return
		}
		before := t.judge(n, options)
		if before == nil {
			return
		}
		less := n.clone()
		less.rows["conditionalAccessPolicies"] = slices.Delete(less.rows["conditionalAccessPolicies"], i, i+1)
		after := t.judge(less, options)
		for who := range before.Directory.All.All() {
			if was, is := before.Of(who), after.Of(who); is.State == Trapped && was.State != Trapped {
				t.Fatalf("%s without policy %d: %s became trapped\n%s", account(before, who), i, was.State, n.text())
			}
		}
	})
}

// Somebody who is excluded is never in scope.
func TestExcludedIsOutOfScope(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T).clone()
		target := object{"targetType": "group", "id": dice{t.T}.group()}
		fido := n.method("Fido2")
		fido["excludeTargets"] = append(fido["excludeTargets"].([]any), target)
		r := t.judge(n, t.options())
		group, _ := r.sources.methods.Passkeys.Excluded, target
		for who := range r.Directory.All.All() {
			v := r.Of(who)
			if group.Has(who) == audit.Yes && (v.State != OutOfScope || !slices.Contains(v.Reasons, Excluded)) {
				t.Fatalf("%s is excluded, and %s %v\n%s", account(r, who), v.State, v.Reasons, n.text())
			}
		}
	})
}

// What is said of a class is what is said of each of its members alone.
func TestClassIsItsMembers(t *testing.T) {
	try(t, func(t trial) {
		n, options := drawTornTenant(t.T), t.options()
		r := t.judge(n, options)
		if r == nil {
			return
		}
		for who := range r.Directory.All.All() {
			id := account(r, who)
			one := t.judge(n.alone(id), options)
			was, is := r.Of(who), one.Of(0)
			if !openingsEqual(was.opens, is.opens) {
				t.Fatalf("%s alone: openings %v became %v\n%s", id, was.opens, is.opens, n.text())
			}
			if len(was.opens) > 1 { // which one blocks depends on how many people it frees
				was.BlockedBy, is.BlockedBy, was.Reasons, is.Reasons = nil, nil, nil, nil
			}
			if diff := cmp.Diff(brief(was), brief(is)); diff != "" {
				t.Fatalf("%s alone (-together +alone):\n%s\n%s", id, diff, n.text())
			}
		}
	})
}

// alone is the tenant with one account only. An id that is nobody's could be a
// group's, so those of others leave what refers to them.
func (n *drawn) alone(id string) *drawn {
	m := n.clone()
	others := map[string]bool{}
	for _, u := range m.rows["users"] {
		others[u["id"].(string)] = u["id"] != id
	}
	m.rows["users"] = slices.DeleteFunc(m.rows["users"], func(o object) bool { return o["id"] != id })
	for _, section := range []string{"roleAssignments", "roleEligibility"} {
		m.rows[section] = slices.DeleteFunc(m.rows[section], func(o object) bool { return others[o["principalId"].(string)] })
	}
	for _, row := range m.rows["groupMembers"] {
		row["userIds"] = slices.DeleteFunc(words(row["userIds"]), func(member string) bool { return others[member] })
	}
	return m
}

func openingsEqual(a, b []opening) bool {
	return slices.EqualFunc(a, b, func(x, y opening) bool { return slices.Equal(x.set, y.set) })
}

// said is what a verdict says.
type said struct {
	State        State
	Conditions   []Condition
	Steps        []Step
	BlockedBy    []Blocker
	Reasons      []Reason
	Missing      []string
	Confidence   Confidence
	HangsOn      []string
	Path         Path
	Alternatives []Step
}

func brief(v Verdict) said {
	return said{v.State, v.Conditions, v.Steps, v.BlockedBy, v.Reasons, v.Missing, v.Confidence, v.HangsOn, pathOf(&v), v.Alternatives}
}

// To know more never turns one answer into another one: with less, the answer is the
// same or unknown.
func TestLessKnowledgeIsSameOrUnknown(t *testing.T) {
	try(t, func(t trial) {
		n, options := drawTenant(t.T), t.options()
		// What the report says is less than the listing: it decides alone where there is no
		// listing, by the contract.
		n.rows["userRegistrationDetails"] = []object{}
		r := t.judge(n, options)
		less := n.clone()
		what := less.tear(dice{t.T}, tearable)
		after := t.judge(less, options)
		if after == nil {
			return
		}
		for who := range r.Directory.All.All() {
			was, is := r.Of(who), after.Of(who)
			// Where no device was read, a Windows computer is assumed and a phone of either
			// system; where one is known, a way may be closed that these open.
			assumed := strings.Contains(what, "evices") && r.seen(who) && (is.State == SelfService || is.State == NeedsAdminStep)
			if is.State != was.State && is.State != Unknown && !assumed {
				t.Fatalf("%s without %s: %s became %s\n%s\n%s\n%s", account(r, who), what, was.State, is.State, cmp.Diff(brief(was), brief(is)), n.text(), less.text())
			}
		}
	})
}

// seen tells whether a device of an account is in evidence.
func (r *Result) seen(who uint32) bool {
	for _, set := range r.sources.owned.Of {
		if set.Has(who) {
			return true
		}
	}
	return false
}

var closed = []Condition{CapablePhone, SecurityKey, SyncedProvider, TrustedPlace, CompliantDevice, HybridDevice, Bluetooth, ValidPass, PasswordOnlyFirstRegistration}

// Every verdict keeps to what is promised about its parts.
func TestVerdictsKeepTheirPromises(t *testing.T) {
	try(t, func(t trial) {
		n, options := drawTornTenant(t.T), t.options()
		r := t.judge(n, options)
		if r == nil {
			return
		}
		for who := range r.Directory.All.All() {
			if wrong := r.broken(who); wrong != "" {
				t.Fatalf("%s: %s\n%+v\n%s", account(r, who), wrong, brief(r.Of(who)), n.text())
			}
		}
	})
}

// broken names the promise that a verdict breaks.
func (r *Result) broken(who uint32) string {
	v := r.Of(who)
	settled := v.State == HasPasskey || v.State == SelfService
	ways := v.State == SelfService || v.State == NeedsAdminStep
	class := r.ClassOf(who)
	switch {
	case settled && len(v.Reasons) > 0:
		return "reasons with nothing in the way"
	case (v.State == Trapped || v.State == NeedsAdminStep || v.State == OutOfScope) && len(v.Reasons) == 0:
		return "no reason"
	case !slices.IsSorted(v.Reasons) || !slices.IsSorted(v.Conditions) || !slices.IsSorted(v.Missing):
		return "a list is not sorted"
	case v.State != Trapped && len(v.BlockedBy) > 0:
		return "blocked, and not trapped"
	case v.State == Trapped && len(v.BlockedBy) == 0 && len(v.opens) > 0:
		return "trapped by nothing, and a change would help"
	case (v.State == Unknown) != (len(v.Missing) > 0):
		return "missing goes with unknown only"
	case ways != (v.Path != nil):
		return "a path goes with self-service and needs-admin-step only"
	case (v.State == NeedsAdminStep) != (len(v.Steps) > 0):
		return "steps go with needs-admin-step only"
	case !ways && len(v.Conditions) > 0:
		return "conditions without a way"
	case v.Confidence == High && (len(v.Conditions) > 0 || len(v.HangsOn) > 0 || class != nil && class.ReportOnly):
		return "too confident"
	case v.Confidence == Low && len(v.HangsOn) == 0 && v.State != Unknown:
		return "too little confidence"
	case v.Path != nil && v.Path.Portable != (v.Path.Credential != WindowsCredential):
		return "portable is not of the credential"
	}
	for _, c := range v.Conditions {
		known := slices.Contains(closed, c) || len(c) == len("country:XX") && c[:8] == "country:"
		switch {
		case !known:
			return "a condition that is none: " + string(c)
		case c == HybridDevice && !r.sources.owned.Hybrid.Has(who):
			return "a hybrid joined device that is not in evidence"
		case c == CompliantDevice && !r.compliantInEvidence(who):
			return "a compliant device that is not in evidence"
		}
	}
	return ""
}

func (r *Result) compliantInEvidence(who uint32) bool {
	for _, set := range r.sources.owned.Compliant {
		if set.Has(who) {
			return true
		}
	}
	return false
}
