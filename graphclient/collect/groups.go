package collect

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// resolve reads the groups with the given ids; those that are not there are left
// out. Whole objects come: the endpoint takes no $select.
func (r *run) resolve(ctx context.Context, ids []string) ([]entra.Raw, error) {
	var found []entra.Raw
	for chunk := range slices.Chunk(ids, graphclient.MaxIDs) {
		rows, err := r.client.Post(ctx, groupsRequest(chunk))
		if err != nil {
			return found, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// readGroups resolves what policies, methods and roles name.
func readGroups(ctx context.Context, j *job) error {
	r := j.r
	ids := r.refs.ids(r.accounts.keys.has)
	found := &idSet{}
	for chunk := range slices.Chunk(ids, graphclient.MaxIDs) {
		rows, err := r.resolve(ctx, chunk)
		if err == nil {
			rows = slices.DeleteFunc(rows, func(row entra.Raw) bool {
				id := entra.Text(row, "/id")
				return id != "" && !found.add(id)
			})
			err = j.append(rows...)
		}
		if err != nil {
			if j.sw.Objects() == 0 {
				// Their members may be readable all the same.
				r.groups = r.refs.ids(func(string) bool { return true })
			}
			return err
		}
		for _, id := range chunk {
			if r.refs[id] && !found.has(id) {
				j.entry.NotFound = append(j.entry.NotFound, id)
			}
		}
	}
	return j.countGroups(ctx)
}

// countGroups asks how many groups the whole tenant has: with few of them nobody can be
// in too many. Nothing is lost but that where it cannot be asked.
func (j *job) countGroups(ctx context.Context) error {
	if j.r.people != nil {
		return nil
	}
	n, err := j.r.client.Count(ctx, graphclient.GroupsCount())
	switch {
	case err == nil:
		total := int(n)
		j.entry.Total = &total
	case ctx.Err() != nil || lostToken(err):
		return err
	}
	return nil
}

// learnGroup takes note of a group that was found.
func learnGroup(r *run, row entra.Raw) {
	if id := entra.Text(row, "/id"); id != "" {
		r.groups = append(r.groups, id)
	}
}

// memberRow is a row of groupMembers.
type memberRow struct {
	GroupID    string   `json:"groupId"`
	Transitive bool     `json:"transitive"`
	UserIDs    []string `json:"userIds"`
}

// memberRowIDs is the most ids a row holds; a larger group goes on in the next.
const memberRowIDs = 50_000

func (j *job) appendMembers(group string, ids []string) error {
	for chunk := range slices.Chunk(ids, memberRowIDs) {
		raw, err := entra.Encode(memberRow{group, true, chunk})
		if err != nil {
			return fatal(err)
		}
		if err := j.append(raw); err != nil {
			return err
		}
	}
	return nil
}

// readGroupMembers reads who is in the groups that were found.
func readGroupMembers(ctx context.Context, j *job) error {
	if j.r.people.oneUser() {
		return readMemberships(ctx, j)
	}
	j.entry.Request = groupMembersRequest("{group}").String()
	var first error
	read := 0
	var gone []string
	var held heldMembers
	for i, group := range j.r.groups {
		if j.old.has(group) {
			read++
			continue
		}
		err := j.readMembers(ctx, group, &held)
		if err == nil {
			err = j.end()
		}
		switch {
		case err == nil:
			read++
		case isFatal(err) || ctx.Err() != nil:
			return err
		case lostToken(err):
			return j.endGroups(held, j.r.groups[i:], err)
		case refusedWith(err, http.StatusNotFound):
			gone = append(gone, group)
		default:
			if first == nil {
				first = err
			}
			j.entry.IncompleteIDs = append(j.entry.IncompleteIDs, group)
		}
	}
	if err := j.forgetGroups(gone); err != nil {
		return err
	}
	if first == nil {
		return nil
	}
	if read == 0 && j.sw.Objects() == 0 {
		j.entry.IncompleteIDs = nil
		return first
	}
	if err := j.endGroups(held, nil, nil); err != nil {
		return err
	}
	j.gap("the members of %d groups were not read to the end: %s", len(j.entry.IncompleteIDs), reasonOf(first))
	return nil
}

// heldMembers are members of groups that were not read to their end. They are written
// last, so that a later run can go on with the groups that were.
type heldMembers struct {
	groups []string
	ids    [][]string
	count  int
}

// endGroups makes sure of the groups that were read to their end, and then writes what
// there is of the others. left are those that were not come to because of cause: a reader
// must not take them for empty.
func (j *job) endGroups(held heldMembers, left []string, cause error) error {
	for _, group := range left {
		if !j.old.has(group) {
			j.entry.IncompleteIDs = append(j.entry.IncompleteIDs, group)
		}
	}
	slices.Sort(j.entry.IncompleteIDs)
	if !j.retry {
		j.retry = true
		if err := j.sw.Commit(j.ended...); err != nil {
			return fatal(fmt.Errorf("collect: %w", err))
		}
		j.ended = nil
	}
	for i, group := range held.groups {
		if err := j.appendMembers(group, held.ids[i]); err != nil {
			return err
		}
	}
	if j.sw.Objects() == 0 {
		j.entry.IncompleteIDs = nil
	}
	return cause
}

// readMembers reads one group. What was read before an error is kept: held as long as
// that is no more than a row, or else written, after which nothing more is committed.
func (j *job) readMembers(ctx context.Context, group string, held *heldMembers) error {
	var ids []string
	pages := 0
	written := false
	l := listing{client: j.r.client, key: "id", seen: &idSet{}, each: func(rows []entra.Raw) error {
		pages++
		for _, row := range rows {
			if id := entra.Text(row, "/id"); id != "" && j.r.people.has(id) {
				ids = append(ids, id)
			}
		}
		if len(ids) < memberRowIDs {
			return nil
		}
		written = true
		full := len(ids) - len(ids)%memberRowIDs
		err := j.appendMembers(group, ids[:full])
		ids = append(ids[:0], ids[full:]...)
		return err
	}}
	err := l.read(ctx, groupMembersRequest(group))
	switch {
	case isFatal(err) || ctx.Err() != nil:
		return err
	case err != nil && !written && held.count+len(ids) <= memberRowIDs:
		held.groups, held.ids, held.count = append(held.groups, group), append(held.ids, ids), held.count+len(ids)
	default:
		j.retry = j.retry || err != nil
		if aerr := j.appendMembers(group, ids); aerr != nil {
			return aerr
		}
	}
	if pages > 0 && refusedWith(err, http.StatusNotFound) {
		return errGone
	}
	return err
}

// forgetGroups notes groups that were deleted since they were found.
func (j *job) forgetGroups(gone []string) error {
	r := j.r
	entry := r.entryOf(snapshot.Groups)
	if len(gone) == 0 || !entry.State.HasRows() {
		return nil
	}
	var missing []string
	err := r.w.Update(func(m *snapshot.Manifest) {
		e := *m.Sections[snapshot.Groups]
		e.NotFound = slices.Concat(e.NotFound, gone)
		slices.Sort(e.NotFound)
		m.Sections[snapshot.Groups] = &e
		missing = e.NotFound
	})
	if err != nil {
		return fatal(fmt.Errorf("collect: %w", err))
	}
	entry.NotFound = missing
	r.mu.Lock()
	r.entries[snapshot.Groups] = entry
	r.mu.Unlock()
	return nil
}

// readMemberships reads the groups of one user and keeps those that something
// names.
func readMemberships(ctx context.Context, j *job) error {
	user := j.r.people.ids[0]
	q := graphclient.Query{Select: []string{"id"}, Top: directoryPage}
	j.entry.Request = graphclient.UserTransitiveMemberOf("{user}", q).String()
	member := &idSet{}
	l := listing{client: j.r.client, key: "id", seen: member, each: func([]entra.Raw) error { return nil }}
	err := l.read(ctx, graphclient.UserTransitiveMemberOf(user, q))
	if isFatal(err) || ctx.Err() != nil {
		return err
	}
	for _, group := range j.r.groups {
		if member.has(group) {
			if err := j.appendMembers(group, []string{user}); err != nil {
				return err
			}
		}
	}
	return err
}
