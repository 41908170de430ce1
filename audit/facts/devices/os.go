package devices

import (
	"strconv"
	"strings"
)

// OS is an operating system as policies on platforms name it.
type OS string

const (
	Windows OS = "windows"
	MacOS   OS = "macOS"
	IOS     OS = "iOS"
	Android OS = "android"
	Linux   OS = "linux"
)

// Systems lists them in the order of output.
var Systems = [...]OS{Windows, MacOS, IOS, Android, Linux}

// Phone tells whether it is a system of phones.
func (o OS) Phone() bool { return o == IOS || o == Android }

// String is the system's name for people.
func (o OS) String() string {
	switch o {
	case Windows:
		return "Windows"
	case Android:
		return "Android"
	case Linux:
		return "Linux"
	default:
		return string(o)
	}
}

// OSOf reads the operating system of a device. Directory and Intune spell the same
// system in several ways ("AndroidEnterprise", "MacMDM", "IPhone"). Empty: none that
// is known.
func OSOf(text string) OS {
	text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
	for _, known := range []struct {
		prefix string
		os     OS
	}{
		{"windowsphone", ""}, {"windows", Windows}, {"mac", MacOS}, {"ios", IOS}, {"iphone", IOS}, {"ipad", IOS},
		{"android", Android}, {"linux", Linux}, {"ubuntu", Linux},
	} {
		if strings.HasPrefix(text, known.prefix) {
			return known.os
		}
	}
	return ""
}

// Least versions on which Microsoft Authenticator keeps passkeys. Source: AUT
// (how-to-enable-authenticator-passkey, 2026-07-05).
const (
	leastIOS     = 17
	leastAndroid = 14
)

// capable tells whether a phone's system is new enough for a passkey in
// Authenticator; known is false where the version does not say.
func capable(os OS, version string) (able, known bool) {
	major, _, _ := strings.Cut(strings.TrimSpace(version), ".")
	n, err := strconv.Atoi(major)
	if err != nil || n <= 0 {
		return false, false
	}
	switch os {
	case IOS:
		return n >= leastIOS, true
	case Android:
		return n >= leastAndroid, true
	default:
		return false, true
	}
}
