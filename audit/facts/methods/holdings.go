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
	Facts:  []audit.AnyFact{population.Users, Listings},
	Derive: deriveHoldings,
}

// Held is what accounts have registered. A per-user listing decides where there
// is one; the registration report, which lags and has no details, elsewhere. Of
// several rows about one account the last counts: it is the newest.
type Held struct {
	// Asked are the accounts whose methods were listed.
	Asked audit.Set
	// Reported are the accounts with a row in the registration report.
	Reported audit.Set
	// SeveralApps are the accounts whose listing has Authenticator more than once: on
	// several phones.
	SeveralApps audit.Set

	byKind map[Kind]audit.Set
	// passkeys says of each account which of lists it has; few distinct lists stand in
	// many rows.
	passkeys []uint32
	lists    [][]RegisteredPasskey
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
	listed, err := audit.Get(ctx, p, Listings)
	if err != nil {
		return nil, err
	}
	b := newHoldingsBuilder(listed)
	for r, err := range audit.Folded(ctx, p, snapshot.UserRegistrationDetails, func() func(*entra.UserRegistrationDetails) reported { return newReader(dir).report }) {
		if err != nil {
			return nil, err
		}
		b.report(&r)
	}
	return b.finish(), nil
}

// Known are the accounts about which anything is known.
func (h *Held) Known() audit.Set { return h.Asked.Or(h.Reported) }

// Of are the accounts that hold a method of a kind.
func (h *Held) Of(kind Kind) audit.Set { return h.byKind[kind] }

// Passkeys are an account's registered passkeys. Those of an account that was not
// asked come from the report and carry no AAGUID. The list is shared and must not be
// changed.
func (h *Held) Passkeys(ordinal uint32) []RegisteredPasskey { return h.lists[h.passkeys[ordinal]] }

// Pass is an account's Temporary Access Pass, if it has one and was asked.
func (h *Held) Pass(ordinal uint32) (Pass, bool) {
	p, ok := h.passes[ordinal]
	return p, ok
}
