package conditionalaccess

import (
	"cmp"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// strength is a compiled authentication strength.
type strength struct {
	id, name string
	known    bool // its combinations are known
	combos   []combination
	// external tells whether an external authentication method meets it; that
	// holds for the control mfa only. Source: STR
	// (concept-authentication-strengths, 2025-03-04).
	external bool
}

// combination is a set of method modes that together meet a strength.
type combination struct {
	spelled []string // the modes as Graph spells them
	modes   []string // lower case
	byModel bool     // passkeys are limited to the models below
	aaguids []string // lower case
	limited bool     // by something that a sign-in does not show: issuers of certificates, what is not modelled
}

// strengths are those of a tenant, by id in lower case.
type strengths struct{ byID map[string]*strength }

// builtInCombinations are the combinations of the three built-in strengths, for
// tenants whose strengths were not read. Source: STR (2025-03-04) and the list
// example of authenticationStrengthRoot (2024-05-28).
var builtInCombinations = map[string][]string{
	entra.StrengthMultifactor: {
		"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush", "temporaryAccessPassOneTime",
		"temporaryAccessPassMultiUse", "password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath",
		"password,x509CertificateSingleFactor", "password,x509CertificateMultiFactor", "password,sms", "password,voice",
		"federatedMultiFactor", "microsoftAuthenticatorPush,federatedSingleFactor", "softwareOath,federatedSingleFactor",
		"hardwareOath,federatedSingleFactor", "sms,federatedSingleFactor", "voice,federatedSingleFactor",
	},
	entra.StrengthPasswordless:      {"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"},
	entra.StrengthPhishingResistant: {"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"},
}

func compileStrengths(list []entra.AuthenticationStrengthPolicy) *strengths {
	s := &strengths{byID: map[string]*strength{}}
	for id, combos := range builtInCombinations {
		s.byID[id] = compileStrength(&entra.AuthenticationStrengthPolicy{ID: id, AllowedCombinations: combos})
	}
	for i := range list {
		// A tenant's own answer beats what is built in: Microsoft may extend it.
		if len(list[i].AllowedCombinations) > 0 {
			s.byID[strings.ToLower(list[i].ID)] = compileStrength(&list[i])
		}
	}
	return s
}

func compileStrength(p *entra.AuthenticationStrengthPolicy) *strength {
	s := &strength{id: p.ID, name: p.DisplayName, known: true}
	for _, text := range p.AllowedCombinations {
		var c combination
		for _, mode := range entra.Flags(text).Members() {
			if mode == futureValue {
				c.limited = true
				continue
			}
			c.spelled, c.modes = append(c.spelled, mode), append(c.modes, strings.ToLower(mode))
		}
		if len(c.modes) == 0 && !c.limited {
			continue // an empty text
		}
		for _, cfg := range p.CombinationConfigurations {
			if !appliesTo(cfg, c.modes) {
				continue
			}
			if len(cfg.AllowedAAGUIDs) > 0 {
				c.limitModels(cfg.AllowedAAGUIDs)
			}
			c.limited = c.limited || len(cfg.AllowedIssuerSkis) > 0 || len(cfg.AllowedPolicyOIDs) > 0 || len(unmodelled(cfg.Unmodelled)) > 0
		}
		s.combos = append(s.combos, c)
	}
	return s
}

// limitModels narrows a combination to some models. Every configuration that applies
// has to be met, so a second one leaves those that both list.
func (c *combination) limitModels(aaguids []string) {
	var allowed []string
	for _, a := range aaguids {
		if a = strings.ToLower(a); !c.byModel || slices.Contains(c.aaguids, a) {
			allowed = append(allowed, a)
		}
	}
	c.byModel, c.aaguids = true, allowed
}

// appliesTo compares combinations as sets: the order of their members varies. A
// configuration that names no combinations may be for any.
func appliesTo(cfg entra.CombinationConfiguration, modes []string) bool {
	if len(cfg.AppliesToCombinations) == 0 {
		return len(cfg.AllowedAAGUIDs) == 0 || slices.Contains(modes, "fido2")
	}
	for _, text := range cfg.AppliesToCombinations {
		var other []string
		for _, m := range entra.Flags(text).Members() {
			other = append(other, strings.ToLower(m))
		}
		if len(other) == len(modes) && contains(modes, other) {
			return true
		}
	}
	return false
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(m string) bool { return !slices.Contains(all, m) })
}

// find resolves a strength that a policy names. Where neither the tenant's list nor
// the policy itself says its combinations, they are not known.
func (s *strengths) find(p *entra.AuthenticationStrengthPolicy) *strength {
	if found := s.byID[strings.ToLower(p.ID)]; found != nil {
		return found
	}
	if len(p.AllowedCombinations) > 0 {
		return compileStrength(p)
	}
	return &strength{id: p.ID, name: p.DisplayName}
}

// unclear tells what of a strength cannot be judged, in words; empty if nothing.
func (s *strength) unclear() string {
	switch {
	case !s.known:
		return "the strength " + cmp.Or(s.id, s.name) + " is not in the snapshot"
	case slices.ContainsFunc(s.combos, func(c combination) bool { return c.limited }):
		return "the strength " + s.id + " has limits that a sign-in does not show, such as issuers of certificates"
	}
	return ""
}

// multifactor is what the control mfa asks for: the combinations of the built-in
// multifactor strength, or an external method.
func (s *strengths) multifactor() *strength {
	m := *s.byID[entra.StrengthMultifactor]
	m.external = true
	return &m
}

// externalMode is how scenarios write an external authentication method.
const externalMode = "externalauthenticationmethod"

// lowerModes are modes as strengths spell them, with the same in lower case: strengths
// are asked so often that making it costs.
var lowerModes = map[string]string{
	"password":                     "password",
	"microsoftAuthenticatorPush":   "microsoftauthenticatorpush",
	"deviceBasedPush":              "devicebasedpush",
	"softwareOath":                 "softwareoath",
	"hardwareOath":                 "hardwareoath",
	"sms":                          "sms",
	"voice":                        "voice",
	"fido2":                        "fido2",
	"windowsHelloForBusiness":      "windowshelloforbusiness",
	"temporaryAccessPassOneTime":   "temporaryaccesspassonetime",
	"temporaryAccessPassMultiUse":  "temporaryaccesspassmultiuse",
	"x509CertificateMultiFactor":   "x509certificatemultifactor",
	"x509CertificateSingleFactor":  "x509certificatesinglefactor",
	"federatedMultiFactor":         "federatedmultifactor",
	"federatedSingleFactor":        "federatedsinglefactor",
	"externalAuthenticationMethod": "externalauthenticationmethod",
}

func lowered(mode string) string {
	if lower, known := lowerModes[mode]; known {
		return lower
	}
	return strings.ToLower(mode)
}

// judge tells whether the methods used meet the strength. Where no methods are
// given it is open: it can still be met.
func (s *strength) judge(in *SignIn) standing {
	if in.Using == nil {
		return at(open)
	}
	using := make([]string, 0, 4)
	for _, m := range in.Using {
		using = append(using, lowered(m))
	}
	if s.external && slices.Contains(using, externalMode) {
		return at(met)
	}
	if !s.known {
		return unknownControl(0)
	}
	out := at(open)
	for _, c := range s.combos {
		if !contains(using, c.modes) {
			continue
		}
		switch limit := c.limits(in); {
		case limit.certain() && limit.best == met:
			return limit
		case !limit.certain():
			out = unknownControl(out.needs | limit.needs)
		}
	}
	return out
}

// limits tells whether a combination's configurations admit the methods used.
func (c *combination) limits(in *SignIn) standing {
	out := at(met)
	if c.byModel {
		switch {
		case !in.AAGUID.Known:
			out = unknownControl(only(MemberAAGUID))
		case !slices.Contains(c.aaguids, strings.ToLower(in.AAGUID.Text)):
			return at(open)
		}
	}
	if c.limited {
		out = unknownControl(out.needs)
	}
	return out
}
