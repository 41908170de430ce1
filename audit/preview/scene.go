package preview

import (
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/devices"
)

// exchangeOnline stands for Office 365, which policies name as a suite.
const exchangeOnline = "00000002-0000-0ff1-ce00-000000000000"

// anywhere is a sign-in to Office 365 of which nothing else is known, except that
// nobody takes it for risky.
func anywhere() conditionalaccess.SignIn {
	none := conditionalaccess.Is("none")
	return conditionalaccess.SignIn{
		Target:     conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchangeOnline},
		SignInRisk: none, UserRisk: none, InsiderRisk: none, Transfer: none,
	}
}

// recorded is what the log knows of a sign-in, for each thing it was for: the resource,
// and beside it authentication contexts and user actions, where the log has them (beta).
// ok is false where it does not say what for.
//
// Conditional Access looks at the resource, not at the client that asks. Source: APP
// (concept-conditional-access-cloud-apps, 2026-01-26).
func recorded(s *entra.SignIn) (list []conditionalaccess.SignIn, ok bool) {
	in := conditionalaccess.SignIn{
		Target:        conditionalaccess.Target{Kind: conditionalaccess.App, ID: strings.ToLower(s.ResourceID)},
		ClientAppType: clientApp(s.ClientAppUsed),
		SignInRisk:    risk(s.RiskLevelDuringSignIn),
		Transfer:      transfer(s),
		Using:         using(s.AuthenticationDetails),
		Device:        device(s.DeviceDetail),
	}
	if d := s.DeviceDetail; d != nil {
		if os := devices.OSOf(d.OperatingSystem); os != "" {
			in.Platform = conditionalaccess.Is(string(os))
		}
	}
	// Exports have 255.255.255.255 where the address is not told.
	if ip, err := netip.ParseAddr(s.IPAddress); err == nil && s.IPAddress != "255.255.255.255" {
		in.IP = ip
	}
	if l := s.Location; l != nil && len(l.CountryOrRegion) == 2 {
		in.Country = conditionalaccess.Is(l.CountryOrRegion)
	}
	if s.ResourceID == "" {
		return nil, false
	}
	list = append(list, in)
	for _, c := range s.AuthenticationContexts {
		at := in
		switch id := strings.ToLower(c.ID); {
		case id == "urn:user:registersecurityinfo":
			at.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}
		case id == "urn:user:registerdevice":
			at.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterDevice}
		case strings.HasPrefix(id, "c"):
			at.Target = conditionalaccess.Target{Kind: conditionalaccess.AuthenticationContext, ID: id}
		default:
			return nil, false
		}
		list = append(list, at)
	}
	return list, true
}

// clientApp reads clientAppUsed. What is neither a browser nor an app with modern
// authentication is a legacy client, by the names that the sign-in log has for them.
// Source: CND (concept-conditional-access-conditions, 2023-07-17).
func clientApp(text string) conditionalaccess.Input {
	switch text = strings.ToLower(text); {
	case text == "browser":
		return conditionalaccess.Is("browser")
	case text == "mobile apps and desktop clients":
		return conditionalaccess.Is("mobileAppsAndDesktopClients")
	case text == "exchange activesync":
		return conditionalaccess.Is("exchangeActiveSync")
	case strings.HasPrefix(text, "other clients") || slices.Contains(legacyClients, text):
		return conditionalaccess.Is("other")
	}
	return conditionalaccess.Input{}
}

var legacyClients = []string{
	"authenticated smtp", "smtp", "autodiscover", "exchange online powershell", "exchange web services", "imap", "imap4", "mapi over http",
	"offline address book", "outlook anywhere (rpc over http)", "outlook service", "pop", "pop3", "reporting web services", "universal outlook",
}

func risk(level string) conditionalaccess.Input {
	switch level = strings.ToLower(level); level {
	case "none", "low", "medium", "high":
		return conditionalaccess.Is(level)
	}
	return conditionalaccess.Input{} // hidden without a licence
}

func transfer(s *entra.SignIn) conditionalaccess.Input {
	switch {
	case strings.EqualFold(s.OriginalTransferMethod, "deviceCodeFlow"), strings.EqualFold(s.AuthenticationProtocol, "deviceCode"):
		return conditionalaccess.Is("deviceCodeFlow")
	case strings.EqualFold(s.OriginalTransferMethod, "authenticationTransfer"):
		return conditionalaccess.Is("authenticationTransfer")
	case strings.EqualFold(s.OriginalTransferMethod, "none"):
		return conditionalaccess.Is("none")
	}
	return conditionalaccess.Input{}
}

// device is the device of a sign-in. Everything is empty of one that did not identify
// itself, which is as if it were not registered. Sources: DEV
// (concept-condition-filters-for-devices, 2025-04-08), CND (2023-07-17). Attributes that
// the log does not have, or spells otherwise than filters do, stay unknown.
func device(d *entra.DeviceDetail) conditionalaccess.Device {
	if d == nil {
		return conditionalaccess.Device{}
	}
	trust := ""
	switch text := strings.ToLower(d.TrustType); {
	case strings.Contains(text, "hybrid"):
		trust = "ServerAD"
	case strings.HasSuffix(text, " joined"):
		trust = "AzureAD"
	case strings.HasSuffix(text, " registered"):
		trust = "Workplace"
	}
	compliant := d.IsCompliant != nil && *d.IsCompliant
	if d.DeviceID == "" && d.TrustType == "" {
		if compliant {
			return conditionalaccess.Device{} // it contradicts itself
		}
		return conditionalaccess.Unregistered()
	}
	out := conditionalaccess.NewDevice()
	set := func(name, value string) {
		if value != "" {
			// The names and values are ones that devices have.
			out, _ = out.With(name, conditionalaccess.Text(value))
		}
	}
	set("deviceId", d.DeviceID)
	set("displayName", d.DisplayName)
	set("trustType", trust)
	if d.IsCompliant != nil {
		set("isCompliant", map[bool]string{true: "True", false: "False"}[compliant])
	}
	return out
}

// using are the method modes of a sign-in, nil where the log does not tell all of
// them: v1.0 tells none, and what was satisfied earlier is not named.
func using(details []entra.AuthenticationDetail) []string {
	var list []string
	for _, d := range details {
		if d.Succeeded != nil && !*d.Succeeded {
			continue
		}
		mode, known := modeOf[strings.ToLower(d.Method)]
		if !known {
			return nil
		}
		list = append(list, mode)
	}
	return list
}

// modeOf maps the names of methods in sign-in logs to modes. Source: STR
// (concept-authentication-strengths, 2025-03-04) for the modes; the names as beta
// sign-in logs have them (2026-08).
var modeOf = map[string]string{
	"password":                                   "password",
	"passkey (device-bound)":                     "fido2",
	"passkey (synced)":                           "fido2",
	"passkey":                                    "fido2",
	"fido2 security key":                         "fido2",
	"windows hello for business":                 "windowsHelloForBusiness",
	"mobile app notification":                    "microsoftAuthenticatorPush",
	"oath verification code":                     "softwareOath",
	"mobile app verification code":               "softwareOath",
	"text message":                               "sms",
	"phone call approval (authentication phone)": "voice",
}
