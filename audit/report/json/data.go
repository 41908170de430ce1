package json

import (
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
)

// edition says by which data about passkeys a run judged.
type edition struct {
	Part     catalogue.Part `json:"part"`
	Edition  string         `json:"edition"`
	Compiled string         `json:"compiled"`
	// File is there where it took the place of the program's own.
	File     string `json:"file,omitzero"`
	Outdated bool   `json:"olderThanBuiltIn,omitzero"`
}

func editionsOf(all []catalogue.Edition) []edition {
	out := []edition{}
	for _, e := range all {
		out = append(out, edition{e.Part, e.Name, e.Date, e.File, e.Outdated()})
	}
	return out
}

// fidoMetadata is the edition of the FIDO Alliance's metadata.
type fidoMetadata struct {
	Number     int    `json:"number"`
	NextUpdate string `json:"nextUpdate"`
	Stale      bool   `json:"stale"`
	Models     int    `json:"models"`
	File       string `json:"file"`
}

func fidoOf(c *catalogue.Certifications) *fidoMetadata {
	if c == nil {
		return nil
	}
	return &fidoMetadata{c.Number, c.NextUpdate.Format(time.DateOnly), c.Stale, c.Count(), c.File}
}

// logs is what reading the logs came to.
type logs struct {
	SignIns           int            `json:"signIns"`
	Classes           map[string]int `json:"classes"`
	UnknownCodes      []tally        `json:"unknownCodes"`
	WithoutCode       int            `json:"withoutCode"`
	Audits            int            `json:"directoryAudits"`
	UnknownActivities []tally        `json:"unknownActivities"`
}

type tally struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

func logsOf(l audit.Logs) logs {
	out := logs{
		SignIns: l.SignIns, Classes: map[string]int{}, UnknownCodes: talliesOf(l.UnknownCodes), WithoutCode: l.Uncoded,
		Audits: l.Audits, UnknownActivities: talliesOf(l.UnknownActivities),
	}
	for _, c := range l.Classes {
		out.Classes[c.Name] = c.Rows
	}
	return out
}

func talliesOf(list []audit.Tally) []tally {
	out := []tally{}
	for _, t := range list {
		out = append(out, tally(t))
	}
	return out
}
