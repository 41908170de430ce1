package graphsim

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

const (
	memberOptions = optSelect | optTop | optCount | optSkipToken

	userType  = "#microsoft.graph.user"
	groupType = "#microsoft.graph.group"
)

// groupCount answers /groups/$count, in plain text, where the number was recorded: the
// groups that were are only some.
func (c *call) groupCount() (*answer, error) {
	if !c.eventual() {
		return nil, unsupportedQuery("/$count is only supported with the header ConsistencyLevel: eventual.")
	}
	if f := c.server.store.refusal(snapshot.Groups); f != nil {
		return nil, f
	}
	entry := c.server.store.snap.Status(snapshot.Groups).Entry
	if entry == nil || entry.Total == nil {
		return nil, fail(http.StatusNotImplemented, "notRecorded", "The snapshot does not say how many groups the tenant has.")
	}
	a := newAnswer(http.StatusOK, strconv.AppendInt(nil, int64(*entry.Total), 10))
	a.header.Set("Content-Type", "text/plain")
	c.charge(a, 1)
	return a, nil
}

// allMembers answers /groups/{id}/transitiveMembers: users and nested groups,
// told apart by their type where they are known.
func (c *call) allMembers() (*answer, error) {
	list, err := c.memberList()
	if err != nil {
		return nil, err
	}
	return c.memberPage(list, list.ids, true)
}

// userMembers answers the same cast to users.
func (c *call) userMembers() (*answer, error) {
	if !c.eventual() || !c.query.count {
		return nil, unsupportedQuery("A cast is only supported with $count=true and the header ConsistencyLevel: eventual, on every page.")
	}
	list, err := c.memberList()
	if err != nil {
		return nil, err
	}
	users := list.ids
	if len(list.groups) > 0 {
		users = nil
		for _, id := range list.ids {
			if !list.groups[strings.ToLower(id)] {
				users = append(users, id)
			}
		}
	}
	return c.memberPage(list, users, false)
}

func (c *call) memberList() (*memberList, error) {
	if err := c.check(&collection{directory: true}); err != nil {
		return nil, err
	}
	return c.server.store.membersOf(c.params[0])
}

func (c *call) memberPage(list *memberList, ids []string, typed bool) (*answer, error) {
	r := rows{count: len(ids), endless: list.incomplete, at: func(i int) (jsontext.Value, error) {
		return c.memberObject(ids[i], list.groups[strings.ToLower(ids[i])], typed)
	}}
	a, err := c.list(r, directoryPages)
	if err == nil {
		c.charge(a, 5)
	}
	return a, err
}

// memberObject is the id of a member, with what $select asks of its own row.
// Only ids are recorded of members, so without $select there is no more.
func (c *call) memberObject(id string, group, typed bool) (jsontext.Value, error) {
	s := newSelection(c.query)
	wanted := s != nil && !s.only("id")
	if !typed && !wanted {
		return jsontext.Value(`{"id":` + quote(id) + `}`), nil
	}
	section, odataType := snapshot.Users, userType
	if group {
		section, odataType = snapshot.Groups, groupType
	}
	t, err := c.server.store.rows(section)
	if err != nil {
		return nil, err
	}
	row, err := t.first("id", id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteByte('{')
	if typed && (group || row != nil) {
		b.WriteString(`"@odata.type":` + quote(odataType) + `,`)
	}
	b.WriteString(`"id":` + quote(id))
	if wanted && row != nil {
		err = eachMember(row, func(name, value jsontext.Value) bool {
			n := unquote(name)
			if n != "id" && !strings.HasPrefix(n, "@") && s.has(n) {
				b.WriteByte(',')
				b.Write(name)
				b.WriteByte(':')
				b.Write(value)
			}
			return true
		})
	}
	b.WriteByte('}')
	return b.Bytes(), err
}

// memberOf answers /users/{id}/transitiveMemberOf with the recorded groups. The
// user's directory roles are in no section under the user and are not listed.
func (c *call) memberOf() (*answer, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	cast := strings.EqualFold(c.segments[len(c.segments)-1], "microsoft.graph.group")
	if cast && (!c.eventual() || !c.query.count) {
		return nil, unsupportedQuery("A cast is only supported with $count=true and the header ConsistencyLevel: eventual, on every page.")
	}
	if err := c.check(&collection{directory: true}); err != nil {
		return nil, err
	}
	groups, sure, err := c.server.store.groupsOf(id)
	if err != nil {
		return nil, err
	}
	t, err := c.server.store.rows(snapshot.Groups)
	if err != nil {
		return nil, err
	}
	s := newSelection(c.query)
	a, err := c.list(rows{count: len(groups), endless: !sure, at: func(i int) (jsontext.Value, error) {
		row, err := t.first("id", groups[i])
		if err != nil {
			return nil, err
		}
		if row == nil {
			row = jsontext.Value(`{"id":` + quote(groups[i]) + `}`)
		}
		if row, err = s.apply(row); err != nil || cast {
			return row, err
		}
		return withType(row, groupType), nil
	}}, directoryPages)
	if err == nil {
		c.charge(a, 2)
	}
	return a, err
}

// withType puts the type in front of an object that does not say it.
func withType(row jsontext.Value, odataType string) jsontext.Value {
	if _, ok := lookup(row, "@odata.type"); ok {
		return row
	}
	rest := bytes.TrimSpace(row[1:])
	if len(rest) > 0 && rest[0] != '}' {
		rest = append([]byte(","), rest...)
	}
	return append([]byte(`{"@odata.type":`+quote(odataType)), rest...)
}

// checkMemberGroups tells which of some groups a user is in.
func (c *call) checkMemberGroups() (*answer, error) {
	wanted, ok := lookup(c.body, "groupIds")
	ids := texts(wanted)
	if !ok || len(ids) == 0 || len(ids) > 20 {
		return nil, badRequest("The body needs groupIds with 1 to 20 ids.")
	}
	return c.memberGroups(4, func(group string) bool { return containsFold(ids, group) })
}

// getMemberGroups lists the recorded groups a user is in. Whether a group is
// security-enabled is not always recorded, so all are asked for or none.
func (c *call) getMemberGroups() (*answer, error) {
	only, ok := lookup(c.body, "securityEnabledOnly")
	if !ok || only.Kind() != 'f' && only.Kind() != 't' {
		return nil, badRequest("The body needs securityEnabledOnly.")
	}
	if only.Kind() == 't' {
		return nil, badRequest("securityEnabledOnly: true is not supported by the simulator.")
	}
	return c.memberGroups(2, func(string) bool { return true })
}

func (c *call) memberGroups(cost int, wanted func(group string) bool) (*answer, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	groups, sure, err := c.server.store.groupsOf(id)
	if err != nil {
		return nil, err
	}
	if !sure {
		return nil, fail(http.StatusGatewayTimeout, "UnknownError", "The members of some groups were not read to the end when the snapshot was recorded.")
	}
	var values []jsontext.Value
	for _, g := range groups {
		if wanted(g) {
			values = append(values, jsontext.Value(quote(g)))
		}
	}
	a, err := c.list(sliceRows(values, nil), wholeAnswer)
	if err == nil {
		c.charge(a, cost)
	}
	return a, err
}
