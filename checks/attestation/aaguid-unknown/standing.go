package aaguidunknown

import (
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
)

// standingKinds are the models of which the FIDO Alliance says something that their
// owners should know; none without its metadata.
func standingKinds(known *catalogue.Catalogue) []kind {
	fido := known.FIDO()
	if fido == nil {
		return nil
	}
	var certainty audit.Certainty
	if fido.Stale {
		// What it says was so; later editions may say otherwise.
		certainty = audit.Likely
	}
	of := func(standing catalogue.Standing) func(string) bool {
		return func(aaguid string) bool {
			c := fido.Of(aaguid)
			return c != nil && c.Standing == standing && !catalogue.Undisclosed(aaguid)
		}
	}
	says := func(what string) func(models) string {
		return func(m models) string {
			return fmt.Sprintf("%s a passkey of a model that %s: %s (%s).", audit.PeopleDo(m.people.Count(), "holds", "hold"), what, m.describe(known), fido)
		}
	}
	return []kind{
		{
			is: of(catalogue.Revoked), severity: audit.High, certainty: certainty, blockers: []string{"revoked"},
			message: says("the FIDO Alliance has revoked"), means: "a registered passkey of a model whose certification was revoked",
			fix: "Read what the maker and the FIDO Alliance say of the model. Give the people another key, and once it is registered take the model off the allow lists.",
		},
		{
			is: of(catalogue.Compromised), severity: audit.High, certainty: certainty, blockers: []string{"compromised"},
			message: says("the FIDO Alliance reports as compromised, in one batch or altogether"), means: "a registered passkey of a model that is reported as compromised",
			fix: "Read what the maker says: sometimes only one batch or one version of the firmware is concerned. Replace the keys that are, administrators' first, and then take the model off the allow lists.",
		},
		{
			is: of(catalogue.NotCertified), severity: audit.Info, certainty: certainty, blockers: []string{"notCertified"},
			message: says("the FIDO Alliance has not certified"), means: "a registered passkey of a model that is not certified",
			fix: "Decide whether that is wanted. Where keys have to be certified, list certified models alone in a profile that enforces attestation.",
		},
	}
}
