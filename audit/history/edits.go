package history

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Edit is a policy or setting that is not what it was.
type Edit struct {
	Object
	Name string
	// What is added, removed or changed.
	What    string
	Changes []Change
	// Moves counts the people who would stand as before without this edit alone. Judged
	// is false where that was not worked out.
	Moves  int
	Judged bool

	before, after entra.Raw // nil where it is not there
}

// Change is a member that is not what it was. A value is nil where there is none.
type Change struct {
	// Pointer leads to the member, in the later object where it is there.
	Pointer string
	// In names the entry of a list in which it is, such as Fido2.
	In            string
	Before, After entra.Raw
}

// edited are the sections of policies and settings.
var edited = [...]snapshot.SectionID{
	snapshot.AuthenticationMethodsPolicy, snapshot.SecurityDefaults, snapshot.CrossTenantAccessPolicy, snapshot.CrossTenantPartners,
	snapshot.AuthenticationStrengths, snapshot.ConditionalAccessPolicies, snapshot.NamedLocations, snapshot.Domains,
}

// Edits lists the policies and settings that differ between two snapshots. Sections that
// one of them has not in full are named in caveats; what is only missing there is not
// taken for removed.
func Edits(ctx context.Context, before, after *snapshot.Snapshot) (list []Edit, caveats []string, err error) {
	list = []Edit{}
	for _, section := range edited {
		b, err := objects(ctx, before, section)
		if err != nil {
			return nil, nil, err
		}
		a, err := objects(ctx, after, section)
		if err != nil {
			return nil, nil, err
		}
		was, is := before.Status(section).State, after.Status(section).State
		if !was.HasRows() || !is.HasRows() {
			if was != is {
				caveats = append(caveats, fmt.Sprintf("%s was %s in the earlier snapshot and is %s in the later one: edits of it are not known", section, was, is))
			}
			continue
		}
		whole := was == snapshot.Complete && is == snapshot.Complete
		if !whole {
			caveats = append(caveats, fmt.Sprintf("%s was not read in full: what was added to it or removed from it is not known", section))
		}
		for _, key := range slices.Sorted(maps.Keys(merged(b, a))) {
			e := Edit{Object: Object{section, key}, before: b[key], after: a[key]}
			e.Name = cmp.Or(entra.Text(e.after, "/displayName"), entra.Text(e.before, "/displayName"))
			switch {
			case e.before == nil && whole:
				e.What = "added"
			case e.after == nil && whole:
				e.What = "removed"
			case e.before == nil || e.after == nil:
				continue
			default:
				if e.Changes = changes(e.before, e.after, "", ""); len(e.Changes) == 0 {
					continue
				}
				e.What = "changed"
			}
			list = append(list, e)
		}
	}
	return list, caveats, nil
}

func objects(ctx context.Context, s *snapshot.Snapshot, section snapshot.SectionID) (map[string]entra.Raw, error) {
	spec, _ := snapshot.Spec(section)
	found := map[string]entra.Raw{}
	for row, err := range s.Rows(ctx, section) {
		if err != nil {
			return nil, err
		}
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return nil, fmt.Errorf("section %s, %s, line %d: %w", section, row.File, row.Line, err)
		}
		key := entra.Text(row.Raw, entra.Pointer(spec.Key))
		if spec.Shape == snapshot.Singleton {
			key = cmp.Or(key, string(section))
		}
		if key != "" {
			found[key] = row.Raw.Clone()
		}
	}
	return found, nil
}

func merged(a, b map[string]entra.Raw) map[string]entra.Raw {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// bookkeeping are members that say when and how an object was written, not what it
// does.
func bookkeeping(name string) bool {
	switch name {
	case "modifiedDateTime", "lastModifiedDateTime", "createdDateTime", "policyVersion":
		return true
	}
	return strings.Contains(name, "@odata.") && name != "@odata.type"
}

// changes lists what differs between two values. Members that are absent and those that
// are null are the same: Graph writes either.
func changes(before, after entra.Raw, pointer, in string) []Change {
	if same(before, after) {
		return nil
	}
	if before.Kind() == '{' && after.Kind() == '{' {
		var list []Change
		b, a := maps.Collect(entra.Members(before)), maps.Collect(entra.Members(after))
		for _, name := range slices.Sorted(maps.Keys(merged(b, a))) {
			if !bookkeeping(name) {
				list = append(list, changes(b[name], a[name], pointer+entra.Pointer(name), in)...)
			}
		}
		return list
	}
	if before.Kind() == '[' && after.Kind() == '[' {
		return listChanges(before, after, pointer, in)
	}
	return []Change{{pointer, in, before, after}}
}

// listChanges compares lists: entries with an id by it, others as sets.
func listChanges(before, after entra.Raw, pointer, in string) []Change {
	b, bKeyed := entries(before)
	a, aKeyed := entries(after)
	if !bKeyed || !aKeyed {
		if slices.Equal(sortedTexts(before), sortedTexts(after)) {
			return nil
		}
		return []Change{{pointer, in, before, after}}
	}
	var list []Change
	for _, id := range slices.Sorted(maps.Keys(mergedEntries(b, a))) {
		x, was := b[id]
		y, is := a[id]
		at := y.index
		if !is {
			at = x.index
		}
		name := id
		if in != "" {
			name = in + " " + id
		}
		where := pointer + entra.Pointer(at)
		if was && is {
			list = append(list, changes(x.raw, y.raw, where, name)...)
		} else {
			list = append(list, Change{where, name, x.raw, y.raw})
		}
	}
	return list
}

type entry struct {
	index int
	raw   entra.Raw
}

// entries are the objects of a list by their id; keyed is false where some entry has
// none, or two have the same.
func entries(list entra.Raw) (found map[string]entry, keyed bool) {
	found = map[string]entry{}
	i := 0
	for raw := range entra.Elements(list) {
		id := entra.Text(raw, "/id")
		if _, twice := found[id]; raw.Kind() != '{' || id == "" || twice {
			return nil, false
		}
		found[id] = entry{i, raw.Clone()}
		i++
	}
	return found, true
}

func mergedEntries(a, b map[string]entry) map[string]entry {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// same tells whether two values say the same, whatever the order of their members.
func same(a, b entra.Raw) bool {
	empty := func(v entra.Raw) bool { return len(v) == 0 || v.Kind() == 'n' }
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	return bytes.Equal(canonical(a), canonical(b))
}

func canonical(v entra.Raw) entra.Raw {
	c := v.Clone()
	if c.Canonicalize() != nil {
		return v
	}
	return c
}

func sortedTexts(list entra.Raw) []string {
	var out []string
	for v := range entra.Elements(list) {
		out = append(out, string(canonical(v)))
	}
	slices.Sort(out)
	return out
}
