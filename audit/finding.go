package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Finding is one instance of what a check looks for: one subject, one cause.
type Finding struct {
	// Check, and Severity where it is zero, are stamped by the runner.
	Check    *Check
	Severity Severity
	// Certainty is Confirmed if zero.
	Certainty Certainty
	// Tentative findings could be refuted by rows that are missing. They count
	// neither in the summary nor for the exit code.
	Tentative bool
	// Accepted is the decision to live with the finding, stamped by the runner; nil
	// where there is none. Such findings count like tentative ones: nowhere.
	Accepted *Acceptance
	// New: it counts, and did not count in the baseline. Nothing is new where the run
	// has no baseline.
	New bool

	Message  string
	Subject  Subject
	Affected Population
	Evidence []Evidence
	Fix      []Step
	// Blockers are the ids that, with check and subject, make the finding the same
	// one in a later run.
	Blockers []string
	// Recorded is the fingerprint of a finding that was read back from a stored run,
	// which does not keep the blockers; empty for one that was just made.
	Recorded string
}

// Fingerprint identifies the finding across runs: a digest of check, subject and
// sorted blockers. Prose, counts and people do not enter it.
func (f *Finding) Fingerprint() string {
	if f.Recorded != "" {
		return f.Recorded
	}
	blockers := slices.Clone(f.Blockers)
	slices.Sort(blockers)
	blockers = slices.Compact(blockers)
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s", f.Check.ID, f.Subject.Type, f.Subject.ID)
	for _, b := range blockers {
		fmt.Fprintf(h, "\x00%s", b)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// SubjectType is the kind of thing a finding is about.
type SubjectType string

const (
	SubjectTenant  SubjectType = "tenant"
	SubjectPolicy  SubjectType = "policy"
	SubjectProfile SubjectType = "profile"
	SubjectGroup   SubjectType = "group"
	SubjectRole    SubjectType = "role"
	SubjectClass   SubjectType = "class"
	SubjectUser    SubjectType = "user"
)

// Subject is the object a finding is about.
type Subject struct {
	Type SubjectType
	ID   string
	Name string
}

// Evidence points at what the snapshot says: a value inside an object, the
// absence of a member, or a section as a whole.
type Evidence struct {
	Section snapshot.SectionID
	Object  string    // the row's key; empty for evidence about the section
	Pointer string    // JSON pointer inside the object
	Value   entra.Raw // what stands there
	Absent  bool      // the parent of Pointer is there, its last step is not
	Rows    int       // rows examined, for evidence about the section
	Means   string    // what it shows, in words
}

// Quote makes evidence of whatever raw holds at pointer: its value, or that it is
// absent.
func Quote(section snapshot.SectionID, object string, raw entra.Raw, pointer, means string) Evidence {
	v, found := entra.Lookup(raw, pointer)
	return Evidence{Section: section, Object: object, Pointer: pointer, Value: v, Absent: !found, Means: means}
}

// Examined makes evidence of a section having been looked through.
func Examined(section snapshot.SectionID, rows int, means string) Evidence {
	return Evidence{Section: section, Rows: rows, Means: means}
}

// Member is one account of a population.
type Member struct {
	ID                string
	UserPrincipalName string
}

// Directory names accounts by ordinal.
type Directory interface{ Member(ordinal uint32) Member }

// Population is the accounts a finding is about: an exact count, and members
// listed only when asked for. The zero value is nobody.
type Population struct {
	set    Set
	dir    Directory
	unit   string
	listed []Member // instead of set and dir
	// AtLeast is set by the runner where missing rows may hide more members.
	AtLeast bool
}

// People makes a population that counts people.
func People(set Set, dir Directory) Population { return Population{set: set, dir: dir, unit: "people"} }

// Accounts makes a population of accounts that are not people: guests, disabled
// or unattended accounts.
func Accounts(set Set, dir Directory) Population {
	return Population{set: set, dir: dir, unit: "accounts"}
}

// Listed makes a population of members that are known by name alone, as a stored run
// has them, in the order of their object ids. unit is as Unit gives it.
func Listed(members []Member, unit string) Population { return Population{listed: members, unit: unit} }

// Set is the population's members as ordinals; empty for one that was Listed.
func (p Population) Set() Set { return p.set }

// Count is the number of members.
func (p Population) Count() int { return p.set.Count() + len(p.listed) }

// Unit is "people" or "accounts"; empty for a finding that is about no accounts.
func (p Population) Unit() string { return p.unit }

// Members yields the members in the order of their object ids.
func (p Population) Members() iter.Seq[Member] {
	if p.listed != nil {
		return slices.Values(p.listed)
	}
	return func(yield func(Member) bool) {
		for ordinal := range p.set.All() {
			if !yield(p.dir.Member(ordinal)) {
				return
			}
		}
	}
}

// CountPhrase writes a number of things: "1 person", "12 people".
func CountPhrase(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", groupThousands(n), many)
}

// PeoplePhrase writes a number of people.
func PeoplePhrase(n int) string { return CountPhrase(n, "person", "people") }

// PeopleDo writes a number of people with what they do: "1 person has", "12
// people have".
func PeopleDo(n int, one, many string) string {
	if n == 1 {
		return PeoplePhrase(n) + " " + one
	}
	return PeoplePhrase(n) + " " + many
}

func groupThousands(n int) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}
