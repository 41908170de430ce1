// Package csv renders results as comma-separated values for spreadsheets. Text from
// the tenant that a spreadsheet would take for a formula is disarmed.
package csv

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// Users writes a line for every account under a line of names.
func Users(w io.Writer, parts []iter.Seq[readiness.User]) error {
	out := csv.NewWriter(w)
	head := []string{
		"id", "userPrincipalName", "kind", "state", "passkeysRegistered", "passkeysUsable", "credential", "portable", "surface",
		"conditions", "steps", "blockedBy", "reasons", "missing", "confidence", "alternatives", "ifInScope", "recovery",
		"group", "platforms",
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for u := range all(parts) {
		row := []string{
			u.ID, u.UserPrincipalName, u.Kind, string(u.State), "", "", "", "", "",
			strings.Join(audit.Texts(u.Conditions), " "), strings.Join(audit.Texts(u.Steps), " "), blockers(u.BlockedBy), strings.Join(audit.Texts(u.Reasons), " "), strings.Join(u.Missing, " "),
			string(u.Confidence), strings.Join(audit.Texts(u.Alternatives), " "), "", "", u.Group, platforms(u.Platforms),
		}
		if u.Passkeys != nil {
			row[4], row[5] = strconv.Itoa(u.Passkeys.Registered), strconv.Itoa(u.Passkeys.Usable)
		}
		if u.Path != nil {
			row[6], row[7], row[8] = string(u.Path.Credential), strconv.FormatBool(u.Path.Portable), string(u.Path.Surface)
		}
		if u.IfInScope != nil {
			row[16] = string(u.IfInScope.State)
		}
		if u.Recovery != nil {
			row[17] = string(u.Recovery.State)
		}
		for i := range row {
			row[i] = report.Disarm(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// all goes through parts one after the other.
func all(parts []iter.Seq[readiness.User]) iter.Seq[readiness.User] {
	return func(yield func(readiness.User) bool) {
		for _, part := range parts {
			for u := range part {
				if !yield(u) {
					return
				}
			}
		}
	}
}

func platforms(list []readiness.OnPlatform) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = string(p.OS) + ":" + string(p.State)
	}
	return strings.Join(words, " ")
}

func blockers(list []bootstrap.Blocker) string {
	words := make([]string, len(list))
	for i, b := range list {
		words[i] = string(b.Type) + ":" + b.ID
	}
	return strings.Join(words, " ")
}
