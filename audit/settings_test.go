package audit

import (
	"reflect"
	"testing"
	"time"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func fullSettings() Settings {
	return Settings{
		Accept: []Acceptance{
			{Check: "PK-A-001", Reason: "r", Expires: day("2027-01-31")},
			{Check: "PK-A-001", Fingerprint: "ab", Reason: "s"},
		},
		Severity:          map[string]Severity{"PK-A-001": Low, "PK-A-002": High},
		SectionsOff:       []snapshot.SectionID{snapshot.SignIns, snapshot.Devices},
		EmergencyAccounts: []string{"a@b.example", "c@b.example"},
		Kinds:             map[string]AccountKind{"svc-*": KindService},
		BootstrapGroups:   []string{"g", "h"},
		Lanes:             Lanes{Provisioning: true},
		Switches:          map[string]bool{"x": true},
		Assume:            []string{"bluetooth", "country:NL"},
		Catalogue:         catalogue.BuiltIn().WithFIDO(catalogue.NewCertifications(catalogue.Certifications{Digest: "ab"}, nil)),
	}
}

// Whatever is set changes the digest, so that two runs by different settings can be
// told apart.
func TestDigestSeesEveryMember(t *testing.T) {
	zero := Settings{}
	if !zero.Default() || zero.Digest() == "" {
		t.Error("the zero value is not the default")
	}
	full := reflect.ValueOf(fullSettings())
	seen := map[string]string{zero.Digest(): "nothing"}
	for i := range full.NumField() {
		var s Settings
		reflect.ValueOf(&s).Elem().Field(i).Set(full.Field(i))
		name := full.Type().Field(i).Name
		if old := seen[s.Digest()]; old != "" {
			t.Errorf("%s has the digest of %s", name, old)
		}
		seen[s.Digest()] = name
		if s.Default() {
			t.Errorf("with %s set the settings are the default", name)
		}
	}
	lanes := reflect.TypeFor[Lanes]()
	for i := range lanes.NumField() {
		var s Settings
		reflect.ValueOf(&s.Lanes).Elem().Field(i).SetBool(true)
		if s.Default() {
			t.Errorf("the lane %s does not enter the digest", lanes.Field(i).Name)
		}
	}
}

func TestDigestIgnoresOrderAndLetterCase(t *testing.T) {
	a, b := fullSettings(), fullSettings()
	b.Accept[0], b.Accept[1] = b.Accept[1], b.Accept[0]
	b.SectionsOff[0], b.SectionsOff[1] = b.SectionsOff[1], b.SectionsOff[0]
	b.EmergencyAccounts = []string{"C@B.example", "A@B.example", "a@b.example"}
	b.Kinds = map[string]AccountKind{"SVC-*": KindService}
	b.BootstrapGroups = []string{"H", "G"}
	b.Switches["y"] = false
	b.Assume = []string{"country:NL", "bluetooth"}
	if a.Digest() != b.Digest() {
		t.Error("equal settings have different digests")
	}
	b.Accept[0].Reason = "another"
	if a.Digest() == b.Digest() {
		t.Error("the reason of an acceptance does not enter the digest")
	}
}

func TestExpired(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a := Acceptance{Expires: day("2027-01-31")}
	for text, want := range map[string]bool{
		"2027-01-30T00:00:00Z": false, "2027-01-31T23:59:59Z": false, "2027-02-01T00:00:00Z": true,
		"2027-02-01T00:30:00+01:00": false, "2027-01-31T23:30:00-01:00": true,
	} {
		if got := a.Expired(at(text)); got != want {
			t.Errorf("at %s: %t", text, got)
		}
	}
	if (Acceptance{}).Expired(at("2999-01-01T00:00:00Z")) {
		t.Error("without a date it expires")
	}
}
