package exports

import (
	"path"
	"strings"
)

// unitOf finds the unit an object belongs to and counts it there. An exporter's
// folder counts as one only for objects that lie in it under their own id.
func (r *reading) unitOf(k *kind, key string, at place) *unit {
	u := at.unit
	if u == nil {
		u = newUnit(single)
		if at.pointer == "" && at.folderOf(key) == k {
			u = r.folder(at)
		}
	}
	if !u.section[k.section] {
		u.section[k.section] = true
		if k != methodConfiguration {
			g := r.section(k)
			g.units = append(g.units, u)
		}
	}
	u.objects++
	return u
}

// folderOf gives the kind that a folder around an object is named for, if the object
// lies in it as exporters put it there: <folder>/<id>/<any name> or <folder>/<id>.
// Folders are named for many reasons; that ids match is what shows an exporter's hand.
func (p place) folderOf(id string) *kind {
	k, i := folderKind(p.dirs)
	rest := p.raw[i:]
	if k != nil && id != "" && (len(rest) == 0 && strings.EqualFold(p.stem, id) || len(rest) == 1 && strings.EqualFold(rest[0], id)) {
		return k
	}
	return nil
}

// folder is the unit of all objects of the exporter's folder that a file lies in.
func (r *reading) folder(at place) *unit {
	_, i := folderKind(at.dirs)
	name := path.Dir(at.file)
	for range at.raw[i:] {
		name = path.Dir(name)
	}
	if r.folders[name] == nil {
		r.folders[name] = newUnit(folder)
	}
	return r.folders[name]
}

// folderKind finds the kind that the innermost telling folder is named for, and how
// many folders lead to it.
func folderKind(dirs []string) (*kind, int) {
	for i := len(dirs); i > 0; i-- {
		if k := byName(dirs[:i]); k != nil {
			return k, i
		}
	}
	return nil, 0
}
