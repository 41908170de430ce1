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

func fidoOf(c *catalogue.MetadataEdition) *fidoMetadata {
	if c == nil {
		return nil
	}
	return &fidoMetadata{c.Number, c.NextUpdate.Format(time.DateOnly), c.Stale, c.Models, c.File}
}

// logs is what reading the logs came to.
type logs struct {
	SignIns int `json:"signIns"`
	// Classes are those that have rows, in one order.
	Classes           []tally `json:"classes"`
	UnknownCodes      []tally `json:"unknownCodes"`
	WithoutCode       int     `json:"withoutCode"`
	Audits            int     `json:"directoryAudits"`
	UnknownActivities []tally `json:"unknownActivities"`
}

type tally struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

func logsOf(l audit.Logs) logs {
	return logs{
		SignIns: l.SignIns, Classes: talliesOf(l.Classes), UnknownCodes: talliesOf(l.UnknownCodes), WithoutCode: l.Uncoded,
		Audits: l.Audits, UnknownActivities: talliesOf(l.UnknownActivities),
	}
}

func talliesOf(list []audit.Tally) []tally {
	out := []tally{}
	for _, t := range list {
		out = append(out, tally(t))
	}
	return out
}

func editionsFrom(list []edition) []catalogue.Edition {
	var out []catalogue.Edition
	for _, e := range list {
		out = append(out, catalogue.Edition{Part: e.Part, Name: e.Edition, Date: e.Compiled, File: e.File})
	}
	return out
}

func fidoFrom(m *fidoMetadata) (*catalogue.MetadataEdition, error) {
	if m == nil {
		return nil, nil
	}
	next, err := dateFrom(m.NextUpdate)
	if err != nil {
		return nil, err
	}
	return &catalogue.MetadataEdition{Number: m.Number, NextUpdate: next, Stale: m.Stale, Models: m.Models, File: m.File}, nil
}

func logsFrom(l *logs) audit.Logs {
	return audit.Logs{
		SignIns: l.SignIns, Classes: talliesFrom(l.Classes), UnknownCodes: talliesFrom(l.UnknownCodes), Uncoded: l.WithoutCode,
		Audits: l.Audits, UnknownActivities: talliesFrom(l.UnknownActivities),
	}
}

func talliesFrom(list []tally) []audit.Tally {
	var out []audit.Tally
	for _, t := range list {
		out = append(out, audit.Tally(t))
	}
	return out
}
