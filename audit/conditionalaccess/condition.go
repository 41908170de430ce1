package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// Condition names one condition of a policy, as decisions write it.
type Condition uint8

const (
	Users Condition = iota
	Applications
	UserActions
	Contexts
	ClientAppTypes
	Platforms
	Locations
	Devices
	SignInRisk
	UserRisk
	InsiderRisk
	AuthenticationFlows
	// Other stands for everything in a policy's conditions that is not modelled.
	Other
	conditionCount
)

var conditionNames = []string{
	"users", "applications", "userActions", "authenticationContext", "clientAppTypes", "platforms", "locations", "devices",
	"signInRisk", "userRisk", "insiderRisk", "authenticationFlows", "other",
}

func (c Condition) String() string { return conditionNames[c] }

// answer is what one condition says of one sign-in, and on which missing members
// an unsure answer hangs. An unsure answer that hangs on none hangs on something
// the policy or the snapshot does not say.
type answer struct {
	value tri.Value
	needs members
}

func certainly(b bool) answer { return answer{value: tri.Of(b)} }

var (
	yes    = answer{value: tri.Yes}
	no     = answer{value: tri.No}
	unsure = answer{value: tri.Unsure}
)

func (a answer) not() answer { return answer{a.value.Not(), a.needs} }

func (a answer) or(b answer) answer {
	v := a.value.Or(b.value)
	return settle(v, a, b)
}

func (a answer) and(b answer) answer {
	v := a.value.And(b.value)
	return settle(v, a, b)
}

// settle keeps of two answers the members on which the result still hangs.
func settle(v tri.Value, a, b answer) answer {
	out := answer{value: v}
	if v != tri.Unsure {
		return out
	}
	if a.value == tri.Unsure {
		out.needs |= a.needs
	}
	if b.value == tri.Unsure {
		out.needs |= b.needs
	}
	return out
}

// test is a compiled condition. nil matches everything.
type test func(*SignIn) answer

// listTest matches a text against include and exclude lists: any include, and no
// exclude; exclude always wins. Source: USR, "exclude beats include" for every
// condition (concept-conditional-access-users-groups, 2024-01-23).
func listTest(member Member, of func(*SignIn) Input, include, exclude []string, all string) test {
	return func(s *SignIn) answer {
		in := matchList(member, of(s), include, all)
		if len(include) == 0 {
			in = yes
		}
		return in.and(matchList(member, of(s), exclude, all).not())
	}
}

// matchList tells whether a text is in a list. A list with the word for "all"
// matches whatever the text is.
func matchList(member Member, text Input, list []string, all string) answer {
	listed := false
	for _, v := range list {
		if all != "" && strings.EqualFold(v, all) {
			return yes
		}
		listed = listed || text.Known && strings.EqualFold(v, text.Text)
	}
	switch {
	case listed:
		return yes
	case text.Known || len(list) == 0:
		return no
	default:
		return answer{tri.Unsure, only(member)}
	}
}

// clientAppTest compiles clientAppTypes. An empty list, found in very old
// policies, counts as all (UNCERTAIN in CND, concept-conditional-access-conditions,
// 2023-07-17). The type easSupported depends on the platform of Exchange
// ActiveSync in a way that is not documented.
func clientAppTest(types []string) test {
	if len(types) == 0 {
		return nil
	}
	limited := false
	for _, t := range types {
		if strings.EqualFold(t, "all") {
			return nil
		}
		limited = limited || strings.EqualFold(t, "easSupported")
	}
	return func(s *SignIn) answer {
		a := matchList(MemberClientAppType, s.ClientAppType, types, "")
		if limited && a.value == tri.No && strings.EqualFold(s.ClientAppType.Text, "exchangeActiveSync") {
			return unsure
		}
		return a
	}
}

// platformTest compiles platforms. "all" also matches platforms that Entra does
// not know. Source: CSDL (Graph v1.0 metadata, 2026-08) and CND (2023-07-17).
func platformTest(p *entra.ConditionalAccessPlatforms) test {
	if p == nil || len(p.IncludePlatforms) == 0 && len(p.ExcludePlatforms) == 0 {
		return nil
	}
	return listTest(MemberPlatform, func(s *SignIn) Input { return s.Platform }, p.IncludePlatforms, p.ExcludePlatforms, "all")
}

// levelTest compiles a list of risk levels or transfer methods: exact membership,
// so that ["high"] does not match medium. Source: CND (2023-07-17). A list of
// every level there is does not depend on the level.
func levelTest(member Member, of func(*SignIn) Input, levels, every []string) test {
	if len(levels) == 0 {
		return nil
	}
	for i, level := range every {
		listed := false
		for _, l := range levels {
			listed = listed || strings.EqualFold(l, level)
		}
		if !listed {
			break
		}
		if i == len(every)-1 {
			return nil
		}
	}
	return func(s *SignIn) answer { return matchList(member, of(s), levels, "") }
}

var (
	riskLevels    = []string{"none", "low", "medium", "high", "hidden"}
	insiderLevels = []string{"none", "minor", "moderate", "elevated"}
	transferModes = []string{"none", "deviceCodeFlow", "authenticationTransfer"}
)

// deviceTest compiles a device filter. Mode include applies to devices for which
// the rule is true, mode exclude skips them. Source: DEV
// (concept-condition-filters-for-devices, 2025-04-08).
func deviceTest(f *Filter, mode string) test {
	match := func(s *SignIn) answer {
		v := f.Match(s.Device)
		if v == tri.Unsure {
			return answer{v, only(MemberDevice)}
		}
		return answer{value: v}
	}
	switch strings.ToLower(mode) {
	case "include":
		return match
	case "exclude":
		return func(s *SignIn) answer { return match(s).not() }
	default:
		return func(*SignIn) answer { return unsure }
	}
}
