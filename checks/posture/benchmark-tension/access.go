package benchmarktension

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// credentialRegistration is Microsoft Authenticator Credential Registration, which
// policies exclude so that a passkey can be registered in the app (AUT,
// how-to-enable-authenticator-passkey, 2026-07-05).
const credentialRegistration = "6aa00308-ea33-4caa-90d6-ae905d8cb51b"

const registerAction = "urn:user:registersecurityinfo"

// resistant are the modes that the benchmarks take for phishing-resistant.
var resistant = []string{"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"}

// rule is an enabled policy, with what it asks about.
type rule struct {
	*audit.Quoted[entra.ConditionalAccessPolicy]
	users                 entra.ConditionalAccessUsers
	everybody, everything bool
	registers             bool
	controls              []string
	combinations          []string // of its strength; empty: none, or not known
	or                    bool
	places                *entra.ConditionalAccessLocations
	excludes              []string
}

func rulesOf(policies []audit.Quoted[entra.ConditionalAccessPolicy], strengths []entra.AuthenticationStrengthPolicy) []rule {
	var rules []rule
	for i := range policies {
		v := &policies[i].Value
		if !strings.EqualFold(v.State, "enabled") || v.Conditions == nil || v.Conditions.Users == nil || v.Conditions.Applications == nil || v.GrantControls == nil {
			continue
		}
		r := rule{Quoted: &policies[i], users: *v.Conditions.Users, places: v.Conditions.Locations, controls: v.GrantControls.BuiltInControls}
		r.everybody = hasFold(r.users.IncludeUsers, "All")
		r.everything = hasFold(v.Conditions.Applications.IncludeApplications, "All")
		r.registers = hasFold(v.Conditions.Applications.IncludeUserActions, registerAction)
		r.excludes = v.Conditions.Applications.ExcludeApplications
		r.or = strings.EqualFold(v.GrantControls.Operator, "OR")
		if s := v.GrantControls.AuthenticationStrength; s != nil {
			r.combinations = s.AllowedCombinations
			for _, known := range strengths {
				if len(r.combinations) == 0 && strings.EqualFold(known.ID, s.ID) {
					r.combinations = known.AllowedCombinations
				}
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// demandsResistant tells whether nothing but phishing-resistant methods meets the rule.
func (r *rule) demandsResistant() bool {
	if len(r.combinations) == 0 || r.or && len(r.controls) > 0 {
		return false
	}
	return !slices.ContainsFunc(r.combinations, func(c string) bool { return !hasFold(resistant, strings.TrimSpace(c)) })
}

// demandsDevice tells whether nothing but a managed device meets the rule.
func (r *rule) demandsDevice() bool {
	device := func(c string) bool { return hasFold([]string{"compliantDevice", "domainJoinedDevice"}, c) }
	if r.or {
		return len(r.controls) > 0 && len(r.combinations) == 0 && !slices.ContainsFunc(r.controls, func(c string) bool { return !device(c) })
	}
	return slices.ContainsFunc(r.controls, device)
}

// admitsPass tells whether the rule is about registering and a pass meets its strength.
func (r *rule) admitsPass() bool {
	return r.registers && slices.ContainsFunc(r.combinations, func(c string) bool { return strings.HasPrefix(strings.ToLower(c), "temporaryaccesspass") })
}

// covers tells whether whom one rule includes by user, group and role another includes
// too.
func (r *rule) covers(other *rule) bool {
	if r.everybody {
		return true
	}
	within := func(all, some []string) bool {
		return !slices.ContainsFunc(some, func(id string) bool { return !hasFold(all, id) })
	}
	return !other.everybody && within(r.users.IncludeUsers, other.users.IncludeUsers) && within(r.users.IncludeGroups, other.users.IncludeGroups) &&
		within(r.users.IncludeRoles, other.users.IncludeRoles)
}

func (r *rule) quote(pointer, means string) audit.Evidence {
	return audit.Quote(snapshot.ConditionalAccessPolicies, r.Value.ID, r.Raw, pointer, means)
}

func (r *rule) subject() audit.Subject {
	return audit.Subject{Type: audit.SubjectPolicy, ID: r.Value.ID, Name: r.Value.DisplayName}
}

// accessTensions are those of Conditional Access.
func accessTensions(policies []audit.Quoted[entra.ConditionalAccessPolicy], strengths []entra.AuthenticationStrengthPolicy) (found []tension) {
	rules := rulesOf(policies, strengths)
	for i := range rules {
		r := &rules[i]
		name := fmt.Sprintf("%q", r.Value.DisplayName)
		grant := r.quote("/grantControls", "what it demands")
		if r.everything && r.demandsResistant() && (r.everybody || len(r.users.IncludeRoles) > 0) &&
			!slices.ContainsFunc(rules, func(lane rule) bool { return lane.admitsPass() && lane.covers(r) }) {
			controls := []string{"CIS-M365-5.2.2.5", "MS.AAD.3.6v1"}
			whom := "administrators"
			if r.everybody {
				controls, whom = []string{"MS.AAD.3.1v1", "ZTA.21784"}, "everybody"
			}
			found = append(found, tension{
				controls: controls, subject: r.subject(), blocker: "resistantWithoutLane", likely: true,
				evidence: []audit.Evidence{r.quote("/conditions/applications/includeApplications", "it is for all resources"), grant},
				setting:  fmt.Sprintf("%s demands phishing-resistant authentication of %s for all resources", name, whom),
				cost: "That is taken to match registering security info too (EVA, 2025-07-08), and no policy on that action admits a Temporary Access Pass for them: " +
					"who has no passkey yet cannot use one to register the first. PK-BOOT-004 says who is caught.",
				fix: audit.Decide("Demand for the user action Register security information a strength that also lists both kinds of Temporary Access Pass, for the same people."),
			})
		}
		if r.registers && r.everybody && r.demandsDevice() {
			found = append(found, tension{
				controls: []string{"CIS-M365-5.2.2.10", "MS.AAD.3.8v1"}, subject: r.subject(), blocker: "deviceToRegister",
				evidence: []audit.Evidence{r.quote("/conditions/applications/includeUserActions", "it is about registering security info"), grant},
				setting:  name + " demands a managed device of everybody who registers security info",
				cost:     "New people, private phones and whoever lost a device have none; a pass does not help, since it is no device. PK-BOOT-005 says who is caught.",
				fix:      audit.Decide("Demand of this action a managed device or a strength with a Temporary Access Pass, by one policy with OR."),
			})
		}
		if r.everything && r.everybody && r.demandsDevice() && !hasFold(r.excludes, credentialRegistration) {
			found = append(found, tension{
				controls: []string{"CIS-M365-5.2.2.9", "MS.AAD.3.7v1"}, subject: r.subject(), blocker: "deviceToSignIn",
				evidence: []audit.Evidence{r.quote("/conditions/applications/includeApplications", "it is for all resources"), grant},
				setting:  name + " demands a managed device of everybody for all resources",
				cost:     "A passkey cannot be registered in Authenticator on a phone that is not managed (AUT, 2026-07-05). PK-BOOT-005 says who is caught.",
				fix: audit.Edit("Exclude the resource Microsoft Authenticator Credential Registration, or have phones managed before passkeys go onto them.",
					change.ExcludeApplication(&r.Value, credentialRegistration)),
			})
		}
		if p := r.places; r.registers && r.everybody && hasFold(r.controls, "block") && p != nil && len(p.ExcludeLocations) > 0 {
			found = append(found, tension{
				controls: []string{"MT.1011"}, subject: r.subject(), blocker: "placeToRegister",
				evidence: []audit.Evidence{r.quote("/conditions/locations/excludeLocations", "only from there is it let through"), grant},
				setting:  name + " blocks registering security info outside some places for everybody",
				cost:     "Who works elsewhere cannot get started, with a Temporary Access Pass neither. PK-BOOT-006 says who is caught.",
				fix:      audit.Edit("Demand multifactor authentication there instead of blocking: then a pass lets people in who are not on site.", change.DemandMFA(&r.Value)),
			})
		}
	}
	return found
}

func hasFold(list []string, text string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, text) })
}
