package preview

import (
	"context"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Schema is the value of "schema" in the output.
const Schema = "passkeyaudit.preview/v1"

// Preview is what a change does.
type Preview struct {
	// People are persons; Others are accounts that stand for something else, such as
	// emergency accounts.
	People, Others Lists
	// Personas are people the tenant will meet who would fare worse.
	Personas []Persona
	SignIns  SignIns
	// After is the run of the changed tenant, for names of what is in it.
	After *audit.Run
}

// Lists are accounts by what the change does to them, in the order of object ids. An
// account is in one of them.
type Lists struct {
	// Loses lose every usable passkey, or the state has-passkey, or become trapped.
	Loses []Account
	// Gains are freed, or stand better otherwise.
	Gains []Account
	// Worsens stand worse without losing a passkey or becoming trapped.
	Worsens []Account
}

// LockedOut counts those whom the change leaves without any way to sign in.
func (l *Lists) LockedOut() int {
	n := 0
	for _, list := range [][]Account{l.Loses, l.Worsens} {
		for i := range list {
			if list[i].LockedOut {
				n++
			}
		}
	}
	return n
}

// Account is what becomes of one.
type Account struct {
	ID                string
	UserPrincipalName string
	Kind              string
	Before, After     bootstrap.State
	// Reasons are the obstacles afterwards, or why a passkey no longer does.
	Reasons   []bootstrap.Reason
	BlockedBy []bootstrap.Blocker
	// Conditions are what the way afterwards takes for granted, where that is more than
	// before.
	Conditions []bootstrap.Condition
	// UsableBefore and UsableAfter count passkeys that policy accepts at sign-in.
	UsableBefore, UsableAfter int
	// LockedOut: whatever device and place they sign in to Office 365 with, something is
	// demanded that they do not hold and have no way to register.
	LockedOut bool
}

// Persona is somebody the tenant will meet, under the policies of so many people.
type Persona struct {
	Persona       bootstrap.Persona
	People        int
	Before, After bootstrap.State
	Reasons       []bootstrap.Reason
	BlockedBy     []bootstrap.Blocker
}

// side is the tenant before or after the change.
type side struct {
	run    *audit.Run
	given  *bootstrap.Given
	result *bootstrap.Result // nil where only who stands where was asked for
	stands *bootstrap.Stands
	access *access.Classed
	modes  methods.ModeSets
}

func judge(ctx context.Context, run *audit.Run, o bootstrap.Options) (*side, error) {
	s := &side{run: run}
	var err error
	if s.given, err = audit.Evaluate(ctx, run, bootstrap.Grounds); err != nil {
		return nil, err
	}
	if s.result, err = s.given.Judge(ctx, s.given.Settled(o)); err != nil {
		return nil, err
	}
	s.stands = s.result.Stands()
	return s, s.gather(ctx)
}

// gather gets what tells who can sign in at all.
func (s *side) gather(ctx context.Context) (err error) {
	if s.access, err = audit.Evaluate(ctx, s.run, access.Classes); err != nil {
		return err
	}
	s.modes, err = audit.Evaluate(ctx, s.run, methods.Modes)
	return err
}

// Compare judges the tenant of a run, and that tenant changed by snapshot.With. Where a
// section is missing without which nobody can be judged, the error is a
// *audit.MissingError.
func Compare(ctx context.Context, before *audit.Run, changed *snapshot.Snapshot, o bootstrap.Options) (*Preview, error) {
	b, err := judge(ctx, before, o)
	if err != nil {
		return nil, err
	}
	after := before.Changed(changed)
	a, err := judge(ctx, after, o)
	if err != nil {
		return nil, fmt.Errorf("judging the changed tenant: %w", err)
	}
	if !b.given.Directory.All.Equal(a.given.Directory.All) {
		return nil, fmt.Errorf("the change adds or removes accounts, which a preview cannot compare")
	}
	p := &Preview{After: after}
	p.accounts(b, a)
	if err := p.personas(ctx, b, a); err != nil {
		return nil, err
	}
	p.SignIns, err = replay(ctx, b, a)
	return p, err
}

// kindOf tells what an account stands for.
func kindOf(dir *population.Directory, n uint32) string {
	for _, kind := range []population.Kind{population.Person, population.Shared, population.Service, population.Sync, population.Emergency} {
		if dir.OfKind(kind).Has(n) {
			return string(kind)
		}
	}
	return "unknown"
}
