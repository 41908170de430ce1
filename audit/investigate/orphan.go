package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/snapshot"
)

// orphaned judges problem 5: device and Entra disagree about a passkey. What happened to
// the passkeys of the account is taken from [lifecycle.Orphans], and no verdict goes
// further than that does: v1.0 sign-ins carry no id of the key, so that a deletion and a
// refusal are of one passkey is likely and never confirmed; that today's policy refuses
// a registered one is.
func orphaned(c *inquiry) []signal {
	d := c.d
	name := d.Name()
	var list []signal
	add := func(s signal) { list = append(list, s) }
	deletedPasskey := d.last(func(ch *Change) bool { return ch.IsPasskey(activity.Deleted) })
	renamed := d.last(func(ch *Change) bool { return ch.What == activity.Renamed })
	for i := range d.Attempts {
		at := &d.Attempts[i]
		switch at.Class {
		case activity.KeyUnknown:
			add(c.unknownKey(at, renamed))
		case activity.PasskeyFailed:
			add(c.failedPasskey(at))
		}
	}
	list = slices.Concat(list, c.phoneGone(), c.unused(), c.blockedByRemnant())
	if code := c.a.ErrorCode; code != 0 && (c.d.known.classOfCode(code) == activity.KeyUnknown || c.d.known.classOfCode(code) == activity.PasskeyFailed) {
		s := signal{verdict: Likely, weight: 70, why: "The code that was shown is about a passkey that Entra does not take: " + c.d.known.codeText(code) + ".",
			proof: append([]Proof{answered("error", itoa(code), c.d.known.codeText(code))}, c.passkeyProofs()...), ask: []questionID{askKeptWhere, askDeleted}}
		s.actions, s.tell = removeAndRegister(c)
		add(s)
	}
	for _, k := range d.rejected(func(k *Passkey) bool {
		return !k.SignIn.Scope && k.Keeper != Provider && !(k.Keeper == MicrosoftAuthenticator && c.oneSystem(k))
	}) {
		s := signal{verdict: Confirmed, weight: 76, proof: proofs(slices.Concat(d.history(k), k.Evidence, k.SignIn.Evidence)...)}
		s.why = "The " + k.label() + " is registered, and today's policy refuses it at every sign-in: " + k.SignIn.Why + "."
		if len(d.usable()) > 0 {
			s.verdict, s.weight = Likely, 30
			s.why = "One of " + countText(len(d.Passkeys), "passkey", "passkeys") + ", the " + k.label() + ", is refused by today's policy: " + k.SignIn.Why + "."
			s.ask = []questionID{askAuthenticator}
		}
		s.actions = []Action{{Administrator, "Let a profile of " + name + " admit the model again, or have another passkey registered; the object stays in Entra either way.", methodsPage, anyDevice}}
		s.tell = "Your passkey is no longer on the list of those we accept. There is nothing wrong with your device; we either put it back or help you set up another one. Please sign in another way until then."
		add(s)
	}
	if n := len(d.Passkeys); n > 0 && d.Verdict.State == bootstrap.OutOfScope {
		add(signal{verdict: Confirmed, weight: 55, why: countText(n, "passkey of "+name+" is", "passkeys of "+name+" are") + " registered, and the method no longer reaches the account.",
			proof: append(c.passkeyProofs(), proofs(d.Scope...)...), tell: "Your passkey is still registered, but your account may not use passkeys at the moment. We check why; please sign in as before until then."})
	}
	if o := d.orphanBy(lifecycle.Renamed); o != nil && renamed != nil {
		s := signal{verdict: o.limit(Likely), weight: 46, proof: append(proofs(o.Evidence...), c.passkeyProofs()...), competing: o.Competing, ask: []questionID{askKeptWhere}}
		s.why = "The user principal name was changed on " + day(renamed.At) + ", after the passkey was registered; such a passkey cannot be updated and has to be registered again (PF, 2026-03-08)."
		s.actions, s.tell = removeAndRegister(c)
		if c.stage == Healthy {
			s.verdict, s.weight = Possible, 13
		}
		add(s)
	}
	if deletedPasskey != nil && (c.stage == NotRecognised || len(d.Passkeys) == 0) {
		s := signal{verdict: Possible, weight: 26, proof: proofs(deletedPasskey.Evidence), ask: []questionID{askDeleted, askKeptWhere}}
		s.why = "A passkey of " + name + " was deleted in Entra on " + day(deletedPasskey.At) + byOther(deletedPasskey) + "; what is left on the device no longer counts."
		s.actions, s.tell = removeAndRegister(c)
		if c.stage == NotRecognised {
			s.verdict, s.weight = Likely, 72
		}
		add(s)
	}
	if len(list) > 0 {
		return list
	}
	return []signal{c.noOrphan()}
}

func byOther(ch *Change) string {
	if ch.ByOther {
		return " by an administrator or an app"
	}
	return ""
}

// unknownKey is a sign-in with a key that Entra could not match.
func (c *inquiry) unknownKey(at *Attempt, renamed *Change) signal {
	d := c.d
	name := d.Name()
	s := signal{weight: 75, recorded: true, ask: []questionID{askKeptWhere, askDeleted}}
	s.actions, s.tell = removeAndRegister(c)
	s.why = "On " + at.when() + " UTC " + name + " signed in with a passkey that Entra does not know: " + c.d.known.codeText(at.Code) + "."
	by := d.orphanBy(lifecycle.Unexplained)
	gone := d.last(func(ch *Change) bool { return ch.IsPasskey(activity.Deleted) && !ch.At.After(at.At) })
	deleted := d.orphanBy(lifecycle.Deleted)
	switch {
	case activity.OtherHandle(at.Code):
		by = d.orphanBy(lifecycle.OtherAccount)
		s.why = "On " + at.when() + " UTC the passkey that was used belongs to another account, or to an earlier one of " + name + ": " + c.d.known.codeText(at.Code) + "."
	case gone != nil && deleted != nil:
		by, s.weight = deleted, 90
		s.why = "A passkey was deleted in Entra on " + day(gone.At) + byOther(gone) + ", and on " + at.when() + " UTC " + name + " signed in with one that Entra does not know: " + c.d.known.codeText(at.Code) + "."
	case renamed != nil && renamed.At.Before(at.At):
		s.weight = 86
		if o := d.orphanBy(lifecycle.Renamed); o != nil {
			by = o
		}
		s.proof = proofs(renamed.Evidence)
		s.why = "The user principal name was changed on " + day(renamed.At) + ", and on " + at.when() + " UTC the passkey was no longer known: " + c.d.known.codeText(at.Code) + "."
	}
	s.verdict = by.limit(Likely)
	if by != nil {
		s.proof, s.competing = proofs(by.Evidence...), by.Competing
	}
	if !slices.ContainsFunc(s.proof, func(p Proof) bool { return p.Section == snapshot.SignIns && p.Object == at.Row }) {
		s.proof = append(s.proof, proofs(at.Evidence...)...)
	}
	if at != c.attempt && (at.MadeGood || d.TakenAt.Sub(at.At) > recent) {
		s.verdict, s.weight, s.recorded = Possible, s.weight/4, false
		if at.MadeGood {
			s.why = strings.TrimSuffix(s.why, ".") + "; signing in has worked since."
		}
	}
	return s
}

// failedPasskey is a sign-in in which something else was wrong with the passkey.
func (c *inquiry) failedPasskey(at *Attempt) signal {
	d := c.d
	s := signal{verdict: Likely, weight: 44, proof: proofs(at.Evidence...), ask: []questionID{askAuthenticator, askKeptWhere}}
	s.why = "On " + at.when() + " UTC Entra refused the passkey of " + d.Name() + ": " + c.d.known.codeText(at.Code) + "."
	s.actions = []Action{{HelpDesk, "Compare what the device keeps with the passkeys listed below: account, model and date.", userMethods, anyDevice}}
	s.tell = "Your passkey was refused. Please tell us what your device shows for it: for which account, and since when."
	if at != c.attempt && (at.MadeGood || d.TakenAt.Sub(at.At) > recent) {
		s.verdict, s.weight = Possible, 11
	}
	return s
}

// removeAndRegister is what helps against a passkey that Entra does not know.
func removeAndRegister(c *inquiry) ([]Action, string) {
	list := []Action{{User, "Delete the passkey for this account on the device that keeps it.", "Settings of the phone, Passwords; the security key's own app; Windows Settings, Accounts, Passkeys", "the device that keeps the passkey"}}
	tell := "The passkey on your device and the one we know no longer match. Please delete it on the device (in its settings, under passwords or passkeys)"
	switch c.d.Verdict.State {
	case bootstrap.SelfService, bootstrap.HasPasskey:
		list = append(list, Action{User, "Register a new passkey.", securityInfo, "a computer, or the phone with Microsoft Authenticator"})
		tell += ", then set up a new one at " + securityInfo + "."
	case bootstrap.NeedsAdminStep:
		list = append(append(list, c.stepActions()...), registerStep(c))
		tell += ", then call the help desk for a start code to set up a new one."
	default:
		tell += ". We come back to you about a new one."
	}
	return list, tell
}

// oneSystem tells whether Microsoft Authenticator is admitted on the other system.
func (c *inquiry) oneSystem(k *Passkey) bool {
	r := &c.d.Rules
	return r.UsedAndroid.Accepted != r.UsedIOS.Accepted
}

// noOrphan is what speaks against a disagreement.
func (c *inquiry) noOrphan() signal {
	d := c.d
	name := d.Name()
	switch {
	case c.stage == NotRecognised:
		s := signal{verdict: Possible, weight: 30, proof: append(c.saidStage(), c.passkeyProofs()...), ask: []questionID{askKeptWhere, askDeleted, askAuthenticator}}
		if len(d.Passkeys) == 0 && d.Listed {
			s.verdict, s.weight = Likely, 40
			s.why = "No passkey of " + name + " is registered in Entra, so what the device keeps counts for nothing here."
			s.actions, s.tell = removeAndRegister(c)
			return s
		}
		s.why = "Nothing recorded shows a deleted or unknown passkey; what the device keeps has to be compared with " + countText(len(d.Passkeys), "registered passkey", "registered passkeys") + "."
		s.actions = []Action{{HelpDesk, "Compare what the device keeps with the passkeys listed below: account, model and date.", userMethods, anyDevice}}
		s.tell = "Please look at what your device keeps: for which account the passkey is, and since when. Tell us both, so that we can compare."
		return s
	case d.SignIns == nil && d.Audits == nil:
		return signal{verdict: CannotTell, weight: 6, why: "Neither the sign-in log nor the audit log was read, so an orphaned passkey would not show.", proof: c.gapProofs(), ask: []questionID{askCode, askKeptWhere}}
	case !d.Listed && len(d.Passkeys) == 0:
		return signal{verdict: CannotTell, weight: 5, why: "The methods of " + name + " were not listed, so what is registered cannot be compared with the device.", proof: append(c.gapProofs(), proofs(d.holdings...)...), ask: []questionID{askKeptWhere}}
	default:
		return signal{verdict: RuledOut, why: "No unknown key was used and none was deleted " + d.since() + ", and policy refuses no registered passkey.", proof: append(c.passkeyProofs(), d.logRead("the sign-in log was looked through")...)}
	}
}
