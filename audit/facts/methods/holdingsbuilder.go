package methods

import (
	"encoding/binary"
	"slices"
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
	dir  *population.Directory
	find *population.Finder
	// The bits of the kinds of which more is kept.
	passkey, pass, app kindSet

	types []methodType
	words map[string]kindSet // by the report's words
	lists map[string]keyList
	texts map[string]string // of phones, of which few differ
	at    []string          // pointers by position
	key   []byte
}

func newReader(dir *population.Directory) *reader {
	return &reader{
		dir: dir, find: dir.Finder(), passkey: kindBit(Passkey), pass: kindBit(TemporaryAccessPass), app: kindBit(Authenticator),
		words: map[string]kindSet{}, lists: map[string]keyList{}, texts: map[string]string{},
	}
}

// typeOf is what the type of a method comes to. There are a dozen, so that looking
// through those seen is quicker than a map.
func (r *reader) typeOf(m *entra.AuthenticationMethod) *methodType {
	for i := range r.types {
		if t := &r.types[i]; t.name == m.ODataType && t.phone == m.PhoneType {
			return t
		}
	}
	t := methodType{
		name: strings.Clone(m.ODataType), phone: strings.Clone(m.PhoneType), bit: kindBit(KindOf(m)),
		app: IsApp(m),
	}
	if len(r.types) == maxTypes { // a snapshot that was made up
		r.types = r.types[:0]
	}
	r.types = append(r.types, t)
	return &r.types[len(r.types)-1]
}

// methodType is a type of methods, phones by their kind.
type methodType struct {
	name, phone string
	bit         kindSet
	app         bool // Authenticator, also under names it had
}

const maxTypes = 64

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

// addKey adds a value to the key of a list. With its length before it, no two lists
// have one key, whatever the values hold.
func (r *reader) addKey(part string) {
	r.key = binary.AppendUvarint(r.key, uint64(len(part)))
	r.key = append(r.key, part...)
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
	d.account, d.known = r.find.Ordinal(row.ID)
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
	listed   *Listed
	reported []kindSet
	// fromReport are the passkeys of the report, held.passkeys those of listings.
	fromReport []uint32
	lists      keyLists
}

func newHoldingsBuilder(listed *Listed) *holdingsBuilder {
	accounts := len(listed.kinds)
	return &holdingsBuilder{
		held:   &Held{byKind: map[Kind]audit.Set{}, passes: listed.passes, passkeys: slices.Clone(listed.passkeys)},
		listed: listed, reported: make([]kindSet, accounts), fromReport: make([]uint32, accounts),
		// Lists of the report have keys of their own.
		lists: keyLists{lists: slices.Clip(listed.lists), at: map[string]uint32{"": 0}},
	}
}

// keyLists keeps one copy of each list that many accounts have; the first is the empty
// one.
type keyLists struct {
	lists [][]RegisteredPasskey
	at    map[string]uint32
}

func newKeyLists() keyLists {
	return keyLists{lists: [][]RegisteredPasskey{nil}, at: map[string]uint32{"": 0}}
}

func (k *keyLists) add(list keyList) uint32 {
	at, known := k.at[list.key]
	if !known {
		at = uint32(len(k.lists))
		k.at[list.key] = at
		k.lists = append(k.lists, list.list)
	}
	return at
}

func (b *holdingsBuilder) report(r *reported) {
	if !r.known {
		return
	}
	b.reported[r.account] = r.held
	b.fromReport[r.account] = b.lists.add(r.passkeys)
}

// finish puts listing and report together. Of an account whose methods were listed
// the report adds hardware tokens only: v1.0 lists those nowhere else (Graph v1.0
// metadata, 2026-08).
func (b *holdingsBuilder) finish() *Held {
	h := b.held
	h.lists = b.lists.lists
	where := func(of []kindSet, bit kindSet) audit.Set {
		return audit.SetWhere(len(of), func(n uint32) bool { return of[n]&bit != 0 })
	}
	h.Asked, h.Reported, h.SeveralApps = where(b.listed.kinds, hasRow), where(b.reported, hasRow), where(b.listed.kinds, severalApps)
	held, tokens := b.reported, kindBit(HardwareOath)
	for i, listed := range b.listed.kinds {
		if listed&hasRow != 0 {
			held[i] = listed | b.reported[i]&tokens
		} else {
			h.passkeys[i] = b.fromReport[i]
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
