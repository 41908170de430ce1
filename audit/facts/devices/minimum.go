package devices

// Level is what a version comes to, held against the least that passkeys take.
type Level uint8

const (
	// LevelUntold: there is no version, or none that can be compared.
	LevelUntold Level = iota
	LevelBelow
	LevelEnough
)

// Least versions on which Microsoft Authenticator keeps passkeys. Source: AUT
// (how-to-enable-authenticator-passkey, 2026-07-05). Of iPadOS it says nothing; it is
// taken to be like the iOS of the same number.
var (
	LeastIOS     = Version{Major: 17}
	LeastAndroid = Version{Major: 14}
)

// Least versions of Microsoft Authenticator where a profile that allows both
// device-bound and synced passkeys targets it. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08).
var (
	LeastAppIOS     = Version{Major: 6, Minor: 8, Build: 37}
	LeastAppAndroid = Version{Major: 6, Minor: 2507, Build: 4749}
)

// Least builds of Windows 10: for the best experience on computers joined to Entra
// (1903), and for hybrid joined ones (2004). Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08); which build a release has is
// from Microsoft's release information for Windows 10.
var (
	LeastWindowsJoined = Version{Major: 10, Build: 18362}
	LeastWindowsHybrid = Version{Major: 10, Build: 19041}
)

// PhoneLevel holds the version of a phone or tablet against the least for a passkey in
// Authenticator.
func PhoneLevel(os OS, v Version) Level {
	switch os {
	case IOS:
		return level(v, LeastIOS)
	case Android:
		return level(v, LeastAndroid)
	default:
		return LevelUntold
	}
}

// AppLevel holds the version of Authenticator against the least for profiles that allow
// both types.
func AppLevel(os OS, v Version) Level {
	switch os {
	case IOS:
		return level(v, LeastAppIOS)
	case Android:
		return level(v, LeastAppAndroid)
	default:
		return LevelUntold
	}
}

// WindowsLevel holds a joined computer against the least for its kind of join. Windows
// calls itself 10.0 whether it is 10 or 11: without the build nothing follows.
func WindowsLevel(t Trust, v Version) Level {
	if v.Major >= 10 && v.Build == 0 {
		return LevelUntold
	}
	switch t {
	case Joined:
		return level(v, LeastWindowsJoined)
	case Hybrid:
		return level(v, LeastWindowsHybrid)
	default:
		return LevelUntold
	}
}

func level(v, least Version) Level {
	switch {
	case v.Major == 0: // no version begins so
		return LevelUntold
	case v.Compare(least) < 0:
		return LevelBelow
	default:
		return LevelEnough
	}
}
