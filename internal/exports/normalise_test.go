package exports

import (
	"strings"
	"testing"

	"passkeyaudit/audit/snapshot"
)

// TestSpelling: no two modelled members differ only in the case of letters, so
// PowerShell's names lead back to one of Graph's.
func TestSpelling(t *testing.T) {
	s := newSpelling()
	for typ, fields := range s.byType {
		for lower, f := range fields {
			if s.all[lower] != f.name {
				t.Errorf("%v spells %s, another type %s", typ, f.name, s.all[lower])
			}
		}
	}
	for name, want := range map[string]string{
		"AaGuids": "aaGuids", "AllowedAaguiDs": "allowedAAGUIDs", "X509CertificateAuthenticationDefaultMode": "x509CertificateAuthenticationDefaultMode",
		"IncludeTargets@odata.context": "includeTargets@odata.context", "@odata.type": "@odata.type", "#microsoft.graph.restore": "#microsoft.graph.restore",
		"PartialEnablementStrategy": "partialEnablementStrategy", "Ärger": "ärger", "id": "id", "": "",
	} {
		if got := s.rename(name, nil); got != want {
			t.Errorf("%s became %s, want %s", name, got, want)
		}
	}
	for _, spec := range snapshot.Sections() {
		if kindOf(spec.ID) == nil {
			t.Errorf("nothing is recognised as %s", spec.ID)
		}
	}
}

func TestNormalise(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"graph-stays", `{"id":"c","conditions":{"users":{"includeUsers":["All"]}},"sessionControls":{"a":null},"Odd":1}`,
			`{"id":"c","conditions":{"users":{"includeUsers":["All"]}},"sessionControls":{"a":null},"Odd":1}`},
		{"numbers-and-texts-keep-their-spelling", `{"id":"\u0063","x":1.00,"y":1e3}`, `{"id":"\u0063","x":1.00,"y":1e3}`},
		{"graph-unwrapped-list", `{"id":"c","conditions":{"clientAppTypes":"all"}}`, `{"id":"c","conditions":{"clientAppTypes":["all"]}}`},
		{"flags-are-no-list", `{"id":"c","conditions":{"authenticationFlows":{"transferMethods":"deviceCodeFlow,authenticationTransfer"}}}`,
			`{"id":"c","conditions":{"authenticationFlows":{"transferMethods":"deviceCodeFlow,authenticationTransfer"}}}`},
		{"unknown-members", `{"Id":"c","NewThing":{"DeepThing":{"A":1}}}`, `{"id":"c","newThing":{"deepThing":{"a":1}}}`},
		{"null-deep", `{"Id":"c","Conditions":{"Users":{"IncludeUsers":null},"Devices":{"DeviceFilter":{"Mode":null,"Rule":null}}}}`, `{"id":"c","conditions":null}`},
		{"empty-object-is-not-null", `{"Id":"c","Conditions":{}}`, `{"id":"c","conditions":{}}`},
		{"date-before-1970", `{"Id":"c","ModifiedDateTime":"/Date(-1000)/"}`, `{"id":"c","modifiedDateTime":"1969-12-31T23:59:59Z"}`},
		{"no-date", `{"Id":"c","ModifiedDateTime":"/Date(99999999999999999999)/"}`, `{"id":"c","modifiedDateTime":"/Date(99999999999999999999)/"}`},
		{"lifted-over-null", `{"Id":"c","State":null,"AdditionalProperties":{"state":"enabled"}}`, `{"id":"c","state":"enabled"}`},
		{"odata-type", `{"odata.type":"#microsoft.graph.x","id":"c"}`, `{"@odata.type":"#microsoft.graph.x","id":"c"}`},
		{"two-spellings", `{"Id":"c","id":"d","State":"x"}`, "twice"},
		{"lifted-contradicts", `{"Id":"c","State":"enabled","AdditionalProperties":{"state":"disabled"}}`, "differs between"},
		{"cut-off-list", `{"id":"c","conditions":{"users":{"includeUsers":"a b"}}}`, "-Depth"},
		{"cut-off-object", `{"id":"c","x":["System.Object[]"]}`, "-Depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := documents([]byte(tt.in), 100)
			if err != nil {
				t.Fatal(err)
			}
			n := &normaliser{spelling: newSpelling()}
			err = n.row(v[0], models[snapshot.ConditionalAccessPolicies])
			if got := string(v[0].raw()); err == nil && got != tt.want || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestContext(t *testing.T) {
	const root = "https://graph.microsoft.com/v1.0/$metadata#"
	for context, want := range map[string]string{
		root + "users(id,displayName)":                                "users",
		root + "users('a(b)c')/authentication/methods":                "users/authentication/methods",
		root + "/conditionalAccess/policies/$entity":                  "conditionalaccess/policies",
		root + "Collection(microsoft.graph.credentialUserThing)":      "collection of credentialuserthing",
		root + "groups('g')/members/microsoft.graph.user(id)/$entity": "groups/members",
		"": "", "nonsense": "", root: "",
	} {
		if got := contextPath(context); got != want {
			t.Errorf("%s: %q, want %q", context, got, want)
		}
	}
	if got := contextKey(root+"groups('G-1')/members", "groups"); got != "g-1" {
		t.Errorf("%q", got)
	}
}
