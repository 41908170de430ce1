package access_test

import (
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

// grantLevel (POL): AND is the worst item, OR the best. The operator is irrelevant
// with one item; where there are more and it is not known, it may be either.
func (n *naiveTenant) grantLevel(p, scenario object, harsh bool) int {
	var levels []int
	for _, l := range n.controls(p["grantControls"], scenario) {
		if l == unjudged {
			l = map[bool]int{false: met, true: refused}[harsh]
		}
		levels = append(levels, l)
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

// controls are the items of grantControls: built-in ones, the strength, and each
// of the terms of use and custom factors.
func (n *naiveTenant) controls(g any, scenario object) []int {
	var levels []int
	for _, name := range texts(g, "builtInControls") {
		levels = append(levels, n.builtIn(name, scenario))
	}
	if s := child(g, "authenticationStrength"); text(s, "id") != "" || len(texts(s, "allowedCombinations")) > 0 {
		levels = append(levels, n.strength(s, scenario))
	}
	for range texts(g, "termsOfUse") {
		levels = append(levels, open)
	}
	for range len(texts(g, "customAuthenticationFactors")) + len(strangers(g, "grantControls")) {
		levels = append(levels, unjudged)
	}
	return levels
}

// builtIn (GRT).
func (n *naiveTenant) builtIn(name string, scenario object) int {
	switch name {
	case "block":
		return refused
	case "mfa": // STR: like the built-in strength, or an external method
		if listed(texts(scenario, "using"), "externalAuthenticationMethod") {
			return met
		}
		return n.strength(object{"id": "00000000-0000-0000-0000-000000000002"}, scenario)
	case "passwordChange":
		return open
	case "compliantDevice":
		return attribute(scenario, "isCompliant", true)
	case "domainJoinedDevice":
		return attribute(scenario, "trustType", "ServerAD")
	case "approvedApplication":
		return flag(scenario["approvedApp"])
	case "compliantApplication":
		return flag(scenario["appProtection"])
	}
	return unjudged
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

// strength (STH): met by any allowed combination all of whose modes were used and
// whose configurations hold; else still open. Without "using" it is open.
func (n *naiveTenant) strength(s any, scenario object) int {
	if scenario["using"] == nil {
		return open
	}
	id := text(s, "id")
	combinations, configurations := texts(s, "allowedCombinations"), child(s, "combinationConfigurations")
	if b := builtInStrengths[id]; b != nil {
		combinations, configurations = b, nil
	}
	for _, row := range n.sections["authenticationStrengthPolicies"] {
		if strings.EqualFold(text(row, "id"), id) && len(texts(row, "allowedCombinations")) > 0 {
			combinations, configurations = texts(row, "allowedCombinations"), row["combinationConfigurations"]
		}
	}
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
	for _, mode := range strings.Split(c, ",") {
		if !listed(texts(scenario, "using"), mode) {
			return no
		}
	}
	answer := yes
	list, _ := configurations.([]any)
	for _, cfg := range list {
		if !listed(texts(cfg, "appliesToCombinations"), c) {
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
		if len(texts(cfg, "allowedIssuerSkis"))+len(texts(cfg, "allowedPolicyOIDs")) > 0 {
			answer = allOf(answer, unknown)
		}
	}
	return answer
}
