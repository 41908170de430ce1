package collect

import (
	"context"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// readUsers reads accounts: all, the one asked for, or the people of the groups
// asked for.
func readUsers(ctx context.Context, j *job) error {
	seen := &idSet{}
	j.r.accounts.keys = seen
	each := func(rows []entra.Raw) error {
		for _, row := range rows {
			j.r.learnUser(row)
		}
		return j.append(rows...)
	}
	var err error
	switch p := j.r.people; {
	case p == nil:
		err = j.listInto(ctx, seen, "id", each, usersRequest())
	case p.oneUser():
		j.entry.Request = graphclient.UserByID("{user}", graphclient.Query{Select: userMembers}).String()
		if err = p.user.err; err == nil {
			seen.add(p.ids[0])
			err = each([]entra.Raw{p.user.raw})
		}
	default:
		for _, group := range p.ids {
			if err = j.listInto(ctx, seen, "id", each, scopedMembersRequest(group)); err != nil {
				break
			}
		}
		j.entry.Request = scopedMembersRequest("{group}").String()
	}
	if err != nil && seen.len() == 0 {
		j.r.accounts.keys = nil
	}
	return err
}

// learnUser keeps of an account what later sections need.
func (r *run) learnUser(row entra.Raw) {
	var u entra.User
	if entra.Decode(row, &u) != nil {
		// A member of the wrong type is the reader's business; the id is ours.
		u = entra.User{ID: entra.Text(row, "/id")}
	}
	if u.ID == "" {
		return
	}
	r.accounts.add(u.ID, u.Enabled() && !u.Guest())
	r.people.add(u.ID, u.UserPrincipalName)
}

// riskyPage is the most risky users a page holds.
const riskyPage = 500

func readRiskyUsers(ctx context.Context, j *job) error {
	plain := graphclient.RiskyUsers(graphclient.Query{Top: riskyPage})
	if j.r.people.oneUser() {
		one := graphclient.RiskyUsers(graphclient.Query{Filter: "id eq " + quote(j.r.people.ids[0])})
		return j.listInto(ctx, &idSet{}, "id", j.pick("id"), one, plain)
	}
	return j.listInto(ctx, &idSet{}, "id", j.pick("id"), plain)
}
