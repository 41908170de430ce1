package population

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Users is the fact that lists all accounts with their kinds.
var Users = &audit.Fact[*Directory]{
	Name: "population.Users",
	Doc:  "all accounts of the tenant, with an ordinal and a kind for each",
	Reads: []audit.Read{
		{Section: snapshot.Users},
		// Without role assignments a synchronisation account is told by its name only.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
	},
	Derive: deriveUsers,
}

// Directory is all accounts of a tenant. Sets over it hold ordinals.
type Directory struct {
	heads []uint64 // of keys, so that a search touches few keys
	keys  []string // object ids in lower case, sorted
	ids   []string // object ids as Graph spells them
	upns  []string

	// All is every account, also disabled ones and guests.
	All audit.Set
	// Enabled are the accounts that may sign in.
	Enabled audit.Set
	// Guests belong to somebody outside; see entra.User.Guest.
	Guests audit.Set
	// External are the guests that sign in with credentials of another directory;
	// see entra.User.External.
	External audit.Set
	// GuestTypes are the accounts whose userType is Guest.
	GuestTypes audit.Set
	// People are enabled accounts that are not guests and stand for a person. They
	// are what every count and headline is about.
	People audit.Set
	// Synchronised accounts come from an on-premises directory.
	Synchronised audit.Set

	// NotFound are the accounts that the settings name and that the directory does
	// not hold, in lower case; empty where not all accounts were read.
	NotFound []string

	kinds map[Kind]audit.Set

	byNameOnce sync.Once
	byName     map[string]uint32 // by user principal name in lower case
}

// account is what a row of users comes down to.
type account struct {
	id, upn                string
	enabled, guest, synced bool
	external, guestType    bool
	kind                   Kind
}

func deriveUsers(ctx context.Context, p *audit.Pass) (*Directory, error) {
	syncRole, err := holdersOf(ctx, p, entra.DirectorySynchronizationAccounts)
	if err != nil {
		return nil, err
	}
	settled := newConfigured(p.Settings())
	var rows []account
	if e := p.Status(snapshot.Users).Entry; e != nil && e.Objects != nil {
		rows = make([]account, 0, max(0, min(*e.Objects, 1<<22)))
	}
	for o, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
		if err != nil {
			return nil, err
		}
		u := &o.Value
		rows = append(rows, account{
			id: u.ID, upn: u.UserPrincipalName,
			enabled: u.Enabled(), guest: u.Guest(),
			external: u.External(), guestType: strings.EqualFold(u.UserType, "Guest"),
			synced: u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled,
			kind:   cmp.Or(settled.kindOf(u.ID, u.UserPrincipalName), kindOf(u, syncRole[strings.ToLower(u.ID)])),
		})
	}
	d := newDirectory(rows)
	if p.Status(snapshot.Users).State == snapshot.Complete {
		d.NotFound = settled.notFound()
	}
	return d, nil
}

// newDirectory orders accounts by id. Pages can overlap, so an id may come twice;
// the last row read is the newest and the one that counts.
func newDirectory(rows []account) *Directory {
	type place struct {
		head uint64
		key  string
		row  int
	}
	order := make([]place, len(rows))
	for i := range rows {
		key := strings.ToLower(rows[i].id)
		order[i] = place{head(key), key, i}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(a.key, b.key), a.row-b.row)
	})
	d := &Directory{
		heads: make([]uint64, 0, len(rows)), keys: make([]string, 0, len(rows)),
		ids: make([]string, 0, len(rows)), upns: make([]string, 0, len(rows)),
		kinds: map[Kind]audit.Set{},
	}
	var enabled, guests, people, synced, external, guestTypes audit.Builder
	byKind := map[Kind]*audit.Builder{}
	for i, at := range order {
		if i+1 < len(order) && order[i+1].key == at.key {
			continue
		}
		a := &rows[at.row]
		n := uint32(len(d.keys))
		d.heads, d.keys = append(d.heads, at.head), append(d.keys, at.key)
		d.ids, d.upns = append(d.ids, a.id), append(d.upns, a.upn)
		if a.enabled {
			enabled.Add(n)
		}
		if a.guest {
			guests.Add(n)
		}
		if a.external {
			external.Add(n)
		}
		if a.guestType {
			guestTypes.Add(n)
		}
		if a.synced {
			synced.Add(n)
		}
		if a.enabled && !a.guest && a.kind == Person {
			people.Add(n)
		}
		if byKind[a.kind] == nil {
			byKind[a.kind] = &audit.Builder{}
		}
		byKind[a.kind].Add(n)
	}
	d.All = audit.SetRange(len(d.keys))
	d.Enabled, d.Guests, d.People, d.Synchronised = enabled.Set(), guests.Set(), people.Set(), synced.Set()
	d.External, d.GuestTypes = external.Set(), guestTypes.Set()
	for kind, b := range byKind {
		d.kinds[kind] = b.Set()
	}
	return d
}

// head is the first bytes of a key as a number that orders like the key.
func head(key string) uint64 {
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

func holdersOf(ctx context.Context, p *audit.Pass, template string) (map[string]bool, error) {
	holders := map[string]bool{}
	for o, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleAssignments) {
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(o.Value.TemplateID(), template) {
			holders[strings.ToLower(o.Value.PrincipalID)] = true
		}
	}
	return holders, nil
}

// Ordinal finds an account by object id, in any letter case.
func (d *Directory) Ordinal(id string) (uint32, bool) {
	key := strings.ToLower(id)
	h := head(key)
	i, found := slices.BinarySearch(d.heads, h)
	for ; found && i < len(d.heads) && d.heads[i] == h; i++ {
		if d.keys[i] == key {
			return uint32(i), true
		}
	}
	return 0, false
}

// Find finds an account by object id or user principal name, in any letter case.
func (d *Directory) Find(name string) (uint32, bool) {
	if n, found := d.Ordinal(name); found {
		return n, true
	}
	d.byNameOnce.Do(func() {
		d.byName = make(map[string]uint32, len(d.upns))
		for i, upn := range d.upns {
			d.byName[strings.ToLower(upn)] = uint32(i)
		}
	})
	n, found := d.byName[strings.ToLower(name)]
	return n, found
}

// Member names an account.
func (d *Directory) Member(ordinal uint32) audit.Member {
	return audit.Member{ID: d.ids[ordinal], UserPrincipalName: d.upns[ordinal]}
}

// OfKind is the set of accounts of one kind, guests and disabled ones included.
func (d *Directory) OfKind(k Kind) audit.Set { return d.kinds[k] }

// Headcount is the fact that counts the tenant for summaries; nil where the
// snapshot does not hold the whole tenant.
var Headcount = &audit.Fact[*audit.Headcount]{
	Name:  "population.Headcount",
	Doc:   "how many enabled people and how many accounts the tenant has",
	Reads: []audit.Read{{Section: snapshot.Users}},
	Facts: []audit.AnyFact{Users},
	Derive: func(ctx context.Context, p *audit.Pass) (*audit.Headcount, error) {
		d, err := audit.Get(ctx, p, Users)
		if err != nil || p.Status(snapshot.Users).State != snapshot.Complete {
			return nil, err
		}
		return &audit.Headcount{Users: d.People.Count(), Accounts: d.All.Count()}, nil
	},
}
