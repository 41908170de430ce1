package compatibility

import (
	"time"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// Asker puts questions to the support matrix, each once.
type Asker struct {
	known *catalogue.Catalogue
	at    time.Time
	told  map[question]catalogue.Answer
	fails map[activity.Place]bool
}

type question struct {
	place    activity.Place
	aaguid   string
	passkeys int
}

// NewAsker asks for the time of a snapshot.
func NewAsker(known *catalogue.Catalogue, at time.Time) *Asker {
	return &Asker{known, at, map[question]catalogue.Answer{}, map[activity.Place]bool{}}
}

// Bound tells whether a passkey lives in a computer with another system, so that it
// cannot be used from some system whatever browser is there. Passkeys in Windows Hello
// stay on their computer (WIN, how-to-authentication-entra-passkeys-on-windows,
// 2026-02-18).
func (a *Asker) Bound(k methods.RegisteredPasskey, os devices.OS) bool {
	m := a.known.ModelOf(k.AAGUID)
	return m != nil && m.Authenticator() == windowsHello && os != devices.Windows && os != ""
}

const windowsHello = "windowsHelloPasskey"

// Fails tells whether some passkey does not work at a place: of the others nobody's
// passkeys need to be looked at.
func (a *Asker) Fails(place activity.Place) bool {
	fails, asked := a.fails[place]
	if asked {
		return fails
	}
	for _, authenticator := range []string{"securityKey", "authenticatorPasskey", windowsHello, "synced:appleICloudKeychain", "synced:googlePasswordManager", "synced:otherPasskeyProvider", ""} {
		for _, flow := range []string{"sameDevice", "crossDevice", ""} {
			fails = fails || a.ask(place, catalogue.Question{Authenticator: authenticator, Flow: flow}).Support == catalogue.Unsupported
		}
	}
	a.fails[place] = fails
	return fails
}

// Look says whether a passkey of somebody with so many works at a place. Of an app it is
// not told whether a broker helps: then the answer holds for both.
func (a *Asker) Look(place activity.Place, k methods.RegisteredPasskey, passkeys int) catalogue.Answer {
	key := question{place, k.AAGUID, passkeys}
	if answer, asked := a.told[key]; asked {
		return answer
	}
	answer := a.look(place, k, passkeys)
	a.told[key] = answer
	return answer
}

func (a *Asker) look(place activity.Place, k methods.RegisteredPasskey, passkeys int) catalogue.Answer {
	q := catalogue.Question{Passkeys: passkeys}
	if m := a.known.ModelOf(k.AAGUID); m != nil {
		q.Authenticator = m.Authenticator()
		q.Flow = flowOf(m, q.Authenticator, place.OS)
	}
	return a.ask(place, q)
}

// ask completes a question by the place.
func (a *Asker) ask(place activity.Place, q catalogue.Question) catalogue.Answer {
	q.OS, q.OSVersion, q.At = string(place.OS), place.Version, a.at
	surfaces := []string{"browser"}
	q.Client = place.Browser
	if place.Client != activity.BrowserClient {
		q.Client = place.App
		surfaces = []string{"nativeAppBroker", "nativeAppNoBroker"}
		if place.OS == devices.Windows {
			surfaces[0] = "nativeAppWAM"
		}
	}
	if q.Client == "" {
		return catalogue.Answer{Edition: a.known.Edition(catalogue.SupportMatrix), Hangs: []string{"the browser or app"}}
	}
	var out catalogue.Answer
	for i, surface := range surfaces {
		q.Surface = surface
		switch answer := a.known.Matrix().Look(q); {
		case i == 0:
			out = answer
		case answer.Support != out.Support:
			out.Support = catalogue.SupportUnknown
			out.Hangs = append(out.Hangs, "whether a broker helps the app")
		}
	}
	return out
}

// flowOf tells how a passkey is used at a system, where that follows from what keeps it.
// One in Authenticator may be on the phone itself or on another.
func flowOf(m *catalogue.Model, authenticator string, os devices.OS) string {
	switch {
	case authenticator == "securityKey", authenticator == windowsHello:
		return "sameDevice"
	case authenticator == "authenticatorPasskey" && m.Platform != string(os):
		return "crossDevice"
	default:
		return ""
	}
}
