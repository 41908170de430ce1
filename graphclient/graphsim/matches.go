package graphsim

import (
	"slices"
	"strings"
	"sync"
	"time"

	"passkeyaudit/audit/snapshot"
)

// openMatches is how many results of filters are remembered, at four bytes a row.
const openMatches = 64

// matches remembers which rows a filter let through, so that the pages of one
// listing scan the section once.
type matches struct {
	mu     sync.Mutex
	recent []*matched // oldest first
}

type matched struct {
	section snapshot.SectionID
	filter  string
	order   string
	rows    func() ([]uint32, error)
}

// listing says which rows of a section a request is about, and in what order.
type listing struct {
	section    snapshot.SectionID
	filter     predicate // nil for all rows
	filterText string
	time       string // the member to sort by; "" keeps the recorded order
	oldest     bool   // sorts oldest first instead of newest first
}

// rowsOf lists the rows of a listing. nil with all set means every row in order.
func (s *store) rowsOf(t *table, l listing) (rows []uint32, all bool, err error) {
	if l.filter == nil && l.time == "" {
		return nil, true, nil
	}
	order := l.time
	if l.oldest {
		order += " asc"
	}
	m := &s.matches
	m.mu.Lock()
	var hit *matched
	for _, r := range m.recent {
		if r.section == l.section && r.filter == l.filterText && r.order == order {
			hit = r
		}
	}
	if hit == nil {
		hit = &matched{l.section, l.filterText, order, sync.OnceValues(func() ([]uint32, error) { return scan(t, l) })}
		if len(m.recent) == openMatches {
			m.recent = slices.Delete(m.recent, 0, 1)
		}
		m.recent = append(m.recent, hit)
	}
	m.mu.Unlock()
	rows, err = hit.rows()
	return rows, false, err
}

func scan(t *table, l listing) ([]uint32, error) {
	var rows []uint32
	var times []time.Time
	visit := func(i int) error {
		raw, err := t.row(i)
		if err != nil {
			return err
		}
		if l.filter != nil && !l.filter.match(raw) {
			return nil
		}
		rows = append(rows, uint32(i))
		if l.time != "" {
			when, _ := time.Parse(time.RFC3339, textMember(raw, l.time)) // no time is the oldest
			times = append(times, when)
		}
		return nil
	}
	if candidates, ok, err := t.byKey(l.filter); err != nil {
		return nil, err
	} else if ok {
		for _, i := range candidates {
			if err := visit(i); err != nil {
				return nil, err
			}
		}
	} else {
		for i := range t.rows {
			if err := visit(i); err != nil {
				return nil, err
			}
		}
	}
	if l.time == "" {
		return rows, nil
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if l.oldest {
			return times[a].Compare(times[b])
		}
		return times[b].Compare(times[a])
	})
	sorted := make([]uint32, len(rows))
	for i, n := range order {
		sorted[i] = rows[n]
	}
	return sorted, nil
}

// byKey lists, in order, the rows that an index leaves possible for a filter.
func (t *table) byKey(filter predicate) (rows []int, ok bool, err error) {
	if filter == nil {
		return nil, false, nil
	}
	for member := range t.indexes {
		values, limited := keys(filter, member)
		if !limited {
			continue
		}
		for _, v := range values {
			found, err := t.find(member, v)
			if err != nil {
				return nil, false, err
			}
			rows = append(rows, found...)
		}
		slices.SortFunc(rows, func(a, b int) int { return a - b })
		return slices.Compact(rows), true, nil
	}
	return nil, false, nil
}

// orderedBy reads `member`, `member asc` or `member desc`. Other orders are not
// understood.
func orderedBy(text, member string) (oldest, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) > 2 || words[0] != member {
		return false, false
	}
	if len(words) == 1 {
		return true, true
	}
	return words[1] == "asc", words[1] == "asc" || words[1] == "desc"
}
