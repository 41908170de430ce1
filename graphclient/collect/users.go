package collect

import (
	"context"
	"net/http"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// readUsers reads accounts: all, the one asked for, or the people of the groups
// asked for.
func readUsers(ctx context.Context, j *job) error {
	seen := j.r.accounts.keys
	var err error
	switch p := j.r.people; {
	case p == nil:
		err = j.readEverybody(ctx, seen)
	case p.oneUser():
		j.entry.Request = graphclient.UserByID("{user}", graphclient.Query{Select: userMembers}).String()
		if err = p.user.err; err == nil {
			err = j.append(p.user.raw)
		}
	default:
		for _, group := range p.ids {
			if err = j.listInto(ctx, seen, "id", j.keepAll, scopedMembersRequest(group)); err != nil {
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

// readEverybody reads all accounts: in one listing, or where there are very many by
// the first character of their names. Such a part can be read again by itself if its
// page tokens do not hold, and an interruption costs no more than one.
func (j *job) readEverybody(ctx context.Context, seen *idSet) error {
	total, known := j.r.size(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if known {
		j.total(total)
		// Counts come from an index that lags.
		j.most = total + total/2 + 1000
	}
	if !known || total < j.r.opts.Partition {
		return j.listInto(ctx, seen, "id", j.keepAll, usersRequest())
	}
	complete, err := j.readParts(ctx, seen)
	if err != nil || complete {
		return err
	}
	// Somebody's name begins with something else.
	return j.listInto(ctx, seen, "id", j.keepAll, usersRequest())
}

// readParts tells whether the parts hold as many accounts as there are. Those made
// since the run began may belong to a part that was read before.
func (j *job) readParts(ctx context.Context, seen *idSet) (complete bool, err error) {
	read := func(name string, request graphclient.Request) error {
		if j.done[name] {
			return nil
		}
		if err := j.listInto(ctx, seen, "id", j.keepAll, request); err != nil {
			return err
		}
		return j.end(name)
	}
	defer func() { j.entry.Request = usersRequest().String() }()
	for _, start := range nameStarts {
		err := read(string(start), partRequest(string(start)))
		if refusedWith(err, http.StatusBadRequest) && seen.len() == 0 {
			return false, nil // the service does not take the filter
		}
		if err != nil {
			return false, err
		}
	}
	if err := read("young", youngRequest(eventTime(j.r.takenAt.Add(-time.Hour)))); err != nil && !refusedWith(err, http.StatusBadRequest) {
		return false, err
	}
	total, known := j.r.countUsers(ctx)
	return known && seen.len() >= total, nil
}

// countUsers asks how many accounts there are. Where that is not told it is no loss.
func (r *run) countUsers(ctx context.Context) (total int, known bool) {
	n, err := r.client.Count(ctx, graphclient.UsersCount())
	return int(n), err == nil
}

// size is how many accounts there were when it was asked first. It decides, for accounts
// and for the report, whether they are read in parts.
func (r *run) size(ctx context.Context) (total int, known bool) {
	r.sizeOnce.Do(func() {
		if r.total, r.counted = r.countUsers(ctx); r.counted {
			r.client.TenantSize(r.total)
			r.expected.Store(int64(r.total))
		}
	})
	return r.total, r.counted
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
	r.accounts.keys.add(u.ID) // a listing has done so already
	start := rune(0)
	if u.Enabled() {
		start = firstRune(u.UserPrincipalName)
	}
	r.accounts.add(u.ID, u.Enabled() && !u.Guest(), start)
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
