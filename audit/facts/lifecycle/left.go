package lifecycle

import (
	"context"
	"fmt"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
)

// LeftOnDevice is the fact that finds accounts which tried passkeys that Entra does not
// have for them.
var LeftOnDevice = &audit.Fact[*Remnants]{
	Name:   "lifecycle.LeftOnDevice",
	Doc:    "who tried a passkey that Entra does not have for the account, after which deletion if any",
	Facts:  []audit.AnyFact{activity.SignIns, activity.Changes},
	Derive: deriveLeft,
}

// Remnants are the cases of passkeys left on devices.
type Remnants struct {
	Cases
	// Undated are the accounts of which the time of a sign-in or of a deletion is not
	// told, so that nothing follows.
	Undated audit.Set
	// Unnamed are the accounts with a deletion before the sign-in that does not say which
	// method was deleted.
	Unnamed audit.Set
}

// registrationEnds is within what time of its start a registration is recorded. The
// session of combined registration lasts a quarter of an hour (COMB,
// concept-registration-mfa-sspr-combined, 2024-01-26); the records of two services are
// written minutes apart.
const registrationEnds = 30 * time.Minute

func deriveLeft(ctx context.Context, p *audit.Pass) (*Remnants, error) {
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return nil, err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return nil, err
	}
	r := &Remnants{Cases: newCases()}
	var undated, unnamed audit.Builder
	last, seen := uint32(0), false
	for e := range log.Events(activity.KeyUnknown) {
		if seen && e.Account == last {
			continue
		}
		last, seen = e.Account, true
		tries := log.Of(e.Account, activity.KeyUnknown)
		if c, found := other(tries); found {
			r.add(c)
		}
		c, found, untimed := left(tries, changes)
		if untimed {
			undated.Add(e.Account)
		}
		if found {
			r.add(c)
		}
		if found && c.Cause == Unexplained && hasUnnamed(tries, changes) {
			unnamed.Add(e.Account)
		}
	}
	r.Undated, r.Unnamed = undated.Set(), unnamed.Set()
	return r, nil
}

// left is the case of an account whose key was not found: after a deletion of a passkey
// of its own where there is one before some of the sign-ins. untimed: a time that
// matters is not told.
func left(tries []activity.Event, changes *activity.ChangeLog) (c Case, found, untimed bool) {
	var after []activity.Event // sign-ins after the deletion, the newest first
	var deletion activity.Change
	var all []activity.Event
	for _, e := range tries {
		if !activity.KeyNotFound(e.Code) {
			continue
		}
		all = append(all, e)
		d, before := changes.Last(e.Account, func(c activity.Change) bool { return c.IsPasskey(activity.Deleted) && !c.At.After(e.At) })
		switch {
		case e.At.IsZero() || before && d.At.IsZero():
			untimed = true
		case before && (len(after) == 0 || d.Row == deletion.Row):
			deletion, after = d, append(after, e)
		}
	}
	if len(all) == 0 {
		return c, false, false
	}
	c = Case{Account: all[0].Account, Kind: Left}
	if len(after) == 0 {
		c.Cause, c.Certainty = Unexplained, audit.Possible
		c.Chain = unexplainedChain(all, changes)
		c.Competing = []string{
			"a passkey was deleted " + before(changes.Window),
			"a registration did not get to its end and left a copy on the device",
			"a passkey of another account or tenant was picked by mistake",
		}
		return c, true, untimed
	}
	c.Cause, c.Certainty = Deleted, audit.Likely
	if made, known := changes.Last(c.Account, func(m activity.Change) bool {
		return m.IsPasskey(activity.Registered) && m.Key != "" && m.Key == deletion.Key && !m.At.After(deletion.At)
	}); known {
		c.Chain = append(c.Chain, auditLink(made, "the passkey was registered"+byOther(made)))
	}
	c.Chain = append(c.Chain, auditLink(deletion, "a passkey of the person was deleted in Entra"+byOther(deletion)),
		signInLink(after[0], "after the deletion, a sign-in with a key that is not registered for the person"))
	if first := after[len(after)-1]; first.Row != after[0].Row {
		c.Chain = append(c.Chain, signInLink(first, "the first sign-in after the deletion with a key that is not registered for the person"))
	}
	c.Chain = inOrder(c.Chain)
	c.Competing = []string{"the sign-in log names no key: a passkey of another account or tenant may have been picked"}
	if again, since := changes.Last(c.Account, func(m activity.Change) bool { return m.IsPasskey(activity.Registered) && m.At.After(deletion.At) }); since {
		c.Competing = append(c.Competing, fmt.Sprintf("a passkey was registered again on %s; the device may offer the old copy beside it", again.At.Format(time.DateOnly)))
	}
	return c, true, untimed
}

func unexplainedChain(all []activity.Event, changes *activity.ChangeLog) []Link {
	newest, first := all[0], all[len(all)-1]
	chain := []Link{signInLink(newest, "a sign-in with a key that is not registered for the person")}
	if first.Row != newest.Row {
		chain = append(chain, signInLink(first, "the first such sign-in that is kept"))
	}
	if start, found := changes.Last(newest.Account, func(c activity.Change) bool { return c.What == activity.Started && !c.At.After(newest.At) }); found && !finished(newest.Account, start, changes) {
		chain = append(chain, auditLink(start, "a registration was started, and none is recorded after it"))
	}
	if made, found := changes.Last(newest.Account, func(c activity.Change) bool { return c.IsPasskey(activity.Registered) && !c.At.After(newest.At) }); found {
		chain = append(chain, auditLink(made, "a passkey was registered before"+byOther(made)))
	}
	return inOrder(chain)
}

// finished tells whether a registration is recorded soon after one was started.
func finished(account uint32, start activity.Change, changes *activity.ChangeLog) bool {
	for _, c := range changes.Of(account) {
		if c.What == activity.Registered && !c.At.Before(start.At) && c.At.Sub(start.At) <= registrationEnds {
			return true
		}
	}
	return false
}

// other is the case of an account that tried a passkey with the handle of another.
func other(tries []activity.Event) (Case, bool) {
	for _, e := range tries {
		if activity.OtherHandle(e.Code) {
			return Case{
				Account: e.Account, Kind: Left, Cause: OtherAccount, Certainty: audit.Possible,
				Chain: []Link{signInLink(e, "a sign-in with a passkey that holds the handle of another account")},
				Competing: []string{
					"the account was deleted and made again, and the passkey is that of the former one",
					"the passkey of another account was picked by mistake",
				},
			}, true
		}
	}
	return Case{}, false
}

// hasUnnamed tells whether a deletion before a sign-in does not say of which method.
func hasUnnamed(tries []activity.Event, changes *activity.ChangeLog) bool {
	for _, e := range tries {
		if !activity.KeyNotFound(e.Code) {
			continue
		}
		if _, some := changes.Last(e.Account, func(c activity.Change) bool {
			return c.What == activity.Deleted && c.Method == activity.UnknownMethod && !c.At.After(e.At)
		}); some {
			return true
		}
	}
	return false
}

func before(w activity.Window) string {
	if since := w.Since(); since != "" {
		return "before " + since + ", where the audit log begins"
	}
	return "before the audit log begins"
}
