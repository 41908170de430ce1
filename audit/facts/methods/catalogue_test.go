package methods_test

import (
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
)

// TestModeTypesAreKinds: every Graph type that provides a mode of a strength is a
// kind of method that people can hold.
func TestModeTypesAreKinds(t *testing.T) {
	checked := 0
	for _, s := range catalogue.BuiltInStrengths() {
		for _, combination := range s.AllowedCombinations {
			for _, name := range entra.Flags(combination).Members() {
				for _, odata := range catalogue.ModeOf(name).Types {
					checked++
					if kind := methods.KindOf(&entra.AuthenticationMethod{ODataType: odata, PhoneType: "mobile"}); kind == methods.Unrecognised {
						t.Errorf("%s, which provides %s, is no kind", odata, name)
					}
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no mode names a type")
	}
}
