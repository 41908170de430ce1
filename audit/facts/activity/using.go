package activity

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
)

// Step is a method of a sign-in, as beta of Graph tells it in authenticationDetails.
type Step struct {
	// Word is the method as the log writes it, for people.
	Word string
	// Mode is the method as strengths name it; empty where the word stands for several
	// of them, or for none.
	Mode string
	// Passkey: it is a passkey. Phishable: it is one that phishing gets around.
	Passkey, Phishable bool
	// Index is its place among the details.
	Index int
}

// words are the methods by the beginning of their words in authenticationDetails.
// Sources: GD (Graph beta reference, authenticationDetail), LOG (Microsoft Entra
// documentation on sign-in logs); rows that were published. What is not listed here
// says nothing.
var words = []struct {
	prefix string
	step   Step
}{
	{"passkey", Step{Mode: "fido2", Passkey: true}},
	{"fido2", Step{Mode: "fido2", Passkey: true}},
	{"windows hello for business", Step{Mode: "windowsHelloForBusiness"}},
	{"password", Step{Mode: "password", Phishable: true}},
	{"mobile app notification", Step{Mode: "microsoftAuthenticatorPush", Phishable: true}},
	{"microsoft authenticator (push", Step{Mode: "microsoftAuthenticatorPush", Phishable: true}},
	{"microsoft authenticator app (push", Step{Mode: "microsoftAuthenticatorPush", Phishable: true}},
	{"text message", Step{Mode: "sms", Phishable: true}},
	{"sms", Step{Mode: "sms", Phishable: true}},
	{"phone call", Step{Mode: "voice", Phishable: true}},
	{"voice call", Step{Mode: "voice", Phishable: true}},
	// Tokens of software and of hardware are not told apart.
	{"mobile app verification code", Step{Phishable: true}},
	{"oath verification code", Step{Phishable: true}},
	{"microsoft authenticator (phone sign-in", Step{Mode: "deviceBasedPush", Phishable: true}},
	{"passwordless phone sign-in", Step{Mode: "deviceBasedPush", Phishable: true}},
	// One for a single use and one for several are two modes.
	{"temporary access pass", Step{}},
	// A certificate may count as one factor or as two.
	{"x.509", Step{}},
	{"certificate", Step{}},
}

// Steps are the methods that did their part in a sign-in. told is false where the row
// does not name methods, as in v1.0. all is true where everything that was done is
// among the steps: nothing was satisfied by an earlier sign-in, and every word is one
// that stands for a single mode.
func Steps(s *entra.SignIn) (steps []Step, told, all bool) {
	told, all = s.AuthenticationDetails != nil, len(s.AuthenticationDetails) > 0
	for i, d := range s.AuthenticationDetails {
		if d.Succeeded == nil || !*d.Succeeded {
			continue
		}
		word := fold(d.Method)
		at := slices.IndexFunc(words, func(w struct {
			prefix string
			step   Step
		}) bool {
			return strings.HasPrefix(word, w.prefix)
		})
		if at < 0 || strings.Contains(fold(d.ResultDetail), "claim in the token") {
			all = false
			continue
		}
		step := words[at].step
		step.Word, step.Index = strings.TrimSpace(d.Method), i
		all = all && step.Mode != ""
		steps = append(steps, step)
	}
	return steps, told, all
}

// Using is what an account signed in with, as far as the log names methods. Only the
// latest sign-ins are kept.
type Using struct {
	// Passkey is the latest sign-in with a passkey, Phishable the latest without one by
	// a method that phishing gets around; zero where there is none.
	Passkey, Phishable Used
}

// Used is one sign-in that succeeded and the method that it names.
type Used struct {
	Row  string
	At   time.Time
	Word string
	Step int // its place among authenticationDetails
}

// usedOf reads what a row that succeeded tells of its methods: one with a passkey is
// that, whatever else was asked for. The first factor of others is what is named, unless
// a second one is.
func usedOf(s *entra.SignIn, at time.Time) (u Using, told bool) {
	steps, told, _ := Steps(s)
	for _, step := range steps {
		used := Used{s.ID, at, step.Word, step.Index}
		switch {
		case step.Passkey:
			return Using{Passkey: used}, told
		case step.Phishable:
			u.Phishable = used
		default:
			// Windows Hello, a certificate or a pass.
			return Using{}, told
		}
	}
	return u, told
}

func (u *Using) add(v *Using) {
	for _, pair := range []struct{ to, from *Used }{{&u.Passkey, &v.Passkey}, {&u.Phishable, &v.Phishable}} {
		if pair.from.Row != "" && (pair.to.Row == "" || cmp.Or(pair.from.At.Compare(pair.to.At), cmp.Compare(pair.to.Row, pair.from.Row)) > 0) {
			*pair.to = *pair.from
		}
	}
}
