package methods

import (
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// holdingsBuilder notes for every account which kinds it holds, as bits, because a
// later row can take back what an earlier one said.
type holdingsBuilder struct {
	held     *Held
	listed   []kindSet
	reported []kindSet
	bits     map[Kind]kindSet

	// Few distinct values stand in many rows; each is looked at once.
	kinds map[[2]string]Kind             // by type and phone type
	words map[string]kindSet             // kinds by the report's words
	lists map[string][]RegisteredPasskey // passkeys by those of the words that are one
	texts map[string]string              // models and AAGUIDs
	at    []string                       // pointers by position
}

// kindSet has a bit for each kind, and one for "there is a row".
type kindSet uint32

const hasRow kindSet = 1 << 31

func newHoldingsBuilder(accounts int) *holdingsBuilder {
	b := &holdingsBuilder{
		held: &Held{
			byKind: map[Kind]audit.Set{}, passkeys: map[uint32][]RegisteredPasskey{},
			reported: map[uint32][]RegisteredPasskey{}, passes: map[uint32]Pass{},
		},
		listed: make([]kindSet, accounts), reported: make([]kindSet, accounts),
		bits:  map[Kind]kindSet{Unrecognised: 1 << len(kinds)},
		kinds: map[[2]string]Kind{}, words: map[string]kindSet{},
		lists: map[string][]RegisteredPasskey{}, texts: map[string]string{},
	}
	for i := range kinds {
		b.bits[kinds[i].kind] = 1 << i
	}
	return b
}

// text keeps one copy of a text that many rows have.
func (b *holdingsBuilder) text(s string) string {
	if known, ok := b.texts[s]; ok {
		return known
	}
	b.texts[s] = s
	return s
}

func (b *holdingsBuilder) kindOf(m *entra.AuthenticationMethod) Kind {
	key := [2]string{m.ODataType, m.PhoneType}
	kind, known := b.kinds[key]
	if !known {
		kind = KindOf(m)
		b.kinds[key] = kind
	}
	return kind
}

func (b *holdingsBuilder) wordKind(word string) kindSet {
	bit, known := b.words[word]
	if !known {
		bit = b.bits[KindOfReported(word)]
		b.words[word] = bit
	}
	return bit
}

// pointer leads to the method at a position of a listing.
func (b *holdingsBuilder) pointer(i int) string {
	for len(b.at) <= i {
		b.at = append(b.at, entra.Pointer("value", len(b.at)))
	}
	return b.at[i]
}

// listing takes a row of authenticationMethods. A refused item, and one without a
// list, say nothing.
func (b *holdingsBuilder) listing(n uint32, row *entra.UserMethods) {
	b.listed[n] = 0
	delete(b.held.passkeys, n)
	delete(b.held.passes, n)
	if row.Error != nil || row.Methods == nil {
		return
	}
	b.listed[n] = hasRow
	for i := range row.Methods {
		m := &row.Methods[i]
		kind := b.kindOf(m)
		b.listed[n] |= b.bits[kind]
		switch kind {
		case Passkey:
			b.held.passkeys[n] = append(b.held.passkeys[n], RegisteredPasskey{
				Credential: Credential{AAGUID: b.text(m.AAGUID), Type: b.text(m.PasskeyType), Attest: attested(m.AttestationLevel)},
				Model:      b.text(m.Model), AttestationLevel: b.text(m.AttestationLevel), Pointer: b.pointer(i),
			})
		case TemporaryAccessPass:
			b.held.passes[n] = Pass{Usable: told(m.IsUsable), UsableOnce: told(m.IsUsableOnce), Pointer: b.pointer(i)}
		}
	}
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

// report takes a row of the registration report, which knows neither model nor
// AAGUID of a passkey, and of a pass not whether it is usable. A row without a list
// says nothing.
func (b *holdingsBuilder) report(n uint32, values []string) {
	b.reported[n] = 0
	delete(b.held.reported, n)
	if values == nil {
		return
	}
	b.reported[n] = hasRow
	passkeys := ""
	for _, v := range values {
		bit := b.wordKind(v)
		b.reported[n] |= bit
		if bit == b.bits[Passkey] {
			if passkeys != "" {
				v = passkeys + "," + v
			}
			passkeys = v
		}
	}
	if passkeys != "" {
		b.held.reported[n] = b.reportedPasskeys(passkeys)
	}
}

// reportedPasskeys are the passkeys that a row of the report names, joined by
// commas; rows with the same words share one list.
func (b *holdingsBuilder) reportedPasskeys(words string) []RegisteredPasskey {
	list, known := b.lists[words]
	if !known {
		for v := range strings.SplitSeq(words, ",") {
			list = append(list, RegisteredPasskey{Credential: Credential{Type: reportedType(v)}})
		}
		b.lists[words] = list
	}
	return list
}

// finish puts listing and report together. Of an account whose methods were listed
// the report adds hardware tokens only: v1.0 lists those nowhere else (Graph v1.0
// metadata, 2026-08).
func (b *holdingsBuilder) finish() *Held {
	h := b.held
	var asked, reported audit.Builder
	builders := make([]audit.Builder, len(kinds)+1)
	for i := range b.listed {
		n, holds := uint32(i), b.reported[i]
		if holds&hasRow != 0 {
			reported.Add(n)
		}
		if b.listed[i]&hasRow != 0 {
			asked.Add(n)
			holds = b.listed[i] | holds&b.bits[HardwareOath]
			delete(h.reported, n)
		}
		for k := range builders {
			if holds&(1<<k) != 0 {
				builders[k].Add(n)
			}
		}
	}
	h.Asked, h.Reported = asked.Set(), reported.Set()
	for kind, bit := range b.bits {
		for k := range builders {
			if bit == 1<<k {
				h.byKind[kind] = builders[k].Set()
			}
		}
	}
	return h
}
