package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// Orphans is the fact that has all cases of an account: for the page of one person. A
// part whose sections were not read is left out and named.
var Orphans = &audit.Fact[*Everything]{
	Name:  "lifecycle.Orphans",
	Doc:   "all that speaks for the two ends of an account's passkeys having come apart",
	Facts: []audit.AnyFact{LeftOnDevice, GoneFromDevice, Unused, RenamedSince, NotAccepted, BlockedByRemnant},
	Derive: func(ctx context.Context, p *audit.Pass) (*Everything, error) {
		e := &Everything{}
		for _, part := range []func() error{
			func() (err error) { e.left, err = audit.Get(ctx, p, LeftOnDevice); return },
			func() (err error) { e.gone, err = audit.Get(ctx, p, GoneFromDevice); return },
			func() (err error) { e.unused, err = audit.Get(ctx, p, Unused); return },
			func() (err error) { e.renamed, err = audit.Get(ctx, p, RenamedSince); return },
			func() (err error) { e.refused, err = audit.Get(ctx, p, NotAccepted); return },
			func() (err error) { e.blocked, err = audit.Get(ctx, p, BlockedByRemnant); return },
		} {
			if err := e.tolerate(part()); err != nil {
				return nil, err
			}
		}
		return e, nil
	},
}

// Everything is all cases there are.
type Everything struct {
	// Missing names the sections without which a part could not be judged.
	Missing []snapshot.SectionID

	left    *Remnants
	gone    *Dated
	unused  *Dated
	renamed *Renames
	refused *Rejections
	blocked *Cases
}

// tolerate notes a section that is missing; other errors are handed on.
func (e *Everything) tolerate(err error) error {
	if missing, is := errors.AsType[*audit.MissingError](err); is {
		if !slices.Contains(e.Missing, missing.Section) {
			e.Missing = append(e.Missing, missing.Section)
		}
		return nil
	}
	return err
}

// Of lists the cases of an account, the most certain first and of those the newest.
func (e *Everything) Of(account uint32) []Case {
	var all []Case
	if e.left != nil {
		all = append(all, e.left.Of(account)...)
	}
	if e.gone != nil {
		all = append(all, e.gone.Of(account)...)
	}
	if e.unused != nil {
		all = append(all, e.unused.Of(account)...)
	}
	if e.renamed != nil {
		all = append(all, e.renamed.Of(account)...)
	}
	if e.refused != nil {
		all = append(all, e.refused.Of(account)...)
	}
	if e.blocked != nil {
		all = append(all, e.blocked.Of(account)...)
	}
	slices.SortStableFunc(all, func(a, b Case) int {
		return cmp.Or(cmp.Compare(b.Certainty, a.Certainty), b.Newest().Compare(a.Newest()))
	})
	return all
}
