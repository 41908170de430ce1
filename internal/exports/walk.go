package exports

import (
	"fmt"
	"slices"
	"strings"
)

// place is where in the sources a value stands.
type place struct {
	file    string
	pointer string
	dirs    []string // plain names of the folders
	raw     []string // the same as written
	stem    string
	context string
	named   *kind    // what the member that holds it is named for
	path    []string // plain names of the members above it
	unit    *unit    // the list it is in, if any
	owner   *owner   // the object whose part it is
	tenant  string   // the tenant that a wrapper names
	depth   int
}

func (p place) child(name string) place {
	p.pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	p.depth++
	return p
}

func (p place) refusal(why string) Refusal {
	return Refusal{File: p.file, Pointer: p.pointer, Why: why}
}

// outcome is what became of a value.
type outcome struct {
	taken    int
	refusals []Refusal
	// vague is true if all that can be said is that nothing was recognised.
	vague bool
}

func refusedAs(r Refusal) outcome { return outcome{refusals: []Refusal{r}} }

// unknownWhy is the reason of objects about which nothing is known.
const unknownWhy = "nothing in it says that it belongs to a section of a snapshot"

// deepest is how far below the top of a file objects are looked for.
const deepest = 8

func (r *reading) value(v *value, at place) outcome {
	switch v.kind {
	case '{':
		return r.object(v, at)
	case '[':
		return r.list(v, at, newUnit(bare))
	}
	return outcome{}
}

// list takes the elements of a list one by one. The unit says how they lay together.
func (r *reading) list(v *value, at place, u *unit) outcome {
	if at.depth > deepest {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	if at.owner != nil && !(len(v.items) == 1 && at.owner.isOwner(v.items[0])) {
		return r.part(v.items, at, at.owner, u)
	}
	if len(v.items) == 0 {
		return r.emptyList(at, u)
	}
	at.unit = u
	out := gather(at, len(v.items), func(i int) outcome {
		item := v.items[i]
		if item.kind == '[' {
			return r.list(item, at.child(fmt.Sprint(i)), newUnit(bare))
		}
		return r.value(item, at.child(fmt.Sprint(i)))
	})
	u.refused = max(u.refused, len(out.refusals))
	return out
}

// emptyList takes a list without elements if it says of what.
func (r *reading) emptyList(at place, u *unit) outcome {
	k := at.named
	if path := contextPath(at.context); path != "" && !neutral(path) {
		k = byContext(path)
	}
	if k == nil || k == methodConfiguration {
		return outcome{refusals: []Refusal{at.refusal("an empty list that does not say of what")}, vague: true}
	}
	g := r.section(k)
	u.section[k.section] = true
	g.units = append(g.units, u)
	g.from(at.file)
	return outcome{taken: 1}
}

// gather adds up outcomes. Where nothing at all was recognised, one refusal says so.
func gather(at place, n int, each func(int) outcome) outcome {
	var all outcome
	vague := n > 0
	for i := range n {
		out := each(i)
		all.taken += out.taken
		all.refusals = append(all.refusals, out.refusals...)
		vague = vague && out.vague
	}
	if vague && all.taken == 0 {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	return all
}

func (r *reading) object(v *value, at place) outcome {
	if at.depth > deepest {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	if own := v.get("@odata.context").text(); own != "" {
		at.context = own
	}
	if inner := v.get("value"); inner != nil && isPage(v) {
		return r.page(v, inner, at)
	}
	if at.owner != nil && !at.owner.isOwner(v) {
		return r.part([]*value{v}, at, at.owner, newUnit(folder))
	}
	if strings.HasPrefix(v.get("format").text(), "passkeyaudit.snapshot/") {
		return refusedAs(at.refusal("the manifest of a snapshot; a snapshot needs no import"))
	}
	named := at.named
	if named == nil && at.pointer == "" {
		named = at.folderOf(v.get("id").text())
	}
	found := recognise(v, at.context, named)
	switch {
	case found.refused != "" && found.kind != nil:
		return r.spoil(found.kind, at, found.refused)
	case found.refused != "":
		return refusedAs(at.refusal(found.refused))
	case found.kind != nil:
		return r.take(v, found.kind, at)
	// What is inside one of Graph's objects is part of it. The answers of a batch have an
	// id too.
	case v.hasAny(graphMembers...) && !v.has("status", "body"):
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	return r.wrapper(v, at)
}

// graphMembers tell an object of Graph from a wrapper that an exporter made.
var graphMembers = []string{"id", "displayName", "createdDateTime", "conditions", "grantControls", "userPrincipalName", "appId", "includeTargets"}

// isPage tells whether an object is an answer of Graph with its rows, or the one
// object, under "value".
func isPage(v *value) bool {
	inner := v.get("value")
	if inner.kind != '[' && inner.kind != '{' {
		return false
	}
	if v.hasAny("@odata.context", "@odata.nextLink") {
		return true
	}
	return !slices.ContainsFunc(v.members, func(m member) bool {
		return !strings.EqualFold(m.name, "value") && !strings.EqualFold(m.name, "count") && !strings.Contains(m.name, "@") &&
			!strings.EqualFold(m.name, "odataNextLink") && !strings.EqualFold(m.name, "nextLink")
	})
}

func (r *reading) page(v, inner *value, at place) outcome {
	if inner.kind == '{' {
		return r.object(inner, at.child("value"))
	}
	u := newUnit(page)
	for _, name := range []string{"@odata.nextLink", "odataNextLink", "nextLink"} {
		u.next = u.next || v.get(name).text() != ""
	}
	if count := v.get("@odata.count"); count != nil && count.kind == '0' {
		// A number that does not fit is not a count.
		if _, err := fmt.Sscan(string(count.scalar), &u.count); err != nil {
			u.count = -1
		}
	}
	p := contextPath(at.context)
	u.context = p != "" && !neutral(p)
	if o := contextOwner(at.context); o != nil {
		at.owner = o
	}
	return r.list(inner, at.child("value"), u)
}

// notCollections are members whose elements belong to the object around them.
var notCollections = []string{"members", "transitivemembers", "owners", "principal", "principals", "manager", "registeredowners", "registeredusers", "memberof"}

// wrapper looks for objects inside an object that an exporter made.
func (r *reading) wrapper(v *value, at place) outcome {
	for _, name := range []string{"ExportDate", "ExportedAt", "ExportDateTime", "ExportTime"} {
		if t, ok := parseTime(v.get(name).text()); ok {
			r.exported.see(t, at.file)
		}
	}
	for _, name := range []string{"SourceTenantId", "TenantId"} {
		if id := v.get(name).text(); isGUID(id) {
			at.tenant = strings.ToLower(id)
			break
		}
	}
	var inside []member
	for _, m := range v.members {
		if m.value.kind == '{' && len(m.value.members) > 0 || m.value.kind == '[' {
			inside = append(inside, m)
		}
	}
	if len(inside) == 0 {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	at.unit = nil
	return gather(at, len(inside), func(i int) outcome {
		m := inside[i]
		below := at.child(m.name)
		name := plainName(m.name)
		if slices.Contains(notCollections, name) {
			return outcome{refusals: []Refusal{below.refusal(unknownWhy)}, vague: true}
		}
		below.path = append(slices.Clone(at.path), name)
		below.context = ""
		if k := byMember(below.path); k != nil {
			below.named = k
		}
		out := r.value(m.value, below)
		if m.value.kind == '[' && len(m.value.items) == 0 && out.vague {
			return outcome{vague: true}
		}
		return out
	})
}
