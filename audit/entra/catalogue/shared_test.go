package catalogue_test

import (
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/entra/shareddata"
)

// TestSharedDataNames: what the catalogue takes from the community's list is in it
// under the same name.
func TestSharedDataNames(t *testing.T) {
	text, _ := shareddata.Text(t, shareddata.Records(t), "aaguids/passkeydeveloper-aaguid-names.json")
	compared := 0
	for _, m := range catalogue.BuiltIn().Models() {
		if m.Source.Key != "PDA" {
			continue
		}
		compared++
		entry, found := entra.Lookup(text, entra.Pointer(m.AAGUID))
		name := entra.Text(entry, "/name")
		if name == "" {
			name = entra.Text(entry, "")
		}
		// The name may be told apart further: "Apple Passwords (iCloud Keychain)".
		if !found || name == "" || !strings.HasPrefix(m.Name, name) {
			t.Errorf("%s is %q there and %q here", m.AAGUID, name, m.Name)
		}
	}
	if compared < 20 {
		t.Errorf("only %d compared", compared)
	}
}
