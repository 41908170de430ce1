package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
)

// methodTexts name what counts as multifactor authentication, for a person.
var methodTexts = map[methods.Kind]string{
	methods.Passkey: "your passkey", methods.WindowsHello: "Windows Hello on your own computer", methods.PlatformCredential: "Platform SSO on your own Mac",
	methods.Authenticator: "Microsoft Authenticator", methods.SoftwareOath: "a code from your authenticator app", methods.HardwareOath: "a code from your token",
	methods.MobilePhone: "a text message or call to your mobile phone", methods.AlternatePhone: "a call to your second phone", methods.OfficePhone: "a call to your office phone",
	methods.TemporaryAccessPass: "your Temporary Access Pass",
}

const (
	adminCenter  = "Microsoft Entra admin center"
	methodsPage  = adminCenter + ", Authentication methods, Policies, Passkey (FIDO2)"
	userMethods  = adminCenter + ", Users, this person, Authentication methods"
	securityInfo = "https://mysignins.microsoft.com/security-info"
	anyDevice    = "the administrator's own computer"
)

// register judges problem 1: scope, self-service, and a method to start with. Sources:
// PF (how-to-authentication-passkeys-fido2, 2026-03-08).
func register(c *inquiry) []signal { return append(c.passes(), registration(c)...) }

// passes are attempts in which something was wrong with a Temporary Access Pass.
func (c *inquiry) passes() (list []signal) {
	d := c.d
	for i := range d.Attempts {
		at := &d.Attempts[i]
		if at.Class != activity.PassFailed || at != c.attempt && (at.MadeGood || d.TakenAt.Sub(at.At) > recent) {
			continue
		}
		s := signal{verdict: Likely, weight: 70, proof: proofs(at.Evidence...), ask: []questionID{askExact}}
		s.why = "On " + at.when() + " UTC the Temporary Access Pass of " + d.Name() + " was not taken: " + c.d.known.codeText(at.Code) + "."
		s.actions = []Action{{Administrator, "Check who " + d.Name() + " is and issue a new Temporary Access Pass of the kind that the policy takes; a new one replaces the old.", userMethods, anyDevice}, registerStep(c)}
		s.tell = "The start code that you used does not work any more. Please call the help desk for a new one, and use it within minutes."
		if at == c.attempt {
			s.verdict, s.weight = Confirmed, 90
		}
		list = append(list, s)
	}
	if code := c.a.ErrorCode; code != 0 && c.d.known.classOfCode(code) == activity.PassFailed {
		list = append(list, signal{verdict: Likely, weight: 68, why: "The code that was shown is about the Temporary Access Pass: " + c.d.known.codeText(code) + ".",
			proof: []Proof{answered("error", itoa(code), c.d.known.codeText(code))}, ask: []questionID{askAt},
			actions: []Action{{Administrator, "Check who " + d.Name() + " is and issue a new Temporary Access Pass of the kind that the policy takes.", userMethods, anyDevice}, registerStep(c)},
			tell:    "The start code that you used does not work any more. Please call the help desk for a new one, and use it within minutes."})
	}
	return list
}

func registration(c *inquiry) []signal {
	d, v := c.d, &c.d.Verdict
	name := d.Name()
	switch v.State {
	case bootstrap.OutOfScope:
		return []signal{outOfScope(c)}
	case bootstrap.Trapped:
		return []signal{trappedByMethods(c)}
	case bootstrap.NeedsAdminStep:
		return []signal{needsStep(c)}
	case bootstrap.Unknown:
		return []signal{{verdict: CannotTell, weight: 30, why: "Whether " + name + " can register is not known, for want of " + labels(v.Missing) + ".", proof: c.gapProofs(), ask: []questionID{askLegacy, askExact}}}
	}
	if d.Rules.SelfService == no && (v.State == bootstrap.HasPasskey || c.registering()) {
		s := signal{verdict: RuledOut, why: name + " has a passkey that works; self-service is off, so a further one takes an administrator.", proof: proofs(d.Rules.evidence.selfService...)}
		if c.registering() {
			s.verdict, s.weight = Confirmed, 70
			s.why = "Self-service registration is off, so " + name + " cannot register a further passkey alone."
			s.actions, s.tell = selfServiceOff()
		}
		return []signal{s}
	}
	ok := signal{verdict: RuledOut, why: upper(ready(c)) + ".", proof: c.readyProofs()}
	if c.registering() {
		ok.verdict, ok.weight = Possible, 26
		ok.why = upper(ready(c)) + "; what stops it has to be something that Graph does not show."
		ok.proof = append(ok.proof, c.saidStage()...)
		ok.ask = []questionID{askExact, askLegacy, askOS}
		if v.State == bootstrap.SelfService {
			ok.actions = []Action{registerStep(c)}
			ok.tell = "Please try to add the passkey once more at " + securityInfo + ", and tell us word for word what the page says."
		}
	} else if len(v.Conditions) > 0 {
		ok.verdict, ok.weight = Possible, 6
		ok.why = upper(ready(c)) + ", given " + conditionsText(v.Conditions) + "."
		ok.actions = []Action{registerStep(c)}
		ok.ask = []questionID{askSymptom, askOS}
	}
	return []signal{ok}
}

// ready says what is in order.
func ready(c *inquiry) string {
	if c.d.Verdict.State == bootstrap.HasPasskey {
		return c.d.Name() + " has a passkey that today's policies accept"
	}
	return "scope, self-service and a method to start with are in order: " + c.d.Name() + " can register without an administrator"
}

func (c *inquiry) readyProofs() []Proof {
	d := c.d
	if d.Verdict.State == bootstrap.HasPasskey {
		for _, k := range d.usable() {
			return proofs(k.Evidence...)
		}
	}
	return proofs(d.Rules.evidence.selfService...)
}

// gapProofs say which sections have no rows.
func (c *inquiry) gapProofs() (list []Proof) {
	for _, g := range c.d.Missing {
		if !g.State.HasRows() {
			list = append(list, proofs(audit.Examined(g.Section, 0, "not read: "+string(g.State)))...)
		}
	}
	return list
}

// outOfScope is the first cause for which the method does not reach somebody.
func outOfScope(c *inquiry) signal {
	d := c.d
	name := d.Name()
	s := signal{verdict: Confirmed, weight: 100, proof: proofs(d.Scope...)}
	portal := func(do string) []Action {
		return []Action{{Administrator, do, methodsPage, anyDevice}}
	}
	switch reason := firstScopeReason(d.Verdict.Reasons); reason {
	case bootstrap.AccountDisabled:
		s.why = "The account of " + name + " is disabled, so it can neither register a passkey nor sign in."
		s.actions = []Action{{Administrator, "Find out why the account is disabled, and enable it if it is to be used.", adminCenter + ", Users, this person", anyDevice}}
		s.tell = "Your account is switched off at the moment. We find out why and come back to you; there is nothing you can do on your device."
	case bootstrap.Guest:
		s.why = name + " is a guest, and guests cannot register passkeys in this tenant (PF, 2026-03-08)."
		s.actions = []Action{{User, "Use the passkey of the home organisation, if it has one; this tenant can trust the multifactor authentication done there.", "", ""}}
		s.tell = "As a guest you cannot set up a passkey with us. Sign in with the account of your own organisation as before."
	case bootstrap.MethodDisabled:
		s.why = "The Passkey (FIDO2) method is off for the whole tenant."
		s.actions = portal("Turn the method on, for the people who are to have passkeys.")
		s.tell = "Passkeys are not switched on in our organisation yet. We let you know once they are; until then please sign in as before."
	case bootstrap.Excluded:
		by := labels(d.ExcludedBy)
		if by == "" {
			by = "an exclude target"
		}
		s.why = upper(by) + " excludes " + name + " from the passkey method, and exclusion beats every include target."
		s.actions = portal("Take " + name + " out of " + by + ", or the target out of the exclusions, if the exclusion is not meant.")
		s.tell = "Your account is kept out of passkeys by a setting on our side. We check whether that is meant and write to you; please sign in as before until then."
	default:
		s.why = "No include target of the passkey method reaches " + name + "."
		s.actions = portal("Add " + name + " to a group that the method targets, with a profile that admits what is to be registered.")
		s.tell = "Your account is not among those that may use passkeys yet. We add it and write to you; please sign in as before until then."
	}
	if n := len(d.Passkeys); n > 0 {
		s.why = strings.TrimSuffix(s.why, ".") + "; " + countText(n, "passkey is", "passkeys are") + " registered and cannot be used."
	}
	return s
}

func firstScopeReason(reasons []bootstrap.Reason) bootstrap.Reason {
	for _, r := range []bootstrap.Reason{bootstrap.AccountDisabled, bootstrap.Guest, bootstrap.MethodDisabled, bootstrap.Excluded} {
		if slices.Contains(reasons, r) {
			return r
		}
	}
	return bootstrap.NotTargeted
}

// aboutMethods are the reasons that lie with the methods policy or the person, not with
// Conditional Access.
var aboutMethods = []bootstrap.Reason{
	bootstrap.SelfServiceOff, bootstrap.NoBootstrapMethod, bootstrap.TapDisabled, bootstrap.TapNotInScope, bootstrap.ProfileRejects, bootstrap.AttestationRequired,
}

// aboutAccess are the reasons that lie with Conditional Access.
var aboutAccess = []bootstrap.Reason{
	bootstrap.RegistrationBlockedByPolicy, bootstrap.StrengthUnsatisfiable, bootstrap.DeviceControlUnsatisfiable, bootstrap.AppControlUnsatisfiable,
	bootstrap.LocationBlocked, bootstrap.RiskBlocked,
}

// trappedByMethods judges whether the methods policy is what leaves no way.
func trappedByMethods(c *inquiry) signal {
	d, v := c.d, &c.d.Verdict
	name := d.Name()
	mine := slices.ContainsFunc(v.BlockedBy, func(b bootstrap.Blocker) bool { return !accessBlocker(b) })
	if !mine && len(v.BlockedBy) > 0 {
		return signal{verdict: RuledOut, why: "The method reaches " + name + " and a profile admits a passkey; what closes the way is Conditional Access.", proof: proofs(d.Blockers...)}
	}
	s := signal{verdict: c.certainty(), weight: 92, proof: proofs(d.Blockers...)}
	if len(s.proof) == 0 {
		s.proof = proofs(d.Rules.evidence.selfService...)
	}
	why := bootstrap.ReasonsText(c.reasons(aboutMethods...))
	if why == "" {
		why = bootstrap.ReasonsText(v.Reasons)
	}
	s.why = "No way to a passkey is open for " + name + ": " + why + "."
	if len(d.BlockerLabels) > 0 {
		s.why = upper(labels(d.BlockerLabels)) + has(d.BlockerLabels) + " to change before " + name + " can have a passkey: " + why + "."
	}
	s.actions = c.blockerActions()
	s.tell = "A setting on our side keeps you from setting up a passkey. There is nothing you can do on your device; we change the setting and write to you. Please sign in as before until then."
	return s
}

func has(names []string) string {
	if len(names) == 1 {
		return " has"
	}
	return " have"
}

func accessBlocker(b bootstrap.Blocker) bool {
	return b.Type == bootstrap.PolicyBlocker || b.Type == bootstrap.StrengthBlocker || string(b.Type) == "namedLocation"
}

// blockerActions are the changes that free somebody who is trapped.
func (c *inquiry) blockerActions() (list []Action) {
	for i, b := range c.d.Verdict.BlockedBy {
		label := c.d.BlockerLabels[i]
		a := Action{Who: Administrator, Where: methodsPage, Device: anyDevice}
		switch b.Type {
		case bootstrap.PolicyBlocker:
			a.Do, a.Where = "Change "+label+" so that it no longer stands in the way of registering, after 'passkeyaudit preview' has shown whom else that touches.", adminCenter+", Conditional Access, Policies"
		case bootstrap.StrengthBlocker:
			a.Do, a.Where = "Let "+label+" admit what "+c.d.Name()+" can do.", adminCenter+", Authentication methods, Authentication strengths"
		case bootstrap.ProfileBlocker:
			a.Do = "Let " + label + " admit a passkey that " + c.d.Name() + " can have."
		case bootstrap.PassBlocker:
			a.Do, a.Where = "Let "+c.d.Name()+" use a Temporary Access Pass.", adminCenter+", Authentication methods, Policies, Temporary Access Pass"
		default:
			a.Do = "Turn on self-service registration of " + label + "."
		}
		list = append(list, a)
	}
	if n := len(c.d.Instead); n > 0 && n <= mostInstead {
		list = append(list, Action{Who: Administrator, Do: "Changing something else would do as well: " + alternatives(c.d.Instead) + ".", Device: anyDevice})
	}
	return list
}

// mostInstead is how many other changes are named; more tell nobody anything.
const mostInstead = 4

// needsStep judges whether what an administrator has to do is for want of a method.
func needsStep(c *inquiry) signal {
	d, v := c.d, &c.d.Verdict
	name := d.Name()
	if len(c.reasons(aboutMethods...)) == 0 && len(c.reasons(aboutAccess...)) > 0 {
		return signal{verdict: Possible, weight: 12, why: "The method reaches " + name + "; what registering demands under Conditional Access needs " + stepsText(v.Steps) + ".", proof: proofs(d.RegisterPolicies...)}
	}
	s := signal{verdict: c.certainty(), weight: 85, actions: c.stepActions()}
	switch {
	case slices.Contains(v.Reasons, bootstrap.SelfServiceOff):
		s.why, s.proof = "Self-service registration is off, so nobody registers a passkey without an administrator.", proofs(d.Rules.evidence.selfService...)
		s.actions, s.tell = selfServiceOff()
	default:
		s.why = name + " has nothing to start registration with: no method that counts as multifactor authentication and no Temporary Access Pass that can be used now."
		s.proof = append(c.holdingProofs(), proofs(d.RegisterPolicies...)...)
		s.tell = "To set up your passkey you need a start code from us, a Temporary Access Pass. Please call the help desk; we check who you are and give it to you. Then open " + securityInfo + " and sign in with it."
		if slices.Contains(v.Steps, bootstrap.DeleteStale) {
			s.tell = "Your old sign-in methods have to go before you can set up a new passkey. Please call the help desk; we remove them and give you a start code."
		}
	}
	s.ask = []questionID{askLegacy}
	return s
}

func selfServiceOff() ([]Action, string) {
	return []Action{{Administrator, "Turn on \"Allow self-service set up\", or register a security key on behalf of the person.", methodsPage, anyDevice}},
		"Setting up a passkey yourself is switched off in our organisation. We come back to you; please sign in as before until then."
}

// holdingProofs quote what is registered.
func (c *inquiry) holdingProofs() []Proof {
	return proofs(c.d.holdings...)
}

func countText(n int, one, many string) string { return audit.CountPhrase(n, one, many) }
