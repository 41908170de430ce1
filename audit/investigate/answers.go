package investigate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"passkeyaudit/audit/facts/devices"
)

// Answers are what people said. Empty members were not asked.
type Answers struct {
	Stage         Stage         `json:"stage,omitzero"`
	Symptom       string        `json:"symptom,omitzero"`
	OS            System        `json:"os,omitzero"`
	OSVersion     string        `json:"osVersion,omitzero"`
	Browser       string        `json:"browser,omitzero"`
	App           string        `json:"app,omitzero"`
	Authenticator Authenticator `json:"authenticator,omitzero"`
	Provider      string        `json:"provider,omitzero"`
	Flow          Flow          `json:"flow,omitzero"`
	Profile       Profile       `json:"profile,omitzero"`
	Bluetooth     Bluetooth     `json:"bluetooth,omitzero"`
	// ErrorCode is the number behind AADSTS, or that of the sign-in log.
	ErrorCode     int    `json:"error,omitzero"`
	At            string `json:"at,omitzero"`
	CorrelationID string `json:"correlationId,omitzero"`
}

// System is an operating system, spelled as in policies; ChromeOS beside them.
type System = devices.OS

// ChromeOS has no platform of its own in policies.
const ChromeOS System = "chromeOS"

// Systems are the answers to --os.
var Systems = []System{devices.Windows, devices.MacOS, devices.IOS, devices.Android, devices.Linux, ChromeOS}

// Authenticator is what keeps the passkey.
type Authenticator string

const (
	SecurityKey            Authenticator = "securityKey"
	MicrosoftAuthenticator Authenticator = "authenticator"
	Provider               Authenticator = "provider" // a keychain or password manager
	WindowsHello           Authenticator = "windowsHello"
)

// Authenticators are the answers to --authenticator.
var Authenticators = []Authenticator{SecurityKey, MicrosoftAuthenticator, Provider, WindowsHello}

// Flow says whether the passkey is on the device at which the person signs in.
type Flow string

const (
	SameDevice  Flow = "same-device"
	CrossDevice Flow = "cross-device"
)

// Flows are the answers to --flow.
var Flows = []Flow{SameDevice, CrossDevice}

// Profile is one of the two profiles of an Android phone.
type Profile string

const (
	WorkProfile     Profile = "work"
	PersonalProfile Profile = "personal"
)

// Profiles are the answers to --profile.
var Profiles = []Profile{WorkProfile, PersonalProfile}

// Bluetooth says whether it is on at both ends.
type Bluetooth string

const (
	BluetoothOn  Bluetooth = "yes"
	BluetoothOff Bluetooth = "no"
)

// BluetoothAnswers are the answers to --bluetooth.
var BluetoothAnswers = []Bluetooth{BluetoothOn, BluetoothOff}

// names are words by which people call an answer, in lower case without spaces, hyphens
// and underscores. Answers are known by their own word too.
var names = map[string][]string{
	string(devices.Windows): {"win", "windows10", "windows11", "pc"}, string(devices.MacOS): {"mac", "osx", "macbook"},
	string(devices.IOS): {"iphone", "ipad", "ipados"}, string(devices.Android): {"androidos", "samsung", "pixel"}, string(ChromeOS): {"chromebook"},
	string(SecurityKey): {"key", "fido2", "fido2key", "fido2securitykey", "yubikey"}, string(MicrosoftAuthenticator): {"microsoftauthenticator", "app", "msauthenticator", "authenticatorapp"},
	string(Provider): {"synced", "thirdparty", "other", "passwordmanager", "keychain", "anotherprovider", "otherprovider"}, string(WindowsHello): {"hello", "windows", "windowshelloforbusiness"},
	string(SameDevice): {"same"}, string(CrossDevice): {"cross", "qr", "qrcode", "otherdevice"},
	string(PersonalProfile): {"private"}, string(BluetoothOn): {"on", "true", "y"}, string(BluetoothOff): {"off", "false", "n"},
}

// ParseAnswer reads one of some answers, by its word or a name people give it.
func ParseAnswer[T ~string](text string, of []T) (T, error) {
	word := squeeze(text)
	for _, v := range of {
		if squeeze(string(v)) == word || slices.Contains(names[string(v)], word) {
			return v, nil
		}
	}
	words := make([]string, len(of))
	for i, v := range of {
		words[i] = string(v)
	}
	return "", fmt.Errorf("%q is none of %s", text, strings.Join(words, ", "))
}

func squeeze(text string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(text)))
}

// ParseCode reads an error code with or without the letters in front: 53003,
// AADSTS53003.
func ParseCode(text string) (int, error) {
	digits := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "AADSTS")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 10_000 {
		return 0, fmt.Errorf("%q is no error code such as 53003 or AADSTS53003", text)
	}
	return n, nil
}

// ParseTime reads a time with a zone, or a day.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-11-20T09:15:00Z, nor a day such as 2026-11-20", text)
}

// CheckVersion tells whether a text is a version: numbers with points, perhaps after a
// word, as in "22H2" or "10 1903".
func CheckVersion(text string) error {
	if !strings.ContainsAny(text, "0123456789") {
		return fmt.Errorf("%q is no version such as 14 or 17.5.1", text)
	}
	return nil
}

// String writes an answer for people.
func (a Authenticator) String() string {
	switch a {
	case SecurityKey:
		return "a FIDO2 security key"
	case MicrosoftAuthenticator:
		return "Microsoft Authenticator"
	case Provider:
		return "a keychain or password manager"
	case WindowsHello:
		return "Windows Hello"
	default:
		return string(a)
	}
}
