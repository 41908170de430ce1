package devices

import "strings"

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
		{"windowsphone", ""}, {"windowsmobile", ""}, {"windows", Windows}, {"mac", MacOS}, {"ios", IOS}, {"iphone", IOS}, {"ipad", IOS},
		{"android", Android}, {"linux", Linux}, {"ubuntu", Linux},
	} {
		if strings.HasPrefix(text, known.prefix) {
			return known.os
		}
	}
	return ""
}
