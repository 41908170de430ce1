package population

import (
	"context"
	"slices"
	"strings"

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
	keys []string // object ids in lower case, sorted
	ids  []string // object ids as Graph spells them
	upns []string

	// All is every account, also disabled ones and guests.
	All audit.Set
	// Enabled are the accounts that may sign in.
	Enabled audit.Set
	// Guests belong to somebody outside; see entra.User.Guest.
	Guests audit.Set
	// People are enabled accounts that are not guests and stand for a person. They
	// are what every count and headline is about.
	People audit.Set
	// Synchronised accounts come from an on-premises directory.
	Synchronised audit.Set

	kinds map[Kind]audit.Set
}

type account struct {
	key, id, upn  string
	enabled       bool
	guest, synced bool
	kind          Kind
}

func deriveUsers(ctx context.Context, p *audit.Pass) (*Directory, error) {
	syncRole, err := holdersOf(ctx, p, entra.DirectorySynchronizationAccounts)
	if err != nil {
		return nil, err
	}
	var accounts []account
	for o, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
		if err != nil {
			return nil, err
		}
		u := &o.Value
		key := strings.ToLower(u.ID)
		accounts = append(accounts, account{
			key: key, id: u.ID, upn: u.UserPrincipalName,
			enabled: u.Enabled(), guest: u.Guest(),
			synced: u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled,
			kind:   kindOf(u, syncRole[key]),
		})
	}
	// Pages can overlap, so an id may come twice; the last row read is the newest.
	slices.SortStableFunc(accounts, func(a, b account) int { return strings.Compare(a.key, b.key) })
	d := &Directory{kinds: map[Kind]audit.Set{}}
	var enabled, guests, people, synced audit.Builder
	byKind := map[Kind]*audit.Builder{}
	for i, a := range accounts {
		if i+1 < len(accounts) && accounts[i+1].key == a.key {
			continue
		}
		n := uint32(len(d.keys))
		d.keys, d.ids, d.upns = append(d.keys, a.key), append(d.ids, a.id), append(d.upns, a.upn)
		if a.enabled {
			enabled.Add(n)
		}
		if a.guest {
			guests.Add(n)
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
	for kind, b := range byKind {
		d.kinds[kind] = b.Set()
	}
	return d, nil
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
	i, found := slices.BinarySearch(d.keys, strings.ToLower(id))
	return uint32(i), found
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
