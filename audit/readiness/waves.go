package readiness

import (
	"context"
	"iter"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// The waves, in the order in which people can go.
const (
	WaveDone   = "done"
	WaveNow    = "go-now"
	WaveDevice = "needs-device-or-place"
	WaveAdmin  = "needs-administrator"
	WavePolicy = "needs-policy-change"
	WaveScope  = "out-of-scope"
	WaveUnread = "unknown"
)

// Waves lists their names.
var Waves = [...]string{WaveDone, WaveNow, WaveDevice, WaveAdmin, WavePolicy, WaveScope, WaveUnread}

// waveOf tells in which wave somebody with a verdict is.
func waveOf(v *bootstrap.Verdict) string {
	switch v.State {
	case bootstrap.HasPasskey:
		return WaveDone
	case bootstrap.SelfService:
		if len(v.Conditions) > 0 {
			return WaveDevice
		}
		return WaveNow
	case bootstrap.NeedsAdminStep:
		return WaveAdmin
	case bootstrap.Trapped:
		return WavePolicy
	case bootstrap.OutOfScope:
		return WaveScope
	default:
		return WaveUnread
	}
}

// mostPaired is how many changes, those that free most, are tried in pairs.
const mostPaired = 3

// best are the changes to make first: the one of one object that frees most people, and
// the two that together free most, where that is more. Changes are sorted by what they
// free, those of one object first.
func (r *Report) best(ctx context.Context, changes []Change) ([]Change, error) {
	list, pair := firstOf(changes)
	singles := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return len(c.Objects) != 1 })
	singles = singles[:min(len(singles), mostPaired)]
	for i := range singles {
		for j := range singles[:i] {
			objects := slices.Concat(singles[j].Objects, singles[i].Objects)
			c, err := r.Result.Try(ctx, objects)
			if err != nil {
				return nil, err
			}
			if n := c.Freed.Count(); n > pair.Frees {
				pair = Change{r.ChangeText(objects), objects, n, c.Worsened.Count()}
			}
		}
	}
	if pair.Frees > 0 && (len(list) == 0 || pair.Frees > list[0].Frees) {
		list = append(list, pair)
	}
	return list, nil
}

// firstOf gives the first change of one object, if there is one, and the first of two.
func firstOf(changes []Change) (one []Change, two Change) {
	if i := slices.IndexFunc(changes, func(c Change) bool { return len(c.Objects) == 1 }); i >= 0 {
		one = changes[i : i+1 : i+1]
	}
	if i := slices.IndexFunc(changes, func(c Change) bool { return len(c.Objects) == 2 }); i >= 0 {
		two = changes[i]
	}
	return one, two
}

// InWave is a person in a wave, with what sorts people in a company.
type InWave struct {
	User
	Wave                string
	Department, Country string
	// Roles are the directory roles that the person holds, Groups the names of the groups
	// that policies name and the person is in.
	Roles, Groups []string
}

// departments is the fact that tells who works where.
var departments = &audit.Fact[*byDepartment]{
	Name:  "readiness.departments",
	Doc:   "in which department people work, as their accounts say",
	Reads: []audit.Read{{Section: snapshot.Users, Gap: audit.Refines}},
	Facts: []audit.AnyFact{population.Users},
	Derive: func(ctx context.Context, p *audit.Pass) (*byDepartment, error) {
		dir, err := audit.Get(ctx, p, population.Users)
		if err != nil {
			return nil, err
		}
		d := &byDepartment{names: []string{""}, of: make([]uint16, dir.All.Count())}
		at := map[string]uint16{"": 0}
		for o, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
			if err != nil {
				return nil, err
			}
			n, known := dir.Ordinal(o.Value.ID)
			name := strings.TrimSpace(o.Value.Department)
			if !known || int(n) >= len(d.of) {
				continue
			}
			i, seen := at[name]
			if !seen && len(d.names) < 1<<16-1 {
				i = uint16(len(d.names))
				name = strings.Clone(name)
				d.names, at[name] = append(d.names, name), i
			}
			d.of[n] = i
		}
		return d, nil
	},
}

type byDepartment struct {
	names []string
	of    []uint16
}

// Members yields everybody with the wave they are in, people alone, in the order of
// object ids. The numbers are those of the summary.
func (r *Report) Members(ctx context.Context, run *audit.Run) (iter.Seq[InWave], error) {
	where, err := audit.Evaluate(ctx, run, departments)
	if err != nil {
		return nil, err
	}
	groups, err := audit.Evaluate(ctx, run, population.Groups)
	if err != nil {
		return nil, err
	}
	roles, err := audit.Evaluate(ctx, run, privilege.Roles)
	if err != nil {
		return nil, err
	}
	type named struct {
		name string
		set  audit.Set
	}
	var inGroups, withRoles []named
	for _, id := range groups.Named() {
		g := groups.Lookup(id)
		name := g.Name
		if name == "" {
			name = g.ID
		}
		inGroups = append(inGroups, named{name, g.Members.Yes})
	}
	for _, t := range roles.Templates() {
		withRoles = append(withRoles, named{roles.Label(t), roles.Of(t).Yes})
	}
	names := func(list []named, n uint32) []string {
		var out []string
		for _, one := range list {
			if one.set.Has(n) {
				out = append(out, one.name)
			}
		}
		slices.Sort(out)
		return out
	}
	return func(yield func(InWave) bool) {
		of := newLines(r)
		for n := range r.Directory.People.All() {
			w := InWave{User: of.user(n), Wave: WaveUnread}
			if r.Result != nil {
				v := r.verdict(n)
				w.Wave = waveOf(&v)
			}
			w.Department, w.Country = where.names[where.of[n]], r.Directory.Country(n)
			w.Roles, w.Groups = names(withRoles, n), names(inGroups, n)
			if !yield(w) {
				return
			}
		}
	}, nil
}
