package methods_test

import (
	"slices"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
)

func ruleOf(t *testing.T, rules string) *methods.Profile {
	t.Helper()
	e, _ := effective(t, policy(base(), fido2(target("all_users", "p"), profiles(profile("p", rules)))))
	return &e.Passkeys.Profiles[0]
}

func TestAttestsAndLists(t *testing.T) {
	tests := map[string]struct {
		rules                       string
		attests, synced, deviceOnly audit.Tri
	}{
		"both":               {bothTypes + "," + noAttest, audit.No, audit.Yes, audit.Yes},
		"attested":           {deviceOnly + "," + attest, audit.Yes, audit.No, audit.Yes},
		"synced":             {syncedOnly + `,"attestationEnforcement":"RegistrationOnly"`, audit.Yes, audit.Yes, audit.No},
		"attestation-new":    {syncedOnly + `,"attestationEnforcement":"always"`, audit.Unsure, audit.Yes, audit.No},
		"attestation-absent": {`"passkeyTypes":"deviceBound,unknownFutureValue"`, audit.Unsure, audit.Unsure, audit.Yes},
		"types-absent":       {noAttest, audit.No, audit.Unsure, audit.Unsure},
		"types-as-list":      {`"passkeyTypes":["Synced"],` + noAttest, audit.No, audit.Yes, audit.No},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := ruleOf(t, tc.rules)
			if a, s, d := p.Attests(), p.ListsSynced(), p.ListsDeviceBound(); a != tc.attests || s != tc.synced || d != tc.deviceOnly {
				t.Errorf("attests %s, synced %s, device-bound %s", a, s, d)
			}
		})
	}
}

func TestAAGUIDs(t *testing.T) {
	const unknownKind, untold = "prefer", "null"
	tests := map[string]struct {
		rules   string
		want    methods.AAGUIDs
		nothing audit.Tri
	}{
		"absent":                {bothTypes, methods.AAGUIDs{Known: true}, audit.No},
		"not-enforced":          {restrict("false", "allow", epass), methods.AAGUIDs{Known: true, Listed: []string{epass}}, audit.No},
		"not-enforced-new-kind": {restrict("false", unknownKind), methods.AAGUIDs{Known: true}, audit.No},
		"allow": {allow(epass, yubikey, "EE041BCE-25E5-4CDB-8F86-897FD6418464"),
			methods.AAGUIDs{Known: true, Enforced: true, Listed: []string{yubikey, epass}}, audit.No},
		"block":           {block(epass), methods.AAGUIDs{Known: true, Enforced: true, Block: true, Listed: []string{epass}}, audit.No},
		"empty-allow":     {allow(), methods.AAGUIDs{Known: true, Enforced: true}, audit.Yes},
		"empty-block":     {block(), methods.AAGUIDs{Known: true, Enforced: true, Block: true}, audit.No},
		"new-kind":        {restrict("true", unknownKind), methods.AAGUIDs{Enforced: true}, audit.Unsure},
		"new-kind-listed": {restrict("true", unknownKind, epass), methods.AAGUIDs{Enforced: true, Listed: []string{epass}}, audit.Unsure},
		"untold-new-kind": {restrict(untold, unknownKind, epass), methods.AAGUIDs{Listed: []string{epass}}, audit.Unsure},
		"untold-listed":   {restrict(untold, "allow", epass), methods.AAGUIDs{Listed: []string{epass}}, audit.No},
		"enforced-untold": {restrict(untold, "allow"), methods.AAGUIDs{}, audit.Unsure},
		"untold-block":    {restrict(untold, "block"), methods.AAGUIDs{Block: true}, audit.No},
		"list-null":       {`"keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":null}`, methods.AAGUIDs{Known: true, Enforced: true}, audit.Yes},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := ruleOf(t, tc.rules).AAGUIDs()
			if got.Known != tc.want.Known || got.Enforced != tc.want.Enforced || got.Block != tc.want.Block || !slices.Equal(got.Listed, tc.want.Listed) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if n := got.Nothing(); n != tc.nothing {
				t.Errorf("nothing %s, want %s", n, tc.nothing)
			}
		})
	}
}

// TestWithin compares the answer with membership, tried on every AAGUID listed
// anywhere and on one that is listed nowhere.
func TestWithin(t *testing.T) {
	const other = "08987058-cadc-4b81-b6e1-30de50dcbe96"
	universe := []string{epass, yubikey, other, "d8522d9f-575b-4866-88a9-ba99fa02f35b"}
	var all []*methods.Profile
	for _, rules := range []string{
		noAttest, restrict("false", "allow", epass), restrict("false", "block", yubikey),
		allow(), allow(epass), allow(yubikey, epass), allow(yubikey, epass, other),
		block(), block(epass), block(yubikey), block(yubikey, epass, other),
	} {
		all = append(all, ruleOf(t, bothTypes+","+rules))
	}
	admits := func(p *methods.Profile, id string) bool {
		return p.AllowsAAGUID(methods.Credential{AAGUID: id}) == audit.Yes
	}
	for i, a := range all {
		for j, b := range all {
			want := !slices.ContainsFunc(universe, func(id string) bool { return admits(a, id) && !admits(b, id) })
			if got := a.AAGUIDs().Within(b.AAGUIDs()); got != audit.TriOf(want) {
				t.Errorf("%d within %d: %s, want %t (%+v, %+v)", i, j, got, want, a.AAGUIDs(), b.AAGUIDs())
			}
		}
	}
	unknown := ruleOf(t, restrict("true", "prefer", epass)).AAGUIDs()
	if got := unknown.Within(all[0].AAGUIDs()); got != audit.Unsure {
		t.Errorf("unknown within all: %s", got)
	}
}
