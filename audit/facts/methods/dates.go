package methods

import (
	"time"

	"passkeyaudit/audit"
)

// Days on which rules of Microsoft change, in UTC.
const (
	// PhoneRetirement is when text messages and calls that Microsoft delivers end,
	// for everybody but those of PhoneRetirementLate. A telephony provider of the
	// tenant's own, which Graph does not show, keeps them. Announced for the public
	// cloud. Source: SMS (concept-sms-voice-retirement, 2026-06-10).
	PhoneRetirement = "2027-02-01"
	// PhoneRetirementLate is when they end for Global Administrators and external
	// users; internal guests follow PhoneRetirement. Source: SMSF
	// (concept-sms-voice-retirement-faq, 2026-09-23).
	PhoneRetirementLate = "2027-07-01"
	// GuestSupport is the first day after the year by whose end guests are planned to
	// be able to register passkeys. Source: SMSF (2026-09-23).
	GuestSupport = "2027-01-01"
	// LegacyMembersEnd is when Graph stops returning isAttestationEnforced and
	// keyRestrictions on the Fido2 entry. From then on their absence says nothing.
	// Source: Graph v1.0 metadata, Revisions annotation (2025-10-15).
	LegacyMembersEnd = "2027-10-15"
)

// Reached tells whether a snapshot was taken on or after a day, such as
// "2027-10-15", in UTC. The snapshot's time was checked when it was opened.
func Reached(takenAt, day string) bool {
	t, err := time.Parse(time.RFC3339, takenAt)
	return err == nil && t.UTC().Format(time.DateOnly) >= day
}

// GuestsRegister tells whether guests can register passkeys at all: no, and not
// known from the day by which support was planned. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08), SMSF (2026-09-23).
func GuestsRegister(takenAt string) audit.Tri {
	if Reached(takenAt, GuestSupport) {
		return audit.Unsure
	}
	return audit.No
}
