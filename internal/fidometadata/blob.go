package fidometadata

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/golang-jwt/jwt/v5"
	"passkeyaudit/audit/entra/catalogue"
)

// maxSize bounds a blob, in bytes. That of 2026 has some ten million.
const maxSize = 128 << 20

// Blob is a file of metadata whose signature holds.
type Blob struct {
	name, digest string
	number       int
	nextUpdate   time.Time
	entries      []entry
}

// entry is one authenticator.
type entry struct {
	AAGUID    string `json:"aaguid"`
	Statement struct {
		Description string `json:"description"`
	} `json:"metadataStatement"`
	Reports []metadata.StatusReportJSON `json:"statusReports"`
}

// payload is what is signed. Of an entry that cannot be read the others know nothing.
type payload struct {
	Number     int               `json:"no"`
	NextUpdate string            `json:"nextUpdate"`
	Entries    []json.RawMessage `json:"entries"`

	jwt.RegisteredClaims
}

// Read reads a file.
func Read(file string) (*Blob, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the FIDO metadata: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the FIDO metadata: %w", err)
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxSize)
	}
	return parse(file, text, trust{roots: roots(), host: host})
}

// methods are the ways of signing that may be used: none without a certificate.
func signingMethods() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"}
}

// parse reads a blob that those who are trusted have signed.
func parse(name string, text []byte, who trust) (*Blob, error) {
	token := strings.TrimSpace(string(text))
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, " <{\n") {
		return nil, fmt.Errorf("%s is no blob of the FIDO Metadata Service: a signed JSON web token of three parts is wanted, as https://mds.fidoalliance.org gives it", name)
	}
	var p payload
	var untrusted error
	parser := jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithValidMethods(signingMethods()), jwt.WithStrictDecoding())
	_, err := parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) {
		var key any
		key, untrusted = who.keyOf(t.Header, p.NextUpdate)
		return key, untrusted
	})
	switch {
	case untrusted != nil:
		return nil, fmt.Errorf("the signature of %s is not trusted: %w", name, untrusted)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, fmt.Errorf("the signature of %s does not fit what it says: the file was changed or cut, or is signed in another way. Fetch it again", name)
	case err != nil:
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	digest := sha256.Sum256(text)
	b := &Blob{name: name, digest: hex.EncodeToString(digest[:]), number: p.Number}
	// keyOf has read the date.
	if b.nextUpdate, err = time.Parse(time.DateOnly, p.NextUpdate); err != nil {
		return nil, fmt.Errorf("%s is damaged: nextUpdate %q is no date", name, p.NextUpdate)
	}
	for i, raw := range p.Entries {
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("%s is damaged: entries[%d]: %w", name, i, err)
		}
		if e.AAGUID != "" { // the others are for keys without passkeys
			b.entries = append(b.entries, e)
		}
	}
	if len(b.entries) == 0 {
		return nil, fmt.Errorf("%s names no authenticator by an AAGUID", name)
	}
	return b, nil
}

// At is what the metadata say at a time, that of a snapshot.
func (b *Blob) At(at time.Time) *catalogue.Certifications {
	models := make([]catalogue.Certification, len(b.entries))
	for i, e := range b.entries {
		models[i] = e.at(at)
	}
	return catalogue.NewCertifications(catalogue.Certifications{
		File: b.name, Digest: b.digest, Number: b.number, NextUpdate: b.nextUpdate,
		// The day itself is still one on which the edition is current.
		Stale: !at.Before(b.nextUpdate.AddDate(0, 0, 1)),
	}, models)
}
