package conditionalaccess

import (
	"testing"

	"passkeyaudit/audit/tri"
)

// deviceWith gives a device names and attributes in turn.
func deviceWith(t testing.TB, d Device, attrs ...any) Device {
	t.Helper()
	for i := 0; i < len(attrs); i += 2 {
		var err error
		switch a := attrs[i+1].(type) {
		case Attr:
			d, err = d.With(attrs[i].(string), a)
		case string:
			d, err = d.With(attrs[i].(string), Text(a))
		case []string:
			d, err = d.WithList(attrs[i].(string), a)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestMatchOperators(t *testing.T) {
	tests := []struct {
		name, rule string
		yes, no    any // attributes for which the rule is true and false
		onNull     tri.Value
	}{
		{"eq", `device.model -eq "Surface Pro"`, "SURFACE pro", "Surface", tri.No},
		{"ne", `device.model -ne "Surface Pro"`, "Surface", "SURFACE pro", tri.Yes},
		{"starts-with", `device.model -startsWith "Sur"`, "surface", "a surface", tri.No},
		{"not-starts-with", `device.model -notStartsWith "Sur"`, "a surface", "surface", tri.Yes},
		{"ends-with", `device.model -endsWith "pro"`, "Surface PRO", "Surface Pro 7", tri.No},
		{"not-ends-with", `device.model -notEndsWith "pro"`, "Surface Pro 7", "Surface PRO", tri.Yes},
		{"contains", `device.model -contains "FACE"`, "surface pro", "fac e", tri.No},
		{"not-contains", `device.model -notContains "FACE"`, "fac e", "surface pro", tri.Yes},
		{"in", `device.model -in ["a", "b"]`, "B", "ab", tri.No},
		{"not-in", `device.model -notIn ["a", "b"]`, "ab", "B", tri.Yes},
		{"contains-of-collection", `device.physicalIds -contains "[ZTDId]:1"`, []string{"x", "[ztdid]:1"}, []string{"[ZTDId]:12"}, tri.No},
		{"not-contains-of-collection", `device.systemLabels -notContains "CloudPC"`, []string{"CloudPC2"}, []string{"CLOUDPC"}, tri.Yes},
		{"contains-of-empty-collection", `device.systemLabels -contains ""`, []string{""}, []string{}, tri.No},
		{"bool-bare-and-lower", `device.isCompliant -eq true`, "True", "False", tri.No},
		{"bool-quoted", `device.isCompliant -eq "True"`, "true", "false", tri.No},
		{"bool-false-is-not-null", `device.isCompliant -eq False`, "False", "True", tri.No},
		{"bool-ne", `device.isCompliant -ne True`, "False", "True", tri.Yes},
		{"empty-prefix-needs-a-value", `device.model -startsWith ""`, "a", nil, tri.No},
		{"case-of-umlauts", `device.model -contains "BÜRO"`, "das büro", "buro", tri.No},
		{"not", `-not (device.model -eq "a")`, "b", "a", tri.Yes},
		{"not-of-negative", `-not device.model -ne "a"`, "a", "b", tri.No},
		{"null-is-no-value", `device.model -ne null`, "a", nil, tri.Unsure},
		{"null-of-a-value", `device.model -eq null`, nil, "a", tri.Unsure},
		{"null-in-quotes-is-text", `device.model -eq "null"`, "null", "a", tri.No},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustParseFilter(t, tt.rule)
			property := f.Properties()[0]
			check := func(what string, d Device, want tri.Value) {
				t.Helper()
				if got := f.Match(d); got != want {
					t.Errorf("%s: got %v, want %v", what, got, want)
				}
			}
			if tt.yes != nil {
				check("match", deviceWith(t, NewDevice(), property, tt.yes), tri.Yes)
			}
			if tt.no != nil {
				check("no match", deviceWith(t, NewDevice(), property, tt.no), tri.No)
			}
			null := any(Null())
			if property == "physicalIds" || property == "systemLabels" {
				null = []string(nil)
			}
			check("null", deviceWith(t, NewDevice(), property, null), tt.onNull)
			check("unknown", NewDevice(), tri.Unsure)
			check("unregistered", Unregistered(), tt.onNull)
			check("nothing known", Device{}, tri.Unsure)
		})
	}
}

func TestMatchThreeValued(t *testing.T) {
	const hybridOrCompliant = `device.trustType -ne "ServerAD" -or device.isCompliant -ne True`
	tests := []struct {
		name, rule string
		device     Device
		want       tri.Value
	}{
		{"or-with-one-known", hybridOrCompliant, deviceWith(t, NewDevice(), "trustType", "AzureAD"), tri.Yes},
		{"or-undecided", hybridOrCompliant, deviceWith(t, NewDevice(), "trustType", "ServerAD"), tri.Unsure},
		{"and-with-one-false", `device.model -eq "a" -and device.trustType -eq "x"`, deviceWith(t, NewDevice(), "trustType", "y"), tri.No},
		{"tautology-is-not-seen", `device.model -eq "a" -or device.model -ne "a"`, NewDevice(), tri.Unsure},
		{"registration-unknown-and-irrelevant", `device.operatingSystem -ne "iOS"`, deviceWith(t, Device{}, "operatingSystem", "Android"), tri.Yes},
		{"registration-unknown-and-decisive", `device.operatingSystem -eq "Android"`, deviceWith(t, Device{}, "operatingSystem", "Android"), tri.Unsure},
		{"registration-follows-from-trust", `device.trustType -eq "Workplace"`, deviceWith(t, Device{}, "trustType", "Workplace"), tri.Yes},
		{"registration-does-not-follow-from-noncompliance", `device.isCompliant -eq False`, deviceWith(t, Device{}, "isCompliant", "False"), tri.Unsure},
		{"precedence", `device.model -eq "a" -or device.model -eq "b" -and device.profileType -eq "x"`, deviceWith(t, NewDevice(), "model", "a", "profileType", "y"), tri.Yes},
		{"grouped", `(device.model -eq "a" -or device.model -eq "b") -and device.profileType -eq "x"`, deviceWith(t, NewDevice(), "model", "a", "profileType", "y"), tri.No},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustParseFilter(t, tt.rule).Match(tt.device); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchExtensionAttributes(t *testing.T) {
	saw := deviceWith(t, NewDevice(), "extensionAttribute1", "SAW")
	known := deviceWith(t, saw, "isCompliant", "False", "trustType", "AzureAD", "mdmAppId", Null())
	tests := []struct {
		name   string
		device Device
		eq, ne tri.Value // of device.extensionAttribute1 and "SAW"
	}{
		{"compliant", deviceWith(t, known, "isCompliant", "True"), tri.Yes, tri.No},
		{"hybrid", deviceWith(t, known, "trustType", "ServerAD"), tri.Yes, tri.No},
		{"hybrid-as-graph-spells-it", deviceWith(t, known, "trustType", "ServerAd"), tri.Yes, tri.No},
		{"managed-by-intune", deviceWith(t, known, "mdmAppId", "0000000A-0000-0000-C000-000000000000"), tri.Yes, tri.No},
		{"managed-by-another", deviceWith(t, known, "mdmAppId", "11111111-0000-0000-c000-000000000000"), tri.Unsure, tri.Unsure},
		{"none-of-these", known, tri.No, tri.Yes},
		{"not-known", saw, tri.Unsure, tri.Unsure},
		{"not-known-and-other-value", deviceWith(t, saw, "extensionAttribute1", "x"), tri.No, tri.Yes},
		{"not-known-and-null", deviceWith(t, saw, "extensionAttribute1", Null()), tri.No, tri.Yes},
		{"readable-and-unknown", deviceWith(t, NewDevice(), "isCompliant", "True"), tri.Unsure, tri.Unsure},
		{"unreadable-and-unknown", deviceWith(t, known, "extensionAttribute1", Attr{}), tri.No, tri.Yes},
		{"unregistered", Unregistered(), tri.No, tri.Yes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustParseFilter(t, `device.extensionAttribute1 -eq "SAW"`).Match(tt.device); got != tt.eq {
				t.Errorf("-eq: got %v, want %v", got, tt.eq)
			}
			if got := mustParseFilter(t, `device.extensionAttribute1 -ne "SAW"`).Match(tt.device); got != tt.ne {
				t.Errorf("-ne: got %v, want %v", got, tt.ne)
			}
		})
	}
}

func BenchmarkFilterMatch(b *testing.B) {
	f := mustParseFilter(b, `(device.systemLabels -contains "CloudPC" -and device.trustType -eq "AzureAD") -or device.extensionAttribute1 -in ["SAW", "PAW"] -or device.isCompliant -ne True`)
	d := deviceWith(b, NewDevice(), "operatingSystem", "Windows", "trustType", "AzureAD", "isCompliant", "True",
		"systemLabels", []string{"MultiUser", "AzureResource"}, "extensionAttribute1", "Kiosk", "mdmAppId", intuneAppID)
	b.ReportAllocs()
	for b.Loop() {
		if f.Match(d) != tri.No {
			b.Fatal("no longer No")
		}
	}
}

func BenchmarkFilterParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFilter(realFilterRules[15]); err != nil {
			b.Fatal(err)
		}
	}
}
