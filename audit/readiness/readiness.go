// Package readiness says how ready a tenant is for passkeys: where every account
// stands, how many people stand where, which changes would free most of them, and
// what becomes of the people the tenant will meet next.
package readiness

import (
	"context"
	"errors"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
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
}

// Judge works a report out. lines wants what only lines of users carry as well: states
// after a loss, and on every system.
func Judge(ctx context.Context, run *audit.Run, o Options, lines bool) (*Report, error) {
	r := &Report{Options: o}
	var err error
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
	if r.Result, err = given.Judge(ctx, r.Options.Options); err != nil {
		return nil, err
	}
	if id := o.RolloutProfile; id != "" && !r.Result.HasProfile(id) {
		return nil, fmt.Errorf("the snapshot has no passkey profile %s", id)
	}
	if r.rollout, err = r.Result.Rollout(ctx, o.RolloutProfile); err != nil {
		return nil, err
	}
	if lines {
		if r.recovery, err = r.Result.Recovery(ctx); err != nil {
			return nil, err
		}
		if r.perSystem, err = r.Result.Platforms(ctx); err != nil {
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

// Label names an object for people.
func (r *Report) Label(b bootstrap.Blocker) string { return r.Result.Label(b) }

// ChangeText says in words what changing some objects means.
func (r *Report) ChangeText(objects []bootstrap.Blocker) string { return r.Result.ChangeText(objects) }
