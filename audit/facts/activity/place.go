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
	// Version is that of the system, of Windows the build; empty where it is not told.
	// Browsers and apps say "10" of every Windows since 10, and old numbers of macOS and
	// new versions of iOS: those are not told.
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
		p.Version = versionOf(p.OS, d.OperatingSystem, s.UserAgent)
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

// oldWindows are the builds of Windows that tell which they are.
var oldWindows = map[string]string{"7": "7601", "8": "9200", "8.1": "9600"}

// versionOf finds the version of a system. Windows calls itself 10 whether it is 10 or
// 11: only a build counts, which stands behind 10.0 or in the name of a web view
// ("Edge/18.22631").
func versionOf(os devices.OS, system, agent string) string {
	number := after(system, "")
	switch os {
	case devices.Windows:
		if build, found := strings.CutPrefix(number, "10.0."); found {
			return major(build)
		}
		if build := oldWindows[number]; build != "" {
			return build
		}
		for _, mark := range []string{"Windows NT 10.0.", "Edge/18."} {
			if build := major(after(agent, mark)); len(build) == 5 {
				return build
			}
		}
		return ""
	case devices.IOS, devices.Android:
		return number
	case devices.MacOS:
		// Entra writes "MacOs" alone, and browsers have said 10.15 since 2020.
		if strings.HasPrefix(number, "10.15") {
			return ""
		}
		return number
	default:
		return ""
	}
}

// after is the number that follows a mark in a text; the first number there is where
// the mark is empty.
func after(text, mark string) string {
	if mark != "" {
		_, rest, found := strings.Cut(text, mark)
		if !found || rest == "" || rest[0] < '0' || rest[0] > '9' {
			return ""
		}
		text = rest
	}
	from := strings.IndexAny(text, "0123456789")
	if from < 0 {
		return ""
	}
	text = text[from:]
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	return strings.TrimRight(text, ".")
}

func major(version string) string {
	first, _, _ := strings.Cut(version, ".")
	return first
}

func fold(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
