package population

import (
	"cmp"
	"context"
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
	ids  ids
	upns names    // in the order of the rows
	rows []uint32 // the row of each account
	// domains are those of the user principal names, in lower case, and domainOf says
	// of each row which.
	domains   []string
	domainOf  []uint32
	countryOf [][2]byte

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
	id, upn, domain        string
	enabled, guest, synced bool
	external, guestType    bool
	kind                   Kind
	country                [2]byte // zero: not told
}

func deriveUsers(ctx context.Context, p *audit.Pass) (*Directory, error) {
	syncRole, err := holdersOf(ctx, p, entra.DirectorySynchronizationAccounts)
	if err != nil {
		return nil, err
	}
	settled := newConfigured(p.Settings())
	b := newDirectoryBuilder()
	if e := p.Status(snapshot.Users).Entry; e != nil && e.Objects != nil {
		b.expect(*e.Objects)
	}
	for a, err := range audit.Folded(ctx, p, snapshot.Users, func() func(*entra.User) account {
		domains := map[string]string{}
		return func(u *entra.User) account { return newAccount(u, syncRole, domains) }
	}) {
		if err != nil {
			return nil, err
		}
		a.kind = cmp.Or(settled.kindOf(a.id, a.upn), a.kind)
		b.add(&a)
	}
	d := b.directory()
	if p.Status(snapshot.Users).State == snapshot.Complete {
		d.NotFound = settled.notFound()
	}
	return d, nil
}

// newAccount judges one user. domains keeps one copy of what many names end in.
func newAccount(u *entra.User, syncRole map[string]bool, domains map[string]string) account {
	a := account{
		enabled: u.Enabled(), guest: u.Guest(),
		external: u.External(), guestType: strings.EqualFold(u.UserType, "Guest"),
		synced: u.OnPremisesSyncEnabled != nil && *u.OnPremisesSyncEnabled,
		kind:   kindOf(u, len(syncRole) > 0 && syncRole[strings.ToLower(u.ID)]),
	}
	// The row's own texts are not to be kept; one copy has both.
	both := u.ID + u.UserPrincipalName
	a.id, a.upn = both[:len(u.ID)], both[len(u.ID):]
	for _, code := range []string{u.Country, u.UsageLocation} { // the later one counts
		if len(code) == 2 {
			a.country = [2]byte([]byte(strings.ToUpper(code)))
		}
	}
	_, domain, _ := strings.Cut(u.UserPrincipalName, "@")
	known, seen := domains[domain]
	if !seen {
		domain = strings.Clone(domain)
		known = strings.ToLower(domain)
		domains[domain] = known
	}
	a.domain = known
	return a
}

// directoryBuilder takes accounts in the order of their rows.
type directoryBuilder struct {
	d        Directory
	ids      names
	flags    []accountFlags
	kinds    []Kind // those met
	kindOf   []uint8
	domainAt map[string]uint32
}

type accountFlags uint8

const (
	flagEnabled accountFlags = 1 << iota
	flagGuest
	flagSynced
	flagExternal
	flagGuestType
)

func newDirectoryBuilder() *directoryBuilder {
	return &directoryBuilder{domainAt: map[string]uint32{}}
}

// expect makes room for so many accounts, in reason: the manifest may say anything.
func (b *directoryBuilder) expect(accounts int) {
	accounts = min(max(accounts, 0), 2_000_000)
	b.d.domainOf, b.d.countryOf = make([]uint32, 0, accounts), make([][2]byte, 0, accounts)
	b.flags, b.kindOf = make([]accountFlags, 0, accounts), make([]uint8, 0, accounts)
	b.ids.ends, b.d.upns.ends = make([]uint32, 0, accounts), make([]uint32, 0, accounts)
}

func (b *directoryBuilder) add(a *account) {
	b.ids.add(a.id)
	b.d.upns.add(a.upn)
	at, known := b.domainAt[a.domain]
	if !known {
		at = uint32(len(b.d.domains))
		b.domainAt[a.domain] = at
		b.d.domains = append(b.d.domains, a.domain)
	}
	b.d.domainOf = append(b.d.domainOf, at)
	b.d.countryOf = append(b.d.countryOf, a.country)
	kind := slices.Index(b.kinds, a.kind)
	if kind < 0 {
		kind = len(b.kinds)
		b.kinds = append(b.kinds, a.kind)
	}
	b.kindOf = append(b.kindOf, uint8(kind))
	var f accountFlags
	for _, x := range [...]struct {
		on   bool
		flag accountFlags
	}{
		{a.enabled, flagEnabled}, {a.guest, flagGuest}, {a.synced, flagSynced}, {a.external, flagExternal}, {a.guestType, flagGuestType},
	} {
		if x.on {
			f |= x.flag
		}
	}
	b.flags = append(b.flags, f)
}

// directory orders the accounts by id.
func (b *directoryBuilder) directory() *Directory {
	b.ids.finish()
	b.d.upns.finish()
	d := &b.d
	d.ids, d.rows = orderIDs(b.ids.at, b.ids.count())
	d.All = audit.SetRange(len(d.rows))
	sets := []struct {
		set  *audit.Set
		flag accountFlags
	}{
		{&d.Enabled, flagEnabled}, {&d.Guests, flagGuest}, {&d.Synchronised, flagSynced},
		{&d.External, flagExternal}, {&d.GuestTypes, flagGuestType},
	}
	for _, s := range sets {
		*s.set = d.where(func(row uint32) bool { return b.flags[row]&s.flag != 0 })
	}
	d.kinds = map[Kind]audit.Set{}
	for i, kind := range b.kinds {
		if set := d.where(func(row uint32) bool { return b.kindOf[row] == uint8(i) }); !set.Empty() {
			d.kinds[kind] = set
		}
	}
	d.People = d.kinds[Person].And(d.Enabled).Minus(d.Guests)
	return d
}

// where is the set of accounts whose row is one of some.
func (d *Directory) where(is func(row uint32) bool) audit.Set {
	return audit.SetWhere(len(d.rows), func(n uint32) bool { return is(d.rows[n]) })
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

// Country is where an account is used, in two letters: its usage location, which
// licences need, or else the country of the address. Empty: not told.
func (d *Directory) Country(ordinal uint32) string {
	code := d.countryOf[d.rows[ordinal]]
	if code == [2]byte{} {
		return ""
	}
	return string(code[:])
}

// Ordinal finds an account by object id, in any letter case.
func (d *Directory) Ordinal(id string) (uint32, bool) { return d.ids.find(id) }

// Finder is [Directory.Ordinal] for ids of rows that mostly come in the order in which
// users do. It is for one goroutine.
type Finder struct{ finder }

// Finder starts with the first account.
func (d *Directory) Finder() *Finder { return &Finder{finder{ids: &d.ids, rows: d.rows}} }

// Ordinal finds an account by object id, in any letter case.
func (f *Finder) Ordinal(id string) (uint32, bool) { return f.find(id) }

// Spells tells whether an id of an account, in some letter case, is as the directory
// spells it.
func (d *Directory) Spells(ordinal uint32, id string) bool { return d.ids.spells(ordinal, id) }

// Find finds an account by object id or user principal name, in any letter case.
func (d *Directory) Find(name string) (uint32, bool) {
	if n, found := d.Ordinal(name); found {
		return n, true
	}
	d.byNameOnce.Do(func() {
		d.byName = make(map[string]uint32, len(d.rows))
		for n, row := range d.rows {
			d.byName[strings.ToLower(d.upns.at(int(row)))] = uint32(n)
		}
	})
	n, found := d.byName[strings.ToLower(name)]
	return n, found
}

// Member names an account.
func (d *Directory) Member(ordinal uint32) audit.Member {
	return audit.Member{ID: d.ids.at(ordinal), UserPrincipalName: d.upns.at(int(d.rows[ordinal]))}
}

// IDs are the object ids of some accounts.
func (d *Directory) IDs(set audit.Set) []string {
	list := make([]string, 0, set.Count())
	for n := range set.All() {
		list = append(list, d.Member(n).ID)
	}
	return list
}

// InDomains is the set of accounts whose user principal name ends in a domain that
// is one of some; it is asked once for each domain, in lower case.
func (d *Directory) InDomains(is func(domain string) bool) audit.Set {
	in := make([]bool, len(d.domains))
	for i, domain := range d.domains {
		in[i] = is(domain)
	}
	return d.where(func(row uint32) bool { return in[d.domainOf[row]] })
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
