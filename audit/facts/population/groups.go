package population

import (
	"context"
	"fmt"
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
	buildDirect, buildClosed audit.Builder
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
	for o, err := range audit.Objects[entra.GroupMembers](ctx, p, snapshot.GroupMembers) {
		if err != nil {
			return nil, err
		}
		m.add(&o.Value)
		m.MemberRows++
	}
	m.readStates(p.Status(snapshot.Groups), p.Status(snapshot.GroupMembers))
	for _, l := range m.lines {
		l.direct, l.closed = l.buildDirect.Set(), l.buildClosed.Set()
	}
	for key := range m.lines {
		m.closed[key] = m.resolve(key)
	}
	return m, nil
}

func (m *Memberships) add(row *entra.GroupMembers) {
	key := strings.ToLower(row.GroupID)
	l := m.lines[key]
	if l == nil {
		l = &memberLines{}
		m.lines[key] = l
	}
	transitive := row.Transitive == nil || *row.Transitive
	for _, id := range row.UserIDs {
		ordinal, known := m.dir.Ordinal(id)
		id = strings.ToLower(id)
		_, isGroup := m.named[id]
		switch {
		case known && transitive:
			l.buildClosed.Add(ordinal)
			l.people++
		case known:
			l.buildDirect.Add(ordinal)
			l.people++
		case !transitive:
			l.inner = append(l.inner, id)
		case isGroup:
			l.named = append(l.named, id)
		default:
			l.people++
		}
	}
	for _, id := range row.GroupIDs {
		if id = strings.ToLower(id); transitive {
			l.named = append(l.named, id)
		} else {
			l.inner = append(l.inner, id)
		}
	}
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

// Lookup tells what is known about a group by its id.
func (m *Memberships) Lookup(id string) Group {
	key := strings.ToLower(id)
	if g, ok := m.closed[key]; ok {
		return g
	}
	return m.resolve(key)
}

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
