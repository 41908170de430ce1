package methods

import (
	"encoding/binary"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
)

// kindSet has a bit for each kind, one for "there is a row" and one for
// "Authenticator more than once".
type kindSet uint32

const (
	hasRow      kindSet = 1 << 31
	severalApps kindSet = 1 << 30
)

// kindBit is the bit of a kind.
func kindBit(kind Kind) kindSet {
	for i := range kinds {
		if kinds[i].kind == kind {
			return 1 << i
		}
	}
	return 1 << len(kinds) // Unrecognised
}

// listing is what a row of authenticationMethods comes to.
type listing struct {
	account  uint32
	known    bool // there is such an account
	held     kindSet
	passkeys keyList
	pass     Pass
}

// reported is what a row of the registration report comes to.
type reported struct {
	account  uint32
	known    bool
	held     kindSet
	passkeys keyList
}

// keyList is a list of passkeys with a text that only equal lists share; empty if
// there are none.
type keyList struct {
	key  string
	list []RegisteredPasskey
}

// reader reads a run of rows. Few distinct values stand in many rows; each is looked
// at once.
type reader struct {
	dir *population.Directory
	// The bits of the kinds of which more is kept.
	passkey, pass, app kindSet

	kinds map[[2]string]kindSet // by type and phone type
	words map[string]kindSet    // by the report's words
	lists map[string]keyList
	at    []string // pointers by position
	key   []byte
}

func newReader(dir *population.Directory) *reader {
	return &reader{
		dir: dir, passkey: kindBit(Passkey), pass: kindBit(TemporaryAccessPass), app: kindBit(Authenticator),
		kinds: map[[2]string]kindSet{}, words: map[string]kindSet{}, lists: map[string]keyList{},
	}
}

func (r *reader) kindOf(m *entra.AuthenticationMethod) kindSet {
	key := [2]string{m.ODataType, m.PhoneType}
	bit, known := r.kinds[key]
	if !known {
		bit = kindBit(KindOf(m))
		r.kinds[key] = bit
	}
	return bit
}

func (r *reader) wordKind(word string) kindSet {
	bit, known := r.words[word]
	if !known {
		bit = kindBit(KindOfReported(word))
		r.words[word] = bit
	}
	return bit
}

// pointer leads to the method at a position of a listing.
func (r *reader) pointer(i int) string {
	for len(r.at) <= i {
		r.at = append(r.at, entra.Pointer("value", len(r.at)))
	}
	return r.at[i]
}

// listing reads a row of authenticationMethods. A refused item, and one without a
// list, say nothing.
func (r *reader) listing(row *entra.UserMethods) (l listing) {
	l.account, l.known = r.dir.Ordinal(row.UserID)
	if !l.known || row.Error != nil || row.Methods == nil {
		return l
	}
	l.held = hasRow
	r.key = append(r.key[:0], 'l')
	for i := range row.Methods {
		m := &row.Methods[i]
		bit := r.kindOf(m)
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

// addKey adds a value to the key of a list. With its length before it, no two lists
// have one key, whatever the values hold.
func (r *reader) addKey(part string) {
	r.key = binary.AppendUvarint(r.key, uint64(len(part)))
	r.key = append(r.key, part...)
}

// listed gives the passkeys of a row, whose key has been written.
func (r *reader) listed(row *entra.UserMethods) keyList {
	if known, ok := r.lists[string(r.key)]; ok {
		return known
	}
	k := keyList{key: string(r.key)}
	for i := range row.Methods {
		m := &row.Methods[i]
		if r.kindOf(m) == r.passkey {
			k.list = append(k.list, RegisteredPasskey{
				Credential: Credential{AAGUID: m.AAGUID, Type: m.PasskeyType, Attest: attested(m.AttestationLevel)},
				Model:      m.Model, AttestationLevel: m.AttestationLevel, Pointer: r.pointer(i),
			})
		}
	}
	r.lists[k.key] = k
	return k
}

func told(flag *bool) audit.Tri {
	if flag == nil {
		return audit.Unsure
	}
	return audit.TriOf(*flag)
}

func attested(level string) audit.Tri {
	switch strings.ToLower(level) {
	case "attested":
		return audit.Yes
	case "notattested":
		return audit.No
	default:
		return audit.Unsure
	}
}

// report reads a row of the registration report, which knows neither model nor
// AAGUID of a passkey, and of a pass not whether it is usable. A row without a list
// says nothing.
func (r *reader) report(row *entra.UserRegistrationDetails) (d reported) {
	d.account, d.known = r.dir.Ordinal(row.ID)
	if !d.known || row.MethodsRegistered == nil {
		return d
	}
	d.held = hasRow
	r.key = append(r.key[:0], 'r')
	for _, v := range row.MethodsRegistered {
		bit := r.wordKind(v)
		d.held |= bit
		if bit == r.passkey {
			r.addKey(v)
		}
	}
	if d.held&r.passkey == 0 {
		return d
	}
	known, ok := r.lists[string(r.key)]
	if !ok {
		known.key = string(r.key)
		for _, v := range row.MethodsRegistered {
			if r.wordKind(v) == r.passkey {
				known.list = append(known.list, RegisteredPasskey{Credential: Credential{Type: reportedType(v)}})
			}
		}
		r.lists[known.key] = known
	}
	d.passkeys = known
	return d
}

// holdingsBuilder notes for every account which kinds it holds, as bits, because a
// later row can take back what an earlier one said.
type holdingsBuilder struct {
	held     *Held
	listed   []kindSet
	reported []kindSet
	// fromReport are the passkeys of the report, held.passkeys those of listings.
	fromReport []uint32
	lists      map[string]uint32
}

func newHoldingsBuilder(accounts int) *holdingsBuilder {
	return &holdingsBuilder{
		held: &Held{
			byKind: map[Kind]audit.Set{}, passes: map[uint32]Pass{},
			passkeys: make([]uint32, accounts), lists: [][]RegisteredPasskey{nil},
		},
		listed: make([]kindSet, accounts), reported: make([]kindSet, accounts),
		fromReport: make([]uint32, accounts), lists: map[string]uint32{"": 0},
	}
}

// list keeps one copy of a list that many accounts have.
func (b *holdingsBuilder) list(k keyList) uint32 {
	at, known := b.lists[k.key]
	if !known {
		at = uint32(len(b.held.lists))
		b.lists[k.key] = at
		b.held.lists = append(b.held.lists, k.list)
	}
	return at
}

func (b *holdingsBuilder) listing(l *listing) {
	if !l.known {
		return
	}
	b.listed[l.account] = l.held
	b.held.passkeys[l.account] = b.list(l.passkeys)
	if l.pass.Pointer != "" {
		b.held.passes[l.account] = l.pass
	} else {
		delete(b.held.passes, l.account)
	}
}

func (b *holdingsBuilder) report(r *reported) {
	if !r.known {
		return
	}
	b.reported[r.account] = r.held
	b.fromReport[r.account] = b.list(r.passkeys)
}

// finish puts listing and report together. Of an account whose methods were listed
// the report adds hardware tokens only: v1.0 lists those nowhere else (Graph v1.0
// metadata, 2026-08).
func (b *holdingsBuilder) finish() *Held {
	h := b.held
	where := func(of []kindSet, bit kindSet) audit.Set {
		return audit.SetWhere(len(of), func(n uint32) bool { return of[n]&bit != 0 })
	}
	h.Asked, h.Reported, h.SeveralApps = where(b.listed, hasRow), where(b.reported, hasRow), where(b.listed, severalApps)
	held, tokens := b.listed, kindBit(HardwareOath)
	for i := range held {
		if held[i]&hasRow != 0 {
			held[i] |= b.reported[i] & tokens
		} else {
			held[i], h.passkeys[i] = b.reported[i], b.fromReport[i]
		}
	}
	for k := range len(kinds) + 1 {
		kind := Unrecognised
		if k < len(kinds) {
			kind = kinds[k].kind
		}
		h.byKind[kind] = where(held, 1<<k)
	}
	return h
}
