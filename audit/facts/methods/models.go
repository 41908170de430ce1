package methods

import (
	"context"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// Models is the fact that knows who has registered a passkey of which model.
var Models = &audit.Fact[*HeldModels]{
	Name:   "methods.Models",
	Doc:    "who has registered a passkey of which AAGUID",
	Facts:  []audit.AnyFact{Holdings},
	Derive: deriveModels,
}

// HeldModels is registered passkeys by AAGUID.
type HeldModels struct {
	// Undisclosed are the accounts with a passkey of which no AAGUID was told: those
	// known from the report alone among them.
	Undisclosed audit.Set

	byAAGUID map[string]audit.Set // in lower case
}

func deriveModels(ctx context.Context, p *audit.Pass) (*HeldModels, error) {
	held, err := audit.Get(ctx, p, Holdings)
	if err != nil {
		return nil, err
	}
	var undisclosed audit.Builder
	byText := map[string]*audit.Builder{}
	for n := range held.Of(Passkey).All() {
		for _, k := range held.Passkeys(n) {
			if k.AAGUID == "" {
				undisclosed.Add(n)
				continue
			}
			with := byText[k.AAGUID]
			if with == nil {
				with = &audit.Builder{}
				byText[k.AAGUID] = with
			}
			with.Add(n)
		}
	}
	m := &HeldModels{Undisclosed: undisclosed.Set(), byAAGUID: make(map[string]audit.Set, len(byText))}
	for text, with := range byText {
		id := strings.ToLower(text)
		m.byAAGUID[id] = m.byAAGUID[id].Or(with.Set())
	}
	return m, nil
}

// AAGUIDs lists the AAGUIDs of all registered passkeys that were told, in lower case
// and sorted.
func (m *HeldModels) AAGUIDs() []string { return slices.Sorted(maps.Keys(m.byAAGUID)) }

// With are the accounts with a passkey of an AAGUID, in any letter case.
func (m *HeldModels) With(aaguid string) audit.Set { return m.byAAGUID[strings.ToLower(aaguid)] }
