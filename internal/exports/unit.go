package exports

import (
	"fmt"

	"passkeyaudit/audit/snapshot"
)

// form is how objects lay together in the export.
type form int

const (
	single form = iota // an object by itself
	bare               // a list, or lines, that do not say of what they are all
	page               // {"value":[…]}, a page of Graph
	folder             // an exporter's folder for one collection, one object a file
)

// unit is objects that came together, and what is known about whether they are all
// there are.
type unit struct {
	form    form
	context bool // a page whose @odata.context names the collection
	next    bool // a page that names a next one
	count   int  // @odata.count; -1 if there is none
	objects int
	refused int
	section map[snapshot.SectionID]bool
}

func newUnit(f form) *unit { return &unit{form: f, count: -1, section: map[snapshot.SectionID]bool{}} }

// whole tells whether the unit is plainly the whole collection of kind k, and if not
// why not.
func (u *unit) whole(k *kind) (ok bool, why string) {
	switch {
	case u.form == single:
		return false, "single objects, and nothing shows that they are all"
	case u.form == bare:
		return false, "a list that does not say whether it is all"
	case u.form == page && u.next:
		return false, "pages that continue one another, and nothing shows that none is missing"
	case u.form == page && u.count > u.objects:
		return false, fmt.Sprintf("a page of %d objects out of %d", u.objects, u.count)
	case u.form == page && len(u.section) > 1:
		return false, "a list of objects of several kinds"
	case u.form == page && k.elsewhere && !u.context:
		return false, "a page without @odata.context, so it may answer another question than for all of them"
	case u.form == folder && k.filtered:
		return false, "a folder in which exporters keep only some of them by default (dynamic groups, cloud accounts)"
	case u.refused > 0:
		return false, "some of its objects could not be taken"
	}
	return true, ""
}
