package conditionalaccess_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/shareddata"
)

// modelledMembers are the members of a policy that the evaluator takes into
// account, or is known to need not: sessionControls impose no grant, dates and
// descriptions say nothing about whom a policy hits. A path ending in a dot stands
// for everything below it.
const modelledMembers = `
id displayName state description templateId createdDateTime modifiedDateTime deletedDateTime sessionControls.
conditions.users.includeUsers conditions.users.excludeUsers conditions.users.includeGroups conditions.users.excludeGroups
conditions.users.includeRoles conditions.users.excludeRoles
conditions.users.includeGuestsOrExternalUsers.guestOrExternalUserTypes conditions.users.excludeGuestsOrExternalUsers.guestOrExternalUserTypes
conditions.users.includeGuestsOrExternalUsers.externalTenants.membershipKind conditions.users.excludeGuestsOrExternalUsers.externalTenants.membershipKind
conditions.users.includeGuestsOrExternalUsers.externalTenants.members conditions.users.excludeGuestsOrExternalUsers.externalTenants.members
conditions.applications.includeApplications conditions.applications.excludeApplications conditions.applications.includeUserActions
conditions.applications.includeAuthenticationContextClassReferences
conditions.applications.applicationFilter.mode conditions.applications.applicationFilter.rule
conditions.clientAppTypes conditions.platforms.includePlatforms conditions.platforms.excludePlatforms
conditions.locations.includeLocations conditions.locations.excludeLocations
conditions.devices.deviceFilter.mode conditions.devices.deviceFilter.rule
conditions.signInRiskLevels conditions.userRiskLevels conditions.insiderRiskLevels conditions.authenticationFlows.transferMethods
grantControls.operator grantControls.builtInControls grantControls.customAuthenticationFactors grantControls.termsOfUse
grantControls.authenticationStrength.id grantControls.authenticationStrength.displayName grantControls.authenticationStrength.description
grantControls.authenticationStrength.policyType grantControls.authenticationStrength.requirementsSatisfied
grantControls.authenticationStrength.createdDateTime grantControls.authenticationStrength.modifiedDateTime
grantControls.authenticationStrength.allowedCombinations grantControls.authenticationStrength.combinationConfigurations.
`

// notGraph are files that are not as Graph sends policies.
const notGraph = "scubagear-powershell-casing" // members in the letter case of PowerShell objects

// TestSharedDataPolicies compiles published policies. Whatever they hold is taken
// into account or reported.
func TestSharedDataPolicies(t *testing.T) {
	fsys, err := fs.Sub(shareddata.Records(t), "ca-policies")
	if err != nil {
		t.Fatal(err)
	}
	modelled := strings.Fields(modelledMembers)
	count := 0
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		text, _ := shareddata.Text(t, fsys, name)
		for _, raw := range policiesIn(text) {
			if strings.HasPrefix(name, notGraph+"/") {
				t.Errorf("%s: now holds a policy as Graph sends it: no longer an exception", name)
			}
			count++
			var p entra.ConditionalAccessPolicy
			if err := entra.Decode(raw, &p); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			set := conditionalaccess.Compile(conditionalaccess.Tenant{Policies: []entra.ConditionalAccessPolicy{p}, PoliciesComplete: true})
			for _, member := range lost(raw, "", modelled, set.Problems()) {
				t.Errorf("%s: %s is neither taken into account nor reported", name, member)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 70 {
		t.Errorf("only %d policies found", count)
	}
	t.Logf("%d policies", count)
}

// policiesIn finds policies in a page, a list, a wrapper or alone.
func policiesIn(raw entra.Raw) []entra.Raw {
	var list []entra.Raw
	switch raw.Kind() {
	case '[':
		for v := range entra.Elements(raw) {
			list = append(list, policiesIn(v)...)
		}
	case '{':
		if _, found := entra.Lookup(raw, "/conditions"); found {
			return []entra.Raw{raw}
		}
		if value, found := entra.Lookup(raw, "/value"); found {
			return policiesIn(value)
		}
	}
	return list
}

// lost lists members that say something and are neither modelled nor reported.
func lost(raw entra.Raw, at string, modelled []string, problems []conditionalaccess.Problem) []string {
	var names []string
	for name, value := range entra.Members(raw) {
		where := strings.TrimPrefix(at+"."+name, ".")
		if strings.ContainsAny(name, "@#") || !telling(value) || covered(where, modelled, problems) {
			continue
		}
		if value.Kind() == '{' {
			names = append(names, lost(value, where, modelled, problems)...)
			continue
		}
		names = append(names, where)
	}
	return names
}

func covered(where string, modelled []string, problems []conditionalaccess.Problem) bool {
	for _, m := range modelled {
		if where == m || strings.HasSuffix(m, ".") && (where+".") == m {
			return true
		}
	}
	for _, p := range problems {
		if p.Where == where {
			return true
		}
	}
	return false
}

// telling tells whether a value says anything.
func telling(value entra.Raw) bool {
	switch value.Kind() {
	case 'n', 'f':
		return false
	case '"':
		return string(value) != `""`
	case '[':
		for v := range entra.Elements(value) {
			if telling(v) {
				return true
			}
		}
		return false
	case '{':
		for name, v := range entra.Members(value) {
			if !strings.ContainsAny(name, "@#") && telling(v) {
				return true
			}
		}
		return false
	}
	return true
}
