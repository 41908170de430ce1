package activity

import (
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
)

// ClassOf classifies one row of the sign-in log by its code, never by the text beside
// it. told is false where the row has no code.
func ClassOf(known *catalogue.Catalogue, s *entra.SignIn) (c Class, code int, told bool) {
	return classOf(known, s)
}

// PlaceOf is from where one row of the sign-in log came.
func PlaceOf(s *entra.SignIn) Place { return placeOf(s) }

// MoreThan tells whether a class says more about passkeys than another one. Of the legs
// of one sign-in the one that says most counts.
func (c Class) MoreThan(d Class) bool { return c.rank() > d.rank() }
