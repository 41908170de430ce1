package devices

import "passkeyaudit/audit/entra"

// PlatformOf tells on which platform a registered Authenticator runs, and by which
// member of it.
func PlatformOf(m *entra.AuthenticationMethod) (member string, platform OS, known bool) {
	return authenticatorPlatform(m)
}
