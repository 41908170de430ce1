package conditionalaccess

import (
	"regexp"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// target is the compiled target of a policy: resources, user actions or
// authentication contexts; a policy has one of the three (POL,
// concept-conditional-access-policies, 2023-07-07).
type target struct {
	all      bool
	include  map[string]bool // app ids in lower case
	exclude  map[string]bool
	suitesIn []string // Office365, MicrosoftAdminPortals
	suitesEx []string
	unsureIn bool // an application filter, or a token that is not modelled
	unsureEx bool
	apps     bool // resources are configured

	actions  map[string]bool
	contexts map[string]bool
}

// Urns of user actions. Source: GAP (conditionalAccessApplications, v1.0).
const (
	urnRegisterSecurityInfo = "urn:user:registersecurityinfo"
	urnRegisterDevice       = "urn:user:registerdevice"
)

// compileTarget reads a policy's target; problem is called for what is not
// modelled.
func compileTarget(a *entra.ConditionalAccessApplications, problem func(where, what string)) target {
	t := target{include: map[string]bool{}, exclude: map[string]bool{}, actions: map[string]bool{}, contexts: map[string]bool{}}
	if a == nil {
		return t
	}
	list := func(ids []string, into map[string]bool, suites *[]string, unsure *bool, where string) {
		for _, id := range ids {
			switch {
			case strings.EqualFold(id, "All") && where == "includeApplications":
				t.all = true
			case strings.EqualFold(id, "None"):
				continue
			case isSuite(id):
				*suites = append(*suites, strings.ToLower(id))
			default:
				into[strings.ToLower(id)] = true
				if IsID(id) {
					break
				}
				*unsure = true
				problem("conditions.applications."+where, "\""+id+"\" is neither an app id nor a name this program knows")
			}
			if where == "includeApplications" {
				t.apps = true
			}
		}
	}
	list(a.IncludeApplications, t.include, &t.suitesIn, &t.unsureIn, "includeApplications")
	list(a.ExcludeApplications, t.exclude, &t.suitesEx, &t.unsureEx, "excludeApplications")
	if f := a.ApplicationFilter; f != nil && f.Rule != "" {
		problem("conditions.applications.applicationFilter", "filters over attributes of applications cannot be judged: the attributes are not in a snapshot")
		switch strings.ToLower(f.Mode) {
		case "exclude":
			t.unsureEx = true
		case "include":
			t.unsureIn, t.apps = true, true
		default:
			t.unsureIn, t.unsureEx, t.apps = true, true, true
		}
	}
	for _, urn := range a.IncludeUserActions {
		if urn = strings.ToLower(urn); urn != urnRegisterSecurityInfo && urn != urnRegisterDevice {
			problem("conditions.applications.includeUserActions", "sign-ins for the action \""+urn+"\" are not modelled")
		}
		t.actions[urn] = true
	}
	for _, c := range a.IncludeAuthContexts {
		t.contexts[strings.ToLower(c)] = true
	}
	return t
}

// match judges a sign-in's target. The condition says which of the three kinds
// decided.
func (t *target) match(s *SignIn) (Condition, answer) {
	switch s.Target.Kind {
	case App:
		if t.apps {
			return Applications, t.app(strings.ToLower(s.Target.ID))
		}
	case RegisterSecurityInfo, RegisterDevice:
		return t.action(s.Target.Kind)
	case AuthenticationContext:
		if len(t.contexts) > 0 {
			return Contexts, certainly(t.contexts[strings.ToLower(s.Target.ID)])
		}
		// "All" does not match a request for an authentication context: EVA example 2
		// (conditionalaccessroot-evaluate, 2025-07-08). One sample, UNCERTAIN.
	}
	return t.configured(), no
}

// configured is the kind of target that the policy has.
func (t *target) configured() Condition {
	switch {
	case t.apps:
		return Applications
	case len(t.actions) > 0:
		return UserActions
	case len(t.contexts) > 0:
		return Contexts
	default:
		return Applications
	}
}

// action judges a user action. A policy on all resources also matches it, whatever
// it excludes: EVA example 3 (2025-07-08) and STH
// (concept-authentication-strength-how-it-works, 2025-03-17) for security information.
// Registering a device asks for a token of the device registration service, which is
// a resource like others: APP (2026-01-26), all resources are every token request.
func (t *target) action(kind TargetKind) (Condition, answer) {
	urn := urnRegisterSecurityInfo
	if kind == RegisterDevice {
		urn = urnRegisterDevice
	}
	switch {
	case t.actions[urn]:
		return UserActions, yes
	case t.all:
		return Applications, yes
	default:
		return t.configured(), no
	}
}

func (t *target) app(id string) answer {
	in := certainly(t.all || t.include[id])
	if in.value == tri.No {
		in = inSuites(t.suitesIn, id).or(answer{value: maybe(t.unsureIn)})
	}
	out := certainly(t.exclude[id])
	if out.value == tri.No {
		out = inSuites(t.suitesEx, id).or(answer{value: maybe(t.unsureEx)})
	}
	return in.and(out.not())
}

// maybe is Unsure where something is not modelled, else No.
func maybe(unmodelled bool) tri.Value {
	if unmodelled {
		return tri.Unsure
	}
	return tri.No
}

// futureValue is Graph's word for a value that is newer than the caller.
const futureValue = "unknownFutureValue"

// IsID tells whether a text of a policy can be the id of an object. Some exports
// have names or addresses where ids belong, and later versions of Graph may have
// words that stand for several objects. Ids are GUIDs; short ids that were made up are
// taken too, as long as they are in lower case and no address.
func IsID(text string) bool {
	return text != "" && !strings.ContainsAny(text, " @\t") && (text == strings.ToLower(text) || guid.MatchString(text))
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// IsUserToken tells whether a text is one of the words of a user condition: All,
// None, GuestsOrExternalUsers (GAP, conditionalAccessUsers, v1.0), and
// AllAgentIdUsers, which stands for no person (template 376d9923).
func IsUserToken(text string) bool {
	switch strings.ToLower(text) {
	case "all", "none", "guestsorexternalusers", "allagentidusers":
		return true
	}
	return false
}
