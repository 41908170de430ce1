package preview_test

import (
	"maps"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
)

// What a step changes is tried; a step that changes nothing in particular is left alone.
func TestFixes(t *testing.T) {
	selfServiceOff := swap("authenticationMethodsPolicy", `"isSelfServiceRegistrationAllowed":true`, `"isSelfServiceRegistrationAllowed":false`)
	method := bootstrap.Changing(audit.Subject{Type: audit.SubjectPolicy})
	tests := []struct {
		name    string
		edit    func(map[string]string)
		objects []audit.Object
		frees   int
	}{
		{"the method lets people register", selfServiceOff, method, 3}, // ben, cas and ivy; ana and eva have a passkey
		{"a profile in which nothing is in the way", selfServiceOff, bootstrap.Changing(audit.Subject{Type: audit.SubjectProfile, ID: "00000000-0000-0000-0000-000000000001"}), 0},
		{"passes free nobody", selfServiceOff, bootstrap.ChangingPasses(), 0},
		{"nobody is trapped", func(map[string]string) {}, method, 0},
		{"no object is named", selfServiceOff, nil, 0},
		{"policies were not read", func(rows map[string]string) { selfServiceOff(rows); delete(rows, "conditionalAccessPolicies") }, method, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := maps.Clone(base)
			tt.edit(rows)
			findings := []audit.Finding{{Fix: []audit.Step{{Change: "first"}, {Change: "second", Objects: tt.objects}}}}
			if err := preview.Fixes(t.Context(), audit.NewRun(open(t, rows)), findings); err != nil {
				t.Fatal(err)
			}
			if first := findings[0].Fix[0]; first.Frees != 0 || first.Worsens != 0 {
				t.Errorf("a step without objects frees %d", first.Frees)
			}
			if got := findings[0].Fix[1].Frees; got != tt.frees {
				t.Errorf("frees %d, want %d", got, tt.frees)
			}
		})
	}
}
