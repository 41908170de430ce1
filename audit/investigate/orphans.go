package investigate

import (
	"context"
	"slices"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/snapshot"
)

// Orphan is a sign that the two ends of a passkey of the account have come apart.
type Orphan struct {
	lifecycle.Case
	// Evidence is the chain of what happened, the oldest first; what has no time comes
	// last.
	Evidence []audit.Evidence
}

// orphans reads what speaks for passkeys that device and Entra disagree about.
func (r *reader) orphans(ctx context.Context) error {
	all, err := audit.Get(ctx, r.Pass, lifecycle.Orphans)
	if err != nil {
		return err
	}
	for _, found := range all.Of(r.n) {
		o := Orphan{Case: found}
		for _, link := range found.Chain {
			quoted, err := lifecycle.Quote(ctx, r.Pass, []lifecycle.Case{{Chain: []lifecycle.Link{link}}})
			if err != nil {
				return err
			}
			for _, e := range quoted {
				if !link.At.IsZero() {
					e.Means = minuteOf(link.At) + ": " + e.Means
				}
				o.Evidence = append(o.Evidence, e)
			}
		}
		r.d.Orphans = append(r.d.Orphans, o)
	}
	return nil
}

func minuteOf(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") }

// orphansBy are the cases of some causes, the most certain first.
func (d *Dossier) orphansBy(causes ...lifecycle.Cause) (list []*Orphan) {
	for i := range d.Orphans {
		if slices.Contains(causes, d.Orphans[i].Cause) {
			list = append(list, &d.Orphans[i])
		}
	}
	return list
}

// orphanBy is the first case of a cause; nil if there is none.
func (d *Dossier) orphanBy(cause lifecycle.Cause) *Orphan {
	for _, o := range d.orphansBy(cause) {
		return o
	}
	return nil
}

// limit is a verdict that goes no further than the case does.
func (o *Orphan) limit(v Verdict) Verdict {
	most := Possible
	switch {
	case o == nil:
	case o.Certainty >= audit.Confirmed:
		most = Confirmed
	case o.Certainty >= audit.Likely:
		most = Likely
	}
	if v.rank() < most.rank() {
		return most
	}
	return v
}

// passkeyOf is the registered passkey that a case is about; nil if it is about none.
func (d *Dossier) passkeyOf(o *Orphan) *Passkey {
	for i := range d.Passkeys {
		if k := &d.Passkeys[i]; o.Passkey != "" && k.pointer == o.Passkey {
			return k
		}
	}
	return nil
}

// history is the dated part of the chain that leads to a passkey being refused.
func (d *Dossier) history(k *Passkey) (list []audit.Evidence) {
	for _, o := range d.orphansBy(lifecycle.Rejected) {
		if d.passkeyOf(o) != k {
			continue
		}
		for i, link := range o.Chain {
			if !link.At.IsZero() && i < len(o.Evidence) {
				list = append(list, o.Evidence[i])
			}
		}
	}
	return list
}

// replaced tells whether a passkey was registered after all that a case rests on.
func (d *Dossier) replaced(o *Orphan) bool {
	return slices.ContainsFunc(d.Passkeys, func(k Passkey) bool { return k.Created.After(o.Newest()) })
}

// phoneGone judges passkeys in Microsoft Authenticator whose phone may be gone. That it
// is, only the person can say.
func (c *inquiry) phoneGone() (list []signal) {
	d := c.d
	name := d.Name()
	for _, o := range d.orphansBy(lifecycle.AppDeleted, lifecycle.PhoneMissing) {
		k := d.passkeyOf(o)
		if k == nil {
			continue
		}
		s := signal{verdict: o.limit(Possible), weight: 34, recorded: true, proof: proofs(o.Evidence...), competing: o.Competing, ask: []questionID{askPhone, askKeptWhere}}
		if o.Cause == lifecycle.AppDeleted {
			s.why = "On " + day(o.Newest()) + " an Authenticator entry of " + name + " was deleted, after the " + k.label() + " had been registered; if that phone or app is gone, so is the passkey, which Entra goes on listing."
		} else {
			s.why = "The phone on " + k.OS.String() + " from which " + name + " last signed in on " + day(o.Newest()) + " is not among the tenant's devices any more; if it is gone, so may be the " + k.label() + ", which Entra goes on listing."
			s.proof = append(s.proof, proofs(audit.Examined(snapshot.Devices, d.examined[snapshot.Devices], "no device has the id of that phone"))...)
		}
		s.actions = []Action{
			{HelpDesk, "Ask whether the phone is still there, with the same Microsoft Authenticator on it; such a passkey is never restored on another phone.", "", ""},
			{Administrator, "If it is gone: check who " + name + " is, delete the " + k.label() + " in Entra, and only then issue a Temporary Access Pass.", userMethods, anyDevice},
			{User, "Then create a new passkey.", "Microsoft Authenticator", "the new phone"},
		}
		s.tell = "Do you still have the phone on which you set up your passkey, with the same Microsoft Authenticator on it? If not, the passkey went with it: please call the help desk. We remove the old one and help you set up a new one on your new phone."
		switch {
		case c.excludes(MicrosoftAuthenticator) || d.replaced(o):
			s.weight, s.recorded = 9, false
			s.proof = append(s.proof, c.saidKeeper()...)
		case c.stage == NotRecognised:
			s.weight = 60
		case c.stage == SignInFails:
			s.weight = 40
		case c.stage != Healthy && c.stage != UnknownStage:
			s.weight, s.recorded = 20, false
		}
		list = append(list, s)
	}
	return list
}

// unused judges passkeys that nobody signs in with. Of those who are well that says
// little.
func (c *inquiry) unused() (list []signal) {
	d := c.d
	for _, o := range d.orphansBy(lifecycle.NotUsed) {
		s := signal{verdict: o.limit(Possible), weight: 8, proof: proofs(o.Evidence...), competing: o.Competing, ask: []questionID{askKeptWhere, askAuthenticator}}
		s.why = d.Name() + " has had " + countText(len(d.Passkeys), "passkey", "passkeys") + " for two weeks at least, and every sign-in that is kept and names its methods was without, last on " + day(o.Newest()) + "; the copy on the device may be gone."
		s.actions = []Action{{HelpDesk, "Have " + d.Name() + " sign in once and choose the passkey; if the device offers none, the copy is gone and a new one has to be registered.", "the sign-in page", "the device that keeps the passkey"}}
		s.tell = "Please sign in once and choose your passkey where you are asked how to sign in. If your device does not offer it, tell us: then it is no longer there, and we help you set up a new one."
		switch c.stage {
		case NotRecognised:
			s.weight = 48
		case SignInFails:
			s.weight = 24
		}
		list = append(list, s)
	}
	return list
}

// blockedByRemnant judges registrations that were begun and did not end, beside
// something on a device that may stand in their way. No record says that it did.
func (c *inquiry) blockedByRemnant() (list []signal) {
	d := c.d
	name := d.Name()
	for _, o := range d.orphansBy(lifecycle.HalfFinished) {
		start := d.last(func(ch *Change) bool { return ch.What == activity.Started })
		hello := slices.ContainsFunc(o.Chain, func(l lifecycle.Link) bool { return l.Section == snapshot.AuthenticationMethods })
		later := slices.ContainsFunc(o.Chain, func(l lifecycle.Link) bool {
			return l.Section == snapshot.DirectoryAudits && start != nil && l.At.After(start.At)
		})
		if start == nil || later && !hello {
			continue // what was deleted after it was in nobody's way
		}
		s := signal{verdict: o.limit(Possible), weight: 12, proof: proofs(o.Evidence...), competing: o.Competing, ask: []questionID{askExact, askKeptWhere}}
		s.why = "On " + minuteOf(start.At) + " UTC registering was started for " + name + " and nothing was registered after it; "
		if hello {
			s.why += "a Windows Hello credential of the account is there, and Windows keeps no second passkey for the account in the same place (WIN, 2026-02-18)."
			s.actions = []Action{{User, "Create the passkey in Microsoft Authenticator or on a security key, not on the Windows computer that has Windows Hello.", securityInfo, "the phone, or the computer with a security key"}}
			s.tell = "Please set up the passkey on your phone or on a security key, not in Windows Hello on your computer, and tell us word for word what the page says if it stops again."
		} else {
			s.why += "a passkey that was deleted in Entra before may still be on the device, which then says that one already exists."
			s.actions, s.tell = removeAndRegister(c)
		}
		switch {
		case d.replaced(o) || d.TakenAt.Sub(start.At) > recent:
			s.weight = 7
		case c.registering():
			s.weight, s.recorded = 46, true
			s.proof = append(s.proof, c.saidStage()...)
		}
		list = append(list, s)
	}
	return list
}
