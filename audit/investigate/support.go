package investigate

import (
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
)

// supported judges problem 8: whether the place supports the passkey, by Microsoft's
// support pages, and whether another place works. The pages explain, they prove nothing:
// a place that they call unsupported is likely to be the reason and no more.
func supported(c *inquiry) []signal {
	d := c.d
	name := d.Name()
	var list []signal
	if answer, asked := c.look(); asked {
		list = append(list, c.bySupport(answer))
	}
	if s, is := c.narrowDemand(); is {
		list = append(list, s)
	}
	if s, is := c.elsewhere(); is {
		list = append(list, s)
	}
	if len(list) > 0 {
		return list
	}
	if c.stage == Unsupported {
		return []signal{{verdict: Possible, weight: 20, why: "Where it works for " + name + " and where it does not was not said, and the log does not tell.", proof: c.saidStage(), ask: []questionID{askOS, askBrowser, askApp, askAuthenticator},
			actions: []Action{{HelpDesk, "Ask for system, browser or app, and what keeps the passkey, in the place that works and in the one that does not.", "", ""}},
			tell:    "Please tell us where it works and where it does not: system and version, browser or app, and what your passkey is in."}}
	}
	if c.stage == Healthy && d.SignIns != nil {
		return []signal{{verdict: RuledOut, why: "No sign-in of " + name + " failed in one place and worked in another " + d.since() + ".", proof: d.logRead("no sign-in failed in one place and worked in another")}}
	}
	return []signal{{verdict: CannotTell, weight: 3, why: "From which system, browser and app it fails for " + name + " is not known.", proof: append(c.gapProofs(), append(d.logRead("no attempt says it"), proofs(d.holdings...)...)...), ask: []questionID{askOS, askBrowser, askApp}}}
}

// support is what the pages say of a place.
type support struct {
	catalogue.Answer
	place string
}

// look asks the support matrix about the place that was told; asked is false where not
// enough of it is known.
func (c *inquiry) look() (answer support, asked bool) {
	if c.os == "" || c.browser == "" && c.app == "" {
		return support{}, false
	}
	q := catalogue.Question{OS: systemNames[c.os], OSVersion: c.version, Operation: "signIn", Authenticator: c.supportKeeper(), At: c.d.TakenAt}
	if c.registering() {
		q.Operation = "registration"
	}
	if c.d.Listed {
		q.Passkeys = len(c.d.Passkeys)
	}
	switch c.flow {
	case SameDevice:
		q.Flow = "sameDevice"
	case CrossDevice:
		q.Flow = "crossDevice"
	}
	answer.place = c.os.String()
	if c.browser != "" {
		q.Surface, q.Client = "browser", c.browser
		answer.place = c.browser + " on " + answer.place
	} else {
		// Whether a broker is there, which the matrix tells apart, Graph does not show.
		q.Surface, q.Client = "nativeAppNoBroker", c.app
		answer.place = "the app " + c.app + " on " + answer.place
	}
	if c.version != "" {
		answer.place += " " + c.version
	}
	answer.Answer = c.d.known.look(q)
	return answer, true
}

var systemNames = map[devices.OS]string{
	devices.Windows: "Windows", devices.MacOS: "macOS", devices.IOS: "iOS", devices.Android: "Android", devices.Linux: "Linux", ChromeOS: "ChromeOS",
}

func (c *inquiry) supportKeeper() string {
	keeper := c.keeper
	if keeper == "" && len(c.d.Passkeys) == 1 {
		keeper = c.d.Passkeys[0].Keeper
	}
	switch keeper {
	case SecurityKey:
		return "securityKey"
	case MicrosoftAuthenticator:
		return "authenticatorPasskey"
	case WindowsHello:
		return "windowsHelloPasskey"
	default:
		return ""
	}
}

// bySupport judges by what the pages say.
func (c *inquiry) bySupport(a support) signal {
	source := a.Cite()
	s := signal{proof: c.saidPlace(), ask: []questionID{askOS, askBrowser, askApp, askOSVersion}}
	what := "signing in with a passkey"
	if c.registering() {
		what = "registering a passkey"
	}
	move := []Action{{User, "Do it in a place that is supported: Chrome, Edge, Firefox or Safari on a current system.", "", "a computer, or the phone's own browser"}}
	switch {
	case a.Support == catalogue.Unsupported:
		s.verdict, s.weight = Likely, 70
		s.why = upper(a.place) + " does not support " + what + " (" + source + ")."
		if c.app != "" {
			s.why = strings.TrimSuffix(s.why, ".") + ", unless a broker app such as Microsoft Authenticator or Company Portal is installed."
		}
		s.actions = move
		s.tell = "What you use (" + a.place + ") does not support passkeys. Please use Chrome, Edge, Firefox or Safari on a current system, and tell us if it fails there too."
	case a.Support == catalogue.SupportUnknown && a.Cell != nil:
		s.verdict, s.weight = Possible, 9
		if c.stage == Unsupported {
			s.weight = 34
		}
		s.why = "Whether " + a.place + " supports " + what + " hangs on " + enumerate(a.Hangs, "and") + " (" + source + ")."
		if len(a.Hangs) == 0 {
			s.why = "Whether " + a.place + " supports " + what + " is not said (" + source + ")."
		}
		s.ask = append([]questionID{askHardware}, s.ask...)
		s.tell = "It can work in " + a.place + ", under conditions that we have to check with you. Please tell us which phone or key you use, and how it is connected."
	case a.Support == catalogue.Supported:
		s.verdict, s.weight = RuledOut, 0
		s.why = upper(a.place) + " supports " + what + " (" + source + ")."
		if c.stage == Unsupported {
			s.verdict, s.weight = Possible, 22
			s.why = strings.TrimSuffix(s.why, ".") + "; which other place fails was not said."
			s.tell = "Where you describe it, passkeys are supported. Please tell us the exact place where it does not work: system, version, browser or app."
		}
	default:
		s.verdict, s.weight = Possible, 28
		s.why = "The support pages say nothing of " + a.place + ", so nobody promises that " + what + " works there."
		s.actions = move
		s.tell = "Nobody promises that passkeys work in " + a.place + ". Please try Chrome, Edge, Firefox or Safari, and tell us if it fails there too."
		if c.stage == Unsupported {
			s.verdict, s.weight = Likely, 40
		}
	}
	return s
}

// narrowDemand is a strength that some resources demand and no usable passkey meets.
func (c *inquiry) narrowDemand() (signal, bool) {
	d := c.d
	if len(d.usable()) == 0 {
		return signal{}, false
	}
	for _, demand := range d.Demands {
		if demand.Everywhere || demand.Met != no {
			continue
		}
		s := signal{verdict: Possible, weight: 25, proof: append(proofs(demand.Evidence...), c.passkeyProofs()...), ask: []questionID{askApp}}
		s.why = labels(demand.Policies) + " demands " + demand.Name + " of some resources only, and no passkey of " + d.Name() + " meets it there."
		s.actions = []Action{{Administrator, "Let " + demand.Name + " admit the model that " + d.Name() + " has, or have another model registered.", adminCenter + ", Authentication methods, Authentication strengths", anyDevice}}
		s.tell = "Your passkey works for most things; one application asks for another kind. Please tell us in which application it fails."
		if c.stage == Unsupported {
			s.verdict, s.weight = Likely, 66
		}
		return s, true
	}
	return signal{}, false
}

// elsewhere is a failure in one place with successes in another.
func (c *inquiry) elsewhere() (signal, bool) {
	at := c.attempt
	if at == nil || at.Place.OS == "" {
		return signal{}, false
	}
	for _, ok := range c.d.Successes {
		if ok.Place.OS == "" || ok.Place.OS == at.Place.OS && ok.Place.Browser == at.Place.Browser && ok.App == at.App {
			continue
		}
		s := signal{verdict: Possible, weight: 15, proof: append(proofs(at.Evidence...), proofs(audit.Evidence{Section: "signIns", Object: ok.Row, Pointer: "/createdDateTime", Value: ok.atRaw, Means: "a sign-in that succeeded elsewhere"})...)}
		s.why = "It failed on " + at.place() + " and signing in succeeded on " + ok.place() + "; the log does not say with which method."
		s.ask = []questionID{askAuthenticator, askBrowser, askOSVersion}
		s.tell = "It seems to work in one place and not in the other. Please tell us what exactly you used in each: system, browser or app, and passkey."
		if c.stage == Unsupported {
			s.verdict, s.weight = Likely, 35
		}
		return s, true
	}
	return signal{}, false
}
