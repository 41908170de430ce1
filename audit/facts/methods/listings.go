package methods

import (
	"context"
	"iter"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Listings is the fact that reads authenticationMethods, once for all who build on it.
// What is missing in the section means something else to each of them; so they say it.
var Listings = &audit.Fact[*Listed]{
	Name:   "methods.Listings",
	Doc:    "what the listings of accounts' methods name: kinds, passkeys, passes and registered Authenticators",
	Reads:  []audit.Read{{Section: snapshot.AuthenticationMethods, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: deriveListings,
}

// Listed is what listings name. Of several rows about one account the last counts,
// but all their Authenticators are kept.
type Listed struct {
	dir      *population.Directory
	kinds    []kindSet // by account; without hasRow it was not listed
	passkeys []uint32  // by account, in lists
	lists    [][]RegisteredPasskey
	passes   map[uint32]Pass

	apps     []appRow // in the order of the rows
	phones   []phone
	spelling map[int]string // by place in apps: ids that rows spell unlike the directory
}

// appRow is a registered Authenticator. There may be a million.
type appRow struct{ account, phone, at uint32 }

// phone is what an Authenticator tells of itself.
type phone struct{ name, version string }

// App is a registered Authenticator of an account.
type App struct {
	Account uint32
	// Name is that of the phone, Version that of the app, as Graph has them.
	Name, Version string
	// Key is the account's id as the row spells it, At the place in the row's list.
	Key func() string
	At  int
}

// IsApp tells whether a method is Authenticator, also under a name it had.
func IsApp(m *entra.AuthenticationMethod) bool {
	return strings.HasSuffix(strings.ToLower(m.Kind()), "microsoftauthenticator")
}

func deriveListings(ctx context.Context, p *audit.Pass) (*Listed, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	b := newListedBuilder(dir)
	for l, err := range audit.Folded(ctx, p, snapshot.AuthenticationMethods, func() func(*entra.UserMethods) listing { return newReader(dir).listing }) {
		if err != nil {
			return nil, err
		}
		b.add(&l)
	}
	return b.finish(), nil
}

// Apps yields all registered Authenticators in the order of the rows.
func (l *Listed) Apps() iter.Seq[App] {
	return func(yield func(App) bool) {
		for i, a := range l.apps {
			phone := &l.phones[a.phone]
			key := func() string {
				if text, odd := l.spelling[i]; odd {
					return text
				}
				return l.dir.Member(a.account).ID
			}
			if !yield(App{a.account, phone.name, phone.version, key, int(a.at)}) {
				return
			}
		}
	}
}

// listing is what a row of authenticationMethods comes to.
type listing struct {
	account  uint32
	known    bool // there is such an account
	held     kindSet
	passkeys keyList
	pass     Pass
	apps     []listedApp
	spelled  string // the account's id, where it is spelled unlike in the directory
}

type listedApp struct {
	phone
	at int
}

// listing reads a row of authenticationMethods. A refused item, and one without a
// list, say nothing of what is held.
func (r *reader) listing(row *entra.UserMethods) (l listing) {
	l.account, l.known = r.find.Ordinal(row.UserID)
	if !l.known {
		return l
	}
	for i := range row.Methods {
		if m := &row.Methods[i]; r.typeOf(m).app {
			l.apps = append(l.apps, listedApp{phone{r.text(m.DisplayName), r.text(m.PhoneAppVersion)}, i})
		}
	}
	if l.apps != nil && !r.dir.Spells(l.account, row.UserID) {
		l.spelled = strings.Clone(row.UserID)
	}
	if row.Error != nil || row.Methods == nil {
		return l
	}
	l.held = hasRow
	r.key = append(r.key[:0], 'l')
	for i := range row.Methods {
		m := &row.Methods[i]
		bit := r.typeOf(m).bit
		if bit == r.app && l.held&bit != 0 {
			l.held |= severalApps
		}
		l.held |= bit
		switch bit {
		case r.passkey:
			for _, part := range [...]string{r.pointer(i), m.AAGUID, m.PasskeyType, m.AttestationLevel, m.Model} {
				r.addKey(part)
			}
		case r.pass:
			l.pass = Pass{Usable: told(m.IsUsable), UsableOnce: told(m.IsUsableOnce), Pointer: r.pointer(i)}
		}
	}
	if l.held&r.passkey != 0 {
		l.passkeys = r.listed(row)
	}
	return l
}

// text keeps one copy of a text of a row.
func (r *reader) text(text string) string {
	known, seen := r.texts[text]
	if !seen {
		known = strings.Clone(text)
		r.texts[known] = known
	}
	return known
}

// listed gives the passkeys of a row, whose key has been written.
func (r *reader) listed(row *entra.UserMethods) keyList {
	if known, ok := r.lists[string(r.key)]; ok {
		return known
	}
	k := keyList{key: string(r.key)}
	for i := range row.Methods {
		m := &row.Methods[i]
		if r.typeOf(m).bit == r.passkey {
			k.list = append(k.list, RegisteredPasskey{
				Credential: Credential{AAGUID: m.AAGUID, Type: m.PasskeyType, Attest: attested(m.AttestationLevel)},
				Model:      m.Model, AttestationLevel: m.AttestationLevel, Pointer: r.pointer(i),
			})
		}
	}
	r.lists[k.key] = k
	return k
}

// listedBuilder takes listings in the order of their rows.
type listedBuilder struct {
	listed *Listed
	lists  keyLists
	phones map[phone]uint32
}

func newListedBuilder(dir *population.Directory) *listedBuilder {
	accounts := dir.All.Count()
	return &listedBuilder{
		listed: &Listed{
			dir: dir, kinds: make([]kindSet, accounts), passkeys: make([]uint32, accounts),
			passes: map[uint32]Pass{}, spelling: map[int]string{},
		},
		lists: newKeyLists(), phones: map[phone]uint32{},
	}
}

func (b *listedBuilder) add(l *listing) {
	if !l.known {
		return
	}
	d := b.listed
	d.kinds[l.account] = l.held
	d.passkeys[l.account] = b.lists.add(l.passkeys)
	if l.pass.Pointer != "" {
		d.passes[l.account] = l.pass
	} else {
		delete(d.passes, l.account)
	}
	for _, a := range l.apps {
		at, known := b.phones[a.phone]
		if !known {
			at = uint32(len(d.phones))
			b.phones[a.phone] = at
			d.phones = append(d.phones, a.phone)
		}
		if l.spelled != "" {
			d.spelling[len(d.apps)] = l.spelled
		}
		d.apps = append(d.apps, appRow{l.account, at, uint32(a.at)})
	}
}

func (b *listedBuilder) finish() *Listed {
	b.listed.lists = b.lists.lists
	b.listed.apps = slices.Clip(b.listed.apps)
	return b.listed
}
