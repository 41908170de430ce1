package bootstrap

// Switches are rules that no source settles. The zero value of each is the careful
// choice; a state that would be another one with a switch turned has low confidence
// and names it.
type Switches struct {
	// ManageModeRegisterOnly: in Security info a strength on the register action goes
	// before strengths on all resources also for people who have methods already.
	// Documented for the interrupt wizard only (STH,
	// concept-authentication-strength-how-it-works, 2025-03-17); reports disagree.
	ManageModeRegisterOnly bool
	// NoInterruptRegistration: somebody with a method of multifactor authentication is
	// not offered a passkey when a strength on all resources demands one. STH says
	// that such people are; reports of 2023 say not.
	NoInterruptRegistration bool
	// CredentialResourceIgnored: excluding the resource Microsoft Authenticator
	// Credential Registration does not help in the app (AUT,
	// how-to-enable-authenticator-passkey, 2026-07-05 says it does; which resources
	// the app asks for is not settled).
	CredentialResourceIgnored bool
	// WindowsPasskeys: a passkey in Windows Hello can be registered without its models
	// being on an allow list, as a message of 2026 says; WIN
	// (how-to-authentication-entra-passkeys-on-windows, 2026-02-18) wants the list.
	WindowsPasskeys bool
	// PasswordOnlyBootstrap: a passkey can be the first method, after a password
	// alone. Announced for the end of 2026; no document describes it.
	PasswordOnlyBootstrap bool
	// MFABlocksFirstMethod: multifactor authentication on all resources keeps people
	// without a method from registering their first classic one. In practice it does
	// not (CMB, concept-registration-mfa-sspr-combined, 2024-10-01).
	MFABlocksFirstMethod bool
	// AllResourcesSpareRegister: a policy on all resources does not match the register
	// action. The reference example of What-If (EVA, conditionalaccessroot-evaluate,
	// 2025-07-08) shows that it does.
	AllResourcesSpareRegister bool
	// HelloUnderAllResources: the set-up of Windows Hello for Business is governed by
	// policies on all resources too. MC13 (Message Center MC1326253, 2026-05-29) speaks
	// of policies on the register action only.
	HelloUnderAllResources bool
	// MFATrustedIPs: the tenant has trusted addresses in its legacy settings for
	// multifactor authentication, which Graph does not show.
	MFATrustedIPs bool
}

// switchList names the switches, how configurations and outputs call them, and
// whether one that would change a state makes its confidence medium rather than low.
var switchList = []switchEntry{
	{"manageModeRegisterOnly", false, func(s *Switches) *bool { return &s.ManageModeRegisterOnly }},
	{"noInterruptRegistration", true, func(s *Switches) *bool { return &s.NoInterruptRegistration }},
	{"credentialResourceIgnored", false, func(s *Switches) *bool { return &s.CredentialResourceIgnored }},
	{"windowsPasskeys", false, func(s *Switches) *bool { return &s.WindowsPasskeys }},
	{"passwordOnlyBootstrap", false, func(s *Switches) *bool { return &s.PasswordOnlyBootstrap }},
	{"mfaBlocksFirstMethod", false, func(s *Switches) *bool { return &s.MFABlocksFirstMethod }},
	{"helloUnderAllResources", false, func(s *Switches) *bool { return &s.HelloUnderAllResources }},
	{"mfaTrustedIPs", false, func(s *Switches) *bool { return &s.MFATrustedIPs }},
	{"allResourcesSpareRegister", true, func(s *Switches) *bool { return &s.AllResourcesSpareRegister }},
}

type switchEntry struct {
	name   string
	medium bool
	of     func(*Switches) *bool
}

// SwitchNames lists the names of all switches.
func SwitchNames() []string {
	names := make([]string, len(switchList))
	for i := range switchList {
		names[i] = switchList[i].name
	}
	return names
}

// Set turns a switch by its name; it reports whether there is one.
func (s *Switches) Set(name string, on bool) bool {
	for i := range switchList {
		if switchList[i].name == name {
			*switchList[i].of(s) = on
			return true
		}
	}
	return false
}

func (s Switches) turned(i int) Switches {
	b := switchList[i].of(&s)
	*b = !*b
	return s
}
