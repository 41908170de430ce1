package preview

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

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
	t := &trials{run: run, byKey: map[string]*trial{}}
	for i := range findings {
		for k := range findings[i].Fix {
			if step := &findings[i].Fix[k]; step.Untried == "" {
				if err := t.add(step); err != nil {
					return fmt.Errorf("a fix of %s: %w", findings[i].Check.ID, err)
				}
			}
		}
	}
	if len(t.list) == 0 {
		return nil
	}
	var err error
	if t.before, err = sideBefore(ctx, run); err != nil {
		return err
	}
	t.all(ctx)
	for _, one := range t.list {
		if one.err != nil {
			return fmt.Errorf("trying %q: %w", one.steps[0].Change, one.err)
		}
		for _, step := range one.steps {
			step.Untried, step.Frees, step.Worsens, step.Unsure = one.untried, one.frees, one.worsens, one.unsure
		}
	}
	return nil
}

// trials are the changes to try on a tenant, each once: findings share them.
type trials struct {
	run    *audit.Run
	before *side // nil where the ways cannot be judged
	list   []*trial
	byKey  map[string]*trial
}

// trial is a change with the steps that propose it, and what it does.
type trial struct {
	steps   []*audit.Step
	untried audit.Untried
	effects
	err error
}

// effects counts people.
type effects struct{ frees, worsens, unsure int }

// add notes a step to be tried.
func (t *trials) add(step *audit.Step) error {
	key := ""
	switch {
	case len(step.Edits) > 0:
		body, err := change.Batch(step.Edits)
		if err != nil {
			return err
		}
		key = string(body)
	case len(step.Objects) > 0:
		key = fmt.Sprintf("objects %q", step.Objects)
	}
	one := t.byKey[key]
	if one == nil || key == "" {
		one = &trial{}
		t.list, t.byKey[key] = append(t.list, one), one
	}
	one.steps = append(one.steps, step)
	return nil
}

// all makes the trials, some at a time: much of each is work for one processor.
func (t *trials) all(ctx context.Context) {
	next := make(chan *trial)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(t.list)) {
		wg.Go(func() {
			for one := range next {
				t.make(ctx, one)
			}
		})
	}
	for _, one := range t.list {
		next <- one
	}
	close(next)
	wg.Wait()
}

func (t *trials) make(ctx context.Context, one *trial) {
	if t.before == nil {
		one.untried = audit.NotJudged
		return
	}
	switch step := one.steps[0]; {
	case len(step.Edits) > 0:
		one.effects, one.err = t.edit(ctx, step.Edits)
	case len(step.Objects) > 0:
		one.effects, one.err = t.giveWay(ctx, step.Objects)
	default:
		one.effects, one.err = t.include(ctx, step.Includes)
	}
	if _, refused := errors.AsType[*change.Error](one.err); refused {
		// The rows are such that Graph, or this program, would not take the change.
		one.untried, one.err = audit.NotJudged, nil
	}
}

// sideBefore is the tenant as it is; nil where the ways cannot be judged.
func sideBefore(ctx context.Context, run *audit.Run) (*side, error) {
	reach, err := audit.Evaluate(ctx, run, bootstrap.Reach)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &side{run: run, given: reach.Given, result: reach, stands: reach.Stands()}
	return s, s.gather(ctx)
}

// edit makes the requests on the snapshot and judges everybody anew.
func (t *trials) edit(ctx context.Context, requests []change.Request) (effects, error) {
	applied, err := change.Apply(ctx, t.run.Snapshot(), requests)
	if err != nil {
		return effects{}, err
	}
	after, err := t.after(ctx, applied.Snapshot)
	if err != nil {
		return effects{}, err
	}
	unknown := t.before.stands.In(bootstrap.Unknown).Or(after.stands.In(bootstrap.Unknown))
	got := effects{unsure: unknown.And(t.before.given.Directory.People).Count()}
	for n, e := range affected(t.before, after, lockedOut(t.before, after)) {
		switch {
		case !t.before.given.Directory.People.Has(n):
		case e == loses, e == worsens:
			got.worsens++
		case bootstrap.Closed(t.before.stands.Of(n).State) && bootstrap.Open(after.stands.Of(n).State):
			got.frees++
		}
	}
	return got, nil
}

func (t *trials) after(ctx context.Context, changed *snapshot.Snapshot) (*side, error) {
	s := &side{run: t.run.Changed(changed)}
	var err error
	if s.given, err = audit.Evaluate(ctx, s.run, bootstrap.Grounds); err != nil {
		return nil, fmt.Errorf("judging the changed tenant: %w", err)
	}
	if s.stands, err = s.given.Stand(ctx, s.given.Settled(bootstrap.Options{World: bootstrap.Today}), t.before.result); err != nil {
		return nil, err
	}
	return s, s.gather(ctx)
}

func (t *trials) giveWay(ctx context.Context, objects []audit.Object) (effects, error) {
	var list []bootstrap.Blocker
	for _, o := range objects {
		list = append(list, bootstrap.Blocker{Type: bootstrap.BlockerType(o.Type), ID: o.ID})
	}
	c, err := t.before.result.Try(ctx, list)
	return effects{c.Freed.Count(), c.Worsened.Count(), c.Unsure.Count()}, err
}

func (t *trials) include(ctx context.Context, people audit.Set) (effects, error) {
	freed, err := t.before.result.Opens(ctx, people)
	return effects{frees: freed.Yes.Count(), unsure: freed.Maybe.Count()}, err
}
