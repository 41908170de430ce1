// Package overview gathers what a report shows of a tenant beside the findings: how
// ready it is, which policy reaches whom, which passkeys are in use, how registering
// went lately, and how the tenant went over past runs.
package overview

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/snapshot"
)

// Overview is a tenant at a glance. A part is nil where it could not be worked out;
// Gaps then says why.
type Overview struct {
	Readiness *readiness.Summary `json:"readiness"`
	// Blockers are the objects that stand in somebody's way, those first that stand in
	// the way of most.
	Blockers      []Blocker      `json:"blockers"`
	Policies      *Policies      `json:"policies,omitzero"`
	Models        *Models        `json:"models,omitzero"`
	Registrations *Registrations `json:"registrations,omitzero"`
	// Trend is nil where no runs are kept, or none before this one. It comes from those
	// who keep them.
	Trend *Trend `json:"trend,omitzero"`
	Gaps  []Gap  `json:"gaps"`
}

// Blocker is an object that stands in the way of trapped people, alone or with others,
// or of a persona.
type Blocker struct {
	Type bootstrap.BlockerType `json:"type"`
	ID   string                `json:"id"`
	// Label names it in a sentence: the policy "X".
	Label  string `json:"label"`
	People int    `json:"people"`
}

// Gap is a part that is not there, or not whole, and the section for want of which.
type Gap struct {
	Part    string             `json:"part"` // policies, models, registrations
	Section snapshot.SectionID `json:"section"`
}

// Source is an overview with the lists that are too long to be held. Overview is nil
// for a run that was stored without one.
type Source struct {
	*Overview
	// Users yields every account, Passkeys every registered passkey of which anything
	// is known, both in the order of object ids.
	Users    iter.Seq2[readiness.User, error]
	Passkeys iter.Seq2[Passkey, error]
}

// Models is registered passkeys by their make and model. People only.
type Models struct {
	Models []Model `json:"models"`
	// Undisclosed counts people with a passkey of which no AAGUID was told: those
	// known from the registration report among them.
	Undisclosed int `json:"undisclosed"`
}

// Model is one make and model that is in use.
type Model struct {
	AAGUID string `json:"aaguid"`
	// Name is the catalogue's; empty for a model that it does not have.
	Name   string `json:"name,omitzero"`
	Vendor string `json:"vendor,omitzero"`
	Kind   string `json:"kind,omitzero"`
	People int    `json:"people"`
}

// Passkey is one registered passkey.
type Passkey struct {
	UserID            string `json:"userId"`
	UserPrincipalName string `json:"userPrincipalName"`
	AAGUID            string `json:"aaguid,omitzero"`
	// Model is the catalogue's name, or else what Graph calls it.
	Model string `json:"model,omitzero"`
	// Type is deviceBound or synced; absent where it is not known.
	Type        string `json:"passkeyType,omitzero"`
	Attestation string `json:"attestation,omitzero"`
	// Usable tells whether today's policy accepts it at sign-in: yes, no or unknown.
	Usable string `json:"usable"`
}

// Of works the overview of a run out. r is the readiness of the same run.
func Of(ctx context.Context, run *audit.Run, r *readiness.Report) (*Source, error) {
	o := &Overview{Gaps: []Gap{}}
	var err error
	if o.Readiness, err = r.Summarise(ctx); err != nil {
		return nil, err
	}
	o.Blockers = blockers(r, o.Readiness)
	if o.Policies, err = part(o, "policies", func() (*Policies, error) { return policies(ctx, run, r) }); err != nil {
		return nil, err
	}
	if o.Models, err = part(o, "models", func() (*Models, error) { return models(ctx, run, r.Directory) }); err != nil {
		return nil, err
	}
	if o.Registrations, err = part(o, "registrations", func() (*Registrations, error) { return registrations(ctx, run, r.Directory) }); err != nil {
		return nil, err
	}
	passkeys, err := passkeysOf(ctx, run, r.Directory)
	if err != nil {
		return nil, err
	}
	return &Source{Overview: o, Users: sure(r.Users()), Passkeys: sure(passkeys)}, nil
}

func blockers(r *readiness.Report, s *readiness.Summary) []Blocker {
	people := r.Blocks()
	for _, p := range s.Personas {
		for _, b := range p.BlockedBy {
			people[b] += 0
		}
	}
	list := []Blocker{}
	for b, n := range people {
		list = append(list, Blocker{b.Type, b.ID, r.Label(b), n})
	}
	slices.SortFunc(list, func(a, b Blocker) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// part works one part out, or notes the section that it lacks.
func part[T any](o *Overview, name string, work func() (*T, error)) (*T, error) {
	v, err := work()
	if missing, ok := errors.AsType[*audit.MissingError](err); ok {
		o.Gaps = append(o.Gaps, Gap{name, missing.Section})
		return nil, nil
	}
	return v, err
}

// sure turns a list that cannot fail into one that could.
func sure[T any](list iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func models(ctx context.Context, run *audit.Run, dir *population.Directory) (*Models, error) {
	held, err := audit.Evaluate(ctx, run, methods.Models)
	if err != nil {
		return nil, err
	}
	m := &Models{Models: []Model{}, Undisclosed: held.Undisclosed.And(dir.People).Count()}
	for _, id := range held.AAGUIDs() {
		row := Model{AAGUID: id, People: held.With(id).And(dir.People).Count()}
		if row.People == 0 {
			continue
		}
		if known := run.Catalogue().ModelOf(id); known != nil {
			row.Name, row.Vendor, row.Kind = known.Name, known.Vendor, string(known.Kind)
		}
		m.Models = append(m.Models, row)
	}
	slices.SortStableFunc(m.Models, func(a, b Model) int { return cmp.Compare(b.People, a.People) })
	return m, nil
}

// passkeysOf lists registered passkeys; nothing where nobody's methods were read.
// Where the policy was not read, nobody can say which are usable.
func passkeysOf(ctx context.Context, run *audit.Run, dir *population.Directory) (iter.Seq[Passkey], error) {
	nothing := func(func(Passkey) bool) {}
	held, err := audit.Evaluate(ctx, run, methods.Holdings)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return nothing, nil
	}
	if err != nil {
		return nil, err
	}
	effective, err := audit.Evaluate(ctx, run, methods.Policy)
	if _, missing := errors.AsType[*audit.MissingError](err); err != nil && !missing {
		return nil, err
	}
	var scope audit.Partly
	if effective != nil {
		scope = effective.InScope("Fido2")
	}
	return func(yield func(Passkey) bool) {
		for n := range held.Of(methods.Passkey).All() {
			member := dir.Member(n)
			var yes, maybe []methods.RegisteredPasskey
			if effective != nil {
				yes, maybe = effective.UsablePasskeys(held, scope.Has(n), n)
			}
			for _, k := range held.Passkeys(n) {
				row := passkeyOf(run.Catalogue(), member, k)
				switch {
				case slices.Contains(yes, k):
					row.Usable = "yes"
				case effective == nil || slices.Contains(maybe, k):
					row.Usable = "unknown"
				}
				if !yield(row) {
					return
				}
			}
		}
	}, nil
}

func passkeyOf(models *catalogue.Catalogue, m audit.Member, k methods.RegisteredPasskey) Passkey {
	row := Passkey{
		UserID: m.ID, UserPrincipalName: m.UserPrincipalName, AAGUID: k.AAGUID, Model: k.Model, Type: k.Type,
		Attestation: k.AttestationLevel, Usable: "no",
	}
	if known := models.ModelOf(k.AAGUID); known != nil {
		row.Model = known.Name
	}
	return row
}
