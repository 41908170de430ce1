package activity

import (
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/devices"
)

// Place is from where somebody signed in, as the log tells it. Entra takes system and
// browser from what the client says of itself, unverified.
type Place struct {
	OS devices.OS // empty: none that is known
	// Version is that of the system, of Windows the build; empty where it is not told
	// (devices.SaidVersion).
	Version string
	// Browser is its name without version; empty for apps.
	Browser string
	Client  Client
	// App is the app that signed in, where that was no browser.
	App string
}

// Client is the type of client, as policies name it.
type Client string

const (
	BrowserClient Client = "browser"
	AppClient     Client = "mobileAppsAndDesktopClients"
	ActiveSync    Client = "exchangeActiveSync"
	// LegacyClient is one of the protocols that can do nothing but a password.
	LegacyClient  Client = "other"
	UnknownClient Client = ""
)

// legacyClients are the words of clientAppUsed for protocols of legacy authentication.
// Source: Microsoft Entra documentation on legacy authentication in sign-in logs.
var legacyClients = map[string]bool{
	"authenticated smtp": true, "smtp": true, "autodiscover": true, "exchange online powershell": true, "exchange web services": true,
	"imap": true, "imap4": true, "mapi over http": true, "mapi": true, "offline address book": true, "outlook anywhere (rpc over http)": true,
	"outlook service": true, "pop": true, "pop3": true, "reporting web services": true, "other clients": true, "universal outlook": true,
	"other clients; older office clients": true, "other clients; imap": true, "other clients; pop": true, "other clients; smtp": true,
}

// ClientOf reads clientAppUsed.
func ClientOf(text string) Client {
	switch text = fold(text); {
	case text == "browser":
		return BrowserClient
	case text == "mobile apps and desktop clients":
		return AppClient
	case strings.HasPrefix(text, "exchange activesync"):
		return ActiveSync
	case legacyClients[text]:
		return LegacyClient
	default:
		return UnknownClient
	}
}

func placeOf(s *entra.SignIn) Place {
	p := Place{Client: ClientOf(s.ClientAppUsed)}
	if d := s.DeviceDetail; d != nil {
		p.OS = devices.OSOf(d.OperatingSystem)
		p.Version, _ = devices.SaidVersion(p.OS, d.OperatingSystem, s.UserAgent)
		p.Browser = family(d.Browser)
	}
	if p.Client != BrowserClient {
		p.App = s.AppDisplayName
	}
	return p
}

// family is a browser's name without its version. "Unknown" is no name.
func family(browser string) string {
	name := strings.TrimSpace(strings.TrimRight(browser, "0123456789. "))
	if strings.EqualFold(name, "unknown") {
		return ""
	}
	return name
}

func fold(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
