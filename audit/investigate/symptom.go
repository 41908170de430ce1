package investigate

import (
	"strings"
	"unicode"
)

// Symptom is a sentence that people say, with the stage it stands for.
type Symptom struct {
	Says  string
	Stage Stage
	// words are groups of words, one of each of which says the same.
	words [][]string
}

// Symptoms is the table of sentences, the first that fits counts. The first five are
// those of the troubleshooting guide. Words are compared by how they begin.
var Symptoms = []Symptom{
	{"It keeps saying connecting to your device", CrossDeviceFails, [][]string{{"connecting"}, {"device", "phone"}}},
	{"The passkey option never shows up", CannotStart, [][]string{{"option", "choice", "button"}, {"never", "not", "no", "missing", "gone", "cannot", "can't", "doesn't", "does"}}},
	{"I registered it yesterday and now it is gone", NotRecognised, [][]string{{"registered", "set", "created", "added"}, {"gone", "disappeared", "vanished", "lost", "deleted"}}},
	{"Conditional Access is blocking setup", RegistrationFails, [][]string{{"conditional", "policy", "blocked", "blocking", "blocks"}, {"setup", "set", "registr", "register", "adding", "add"}}},
	{"It works in one place but not another", Unsupported, [][]string{{"works", "fine", "worked"}, {"another", "other", "elsewhere", "there", "but", "only"}}},
	{"The QR code hangs", CrossDeviceFails, [][]string{{"qr"}}},
	{"Bluetooth does not connect", CrossDeviceFails, [][]string{{"bluetooth"}}},
	{"This device is not supported", Unsupported, [][]string{{"unsupported", "supported"}, {"not", "isn't", "unsupported", "no"}}},
	{"We didn't recognise this passkey", NotRecognised, [][]string{{"recognis", "recogniz", "unknown", "find"}, {"passkey", "key"}}},
	{"You can't get there from here", SignInFails, [][]string{{"can't", "cannot"}, {"there"}, {"here"}}},
	{"I cannot register a passkey", CannotStart, [][]string{{"can't", "cannot", "unable", "not"}, {"start", "register", "set", "create", "add"}}},
	{"Registration fails with an error", RegistrationFails, [][]string{{"registr", "register", "setup", "creat", "adding"}, {"fail", "error", "wrong", "stops"}}},
	{"I cannot sign in with my passkey", SignInFails, [][]string{{"sign", "log", "login"}, {"can't", "cannot", "not", "fail", "error", "won't", "refused"}}},
}

// Words are those that a text needs for the sentence: one of each group.
func (s *Symptom) Words() string {
	var groups []string
	for _, group := range s.words {
		groups = append(groups, strings.Join(group, ", "))
	}
	return strings.Join(groups, "; and ")
}

// SymptomOf finds the sentence that a text comes to; nil if it is none of the table.
func SymptomOf(text string) *Symptom {
	said := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(text, "’", "'")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
	for i := range Symptoms {
		if Symptoms[i].fits(said) {
			return &Symptoms[i]
		}
	}
	return nil
}

func (s *Symptom) fits(said []string) bool {
	for _, group := range s.words {
		if !begin(said, group) {
			return false
		}
	}
	return true
}

// begin tells whether a word that was said begins like one of a group. Short words must
// be equal: "no" is not "now".
func begin(said, group []string) bool {
	for _, word := range said {
		for _, g := range group {
			if word == g || len(g) > 4 && strings.HasPrefix(word, g) {
				return true
			}
		}
	}
	return false
}
