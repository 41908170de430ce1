package graphsim

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// openMemberIDs is how many member ids are remembered between pages.
const openMemberIDs = 4 << 20

// members remembers the closed member lists of the groups last asked for.
type members struct {
	mu     sync.Mutex
	recent []*memberList // oldest first
}

// memberList is everyone in a group, once, in the order in which the recorded
// lines name them.
type memberList struct {
	group string // lower case
	ids   []string
	// groups are the nested groups among ids, in lower case.
	groups map[string]bool
	// incomplete lists were not read to the end when they were recorded.
	incomplete bool
}

// membersOf returns the members of a group. A group that is neither recorded nor
// named by a line does not exist.
func (s *store) membersOf(group string) (*memberList, error) {
	m := &s.members
	m.mu.Lock()
	defer m.mu.Unlock()
	key := strings.ToLower(group)
	if i := slices.IndexFunc(m.recent, func(l *memberList) bool { return l.group == key }); i >= 0 {
		return m.recent[i], nil
	}
	list, err := s.closeMembers(key)
	if err != nil {
		return nil, err
	}
	m.recent = append(m.recent, list)
	total := 0
	for _, l := range m.recent {
		total += len(l.ids)
	}
	for len(m.recent) > 1 && total > openMemberIDs {
		total -= len(m.recent[0].ids)
		m.recent = slices.Delete(m.recent, 0, 1)
	}
	return list, nil
}

// closeMembers joins all lines of a group. Lines that are not transitive are
// closed over the groups they name.
func (s *store) closeMembers(group string) (*memberList, error) {
	lines, err := s.table(snapshot.GroupMembers)
	if err != nil {
		return nil, err
	}
	known, err := s.knownGroup(group)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, notFound(group)
	}
	list := &memberList{group: group, groups: map[string]bool{}}
	seen := map[string]bool{}
	visited := map[string]bool{group: true}
	queue := []string{group}
	add := func(id string, nested bool) {
		key := strings.ToLower(id)
		if !seen[key] && key != group {
			seen[key] = true
			list.ids = append(list.ids, id)
		}
		if nested && !visited[key] {
			visited[key] = true
			list.groups[key] = true
			queue = append(queue, key)
		}
	}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		found, err := lines.find("groupId", g)
		if err != nil {
			return nil, err
		}
		complete, err := s.readToEnd(g, len(found) > 0)
		if err != nil {
			return nil, err
		}
		list.incomplete = list.incomplete || !complete
		for _, i := range found {
			row, err := lines.row(i)
			if err != nil {
				return nil, err
			}
			line, err := parseMemberLine(row)
			if err != nil {
				return nil, err
			}
			for _, id := range line.userIDs {
				nested := false
				if !line.transitive {
					if nested, err = s.knownGroup(id); err != nil {
						return nil, err
					}
				}
				add(id, nested)
			}
			for _, id := range line.groupIDs {
				if !line.transitive {
					add(id, true)
				}
			}
		}
	}
	return list, nil
}

// memberLine is a row of groupMembers.
type memberLine struct {
	transitive        bool
	userIDs, groupIDs []string
}

func parseMemberLine(row jsontext.Value) (memberLine, error) {
	line := memberLine{transitive: true}
	err := eachMember(row, func(name, value jsontext.Value) bool {
		switch unquote(name) {
		case "transitive":
			line.transitive = value.Kind() != 'f'
		case "userIds":
			line.userIDs = texts(value)
		case "groupIds":
			line.groupIDs = texts(value)
		}
		return true
	})
	return line, err
}

// knownGroup tells whether an id is that of a recorded group or of one with
// member lines.
func (s *store) knownGroup(id string) (bool, error) {
	for section, member := range map[snapshot.SectionID]string{snapshot.Groups: "id", snapshot.GroupMembers: "groupId"} {
		t, err := s.rows(section)
		if err != nil {
			return false, err
		}
		found, err := t.find(member, id)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
	}
	return false, nil
}

// readToEnd tells whether the recorded lines of a group are all it has. Without
// a line a recorded group is empty, unless its members were not all recorded.
func (s *store) readToEnd(group string, hasLines bool) (bool, error) {
	status := s.snap.Status(snapshot.GroupMembers)
	var incomplete []string
	if status.Entry != nil {
		incomplete = status.Entry.IncompleteIDs
	}
	if containsFold(incomplete, group) {
		return false, nil
	}
	if hasLines {
		return true, nil
	}
	groups, err := s.rows(snapshot.Groups)
	if err != nil {
		return false, err
	}
	recorded, err := groups.find("id", group)
	if err != nil || len(recorded) == 0 {
		return false, err
	}
	// A partial section that names its gaps, or that is only narrowed, has no
	// others.
	return status.State == snapshot.Complete || status.Reason == snapshot.ReasonScope || len(incomplete) > 0, nil
}

// groupsOf lists the groups a user is in, directly or through groups, in the
// order in which lines name them. sure is false if a group that was not read to
// its end may hold the user too.
func (s *store) groupsOf(user string) (groups []string, sure bool, err error) {
	lines, err := s.table(snapshot.GroupMembers)
	if err != nil {
		return nil, false, err
	}
	in := map[string]bool{}
	all := map[string]bool{}
	parents := map[string][]string{} // by nested group, over lines that are not transitive
	lower := bytes.ToLower([]byte(quote(user)))
	for i := range lines.rows {
		row, err := lines.row(i)
		if err != nil {
			return nil, false, err
		}
		group := textMember(row, "groupId")
		key := strings.ToLower(group)
		if !all[key] {
			all[key] = true
			groups = append(groups, group)
		}
		// Ids have no letters of "false", so only a line that is not transitive or
		// names the user is taken apart.
		if !bytes.Contains(row, []byte("false")) && !bytes.Contains(row, lower) && !bytes.Contains(bytes.ToLower(row), lower) {
			continue
		}
		line, err := parseMemberLine(row)
		if err != nil {
			return nil, false, err
		}
		if containsFold(line.userIDs, user) {
			in[key] = true
		}
		if !line.transitive {
			for _, id := range slices.Concat(line.userIDs, line.groupIDs) {
				nested := strings.ToLower(id)
				parents[nested] = append(parents[nested], key)
			}
		}
	}
	queue := make([]string, 0, len(in))
	for key := range in {
		queue = append(queue, key)
	}
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		for _, parent := range parents[key] {
			if !in[parent] {
				in[parent] = true
				queue = append(queue, parent)
			}
		}
	}
	sure = true
	if status := s.snap.Status(snapshot.GroupMembers); status.Entry != nil {
		for _, id := range status.Entry.IncompleteIDs {
			sure = sure && in[strings.ToLower(id)]
		}
	}
	return slices.DeleteFunc(groups, func(id string) bool { return !in[strings.ToLower(id)] }), sure, nil
}
