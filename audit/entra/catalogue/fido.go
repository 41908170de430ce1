package catalogue

import (
	"fmt"
	"strings"
	"time"
)

// Certifications is what the FIDO Alliance's metadata say of models at the time of a
// snapshot. A nil one says nothing.
type Certifications struct {
	File   string
	Digest string // SHA-256 of the file
	Number int    // of the edition
	// NextUpdate is the day by which the next edition was announced.
	NextUpdate time.Time
	// Stale: that day was past when the snapshot was taken. What the file says was so; it
	// may say less than is known by now.
	Stale  bool
	models map[string]*Certification // by AAGUID, in lower case
}

// Certification is what the metadata say of one model.
type Certification struct {
	AAGUID      string // lower case
	Description string
	Standing    Standing
	// Status is the word of the metadata behind the standing, such as "FIDO_CERTIFIED_L2"
	// or "REVOKED", Since the day from which it holds; empty where it is not told.
	Status, Since string
}

// Standing is how a model stands with the FIDO Alliance.
type Standing uint8

const (
	// StandingUnknown: no report is in effect, or one that is not known.
	StandingUnknown Standing = iota
	Certified
	// NotCertified: the Alliance has not certified it, or its maker's word is all there is.
	NotCertified
	// Compromised: keys, their attestation or the check of the person can be got around.
	Compromised
	// Revoked: the Alliance has withdrawn its certification.
	Revoked
)

// NewCertifications makes them of a list of models.
func NewCertifications(c Certifications, models []Certification) *Certifications {
	c.models = make(map[string]*Certification, len(models))
	for i := range models {
		c.models[models[i].AAGUID] = &models[i]
	}
	return &c
}

// WithFIDO is the catalogue with the FIDO Alliance's metadata beside it.
func (c *Catalogue) WithFIDO(certifications *Certifications) *Catalogue {
	next := *c
	next.fido = certifications
	return &next
}

// FIDO is what the FIDO Alliance's metadata say; nil where none were given.
func (c *Catalogue) FIDO() *Certifications { return c.fido }

// Of finds a model by its AAGUID in any letter case; nil for one that is not in the
// metadata.
func (c *Certifications) Of(aaguid string) *Certification {
	if c == nil {
		return nil
	}
	return c.models[strings.ToLower(aaguid)]
}

// Count is how many models the metadata name.
func (c *Certifications) Count() int { return len(c.models) }

// String cites the edition.
func (c *Certifications) String() string {
	text := fmt.Sprintf("FIDO metadata no. %d (%s)", c.Number, c.File)
	if c.Stale {
		text += fmt.Sprintf(", older than the snapshot: the next edition was due on %s", c.NextUpdate.Format(time.DateOnly))
	}
	return text
}

// String says how the model stands: "REVOKED since 2026-03-01".
func (c *Certification) String() string {
	if c.Since == "" {
		return c.Status
	}
	return c.Status + " since " + c.Since
}
