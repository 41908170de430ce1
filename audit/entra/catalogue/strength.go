package catalogue

import (
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
)

// Mode is one authenticationMethodModes value: a way of using a method that
// combinations of authentication strengths are made of.
type Mode struct {
	Mode string `json:"mode"`
	Bit  int    `json:"bit"` // in integer masks of diagnostic logs
	// BaseMethod is the method it belongs to.
	BaseMethod string `json:"baseMethod"`
	// Types are Graph types of registered methods, without namespace, that can
	// provide the mode. None: no registered method shows it (certificates,
	// federation).
	Types  []string `json:"types"`
	Source Source   `json:"-"`
}

type strengthFile struct {
	origin
	Strengths []entra.AuthenticationStrengthPolicy `json:"strengths"`
	Modes     []struct {
		Mode
		SourceKey string `json:"source"`
	} `json:"modes"`
	byMode map[string]*Mode
}

var strengths = sync.OnceValue(func() *strengthFile {
	var f strengthFile
	read("strengths.json", &f)
	f.byMode = make(map[string]*Mode, len(f.Modes))
	for i := range f.Modes {
		m := &f.Modes[i].Mode
		m.Source = f.source(f.Modes[i].SourceKey)
		f.byMode[strings.ToLower(m.Mode)] = m
	}
	return &f
})

// BuiltInStrengths are the three that every tenant has. Microsoft may extend
// them: a tenant's own answer goes first. StrengthSource says where they come from.
func BuiltInStrengths() []entra.AuthenticationStrengthPolicy { return strengths().Strengths }

// StrengthSource is the source of BuiltInStrengths.
func StrengthSource() Source { return strengths().source("STRAPI") }

// ModeOf finds a mode by its spelling in combinations; nil if it is not known.
func ModeOf(mode string) *Mode { return strengths().byMode[strings.ToLower(mode)] }
