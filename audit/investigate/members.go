package investigate

import (
	"context"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// members cuts the rows of groupMembers down to one account. In rows that are not closed
// over nested groups, an id among the members that is no account may be a group: such
// ids stay. Which those are is known once all users were read.
type members struct {
	id       string
	mine     uint64 // its hash
	mentions func(entra.Raw) bool

	mu       sync.Mutex
	accounts []uint64        // hashes of the ids of all other accounts
	direct   map[uint64]bool // hashes of direct members of groups
}

func newMembers(id string) *members {
	return &members{id: id, mine: hashID(id), mentions: snapshot.Mentions(id), direct: map[uint64]bool{}}
}

// account notes a row of users. It keeps none.
func (m *members) account(raw entra.Raw) bool {
	h := hashID(snapshot.RowKey(snapshot.Users, raw))
	m.mu.Lock()
	m.accounts = append(m.accounts, h)
	m.mu.Unlock()
	return false
}

// hashID is FNV-1a of an id in lower case.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		c := id[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// rewrite leaves of a row the account and the groups that it names. A row without them
// stays too: it shows that the group was read.
func (m *members) rewrite(raw entra.Raw) entra.Raw {
	var row entra.GroupMembers
	closed, told := entra.Lookup(raw, "/transitive")
	if (!told || closed.Kind() != 'f') && !m.mentions(raw) {
		if row.GroupID = snapshot.RowKey(snapshot.GroupMembers, raw); row.GroupID != "" && (!told || closed.Kind() == 't' || closed.Kind() == 'n') {
			return m.cut(raw, &row, func(string) bool { return false })
		}
	}
	if entra.Decode(raw, &row) != nil {
		return raw // whoever reads it says what is wrong with it
	}
	if row.Transitive != nil && !*row.Transitive {
		m.mu.Lock()
		for _, id := range row.UserIDs {
			if h := hashID(id); h != m.mine {
				m.direct[h] = true
			}
		}
		m.mu.Unlock()
	}
	return m.cut(raw, &row, func(string) bool { return false })
}

// cut keeps of the members of a row the account, and others that are to stay.
func (m *members) cut(raw entra.Raw, row *entra.GroupMembers, stays func(id string) bool) entra.Raw {
	short := struct {
		GroupID    string   `json:"groupId"`
		Transitive *bool    `json:"transitive,omitzero"`
		GroupIDs   []string `json:"groupIds,omitzero"`
		UserIDs    []string `json:"userIds"`
	}{row.GroupID, row.Transitive, row.GroupIDs, slices.DeleteFunc(row.UserIDs, func(id string) bool { return !strings.EqualFold(id, m.id) && !stays(id) })}
	cut, err := entra.Encode(short)
	if err != nil {
		return raw
	}
	return cut
}

// known notes the accounts of another snapshot.
func (m *members) known(ctx context.Context, snap *snapshot.Snapshot) error {
	if len(m.direct) == 0 {
		return nil
	}
	_, err := snap.Matching(ctx, snapshot.Users, m.account)
	return err
}

// settle puts back the direct members that are no accounts.
func (m *members) settle(ctx context.Context, snap, view *snapshot.Snapshot) (*snapshot.Snapshot, error) {
	for _, h := range m.accounts {
		delete(m.direct, h)
	}
	m.accounts = nil
	if len(m.direct) == 0 {
		return view, nil
	}
	edits := snapshot.Edits{}
	for row, err := range view.Rows(ctx, snapshot.GroupMembers) {
		if err != nil {
			return nil, err
		}
		if v, found := entra.Lookup(row.Raw, "/transitive"); found && v.Kind() == 'f' {
			edits[snapshot.RowKey(snapshot.GroupMembers, row.Raw)] = nil
		}
	}
	rows, err := snap.Matching(ctx, snapshot.GroupMembers, func(raw entra.Raw) bool {
		_, wanted := edits[snapshot.RowKey(snapshot.GroupMembers, raw)]
		return wanted
	})
	if err != nil {
		return nil, err
	}
	for _, raw := range rows {
		key := snapshot.RowKey(snapshot.GroupMembers, raw)
		var row entra.GroupMembers
		if entra.Decode(raw, &row) == nil {
			raw = m.cut(raw, &row, func(id string) bool { return m.direct[hashID(id)] })
		}
		edits[key] = append(edits[key], raw)
	}
	return view.With(snapshot.GroupMembers, edits)
}
