package catalogue

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

// Catalogue is the part of the data that newer files can take the place of: models,
// support matrix, sign-in errors. What the FIDO Alliance says of models may be added.
// It does not change.
type Catalogue struct {
	models  *modelFile
	errors  *signInErrorFile
	support *supportFile
	fido    *Certifications
}

// Part names a file that can be replaced.
type Part string

const (
	SupportMatrix Part = "supportMatrix"
	AAGUIDs       Part = "aaguids"
	SignInErrors  Part = "signInErrors"
)

// Parts lists them in the order of the documentation.
func Parts() []Part { return []Part{SupportMatrix, AAGUIDs, SignInErrors} }

// Title says in words what a part holds.
func (p Part) Title() string {
	switch p {
	case SupportMatrix:
		return "support matrix"
	case AAGUIDs:
		return "AAGUID catalogue"
	case SignInErrors:
		return "catalogue of sign-in errors"
	default:
		return string(p)
	}
}

func (p Part) schema() string { return "passkeyaudit." + string(p) + "/v1" }

// builtIn is the data that the program carries.
var builtIn = sync.OnceValue(func() *Catalogue {
	c := &Catalogue{}
	for _, p := range Parts() {
		var err error
		if c, err = c.With(p, "", BuiltInText(p)); err != nil {
			panic(fmt.Sprintf("catalogue: %v", err))
		}
	}
	return c
})

// BuiltIn is the catalogue that comes with the program.
func BuiltIn() *Catalogue { return builtIn() }

// BuiltInText is the file that the program carries, to start a newer one from.
func BuiltInText(p Part) []byte {
	name := map[Part]string{SupportMatrix: "support.json", AAGUIDs: "aaguids.json", SignInErrors: "signinerrors.json"}[p]
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(fmt.Sprintf("catalogue: %v", err))
	}
	return text
}

// With is the catalogue with the text of another file for a part. name is what the
// file is called in messages. The error is a *FileError.
func (c *Catalogue) With(p Part, name string, text []byte) (*Catalogue, error) {
	if err := validate(p, name, text); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(text)
	edition := Edition{Part: p, File: name, Digest: hex.EncodeToString(digest[:])}
	next := *c
	switch p {
	case SupportMatrix:
		next.support = readSupport(text)
		next.support.edition = next.support.origin.as(edition)
	case AAGUIDs:
		next.models = readModels(text)
		next.models.edition = next.models.origin.as(edition)
	case SignInErrors:
		next.errors = readSignInErrors(text)
		next.errors.edition = next.errors.origin.as(edition)
	}
	return &next, nil
}

// Edition says which file of data was used.
type Edition struct {
	Part Part
	Name string // of the edition, in its author's words
	Date string // when it was compiled, such as 2026-11-22
	// File is the file it was read from; empty for the one that the program carries.
	File   string
	Digest string // SHA-256 of the file
}

// as completes an edition by what the file says of itself.
func (o *origin) as(e Edition) Edition {
	e.Name, e.Date = o.Edition, o.Compiled
	return e
}

// Edition is that of a part.
func (c *Catalogue) Edition(p Part) Edition {
	switch p {
	case SupportMatrix:
		return c.support.edition
	case AAGUIDs:
		return c.models.edition
	default:
		return c.errors.edition
	}
}

// Editions lists what is in use.
func (c *Catalogue) Editions() []Edition {
	var all []Edition
	for _, p := range Parts() {
		all = append(all, c.Edition(p))
	}
	return all
}

// Replaced tells whether it is not the edition that the program carries.
func (e Edition) Replaced() bool { return e.File != "" }

// Outdated tells whether the program carries a newer edition.
func (e Edition) Outdated() bool { return e.Replaced() && e.Date < BuiltIn().Edition(e.Part).Date }

// String cites the edition: "support matrix 2026-11 of 2026-11-22", with the file for
// one that took the place of the program's own.
func (e Edition) String() string {
	text := fmt.Sprintf("%s %s of %s", e.Part.Title(), e.Name, e.Date)
	if e.Replaced() {
		text += " (" + e.File + ")"
	}
	return text
}

// Digest identifies what is not the program's own; empty where all is.
func (c *Catalogue) Digest() string {
	var parts []string
	for _, e := range c.Editions() {
		if e.Digest != BuiltIn().Edition(e.Part).Digest {
			parts = append(parts, string(e.Part)+" "+e.Digest)
		}
	}
	if c.fido != nil {
		parts = append(parts, "fidoMetadata "+c.fido.Digest)
	}
	return strings.Join(parts, ", ")
}

// Cite writes a source with its date: "MTX, 2025-05-12".
func (s Source) Cite() string { return s.Key + ", " + cmp.Or(s.Date, "undated") }
