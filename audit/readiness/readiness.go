// Package readiness says how ready a tenant is for passkeys: where every account
// stands, how many people stand where, which changes would free most of them, and
// what becomes of the people the tenant will meet next.
package readiness

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/reportonly"
	"passkeyaudit/audit/snapshot"
)

// Options are what is asked.
type Options struct {
	bootstrap.Options
	// Rollout makes the state after a roll-out the headline of people who are out of
	// scope today: of everybody, or of the members of some groups.
	Rollout       bool
	RolloutGroups []string
	// RolloutProfile is the passkey profile of the roll-out; empty: the Default
	// profile.
	RolloutProfile string
}

// Report is a tenant's readiness.
type Report struct {
	Options Options
	// Result is nil where nobody could be judged; Missing then says for want of which
	// section.
	Result  *bootstrap.Result
	Missing string

	Directory *population.Directory
	rollout   []*bootstrap.Verdict
	recovery  []*bootstrap.Verdict
	perSystem [][]bootstrap.PlatformVerdict
	headline  audit.Set // of whom the roll-out's state is shown
	trial     *reportonly.Trial
	seen      evidence
	onTrials  []*trial
}

// Judge works a report out. lines wants what only lines of users carry as well: states
// after a loss, and on every system.
func Judge(ctx context.Context, run *audit.Run, o Options, lines bool) (*Report, error) {
	r := &Report{Options: o}
	var err error
	// Devices need nothing but the directory: they are read while the rest is, so that no
	// processor waits. What goes wrong is said where they are asked for; where nobody can
	// be judged nobody asks.
	var reading sync.WaitGroup
	defer reading.Wait()
	if judgeable(run.Snapshot()) {
		reading.Go(func() { _, _ = audit.Evaluate(ctx, run, devices.Inventory) })
	}
	if r.Directory, err = audit.Evaluate(ctx, run, population.Users); err != nil {
		return nil, err
	}
	given, err := audit.Evaluate(ctx, run, bootstrap.Grounds)
	if missing, ok := errors.AsType[*audit.MissingError](err); ok {
		r.Missing = string(missing.Section)
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	r.Options.Options = given.Settled(o.Options)
	if r.Result, err = judge(ctx, run, given, r.Options.Options); err != nil {
		return nil, err
	}
	if id := o.RolloutProfile; id != "" && !r.Result.HasProfile(id) {
		return nil, fmt.Errorf("the snapshot has no passkey profile %s", id)
	}
	if r.rollout, err = r.Result.Rollout(ctx, o.RolloutProfile); err != nil {
		return nil, err
	}
	if err := r.gatherEvidence(ctx, run); err != nil {
		return nil, err
	}
	r.onTrials = r.enforcements()
	if lines {
		if r.recovery, err = r.Result.Recovery(ctx); err != nil {
			return nil, err
		}
		if r.perSystem, err = r.Result.Platforms(ctx, r.seen.anywhere()); err != nil {
			return nil, err
		}
	}
	if o.Rollout {
		r.headline = r.Directory.All
	}
	if len(o.RolloutGroups) > 0 {
		groups, err := audit.Evaluate(ctx, run, population.Groups)
		if err != nil {
			return nil, err
		}
		for _, id := range o.RolloutGroups {
			g := groups.Lookup(id)
			if g.Exists == audit.No {
				return nil, fmt.Errorf("the snapshot has no group %s; only groups that policies name are read", id)
			}
			r.headline = r.headline.Or(g.Members.Yes)
		}
	}
	return r, nil
}

// judgeable tells whether there is something of all without which nobody is judged.
func judgeable(snap *snapshot.Snapshot) bool {
	for _, id := range []snapshot.SectionID{snapshot.Users, snapshot.AuthenticationMethodsPolicy, snapshot.ConditionalAccessPolicies} {
		if !snap.Status(id).State.HasRows() {
			return false
		}
	}
	return true
}

// judge takes what checks have worked out already where the same is asked.
func judge(ctx context.Context, run *audit.Run, given *bootstrap.Given, o bootstrap.Options) (*bootstrap.Result, error) {
	if reflect.DeepEqual(o, given.Settled(bootstrap.Options{World: bootstrap.Today})) {
		return audit.Evaluate(ctx, run, bootstrap.Reach)
	}
	return given.Judge(ctx, o)
}

// verdict is the headline of one account.
func (r *Report) verdict(n uint32) bootstrap.Verdict {
	v := r.Result.Of(n)
	if v.State == bootstrap.OutOfScope && r.headline.Has(n) {
		if after := r.afterRollout(n); after != nil {
			return *after
		}
	}
	return v
}

func (r *Report) afterRollout(n uint32) *bootstrap.Verdict {
	if i := r.Result.Index(n); i >= 0 && r.rollout != nil {
		return r.rollout[i]
	}
	return nil
}

// Label names an object for people.
func (r *Report) Label(b bootstrap.Blocker) string { return r.Result.Label(b) }

// ChangeText says in words what changing some objects means.
func (r *Report) ChangeText(objects []bootstrap.Blocker) string { return r.Result.ChangeText(objects) }
