package inertrestrictions

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
)

// owned is which models somebody in the tenant has registered.
type owned struct {
	aaguids map[string]bool // in lower case
	// unread are accounts that may have registered a model nobody told of.
	unread audit.Set
}

func ownership(dir *population.Directory, held *methods.Held) owned {
	o := owned{aaguids: map[string]bool{}}
	var untold audit.Builder
	for n := range held.Of(methods.Passkey).All() {
		for _, k := range held.Passkeys(n) {
			if k.AAGUID == "" {
				untold.Add(n)
				continue
			}
			o.aaguids[strings.ToLower(k.AAGUID)] = true
		}
	}
	// The report leaves disabled accounts out, so nothing may be known about those
	// that never had a passkey; about every person something must be.
	o.unread = untold.Set().Or(dir.People.Minus(held.Known()))
	return o
}

// families are models that are one thing to their owners, with an AAGUID for each
// platform or kind of storage.
var families = [][]string{
	{catalogue.AuthenticatorAndroid, catalogue.AuthenticatorIOS},
	{catalogue.WindowsHelloTPM, catalogue.WindowsHelloVBS, catalogue.WindowsHelloSoftware},
}

// byNobody are those of some models that nobody owns, nor another model of the same
// family.
func (o owned) byNobody(aaguids []string) []string {
	var none []string
	for _, id := range aaguids {
		family := []string{id}
		for _, f := range families {
			if slices.Contains(f, id) {
				family = f
			}
		}
		if !slices.ContainsFunc(family, func(id string) bool { return o.aaguids[id] }) {
			none = append(none, id)
		}
	}
	return none
}
