package methods_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// object is a JSON object in the making.
type object = map[string]any

// world is a tenant as it is. Every part of it can be hidden.
type world struct {
	groups   map[string][]string
	policy   object
	entries  []object
	listings map[string][]object
	reports  map[string][]string
}

var (
	everyone  = []string{"u0", "u1", "u2", "u3"}
	allGroups = []string{"g0", "g1", "g2"}
)

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

func randomWorld(rng *rand.Rand) *world {
	w := &world{groups: map[string][]string{}, listings: map[string][]object{}, reports: map[string][]string{}}
	for _, g := range allGroups {
		for _, u := range everyone {
			if rng.IntN(2) == 0 {
				w.groups[g] = append(w.groups[g], u)
			}
		}
	}
	w.policy = object{"id": "p", "policyMigrationState": pick(rng, "migrationComplete", "migrationComplete", "migrationInProgress")}
	for _, id := range []string{"Fido2", "MicrosoftAuthenticator", "Sms", "Voice", "SoftwareOath", "HardwareOath", "TemporaryAccessPass"} {
		e := object{"id": id, "state": pick(rng, "enabled", "enabled", "disabled"), "includeTargets": targets(rng, 3), "excludeTargets": targets(rng, 2)}
		switch id {
		case "Fido2":
			randomFido2(rng, e)
		case "MicrosoftAuthenticator":
			e["isSoftwareOathEnabled"] = rng.IntN(2) == 0
		case "Voice":
			e["isOfficePhoneAllowed"] = rng.IntN(2) == 0
		case "TemporaryAccessPass":
			e["isUsableOnce"] = rng.IntN(2) == 0
		}
		w.entries = append(w.entries, e)
	}
	for _, u := range everyone {
		w.listings[u] = []object{}
		for range rng.IntN(3) {
			w.listings[u] = append(w.listings[u], randomMethod(rng))
		}
		w.reports[u] = []string{}
		if rng.IntN(4) == 0 {
			w.reports[u] = []string{"hardwareOneTimePasscode"}
		}
	}
	return w
}

func targets(rng *rand.Rand, most int) []any {
	list := []any{}
	for range rng.IntN(most) {
		list = append(list, object{"id": pick(rng, "g0", "g1", "g2", "deleted", "all_users"), "targetType": "group"})
	}
	return list
}

func randomFido2(rng *rand.Rand, e object) {
	restrictions := func() object {
		return object{"isEnforced": rng.IntN(2) == 0, "enforcementType": pick(rng, "allow", "block"), "aaGuids": []string{pick(rng, yubikey, epass)}}
	}
	if rng.IntN(3) == 0 { // no profiles
		e["isAttestationEnforced"], e["keyRestrictions"] = rng.IntN(2) == 0, restrictions()
		return
	}
	const def = "00000000-0000-0000-0000-000000000001"
	list := []any{}
	for _, id := range []string{"p", def} {
		list = append(list, object{
			"id": id, "passkeyTypes": pick(rng, "deviceBound", "synced", "deviceBound,synced"),
			"attestationEnforcement": pick(rng, "disabled", "registrationOnly"), "keyRestrictions": restrictions(),
		})
	}
	e["passkeyProfiles"], e["defaultPasskeyProfile"] = list, def
	for _, t := range e["includeTargets"].([]any) {
		t.(object)["allowedPasskeyProfiles"] = pick(rng, []string{"p"}, []string{def}, []string{"p", def}, []string{})
	}
}

func randomMethod(rng *rand.Rand) object {
	kind := pick(rng, "fido2", "fido2", "microsoftAuthenticator", "softwareOath", "phone", "temporaryAccessPass", "temporaryAccessPass", "email", "external")
	m := object{"@odata.type": "#microsoft.graph." + kind + "AuthenticationMethod"}
	switch kind {
	case "fido2":
		m["aaGuid"], m["passkeyType"] = pick(rng, yubikey, epass), pick(rng, "deviceBound", "synced")
		m["attestationLevel"] = pick(rng, "attested", "notAttested")
	case "phone":
		m["phoneType"] = pick(rng, "mobile", "office", "alternateMobile")
	case "temporaryAccessPass":
		m["isUsable"], m["isUsableOnce"] = rng.IntN(2) == 0, rng.IntN(2) == 0
	}
	return m
}

// tenant writes the world. hide is asked for every part whether it stays unseen.
func (w *world) tenant(t *testing.T, hide func() bool) factstest.Tenant {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users(everyone...))
	if !hide() {
		tenant = tenant.With(snapshot.Groups, factstest.Groups(allGroups...))
	}
	var rows, cut []string
	for _, g := range allGroups {
		members := w.groups[g]
		switch {
		case hide():
			cut = append(cut, g)
			rows = append(rows, factstest.Members(g, members[:len(members)/2]...))
		case !hide():
			rows = append(rows, factstest.Members(g, members...))
		default: // not even asked for, so the section is not whole
			cut = append(cut, g)
		}
	}
	tenant = tenant.With(snapshot.GroupMembers, rows...)
	if len(cut) > 0 {
		tenant = tenant.Entry(snapshot.GroupMembers, fmt.Sprintf(`{"state":"partial","incompleteIds":%s}`, text(t, cut)))
	}

	pol := without(w.policy, hide, "policyMigrationState")
	var entries []any
	for _, e := range w.entries {
		if hide() {
			continue
		}
		e = without(e, hide, "state", "isSoftwareOathEnabled", "isOfficePhoneAllowed", "isUsableOnce", "passkeyProfiles")
		if list, ok := e["passkeyProfiles"].([]any); ok {
			seen := []any{}
			for _, p := range list {
				p := without(p.(object), hide, "passkeyTypes", "attestationEnforcement")
				p["keyRestrictions"] = without(p["keyRestrictions"].(object), hide, "isEnforced", "enforcementType")
				seen = append(seen, p)
			}
			e["passkeyProfiles"] = seen
		}
		entries = append(entries, e)
	}
	pol["authenticationMethodConfigurations"] = entries
	tenant = tenant.With(snapshot.AuthenticationMethodsPolicy, text(t, pol))

	var listed, reported []string
	for _, u := range everyone {
		if hide() { // the report, where it is there, decides instead of the listing
			continue
		}
		list := []any{}
		// Graph tells the type of every method in a list of several types.
		for _, m := range w.listings[u] {
			list = append(list, without(m, hide, "aaGuid", "passkeyType", "phoneType", "isUsable", "isUsableOnce"))
		}
		listed = append(listed, text(t, object{"userId": u, "value": list}))
		if !hide() {
			reported = append(reported, text(t, object{"id": u, "methodsRegistered": w.reports[u]}))
		}
	}
	return tenant.With(snapshot.AuthenticationMethods, listed...).With(snapshot.UserRegistrationDetails, reported...)
}

// without copies an object, leaving out some of the named members.
func without(o object, hide func() bool, members ...string) object {
	copied := object{}
	for k, v := range o {
		copied[k] = v
	}
	for _, m := range members {
		if _, there := copied[m]; there && hide() {
			delete(copied, m)
		}
	}
	return copied
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// answers is everything the facts say about a tenant, question by question.
func answers(t *testing.T, tenant factstest.Tenant) map[string]audit.Tri {
	t.Helper()
	run := tenant.Run(t)
	dir := factstest.Get(t, run, population.Users)
	e := factstest.Get(t, run, methods.Policy)
	s := factstest.Get(t, run, methods.Usable)
	all := map[string]audit.Tri{}
	for _, u := range everyone {
		n, _ := dir.Ordinal(u)
		for name, p := range map[string]audit.Partly{
			"phone": s.Phone, "besides a phone": s.BesidesPhone, "phone only": s.Phone.Minus(s.BesidesPhone),
			"method": s.Method, "pass": s.Pass, "enabled": s.Enabled, "sms": e.InScope("Sms"), "fido2": e.InScope("Fido2"),
		} {
			all[u+" "+name] = has(p, n)
		}
		if e.Passkeys == nil {
			continue
		}
		all[u+" may register"] = has(e.Passkeys.MayRegister(), n)
		all[u+" is asked"] = has(e.Passkeys.Under((*methods.Profile).Nudged), n)
		for i, c := range credentials {
			signIn, _, _ := e.Passkeys.SignIn(n, c)
			all[fmt.Sprintf("%s signs in with %d", u, i)] = signIn
		}
		for i := range e.Passkeys.Profiles {
			for k, c := range credentials {
				all[fmt.Sprintf("profile %d registers %d", i, k)] = e.Passkeys.Profiles[i].AllowsRegistration(c)
			}
		}
	}
	return all
}

var credentials = []methods.Credential{
	{Type: "deviceBound", AAGUID: yubikey, Attest: audit.Yes}, {Type: "deviceBound", AAGUID: epass, Attest: audit.No},
	{Type: "synced", AAGUID: epass}, {Type: "synced"}, {AAGUID: yubikey},
}

func has(p audit.Partly, n uint32) audit.Tri {
	switch {
	case p.Yes.Has(n):
		return audit.Yes
	case p.Maybe.Has(n):
		return audit.Unsure
	default:
		return audit.No
	}
}

// TestHidingNeverDecides: what is said with parts of a tenant unseen is still said
// when they are seen. So filling a gap never turns a yes or no into its opposite.
func TestHidingNeverDecides(t *testing.T) {
	decided := 0
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := randomWorld(rng)
		whole := answers(t, w.tenant(t, func() bool { return false }))
		for range 2 {
			odds := 3 + rng.IntN(20)
			blind := answers(t, w.tenant(t, func() bool { return rng.IntN(odds) == 0 }))
			for question, said := range blind {
				truth, asked := whole[question]
				if !asked || said == audit.Unsure {
					continue
				}
				decided++
				if said != truth {
					t.Errorf("seed %d: %s: %s with parts unseen, %s with all seen", seed, question, said, truth)
				}
			}
		}
		if t.Failed() {
			break
		}
	}
	if decided < 1000 {
		t.Errorf("only %d answers were certain: too much was hidden", decided)
	}
}

// TestNamedMethods keeps the list of the generator from falling behind.
func TestNamedMethods(t *testing.T) {
	w := randomWorld(rand.New(rand.NewPCG(1, 1)))
	for _, id := range allOff {
		if !slices.ContainsFunc(w.entries, func(e object) bool { return e["id"] == id }) {
			t.Errorf("the generator has no %s", id)
		}
	}
}
