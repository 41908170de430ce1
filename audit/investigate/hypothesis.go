package investigate

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit"
)

// Verdict is how a hypothesis stands.
type Verdict string

const (
	// Confirmed follows from the snapshot, or from an answer, by a documented rule.
	Confirmed Verdict = "confirmed"
	// Likely is what the evidence points to; something else could explain it.
	Likely Verdict = "likely"
	// Possible is not against the evidence, and hangs on what Graph does not show.
	Possible Verdict = "possible"
	// CannotTell: what would decide it was not read, or was not asked.
	CannotTell Verdict = "cannot-tell"
	RuledOut   Verdict = "ruled-out"
)

// Verdicts lists them, the strongest first.
var Verdicts = []Verdict{Confirmed, Likely, Possible, CannotTell, RuledOut}

func (v Verdict) rank() int { return slices.Index(Verdicts, v) }

// A Problem is one of the eight that people have with passkeys.
type Problem struct {
	Number      int
	Slug, Title string
}

// Problems lists the eight, in the order of the troubleshooting guide.
var Problems = []Problem{
	{1, "cannot-register", "The person cannot register a passkey"},
	{2, "authenticator-on-some-phones", "Microsoft Authenticator works on some phones only"},
	{3, "cross-device-hangs", "Computer and phone do not find each other"},
	{4, "conditional-access-blocks", "Conditional Access blocks or loops"},
	{5, "orphaned-passkey", "The passkey is on the device, and Entra refuses it"},
	{6, "android-work-profile", "The passkey is in the other profile of an Android phone"},
	{7, "synced-or-third-party", "A synced passkey or another provider is not accepted"},
	{8, "works-here-not-there", "It works in one place and not in another"},
}

// Hypothesis is one problem as the explanation.
type Hypothesis struct {
	Problem
	Verdict Verdict
	// Why says it in one sentence.
	Why       string
	Evidence  []Proof
	Questions []Question
	Actions   []Action
	// Competing are other explanations that nothing read rules out.
	Competing []string
	// Tell says to the person, in plain words, what is the matter and what to do.
	Tell string

	weight   int
	recorded bool
}

// Proof is what a sentence rests on: evidence in the snapshot, or an answer.
type Proof struct {
	audit.Evidence
	// Answer is the flag of an answer and Said what was answered; Evidence is then empty.
	Answer, Said string
}

// proofs makes proofs of evidence.
func proofs(list ...audit.Evidence) []Proof {
	var out []Proof
	for _, e := range list {
		if e.Section != "" {
			out = append(out, Proof{Evidence: e})
		}
	}
	return out
}

// answered makes a proof of an answer.
func answered(flag, said, means string) Proof {
	return Proof{Evidence: audit.Evidence{Means: means}, Answer: flag, Said: said}
}

// Action is a step: who does what, where and on which device.
type Action struct {
	Who    Who    `json:"who"`
	Do     string `json:"do"`
	Where  string `json:"where,omitzero"`
	Device string `json:"device,omitzero"`
}

// Who does a step.
type Who string

const (
	Administrator Who = "administrator"
	User          Who = "user"
	HelpDesk      Who = "help desk"
)

// String writes a step as one sentence.
func (a Action) String() string {
	text := a.Do
	if a.Where != "" {
		text += " Where: " + a.Where + "."
	}
	if a.Device != "" {
		text += " On: " + a.Device + "."
	}
	who := map[Who]string{Administrator: "Administrator: ", User: "User: ", HelpDesk: "Help desk: "}[a.Who]
	return who + text
}

// signal is something that speaks for a problem, or rules it out.
type signal struct {
	verdict Verdict
	weight  int // of signals of one verdict the heaviest counts
	why     string
	proof   []Proof
	actions []Action
	tell    string
	ask     []questionID
	// competing are other explanations of the same evidence.
	competing []string
	// recorded: the logs have something that went wrong, so that not all is fine.
	recorded bool
}

// strongest is the signal that counts.
func strongest(signals []signal) signal {
	return slices.MinFunc(signals, func(a, b signal) int {
		return cmp.Or(cmp.Compare(a.verdict.rank(), b.verdict.rank()), cmp.Compare(b.weight, a.weight))
	})
}

// affinity is how much a stage speaks for a problem, among hypotheses of one verdict.
var affinity = map[Stage]map[int]int{
	CannotStart:       {1: 20, 4: 10, 2: 6, 7: 8, 6: 4},
	RegistrationFails: {4: 20, 2: 14, 3: 8, 7: 8, 1: 8},
	SignInFails:       {5: 12, 4: 14, 7: 8, 8: 8, 6: 4},
	CrossDeviceFails:  {3: 40},
	NotRecognised:     {5: 40, 6: 16, 7: 4},
	Unsupported:       {8: 40, 2: 10, 7: 8, 6: 6},
}

// ranked settles every problem and orders them, the likeliest first.
func (c *inquiry) ranked() []Hypothesis {
	judges := []func(*inquiry) []signal{register, authenticatorPhones, crossDevice, conditionalAccess, orphaned, androidProfile, syncedProvider, supported}
	var list []Hypothesis
	for i, judge := range judges {
		s := strongest(judge(c))
		h := Hypothesis{Problem: Problems[i], Verdict: s.verdict, Why: s.why, Evidence: s.proof, Actions: s.actions, Competing: s.competing, Tell: s.tell, recorded: s.recorded}
		if len(h.Evidence) == 0 {
			h.Evidence = c.leastProof()
		}
		h.weight = s.weight + affinity[c.stage][h.Number]
		for _, id := range s.ask {
			if q := c.question(id); q != nil {
				h.Questions = append(h.Questions, *q)
			}
		}
		list = append(list, h)
	}
	slices.SortStableFunc(list, func(a, b Hypothesis) int {
		return cmp.Or(cmp.Compare(a.Verdict.rank(), b.Verdict.rank()), cmp.Compare(b.weight, a.weight), cmp.Compare(a.Number, b.Number))
	})
	return list
}

// leastProof is what a sentence rests on that says what is not there: what was looked
// through, or the account itself.
func (c *inquiry) leastProof() []Proof {
	for _, list := range [][]Proof{c.gapProofs(), proofs(c.d.holdings...), c.allPolicies()} {
		if len(list) > 0 {
			return list
		}
	}
	return proofs(c.d.quote("/id", "the account that was looked at"))
}

// upper makes the first letter of a sentence large.
func upper(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}
