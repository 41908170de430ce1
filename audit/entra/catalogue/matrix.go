package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/tri"
)

// Matrix answers where passkeys work.
type Matrix struct{ file *supportFile }

// Matrix is the support matrix in use.
func (c *Catalogue) Matrix() Matrix { return Matrix{c.support} }

// Edition is that of the matrix.
func (m Matrix) Edition() Edition { return m.file.edition }

// Cells lists them all.
func (m Matrix) Cells() []SupportCell { return m.file.cells }

// Question is about one way of using a passkey. Members that are empty are not known:
// the answer then holds for whatever they are.
type Question struct {
	OS string // Windows, macOS, iOS, Android, ChromeOS, Linux, in any letter case
	// OSVersion is "10 1909", "11 22H2" or a build of Windows, a number elsewhere.
	OSVersion string
	// Surface is browser, nativeAppBroker, nativeAppNoBroker, nativeAppWAM,
	// authenticatorApp, osSignIn, rdp or other.
	Surface string
	// Client is a browser, as sign-in logs or the matrix name it, or an app.
	Client, ClientVersion string
	// Authenticator is securityKey, authenticatorPasskey, windowsHelloPasskey or
	// "synced:" with a provider; see [Model.Authenticator].
	Authenticator string
	Flow          string // sameDevice, crossDevice, inAppVerified
	Operation     string // signIn, which empty stands for, or registration
	// Passkeys is how many the account has; 0 where that is not known.
	Passkeys int
	// At is the time for which it is asked, that of the snapshot. It decides whether a
	// source is too old to rely on; the zero time leaves that to the file.
	At time.Time
}

// Support is what the matrix says.
type Support uint8

const (
	// SupportUnknown: no cell speaks of it, or the answer hangs on what is not known.
	SupportUnknown Support = iota
	Supported
	Unsupported
)

func (s Support) String() string { return [...]string{"unknown", "supported", "unsupported"}[s] }

// Answer is what the matrix says, with where it says so.
type Answer struct {
	Support Support
	// Cell is the cell that decides, or says most about it; nil where none speaks of it.
	Cell *SupportCell
	// Hangs says on what an answer that is not known hangs, and what may stand in the way
	// of one that is known.
	Hangs []string
	// Stale: the cell's source has a newer edition that was not read, or is old. Such an
	// answer explains and asks; nobody is found at fault by it.
	Stale   bool
	Edition Edition
}

// Cite says where the answer stands: "support matrix 2026-11 of 2026-11-22, c023 (MTX,
// 2025-05-12, of which there are newer editions)".
func (a Answer) Cite() string {
	if a.Cell == nil {
		return a.Edition.String() + ", which does not speak of it"
	}
	source := a.Cell.Source.Cite()
	switch {
	case a.Cell.Source.Stale:
		source += ", of which a newer edition exists that was not read"
	case a.Stale:
		source += ", more than a year before this snapshot"
	}
	return fmt.Sprintf("%s, %s (%s)", a.Edition, a.Cell.ID, source)
}

// reliable is how long a page is relied on: they change about once a year, and the
// program does not see it.
const reliable = 365 * 24 * time.Hour

// stale tells whether a source is too old to find fault by.
func (s Source) staleAt(at time.Time) bool {
	if s.Stale || at.IsZero() {
		return s.Stale
	}
	for _, form := range []string{time.DateOnly, "2006-01"} {
		if date, err := time.Parse(form, s.Date); err == nil {
			return at.Sub(date) > reliable
		}
	}
	return true // nobody knows how old it is
}

// Look answers a question. A combination that no cell speaks of is unknown, and so is
// one for which the cells differ by something that is not known. A cell for a certain
// client, authenticator or flow goes before one for any.
func (m Matrix) Look(q Question) Answer {
	if q.Operation == "" {
		q.Operation = "signIn"
	}
	q.Client = browserOf(q.Client)
	out := Answer{Edition: m.Edition()}
	if q.OS == "" {
		out.Hangs = []string{"the operating system"}
		return out
	}
	possible := m.expand(q)
	answers := make([]Answer, len(possible))
	same := true
	for i, one := range possible {
		answers[i] = m.settle(one)
		same = same && answers[i].Support == answers[0].Support
	}
	// The one that is most against it speaks for all.
	worst := slices.MaxFunc(answers, func(a, b Answer) int { return int(rank(a)) - int(rank(b)) })
	out.Cell, out.Hangs = worst.Cell, worst.Hangs
	if same {
		out.Support = answers[0].Support
	} else {
		out.Hangs = append(slices.Clone(out.Hangs), differing(q, possible, answers)...)
	}
	if out.Support == Unsupported {
		// One cell that can be relied on for each possibility, or the answer cannot be.
		for _, a := range answers {
			out.Stale = out.Stale || a.Cell != nil && a.Cell.Source.staleAt(q.At)
		}
	} else if out.Cell != nil {
		out.Stale = out.Cell.Source.staleAt(q.At)
	}
	return out
}

// rank orders answers by how much they say against it.
func rank(a Answer) int {
	switch {
	case a.Support == Unsupported:
		return 3
	case a.Support == SupportUnknown && a.Cell != nil:
		return 2
	case a.Support == Supported:
		return 1
	default:
		return 0
	}
}

// unlisted stands for a value that no cell names.
const unlisted = "\x00"

// dimensions are the members of a question that cells tell apart and that may be left
// open, with their names for people.
var dimensions = []struct {
	name string
	of   func(*Question) *string
	in   func(*SupportCell) string
}{
	{"whether it is a browser or an app, and with a broker or without", func(q *Question) *string { return &q.Surface }, func(c *SupportCell) string { return c.Surface }},
	{"the browser or app", func(q *Question) *string { return &q.Client }, func(c *SupportCell) string { return c.Client }},
	{"the authenticator", func(q *Question) *string { return &q.Authenticator }, func(c *SupportCell) string { return c.Authenticator }},
	{"whether it is on the same device or across devices", func(q *Question) *string { return &q.Flow }, func(c *SupportCell) string { return c.Flow }},
}

// expand lists the questions that a question with open members may stand for: those
// that cells of the system tell apart, and one beside them.
func (m Matrix) expand(q Question) []Question {
	list := []Question{q}
	for _, d := range dimensions {
		if *d.of(&q) != "" {
			continue
		}
		var values []string
		for i := range m.file.cells {
			c := &m.file.cells[i]
			if !strings.EqualFold(c.OS, q.OS) && c.OS != "any" || !c.about(q.Operation) {
				continue
			}
			for part := range strings.SplitSeq(d.in(c), "+") {
				if part != "any" && part != "provider" && !slices.Contains(values, part) {
					values = append(values, part)
				}
			}
		}
		// Flows are few and all known; of the others there are some that no cell names.
		if d.in(&SupportCell{Flow: "x"}) != "x" {
			values = append(values, unlisted)
		} else {
			values = []string{"sameDevice", "crossDevice"}
		}
		var next []Question
		for _, one := range list {
			for _, v := range values {
				*d.of(&one) = v
				next = append(next, one)
			}
		}
		list = next
	}
	return list
}

// differing names the open members on which the answer hangs.
func differing(q Question, possible []Question, answers []Answer) []string {
	var names []string
	for _, d := range dimensions {
		if *d.of(&q) != "" {
			continue
		}
		by, varies := map[Question]Support{}, false
		for i, one := range possible {
			*d.of(&one) = ""
			if other, seen := by[one]; seen && other != answers[i].Support {
				varies = true
			}
			by[one] = answers[i].Support
		}
		if varies {
			names = append(names, d.name)
		}
	}
	return names
}

// about tells whether the cell speaks of an operation.
func (c *SupportCell) about(operation string) bool {
	for part := range strings.SplitSeq(c.Operation, "+") {
		if strings.EqualFold(part, operation) {
			return true
		}
	}
	return false
}

// exactness tells whether a cell speaks of a question without open members, and by how
// much of it.
func (c *SupportCell) exactness(q *Question) (n int, ok bool) {
	if !c.about(q.Operation) {
		return 0, false
	}
	for _, d := range [][2]string{{q.OS, c.OS}, {q.Client, c.Client}, {q.Authenticator, c.Authenticator}, {q.Flow, c.Flow}} {
		switch {
		case strings.EqualFold(d[1], "any"):
		case strings.EqualFold(d[0], d[1]):
			n++
		default:
			return 0, false
		}
	}
	if c.Surface == "any" {
		return n, true
	}
	for part := range strings.SplitSeq(c.Surface, "+") {
		// Whether a provider is there holds in browsers and apps alike.
		wam := part == "WAM" && strings.EqualFold(q.Surface, "nativeAppWAM")
		if strings.EqualFold(part, q.Surface) || wam || part == "provider" {
			return n, true
		}
	}
	return 0, false
}

// settle answers a question without open members. A synced passkey takes two things on
// the device itself: a browser or app that can, and a provider that is there. The cells
// of the first are older than synced passkeys and do not speak of the second.
func (m Matrix) settle(q Question) Answer {
	place := m.best(&q, func(c *SupportCell) bool { return c.Surface != "provider" })
	if !strings.HasPrefix(q.Authenticator, "synced:") || q.Flow == "crossDevice" {
		return place
	}
	provider := m.best(&q, func(c *SupportCell) bool { return c.Surface == "provider" })
	if provider.Cell == nil {
		provider.Hangs = append(provider.Hangs, "whether the provider keeps passkeys there")
	}
	out := place
	if provider.Cell != nil && rank(provider) >= rank(place) {
		out.Cell = provider.Cell
	}
	switch {
	case place.Support == Unsupported:
		return place
	case provider.Support == Unsupported:
		return provider
	case place.Support == SupportUnknown || provider.Support == SupportUnknown:
		out.Support = SupportUnknown
	}
	out.Hangs = slices.Concat(place.Hangs, provider.Hangs)
	return out
}

// best is the answer of those cells of a kind that say most about a question.
func (m Matrix) best(q *Question, of func(*SupportCell) bool) Answer {
	var best []*SupportCell
	var unless []string
	var floor Answer // of any cell: what is too old for a browser is too old for a key in it
	most := -1
	for i := range m.file.cells {
		c := &m.file.cells[i]
		n, ok := c.exactness(q)
		if !ok || !of(c) || c.idle(q) {
			continue
		}
		// What only some devices run into does not decide for all.
		if c.Supported != "conditional" && len(c.Conditions) > 0 {
			unless = append(unless, c.Conditions...)
			continue
		}
		if support, hangs := c.answer(q); c.Supported == "yes" && support == Unsupported {
			floor = Answer{Support: support, Cell: c, Hangs: hangs}
		}
		switch {
		case n > most:
			most, best = n, []*SupportCell{c}
		case n == most:
			best = append(best, c)
		}
	}
	if floor.Cell != nil {
		return floor
	}
	out := Answer{}
	for i, c := range best {
		support, hangs := c.answer(q)
		one := Answer{Support: support, Cell: c}
		switch {
		case i == 0:
			out = one
		case support != out.Support:
			if rank(one) > rank(out) {
				out.Cell = c
			}
			out.Support = SupportUnknown
		}
		out.Hangs = append(out.Hangs, hangs...)
	}
	for _, condition := range unless {
		out.Hangs = append(out.Hangs, "unless: "+condition)
	}
	return out
}

// idle tells whether a cell is for a condition that is known not to hold: other
// browsers, or more passkeys on the account.
func (c *SupportCell) idle(q *Question) bool {
	return slices.ContainsFunc(c.Conditions, func(condition string) bool {
		browser, not := strings.CutPrefix(condition, "browser!=")
		return not && strings.EqualFold(browser, q.Client) || condition == "passkeysOnAccount>3" && q.Passkeys > 0 && q.Passkeys <= 3
	})
}

// answer is what one cell says, with the versions.
func (c *SupportCell) answer(q *Question) (Support, []string) {
	switch c.Supported {
	case "no":
		return Unsupported, nil
	case "conditional":
		if len(c.Conditions) == 0 {
			return SupportUnknown, []string{c.Notes}
		}
		return SupportUnknown, c.Conditions
	case "yes":
	default:
		return SupportUnknown, nil
	}
	support := Supported
	var hangs []string
	for _, floor := range []struct {
		name, min string
		at        tri.Value
	}{
		{c.OS, c.OSVersionMin, AtLeast(c.OS, q.OSVersion, c.OSVersionMin)},
		{c.Client, c.ClientVersionMin, clientAtLeast(c.Client, q.ClientVersion, c.ClientVersionMin)},
	} {
		switch {
		case floor.min == "" || floor.at == tri.Yes:
		case floor.at == tri.No:
			return Unsupported, []string{fmt.Sprintf("%s %s or later is wanted", floor.name, floor.min)}
		default:
			support = SupportUnknown
			hangs = append(hangs, fmt.Sprintf("whether it is %s %s or later", floor.name, floor.min))
		}
	}
	return support, hangs
}

// browserOf gives the name that the matrix has for a browser of a sign-in log. Others
// stay as they are.
func browserOf(name string) string {
	name = strings.TrimSpace(name)
	for _, known := range []struct{ prefix, name string }{
		{"mobile safari ui", ""}, {"mobile safari", "Safari"}, {"safari", "Safari"}, {"chrome mobile webview", ""}, {"chrome", "Chrome"}, {"firefox", "Firefox"}, {"edge", "Edge"},
	} {
		if strings.HasPrefix(strings.ToLower(name), known.prefix) {
			if known.name == "" { // a web view inside an app
				return name
			}
			return known.name
		}
	}
	return name
}

// Authenticator is the word of the matrix for what keeps a model's passkeys; empty where
// that is not known.
func (m *Model) Authenticator() string {
	switch m.AAGUID {
	case AuthenticatorAndroid, AuthenticatorIOS:
		return "authenticatorPasskey"
	case WindowsHelloTPM, WindowsHelloVBS, WindowsHelloSoftware:
		return "windowsHelloPasskey"
	case ICloudKeychain, ICloudKeychainManaged:
		return "synced:appleICloudKeychain"
	case GooglePasswordManager:
		return "synced:googlePasswordManager"
	}
	switch {
	case m.Kind == SecurityKey:
		return "securityKey"
	case m.Synced() == tri.Yes:
		return "synced:otherPasskeyProvider"
	default:
		return ""
	}
}
