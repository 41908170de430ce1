package catalogue

import (
	"sync"

	"passkeyaudit/audit/entra"
)

// Control is one requirement of a published benchmark.
type Control struct {
	ID    string `json:"id"`
	Title string `json:"title"` // short description, not the benchmark's text
	// Benchmark is its name, as in "CISA SCuBA MS.AAD".
	Benchmark string `json:"-"`
	// Versions maps editions of the benchmark to the control's number there.
	Versions  map[string]string `json:"versions"`
	Level     string            `json:"level"` // in the benchmark's own words; may be empty
	Relevance string            `json:"relevance"`
	Resource  string            `json:"resource"` // Graph path it reads
	Asks      []Ask             `json:"asks"`     // all of them; empty where the source only describes
	// AppliesWhen limits the control; empty: always.
	AppliesWhen string   `json:"appliesWhen"`
	Licence     string   `json:"licence"` // the least it needs
	Caveats     []string `json:"caveats"`
	// Deprecated: it reads a legacy property that profile mode ignores.
	Deprecated bool   `json:"deprecated"`
	Source     Source `json:"-"`
}

// Ask is one comparison a control makes.
type Ask struct {
	Path string `json:"path"`
	// Operator is eq, in, contains, contains_any, subset_of, superset_of,
	// non_empty_subset_of, set_eq, intersects, all_eq, empty, not_empty, exists,
	// count_gte, count_eq or cover.
	Operator string    `json:"operator"`
	Expected entra.Raw `json:"expected"`
}

var controls = sync.OnceValue(func() []Control {
	var f struct {
		origin
		Controls []struct {
			Control
			SourceKey string `json:"source"`
		} `json:"controls"`
	}
	read("controls.json", &f)
	list := make([]Control, len(f.Controls))
	for i, c := range f.Controls {
		list[i] = c.Control
		list[i].Source = f.source(c.SourceKey)
		list[i].Benchmark = list[i].Source.Document
	}
	return list
})

// Controls lists them all, benchmark by benchmark.
func Controls() []Control { return controls() }

// ControlOf finds a control by its id, such as "EIDSCA.AF01"; nil if it is not
// known.
func ControlOf(id string) *Control {
	list := controls()
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}
