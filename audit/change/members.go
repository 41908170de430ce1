package change

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

const membersBind = "members@odata.bind"

// group adds the members that a PATCH of a group links.
func (e *editor) group(r Request, ids []string) (string, error) {
	if r.Method != "PATCH" {
		return "", unsupported(r)
	}
	body := parseObject(r.Body)
	links := texts(body.get(membersBind))
	if len(links) == 0 || len(body.names) != 1 {
		return "", fmt.Errorf("of a group only its members can change: a body with %s and nothing else", membersBind)
	}
	var step string
	for _, l := range links {
		var err error
		if step, err = e.add(ids[0], link(l)); err != nil {
			return "", err
		}
	}
	if len(links) > 1 {
		step = fmt.Sprintf("add %d members to %s", len(links), e.groupName(ids[0]))
	}
	return step, nil
}

func (e *editor) addMember(r Request, ids []string) (string, error) {
	body := parseObject(r.Body)
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	id := link(body.text("@odata.id"))
	if id == "" || len(body.names) != 1 {
		return "", errors.New(`the body needs "@odata.id", a link to the new member, and nothing else`)
	}
	return e.add(ids[0], id)
}

// add makes a user or a group a member of a group, and of the groups that are known to
// have that group inside and whose rows are closed over it.
func (e *editor) add(group, member string) (string, error) {
	if err := e.knownGroup(group); err != nil {
		return "", err
	}
	user, err := e.userRow(member)
	if err != nil {
		return "", err
	}
	row := object{}
	row.set("groupId", nil)
	name := entra.Text(user, "/userPrincipalName")
	if user != nil {
		row.set("transitive", entra.Raw("true"))
		row.set("userIds", listOf([]entra.Raw{entra.MustEncode(entra.Text(user, "/id"))}))
	} else {
		inner, err := e.row(snapshot.Groups, member)
		if err != nil {
			return "", err
		}
		if inner == nil {
			return "", fmt.Errorf("the snapshot has no user and no group %s", member)
		}
		name = e.groupName(member)
		row.set("transitive", entra.Raw("false"))
		row.set("userIds", entra.Raw("[]"))
		row.set("groupIds", listOf([]entra.Raw{entra.MustEncode(entra.Text(inner, "/id"))}))
	}
	into, err := e.outer(group)
	if err != nil {
		return "", err
	}
	for _, id := range append([]string{group}, into...) {
		rows, err := e.rows(snapshot.GroupMembers, id)
		if err != nil {
			return "", err
		}
		row.set("groupId", entra.MustEncode(e.groupID(id, rows)))
		if err := e.put(snapshot.GroupMembers, id, append(slices.Clone(rows), row.raw())...); err != nil {
			return "", err
		}
	}
	return "add " + name + " to " + e.groupName(group), nil
}

// groupID is the id of a group as its rows spell it.
func (e *editor) groupID(id string, rows []entra.Raw) string {
	if len(rows) > 0 {
		return entra.Text(rows[0], "/groupId")
	}
	return id
}

// removeMember takes a user or a group out of a group. Rows that are closed over
// nested groups do not tell who is a direct member.
func (e *editor) removeMember(r Request, ids []string) (string, error) {
	if r.Method != "DELETE" {
		return "", unsupported(r)
	}
	group, member := ids[0], ids[1]
	if err := e.knownGroup(group); err != nil {
		return "", err
	}
	name := member
	user, err := e.userRow(member)
	if err != nil {
		return "", err
	}
	if user != nil {
		member, name = entra.Text(user, "/id"), entra.Text(user, "/userPrincipalName")
	}
	rows, err := e.rows(snapshot.GroupMembers, group)
	if err != nil {
		return "", err
	}
	var left []entra.Raw
	was, closed := false, false
	for _, row := range rows {
		o := parseObject(row)
		for _, list := range []string{"userIds", "groupIds"} {
			kept, gone := without(o.get(list), member)
			if !gone {
				continue
			}
			if list == "groupIds" && string(o.get("transitive")) != "false" {
				return "", fmt.Errorf("the members of %s are known closed over the groups inside it, so what leaves with a group cannot be told", e.groupName(group))
			}
			was, closed = true, closed || string(o.get("transitive")) != "false"
			o.set(list, kept)
		}
		left = append(left, o.raw())
	}
	if !was {
		return "", fmt.Errorf("%s is no member of %s", name, e.groupName(group))
	}
	outer, err := e.outer(group)
	if err != nil {
		return "", err
	}
	for _, id := range outer {
		rows, err := e.rows(snapshot.GroupMembers, id)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(rows, func(row entra.Raw) bool { _, in := without(parseObject(row).get("userIds"), member); return in }) {
			return "", fmt.Errorf("%s has this group inside, and the snapshot does not tell whether %s is in it in another way too", e.groupName(id), name)
		}
	}
	if closed {
		e.note("takes %s for a direct member of %s: the snapshot does not tell members through groups inside apart", name, e.groupName(group))
	}
	return "take " + name + " out of " + e.groupName(group), e.put(snapshot.GroupMembers, group, left...)
}

func without(list entra.Raw, id string) (left entra.Raw, gone bool) {
	var kept []entra.Raw
	for e := range entra.Elements(list) {
		if strings.EqualFold(text(e), id) {
			gone = true
			continue
		}
		kept = append(kept, e)
	}
	return listOf(kept), gone
}

// outer are the groups, other than itself, whose rows are closed over nested groups
// and name the group among them.
func (e *editor) outer(group string) ([]string, error) {
	needle := []byte(strings.ToLower(group))
	var list []string
	note := func(row entra.Raw) {
		o := parseObject(row)
		id := o.text("groupId")
		_, user := without(o.get("userIds"), group)
		_, inner := without(o.get("groupIds"), group)
		if (user || inner) && !strings.EqualFold(id, group) && string(o.get("transitive")) != "false" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	for row, err := range e.stored.Rows(e.ctx, snapshot.GroupMembers) {
		if err != nil {
			return nil, err
		}
		if containsFold(row.Raw, needle) {
			note(row.Raw)
		}
	}
	return list, nil
}

// containsFold looks for an id, in lower case, in a text.
func containsFold(raw, id []byte) bool {
	if len(id) == 0 {
		return false
	}
	first, upper := id[0], id[0]
	if first >= 'a' && first <= 'z' {
		upper = first - 'a' + 'A'
	}
	for i := 0; i+len(id) <= len(raw); i++ {
		if (raw[i] == first || raw[i] == upper) && strings.EqualFold(string(raw[i:i+len(id)]), string(id)) {
			return true
		}
	}
	return false
}

// knownGroup refuses a group whose members nobody knows.
func (e *editor) knownGroup(id string) error {
	row, err := e.row(snapshot.Groups, id)
	if err != nil {
		return err
	}
	if row == nil {
		return fmt.Errorf("the snapshot has no group %s: only groups that something names are collected, and nothing depends on others", id)
	}
	return nil
}

func (e *editor) groupName(id string) string {
	row, err := e.row(snapshot.Groups, id)
	if err != nil {
		return "the group " + id
	}
	return label("the group", entra.Text(row, "/displayName"), id)
}

// userRow is a user by id or by user principal name; nil where there is none.
func (e *editor) userRow(name string) (entra.Raw, error) {
	if !strings.Contains(name, "@") {
		return e.row(snapshot.Users, name)
	}
	for o, err := range snapshot.Objects[entra.User](e.ctx, e.stored, snapshot.Users) {
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(o.Value.UserPrincipalName, name) {
			return e.row(snapshot.Users, o.Value.ID)
		}
	}
	return nil, nil
}

// userMembers are what of a user can change what this program says of them.
var userMembers = []string{"accountEnabled", "userType", "employeeType", "department"}

// user changes a user.
func (e *editor) user(r Request, ids []string) (string, error) {
	if r.Method != "PATCH" {
		return "", unsupported(r)
	}
	old, err := e.userRow(ids[0])
	if err != nil {
		return "", err
	}
	if old == nil {
		return "", fmt.Errorf("the snapshot has no user %s", ids[0])
	}
	if err := allowed(r.Body, userMembers...); err != nil {
		return "", err
	}
	var m merger
	patched := m.patch(old, r.Body, "")
	if _, err := checked[entra.User](patched); err != nil {
		return "", err
	}
	body := parseObject(r.Body)
	what := strings.Join(body.names, ", ")
	switch string(body.get("accountEnabled")) {
	case "true":
		what = "enabled"
	case "false":
		what = "disabled"
	}
	return "change the user " + entra.Text(old, "/userPrincipalName") + ": " + what, e.put(snapshot.Users, entra.Text(old, "/id"), patched)
}
