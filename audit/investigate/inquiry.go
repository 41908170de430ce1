package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/snapshot"
)

// inquiry is a dossier with answers: what the problems are judged by.
type inquiry struct {
	d *Dossier
	a Answers

	stage   Stage
	stageBy string
	attempt *Attempt // the one it is about; nil where the log has none

	// Where it fails, by the answers or else by the attempt.
	os      System
	version string
	browser string
	app     string // a native app
	flow    Flow
	keeper  Authenticator // answered, or that of the only passkey
}

func newInquiry(d *Dossier, a Answers) *inquiry {
	c := &inquiry{d: d, a: a, os: a.OS, version: a.OSVersion, browser: a.Browser, app: a.App, flow: a.Flow, keeper: a.Authenticator}
	c.stage, c.stageBy, c.attempt = stageOf(d, &c.a)
	if at := c.attempt; at != nil {
		if c.os == "" {
			c.os = at.Place.OS
			c.version = firstText(c.version, at.Place.Version)
		} else if c.os == at.Place.OS {
			c.version = firstText(c.version, at.Place.Version)
		}
		if c.browser == "" && c.app == "" {
			c.browser = at.Place.Browser
			if at.Place.Client == activity.AppClient {
				c.app = at.App
			}
		}
	}
	if c.keeper == "" && c.a.Provider != "" {
		c.keeper = Provider
	}
	if c.flow == "" && c.stage == CrossDeviceFails {
		c.flow = CrossDevice
	}
	return c
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// excludes tells whether the answers say that the passkey is in something else.
func (c *inquiry) excludes(keeper Authenticator) bool { return c.keeper != "" && c.keeper != keeper }

// saidKeeper is the proof of an answer to what keeps the passkey.
func (c *inquiry) saidKeeper() []Proof {
	if c.a.Authenticator != "" {
		return []Proof{answered("authenticator", string(c.a.Authenticator), "what the passkey is in")}
	}
	if c.a.Provider != "" {
		return []Proof{answered("provider", c.a.Provider, "which provider keeps the passkey")}
	}
	return nil
}

// saidPlace are the proofs of answers about where it fails, or else of the attempt.
func (c *inquiry) saidPlace() []Proof {
	var list []Proof
	add := func(flag, said, means string) {
		if said != "" {
			list = append(list, answered(flag, said, means))
		}
	}
	add("os", string(c.a.OS), "the system on which it fails")
	add("os-version", c.a.OSVersion, "its version")
	add("browser", c.a.Browser, "the browser in which it fails")
	add("app", c.a.App, "the app in which it fails")
	if c.attempt != nil && (c.a.OS == "" || c.a.Browser == "" && c.a.App == "") {
		list = append(list, proofs(c.attempt.Evidence...)...)
	}
	return list
}

// saidStage are the proofs of what the stage rests on.
func (c *inquiry) saidStage() []Proof {
	switch {
	case c.a.Stage != "":
		return []Proof{answered("stage", string(c.a.Stage), c.stage.String())}
	case c.a.Symptom != "":
		return []Proof{answered("symptom", c.a.Symptom, c.stage.String())}
	case c.attempt != nil:
		return proofs(c.attempt.Evidence...)
	}
	return nil
}

// said tells whether somebody said that registering fails, or the log does.
func (c *inquiry) registering() bool { return c.stage.registering() && c.stageBy != "by the state" }

// reasons are those of the state that are among some.
func (c *inquiry) reasons(some ...bootstrap.Reason) (found []bootstrap.Reason) {
	for _, r := range c.d.Verdict.Reasons {
		if slices.Contains(some, r) {
			found = append(found, r)
		}
	}
	return found
}

// certainty is the verdict that a state of some confidence allows.
func (c *inquiry) certainty() Verdict {
	if c.d.Verdict.Confidence == bootstrap.Low {
		return Likely
	}
	return Confirmed
}

// usable are the passkeys that policy lets the account use, or may.
func (d *Dossier) usable() (list []*Passkey) {
	for i := range d.Passkeys {
		if d.Passkeys[i].SignIn.Accepted != no {
			list = append(list, &d.Passkeys[i])
		}
	}
	return list
}

// rejected are the passkeys that policy refuses, of those that are as asked.
func (d *Dossier) rejected(is func(*Passkey) bool) (list []*Passkey) {
	for i := range d.Passkeys {
		if k := &d.Passkeys[i]; k.SignIn.Accepted == no && is(k) {
			list = append(list, k)
		}
	}
	return list
}

func (d *Dossier) hasAndroid() bool {
	return slices.ContainsFunc(d.Phones, func(p Device) bool { return p.OS == devices.Android }) ||
		slices.ContainsFunc(d.Passkeys, func(k Passkey) bool { return k.OS == devices.Android }) || d.seenOn(devices.Android)
}

func (c *inquiry) hasAndroid() bool { return c.d.hasAndroid() }

// onPhone are the passkeys on phones, which a computer reaches across devices.
func (d *Dossier) onPhone() (list []*Passkey) {
	for i := range d.Passkeys {
		if k := &d.Passkeys[i]; k.Keeper == MicrosoftAuthenticator || k.Keeper == Provider {
			list = append(list, k)
		}
	}
	return list
}

// logRead is evidence that the sign-in log was looked through; none where it was not
// read.
func (d *Dossier) logRead(means string) []Proof {
	if d.SignIns == nil {
		return nil
	}
	return proofs(audit.Examined(snapshot.SignIns, d.examined[snapshot.SignIns], means))
}

// since says how far the sign-in log reaches.
func (d *Dossier) since() string {
	if d.SignIns == nil {
		return "in no log, for it was not read"
	}
	return d.SignIns.Phrase()
}

// methodsText names what a person can prove themselves with.
func (d *Dossier) methodsText() string {
	var list []string
	for _, kind := range d.Holds {
		if text := methodTexts[kind]; text != "" {
			list = append(list, text)
		}
	}
	return enumerate(list, "or")
}

// labels joins names of objects in a sentence.
func labels(names []string) string { return strings.TrimSpace(enumerate(names, "and")) }
