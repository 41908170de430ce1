package catalogue

import (
	"maps"
	"slices"
)

// SignInError says what the status.errorCode of a sign-in means.
type SignInError struct {
	Code    int    `json:"code"`
	Name    string `json:"name"` // may be empty
	Meaning string `json:"meaning"`
	// Category is policy-blocked, needs-registration, fido-failure, tap,
	// user-cancelled, mfa-failed, device, password or other.
	Category string `json:"category"`
	Stage    string `json:"stage"` // sign-in, registration, both
	// Interrupt: a pause in the flow. It is a failure only where no success with
	// the same correlation id follows.
	Interrupt bool `json:"interrupt"`
	// Relevance is a reading of what it means for passkeys, not documentation.
	Relevance string `json:"relevance"`
	Source    Source `json:"-"`
}

type signInErrorFile struct {
	origin
	Codes []struct {
		SignInError
		SourceKey string `json:"source"`
	} `json:"codes"`
	edition Edition
	byCode  map[int]*SignInError
}

func readSignInErrors(text []byte) *signInErrorFile {
	var f signInErrorFile
	decode(text, &f)
	f.byCode = make(map[int]*SignInError, len(f.Codes))
	for i := range f.Codes {
		e := &f.Codes[i].SignInError
		e.Source = f.source(f.Codes[i].SourceKey)
		f.byCode[e.Code] = e
	}
	return &f
}

// SignInErrorOf finds a code; nil if it is not known. Microsoft may change codes: one
// that is not known is shown as it is.
func (c *Catalogue) SignInErrorOf(code int) *SignInError { return c.errors.byCode[code] }

// SignInErrors lists every code that is known, in no order. The values are shared and
// must not be changed.
func (c *Catalogue) SignInErrors() []*SignInError {
	return slices.Collect(maps.Values(c.errors.byCode))
}
