package devices

import (
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
)

// PlatformOf tells on which platform a registered Authenticator runs, and by which
// member of it. Of other methods it tells nothing.
func PlatformOf(m *entra.AuthenticationMethod) (member string, platform OS, known bool) {
	if !methods.IsApp(m) {
		return "", "", false
	}
	return authenticatorPlatform(&methods.App{Name: m.DisplayName, Version: m.PhoneAppVersion})
}
