package preview

import (
	"context"
	"errors"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

// Fixes tries the steps of findings on the tenant of a run, and counts whom each frees
// and whom it leaves worse off: a step that is made of requests as Compare does, one that
// names objects with those objects out of everybody's way. Where the ways to a passkey
// cannot be judged, steps are marked as not judged.
func Fixes(ctx context.Context, run *audit.Run, findings []audit.Finding) error {
	var t *trials
	for i := range findings {
		for k := range findings[i].Fix {
			step := &findings[i].Fix[k]
			if step.Untried != "" {
				continue
			}
			if t == nil {
				var err error
				if t, err = newTrials(ctx, run); err != nil {
					return err
				}
			}
			if err := t.try(ctx, step); err != nil {
				return fmt.Errorf("trying a fix of %s: %w", findings[i].Check.ID, err)
			}
		}
	}
	return nil
}

// trials are the changes that were tried on a tenant. Findings share them.
type trials struct {
	run    *audit.Run
	before *side // nil where the ways cannot be judged
	made   map[string]effects
}

// effects counts people.
type effects struct{ frees, worsens, unsure int }

func newTrials(ctx context.Context, run *audit.Run) (*trials, error) {
	t := &trials{run: run, made: map[string]effects{}}
	reach, err := audit.Evaluate(ctx, run, bootstrap.Reach)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	t.before = &side{run: run, given: reach.Given, result: reach, stands: reach.Stands()}
	return t, t.before.gather(ctx)
}

func (t *trials) try(ctx context.Context, step *audit.Step) error {
	if t.before == nil {
		step.Untried = audit.NotJudged
		return nil
	}
	var got effects
	var err error
	switch {
	case len(step.Edits) > 0:
		got, err = t.edit(ctx, step.Edits)
	case len(step.Objects) > 0:
		got, err = t.giveWay(ctx, step.Objects)
	default:
		got, err = t.include(ctx, step.Includes)
	}
	if _, refused := errors.AsType[*change.Error](err); refused {
		// The rows are such that Graph, or this program, would not take the change.
		step.Untried = audit.NotJudged
		return nil
	}
	step.Frees, step.Worsens, step.Unsure = got.frees, got.worsens, got.unsure
	return err
}

// once remembers what a change did.
func (t *trials) once(key string, count func() (effects, error)) (effects, error) {
	if got, known := t.made[key]; known {
		return got, nil
	}
	got, err := count()
	if err == nil {
		t.made[key] = got
	}
	return got, err
}

// edit makes the requests on the snapshot and judges everybody anew.
func (t *trials) edit(ctx context.Context, requests []change.Request) (effects, error) {
	key, err := change.Batch(requests)
	if err != nil {
		return effects{}, err
	}
	return t.once(string(key), func() (effects, error) {
		applied, err := change.Apply(ctx, t.run.Snapshot(), requests)
		if err != nil {
			return effects{}, err
		}
		after, err := t.after(ctx, applied.Snapshot)
		if err != nil {
			return effects{}, err
		}
		got := effects{unsure: t.before.stands.In(bootstrap.Unknown).Or(after.stands.In(bootstrap.Unknown)).And(t.before.given.Directory.People).Count()}
		for n, e := range affected(t.before, after) {
			switch {
			case !t.before.given.Directory.People.Has(n):
			case e == loses, e == worsens:
				got.worsens++
			case bootstrap.Closed(t.before.stands.Of(n).State) && bootstrap.Open(after.stands.Of(n).State):
				got.frees++
			}
		}
		return got, nil
	})
}

func (t *trials) after(ctx context.Context, changed *snapshot.Snapshot) (*side, error) {
	s := &side{run: t.run.Changed(changed)}
	var err error
	if s.given, err = audit.Evaluate(ctx, s.run, bootstrap.Grounds); err != nil {
		return nil, fmt.Errorf("judging the changed tenant: %w", err)
	}
	if s.stands, err = s.given.Stand(ctx, s.given.Settled(bootstrap.Options{World: bootstrap.Today})); err != nil {
		return nil, err
	}
	return s, s.gather(ctx)
}

func (t *trials) giveWay(ctx context.Context, objects []audit.Object) (effects, error) {
	var list []bootstrap.Blocker
	key := "objects"
	for _, o := range objects {
		list = append(list, bootstrap.Blocker{Type: bootstrap.BlockerType(o.Type), ID: o.ID})
		key += "\x00" + o.Type + "\x00" + o.ID
	}
	return t.once(key, func() (effects, error) {
		c, err := t.before.result.Try(ctx, list)
		return effects{c.Freed.Count(), c.Worsened.Count(), c.Unsure.Count()}, err
	})
}

func (t *trials) include(ctx context.Context, people audit.Set) (effects, error) {
	freed, err := t.before.result.Opens(ctx, people)
	return effects{frees: freed.Yes.Count(), unsure: freed.Maybe.Count()}, err
}
