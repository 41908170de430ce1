package bootstrap

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
)

// rollout is the model with the method and self-service on.
func (m *model) rollout() *model {
	n := *m
	n.method, n.selfService, n.benches = holds, holds, &benches{}
	return &n
}

// Rollout is where people stand who are out of scope of the method today, if it were
// on for them, with self-service, and they were in the profile with an id; empty: in
// the Default profile. The list is parallel to Classes; it is nil for classes in
// scope.
func (r *Result) Rollout(ctx context.Context, profileID string) ([]*Verdict, error) {
	return r.verdicts(ctx, r.model.rollout(), func(c *Class) *person {
		if c.Verdict.State != OutOfScope {
			return nil
		}
		return c.person.each(func(p *person) *person { return p.reached(r.profileIndex(profileID)) })
	})
}

// defaultProfile is the id of the profile that every tenant in profile mode has.
const defaultProfile = "00000000-0000-0000-0000-000000000001"

// HasProfile tells whether the policy has a passkey profile with an id.
func (r *Result) HasProfile(id string) bool {
	return slices.ContainsFunc(r.model.profiles, func(p *methods.Profile) bool { return strings.EqualFold(p.ID, id) })
}

func (r *Result) profileIndex(id string) int {
	if id == "" {
		id = defaultProfile
		if pk := r.Methods.Passkeys; pk != nil && pk.Config.DefaultPasskeyProfile != "" {
			id = pk.Config.DefaultPasskeyProfile
		}
	}
	i := slices.IndexFunc(r.model.profiles, func(p *methods.Profile) bool { return strings.EqualFold(p.ID, id) })
	if i < 0 {
		return 0
	}
	return i
}

// Recovery is where people stand who lose every passkey and everything on their
// phone; parallel to Classes, nil for classes out of scope.
func (r *Result) Recovery(ctx context.Context) ([]*Verdict, error) {
	return r.verdicts(ctx, r.model, func(c *Class) *person {
		if c.Verdict.State == OutOfScope {
			return nil
		}
		return c.person.each((*person).lost)
	})
}

// verdicts judges a variant of the person of every class, in a variant of the model.
func (r *Result) verdicts(ctx context.Context, m *model, of func(*Class) *person) ([]*Verdict, error) {
	// Many classes come to the same person: what told them apart is gone.
	v := &Result{Given: r.Given, Options: r.Options, model: m}
	list := make([]*Verdict, len(r.Classes))
	index := map[string]int{}
	var members [][]audit.Set
	at := make([]int, len(r.Classes))
	for i := range r.Classes {
		p := of(&r.Classes[i])
		if at[i] = -1; p == nil {
			continue
		}
		k := p.key()
		j, known := index[k]
		if !known {
			j = len(v.Classes)
			index[k] = j
			v.Classes, members = append(v.Classes, Class{person: p}), append(members, nil)
		}
		members[j] = append(members[j], r.Classes[i].People)
		at[i] = j
	}
	for j := range v.Classes {
		v.Classes[j].People = audit.Union(members[j]...)
	}
	err := v.each(ctx, len(v.Classes), func(b *bench, j int) {
		c := &v.Classes[j]
		if c.Verdict = b.inScope(c.person); c.person.reportOnly {
			c.Verdict.lower(Medium)
		}
	})
	if err != nil {
		return nil, err
	}
	v.settleBlockers()
	for i, j := range at {
		if j >= 0 {
			list[i] = &v.Classes[j].Verdict
		}
	}
	return list, nil
}

// People are those of a state, people only.
func (r *Result) People(s State) audit.Set {
	var sets []audit.Set
	for i := range r.Classes {
		if r.Classes[i].Verdict.State == s {
			sets = append(sets, r.Classes[i].People)
		}
	}
	return audit.Union(sets...)
}
