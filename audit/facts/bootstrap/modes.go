package bootstrap

// modes is a set of authentication method modes.
type modes uint32

// Method modes, spelled as authentication strengths spell them.
const (
	password modes = 1 << iota
	push
	phoneSignIn
	softwareOath
	hardwareOath
	sms
	voice
	fido2
	hello
	passOnce
	passMany
	certificateMulti
	certificateSingle
	federatedMulti
	federatedSingle
	external
	modesEnd
)

var modeNames = []string{
	"password", "microsoftAuthenticatorPush", "deviceBasedPush", "softwareOath", "hardwareOath", "sms", "voice", "fido2",
	"windowsHelloForBusiness", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse", "x509CertificateMultiFactor",
	"x509CertificateSingleFactor", "federatedMultiFactor", "federatedSingleFactor", "externalAuthenticationMethod",
}

// phoneBound are the modes that are lost with a phone.
const phoneBound = push | phoneSignIn | softwareOath | sms | voice

const passes = passOnce | passMany

func (m modes) names() []string {
	list := []string{}
	for i, name := range modeNames {
		if m&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// multifactor tells whether the modes amount to multifactor authentication: one that
// is by itself, or a second factor after a password or a federated sign-in. Source:
// STR (concept-authentication-strengths, 2025-03-04). An external method does so too,
// as the mfa control takes it; whether it opens registration is not documented, so who
// has nothing else hangs on it (gapExternal).
func (m modes) multifactor() bool {
	const alone = fido2 | hello | phoneSignIn | passes | certificateMulti | federatedMulti
	const second = push | softwareOath | hardwareOath | sms | voice | certificateSingle | external
	return m&alone != 0 || m&second != 0 && m&(password|federatedSingle) != 0
}
