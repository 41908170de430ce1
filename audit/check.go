package audit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"passkeyaudit/audit/snapshot"
)

// Gap says what rows missing from a section could do to a check.
type Gap int

const (
	// Either: missing rows could hide a finding or refute one. The zero value, so
	// that saying nothing is the careful choice.
	Either Gap = iota
	// Hides: missing rows could only add findings or people. What was found stands.
	Hides
	// Refutes: missing rows could only take a finding away. Finding nothing stands.
	Refutes
	// Refines: missing rows change neither whether there is a finding nor whom it
	// is about, only how precise it is: a severity stays at its default, a kind of
	// account falls back to person. A check that needs such rows after all in a
	// particular case says so with [Pass.Lacks].
	Refines
)

// Read declares that a check or fact reads a section.
type Read struct {
	Section snapshot.SectionID
	Gap     Gap
}

// Check is one thing that can be wrong with a tenant.
type Check struct {
	// ID and Slug are stable for ever; a retired one is never used again.
	ID, Slug string
	Doc      Doc
	// Problem is the problem family of the passkey troubleshooting guide, 1 to 8;
	// 0 is general posture.
	Problem int
	// Severity is the default. A finding may differ only by the rule in Doc.Raised.
	Severity Severity
	Reads    []Read
	Facts    []AnyFact
	// Run reports findings on the pass. It must not mention the Check variable
	// itself, which would be an initialisation cycle; the runner stamps id and
	// default severity.
	Run func(context.Context, *Pass) error
}

// Family is the group of checks this one belongs to, such as "bootstrap" for
// PK-BOOT-001, and the short form used in ids, "boot".
func (c *Check) Family() (name, short string) {
	m := checkID.FindStringSubmatch(c.ID)
	if m == nil {
		return "", ""
	}
	return families[m[1]], strings.ToLower(m[1])
}

// families are the groups of the catalogue by the middle part of their ids.
var families = map[string]string{
	"SCOPE": "scope", "SELF": "self-service", "BOOT": "bootstrap", "ATT": "attestation", "DEV": "devices",
	"XDEV": "cross-device", "ORPH": "orphans", "SYNC": "synced", "COMP": "compatibility", "POST": "posture",
}

var (
	checkID   = regexp.MustCompile(`^PK-([A-Z]+)-[0-9]{3}$`)
	checkSlug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// Validate reports what is wrong with a set of checks: bad or repeated ids,
// missing documentation, unknown sections. It is called before anything runs.
func Validate(checks []*Check) error {
	ids, slugs := map[string]bool{}, map[string]bool{}
	var errs []error
	bad := func(c *Check, format string, args ...any) {
		errs = append(errs, fmt.Errorf("check %s: %s", c.ID, fmt.Sprintf(format, args...)))
	}
	for _, c := range checks {
		if !checkID.MatchString(c.ID) || ids[c.ID] {
			bad(c, "the id is malformed or used twice")
		}
		if !checkSlug.MatchString(c.Slug) || slugs[c.Slug] {
			bad(c, "the slug %q is malformed or used twice", c.Slug)
		}
		ids[c.ID], slugs[c.Slug] = true, true
		if c.Problem < 0 || c.Problem > 8 {
			bad(c, "problem %d is not one of the guide's eight, or 0", c.Problem)
		}
		if c.Severity < Info || c.Severity > Critical {
			bad(c, "it has no severity")
		}
		if c.Run == nil {
			bad(c, "it has nothing to run")
		}
		if err := c.Doc.complete(); err != nil {
			bad(c, "%v", err)
		}
		if err := checkReads(c.Reads); err != nil {
			bad(c, "%v", err)
		}
		for f := range closure(c.Facts) {
			if err := checkReads(f.reads()); err != nil {
				bad(c, "fact %s: %v", f.FactName(), err)
			}
		}
	}
	return errors.Join(errs...)
}

func checkReads(reads []Read) error {
	seen := map[snapshot.SectionID]bool{}
	for _, r := range reads {
		if _, ok := snapshot.Spec(r.Section); !ok {
			return fmt.Errorf("it reads %q, which is no section", r.Section)
		}
		if seen[r.Section] {
			return fmt.Errorf("it declares %s twice", r.Section)
		}
		seen[r.Section] = true
	}
	return nil
}

// AllReads is everything a check reads, itself or through facts, with the gap
// that counts: the check's own word where it has one; else Either, unless every
// fact that reads the section calls it Refines.
func (c *Check) AllReads() map[snapshot.SectionID]Gap {
	all := map[snapshot.SectionID]Gap{}
	for f := range closure(c.Facts) {
		for _, r := range f.reads() {
			gap := Either
			if r.Gap == Refines {
				gap = Refines
			}
			if old, seen := all[r.Section]; seen && old == Either {
				gap = Either
			}
			all[r.Section] = gap
		}
	}
	for _, r := range c.Reads {
		all[r.Section] = r.Gap
	}
	return all
}
