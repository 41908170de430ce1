package inertrestrictions

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
)

// owned is which models somebody in the tenant has registered.
type owned struct {
	models *methods.HeldModels
	// unread are accounts that may have registered a model nobody told of. The report
	// leaves disabled accounts out, so nothing may be known about those that never had
	// a passkey; about every person something must be.
	unread audit.Set
}

func ownership(dir *population.Directory, held *methods.Held, models *methods.HeldModels) owned {
	return owned{models, models.Undisclosed.Or(dir.People.Minus(held.Known()))}
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
		if !slices.ContainsFunc(family, func(id string) bool { return !o.models.With(id).Empty() }) {
			none = append(none, id)
		}
	}
	return none
}
