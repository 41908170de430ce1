package aaguidunknown

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/audittest"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

// judge runs the check on the fixture that fires, with metadata of the FIDO Alliance.
func judge(t *testing.T, fido *catalogue.Certifications) []string {
	t.Helper()
	snap, err := snapshot.Open(os.DirFS("testdata/fires"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runner.New([]*audit.Check{Check})
	if err != nil {
		t.Fatal(err)
	}
	results, err := plan.Run(t.Context(), audit.NewRunWith(snap, audit.Settings{Catalogue: catalogue.BuiltIn().WithFIDO(fido)}), runner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	audittest.ResolveEvidence(t, snap, results.Findings)
	var said []string
	for _, f := range results.Findings {
		said = append(said, fmt.Sprintf("%s %s %d: %s", f.Severity, f.Certainty, f.Affected.Count(), f.Message))
	}
	return said
}

func TestMetadata(t *testing.T) {
	before := judge(t, nil)
	if len(before) != 1 {
		t.Fatalf("%q", before)
	}
	// Every AAGUID that the fixture's people hold and that is not disclosed by zeros.
	held := heldIn(t, "testdata/fires/sections/authenticationMethods.ndjson")
	for _, tt := range []struct {
		standing catalogue.Standing
		status   string
		stale    bool
		want     []string
	}{
		{catalogue.Certified, "FIDO_CERTIFIED_L1", false, nil},
		{catalogue.StandingUnknown, "", false, nil},
		{catalogue.Revoked, "REVOKED", false, []string{"high confirmed", "the FIDO Alliance has revoked", "FIDO: REVOKED since 2026-03-01", "FIDO metadata no. 7 (blob.jwt)"}},
		{catalogue.Compromised, "ATTESTATION_KEY_COMPROMISE", false, []string{"high confirmed", "reports as compromised", "ATTESTATION_KEY_COMPROMISE"}},
		{catalogue.NotCertified, "NOT_FIDO_CERTIFIED", false, []string{"info confirmed", "has not certified"}},
		// Old metadata are said to be old, and nobody is sure of what they say.
		{catalogue.Revoked, "REVOKED", true, []string{"high likely", "the next edition was due on 2026-06-01"}},
	} {
		t.Run(fmt.Sprint(tt.status, tt.stale), func(t *testing.T) {
			var list []catalogue.Certification
			for _, id := range held {
				list = append(list, catalogue.Certification{AAGUID: id, Description: "Contoso Key", Standing: tt.standing, Status: tt.status, Since: "2026-03-01"})
			}
			said := judge(t, catalogue.NewCertifications(catalogue.Certifications{
				File: "blob.jwt", Number: 7, NextUpdate: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Stale: tt.stale,
			}, list))
			// A model that the metadata name is known, whatever they say of it.
			var about []string
			for _, s := range said {
				if strings.Contains(s, "names no model known here") {
					if strings.Contains(s, held[0]) {
						t.Errorf("still not known: %s", s)
					}
					continue
				}
				about = append(about, s)
			}
			if len(about) > 1 || (len(about) == 1) != (tt.want != nil) {
				t.Fatalf("%q", said)
			}
			for _, w := range tt.want {
				if !strings.Contains(about[0], w) {
					t.Errorf("%q lacks %q", about[0], w)
				}
			}
		})
	}
}

// heldIn lists the AAGUIDs of a section of methods.
func heldIn(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, part := range strings.Split(strings.ReplaceAll(string(text), `"aaGuid":"`, `"aaGuid": "`), `"aaGuid": "`)[1:] {
		if id, _, _ := strings.Cut(part, `"`); !catalogue.Undisclosed(id) {
			list = append(list, strings.ToLower(id))
		}
	}
	return list
}
