package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

// Settings is what a tenant's administrators add to its data: what they know, what
// they accept, what they do not want judged. The zero value stands for the
// defaults. Settings must not be changed once a run has them.
type Settings struct {
	// Accept are findings that are known and accepted. They are reported apart and
	// count nowhere.
	Accept []Acceptance
	// Severity, by check id, replaces the severity of every finding of a check, also
	// of one that the check itself had raised or lowered.
	Severity map[string]Severity
	// SectionsOff are sections that are judged as if nobody had collected them.
	SectionsOff []snapshot.SectionID
	// EmergencyAccounts are break-glass accounts, by object id or user principal
	// name. They go before Kinds.
	EmergencyAccounts []string
	// Kinds says what accounts stand for, by object id, user principal name or a
	// pattern of user principal names in which * is any text. It goes before all
	// other evidence; see population.Users for which of several entries counts.
	Kinds map[string]AccountKind
	// BootstrapGroups are the object ids of groups that people may be added to so
	// that they can register a first passkey.
	BootstrapGroups []string
	Lanes           Lanes
	// Switches turn rules that no source settles. A switch that is not named is off.
	Switches map[string]bool
	// Assume are conditions that are taken to hold for everybody: capablePhone,
	// securityKey, syncedProvider, trustedLocation, bluetooth, country:XX.
	Assume []string
	// Catalogue is the data about models, places and error codes to judge by, where it is
	// not all the program's own; see [Pass.Catalogue].
	Catalogue *catalogue.Catalogue
}

// Lanes are ways to a first passkey that exist only where an organisation has set
// them up.
type Lanes struct {
	// Provisioning: administrators register security keys on behalf of people.
	Provisioning bool
	// EnrolDevice: people can enrol a computer to make it compliant.
	EnrolDevice bool
}

// AccountKind says what an account stands for.
type AccountKind string

const (
	KindPerson    AccountKind = "person"
	KindShared    AccountKind = "shared"    // rooms, equipment, shared mailboxes and phones
	KindService   AccountKind = "service"   // programs
	KindSync      AccountKind = "sync"      // directory synchronisation
	KindEmergency AccountKind = "emergency" // break-glass accounts
)

// AccountKinds lists the kinds.
func AccountKinds() []AccountKind {
	return []AccountKind{KindPerson, KindShared, KindService, KindSync, KindEmergency}
}

// Acceptance is the decision to live with a finding.
type Acceptance struct {
	// Check is the id of a check; Fingerprint narrows it to one of its findings.
	Check, Fingerprint string
	Reason             string
	// Expires is the last day, in UTC, on which the acceptance holds; the zero time
	// is no end. The snapshot's time decides, not the time of reading it.
	Expires time.Time
}

// Expired tells whether the acceptance no longer held at a time.
func (a Acceptance) Expired(at time.Time) bool {
	return !a.Expires.IsZero() && !at.Before(a.Expires.AddDate(0, 0, 1))
}

// Covers tells whether the finding of a check with a fingerprint is what the
// acceptance speaks of, expired or not.
func (a Acceptance) Covers(check, fingerprint string) bool {
	return a.Check == check && (a.Fingerprint == "" || strings.EqualFold(a.Fingerprint, fingerprint))
}

// ExpiresDate writes the last day, empty for no end.
func (a Acceptance) ExpiresDate() string {
	if a.Expires.IsZero() {
		return ""
	}
	return a.Expires.Format(time.DateOnly)
}

// Digest identifies the settings: equal ones have equal digests, whatever the order
// and the letter case in which they were written down.
func (s Settings) Digest() string {
	h := sha256.New()
	fmt.Fprintln(h, "settings/v1")
	var accept []string
	for _, a := range s.Accept {
		accept = append(accept, fmt.Sprintf("%q %q %q %q", a.Check, strings.ToLower(a.Fingerprint), a.Reason, a.ExpiresDate()))
	}
	set(h, "accept", accept)
	var severity []string
	for check, sev := range s.Severity {
		severity = append(severity, fmt.Sprintf("%q %s", check, sev))
	}
	set(h, "severity", severity)
	var off []string
	for _, id := range s.SectionsOff {
		off = append(off, string(id))
	}
	set(h, "sectionsOff", off)
	set(h, "emergencyAccounts", folded(s.EmergencyAccounts))
	var kinds []string
	for account, kind := range s.Kinds {
		kinds = append(kinds, fmt.Sprintf("%q %s", strings.ToLower(account), kind))
	}
	set(h, "kinds", kinds)
	set(h, "bootstrapGroups", folded(s.BootstrapGroups))
	var on []string
	for lane, is := range map[string]bool{"provisioning": s.Lanes.Provisioning, "enrolDevice": s.Lanes.EnrolDevice} {
		if is {
			on = append(on, lane)
		}
	}
	set(h, "lanes", on)
	set(h, "switches", s.SwitchesOn())
	set(h, "assume", s.Assume)
	if s.Catalogue != nil {
		if digest := s.Catalogue.Digest(); digest != "" {
			set(h, "catalogue", []string{digest})
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Default tells whether the settings change nothing.
func (s Settings) Default() bool { return s.Digest() == Settings{}.Digest() }

// SwitchesOn lists the switches that are on, sorted.
func (s Settings) SwitchesOn() []string {
	var on []string
	for _, name := range slices.Sorted(maps.Keys(s.Switches)) {
		if s.Switches[name] {
			on = append(on, name)
		}
	}
	return on
}

// set writes a part of the digest's text, in an order of its own.
func set(w io.Writer, name string, items []string) {
	items = slices.Clone(items)
	slices.Sort(items)
	for _, item := range slices.Compact(items) {
		fmt.Fprintf(w, "%s %q\n", name, item)
	}
}

func folded(names []string) []string {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	return lower
}
