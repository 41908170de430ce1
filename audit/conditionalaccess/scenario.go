package conditionalaccess

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// Scenario is a sign-in as users and tests write it: one JSON object, in which any
// member but user and target may be absent, and then is unknown.
type Scenario struct {
	ID   string
	User string // user principal name or object id
	SignIn
}

// scenarioShape is the JSON of a scenario. Pointers tell an absent or null member
// from an empty one.
type scenarioShape struct {
	ID     string       `json:"id"`
	User   string       `json:"user"`
	Target *targetShape `json:"target"`

	ClientAppType  *string   `json:"clientAppType"`
	Platform       *string   `json:"platform"`
	IPAddress      *string   `json:"ipAddress"`
	Country        *string   `json:"country"`
	Device         entra.Raw `json:"device"`
	SignInRisk     *string   `json:"signInRisk"`
	UserRisk       *string   `json:"userRisk"`
	InsiderRisk    *string   `json:"insiderRisk"`
	TransferMethod *string   `json:"transferMethod"`
	Using          *[]string `json:"using"`
	AAGUID         *string   `json:"aaguid"`
	ApprovedApp    *bool     `json:"approvedApp"`
	AppProtection  *bool     `json:"appProtection"`

	Unknown entra.Raw `json:",embed"`
}

type targetShape struct {
	App                   string    `json:"app"`
	UserAction            string    `json:"userAction"`
	AuthenticationContext string    `json:"authenticationContext"`
	Unknown               entra.Raw `json:",embed"`
}

// User actions as scenarios write them.
const (
	ActionRegisterSecurityInfo = "registerSecurityInfo"
	ActionRegisterDevice       = "registerDevice"
)

// ParseScenario reads a scenario. A member that no scenario has is an error: a
// misspelt one would otherwise be unknown without a word.
func ParseScenario(raw entra.Raw) (Scenario, error) {
	var in scenarioShape
	var s Scenario
	if err := entra.Decode(raw, &in); err != nil {
		return s, err
	}
	for name := range entra.Members(in.Unknown) {
		return s, fmt.Errorf("a scenario has no member %q", name)
	}
	s.ID, s.User = in.ID, in.User
	if s.User == "" {
		return s, errors.New("the member \"user\" is missing")
	}
	var err error
	if s.Target, err = in.Target.parse(); err != nil {
		return s, err
	}
	s.ClientAppType, s.Platform = input(in.ClientAppType), input(in.Platform)
	s.Country = input(in.Country)
	s.SignInRisk, s.UserRisk, s.InsiderRisk = input(in.SignInRisk), input(in.UserRisk), input(in.InsiderRisk)
	s.Transfer, s.AAGUID = input(in.TransferMethod), input(in.AAGUID)
	s.ApprovedApp, s.AppProtection = answerOf(in.ApprovedApp), answerOf(in.AppProtection)
	if in.IPAddress != nil && *in.IPAddress != "" {
		if s.IP, err = netip.ParseAddr(*in.IPAddress); err != nil {
			return s, fmt.Errorf("ipAddress %q is not an IP address", *in.IPAddress)
		}
	}
	if in.Using != nil {
		s.Using = append([]string{}, *in.Using...)
	}
	s.Device, err = parseDevice(in.Device)
	return s, err
}

func (t *targetShape) parse() (Target, error) {
	if t == nil {
		return Target{}, errors.New("the member \"target\" is missing")
	}
	for name := range entra.Members(t.Unknown) {
		return Target{}, fmt.Errorf("a target has no member %q", name)
	}
	given := 0
	for _, text := range []string{t.App, t.UserAction, t.AuthenticationContext} {
		if text != "" {
			given++
		}
	}
	if given != 1 {
		return Target{}, errors.New("a target is one of app, userAction and authenticationContext")
	}
	switch {
	case t.App != "":
		return Target{App, t.App}, nil
	case t.AuthenticationContext != "":
		return Target{AuthenticationContext, t.AuthenticationContext}, nil
	case strings.EqualFold(t.UserAction, ActionRegisterSecurityInfo):
		return Target{Kind: RegisterSecurityInfo}, nil
	case strings.EqualFold(t.UserAction, ActionRegisterDevice):
		return Target{Kind: RegisterDevice}, nil
	default:
		return Target{}, fmt.Errorf("userAction %q is neither %s nor %s", t.UserAction, ActionRegisterSecurityInfo, ActionRegisterDevice)
	}
}

// input reads a text. Graph's word for "a value newer than you" is as good as not
// known.
func input(text *string) Input {
	if text == nil || *text == futureValue {
		return Input{}
	}
	return Is(*text)
}

func answerOf(b *bool) tri.Value {
	if b == nil {
		return tri.Unsure
	}
	return tri.Of(*b)
}

// parseDevice reads the device of a scenario: {"registered":false} is one that
// Entra does not know; of others, attributes that are absent are unknown, null ones
// null. All attributes of a device that is not registered are null, so one with an
// attribute is registered.
func parseDevice(raw entra.Raw) (Device, error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return Device{}, nil
	}
	if raw.Kind() != '{' {
		return Device{}, errors.New("device is not an object")
	}
	d, told := Device{}, false
	if v, found := entra.Lookup(raw, "/registered"); found {
		told = v.Kind() != 'n'
		switch v.Kind() {
		case 't':
			d = NewDevice()
		case 'f':
			return Unregistered(), nil
		case 'n':
		default:
			return Device{}, errors.New("device.registered is neither true nor false")
		}
	}
	for name, value := range entra.Members(raw) {
		if name == "registered" {
			continue
		}
		if name == "ownership" { // as What-If and sign-ins of Graph have it
			name = "deviceOwnership"
		}
		var err error
		if d, err = withJSON(d, name, value); err != nil {
			return Device{}, fmt.Errorf("device.%s: %w", name, err)
		}
		if !told && value.Kind() != 'n' {
			d.registered = tri.Yes
		}
	}
	return d, nil
}

// withJSON sets one attribute from JSON.
func withJSON(d Device, name string, value entra.Raw) (Device, error) {
	switch value.Kind() {
	case 'n':
		if p, err := propertyByName(name); err == nil && p.collection() {
			return d.WithList(name, nil)
		}
		return d.With(name, Null())
	case 't':
		return d.With(name, Text("True"))
	case 'f':
		return d.With(name, Text("False"))
	case '[':
		var list []string
		if err := entra.Decode(value, &list); err != nil {
			return d, err
		}
		return d.WithList(name, list)
	case '"':
		var text string
		if err := entra.Decode(value, &text); err != nil {
			return d, err
		}
		// The What-If service writes EntraID where filters say AzureAD.
		if strings.EqualFold(name, "trustType") && strings.EqualFold(text, "EntraID") {
			text = "AzureAD"
		}
		return d.With(name, Text(text))
	default:
		return d, errors.New("a number cannot be an attribute")
	}
}
