package activity

import (
	"context"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// quotedPeople is how many people's rows a finding quotes.
const quotedPeople = 5

// QuotePlaces quotes, for the first of some people, the newest row of a sign-in that is
// of a kind: one member of it each, with what it means. The log is read anew for it, for
// single sign-ins that succeeded are not kept. The check declares the section.
func QuotePlaces(ctx context.Context, p *audit.Pass, dir *population.Directory, people audit.Set, is func(Place, Class) bool, members []string, means string) ([]audit.Evidence, error) {
	var first audit.Builder
	n := 0
	for ordinal := range people.All() {
		if n++; n > quotedPeople {
			break
		}
		first.Add(ordinal)
	}
	wanted, known := first.Set(), p.Catalogue()
	type found struct {
		row string
		at  time.Time
	}
	newest := map[uint32]found{}
	for l, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) leg {
		return func(s *entra.SignIn) leg {
			if n, in := dir.Ordinal(s.UserID); !in || !wanted.Has(n) {
				return leg{}
			}
			return legOf(known, s, dir)
		}
	}) {
		if err != nil {
			return nil, err
		}
		if !l.known || l.row == "" || !is(l.place, l.class) {
			continue
		}
		if old, seen := newest[l.account]; !seen || l.at.After(old.at) || l.at.Equal(old.at) && l.row < old.row {
			newest[l.account] = found{l.row, l.at}
		}
	}
	var ids []string
	for ordinal := range wanted.All() {
		if f, seen := newest[ordinal]; seen {
			ids = append(ids, f.row)
		}
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.SignIns, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for _, id := range slices.Compact(ids) {
		row, read := rows[id]
		if !read {
			continue
		}
		for _, member := range members {
			if e := audit.Quote(snapshot.SignIns, row.Key, row.Raw, member, means); !e.Absent || strings.Count(member, "/") == 1 {
				all = append(all, e)
			}
		}
	}
	return all, nil
}
