package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
)

const accessPage = adminCenter + ", Conditional Access, Policies"

// conditionalAccess judges problem 4: policies that leave no way to register, sign-ins
// that policies refused, and demands that no passkey meets.
func conditionalAccess(c *inquiry) []signal {
	d, v := c.d, &c.d.Verdict
	name := d.Name()
	var list []signal
	add := func(s signal) { list = append(list, s) }
	switch {
	case v.State == bootstrap.Trapped && slices.ContainsFunc(v.BlockedBy, accessBlocker):
		s := signal{verdict: c.certainty(), weight: 95, proof: proofs(d.Blockers...), actions: c.blockerActions()}
		if slices.ContainsFunc(v.BlockedBy, func(b bootstrap.Blocker) bool { return !accessBlocker(b) }) {
			s.weight = 60
		}
		why := bootstrap.ReasonsText(c.reasons(aboutAccess...))
		if why == "" {
			why = bootstrap.ReasonsText(v.Reasons)
		}
		s.why = upper(labels(d.BlockerLabels)) + leaves(d.BlockerLabels) + " " + name + " no way to register a passkey: " + why + "."
		s.tell = "A security policy on our side keeps you from setting up a passkey. There is nothing you can do on your device; we change the policy and write to you. Please sign in as before until then."
		add(s)
	case v.State == bootstrap.NeedsAdminStep && len(c.reasons(aboutAccess...)) > 0:
		s := signal{verdict: Likely, weight: 66, proof: append(proofs(d.RegisterPolicies...), c.holdingProofs()...), actions: append(c.stepActions(), registerStep(c))}
		by := labels(d.RegisterLabels)
		if by == "" {
			by = "Conditional Access"
		}
		s.why = upper(by) + " demands of whoever registers what " + name + " cannot do yet (" + bootstrap.ReasonsText(c.reasons(aboutAccess...)) + "); it takes " + stepsText(v.Steps) + "."
		s.tell = "To set up your passkey you need a start code from us, a Temporary Access Pass. Please call the help desk; we check who you are and give it to you."
		add(s)
	case v.State == bootstrap.SelfService && placeText(v.Conditions) != "":
		s := signal{verdict: Possible, weight: 30, proof: append(proofs(d.RegisterPolicies...), c.policyProofs()...), actions: []Action{registerStep(c)},
			why: "Conditional Access lets " + name + " register only" + strings.TrimPrefix(placeText(v.Conditions), ",") + ".",
			ask: []questionID{askSymptom, askAt}}
		s.tell = "Please set up the passkey" + strings.TrimPrefix(placeText(v.Conditions), ",") + ", not from elsewhere."
		if c.stage.registering() {
			s.verdict, s.weight = Likely, 55
		}
		add(s)
	}
	for i := range d.Attempts {
		if s, is := c.refusal(&d.Attempts[i]); is {
			add(s)
		}
	}
	if s, is := c.unmetStrength(); is {
		add(s)
	}
	if c.a.ErrorCode != 0 && (c.d.known.classOfCode(c.a.ErrorCode) == activity.Refused || c.d.known.classOfCode(c.a.ErrorCode) == activity.RegistrationRefused) {
		add(signal{verdict: Likely, weight: 64, why: "The code that was shown says that Conditional Access refused it: " + c.d.known.codeText(c.a.ErrorCode) + ".",
			proof: []Proof{answered("error", itoa(c.a.ErrorCode), c.d.known.codeText(c.a.ErrorCode))}, ask: []questionID{askAt},
			actions: []Action{{HelpDesk, "Look the attempt up in the sign-in log by its time or correlation id, and read which policy failed.", adminCenter + ", Sign-in logs", anyDevice}},
			tell:    "A security policy refused it. Please tell us when exactly you tried, so that we find out which one."})
	}
	if len(list) > 0 {
		return list
	}
	return []signal{c.notBlocked()}
}

func leaves(names []string) string {
	if len(names) == 1 {
		return " leaves"
	}
	return " together leave"
}

// refusal is an attempt that a policy ended.
func (c *inquiry) refusal(at *Attempt) (signal, bool) {
	if at.Class != activity.Refused && at.Class != activity.RegistrationRefused {
		return signal{}, false
	}
	d := c.d
	what := "signing in"
	if at.Registering {
		what = "registering"
	}
	if at.App != "" && !at.Registering {
		what += " to " + at.App
	}
	if p := at.place(); p != "" {
		what += " (" + p + ")"
	}
	var names []string
	s := signal{proof: proofs(at.Evidence...)}
	for _, p := range at.Policies {
		names = append(names, "the policy "+quoted(p.Name))
		s.proof = append(s.proof, proofs(p.Evidence)...)
	}
	by := labels(names)
	if by == "" {
		by = "Conditional Access"
	}
	s.why = "On " + at.when() + " UTC " + by + " refused " + what + ": " + c.d.known.codeText(at.Code) + "."
	chosen := at == c.attempt
	switch {
	case (chosen || !at.MadeGood && d.TakenAt.Sub(at.At) <= recent) && len(names) > 0:
		s.verdict, s.weight = Confirmed, 84
	case chosen || !at.MadeGood && d.TakenAt.Sub(at.At) <= recent:
		s.verdict, s.weight = Likely, 62
	default:
		s.verdict, s.weight = Possible, 14
		if at.MadeGood {
			s.why = strings.TrimSuffix(s.why, ".") + "; it has worked since."
		}
	}
	if at.Registering && d.Verdict.Path != nil {
		s.actions = append(c.stepActions(), registerStep(c))
	}
	s.actions = append(s.actions, Action{Administrator, "Read why " + by + " applied to that attempt, and whether it is meant to: see the failed attempts.", accessPage, anyDevice})
	s.ask = []questionID{askOS, askAt}
	s.tell = "A security policy refused the attempt of " + day(at.At) + ". We look into why it applied to you and write to you; please tell us from which device and place you tried."
	return s, true
}

// unmetStrength is a strength for ordinary work that no usable passkey meets.
func (c *inquiry) unmetStrength() (signal, bool) {
	d := c.d
	if len(d.usable()) == 0 || d.Verdict.State == bootstrap.HasPasskey {
		return signal{}, false
	}
	for _, demand := range d.Demands {
		if !demand.Everywhere || demand.Met != no {
			continue
		}
		s := signal{verdict: Confirmed, weight: 78, proof: proofs(demand.Evidence...)}
		for _, k := range d.usable() {
			s.proof = append(s.proof, proofs(k.Evidence...)...)
		}
		s.why = labels(demand.Policies) + " demands " + demand.Name + ", which no registered passkey of " + d.Name() + " meets."
		s.actions = []Action{{Administrator, "Let " + demand.Name + " admit the model that " + d.Name() + " has, or have a model registered that it admits.", adminCenter + ", Authentication methods, Authentication strengths", anyDevice}}
		s.tell = "Your passkey is fine, but a security policy asks for another kind. We check which one and write to you."
		return s, true
	}
	return signal{}, false
}

// policyProofs are the demands of policies that reach the account.
func (c *inquiry) policyProofs() (list []Proof) {
	for _, demand := range c.d.Demands {
		list = append(list, proofs(demand.Evidence...)...)
	}
	return list
}

// notBlocked is what speaks against Conditional Access.
func (c *inquiry) notBlocked() signal {
	d := c.d
	name := d.Name()
	pointed := c.a.Symptom != "" && c.stage == RegistrationFails || c.a.Stage == RegistrationFails || c.a.Stage == SignInFails
	switch {
	case d.PoliciesKnown && d.PoliciesReach == 0:
		return signal{verdict: RuledOut, why: "No enforced Conditional Access policy reaches " + name + ".", proof: append(c.allPolicies(), c.saidStage()...)}
	case !d.PoliciesKnown:
		return signal{verdict: CannotTell, weight: 12, why: "The Conditional Access policies were not read in full.", proof: c.gapProofs(), ask: []questionID{askCode, askAt}}
	case pointed:
		return signal{verdict: Possible, weight: 18, why: "Nothing recorded shows a policy refusing " + name + ", " + d.since() + "; " + countText(d.PoliciesReach, "enforced policy reaches", "enforced policies reach") + " the account.",
			proof: append(c.saidStage(), append(c.allPolicies(), d.logRead("the sign-in log was looked through")...)...), ask: []questionID{askCode, askAt, askOS},
			actions: []Action{{HelpDesk, "Ask for the code and the time on the error page, and run this again with --error and --at.", "", ""}},
			tell:    "Please try once more and send us the error page with its code, correlation id and time."}
	case d.SignIns == nil:
		return signal{verdict: CannotTell, weight: 8, why: "The sign-in log was not read, so refusals would not show.", proof: c.gapProofs(), ask: []questionID{askCode, askAt}}
	default:
		return signal{verdict: RuledOut, why: "No policy refused a sign-in of " + name + " " + d.since() + ".", proof: append(c.allPolicies(), d.logRead("the sign-in log was looked through")...)}
	}
}

// allPolicies is that the policies were looked through.
func (c *inquiry) allPolicies() []Proof {
	if c.d.policiesExamined == nil {
		return nil
	}
	return proofs(*c.d.policiesExamined)
}
