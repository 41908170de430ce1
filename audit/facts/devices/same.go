package devices

import (
	"strings"
	"unicode"
)

// Runs tells whether a registered Authenticator may be the one on a phone: of the same
// system, and the names do not speak of two models. Authenticator gives the phone's
// model or name, Intune and the directory a model by the maker's number or by its name
// in shops ("SM-A525F", "Galaxy A52"), so that only words with a digit are held against
// each other. Inferred.
func (r *Record) Runs(a *Record) bool {
	if a.OS != "" && a.OS != r.OS {
		return false
	}
	app, phone := modelWords(a.Name), modelWords(r.Model+" "+r.Name)
	if len(app) == 0 || len(phone) == 0 {
		return true
	}
	for _, x := range app {
		for _, y := range phone {
			if strings.HasPrefix(x, y) || strings.HasPrefix(y, x) {
				return true
			}
		}
	}
	return false
}

// modelWords are the words of a name that have a digit, in lower case.
func modelWords(name string) []string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var list []string
	for _, w := range words {
		if strings.ContainsAny(w, "0123456789") {
			list = append(list, w)
		}
	}
	return list
}
