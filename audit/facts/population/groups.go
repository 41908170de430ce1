package population

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Groups is the fact that knows who is in the groups that policies name.
var Groups = &audit.Fact[*Memberships]{
	Name:   "population.Groups",
	Doc:    "which groups exist, and who is in them, through nested groups too",
	Reads:  []audit.Read{{Section: snapshot.Groups}, {Section: snapshot.GroupMembers}, {Section: snapshot.Users}},
	Facts:  []audit.AnyFact{Users},
	Derive: deriveGroups,
}

// Group is what is known about one group.
type Group struct {
	ID, Name string
	// Exists is No where Graph listed the groups in full and this one was not among
	// them: it was deleted.
	Exists audit.Tri
	// Members are the accounts in it, directly or through nested groups.
	Members audit.Partly
	// Inner are the members that rows show in a group inside this one and not in this
	// one itself; rows that are closed over nested groups do not tell.
	Inner audit.Set
	// Empty is Yes only where the group was read to the end and has nobody, not even
	// an account that is not in the snapshot.
	Empty audit.Tri
}

// Memberships answers questions about groups. It is safe for concurrent use.
type Memberships struct {
	dir *Directory

	named    map[string]entra.Group // by id in lower case
	notFound map[string]bool
	lines    map[string]*memberLines
	closed   map[string]Group

	// GroupRows and MemberRows count the rows examined.
	GroupRows, MemberRows int

	groupsComplete  bool
	membersComplete bool // a group without a line is empty
	linesComplete   bool // a group with a line was read to the end, unless listed in incomplete
	narrowed        bool // lines hold only the accounts in view, but all of those
	incomplete      map[string]bool
}

// memberLines is what the rows of one group say, taken together.
type memberLines struct {
	// direct are members by rows that hold direct members only, closed those by rows
	// that do not tell them from members of a group inside.
	direct, closed           audit.Set
	buildDirect, buildClosed memberSet
	// people counts members that are no groups, in the snapshot or not.
	people int
	// inner are members that are or may be groups, to be closed over: those said to
	// be groups, and ids among direct members that are no account.
	inner []string
	// named are groups that closed rows name: their members are here already.
	named []string
}

func deriveGroups(ctx context.Context, p *audit.Pass) (*Memberships, error) {
	dir, err := audit.Get(ctx, p, Users)
	if err != nil {
		return nil, err
	}
	m := &Memberships{
		dir: dir, named: map[string]entra.Group{}, notFound: map[string]bool{},
		lines: map[string]*memberLines{}, closed: map[string]Group{}, incomplete: map[string]bool{},
	}
	for o, err := range audit.Objects[entra.Group](ctx, p, snapshot.Groups) {
		if err != nil {
			return nil, err
		}
		m.named[strings.ToLower(o.Value.ID)] = o.Value
		m.GroupRows++
	}
	for row, err := range audit.Folded(ctx, p, snapshot.GroupMembers, func() func(*entra.GroupMembers) memberRow { return m.read }) {
		if err != nil {
			return nil, err
		}
		m.add(&row)
		m.MemberRows++
	}
	m.readStates(p.Status(snapshot.Groups), p.Status(snapshot.GroupMembers))
	for _, l := range m.lines {
		l.direct, l.closed = l.buildDirect.set(), l.buildClosed.set()
		l.buildDirect, l.buildClosed = memberSet{}, memberSet{}
	}
	for key := range m.lines {
		m.closed[key] = m.resolve(key)
	}
	return m, nil
}

// memberRow is a row of groupMembers with its ids looked up.
type memberRow struct {
	key        string
	accounts   []uint32
	others     []string // ids among userIds that are no account, in lower case
	groups     []string // in lower case
	transitive bool
}

// read looks up the ids of a row. It is called in several goroutines, after the
// groups were read.
func (m *Memberships) read(row *entra.GroupMembers) memberRow {
	r := memberRow{key: strings.Clone(strings.ToLower(row.GroupID)), transitive: row.Transitive == nil || *row.Transitive}
	r.accounts, r.others = m.dir.ids.findAll(row.UserIDs)
	// The ids of a row are parts of its text, which is not to be kept for a few.
	for i, id := range r.others {
		r.others[i] = strings.Clone(strings.ToLower(id))
	}
	for _, id := range row.GroupIDs {
		r.groups = append(r.groups, strings.Clone(strings.ToLower(id)))
	}
	return r
}

func (m *Memberships) add(row *memberRow) {
	l := m.lines[row.key]
	if l == nil {
		l = &memberLines{}
		m.lines[row.key] = l
	}
	l.people += len(row.accounts)
	if !row.transitive {
		l.buildDirect.add(row.accounts, m.dir.ids.count())
		l.inner = append(append(l.inner, row.others...), row.groups...)
		return
	}
	// A transitive row already has the members of the groups it names.
	l.buildClosed.add(row.accounts, m.dir.ids.count())
	l.named = append(l.named, row.groups...)
	for _, id := range row.others {
		if _, isGroup := m.named[id]; isGroup {
			l.named = append(l.named, id)
		} else {
			l.people++
		}
	}
}

// memberSet collects the members of a group, which come in no order: few as they
// come, many as one bit for each account of the tenant.
type memberSet struct {
	few  []uint32
	bits []uint64
}

func (s *memberSet) add(ordinals []uint32, accounts int) {
	if s.bits == nil {
		s.few = append(s.few, ordinals...)
		if len(s.few) < accounts/32 {
			return
		}
		s.bits = make([]uint64, accounts/64+1)
		ordinals, s.few = s.few, nil
	}
	for _, n := range ordinals {
		s.bits[n/64] |= 1 << (n % 64)
	}
}

func (s *memberSet) set() audit.Set {
	if s.bits != nil {
		return audit.SetOfBits(s.bits)
	}
	slices.Sort(s.few)
	var b audit.Builder
	for _, n := range s.few {
		b.Add(n)
	}
	return b.Set()
}

func (m *Memberships) readStates(groups, members snapshot.Status) {
	m.groupsComplete = groups.State == snapshot.Complete
	if groups.Entry != nil {
		for _, id := range groups.Entry.NotFound {
			m.notFound[strings.ToLower(id)] = true
		}
	}
	if members.Entry != nil {
		for _, id := range members.Entry.IncompleteIDs {
			m.incomplete[strings.ToLower(id)] = true
		}
	}
	m.membersComplete = members.State == snapshot.Complete
	m.narrowed = members.State == snapshot.Partial && members.Reason == snapshot.ReasonScope && members.Unreadable == 0
	m.linesComplete = m.membersComplete || m.narrowed ||
		members.State == snapshot.Partial && len(m.incomplete) > 0 && members.Unreadable == 0
}

// InAtLeast are the accounts that are certainly in so many of the groups that were read.
// Only few groups of a tenant are: an account may be in more.
func (m *Memberships) InAtLeast(groups int) audit.Set {
	var b audit.Builder
	if len(m.lines) < groups {
		return b.Set()
	}
	in := make([]int32, m.dir.All.Count())
	for key := range m.lines {
		for n := range m.Lookup(key).Members.Yes.All() {
			in[n]++
		}
	}
	for n, count := range in {
		if int(count) >= groups {
			b.Add(uint32(n))
		}
	}
	return b.Set()
}

// Lookup tells what is known about a group by its id.
func (m *Memberships) Lookup(id string) Group {
	key := strings.ToLower(id)
	if g, ok := m.closed[key]; ok {
		return g
	}
	return m.resolve(key)
}

// Named lists the ids of the groups that the snapshot names, sorted.
func (m *Memberships) Named() []string { return slices.Sorted(maps.Keys(m.named)) }

// resolve closes a group over the groups inside it.
func (m *Memberships) resolve(key string) Group {
	named, isNamed := m.named[key]
	g := Group{ID: key, Name: named.DisplayName}
	if isNamed {
		g.ID = named.ID
	}
	_, hasLines := m.lines[key]
	switch {
	case isNamed:
		g.Exists = audit.Yes
	case m.groupsComplete || m.notFound[key]:
		g.Exists = audit.No
	case hasLines:
		g.Exists = audit.Yes
	}
	if g.Exists == audit.No {
		g.Empty = audit.Yes
		return g
	}
	people, exhaustive := 0, true
	visited := map[string]bool{}
	var visit func(key string)
	visit = func(key string) {
		if visited[key] {
			return
		}
		visited[key] = true
		if m.notFound[key] {
			return // deleted since it was named
		}
		l := m.lines[key]
		if l == nil {
			// Present without a line in a complete section is empty. That holds for
			// groups that were asked for; a nested one that has no line was not.
			_, asked := m.named[key]
			exhaustive = exhaustive && asked && (m.membersComplete || m.narrowed) && !m.incomplete[key]
			return
		}
		exhaustive = exhaustive && m.linesComplete && !m.incomplete[key]
		people += l.people
		g.Members.Yes = g.Members.Yes.Or(l.direct).Or(l.closed)
		for _, inner := range l.inner {
			visit(inner)
		}
	}
	visit(key)
	if l := m.lines[key]; l != nil {
		g.Inner = g.Members.Yes.Minus(l.direct).Minus(l.closed)
	}
	if !exhaustive {
		g.Members.Maybe = m.dir.All.Minus(g.Members.Yes)
	}
	switch {
	case people > 0:
		g.Empty = audit.No
	case exhaustive && !m.narrowed:
		g.Empty = audit.Yes
	}
	return g
}

// Label names a group for people: its name, or its id where the name is not
// known.
func (g Group) Label() string {
	if g.Name == "" {
		return g.ID
	}
	return fmt.Sprintf("%q", g.Name)
}
