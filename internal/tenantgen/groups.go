package tenantgen

import (
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// groupSpec is a group that a policy, a role or a method target names.
type groupSpec struct {
	key, name string
	dynamic   bool
	// member tells who is in it, directly or not.
	member func(*account) bool
	// nests are the names of groups inside it; who is in which of them, nestOf tells.
	// Its rows then hold direct members only.
	nests  []string
	nestOf func(*account) int
}

// groupSpecs are in the order in which larger tenants get more of them.
var groupSpecs = []groupSpec{
	{key: "emergency", name: "Access - Emergency accounts", member: func(a *account) bool { return a.role == emergency }},
	{key: "office", name: "Passkeys - Office staff", dynamic: true, member: func(a *account) bool {
		return a.person() && a.department.work != frontline && !a.disabled
	}},
	{key: "floor", name: "Passkeys - Shop floor", dynamic: true, member: func(a *account) bool {
		return a.role == employee && a.department.work == frontline && a.wave < 3
	}},
	{key: "admins", name: "Passkeys - Administrators", member: func(a *account) bool { return a.administrator() }},
	{key: "employees", name: "All employees", dynamic: true, member: func(a *account) bool { return a.role == employee && !a.disabled }},
	{key: "unattended", name: "Access - Service accounts and rooms", member: func(a *account) bool { return a.role == service || a.role == room }},
	{key: "paused", name: "Passkeys - Paused", member: func(a *account) bool { return a.person() && a.luck(20, 500) == 0 }},
	{key: "authenticator", name: "Methods - Authenticator", dynamic: true, member: func(a *account) bool {
		return a.person() && (a.department.work != frontline || a.level > staff || a.wave < 4)
	}},
	{key: "sms", name: "Methods - Text message", dynamic: true, member: func(a *account) bool {
		return a.person() && (a.department.work == frontline || a.department.name == "Sales")
	}},
	{key: "finance", name: "Access - Finance systems", member: func(a *account) bool {
		return a.person() && (a.department.name == "Finance" || a.department.name == "Procurement" && a.level > staff)
	}},
	{key: "wave1", name: "Rollout - Wave 1", member: func(a *account) bool { return a.role == employee && a.wave == 0 }},
	{key: "wave2", name: "Rollout - Wave 2", member: func(a *account) bool { return a.role == employee && a.wave == 1 }},
	{key: "contractors", name: "Contractors", member: func(a *account) bool { return a.role == contractor }},
	{key: "managers", name: "Managers", dynamic: true, member: func(a *account) bool { return a.role == employee && a.level >= manager }},
	regionGroup("europe", europe),
	regionGroup("americas", americas),
	regionGroup("asia", asia),
	{key: "executives", name: "Executives", member: func(a *account) bool { return a.role == employee && a.level == executive }},
	{key: "people", name: "Personnel files", member: func(a *account) bool { return a.person() && a.department.name == "Human Resources" }},
	{key: "vdi", name: "Virtual desktops", dynamic: true, member: func(a *account) bool { return a.person() && a.department.name == "Customer Service" }},
	{key: "wave3", name: "Rollout - Wave 3", member: func(a *account) bool { return a.role == employee && a.wave == 2 }},
	{key: "byod", name: "Devices - Own phones", member: func(a *account) bool {
		return a.person() && a.department.work != frontline && a.luck(21, 10) < 3
	}},
	{key: "engineering", name: "Source code", dynamic: true, member: func(a *account) bool { return a.person() && a.department.work == technical }},
	{key: "travellers", name: "Access - Travelling now", member: func(a *account) bool { return a.person() && a.level > staff && a.luck(22, 40) == 0 }},
	{key: "legacy", name: "Access - Old mail clients", member: func(a *account) bool { return a.person() && a.luck(23, 800) == 0 }},
	{key: "hybrid", name: "Devices - Joined on premises", dynamic: true, member: func(a *account) bool {
		return a.role == employee && a.synced && a.department.work == office && a.country.domain != mainDomain
	}},
	{key: "premium", name: "Licences - E5", dynamic: true, member: func(a *account) bool { return a.sku() == skuE5 }},
	{key: "wave4", name: "Rollout - Wave 4", member: func(a *account) bool { return a.role == employee && a.wave == 3 }},
	{key: "passes", name: "Methods - Temporary Access Pass", dynamic: true, member: func(a *account) bool { return a.person() }},
	{key: "everybody", name: "Everybody, guests too", dynamic: true, member: func(*account) bool { return true }},
}

// regionGroup holds the people of a region through one group a country. The
// region's managers are direct members.
func regionGroup(key, region string) groupSpec {
	g := groupSpec{key: key, name: "Region - " + region, member: func(a *account) bool { return a.person() && a.country.region == region }}
	at := map[string]int{}
	for _, c := range countries {
		if c.region == region {
			at[c.code] = len(g.nests)
			g.nests = append(g.nests, "Country - "+c.name)
		}
	}
	g.nestOf = func(a *account) int {
		if a.level >= manager {
			return -1
		}
		return at[a.country.code]
	}
	return g
}

// groupID is the id of a group by its key; ok is false where this tenant has no
// such group.
func (t *tenant) groupID(key string) (id string, ok bool) {
	for i := range groupSpecs[:t.Groups] {
		if groupSpecs[i].key == key {
			return t.guid(ofGroup, uint64(i)), true
		}
	}
	return "", false
}

// groups gives the ids of those of the groups that this tenant has.
func (t *tenant) groups(keys ...string) []string {
	ids := []string{}
	for _, key := range keys {
		if id, ok := t.groupID(key); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (t *tenant) nestedID(group, nest int) string {
	return t.guid(ofGroup, uint64(group), uint64(nest)+1)
}

func (t *tenant) groupRows(add appender) error {
	var r row
	for i, g := range groupSpecs[:t.Groups] {
		types, rule, processing := texts(), "", ""
		if g.dynamic {
			types, rule, processing = texts("DynamicMembership"), "(user.accountEnabled -eq true)", "On"
		}
		r.start().text("id", t.guid(ofGroup, uint64(i))).text("displayName", g.name).raw("description", "null").
			texts("groupTypes", types...).orNull("membershipRule", rule).orNull("membershipRuleProcessingState", processing).
			flag("securityEnabled", true).flag("mailEnabled", false).raw("isAssignableToRole", "null").raw("onPremisesSyncEnabled", "null").
			time("createdDateTime", t.past(1500, 300, uint64(ofGroup), uint64(i)))
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}

// memberRowIDs is the most ids in a row; a larger group goes on in the next.
const memberRowIDs = 50_000

// memberRow collects the ids of one group until a row is full.
type memberRow struct {
	id         string
	transitive bool
	inner      []string // groups in it, named in its first row
	row        row
	ids        int
	written    bool
}

func (m *memberRow) add(id string, add appender) error {
	if m.ids == 0 {
		m.begin()
	} else {
		m.row.b = append(m.row.b, ',')
	}
	m.row.b = append(m.row.b, '"')
	m.row.b = append(m.row.b, id...)
	m.row.b = append(m.row.b, '"')
	if m.ids++; m.ids < memberRowIDs {
		return nil
	}
	return m.flush(add)
}

func (m *memberRow) begin() {
	m.row.start().text("groupId", m.id).flag("transitive", m.transitive)
	if !m.transitive {
		m.row.texts("groupIds", m.inner...)
		m.inner = nil
	}
	m.row.open("userIds", '[')
}

// flush writes what was collected. A group without members has a row all the same.
func (m *memberRow) flush(add appender) error {
	if m.ids == 0 {
		if m.written {
			return nil
		}
		m.begin()
	}
	m.ids, m.written = 0, true
	return add(m.row.close(']').end())
}

// memberRows goes once through the accounts, with an open row for every group.
func (t *tenant) memberRows(add appender) error {
	open := make([]*memberRow, t.Groups)
	nested := make([][]*memberRow, t.Groups)
	var all []*memberRow
	for i, g := range groupSpecs[:t.Groups] {
		open[i] = &memberRow{id: t.guid(ofGroup, uint64(i)), transitive: g.nests == nil}
		all = append(all, open[i])
		for k := range g.nests {
			m := &memberRow{id: t.nestedID(i, k)}
			nested[i], open[i].inner = append(nested[i], m), append(open[i].inner, m.id)
			all = append(all, m)
		}
	}
	for a := range t.accounts() {
		for i := range open {
			g := &groupSpecs[i]
			if !g.member(a) {
				continue
			}
			m := open[i]
			if g.nests != nil {
				if k := g.nestOf(a); k >= 0 {
					m = nested[i][k]
				}
			}
			if err := m.add(a.id, add); err != nil {
				return err
			}
		}
	}
	for _, m := range all {
		if err := m.flush(add); err != nil {
			return err
		}
	}
	return nil
}

// appender takes a finished row.
type appender func(entra.Raw) error

// filler makes the rows of a section.
type filler struct {
	section snapshot.SectionID
	fill    func(appender) error
}
