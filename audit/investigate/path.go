package investigate

import (
	"slices"
	"strings"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
)

// Way is the cheapest way to a passkey, or to signing in with the one that is there,
// step by step.
type Way struct {
	State      bootstrap.State          `json:"state"`
	Credential bootstrap.CredentialKind `json:"credential,omitzero"`
	Portable   bool                     `json:"portable"`
	Surface    bootstrap.Surface        `json:"surface,omitzero"`
	Platform   string                   `json:"platform,omitzero"`
	// Conditions are what the way takes for granted.
	Conditions []bootstrap.Condition `json:"conditions"`
	Steps      []Action              `json:"steps"`
}

// way writes the steps of the cheapest way.
func (c *inquiry) way() Way {
	v := &c.d.Verdict
	w := Way{State: v.State, Conditions: append([]bootstrap.Condition{}, v.Conditions...), Steps: []Action{}}
	if v.Path != nil {
		w.Credential, w.Portable, w.Surface, w.Platform = v.Path.Credential, v.Path.Portable, v.Path.Surface, v.Path.Platform
	}
	switch v.State {
	case bootstrap.HasPasskey:
		for _, k := range c.d.best() {
			w.Steps = append(w.Steps, Action{User, "Sign in with the " + k.label() + ".", "any sign-in page, \"Sign-in options\", Face, fingerprint, PIN or security key", deviceOf(k)})
			w.Portable = w.Portable || k.Keeper != WindowsHello
			break
		}
	case bootstrap.SelfService:
		w.Steps = append(w.Steps, registerStep(c))
	case bootstrap.NeedsAdminStep:
		w.Steps = append(c.stepActions(), registerStep(c))
	case bootstrap.Trapped:
		w.Steps = append(w.Steps, c.blockerActions()...)
	}
	return w
}

// best are the usable passkeys, those first that meet every strength that is demanded.
func (d *Dossier) best() []*Passkey {
	list := d.usable()
	fails := func(k *Passkey) int {
		n := 0
		for _, s := range k.Strengths {
			if s.Met == no {
				n++
			}
		}
		if k.SignIn.Accepted != yes {
			n += 100
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b *Passkey) int { return fails(a) - fails(b) })
	return list
}

// deviceOf says on which device a passkey is used.
func deviceOf(k *Passkey) string {
	switch k.Keeper {
	case MicrosoftAuthenticator:
		return "the phone with Microsoft Authenticator, or a computer beside it"
	case SecurityKey:
		return "any device into which the key fits, or which reads it"
	case WindowsHello:
		return "the Windows computer on which it was registered"
	case Provider:
		return "any device that is signed in to the provider"
	default:
		return "the device that keeps it"
	}
}

// stepActions are what an administrator does on the way.
func (c *inquiry) stepActions() (list []Action) {
	name := c.d.Name()
	for _, step := range c.d.Verdict.Steps {
		a := Action{Who: Administrator, Where: userMethods, Device: anyDevice}
		switch step {
		case bootstrap.IssuePass:
			a.Do = "Check who " + name + " is, issue a Temporary Access Pass, and hand it over in person or by a call to a known number; registration has to be done within minutes of signing in with it."
		case bootstrap.DeleteStale:
			a.Do = "Delete the registered methods that " + name + " has lost."
		case bootstrap.DismissRisk:
			a.Do, a.Where = "Look into the risk of the account, and dismiss it if it is none.", adminCenter+", Protection, Risky users"
		case bootstrap.ProvisionKey:
			a.Do = "Register a security key on behalf of " + name + " and hand it over with its PIN."
		case bootstrap.AddToGroup:
			a.Do, a.Where = "Add "+name+" to the group "+c.d.Verdict.Group+" until the passkey is registered.", adminCenter+", Groups"
		case bootstrap.EnrolDevice:
			a.Do, a.Where = "Have a computer of "+name+" enrolled and compliant.", "Company Portal on that computer"
		case bootstrap.ActivateRoleFirst:
			a.Do, a.Where = "Have "+name+" activate the role first.", adminCenter+", Privileged Identity Management, My roles"
		default:
			a.Do = "Do the step " + string(step) + "."
		}
		list = append(list, a)
	}
	return list
}

func stepsText(steps []bootstrap.Step) string {
	var list []string
	for _, s := range steps {
		switch s {
		case bootstrap.IssuePass:
			list = append(list, "a Temporary Access Pass")
		case bootstrap.DeleteStale:
			list = append(list, "lost methods deleted")
		case bootstrap.DismissRisk:
			list = append(list, "the risk of the account dismissed")
		case bootstrap.ProvisionKey:
			list = append(list, "a security key provisioned")
		case bootstrap.EnrolDevice:
			list = append(list, "a computer enrolled")
		default:
			list = append(list, string(s))
		}
	}
	return labels(list)
}

// registerStep is what the person does on the cheapest way.
func registerStep(c *inquiry) Action {
	v := &c.d.Verdict
	if v.Path == nil {
		return Action{User, "Register the passkey.", securityInfo, ""}
	}
	with := c.d.methodsText()
	switch {
	case slices.Contains(v.Steps, bootstrap.IssuePass), with == "" && c.d.Pass == yes:
		with = "the Temporary Access Pass"
	case with == "":
		with = "what the sign-in asks for"
	}
	with = strings.ReplaceAll(with, "your own ", "their own ")
	with = strings.ReplaceAll(with, "your ", "their ")
	what := map[bootstrap.CredentialKind]string{
		bootstrap.KeyCredential: "Passkey or security key, and touch the security key", bootstrap.AuthenticatorCredential: "Passkey in Microsoft Authenticator",
		bootstrap.SyncedCredential: "Passkey, and save it in the keychain or password manager", bootstrap.WindowsCredential: "Passkey, and save it with Windows Hello on this computer",
	}[v.Path.Credential]
	place := placeText(v.Conditions)
	switch v.Path.Surface {
	case bootstrap.InApp:
		return Action{User, "Open Microsoft Authenticator, add the work account or open it, sign in with " + with + ", and choose \"Create a passkey\"" + place + ".", "Microsoft Authenticator, switched on as a passkey provider in the settings of the phone", phoneText(v.Path.Platform)}
	case bootstrap.CrossDevice:
		return Action{User, "Sign in with " + with + ", choose Add sign-in method, " + what + ", and follow the wizard to the phone" + place + ".", securityInfo, "a computer with Chrome, Edge, Firefox or Safari, and the phone beside it"}
	case bootstrap.Interrupt:
		return Action{User, "Sign in to any app with " + with + "; when asked to set up a passkey, choose " + what + place + ".", "any sign-in page in a browser", systemText(v.Path.Platform)}
	case bootstrap.Hello:
		return Action{User, "Set up Windows Hello while the computer is set up, signing in with " + with + place + ".", "the computer's first start, or Settings, Accounts, Sign-in options", "the new Windows computer"}
	case bootstrap.Provisioning:
		return Action{User, "Use the security key that was handed over, with its PIN.", "any sign-in page", "any computer"}
	default:
		return Action{User, "Sign in with " + with + ", choose Add sign-in method, " + what + place + ".", securityInfo, systemText(v.Path.Platform)}
	}
}

func systemText(platform string) string {
	if os := devices.OS(platform); os.Phone() {
		return phoneText(platform)
	}
	if platform == "" {
		return "a computer with Chrome, Edge, Firefox or Safari"
	}
	return "a computer with " + devices.OS(platform).String() + " and Chrome, Edge, Firefox or Safari"
}

func phoneText(platform string) string {
	switch devices.OS(platform) {
	case devices.IOS:
		return "an iPhone with iOS 17 or later"
	case devices.Android:
		return "a phone with Android 14 or later"
	default:
		return "a phone with iOS 17, Android 14 or later"
	}
}

// placeText says where a way wants people to be, and with what.
func placeText(conditions []bootstrap.Condition) string {
	var list []string
	for _, cond := range conditions {
		switch code, country := strings.CutPrefix(string(cond), "country:"); {
		case cond == bootstrap.TrustedPlace:
			list = append(list, "in the office or another trusted location")
		case country:
			list = append(list, "in "+code)
		case cond == bootstrap.CompliantDevice:
			list = append(list, "on the compliant device")
		case cond == bootstrap.HybridDevice:
			list = append(list, "on the hybrid joined computer")
		}
	}
	if len(list) == 0 {
		return ""
	}
	return ", " + labels(list)
}

var conditionTexts = map[bootstrap.Condition]string{
	bootstrap.CapablePhone: "a phone that can keep a passkey", bootstrap.SecurityKey: "a security key", bootstrap.SyncedProvider: "a provider of synced passkeys",
	bootstrap.TrustedPlace: "being in a trusted location", bootstrap.CompliantDevice: "the compliant device", bootstrap.HybridDevice: "the hybrid joined computer",
	bootstrap.Bluetooth: "Bluetooth between computer and phone", bootstrap.ValidPass: "the Temporary Access Pass held now",
	bootstrap.PasswordOnlyFirstRegistration: "registering a first method after a password alone",
}

func conditionsText(conditions []bootstrap.Condition) string {
	var list []string
	for _, cond := range conditions {
		if code, country := strings.CutPrefix(string(cond), "country:"); country {
			list = append(list, "being in "+code)
		} else if text := conditionTexts[cond]; text != "" {
			list = append(list, text)
		} else {
			list = append(list, string(cond))
		}
	}
	return labels(list)
}
