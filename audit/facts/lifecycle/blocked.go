package lifecycle

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// BlockedByRemnant is the fact that finds accounts whose registration did not get to its
// end although something on the device may stand for it: "a passkey already exists". No
// record says so; it is always only possible.
var BlockedByRemnant = &audit.Fact[*Cases]{
	Name:   "lifecycle.BlockedByRemnant",
	Doc:    "who began to register and did not finish, with a remnant or a Windows Hello credential that may be in the way",
	Facts:  []audit.AnyFact{population.Users, LeftOnDevice, activity.Changes, methods.Holdings},
	Derive: deriveBlocked,
}

func deriveBlocked(ctx context.Context, p *audit.Pass) (*Cases, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	left, err := audit.Get(ctx, p, LeftOnDevice)
	if err != nil {
		return nil, err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return nil, err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return nil, err
	}
	out := newCases()
	started := changes.With(func(c activity.Change) bool { return c.What == activity.Started })
	for n := range started.All() {
		start, _ := changes.Last(n, func(c activity.Change) bool { return c.What == activity.Started })
		if finished(n, start, changes) {
			continue
		}
		c := Case{
			Account: n, Kind: Blocked, Cause: HalfFinished, Certainty: audit.Possible,
			Chain:     []Link{auditLink(start, "a registration was started, and none is recorded after it")},
			Competing: []string{"it was another method that was to be registered", "the person closed the page", "policy does not take the kind of passkey that was chosen", "it took longer than the page waits"},
		}
		for _, remnant := range left.Of(n) {
			if remnant.Cause == Deleted {
				c.Chain = append(c.Chain, remnant.Chain...)
			}
		}
		if held.Of(methods.WindowsHello).Has(n) {
			c.Chain = append(c.Chain, Link{
				Section: snapshot.AuthenticationMethods, Object: dir.Member(n).ID, Pointer: "/value",
				Means: "a Windows Hello credential is registered; a passkey for the same account in the same container cannot be beside it (WIN, 2026-02-18)",
			})
		}
		if len(c.Chain) == 1 {
			continue // nothing on a device is known that could be in the way
		}
		c.Chain = inOrder(c.Chain)
		out.add(c)
	}
	return &out, nil
}
