package investigate

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
)

// questionID names a question.
type questionID string

const (
	askSymptom       questionID = "symptom"
	askOS            questionID = "os"
	askOSVersion     questionID = "os-version"
	askBrowser       questionID = "browser"
	askApp           questionID = "app"
	askAuthenticator questionID = "authenticator"
	askProvider      questionID = "provider"
	askFlow          questionID = "flow"
	askProfile       questionID = "profile"
	askBluetooth     questionID = "bluetooth"
	askCode          questionID = "error"
	askAt            questionID = "at"
	// Those that follow have no flag: only a person can say what comes of them.
	askNetwork   questionID = "network"
	askHardware  questionID = "hardware"
	askRegistrar questionID = "registered-in"
	askLegacy    questionID = "legacy"
	askKeptWhere questionID = "kept-where"
	askDeleted   questionID = "deleted-where"
	askPhone     questionID = "phone"
	askExact     questionID = "exact"
)

// Question is what only a person can answer.
type Question struct {
	ID string `json:"id"`
	// Flag takes the answer; empty for a question whose answer changes no verdict by
	// itself.
	Flag string `json:"flag,omitzero"`
	Text string `json:"text"`
	// Choices are the answers; empty where the answer is a text.
	Choices []string `json:"choices,omitzero"`
	// Of whom it is asked.
	Of Who `json:"of"`

	samples []string // answers to try, where it is a text
	// likely is how likely people are to know the answer, in percent.
	likely int
}

// questions is the table, in the order of the runbook.
var questions = []Question{
	{ID: string(askSymptom), likely: 1000, Flag: "symptom", Of: User, Text: "What happens, in your own words?", Choices: symptomTexts()},
	{ID: string(askAuthenticator), likely: 110, Flag: "authenticator", Of: User, Text: "What is the passkey in: a security key, Microsoft Authenticator, another provider, or Windows Hello?", Choices: audit.Texts(Authenticators)},
	{ID: string(askFlow), likely: 110, Flag: "flow", Of: User, Text: "Is the passkey on the device where you sign in, or on another one to which you scan a QR code?", Choices: audit.Texts(Flows)},
	{ID: string(askOS), likely: 105, Flag: "os", Of: User, Text: "On which system does it fail?", Choices: audit.Texts(Systems)},
	{ID: string(askOSVersion), likely: 90, Flag: "os-version", Of: User, Text: "Which version of that system is it?"},
	{ID: string(askBrowser), likely: 80, Flag: "browser", Of: User, Text: "In which browser does it fail?", samples: []string{"Chrome", "Edge", "Firefox", "Safari", "Brave"}},
	{ID: string(askApp), likely: 60, Flag: "app", Of: User, Text: "In which app does it fail, if it is no browser?", samples: []string{"Outlook", "Teams"}},
	{ID: string(askProvider), likely: 100, Flag: "provider", Of: User, Text: "Which provider keeps the passkey, such as iCloud Keychain or Google Password Manager?", samples: []string{"iCloud Keychain", "Google Password Manager", "1Password"}},
	{ID: string(askBluetooth), likely: 100, Flag: "bluetooth", Of: User, Text: "Is Bluetooth on, on the computer and on the phone?", Choices: audit.Texts(BluetoothAnswers)},
	{ID: string(askProfile), likely: 80, Flag: "profile", Of: User, Text: "In which profile of the Android phone did you try it: work (icons with a briefcase) or personal?", Choices: audit.Texts(Profiles)},
	{ID: string(askCode), likely: 35, Flag: "error", Of: User, Text: "Which error code is shown, such as AADSTS135010?", samples: []string{"135010", "135016", "53003", "130504"}},
	{ID: string(askAt), likely: 60, Flag: "at", Of: User, Text: "When exactly was the last attempt?"},
	{ID: string(askNetwork), Of: HelpDesk, Text: "Are both devices on the internet, and can the phone reach cable.ua5v.com (Android) or cable.auth.com (iOS) without a proxy looking in?"},
	{ID: string(askHardware), Of: User, Text: "Which make and model is the phone, does it have a screen lock, and is Microsoft Authenticator switched on as a passkey provider in its settings?"},
	{ID: string(askRegistrar), Of: User, Text: "In which profile of the phone, work or personal, was the passkey registered?"},
	{ID: string(askLegacy), Of: Administrator, Text: "Do the old per-user MFA or password reset settings, or an Identity Protection registration policy, still reach this person? Graph does not show them."},
	{ID: string(askKeptWhere), Of: User, Text: "What does the device show: for which account and since when is the passkey kept there?"},
	{ID: string(askDeleted), Of: User, Text: "Was the passkey deleted, and where: on the phone, or under Security info?"},
	{ID: string(askPhone), Of: User, Text: "Do you still have the phone on which the passkey was registered, with the same Microsoft Authenticator on it?"},
	{ID: string(askExact), Of: User, Text: "What exactly does the message say, and on which page?"},
}

func symptomTexts() []string {
	var list []string
	for _, s := range Symptoms[:5] {
		list = append(list, s.Says)
	}
	return list
}

// question is a question that is still open; nil where it was answered.
func (c *inquiry) question(id questionID) *Question {
	if c.a.has(id) {
		return nil
	}
	i := slices.IndexFunc(questions, func(q Question) bool { return q.ID == string(id) })
	q := questions[i]
	if id == askOSVersion {
		q.samples = versionSamples[c.os]
	}
	return &q
}

// versionSamples are versions on either side of the least that something takes.
var versionSamples = map[devices.OS][]string{
	devices.Android: {"9", "12", "13", "15"}, devices.IOS: {"14.0", "16.4", "17.2"}, devices.Windows: {"10 1809", "10 2004", "11 23H2"},
	devices.MacOS: {"10.15", "12", "14.2"},
}

// has tells whether a question was answered.
func (a *Answers) has(id questionID) bool {
	switch id {
	case askSymptom:
		return a.Symptom != "" || a.Stage != ""
	case askOS:
		return a.OS != ""
	case askOSVersion:
		return a.OSVersion != ""
	case askBrowser:
		return a.Browser != ""
	case askApp:
		return a.App != ""
	case askAuthenticator:
		return a.Authenticator != ""
	case askProvider:
		return a.Provider != ""
	case askFlow:
		return a.Flow != ""
	case askProfile:
		return a.Profile != ""
	case askBluetooth:
		return a.Bluetooth != ""
	case askCode:
		return a.ErrorCode != 0
	case askAt:
		return a.At != "" || a.CorrelationID != ""
	default:
		return false
	}
}

// Set answers a question by its flag. The error says what answers there are.
func (a *Answers) Set(flag, text string) error {
	var err error
	switch questionID(flag) {
	case "stage":
		a.Stage, err = ParseAnswer(text, Stages)
	case askSymptom:
		a.Symptom = text
	case askOS:
		a.OS, err = ParseAnswer(text, Systems)
	case askOSVersion:
		if err = CheckVersion(text); err == nil {
			a.OSVersion = text
		}
	case askBrowser:
		a.Browser = text
	case askApp:
		a.App = text
	case askAuthenticator:
		a.Authenticator, err = ParseAnswer(text, Authenticators)
	case askProvider:
		a.Provider = text
	case askFlow:
		a.Flow, err = ParseAnswer(text, Flows)
	case askProfile:
		a.Profile, err = ParseAnswer(text, Profiles)
	case askBluetooth:
		a.Bluetooth, err = ParseAnswer(text, BluetoothAnswers)
	case askCode:
		a.ErrorCode, err = ParseCode(text)
	case askAt:
		if _, err = ParseTime(text); err == nil {
			a.At = text
		}
	case "correlation-id":
		a.CorrelationID = text
	}
	return err
}
