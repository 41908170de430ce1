package redact

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

func newTest(t testing.TB) *Redactor {
	t.Helper()
	r, err := New([]byte("a key of a test, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every member that package entra models has a class: a new one is not unknown by chance.
func TestEveryModelledMemberHasAClass(t *testing.T) {
	files, err := filepath.Glob("../entra/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`json:\"([^\",]+)").FindAllStringSubmatch(string(text), -1) {
			if _, known := classes()[m[1]]; !known && m[1] != "-" {
				t.Errorf("%s: %s has no class", filepath.Base(file), m[1])
			}
		}
	}
}

// Which address lies in which range does not change.
func TestAddressesStayInRanges(t *testing.T) {
	r := newTest(t)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) netip.Addr {
			n := rapid.SampledFrom([]int{4, 16}).Draw(t, name+" length")
			b := rapid.SliceOfN(rapid.ByteRange(0, 255), n, n).Draw(t, name)
			a, _ := netip.AddrFromSlice(b)
			return a.Unmap()
		}
		a, b := draw("a"), draw("b")
		p := netip.PrefixFrom(b, rapid.IntRange(0, b.BitLen()).Draw(t, "bits")).Masked()
		if rapid.Bool().Draw(t, "inside") && p.Bits() > 0 {
			a = p.Addr()
		}
		toA, toP := netip.MustParseAddr(r.name(a.String())), netip.MustParsePrefix(r.name(p.String()))
		if p.Contains(a) != toP.Contains(toA) {
			t.Fatalf("%s in %s: %t; %s in %s: %t", a, p, p.Contains(a), toA, toP, toP.Contains(toA))
		}
	})
}

func TestTexts(t *testing.T) {
	r := newTest(t)
	r.collectParts(`device.displayName -startsWith "KIOSK-" -or device.extensionAttribute1 -contains "saw" -or device.trustType -eq "AzureAD"`)
	same := func(a, b string) bool { return r.name(a) == r.name(b) }
	if !same("Ada@Contoso.example", "ada@contoso.EXAMPLE") || !same("7D1F6A0E-1111-4222-8333-ABCDEFABCDEF", "7d1f6a0e-1111-4222-8333-abcdefabcdef") {
		t.Error("letter case tells equal texts apart")
	}
	for name, tc := range map[string]struct{ text, want string }{
		"guest":         {"ada_fabrikam.com#EXT#@contoso.example", `^u[a-z2-7]{13}#EXT#@d[a-z2-7]{13}\.example$`},
		"service":       {"svc-backup@contoso.com", `^svc-u[a-z2-7]{13}@d[a-z2-7]{13}\.example$`},
		"service-1":     {"svc1@contoso.com", `^svc0u[a-z2-7]{13}@`},
		"no-service":    {"svenson@contoso.com", `^u[a-z2-7]{13}@`},
		"start-domain":  {"ada@contoso.onmicrosoft.com", `@d[a-z2-7]{13}\.onmicrosoft\.com$`},
		"sub-domain":    {"ada@eu.contoso.com", `@d[a-z2-7]{13}\.d[a-z2-7]{13}\.example$`},
		"kiosk":         {"KIOSK-17", `^[a-z2-7]{13}-[a-z2-7]{13}$`},
		"time":          {"2026-11-22T00:00:00Z", `^2026-11-22T00:00:00Z$`},
		"built-in":      {"00000000-0000-0000-0000-000000000004", `^00000000-0000-0000-0000-000000000004$`},
		"guid":          {"7d1f6a0e-1111-4222-8333-abcdefabcdef", `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
		"port":          {"203.0.113.7:443", `^\d+\.\d+\.\d+\.\d+:443$`},
		"spaces":        {"  ", `^  $`},
		"json-in-texts": {`{"displayName":"Ada"}`, `^\{"displayName":"[a-z2-7]{13}"\}$`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.name(tc.text); !regexp.MustCompile(tc.want).MatchString(got) {
				t.Errorf("%q becomes %q, want %s", tc.text, got, tc.want)
			}
		})
	}
	if start := r.name("KIOSK-"); !strings.HasPrefix(r.name("kiosk-17"), start) || strings.HasPrefix(r.name("desk-17"), start) {
		t.Error("what began with a part of a filter does not any more")
	}
	for rule, want := range map[string]string{
		`device.trustType -eq "AzureAD" -and device.isCompliant -eq True`: `device.trustType -eq "AzureAD" -and device.isCompliant -eq True`,
		`device.displayName -startsWith "KIOSK-"`:                         `device.displayName -startsWith "` + r.name("KIOSK-") + `"`,
		`device.displayName -in ["KIOSK-17", "Ada's"]`:                    `device.displayName -in ["` + r.name("KIOSK-17") + `", "` + r.name("Ada's") + `"]`,
		`device.extensionAttribute1 -contains "SAW"`:                      `device.extensionAttribute1 -contains "` + r.name("saw") + `"`,
	} {
		if got := r.filterRule(rule); got != want {
			t.Errorf("%s becomes %s, want %s", rule, got, want)
		}
	}
}

// The methods of people and the records of the audit log spell the id of a passkey in
// their own ways.
func TestKeyIDs(t *testing.T) {
	r := newTest(t)
	method := r.text(place{section: snapshot.AuthenticationMethods, parents: []string{"", "value"}, name: "id"}, "1YA-_NSH28Rm9nzOoVGRPw2")
	record := r.text(place{section: snapshot.DirectoryAudits, parents: []string{"", "targetResources"}, name: "displayName"}, "1YA+/NSH28Rm9nzOoVGRPw==")
	if method != record || strings.Contains(method, "1YA") {
		t.Errorf("%q and %q", method, record)
	}
}

func TestWording(t *testing.T) {
	r := newTest(t)
	for text, want := range map[string]string{
		"MFA requirement satisfied by claim in the token":                                                         `^MFA requirement satisfied by claim in the token$`,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Edg/1": `^Mozilla/5\.0 \(Windows NT 10\.0; Win64; x64\) [Aa-z0-9]+/537\.36 \(KHTML, like Gecko\) Chrome/120\.0\.0\.0 Edg/1$`,
		"Windows10":             `^Windows10$`,
		"Ios 17.1":              `^Ios 17\.1$`,
		"Microsoft Teams":       `^Microsoft Teams$`,
		"Quastel Timesheets":    `^[a-z2-7]{13} [a-z2-7]{13}$`,
		"from 198.51.100.77":    `^from \d+\.\d+\.\d+\.\d+$`,
		"version 0612345678":    `^version [1-9]\d{9}$`,
		"ada@contoso.example x": `^[a-z2-7]{13}$`,
	} {
		got := r.wording(text)
		if !regexp.MustCompile(want).MatchString(got) || strings.Contains(got, "198.51.100.77") || strings.Contains(got, "0612345678") {
			t.Errorf("%q becomes %q, want %s", text, got, want)
		}
	}
}

// Whatever a row holds, the copy is JSON of the same shape, and a second run gives the same.
func FuzzValue(f *testing.F) {
	f.Add(`{"id":"a","displayName":"Ada","x":{"Ada":["ada@x.example",12345678,1.5,null,true]},"rule":"device.displayName -eq \"x\""}`)
	f.Add(`[[{"key":"AAGuid","value":"x"},{"newValue":"\"[\\\"a@b.c\\\"]\""}]]`)
	f.Fuzz(func(t *testing.T, text string) {
		if entra.CheckSyntax(entra.Raw(text)) != nil {
			return
		}
		for _, section := range []snapshot.SectionID{snapshot.Users, snapshot.DirectoryAudits, snapshot.AuthenticationMethods} {
			one := newTest(t).value(place{section: section}, entra.Raw(text))
			if err := entra.CheckSyntax(one); err != nil {
				t.Fatalf("%s becomes %s: %v", text, one, err)
			}
			if one.Kind() != entra.Raw(text).Kind() {
				t.Fatalf("%s becomes %s", text, one)
			}
			if again := newTest(t).value(place{section: section}, entra.Raw(text)); string(again) != string(one) {
				t.Fatalf("%s becomes %s and %s", text, one, again)
			}
			if !json.Valid(one) {
				t.Fatalf("%s becomes %s", text, one)
			}
		}
	})
}
