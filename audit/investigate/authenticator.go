package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
)

// Least versions for passkeys in Microsoft Authenticator. Sources: AUT
// (how-to-enable-authenticator-passkey, 2026-07-05) for the systems; PF
// (how-to-authentication-passkeys-fido2, 2026-03-08) for the app, where a profile of the
// person admits both types.
var (
	leastSystem = map[devices.OS]string{devices.Android: "14", devices.IOS: "17"}
	leastApp    = map[devices.OS]string{devices.Android: "6.2507.4749", devices.IOS: "6.8.37"}
)

// authenticatorPhones judges problem 2: Microsoft Authenticator admitted on one system
// only, a phone or an app too old, and what Graph does not show of phones.
func authenticatorPhones(c *inquiry) []signal {
	d := c.d
	name := d.Name()
	if c.excludes(MicrosoftAuthenticator) {
		return []signal{{verdict: RuledOut, why: "The passkey is not in Microsoft Authenticator but in " + c.keeper.String() + ".", proof: c.saidKeeper()}}
	}
	if c.os != "" && c.a.OS != "" && !c.os.Phone() && c.flow == SameDevice {
		return []signal{{verdict: RuledOut, why: "It fails on " + c.os.String() + " with a passkey on the same device, so no phone takes part.", proof: c.saidPlace()}}
	}
	var list []signal
	systems := c.phoneSystems()
	for _, os := range systems {
		list = append(list, c.admission(os)...)
		list = append(list, c.tooOld(os)...)
	}
	if len(systems) == 0 && c.registering() {
		list = append(list, c.admission("")...)
	}
	if len(list) > 0 {
		return list
	}
	rules := &d.Rules
	switch {
	case !rules.Known || rules.InScope == unsure:
		return []signal{{verdict: CannotTell, weight: 2, why: "Whether policy admits Microsoft Authenticator for " + name + " is not known.", proof: append(c.gapProofs(), c.phoneLack()...), ask: []questionID{askAuthenticator, askOS}}}
	case rules.Android.Scope:
		return []signal{{verdict: CannotTell, weight: 1, why: "As long as " + name + " cannot have a passkey at all, which phone it is does not matter.", proof: proofs(d.Scope...)}}
	case d.Verdict.State == bootstrap.HasPasskey && c.stage == Healthy:
		return []signal{{verdict: RuledOut, why: upper(ready(c)) + ".", proof: c.readyProofs()}}
	case rules.Android.Accepted != yes && rules.IOS.Accepted != yes:
		return []signal{{verdict: CannotTell, weight: 2, why: "It is not known that policy admits Microsoft Authenticator for " + name + ".", proof: append(proofs(rules.Android.Evidence...), c.profileProofs()...), ask: []questionID{askAuthenticator, askOS}}}
	}
	wanted := c.keeper == MicrosoftAuthenticator || c.os.Phone() || c.registering()
	if len(d.Phones) == 0 && !wanted {
		return []signal{{verdict: CannotTell, weight: 4, why: "No phone of " + name + " is in evidence, which proves nothing.", proof: c.phoneLack(), ask: []questionID{askAuthenticator, askOS}}}
	}
	if !wanted {
		return []signal{{verdict: RuledOut, why: "Policy admits Microsoft Authenticator on the phones of " + name + ", and they are new enough.", proof: c.phoneProofs()}}
	}
	s := signal{verdict: Possible, weight: 16, proof: append(append(c.saidKeeper(), c.phoneProofs()...), c.profileProofs()...), ask: []questionID{askHardware, askOS, askOSVersion}}
	s.proof = append(s.proof, c.saidStage()...)
	s.why = "Policy admits Microsoft Authenticator for " + name + "; whether the phone can keep a passkey hangs on what Graph does not show."
	s.actions = []Action{{User, "Look up make, model and system version of the phone, set a screen lock, and switch Microsoft Authenticator on as a passkey provider.", "Settings of the phone, Passwords and accounts", "the phone"}}
	s.tell = "Please check on your phone that a screen lock is set and that Microsoft Authenticator is switched on as a passkey provider in the settings, and tell us make, model and system version."
	if c.keeper == MicrosoftAuthenticator && c.registering() {
		s.weight = 34
	}
	return []signal{s}
}

// phoneSystems are the systems of phones that it may be about: the one that was told, or
// those in evidence.
func (c *inquiry) phoneSystems() []devices.OS {
	if c.a.OS != "" && c.os.Phone() {
		return []devices.OS{c.os}
	}
	var list []devices.OS
	add := func(os devices.OS) {
		if os.Phone() && !slices.Contains(list, os) {
			list = append(list, os)
		}
	}
	for _, p := range c.d.Phones {
		add(p.OS)
	}
	for _, k := range c.d.Passkeys {
		add(k.OS)
	}
	if c.attempt != nil {
		add(c.attempt.Place.OS)
	}
	return list
}

// admission judges whether policy admits Microsoft Authenticator on a system; on an
// unknown one, whether it matters which it is.
func (c *inquiry) admission(os devices.OS) []signal {
	d, rules := c.d, &c.d.Rules
	if !rules.Known || rules.InScope != yes {
		return nil
	}
	name := d.Name()
	change := func(os devices.OS) []Action {
		return []Action{{Administrator, "Let a profile of " + name + " admit Microsoft Authenticator on " + os.String() + " too (AAGUID " + authenticatorModels[os] + ").", methodsPage, anyDevice}}
	}
	tell := "Microsoft Authenticator is not yet allowed on your kind of phone. We change that setting and write to you; there is nothing wrong with your phone."
	if os == "" {
		a, i := rules.Android.Accepted, rules.IOS.Accepted
		if a == no && i == no && !rules.Android.Scope {
			s := signal{verdict: Possible, weight: 23, why: "No profile of " + name + " admits Microsoft Authenticator, on any phone.", proof: append(c.saidKeeper(), proofs(rules.Android.Evidence...)...), ask: []questionID{askAuthenticator}}
			s.actions = []Action{{Administrator, "Let a profile of " + name + " admit Microsoft Authenticator, or have another kind of passkey registered.", methodsPage, anyDevice}}
			s.tell = "Microsoft Authenticator is not among the passkeys that we accept from you. We tell you which kind to set up instead."
			if c.keeper == MicrosoftAuthenticator {
				s.verdict, s.weight = Confirmed, 85
			}
			return []signal{s}
		}
		if a == i || a == unsure || i == unsure {
			return nil
		}
		other, refused := devices.IOS, devices.Android
		if i == no {
			other, refused = devices.Android, devices.IOS
		}
		return []signal{{verdict: Possible, weight: 40, why: "Policy admits Microsoft Authenticator on " + other.String() + " and not on " + refused.String() + "; which phone it is decides.",
			proof: proofs(rules.authenticator(refused).Evidence...), ask: []questionID{askOS, askAuthenticator}}}
	}
	ruling := rules.authenticator(os)
	if ruling.Accepted != no || ruling.Scope {
		return nil
	}
	held := slices.ContainsFunc(d.Passkeys, func(k Passkey) bool {
		return k.Keeper == MicrosoftAuthenticator && k.OS == os && k.SignIn.Accepted == no
	})
	other := devices.Android
	if os == devices.Android {
		other = devices.IOS
	}
	s := signal{proof: append(c.phoneProofs(), proofs(ruling.Evidence...)...), actions: change(os), tell: tell}
	s.proof = append(s.proof, c.saidPlaceOS()...)
	s.why = "No profile of " + name + " admits Microsoft Authenticator on " + os.String()
	if rules.authenticator(other).Accepted == yes {
		s.why += ", though it is admitted on " + other.String()
	}
	s.why += "."
	// A phone in evidence does not prove that the passkey is to be in Authenticator.
	switch {
	case held:
		s.verdict, s.weight = Confirmed, 88
	case c.keeper == MicrosoftAuthenticator || c.a.OS == os && c.registering():
		s.verdict, s.weight = Confirmed, 86
	case c.registering() || c.a.OS == os:
		s.verdict, s.weight, s.ask = Likely, 58, []questionID{askAuthenticator}
	case d.Verdict.State == bootstrap.HasPasskey || c.stageBy == "by the state":
		s.verdict, s.weight, s.ask = Possible, 12, []questionID{askAuthenticator}
	default:
		s.verdict, s.weight, s.ask = Possible, 38, []questionID{askAuthenticator}
	}
	return []signal{s}
}

// authenticatorModels are the AAGUIDs of Microsoft Authenticator. Source: AUT
// (2026-07-05).
var authenticatorModels = map[devices.OS]string{devices.Android: "de1e552d-db1d-4423-a619-566b625cdc84", devices.IOS: "90a3ccdf-635c-4729-a248-9b709135078f"}

// tooOld judges whether the phone's system or its Authenticator is below the least.
func (c *inquiry) tooOld(os devices.OS) (list []signal) {
	d := c.d
	name := d.Name()
	least := leastSystem[os]
	update := []Action{{User, "Update the phone to " + os.String() + " " + least + " or later, or use another phone or a security key.", "Settings of the phone, System update", "the phone"}}
	tell := "Your phone's system is too old to keep a passkey: it takes " + os.String() + " " + least + " or later. Please update it, or use another phone."
	relevant := c.keeper == MicrosoftAuthenticator || c.registering() || c.a.OS == os
	if c.a.OSVersion != "" && c.a.OS == os {
		if order, ok := compareVersions(c.a.OSVersion, least); ok && order < 0 {
			return []signal{{verdict: Confirmed, weight: 84, why: "Passkeys in Microsoft Authenticator take " + os.String() + " " + least + ", and the phone has " + c.a.OSVersion + " (AUT, 2026-07-05).",
				proof: c.saidPlace(), actions: update, tell: tell}}
		}
		return nil
	}
	old, able := []Device(nil), false
	for _, p := range d.Phones {
		if p.OS != os || p.Version == "" {
			continue
		}
		if order, ok := compareVersions(p.Version, least); ok && order < 0 {
			old = append(old, p)
		} else {
			able = true
		}
	}
	if len(old) > 0 && !able {
		s := signal{verdict: Possible, weight: 24, actions: update, tell: tell, ask: []questionID{askOSVersion}}
		s.why = "Every " + os.String() + " phone of " + name + " in evidence has a system below " + least + " (" + old[0].Version + "), too old for a passkey in Microsoft Authenticator (AUT, 2026-07-05)."
		for _, p := range old {
			s.proof = append(s.proof, proofs(p.version)...)
		}
		if relevant {
			s.verdict, s.weight = Likely, 68
		}
		list = append(list, s)
	}
	if d.Rules.AllTypes != yes {
		return list
	}
	for _, p := range d.Phones {
		if p.OS != os || p.AppOf == "" {
			continue
		}
		if order, ok := compareVersions(p.AppOf, leastApp[os]); ok && order < 0 {
			s := signal{verdict: Possible, weight: 22, proof: proofs(p.app), ask: []questionID{askOSVersion}}
			s.why = "Microsoft Authenticator on the " + os.String() + " phone was version " + p.AppOf + " when it was registered; a profile that admits both types takes " + leastApp[os] + " (PF, 2026-03-08)."
			s.actions = []Action{{User, "Update Microsoft Authenticator and try again.", "the app store", "the phone"}}
			s.tell = "Please update Microsoft Authenticator from the app store, then try again."
			if relevant {
				s.verdict, s.weight = Likely, 54
			}
			list = append(list, s)
			break
		}
	}
	return list
}

func (c *inquiry) saidPlaceOS() []Proof {
	var list []Proof
	if c.a.OS != "" {
		list = append(list, answered("os", string(c.a.OS), "the system of the phone"))
	}
	return append(list, c.saidKeeper()...)
}

// phoneProofs quote the phones in evidence.
func (c *inquiry) phoneProofs() (list []Proof) {
	for _, p := range c.d.Phones {
		list = append(list, proofs(p.Evidence)...)
	}
	return list
}

// phoneLack quotes what was looked through for phones.
func (c *inquiry) phoneLack() (list []Proof) { return proofs(c.d.holdings...) }

// crossDevice judges problem 3. What decides it, Bluetooth and the network, Graph does
// not show; an attempt that hangs leaves no row in the sign-in log. Sources: AUT, REG
// (how-to-register-passkey-authenticator, 2026-07-05).
func crossDevice(c *inquiry) []signal {
	d := c.d
	name := d.Name()
	if c.a.Flow == SameDevice {
		return []signal{{verdict: RuledOut, why: "The passkey is on the device where " + name + " signs in, so no other device takes part.", proof: []Proof{answered("flow", string(SameDevice), "one device")}}}
	}
	if c.keeper == SecurityKey || c.keeper == WindowsHello {
		return []signal{{verdict: RuledOut, why: "With " + c.keeper.String() + " no phone takes part.", proof: c.saidKeeper()}}
	}
	var list []signal
	said := c.saidStage()
	if c.a.Flow != "" {
		said = append(said, answered("flow", string(c.a.Flow), "two devices"))
	}
	across := c.flow == CrossDevice
	if c.a.Bluetooth == BluetoothOff && !across {
		list = append(list, signal{verdict: Possible, weight: 33, why: "Bluetooth is off on one of the devices; that matters if the passkey is on another device than the one where " + name + " signs in (AUT, 2026-07-05).",
			proof: append(said, answered("bluetooth", "no", "Bluetooth is off")), ask: []questionID{askFlow},
			tell: "Please turn Bluetooth on, on your computer and on your phone, and try again."})
	}
	if c.a.Bluetooth == BluetoothOff && across {
		list = append(list, signal{verdict: Confirmed, weight: 94, why: "Bluetooth is off on one of the devices, and a passkey on another device takes it on both (AUT, 2026-07-05).",
			proof:   append(said, answered("bluetooth", "no", "Bluetooth is off")),
			actions: []Action{{User, "Turn Bluetooth on, on the computer and on the phone, and scan the QR code again; the devices need not be paired.", "Settings, Bluetooth", "the computer and the phone"}},
			tell:    "Please turn Bluetooth on, on your computer and on your phone, then scan the QR code again. You do not need to pair them."})
	}
	if d.Rules.Attested == yes && c.registering() {
		s := signal{verdict: Possible, weight: 28, proof: append(said, proofs(d.Rules.evidence.attested...)...), ask: []questionID{askFlow, askAuthenticator}}
		s.why = "The profiles of " + name + " demand attestation, so a passkey in Microsoft Authenticator cannot be registered from a computer by QR code, only inside the app (REG, 2026-07-05)."
		s.actions = []Action{{User, "Open Microsoft Authenticator, choose the work account, and create the passkey there.", "Microsoft Authenticator", "the phone"}}
		s.tell = "Please do not scan the QR code on the computer. Open Microsoft Authenticator on your phone, choose your work account, and create the passkey there."
		if across {
			s.verdict, s.weight = Confirmed, 82
		}
		list = append(list, s)
	}
	if across || c.stage == CrossDeviceFails {
		s := signal{verdict: Likely, weight: 60, proof: said, ask: []questionID{askBluetooth, askNetwork, askOS}}
		s.why = "Nothing recorded refuses " + name + ", and an attempt across two devices that hangs leaves no row in the sign-in log: Bluetooth and the network decide, which Graph does not show."
		if c.attempt != nil && d.attemptMeant(&c.a) == c.attempt && c.attempt != nil {
			s.verdict, s.weight = Possible, 26
			s.why = "The log has a row of the attempt, so it got past connecting computer and phone; an earlier try may still have hung."
			s.proof = append(s.proof, proofs(c.attempt.Evidence...)...)
		} else {
			s.proof = append(s.proof, d.logRead("the sign-in log, which has no row of the attempt")...)
		}
		s.actions = []Action{
			{User, "Turn Bluetooth on at both ends, have both devices on the internet, and scan the QR code with the phone's camera.", "the sign-in page", "the computer and the phone"},
			{HelpDesk, "Check that no proxy looks into cable.ua5v.com (Android), cable.auth.com, app-site-association.cdn-apple.com and app-site-association.networking.apple (iOS).", "firewall and proxy", ""},
		}
		s.tell = "Please check that Bluetooth is on, on your computer and on your phone, and that both are on the internet; try a phone hotspot if you can. Then scan the QR code again and tell us what happens."
		if c.a.Bluetooth == BluetoothOn {
			s.weight = 50
			s.proof = append(s.proof, answered("bluetooth", "yes", "Bluetooth is on"))
			s.why = "Nothing recorded refuses " + name + " and Bluetooth is on, so the network between the phone and the service is what is left to check; Graph does not show it."
			s.tell = "Please try once with your phone on mobile data and the computer on its hotspot. If it works then, our network stands in between; tell us either way."
		}
		list = append(list, s)
	}
	if len(list) > 0 {
		return list
	}
	if c.a.OS != "" && c.a.OS.Phone() {
		return []signal{{verdict: CannotTell, weight: 4, why: "Whether a second device takes part was not said.", proof: c.saidPlace(), ask: []questionID{askFlow}}}
	}
	phones := d.onPhone()
	switch {
	case len(d.Passkeys) > 0 && len(phones) == 0 && !c.registering():
		return []signal{{verdict: RuledOut, why: "None of the registered passkeys of " + name + " is on a phone.", proof: c.passkeyProofs()}}
	case len(phones) > 0 && len(phones) == len(d.Passkeys):
		s := signal{verdict: Possible, weight: 10, proof: c.passkeyProofs(), ask: []questionID{askFlow, askBluetooth}}
		s.why = "Every passkey of " + name + " is on a phone, so signing in on a computer takes Bluetooth and a network that Graph does not show."
		return []signal{s}
	default:
		return []signal{{verdict: CannotTell, weight: 6, why: "Whether a second device takes part is not recorded anywhere.", proof: c.passkeyProofs(), ask: []questionID{askFlow}}}
	}
}

// passkeyProofs quote the registered passkeys; where there is none, what is registered.
func (c *inquiry) passkeyProofs() (list []Proof) {
	for _, k := range c.d.Passkeys {
		list = append(list, proofs(k.Evidence...)...)
	}
	if len(list) == 0 {
		list = proofs(c.d.holdings...)
	}
	return list
}

// androidProfile judges problem 6. In which profile of a phone a passkey is kept Graph
// does not show, so it is never confirmed. Sources: AUT (2026-07-05), FAQ (passkey-faq,
// 2026-03-26).
func androidProfile(c *inquiry) []signal {
	d := c.d
	name := d.Name()
	said := c.saidPlaceOS()
	switch {
	case c.a.OS != "" && c.a.OS != devices.Android && (c.a.OS.Phone() || c.flow == SameDevice):
		return []signal{{verdict: RuledOut, why: "It fails on " + c.a.OS.String() + ", and only Android has two profiles.", proof: said}}
	case c.keeper == SecurityKey || c.keeper == WindowsHello:
		return []signal{{verdict: RuledOut, why: "The passkey is in " + c.keeper.String() + ", not in a profile of a phone.", proof: c.saidKeeper()}}
	}
	android := c.androidProofs()
	if len(android) == 0 && c.a.OS != devices.Android && c.a.Profile == "" {
		if slices.ContainsFunc(d.Phones, func(p Device) bool { return p.OS == devices.IOS }) {
			return []signal{{verdict: RuledOut, why: "The phones of " + name + " in evidence are iPhones, and only Android has two profiles.", proof: c.phoneProofs()}}
		}
		return []signal{{verdict: CannotTell, weight: 2, why: "No Android phone of " + name + " is in evidence, which proves nothing.", proof: c.phoneLack(), ask: []questionID{askOS}}}
	}
	proof := append(said, android...)
	ask := []questionID{askProfile, askRegistrar}
	actions := []Action{
		{User, "Open the passkey in the profile where it was registered: apps with a briefcase are the work profile.", "Microsoft Authenticator in the work and in the personal profile", "the Android phone"},
		{User, "If it is needed in both profiles, register a passkey in each.", "Microsoft Authenticator", "the Android phone"},
	}
	tell := "An Android phone with a work profile keeps passkeys apart: one made in the work profile (apps with a briefcase) cannot be used from the personal one, and the other way round. Please try from the profile in which you set it up, and tell us which that was."
	matters := c.stage == NotRecognised || c.stage == SignInFails || c.stage == Unsupported
	both := d.bothProfiles()
	switch {
	case c.a.Profile != "" && (matters || both):
		proof = append(proof, answered("profile", string(c.a.Profile), "the profile in which it was tried"))
		return []signal{{verdict: Likely, weight: 64, why: "It was tried in the " + string(c.a.Profile) + " profile, and a passkey that was registered in the other profile of the phone cannot be used there (AUT, 2026-07-05).",
			proof: proof, actions: actions, tell: tell, ask: ask}}
	case c.a.Profile != "":
		proof = append(proof, answered("profile", string(c.a.Profile), "the profile in which it was tried"))
		return []signal{{verdict: Possible, weight: 32, why: "The phone has a " + string(c.a.Profile) + " profile, and each profile keeps passkeys of its own.", proof: proof, actions: actions, tell: tell, ask: ask}}
	case both && matters:
		return []signal{{verdict: Likely, weight: 48, why: "The records show a work profile and a personal side of an Android phone of " + name + ", and each keeps passkeys of its own (AUT, 2026-07-05).", proof: proof, actions: actions, tell: tell, ask: ask}}
	case both || matters && c.a.OS == devices.Android:
		return []signal{{verdict: Possible, weight: 24, why: "If the Android phone of " + name + " has a work profile, each of its profiles keeps passkeys of its own.", proof: proof, actions: actions, tell: tell, ask: ask}}
	case c.stage == Healthy:
		return []signal{{verdict: Possible, weight: 3, why: "If the Android phone of " + name + " has a work profile, each of its profiles keeps passkeys of its own.", proof: proof, ask: ask}}
	default:
		return []signal{{verdict: Possible, weight: 8, why: "If the Android phone of " + name + " has a work profile, each of its profiles keeps passkeys of its own.", proof: proof, ask: ask}}
	}
}

// androidProofs quote what shows an Android phone.
func (c *inquiry) androidProofs() (list []Proof) {
	for _, p := range c.d.Phones {
		if p.OS == devices.Android {
			list = append(list, proofs(p.Evidence)...)
		}
	}
	for _, k := range c.d.Passkeys {
		if k.OS == devices.Android {
			list = append(list, proofs(k.Evidence...)...)
		}
	}
	if c.attempt != nil && c.attempt.Place.OS == devices.Android {
		list = append(list, proofs(c.attempt.Evidence...)...)
	}
	return list
}

// bothProfiles tells whether records look like a work profile beside a personal one: an
// Android device that Intune manages as the person's own, or one managed beside one
// that is only registered. Graph does not say that they are one phone: likely, never
// more.
func (d *Dossier) bothProfiles() bool {
	managed, registered, workOnOwn := false, false, false
	for _, p := range d.Phones {
		if p.OS != devices.Android || p.App {
			continue
		}
		managed = managed || p.Managed
		registered = registered || !p.Managed && strings.EqualFold(p.Trust, "Workplace")
		workOnOwn = workOnOwn || p.Managed && p.Personal
	}
	return workOnOwn || managed && registered
}
