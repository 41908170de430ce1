package access_test

import (
	"cmp"
	"slices"
	"strings"
)

// Levels of a control, the better first. unjudged is met to the kind and refused
// to the harsh.
const (
	met = iota
	open
	refused
	unjudged
)

// item is one of the grant controls of a policy.
type item struct {
	name  string
	level int
	// able tells whether modes that somebody could use would meet it.
	able func(could table) three
}

// table says of method modes whether somebody could use them.
type table map[string]three

func never(table) three { return no }

// grantLevel (POL): AND is the worst item, OR the best. The operator is irrelevant
// with one item; where there are more and it is not known, it may be either.
func (n *naiveTenant) grantLevel(p, scenario object, harsh bool) int {
	var levels []int
	for _, i := range n.items(p["grantControls"], scenario) {
		if i.level == unjudged {
			i.level = map[bool]int{false: met, true: refused}[harsh]
		}
		levels = append(levels, i.level)
	}
	operator := strings.ToUpper(text(p, "grantControls", "operator"))
	switch {
	case len(levels) == 0: // only session controls
		return met
	case operator == "OR", operator != "AND" && !harsh:
		return slices.Min(levels)
	default:
		return slices.Max(levels)
	}
}

// items are built-in controls, the strength, and each of the terms of use and custom
// factors.
func (n *naiveTenant) items(g any, scenario object) []item {
	var list []item
	for _, name := range texts(g, "builtInControls") {
		list = append(list, n.builtIn(name, scenario))
	}
	if s := child(g, "authenticationStrength"); text(s, "id") != "" || text(s, "displayName") != "" || len(texts(s, "allowedCombinations")) > 0 {
		list = append(list, item{"authenticationStrength:" + cmp.Or(text(s, "id"), text(s, "displayName")), n.strength(s, scenario), n.withStrength(s)})
	}
	for _, id := range texts(g, "termsOfUse") {
		list = append(list, item{"termsOfUse:" + id, open, func(table) three { return yes }})
	}
	for _, id := range texts(g, "customAuthenticationFactors") {
		list = append(list, item{"customAuthenticationFactor:" + id, unjudged, never})
	}
	for _, member := range strangers(g, "grantControls") {
		list = append(list, item{member, unjudged, never})
	}
	return list
}

// builtIn (GRT).
func (n *naiveTenant) builtIn(name string, scenario object) item {
	multifactor := object{"id": "00000000-0000-0000-0000-000000000002"}
	external := "externalAuthenticationMethod"
	mfa := func(could table) three { return anyOf(could[external], n.withStrength(multifactor)(could)) }
	switch name {
	case "block":
		return item{name, refused, never}
	case "mfa": // STR: like the built-in strength, or an external method
		if listed(texts(scenario, "using"), external) {
			return item{name, met, mfa}
		}
		return item{name, n.strength(multifactor, scenario), mfa}
	case "passwordChange": // after multifactor authentication
		return item{name, open, func(could table) three { return allOf(could["password"], mfa(could)) }}
	case "compliantDevice":
		return item{name, attribute(scenario, "isCompliant", true), never}
	case "domainJoinedDevice":
		return item{name, attribute(scenario, "trustType", "ServerAD"), never}
	case "approvedApplication":
		return item{name, flag(scenario["approvedApp"]), never}
	case "compliantApplication":
		return item{name, flag(scenario["appProtection"]), never}
	}
	return item{name, unjudged, never}
}

func flag(v any) int {
	switch v {
	case true:
		return met
	case false:
		return refused
	}
	return unjudged
}

// attribute: an unregistered device has none; one that nobody told is unknown.
func attribute(scenario object, name string, want any) int {
	device, _ := scenario["device"].(object)
	value, told := device[name]
	switch {
	case device["registered"] == false:
		return refused
	case !told:
		return unjudged
	case value == want:
		return met
	}
	return refused
}

// builtInStrengths (STR).
var builtInStrengths = map[string][]string{
	"00000000-0000-0000-0000-000000000004": {"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"},
	"00000000-0000-0000-0000-000000000003": {"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"},
	"00000000-0000-0000-0000-000000000002": {
		"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush",
		"temporaryAccessPassOneTime", "temporaryAccessPassMultiUse",
		"password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath", "password,sms", "password,voice",
		"password,x509CertificateSingleFactor", "password,x509CertificateMultiFactor", "federatedMultiFactor",
		"federatedSingleFactor,microsoftAuthenticatorPush", "federatedSingleFactor,softwareOath",
		"federatedSingleFactor,hardwareOath", "federatedSingleFactor,sms", "federatedSingleFactor,voice",
	},
}

// allowed are the combinations of a strength: as the tenant lists it, else as it is
// built in, else as the policy spells it out.
func (n *naiveTenant) allowed(s any) (combinations []string, configurations any) {
	id := text(s, "id")
	combinations, configurations = texts(s, "allowedCombinations"), child(s, "combinationConfigurations")
	if b := builtInStrengths[id]; b != nil {
		combinations, configurations = b, nil
	}
	for _, row := range n.sections["authenticationStrengthPolicies"] {
		if strings.EqualFold(text(row, "id"), id) && len(texts(row, "allowedCombinations")) > 0 {
			combinations, configurations = texts(row, "allowedCombinations"), row["combinationConfigurations"]
		}
	}
	return combinations, configurations
}

// withStrength tells for whom a strength is within reach: whoever could use every
// mode of a combination. Which key or certificate they have is not told.
func (n *naiveTenant) withStrength(s any) func(table) three {
	return func(could table) three {
		combinations, configurations := n.allowed(s)
		if len(combinations) == 0 {
			return unknown
		}
		var answers []three
		for _, c := range combinations {
			answer := yes
			for _, mode := range strings.Split(c, ",") {
				if mode == "unknownFutureValue" {
					answer = allOf(answer, unknown)
				} else {
					answer = allOf(answer, could[mode])
				}
			}
			if limited(c, configurations) {
				answer = allOf(answer, unknown)
			}
			answers = append(answers, answer)
		}
		return anyOf(answers...)
	}
}

func limited(c string, configurations any) bool {
	list, _ := configurations.([]any)
	return slices.ContainsFunc(list, func(cfg any) bool {
		return about(cfg, c) && len(texts(cfg, "allowedAAGUIDs"))+len(texts(cfg, "allowedIssuerSkis"))+
			len(texts(cfg, "allowedPolicyOIDs"))+len(strangers(cfg, "configuration")) > 0
	})
}

// about tells whether a configuration is for a combination. One that names none is
// for all that it could be for.
func about(cfg any, c string) bool {
	named := texts(cfg, "appliesToCombinations")
	if len(named) == 0 {
		return len(texts(cfg, "allowedAAGUIDs")) == 0 || listed(strings.Split(c, ","), "fido2")
	}
	return listed(named, c)
}

// strength (STH): met by any allowed combination all of whose modes were used and
// whose configurations hold; else still open. Without "using" it is open.
func (n *naiveTenant) strength(s any, scenario object) int {
	if scenario["using"] == nil {
		return open
	}
	combinations, configurations := n.allowed(s)
	if len(combinations) == 0 {
		return unjudged // nobody says what it allows
	}
	level := open
	for _, c := range combinations {
		switch a := combination(c, configurations, scenario); {
		case a == yes:
			return met
		case a == unknown:
			level = unjudged
		}
	}
	return level
}

func combination(c string, configurations any, scenario object) three {
	answer := yes
	for _, mode := range strings.Split(c, ",") {
		if mode == "unknownFutureValue" { // some mode or other
			answer = unknown
		} else if !listed(texts(scenario, "using"), mode) {
			return no
		}
	}
	list, _ := configurations.([]any)
	for _, cfg := range list {
		if !about(cfg, c) {
			continue
		}
		if keys := texts(cfg, "allowedAAGUIDs"); len(keys) > 0 {
			if !given(scenario, "aaguid") {
				answer = allOf(answer, unknown)
			} else {
				answer = allOf(answer, truth(listed(keys, text(scenario, "aaguid"))))
			}
		}
		// STA: issuers and policies of a certificate are not in a scenario.
		if len(texts(cfg, "allowedIssuerSkis"))+len(texts(cfg, "allowedPolicyOIDs"))+len(strangers(cfg, "configuration")) > 0 {
			answer = allOf(answer, unknown)
		}
	}
	return answer
}
