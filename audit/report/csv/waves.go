package csv

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// WaveFile is where the people of a wave are written.
type WaveFile struct{ out *csv.Writer }

// NewWaveFile writes a line of names.
func NewWaveFile(w io.Writer) (*WaveFile, error) {
	f := &WaveFile{csv.NewWriter(w)}
	return f, f.out.Write([]string{
		"id", "userPrincipalName", "department", "country", "roles", "groups", "state", "credential", "surface", "conditions", "steps", "blockedBy", "change", "reasons", "missing", "confidence", "platforms",
	})
}

// Add writes a person; label says in words what the change of the blockers is.
func (f *WaveFile) Add(p *readiness.InWave, label func([]bootstrap.Blocker) string) error {
	row := []string{
		p.ID, p.UserPrincipalName, p.Department, p.Country, strings.Join(p.Roles, "; "), strings.Join(p.Groups, "; "), string(p.State), "", "",
		strings.Join(audit.Texts(p.Conditions), " "), strings.Join(audit.Texts(p.Steps), " "), blockers(p.BlockedBy), "", strings.Join(audit.Texts(p.Reasons), " "), strings.Join(p.Missing, " "), string(p.Confidence), platforms(p.Platforms),
	}
	if p.Path != nil {
		row[7], row[8] = string(p.Path.Credential), string(p.Path.Surface)
	}
	if len(p.BlockedBy) > 0 {
		row[12] = label(p.BlockedBy)
	}
	for i := range row {
		row[i] = report.Disarm(row[i])
	}
	return f.out.Write(row)
}

// Close writes what is left.
func (f *WaveFile) Close() error {
	f.out.Flush()
	return f.out.Error()
}

// Breakdown counts people by wave, for every department, country, role and group.
type Breakdown struct{ counts map[[2]string]map[string]int }

// Add counts a person.
func (b *Breakdown) Add(p *readiness.InWave) {
	if b.counts == nil {
		b.counts = map[[2]string]map[string]int{}
	}
	add := func(by, key string) {
		at := [2]string{by, key}
		if b.counts[at] == nil {
			b.counts[at] = map[string]int{}
		}
		b.counts[at][p.Wave]++
	}
	add("everybody", "")
	add("department", p.Department)
	add("country", p.Country)
	for _, r := range p.Roles {
		add("role", r)
	}
	for _, g := range p.Groups {
		add("group", g)
	}
}

// Write writes a line for each, those of one kind together; an empty key is people of whom
// it is not told.
func (b *Breakdown) Write(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(append([]string{"by", "key", "people"}, readiness.Waves[:]...)); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(b.counts), func(x, y [2]string) int {
		kinds := []string{"everybody", "department", "country", "role", "group"}
		if c := slices.Index(kinds, x[0]) - slices.Index(kinds, y[0]); c != 0 {
			return c
		}
		return strings.Compare(x[1], y[1])
	})
	for _, at := range keys {
		people, row := 0, []string{at[0], report.Disarm(at[1]), ""}
		for _, wave := range readiness.Waves {
			n := b.counts[at][wave]
			people += n
			row = append(row, strconv.Itoa(n))
		}
		row[2] = strconv.Itoa(people)
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
