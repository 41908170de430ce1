package catalogue_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/tri"
)

func TestModelOf(t *testing.T) {
	tests := []struct {
		name, aaguid, model  string
		kind                 catalogue.ModelKind
		platform             string
		attestable, synced   tri.Value
		campaign, undisclose bool
	}{
		{"authenticator-android", catalogue.AuthenticatorAndroid, "Microsoft Authenticator for Android", catalogue.App, "android", tri.Yes, tri.No, true, false},
		{"authenticator-ios", catalogue.AuthenticatorIOS, "Microsoft Authenticator for iOS", catalogue.App, "iOS", tri.Yes, tri.No, true, false},
		{"hello-tpm", catalogue.WindowsHelloTPM, "Windows Hello Hardware Authenticator", catalogue.Platform, "windows", tri.Unsure, tri.No, true, false},
		{"hello-vbs", catalogue.WindowsHelloVBS, "Windows Hello VBS Hardware Authenticator", catalogue.Platform, "windows", tri.Unsure, tri.No, true, false},
		{"hello-software", catalogue.WindowsHelloSoftware, "Windows Hello Software Authenticator", catalogue.Platform, "windows", tri.Unsure, tri.No, true, false},
		{"upper-case", "FBFC3007-154E-4ECC-8C0B-6E020557D7BD", "Apple Passwords (iCloud Keychain)", catalogue.Platform, "", tri.No, tri.Yes, true, false},
		{"password-manager", "bada5566-a7aa-401f-bd96-45619a55120d", "1Password", catalogue.PasswordManager, "", tri.No, tri.Yes, false, false},
		{"browser", "b5397666-4885-aa6b-cebf-e52262a439a2", "Chromium Browser", catalogue.Browser, "", tri.Unsure, tri.Unsure, false, false},
		{"security-key", "50a45b0c-80e7-f944-bf29-f552bfa2e048", "ACS FIDO Authenticator", catalogue.SecurityKey, "", tri.Yes, tri.No, false, false},
		{"not-known", "12345678-1234-1234-1234-123456789abc", "", "", "", tri.Unsure, tri.Unsure, false, false},
		{"all-zero", catalogue.UndisclosedAAGUID, "", "", "", tri.Unsure, tri.Unsure, false, true},
		{"empty", "", "", "", "", tri.Unsure, tri.Unsure, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := catalogue.Undisclosed(tt.aaguid); got != tt.undisclose {
				t.Errorf("Undisclosed = %v", got)
			}
			m := catalogue.BuiltIn().ModelOf(tt.aaguid)
			if (m == nil) != (tt.model == "") {
				t.Fatalf("got %+v", m)
			}
			if m == nil {
				return
			}
			if m.Name != tt.model || m.Kind != tt.kind || m.Platform != tt.platform || m.Campaign != tt.campaign ||
				m.Attestable() != tt.attestable || m.Synced() != tt.synced {
				t.Errorf("got %+v, attestable %s, synced %s", m, m.Attestable(), m.Synced())
			}
			if m.Source.Document == "" || m.Source.Date == "" {
				t.Errorf("source %+v", m.Source)
			}
		})
	}
}

func TestUndisclosed(t *testing.T) {
	for aaguid, want := range map[string]bool{
		"00000000000000000000000000000000": true, "0000": false, "": false, "-": false,
		"00000000-0000-0000-0000-000000000001": false,
	} {
		if got := catalogue.Undisclosed(aaguid); got != want {
			t.Errorf("%q: %v", aaguid, got)
		}
	}
}

// TestAttestationList: the list is whole, and of the edition it says.
func TestAttestationList(t *testing.T) {
	list := catalogue.BuiltIn().AttestationList()
	if list.Key != "HWV" || list.Date != "2026-10-06" || list.Weight != catalogue.Documented {
		t.Errorf("%+v", list)
	}
	id := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	counts := map[catalogue.ModelKind]int{}
	for _, m := range catalogue.BuiltIn().Models() {
		counts[m.Kind]++
		if !id.MatchString(m.AAGUID) || catalogue.BuiltIn().ModelOf(m.AAGUID).Name != m.Name {
			t.Errorf("%s %s is badly spelled or twice there", m.AAGUID, m.Name)
		}
		if eligible := m.Attestation == catalogue.AttestationEligible; eligible != (m.Kind == catalogue.SecurityKey) || eligible != (m.Source.Key == "HWV") {
			t.Errorf("%+v: only keys are on the list, and all that are", m)
		}
	}
	if counts[catalogue.SecurityKey] != 265 || len(catalogue.BuiltIn().Models()) != 292 {
		t.Errorf("%v", counts)
	}
}

func TestSignInErrorOf(t *testing.T) {
	tests := []struct {
		code      int
		category  string
		interrupt bool
	}{
		{0, "other", false}, {135010, "fido-failure", false}, {135016, "policy-blocked", false}, {53003, "policy-blocked", false},
		{50203, "needs-registration", true}, {50140, "other", true}, {50126, "password", false},
	}
	for _, tt := range tests {
		e := catalogue.BuiltIn().SignInErrorOf(tt.code)
		if e == nil || e.Code != tt.code || e.Category != tt.category || e.Interrupt != tt.interrupt || e.Meaning == "" || e.Source.Document == "" {
			t.Errorf("%d: %+v", tt.code, e)
		}
	}
	if e := catalogue.BuiltIn().SignInErrorOf(-1); e != nil {
		t.Errorf("%+v", e)
	}
}

func TestActivityOf(t *testing.T) {
	tests := []struct {
		name, display string
		kind          catalogue.ActivityKind
		weight        catalogue.Weight
	}{
		{"exact", "User registered security info", catalogue.ActivityRegistered, catalogue.Documented},
		{"case-and-space", " USER REGISTERED security info ", catalogue.ActivityRegistered, catalogue.Documented},
		{"policy", "Authentication Methods Policy Update", catalogue.ActivityPolicyChange, catalogue.Documented},
		{"passkey", "Add Passkey (device-bound)", catalogue.ActivityRegistered, catalogue.Community},
		{"passkey-old", "Add Passkey (device-bound) security key", catalogue.ActivityRegistered, catalogue.Community},
		{"passkey-synced", "Add Passkey (synced)", catalogue.ActivityRegistered, catalogue.Documented},
		{"passkey-new", "Add Passkey (quantum)", catalogue.ActivityRegistered, catalogue.Unverified},
		{"passkey-deleted", "Delete passkey (device-bound)", catalogue.ActivityDeleted, catalogue.Community},
		{"passkey-removed", "Remove Passkey", catalogue.ActivityDeleted, catalogue.Unverified},
		{"part-of-a-word", "Add PasskeyProfile", "", ""},
		{"not-known", "Update user", "", ""},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := catalogue.ActivityOf(tt.display)
			if a == nil {
				a = &catalogue.Activity{}
			}
			if a.Kind != tt.kind || a.Source.Weight != tt.weight {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	if n := len(catalogue.Templates()); n != 21 {
		t.Errorf("%d templates", n)
	}
	tpl := catalogue.TemplateOf(strings.ToUpper(catalogue.TemplateResistantAdmins))
	if tpl == nil || len(tpl.IncludeRoles()) != 19 || !slices.Contains(tpl.IncludeRoles(), "62e90394-69f5-4237-9190-012177145e10") || !tpl.Scenarios.Has("protectAdmins") {
		t.Fatalf("%+v", tpl)
	}
	if resistant, known := tpl.Details.GrantControls.AuthenticationStrength.PhishingResistant(); !resistant || !known {
		t.Errorf("%+v", tpl.Details.GrantControls)
	}
	if catalogue.TemplateOf("x") != nil || len((&catalogue.Template{}).IncludeRoles()) != 0 {
		t.Error("a template out of nothing")
	}
}

func TestStrengths(t *testing.T) {
	want := map[string]int{entra.StrengthMultifactor: 19, entra.StrengthPasswordless: 4, entra.StrengthPhishingResistant: 3}
	for _, s := range catalogue.BuiltInStrengths() {
		if len(s.AllowedCombinations) != want[s.ID] {
			t.Errorf("%s: %v", s.ID, s.AllowedCombinations)
		}
		delete(want, s.ID)
		for _, c := range s.AllowedCombinations {
			for _, m := range entra.Flags(c).Members() {
				if catalogue.ModeOf(m) == nil {
					t.Errorf("%s is no mode", m)
				}
			}
		}
		if resistant, known := s.PhishingResistant(); resistant != (s.ID == entra.StrengthPhishingResistant) || !known {
			t.Errorf("%s: resistant %v", s.ID, resistant)
		}
	}
	if len(want) > 0 || catalogue.StrengthSource().Date != "2024-05-28" {
		t.Errorf("missing %v", want)
	}
	if m := catalogue.ModeOf("FIDO2"); m == nil || m.Bit != 32 || m.BaseMethod != "fido2" || !slices.Equal(m.Types, []string{"fido2AuthenticationMethod"}) || m.Source.Key != "CSDL" {
		t.Errorf("%+v", m)
	}
	if catalogue.ModeOf("telepathy") != nil {
		t.Error("a mode out of nothing")
	}
}

func TestControls(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range catalogue.Controls() {
		if seen[c.ID] || c.Title == "" || c.Benchmark == "" || c.Source.Date == "" || c.Source.Licence == "" {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
		for _, a := range c.Asks {
			if a.Path == "" || a.Operator == "" || len(a.Expected) > 0 && entra.CheckSyntax(a.Expected) != nil {
				t.Errorf("%s: %+v", c.ID, a)
			}
		}
	}
	c := catalogue.ControlOf("EIDSCA.AF01")
	if c == nil || c.Benchmark != "EIDSCA" || len(c.Asks) != 1 || c.Asks[0].Operator != "eq" || string(c.Asks[0].Expected) != `"enabled"` {
		t.Errorf("%+v", c)
	}
	if c := catalogue.ControlOf("CIS-M365-5.2.2.9"); c == nil || c.Versions["7.0"] != "5.2.2.9" {
		t.Errorf("%+v", c)
	}
	if catalogue.ControlOf("") != nil {
		t.Error("a control out of nothing")
	}
}

func TestSupport(t *testing.T) {
	supported := []string{"yes", "no", "conditional", "notApplicable", "unknown"}
	seen := map[string]bool{}
	for _, c := range catalogue.BuiltIn().Matrix().Cells() {
		if seen[c.ID] || !slices.Contains(supported, c.Supported) || c.Source.Date == "" || (c.Supported == "conditional" && len(c.Conditions) == 0 && c.Notes == "") {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
		if strings.HasPrefix(c.Source.Key, "MTX") != c.Source.Stale {
			t.Errorf("%s: source %s, stale %v", c.ID, c.Source.Key, c.Source.Stale)
		}
	}
	if len(seen) != 118 || len(catalogue.BuiltIn().MinimumVersions()) != 11 || len(catalogue.BuiltIn().Hosts()) != 4 || len(catalogue.BuiltIn().CampaignSilences()) != 48 {
		t.Errorf("%d cells, %d minimum versions, %d hosts, %d silences", len(seen), len(catalogue.BuiltIn().MinimumVersions()), len(catalogue.BuiltIn().Hosts()), len(catalogue.BuiltIn().CampaignSilences()))
	}
	for _, s := range catalogue.BuiltIn().CampaignSilences() {
		if s.Source.Key != "CAM" {
			t.Errorf("%+v", s)
		}
	}
}
