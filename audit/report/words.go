package report

import (
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit/facts/bootstrap"
)

// StateText says of people what a state means.
func StateText(s bootstrap.State) string { return stateTexts[s] }

var stateTexts = map[bootstrap.State]string{
	bootstrap.HasPasskey: "have a passkey that works", bootstrap.SelfService: "can register one alone",
	bootstrap.NeedsAdminStep: "need a step of an administrator", bootstrap.Trapped: "trapped: no way without a policy change",
	bootstrap.OutOfScope: "out of scope of the method", bootstrap.Unknown: "not known",
}

// ConditionText says what a condition takes for granted; empty for one that is not
// known.
func ConditionText(c bootstrap.Condition) string {
	if code, isCountry := strings.CutPrefix(string(c), "country:"); isCountry {
		return "being in " + code
	}
	return conditionTexts[c]
}

var conditionTexts = map[bootstrap.Condition]string{
	bootstrap.CapablePhone: "a phone that can keep a passkey", bootstrap.SecurityKey: "a security key",
	bootstrap.SyncedProvider: "a provider that keeps passkeys in step across devices", bootstrap.TrustedPlace: "being in a trusted location",
	bootstrap.CompliantDevice: "the compliant device that they have", bootstrap.HybridDevice: "the hybrid joined computer that they have",
	bootstrap.Bluetooth: "Bluetooth between computer and phone", bootstrap.ValidPass: "the Temporary Access Pass that they hold now",
	bootstrap.PasswordOnlyFirstRegistration: "registering a first method after a password alone, which is weak",
}

// StepText says what an administrator does in a step; empty for one that is not known.
func StepText(s bootstrap.Step) string { return stepTexts[s] }

var stepTexts = map[bootstrap.Step]string{
	bootstrap.IssuePass: "issue a Temporary Access Pass", bootstrap.DeleteStale: "delete the methods that are lost",
	bootstrap.DismissRisk: "dismiss the risk of the account", bootstrap.ProvisionKey: "provision a security key",
	bootstrap.AddToGroup: "add them to a bootstrap group", bootstrap.EnrolDevice: "have a computer enrolled",
}

// PersonaText says who a persona is; empty for one that is not known.
func PersonaText(p bootstrap.Persona) string { return personaTexts[p] }

var personaTexts = map[bootstrap.Persona]string{
	bootstrap.NewHireRemote: "New hire away from every trusted location, with a password and nothing else", bootstrap.NewHireOnSite: "New hire who can be in a trusted location",
	bootstrap.LostPhone: "Somebody who lost the phone with everything on it", bootstrap.BYODPhoneOnly: "Somebody with a phone of their own and no computer",
	bootstrap.NewLaptopOutOfBox: "Somebody who sets up Windows Hello on a new computer at home", bootstrap.RoleActivation: "Somebody who activates a role, with Authenticator and no passkey",
}

// ByCount orders the keys of counts, the largest first.
func ByCount[K ~string](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(string(a), string(b))
	})
}
