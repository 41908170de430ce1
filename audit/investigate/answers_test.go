package investigate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/snapshot"
)

// every answer that somebody could give, by flag.
var every = map[string][]string{
	"stage": words(investigate.Stages), "os": words(investigate.Systems), "authenticator": words(investigate.Authenticators),
	"flow": words(investigate.Flows), "profile": words(investigate.Profiles), "bluetooth": words(investigate.BluetoothAnswers),
	"os-version": {"12", "16", "11"}, "browser": {"Chrome", "Firefox", "Brave"}, "app": {"Outlook"}, "provider": {"iCloud Keychain", "1Password"},
	"error": {"135010", "53003", "130504"}, "at": {"2026-11-20", "2026-11-18T09:00:00Z"}, "correlation-id": {"corr-31", "corr-21"},
	"symptom": {"It keeps saying connecting to your device", "I registered it yesterday and now it is gone"},
}

func words[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func ranking(in *investigate.Investigation) string {
	var b strings.Builder
	for _, h := range in.Hypotheses {
		b.WriteString(problem(h) + ", ")
	}
	return b.String()
}

// TestEveryAnswerMatters: for each flag there is somebody whose ranking or verdicts it
// changes, and whatever is answered every sentence still rests on something.
func TestEveryAnswerMatters(t *testing.T) {
	changed := map[string]int{}
	stories(t, func(t *testing.T, snap *snapshot.Snapshot, want []string) {
		seen := map[string]bool{}
		for _, line := range want {
			flags, _, _ := strings.Cut(line, " | ")
			name, given := answers(t, flags)
			if seen[flags] {
				continue
			}
			seen[flags] = true
			d := dossier(t, snap, name)
			before := ranking(investigate.Judge(d, given))
			for flag, tries := range every {
				for _, text := range tries {
					a := given
					if err := a.Set(flag, text); err != nil {
						t.Fatal(err)
					}
					in := investigate.Judge(d, a)
					if ranking(in) != before {
						changed[flag]++
					}
					resolves(snap, in, t.Errorf)
				}
			}
		}
	})
	for _, flag := range slices.Sorted(maps.Keys(every)) {
		if changed[flag] == 0 {
			t.Errorf("--%s changes nothing for anybody", flag)
		}
	}
}

// TestAskStops: asking ends, never asks twice, and only asks what changes the head of
// the ranking.
func TestAskStops(t *testing.T) {
	stories(t, func(t *testing.T, snap *snapshot.Snapshot, want []string) {
		for _, line := range want {
			flags, _, _ := strings.Cut(line, " | ")
			name, a := answers(t, flags)
			d := dossier(t, snap, name)
			asked := map[string]bool{}
			for {
				q := investigate.Ask(d, a, nil)
				if q == nil {
					break
				}
				if asked[q.ID] || q.Flag == "" {
					t.Fatalf("%s: %s is asked again, or takes no answer", flags, q.ID)
				}
				asked[q.ID] = true
				text := "unheard of"
				switch {
				case len(q.Choices) > 0:
					text = q.Choices[len(asked)%len(q.Choices)]
				case q.ID == "os-version":
					text = "13"
				case q.ID == "error":
					text = "135010"
				case q.ID == "at":
					text = "2026-11-20"
				}
				if err := a.Set(q.Flag, text); err != nil {
					t.Fatal(err)
				}
			}
			if len(asked) > 12 {
				t.Errorf("%s: %d questions: %v", flags, len(asked), asked)
			}
		}
	})
}

func TestParseAnswers(t *testing.T) {
	cases := []struct{ flag, text, want string }{
		{"os", "iPhone", "iOS"}, {"os", "WINDOWS", "windows"}, {"os", "mac", "macOS"}, {"os", "ChromeOS", "chromeOS"}, {"os", "beos", "error"},
		{"authenticator", "security-key", "securityKey"}, {"authenticator", "FIDO2", "securityKey"}, {"authenticator", "Microsoft Authenticator", "authenticator"},
		{"authenticator", "synced", "provider"}, {"flow", "qr", "cross-device"}, {"flow", "same_device", "same-device"}, {"profile", "Work", "work"},
		{"bluetooth", "off", "no"}, {"bluetooth", "maybe", "error"}, {"stage", "sign-in-fails", "sign-in-fails"}, {"stage", "lunch", "error"},
		{"os-version", "17.5.1", "17.5.1"}, {"os-version", "new", "error"}, {"error", "AADSTS53003", "53003"}, {"error", "53003", "53003"}, {"error", "-1", "error"},
		{"at", "2026-11-20T09:15:00Z", "2026-11-20T09:15:00Z"}, {"at", "2026-11-20", "2026-11-20"}, {"at", "yesterday", "error"},
	}
	for _, c := range cases {
		var a investigate.Answers
		got := "error"
		if a.Set(c.flag, c.text) == nil {
			got = map[string]string{
				"os": string(a.OS), "authenticator": string(a.Authenticator), "flow": string(a.Flow), "profile": string(a.Profile), "bluetooth": string(a.Bluetooth),
				"stage": string(a.Stage), "os-version": a.OSVersion, "error": fmt.Sprint(a.ErrorCode), "at": a.At,
			}[c.flag]
		}
		if got != c.want {
			t.Errorf("--%s %s: %s, want %s", c.flag, c.text, got, c.want)
		}
	}
}

func TestSymptoms(t *testing.T) {
	for said, want := range map[string]investigate.Stage{
		"It keeps saying connecting to your device":         investigate.CrossDeviceFails,
		"it just keeps saying “Connecting to your device…”": investigate.CrossDeviceFails,
		"The passkey option never shows up":                 investigate.CannotStart,
		"The Passkey option doesn’t appear":                 investigate.CannotStart,
		"I registered it yesterday and now it is gone":      investigate.NotRecognised,
		"I set it up last week, it disappeared":             investigate.NotRecognised,
		"Conditional Access is blocking setup":              investigate.RegistrationFails,
		"It works in one place but not another":             investigate.Unsupported,
		"works fine on my laptop but not in Outlook":        investigate.Unsupported,
		"the QR code spins forever":                         investigate.CrossDeviceFails,
		"We didn't recognize this passkey":                  investigate.NotRecognised,
		"I cannot sign in with my passkey":                  investigate.SignInFails,
		"My cat ate the key":                                "",
		"":                                                  "",
	} {
		got := investigate.Stage("")
		if s := investigate.SymptomOf(said); s != nil {
			got = s.Stage
		}
		if got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	for _, s := range investigate.Symptoms {
		if got := investigate.SymptomOf(s.Says); got == nil || got.Stage != s.Stage {
			t.Errorf("%q is not found as itself", s.Says)
		}
	}
}
