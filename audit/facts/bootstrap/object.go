package bootstrap

import (
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
)

// Object is the blocker as a step of a finding names it.
func (b Blocker) Object() audit.Object { return audit.Object{Type: string(b.Type), ID: b.ID} }

// GiveWay is the step in which some objects let everybody through, in the words of
// ChangeText.
func (g *Given) GiveWay(objects ...Blocker) audit.Step {
	text := g.ChangeText(objects)
	return GiveWay(strings.ToUpper(text[:1])+text[1:]+".", objects...)
}

// GiveWay is a step in which some objects let everybody through.
func GiveWay(text string, objects ...Blocker) audit.Step {
	step := audit.Step{Change: text}
	for _, b := range objects {
		step.Objects = append(step.Objects, b.Object())
	}
	return step
}

// Passes and Method are what there is one of: the policy of Temporary Access Passes,
// and the Passkey (FIDO2) method.
var (
	Passes = Blocker{PassBlocker, entra.MethodTemporaryAccessPass}
	Method = Blocker{MethodBlocker, entra.MethodFido2}
)

// ExcludeRegistration is the step that leaves CredentialRegistration out of policies.
func (g *Given) ExcludeRegistration(text string, policies ...string) audit.Step {
	var edits []change.Request
	for _, i := range g.Policies.Positions(policies) {
		edits = append(edits, change.ExcludeApplication(g.Policies.Definition(i), CredentialRegistration))
	}
	return audit.Edit(text, edits...)
}
