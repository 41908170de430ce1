package conditionalaccess

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// realFilterRules are rules as they are found in Microsoft's policy templates and
// documentation and in policies that organizations and tools publish.
var realFilterRules = []string{
	`device.trustType -ne "ServerAD" -or device.isCompliant -ne True`,
	`device.isCompliant -eq True -and device.deviceOwnership -eq "Company"`,
	`device.isCompliant -ne True -or device.trustType -ne "ServerAD"`,
	`device.isCompliant -ne True -and device.trustType -ne "ServerAD"`,
	`device.isCompliant -eq True -and device.trustType -eq "AzureAD"`,
	`device.isCompliant -eq True`,
	`device.trustType -eq "AzureAD"`,
	`device.deviceOwnership -eq "Company"`,
	`device.deviceOwnership -eq "Personal"`,
	`device.extensionAttribute1 -ne "SAW"`,
	`device.extensionAttribute1 -eq "PAW"`,
	`device.extensionAttribute1 -eq "PAW" -and device.isCompliant -eq True`,
	`device.trustType -eq "AzureAD" -or device.trustType -eq "ServerAD" -or device.trustType -eq "Workplace"`,
	`device.systemLabels -contains "CloudPC" -and device.trustType -eq "AzureAD"`,
	`device.systemLabels -contains "CloudPC" -or device.systemLabels -contains "AzureVirtualDesktop" -or device.profileType -eq "SecureVM"`,
	`(device.systemLabels -contains "CloudPC" -and device.trustType -eq "AzureAD") -or (device.systemLabels -contains "AzureVirtualDesktop" -and device.trustType -eq "AzureAD") -or (device.profileType -eq "SecureVM" -and device.trustType -eq "AzureAD")`,
	`(device.systemLabels -contains "CloudPC" and device.trustType -eq "AzureAD") -or (device.systemLabels -contains "MicrosoftPowerAutomate" and device.trustType -eq "AzureAD") -or (device.enrollmentProfileName -eq "Autopilot self-deploying")`,
	`(device.trustType -eq "AzureAD") -and -not (device.extensionAttribute1 -eq "Excluded")`,
	`(device.deviceid -eq "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb")`,
	`(device.displayName -contains "ABC")`,
	`(device.enrollmentProfileName -startsWith "AutoPilot Profile")`,
	`(device.isCompliant -eq "True")`,
	`(device.manufacturer -startsWith "Microsoft")`,
	`(device.mdmAppId -in ["00001111-aaaa-2222-bbbb-3333cccc4444"])`,
	`(device.model -notContains "Surface")`,
	`(device.operatingSystemVersion -in ["10.0.18363", "10.0.19041", "10.0.19042", "10.0.22000"])`,
	`(device.physicalIds -contains "[ZTDId]:value")`,
	`(device.profileType -notIn ["Printer", "Shared", "IoT"])`,
}

func mustParseFilter(t testing.TB, rule string) *Filter {
	t.Helper()
	f, err := ParseFilter(rule)
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	return f
}

func TestRealRulesParse(t *testing.T) {
	for _, rule := range realFilterRules {
		f := mustParseFilter(t, rule)
		if again := mustParseFilter(t, f.String()); !reflect.DeepEqual(f, again) {
			t.Errorf("%s became %s", rule, again)
		}
	}
}

func TestParseFilterCanonicalForm(t *testing.T) {
	const a, b, c = `device.model -eq "a"`, `device.model -eq "b"`, `device.model -eq "c"`
	tests := []struct{ name, rule, want string }{
		{"and-binds-tighter-on-the-right", a + " -or " + b + " -and " + c, a + " -or " + b + " -and " + c},
		{"and-binds-tighter-on-the-left", a + " -and " + b + " -or " + c, a + " -and " + b + " -or " + c},
		{"needless-parentheses", "((" + a + ") -and (" + b + "))", a + " -and " + b},
		{"needed-parentheses", "(" + a + " -or " + b + ") -and " + c, "(" + a + " -or " + b + ") -and " + c},
		{"parentheses-around-and", "(" + a + " -and " + b + ") -or " + c, a + " -and " + b + " -or " + c},
		{"same-operator-dissolves", a + " -and (" + b + " -and " + c + ")", a + " -and " + b + " -and " + c},
		{"not-binds-tighter-than-and", "-not " + a + " -and " + b, "-not (" + a + ") -and " + b},
		{"not-of-a-group", "-not (" + a + " -or " + b + ")", "-not (" + a + " -or " + b + ")"},
		{"not-twice", "-not -NOT " + a, "-not (-not (" + a + "))"},
		{"any-case", `DEVICE.TRUSTTYPE -EQ "ServerAD" -OR Device.isCOMPLIANT -Ne True`, `device.trustType -eq "ServerAD" -or device.isCompliant -ne "True"`},
		{"no-hyphens", `device.model startsWith "a" and not (device.model eq b)`, `device.model -startsWith "a" -and -not (device.model -eq "b")`},
		{"single-quotes", `device.model -eq 'a "b"'`, "device.model -eq \"a `\"b`\"\""},
		{"escaped-quote", "device.model -eq \"a`\"b\"", "device.model -eq \"a`\"b\""},
		{"escaped-backtick", "device.model -eq \"a``\"", "device.model -eq \"a``\""},
		{"plain-backtick", "device.model -eq \"a`b\"", "device.model -eq \"a``b\""},
		{"backslash-is-plain", `device.model -eq "a\"`, `device.model -eq "a\"`},
		{"bare-number", `device.model -eq -5`, `device.model -eq "-5"`},
		{"bare-version", `device.operatingSystemVersion -in [10.0.1,10.0.2]`, `device.operatingSystemVersion -in ["10.0.1", "10.0.2"]`},
		{"mixed-list", `device.model -notin[ "a" , 'b',c ]`, `device.model -notIn ["a", "b", "c"]`},
		{"marks-in-quotes", `device.model -eq "(a) -and [b], c"`, `device.model -eq "(a) -and [b], c"`},
		{"keyword-as-value", `device.model -eq and`, `device.model -eq "and"`},
		{"empty-value", `device.model -eq ""`, `device.model -eq ""`},
		{"null", `device.model -ne $NULL`, `device.model -ne null`},
		{"null-in-quotes", `device.model -ne "null"`, `device.model -ne "null"`},
		{"no-spaces", `(device.model -eq "a")-or(device.model -eq "b")`, a + " -or " + b},
		{"many-spaces", "\t device.model\n-eq\u00a0\"a\" ", a},
		{"unicode", `device.displayName -eq "Büro 東京 🖥"`, `device.displayName -eq "Büro 東京 🖥"`},
		{"extension-attribute-15", `device.EXTENSIONATTRIBUTE15 -eq "a"`, `device.extensionAttribute15 -eq "a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustParseFilter(t, tt.rule)
			if got := f.String(); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
			if again := mustParseFilter(t, f.String()); !reflect.DeepEqual(f, again) {
				t.Errorf("%s became %s", f, again)
			}
		})
	}
}

func TestParseFilterErrors(t *testing.T) {
	deep := strings.Repeat("(", maxFilterDepth+1)
	tests := []struct {
		name, rule string
		column     int
		problem    string // its beginning
	}{
		{"empty", " ", 1, "the rule is empty"},
		{"unknown-property", `device.isCompliant -eq 1 -or device.colour -eq "red"`, 30, `"device.colour" is no property of devices; the properties are deviceId, `},
		{"extension-attribute-16", `device.extensionAttribute16 -eq "a"`, 1, `"device.extensionAttribute16" is no property`},
		{"no-property-name", `device. -eq "a"`, 1, `"device." is no property`},
		{"property-of-users", `user.model -eq "a"`, 1, `a comparison such as`},
		{"nothing-after-and", `device.model -eq "a" -and`, 26, "a comparison such as"},
		{"unknown-operator", `device.model -match "a"`, 14, `"-match" is no operator of device filters`},
		{"no-operator", `device.model`, 13, "an operator is expected after device.model, not the end of the rule"},
		{"value-for-operator", `device.model "a"`, 14, `an operator is expected after device.model, not "a"`},
		{"no-value", `device.model -eq`, 17, "a value is expected here, not the end of the rule"},
		{"operator-for-value", `device.model -eq -and`, 18, `a value is expected here, not "-and"`},
		{"list-for-eq", `device.model -eq ["a"]`, 18, "-eq takes one value"},
		{"value-for-in", `device.model -in "a"`, 18, `-in takes a list`},
		{"empty-list", `device.model -in []`, 19, `a value is expected here, not "]"`},
		{"comma-at-the-end", `device.model -in ["a",]`, 23, "a value is expected here"},
		{"no-comma", `device.model -in ["a" "b"]`, 23, "a comma or the end of the list"},
		{"list-not-closed", `device.model -in ["a"`, 18, "this list is not closed"},
		{"quote-not-closed", `device.model -eq "a`, 18, "this quote is not closed"},
		{"escaped-quote-at-the-end", "device.model -eq \"a`\"", 18, "this quote is not closed"},
		{"parenthesis-not-closed", `(device.model -eq "a"`, 1, "this parenthesis is not closed"},
		{"stray-parenthesis", `device.model -eq "a")`, 21, "-and, -or or the end of the rule"},
		{"empty-parentheses", `()`, 2, "a comparison such as"},
		{"two-comparisons", `device.model -eq "a" device.model -eq "b"`, 22, "-and, -or or the end of the rule"},
		{"two-in-parentheses", `(device.model -eq "a" x)`, 23, "-and, -or or a closing parenthesis"},
		{"eq-of-collection", `device.systemLabels -eq "a"`, 21, "device.systemLabels is a collection: it takes -contains and -notContains, not -eq"},
		{"null-for-contains", `device.model -contains null`, 24, "null is for -eq and -ne"},
		{"null-in-list", `device.model -in ["a", null]`, 24, "null is for -eq and -ne"},
		{"typographic-quotes", `device.model -eq “a”`, 18, "this is a typographic quote"},
		{"dash", `device.model –eq "a"`, 14, "this is a dash"},
		{"too-deep", deep + `device.model -eq "a"`, maxFilterDepth + 1, "parentheses and -not are nested more than 100 deep"},
		{"too-long", `device.model -eq "` + strings.Repeat("ä", 3072) + `"`, 3073, "the rule has 3091 characters; at most 3072 are allowed"},
		{"not-utf8", "device.model -eq \"\xff\"", 19, "the rule is not valid UTF-8"},
		{"column-counts-characters", `device.model -eq "Büro 東京" -xor`, 28, "-and, -or or the end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseFilter(tt.rule)
			fault, ok := errors.AsType[*FilterError](err)
			if !ok {
				t.Fatalf("got %v, %v", f, err)
			}
			if fault.Column != tt.column || !strings.HasPrefix(fault.Problem, tt.problem) {
				t.Errorf("got %v, want column %d: %s", err, tt.column, tt.problem)
			}
			if fault.Rule == "" && tt.rule != "" || len(fault.Rule) > 2*excerptLength+14 {
				t.Errorf("excerpt %q", fault.Rule)
			}
		})
	}
}

func TestFilterErrorMessage(t *testing.T) {
	_, err := ParseFilter(`device.isCompliant -eq 1 -or device.colour -eq "red"`)
	const want = `column 30: "device.colour" is no property of devices; the properties are deviceId, displayName, deviceOwnership, ` +
		`enrollmentProfileName, isCompliant, manufacturer, mdmAppId, model, operatingSystem, operatingSystemVersion, physicalIds, ` +
		`profileType, systemLabels, trustType, extensionAttribute1 to extensionAttribute15`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestFilterLengthLimit(t *testing.T) {
	rule := `device.model -eq "`
	rule += strings.Repeat("ä", maxFilterLength-len(rule)-1) + `"`
	mustParseFilter(t, rule)
	if _, err := ParseFilter(rule + " "); err == nil {
		t.Error("one character too many passes")
	}
}

func TestFilterDepthLimit(t *testing.T) {
	inner := `device.model -eq "a"`
	for _, rule := range []string{
		strings.Repeat("(", maxFilterDepth) + inner + strings.Repeat(")", maxFilterDepth),
		strings.Repeat("-not ", maxFilterDepth) + inner,
		strings.Repeat("-not (", maxFilterDepth) + inner + strings.Repeat(")", maxFilterDepth),
	} {
		mustParseFilter(t, mustParseFilter(t, rule).String())
	}
}

func TestFilterProperties(t *testing.T) {
	f := mustParseFilter(t, `device.trustType -eq "a" -or (device.ISCOMPLIANT -eq True -and -not device.trusttype -eq "b")`)
	if got, want := f.Properties(), []string{"isCompliant", "trustType"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
