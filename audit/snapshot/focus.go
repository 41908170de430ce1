package snapshot

import (
	"slices"

	"passkeyaudit/audit/entra"
)

// focus narrows a snapshot to the rows that mention some ids, before they are
// decoded. The zero value narrows nothing.
type focus struct {
	ids     []string
	needles []needle
	// picked: the files hold nothing but the rows in view.
	picked bool
}

func (f focus) active() bool { return len(f.ids) > 0 }

// Focus returns a view of the snapshot that holds, of every per-user section,
// only the rows in which one of the object ids occurs, in any letter case.
// Tenant-wide sections stay whole, and so do the rows of groupMembers that name
// nested groups: without them the closure of a group could not be computed.
// Narrowed sections report themselves as partial, reason scope. It makes looking
// at one of a million users a matter of filtering lines. Without ids the view is
// the whole snapshot.
func (s *Snapshot) Focus(ids ...string) *Snapshot {
	view := s.view()
	view.focus = focus{ids: slices.Clone(ids)}
	for _, id := range ids {
		view.focus.needles = append(view.focus.needles, newNeedle(id))
	}
	return view
}

// narrows tells whether the view may hold fewer rows of a section than the files.
func (f focus) narrows(spec SectionSpec) bool { return f.active() && spec.PerUser }

func (f focus) filter(spec SectionSpec) func(entra.Raw) bool {
	if !f.narrows(spec) || f.picked {
		return func(entra.Raw) bool { return true }
	}
	return func(raw entra.Raw) bool {
		for _, n := range f.needles {
			if n.in(raw) {
				return true
			}
		}
		return spec.ID == GroupMembers && !transitive(raw)
	}
}

// transitive tells whether a row of groupMembers says, or leaves it at, that its
// ids are users only. A value of the wrong type is kept to be reported.
func transitive(raw entra.Raw) bool {
	v, found := entra.Lookup(raw, "/transitive")
	return !found || v.Kind() == 't' || v.Kind() == 'n'
}
