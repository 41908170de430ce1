package bootstrap

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
)

// World is a set of policies taken as enforced, and a day.
type World struct {
	// Name is today, report-only, managed:ID, or after-2027-02-01.
	Name string
	// ReportOnly: every report-only policy is enforced.
	ReportOnly bool
	// Enforced are ids of report-only policies that are enforced.
	Enforced []string
	// NoPhones: text messages and calls have ended. Source: SMS
	// (concept-sms-voice-retirement, 2026-06-10).
	NoPhones bool
}

// Today is the tenant as it is.
var Today = World{Name: "today"}

func (w World) enforces(p *conditionalaccess.Policy) audit.Tri {
	switch p.State {
	case conditionalaccess.Enabled:
		return audit.Yes
	case conditionalaccess.StateUnknown:
		return audit.Unsure
	case conditionalaccess.ReportOnly:
		if w.ReportOnly {
			return audit.Yes
		}
		for _, id := range w.Enforced {
			if strings.EqualFold(id, p.ID) {
				return audit.Yes
			}
		}
	}
	return audit.No
}

// Options are what the search is asked for.
type Options struct {
	World    World
	Goal     Goal
	Switches Switches
	Lanes    Lanes
	// Assume are conditions that hold for everybody.
	Assume []Condition
}

// ParseAssumption reads a condition that may be assumed for everybody. A compliant or
// hybrid joined device is never assumed: it has to be in the snapshot.
func ParseAssumption(text string) (Condition, error) {
	if code, isCountry := strings.CutPrefix(text, "country:"); isCountry && len(code) == 2 {
		return inCountry(code), nil
	}
	for _, c := range Assumable {
		if string(c) == text {
			return c, nil
		}
	}
	return "", fmt.Errorf("%q cannot be assumed; what can is %s and country:XX", text, strings.Join(audit.Texts(Assumable), ", "))
}

// Assumable lists the conditions that may be assumed, countries apart.
var Assumable = []Condition{CapablePhone, SecurityKey, SyncedProvider, TrustedPlace, Bluetooth}
