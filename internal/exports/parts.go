package exports

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// owner is the object of which a value is a part: the group of members, the user of
// methods.
type owner struct {
	collection string // plain name, such as groups
	name       string // the same as written
	id         string
	sub        string // plain names of what lies between it and the part, such as members
}

// owning are collections below whose objects exporters keep parts in folders. What
// lies there is never a row of the collection that its objects look like: the owners
// of an application are users, but not the users of the tenant.
var owning = []string{"users", "groups", "devices", "applications", "serviceprincipals", "directoryroles", "administrativeunits", "accesspackages", "accessreviews"}

// ownerOf reads <collection>/<id>/<part>/… or <collection>/<id>/<part>.json from the
// folders of a file.
func ownerOf(dirs []string, stem string) *owner {
	for i := range dirs {
		name := plainName(dirs[i])
		if !slices.Contains(owning, name) || i+1 >= len(dirs) || !isGUID(dirs[i+1]) {
			continue
		}
		o := &owner{collection: name, name: dirs[i], id: dirs[i+1]}
		parts := dirs[i+2:]
		for _, part := range parts {
			if !isGUID(part) {
				o.sub = strings.TrimPrefix(o.sub+"/"+plainName(part), "/")
			}
		}
		if !isGUID(stem) {
			o.sub = strings.TrimPrefix(o.sub+"/"+plainName(stem), "/")
		}
		return o
	}
	return nil
}

// contextOwner reads the owner from an @odata.context such as
// $metadata#groups('id')/members.
func contextOwner(context string) *owner {
	collection, sub, found := strings.Cut(contextPath(context), "/")
	if !found || collection != "users" && collection != "groups" {
		return nil
	}
	if id := contextKey(context, collection); id != "" {
		return &owner{collection: collection, name: collection, id: id, sub: sub}
	}
	return nil
}

// holds tells whether the part has one of the names, or lies below it.
func (o *owner) holds(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return o.sub == name || strings.HasPrefix(o.sub, name+"/") })
}

// isOwner tells whether an object is the owner itself rather than a part of it: its
// file lies beside those of its parts.
func (o *owner) isOwner(v *value) bool { return strings.EqualFold(v.get("id").text(), o.id) }

// part takes what belongs to a group or a user.
func (r *reading) part(items []*value, at place, o *owner, u *unit) outcome {
	switch {
	case o.collection == "groups" && o.holds("members", "transitivemembers"):
		return r.membership(o.id, o.holds("transitivemembers"), items, at, u)
	case o.collection == "users" && o.holds("authentication/methods", "authenticationmethods", "methods"):
		return r.holding(o.id, items, at, u)
	case o.collection == "users" && o.holds("authentication"):
		return refusedAs(at.refusal("some kinds of a user's methods; a snapshot needs all of them (users/{id}/authentication/methods)"))
	}
	return refusedAs(at.refusal(fmt.Sprintf("a part of another object, below %s, which a snapshot does not need", o.name)))
}

// membership is what the export tells about the members of one group.
type membership struct {
	id     string
	direct memberSet
	all    memberSet // transitive
	file   string
}

type memberSet struct {
	users, groups []string
	seen          map[string]bool
	told, whole   bool
}

func (m *memberSet) add(id string, group bool) {
	if key := strings.ToLower(id); !m.seen[key] {
		if m.seen == nil {
			m.seen = map[string]bool{}
		}
		m.seen[key] = true
		if group {
			m.groups = append(m.groups, id)
		} else {
			m.users = append(m.users, id)
		}
	}
}

// tell notes whether a listing was read to its end. One that was makes up for others
// that were not.
func (m *memberSet) tell(whole bool) {
	m.told, m.whole = true, m.whole || whole
}

func (r *reading) group(id, file string) *membership {
	key := strings.ToLower(id)
	m := r.members[key]
	if m == nil {
		m = &membership{id: id, file: file}
		r.members[key] = m
	}
	return m
}

// membership takes a list of the members of a group.
func (r *reading) membership(id string, transitive bool, items []*value, at place, u *unit) outcome {
	m := r.group(id, at.file)
	set := &m.direct
	if transitive {
		set = &m.all
	}
	for i, item := range items {
		member := item.get("id").text()
		if item.kind == '"' {
			member = item.text()
		}
		if member == "" {
			set.told = true
			return r.spoil(groupMembers, at.child(fmt.Sprint(i)), "a member of a group without id")
		}
		switch typeName(item) {
		case "group":
			set.add(member, true)
		case "user", "":
			set.add(member, false)
		}
	}
	set.tell(u.form != bare && !u.next && (u.count < 0 || u.count <= len(items)))
	r.section(groupMembers).from(at.file)
	return outcome{taken: 1}
}

// expandLimit is how many members a group can carry through $expand before Graph may
// have left out the others without a word. Microsoft gives 20 for relationships of
// directory objects in its page on query parameters and 100 in its list of known
// issues (13635), so the smaller one counts here. UNCERTAIN: read from memory and
// from a community answer (2023-07-27), not from a current page.
const expandLimit = 20

// inline takes what an object carries of its parts: members of a group, methods of a
// user. They stay in the object as well.
func (r *reading) inline(v *value, k *kind, at place) {
	id := v.get("id").text()
	switch string(k.section) {
	case "groups":
		for _, name := range []string{"members", "transitiveMembers"} {
			if items := v.get(name); items.isList() {
				u := newUnit(page)
				u.next = v.get(name+"@odata.nextLink").text() != "" || len(items.items) >= expandLimit
				r.refuse(r.membership(id, name == "transitiveMembers", items.items, at.child(name), u).refusals...)
			}
		}
	case "users":
		methods := v.get("authentication").get("methods")
		if methods == nil {
			methods = v.get("authenticationMethods")
		}
		if methods.isList() {
			r.refuse(r.holding(id, methods.items, at.child("authentication"), newUnit(page)).refusals...)
		}
	}
}

// membersRow takes a row that already has the form of a snapshot's.
func (r *reading) membersRow(v *value, at place) outcome {
	m := r.group(v.get("groupId").text(), at.file)
	set := &m.all
	if t := v.get("transitive"); t != nil && t.kind == 'f' {
		set = &m.direct
	}
	for _, id := range v.get("userIds").items {
		set.add(id.text(), false)
	}
	if groups := v.get("groupIds"); groups.isList() {
		for _, id := range groups.items {
			set.add(id.text(), true)
		}
	}
	set.tell(true)
	r.section(groupMembers).from(at.file)
	return outcome{taken: 1}
}

// holding is the registered methods of one user.
type holding struct {
	userID string
	value  []*value
	file   string
	spoilt bool
}

// holding takes a list of the methods of a user, or one more of a folder of them.
func (r *reading) holding(userID string, items []*value, at place, u *unit) outcome {
	if u.next {
		return r.spoil(registeredMethod, at, "a page of a user's methods that names a next one; a row says all methods of a user")
	}
	for i, item := range items {
		if typeName(item) == "" {
			return r.spoil(registeredMethod, at.child(fmt.Sprint(i)), "a registered method without @odata.type: nothing says what it is")
		}
		if err := r.normaliser.row(item, methodModel); err != nil {
			return r.spoil(registeredMethod, at.child(fmt.Sprint(i)), err.Error())
		}
		r.dates(item, at.file)
	}
	raw := list(items...).raw()
	var decoded []entra.AuthenticationMethod
	if err := entra.Decode(raw, &decoded); err != nil {
		return r.spoil(registeredMethod, at, fmt.Sprintf("registered methods that cannot be judged: %v", err))
	}
	key := strings.ToLower(userID)
	h := r.methods[key]
	switch {
	case h == nil:
		r.methods[key] = &holding{userID: userID, value: items, file: at.file}
	case u.form == folder:
		h.value = append(h.value, items...)
	case string(list(h.value...).raw()) != string(raw):
		h.spoilt = true
		return r.spoil(registeredMethod, at, fmt.Sprintf("another list of the methods of the same user than in %s; neither is taken", h.file))
	}
	r.section(userMethods).from(at.file)
	return outcome{taken: 1}
}
