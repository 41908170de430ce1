package fidometadata

import (
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"passkeyaudit/audit/entra/catalogue"
)

// at is what the metadata say of one authenticator at a time. A report that cannot be
// read leaves its standing unknown: it might be the one that counts.
func (e *entry) at(at time.Time) catalogue.Certification {
	c := catalogue.Certification{AAGUID: strings.ToLower(e.AAGUID), Description: e.Statement.Description}
	var reports []metadata.StatusReport
	for _, j := range e.Reports {
		r, err := j.Parse()
		if err != nil {
			return c
		}
		reports = append(reports, r)
	}
	in := metadata.EffectiveStatusReports(reports, at)
	// A weakness is not taken back by a later report; see the metadata package.
	for _, grave := range []catalogue.Standing{catalogue.Revoked, catalogue.Compromised} {
		if of := only(in, grave); len(of) > 0 {
			return told(c, grave, &of[0])
		}
	}
	// Reports about other schemes, or an update, say nothing of certification.
	certification := slices.DeleteFunc(slices.Clone(in), func(r metadata.StatusReport) bool { return standingOf(r.Status) == catalogue.StandingUnknown })
	if current := metadata.CurrentStatusReportAt(certification, at); current != nil {
		return told(c, standingOf(current.Status), current)
	}
	return c
}

func only(reports []metadata.StatusReport, standing catalogue.Standing) []metadata.StatusReport {
	return slices.DeleteFunc(slices.Clone(reports), func(r metadata.StatusReport) bool { return standingOf(r.Status) != standing })
}

func told(c catalogue.Certification, standing catalogue.Standing, r *metadata.StatusReport) catalogue.Certification {
	c.Standing, c.Status = standing, string(r.Status)
	if r.EffectiveDate != nil {
		c.Since = r.EffectiveDate.Format(time.DateOnly)
	}
	return c
}

// standingOf reads a status of the metadata. Source: FIDO Metadata Service 3.1.1,
// AuthenticatorStatus (2026-01-05).
func standingOf(s metadata.AuthenticatorStatus) catalogue.Standing {
	switch s {
	case metadata.Revoked:
		return catalogue.Revoked
	case metadata.UserVerificationBypass, metadata.AttestationKeyCompromise, metadata.UserKeyRemoteCompromise, metadata.UserKeyPhysicalCompromise:
		return catalogue.Compromised
	case metadata.NotFidoCertified, metadata.SelfAssertionSubmitted:
		return catalogue.NotCertified
	}
	if strings.HasPrefix(string(s), "FIDO_CERTIFIED") {
		return catalogue.Certified
	}
	return catalogue.StandingUnknown
}
