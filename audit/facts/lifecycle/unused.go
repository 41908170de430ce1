package lifecycle

import (
	"context"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// SettlingIn is how long after the registration of a passkey nothing follows from its
// not being used.
const SettlingIn = 14 * 24 * time.Hour

// Unused is the fact that finds people who registered a passkey and go on signing in by
// methods that phishing gets around. It takes a log that names methods, which only beta
// of Graph does.
var Unused = &audit.Fact[*Dated]{
	Name:   "lifecycle.Unused",
	Doc:    "who has had a passkey for two weeks and signs in by other methods only",
	Reads:  []audit.Read{{Section: snapshot.AuthenticationMethods, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users, activity.SignIns, methods.Holdings},
	Derive: deriveUnused,
}

func deriveUnused(ctx context.Context, p *audit.Pass) (*Dated, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return nil, err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return nil, err
	}
	out := &Dated{Cases: newCases()}
	if log.MethodsTold == 0 {
		return out, nil
	}
	var suspects, undated audit.Builder
	for n := range held.Of(methods.Passkey).All() {
		if u := log.Using(n); u.Passkey.Row == "" && u.Phishable.Row != "" {
			suspects.Add(n)
		}
	}
	some := suspects.Set()
	passkeys, err := methods.DatedPasskeys(ctx, p, dir, held, some)
	if err != nil {
		return nil, err
	}
	now, err := entra.ParseTime(p.Now())
	if err != nil {
		return nil, err
	}
	for n := range some.All() {
		c, found, untimed := unused(dir, n, passkeys[n], log.Using(n).Phishable, now)
		if found {
			out.add(c)
		} else if untimed {
			undated.Add(n)
		}
	}
	out.Undated = undated.Set()
	return out, nil
}

// unused is the case of an account of which no sign-in with a passkey is in the log. None
// of its passkeys may be younger than two weeks, or have been used in that time as beta
// tells: who is changing over is left alone.
func unused(dir *population.Directory, n uint32, keys []methods.Dated, other activity.Used, now time.Time) (c Case, found, untimed bool) {
	c = Case{Account: n, Kind: Gone, Cause: NotUsed, Certainty: audit.Likely}
	for _, k := range keys {
		switch {
		case k.Created.IsZero() || other.At.IsZero():
			untimed = true
			continue
		case now.Sub(k.Created) < SettlingIn, other.At.Sub(k.Created) < SettlingIn, now.Sub(k.LastUsed) < SettlingIn:
			return c, false, false
		}
		c.Passkey = k.Pointer
		c.Chain = append(c.Chain, passkeyLink(dir, n, k, "a passkey was registered"))
		if !k.LastUsed.IsZero() {
			c.Chain = append(c.Chain, Link{k.LastUsed, snapshot.AuthenticationMethods, dir.Member(n).ID, k.Pointer + "/lastUsedDateTime", "when it was last used"})
		}
	}
	if len(c.Chain) == 0 {
		return c, false, untimed
	}
	c.Chain = inOrder(append(c.Chain, Link{other.At, snapshot.SignIns, other.Row, entra.Pointer("authenticationDetails", other.Step, "authenticationMethod"), "the latest sign-in, by another method"}))
	c.Competing = []string{
		"the passkey works, and the person is asked for another method first or chooses it by habit",
		"the copy on the device is gone",
		"sign-ins that are not interactive are not in the log",
	}
	return c, true, false
}
