package snapshot

import (
	"bytes"

	"passkeyaudit/audit/entra"
)

// focus narrows a snapshot to the rows that mention some ids, before they are
// decoded. The zero value narrows nothing.
type focus struct {
	ids   []string
	bytes [][]byte
}

func (f focus) active() bool { return len(f.ids) > 0 }

// Focus returns a view of the snapshot that holds, of every per-user section,
// only the rows in which one of the object ids occurs. Tenant-wide sections stay
// whole. Narrowed sections report themselves as partial, reason scope. It makes
// looking at one of a million users a matter of filtering lines.
func (s *Snapshot) Focus(ids ...string) *Snapshot {
	view := &Snapshot{
		fsys: s.fsys, manifest: s.manifest, takenAt: s.takenAt, files: s.files,
		unreadable: map[SectionID]map[place]Unreadable{},
	}
	for _, id := range ids {
		view.focus.ids = append(view.focus.ids, id)
		view.focus.bytes = append(view.focus.bytes, bytes.ToLower([]byte(id)))
	}
	return view
}

func (f focus) filter(spec SectionSpec) func(entra.Raw) bool {
	if !f.active() || !spec.PerUser {
		return func(entra.Raw) bool { return true }
	}
	return func(raw entra.Raw) bool {
		// Rows that are not transitive name nested groups: without them the closure
		// of a group could not be computed.
		if spec.ID == GroupMembers && !bytes.Contains(raw, []byte(`"transitive":true`)) {
			return true
		}
		for _, id := range f.bytes {
			if bytes.Contains(raw, id) || bytes.Contains(bytes.ToLower(raw), id) {
				return true
			}
		}
		return false
	}
}
