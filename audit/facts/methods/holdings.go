package methods

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Holdings is the fact that knows what people have registered.
var Holdings = &audit.Fact[*Held]{
	Name:   "methods.Holdings",
	Doc:    "which authentication methods each person has registered, and on what evidence",
	Reads:  []audit.Read{{Section: snapshot.AuthenticationMethods}, {Section: snapshot.UserRegistrationDetails}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: deriveHoldings,
}

// Held is what accounts have registered. A per-user listing decides where there
// is one; the registration report, which lags and has no details, elsewhere.
type Held struct {
	// Asked are the accounts whose methods were listed.
	Asked audit.Set
	// Reported are the accounts with a row in the registration report.
	Reported audit.Set
	byKind   map[Kind]audit.Set
	passkeys map[uint32][]RegisteredPasskey
	passes   map[uint32]Pass
}

// RegisteredPasskey is one passkey of an account.
type RegisteredPasskey struct {
	Credential
	Model            string
	AttestationLevel string
	// Pointer leads to the method inside the account's row of authenticationMethods;
	// empty for a passkey known from the report only.
	Pointer string
}

// Pass is a Temporary Access Pass of an account.
type Pass struct {
	Usable     audit.Tri
	UsableOnce audit.Tri
	Pointer    string
}

func deriveHoldings(ctx context.Context, p *audit.Pass) (*Held, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	h := &Held{byKind: map[Kind]audit.Set{}, passkeys: map[uint32][]RegisteredPasskey{}, passes: map[uint32]Pass{}}
	b := holdingsBuilder{held: h, byKind: map[Kind]*audit.Builder{}}
	for o, err := range audit.Objects[entra.UserMethods](ctx, p, snapshot.AuthenticationMethods) {
		if err != nil {
			return nil, err
		}
		if n, known := dir.Ordinal(o.Value.UserID); known && o.Value.Error == nil {
			b.listing(n, o.Value.Methods)
		}
	}
	h.Asked = b.asked.Set()
	for o, err := range audit.Objects[entra.UserRegistrationDetails](ctx, p, snapshot.UserRegistrationDetails) {
		if err != nil {
			return nil, err
		}
		if n, known := dir.Ordinal(o.Value.ID); known {
			b.reported.Add(n)
			b.report(n, o.Value.MethodsRegistered, h.Asked.Has(n))
		}
	}
	h.Reported = b.reported.Set()
	for kind, set := range b.byKind {
		h.byKind[kind] = set.Set()
	}
	return h, nil
}

type holdingsBuilder struct {
	held            *Held
	byKind          map[Kind]*audit.Builder
	asked, reported audit.Builder
}

func (b *holdingsBuilder) add(kind Kind, ordinal uint32) {
	if b.byKind[kind] == nil {
		b.byKind[kind] = &audit.Builder{}
	}
	b.byKind[kind].Add(ordinal)
}

func (b *holdingsBuilder) listing(n uint32, methods []entra.AuthenticationMethod) {
	b.asked.Add(n)
	for i := range methods {
		m := &methods[i]
		kind := KindOf(m)
		b.add(kind, n)
		at := entra.Pointer("value", i)
		switch kind {
		case Passkey:
			b.held.passkeys[n] = append(b.held.passkeys[n], RegisteredPasskey{
				Credential: Credential{AAGUID: m.AAGUID, Type: m.PasskeyType, Attest: attested(m.AttestationLevel)},
				Model:      m.Model, AttestationLevel: m.AttestationLevel, Pointer: at,
			})
		case TemporaryAccessPass:
			pass := Pass{Pointer: at}
			if m.IsUsable != nil {
				pass.Usable = audit.TriOf(*m.IsUsable)
			}
			if m.IsUsableOnce != nil {
				pass.UsableOnce = audit.TriOf(*m.IsUsableOnce)
			}
			b.held.passes[n] = pass
		}
	}
}

func attested(level string) audit.Tri {
	switch level {
	case "attested":
		return audit.Yes
	case "notAttested":
		return audit.No
	default:
		return audit.Unsure
	}
}

// report takes an account's methods from the registration report, which knows
// neither model nor AAGUID, and of a pass not whether it is usable. Of an account
// whose methods were listed it takes hardware tokens only: v1.0 lists those
// nowhere else (Graph v1.0 metadata, 2026-08).
func (b *holdingsBuilder) report(n uint32, values []string, asked bool) {
	for _, v := range values {
		kind := KindOfReported(v)
		if asked && kind != HardwareOath {
			continue
		}
		b.add(kind, n)
		if kind == Passkey {
			b.held.passkeys[n] = append(b.held.passkeys[n], RegisteredPasskey{Credential: Credential{Type: reportedType(v)}})
		}
	}
}

// Known are the accounts about which anything is known.
func (h *Held) Known() audit.Set { return h.Asked.Or(h.Reported) }

// Of are the accounts that hold a method of a kind.
func (h *Held) Of(kind Kind) audit.Set { return h.byKind[kind] }

// Passkeys are an account's registered passkeys. Those of an account that was not
// asked come from the report and carry no AAGUID.
func (h *Held) Passkeys(ordinal uint32) []RegisteredPasskey { return h.passkeys[ordinal] }

// Pass is an account's Temporary Access Pass, if it has one and was asked.
func (h *Held) Pass(ordinal uint32) (Pass, bool) {
	p, ok := h.passes[ordinal]
	return p, ok
}
