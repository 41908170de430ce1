package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/tri"
)

// ControlKind is what a grant control asks for.
type ControlKind uint8

const (
	// UnmodelledControl is one that cannot be judged.
	UnmodelledControl ControlKind = iota
	BlockControl
	MFAControl
	StrengthControl
	CompliantDeviceControl
	HybridDeviceControl
	ApprovedAppControl
	AppProtectionControl
	PasswordChangeControl
	TermsOfUseControl
)

// Control is one grant control of a policy, for engines that ask more of a policy
// than one decision: which control stands in the way, and what would follow if it
// did not count.
type Control struct{ c *control }

// Controls lists the policy's grant controls; a policy with none imposes no grant.
func (p *Policy) Controls() []Control {
	list := make([]Control, len(p.grant.controls))
	for i := range list {
		list[i] = Control{&p.grant.controls[i]}
	}
	return list
}

// Name is the control as decisions write it.
func (c Control) Name() string { return c.c.name }

// Kind is what the control asks for.
func (c Control) Kind() ControlKind { return c.c.kind }

func controlKind(name string) ControlKind {
	switch name = strings.ToLower(name); {
	case name == "block":
		return BlockControl
	case name == "mfa":
		return MFAControl
	case strings.HasPrefix(name, "authenticationstrength:"):
		return StrengthControl
	case name == "compliantdevice":
		return CompliantDeviceControl
	case name == "domainjoineddevice":
		return HybridDeviceControl
	case name == "approvedapplication":
		return ApprovedAppControl
	case name == "compliantapplication":
		return AppProtectionControl
	case name == "passwordchange":
		return PasswordChangeControl
	case strings.HasPrefix(name, "termsofuse:"):
		return TermsOfUseControl
	default:
		return UnmodelledControl
	}
}

// StrengthID is the id of the strength that the control demands, empty for other
// controls.
func (c Control) StrengthID() string {
	if c.Kind() != StrengthControl {
		return ""
	}
	return c.c.strength.id
}

// Met tells whether a sign-in that used some methods, and no others, meets the
// control. Terms of use can be accepted, and a password changed, by anybody who got
// that far.
func (c Control) Met(in *SignIn) tri.Value {
	if k := c.Kind(); k == TermsOfUseControl || k == PasswordChangeControl {
		return tri.Yes
	}
	switch st := c.c.judge(in); {
	case st.worst == met:
		return tri.Yes
	case st.best != met:
		return tri.No
	default:
		return tri.Unsure
	}
}

// Satisfied tells whether a sign-in that used some methods meets the policy's
// grant, where the controls named by waive are taken as met.
func (p *Policy) Satisfied(in *SignIn, waive func(Control) bool) tri.Value {
	if len(p.grant.controls) == 0 {
		return tri.Yes
	}
	all, some := tri.Yes, tri.No
	for i := range p.grant.controls {
		c := Control{&p.grant.controls[i]}
		v := tri.Yes
		if waive == nil || !waive(c) {
			v = c.Met(in)
		}
		all, some = all.And(v), some.Or(v)
	}
	switch {
	case p.grant.and && p.grant.or:
		// Which of the two it is, is not known.
		if all != some {
			return tri.Unsure
		}
		return all
	case p.grant.and:
		return all
	default:
		return some
	}
}

// Requires tells whether a control stands between everybody and the grant: it is
// the only one, or the others are wanted as well.
func (p *Policy) Requires(c Control) bool {
	return len(p.grant.controls) == 1 || p.grant.and && !p.grant.or
}

// Matches tells whether the policy applies to a sign-in of somebody whom its user
// assignment reaches. A disabled policy applies to nothing.
func (p *Policy) Matches(in *SignIn) tri.Value {
	if p.State == Disabled {
		return tri.No
	}
	kind, target := p.target.match(in)
	value := tri.Yes
	for c := range conditionCount {
		if c == Users {
			continue
		}
		if value = value.And(p.answer(in, c, kind, target).value); value == tri.No {
			return value
		}
	}
	return value
}

// OnAction tells whether the policy names a user action as its target. One on all
// resources matches the registration of security information too, without naming
// it.
func (p *Policy) OnAction(kind TargetKind) bool {
	switch kind {
	case RegisterSecurityInfo:
		return p.target.actions[urnRegisterSecurityInfo]
	case RegisterDevice:
		return p.target.actions[urnRegisterDevice]
	default:
		return false
	}
}

// Conditional tells whether the policy has a condition other than everybody and
// everything.
func (p *Policy) Conditional(c Condition) bool { return p.tests[c] != nil }
