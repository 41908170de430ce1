package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"passkeyaudit/audit/redact"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
)

// planted are secrets that are put where nobody expects them.
var planted = []string{
	"Zebulon Quastel", "zebulon.quastel", "quastel-holding.example", "198.51.100.77", "2001:db8:77::5", "0612345678", "61234567899", "QUASTEL-LT-77",
	"7d1f6a0e-1111-4222-8333-abcdefabcdef", "Quastel", "52.3702157", "quastel", "1980-05-17",
}

// plant adds them to the rows of a section: in members that nobody models, as names of
// members, in links, and in texts that Microsoft's services write.
func plant(row map[string]any, deep bool) {
	row["x_note"] = "call Zebulon Quastel, 0612345678, zebulon.quastel@quastel-holding.example"
	row["x_number"] = 61234567899
	row["birthday"] = "1980-05-17T00:00:00Z"
	row["x_place"] = map[string]any{"latitude": 52.3702157, "owner": map[string]any{"Zebulon Quastel": true, "zebulon.quastel@quastel-holding.example": []any{"198.51.100.77", "2001:db8:77::5"}}}
	row["x_json"] = `{"name":"Zebulon Quastel","7d1f6a0e-1111-4222-8333-abcdefabcdef":["QUASTEL-LT-77"]}`
	row["x_list"] = []any{"QUASTEL-LT-77", "7d1f6a0e-1111-4222-8333-abcdefabcdef", []any{map[string]any{"state": "Zebulon Quastel"}}}
	row["x@odata.nextLink"] = "https://graph.microsoft.com/v1.0/users('zebulon.quastel@quastel-holding.example')"
	row["7d1f6a0e-1111-4222-8333-abcdefabcdef"] = 1
	if deep {
		row["userAgent"] = "Mozilla/5.0 (Windows NT 10.0; Quastel) Chrome/120.0.0.0 from 198.51.100.77"
		row["appDisplayName"] = "Quastel Timesheets"
		row["resultReason"] = "User Zebulon registered security info of Quastel at 2001:db8:77::5"
		if loc, is := row["location"].(map[string]any); is {
			loc["state"], loc["city"] = "Quastel", "Zebulon Quastel"
		}
	}
}

// tenantWithSecrets writes the demo tenant with the secrets planted, and lists what
// identifies anybody or anything in it.
func tenantWithSecrets(t *testing.T) (dir string, secrets map[string]bool) {
	t.Helper()
	dir = t.TempDir()
	secrets = map[string]bool{}
	for _, s := range planted {
		secrets[strings.ToLower(s)] = true
	}
	demo := fixtures.Demo()
	err := fs.WalkDir(demo, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		text, err := fs.ReadFile(demo, name)
		if err != nil {
			return err
		}
		switch {
		case name == "manifest.json":
			var m map[string]any
			if err := json.Unmarshal(text, &m); err != nil {
				return err
			}
			m["x_by"] = "Zebulon Quastel"
			m["sections"].(map[string]any)["riskyUsers"] = map[string]any{"state": "denied", "reason": "asked by Zebulon Quastel (zebulon.quastel@quastel-holding.example)"}
			text, err = json.Marshal(m)
		default:
			var out bytes.Buffer
			for line := range strings.Lines(string(text)) {
				if strings.HasSuffix(name, ".json") {
					line = string(text)
				}
				if strings.TrimSpace(line) == "" {
					continue
				}
				var row map[string]any
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					return err
				}
				identifying("", row, secrets)
				plant(row, true)
				one, _ := json.Marshal(row) //nolint:errchkjson
				out.Write(append(one, '\n'))
				if strings.HasSuffix(name, ".json") {
					break
				}
			}
			text = out.Bytes()
		}
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, secrets
}

// publicNames are members with ids that everybody has, or with names of things that are
// sold.
const publicNames = `appId|resourceId|aaGuid|aaGuids|allowedAAGUIDs|roleDefinitionId|templateId|includeRoles|excludeRoles|includeApplications|excludeApplications|skuId|servicePlanId|disabledPlans|model|appDisplayName|resourceDisplayName`

var (
	guid         = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	publicMember = regexp.MustCompile(`"(?:` + publicNames + `)":\s*(\[[^\]]*\]|"[^"]*")`)
	publicName   = regexp.MustCompile(`^(?:` + publicNames + `)$`)
)

// identifying collects names, ids, addresses and mail addresses of a row.
func identifying(name string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for inner, member := range v {
			switch {
			case inner == "roleDefinition", name == "modifiedProperties" && inner == "displayName", v["key"] == "AAGuid" && inner == "value":
				// A role of Microsoft's, the name of a property, a model of keys.
			case inner == "displayName" && (v["policyType"] == "builtIn" || name == "app" || v["appId"] != nil):
				// What Microsoft calls a strength or one of its apps.
			default:
				identifying(inner, member, into)
			}
		}
	case []any:
		for _, e := range v {
			identifying(name, e, into)
		}
	case string:
		text := strings.ToLower(v)
		switch name {
		case "displayName", "userDisplayName", "deviceName", "userPrincipalName", "mail", "issuerAssignedId", "ipAddress", "cidrAddress", "phoneNumber", "department", "city", "emailAddress", "serialNumber":
			if len(text) >= 5 {
				into[text] = true
				if local, _, is := strings.Cut(text, "@"); is {
					into[local+"@"] = true
				}
			}
		default:
			if guid.MatchString(text) && !publicName.MatchString(name) && !strings.HasPrefix(text, "00000000-0000-0000-0000-") {
				into[text] = true
			}
		}
	}
}

// Nothing of the originals is in any byte of the copy, in any letter case.
func TestNothingSurvives(t *testing.T) {
	dir, secrets := tenantWithSecrets(t)
	from := open(t, os.DirFS(dir))
	_, to := copyOf(t, from, testKey)
	keep := map[string]bool{}
	// Ids that are public somewhere are public everywhere; phones are called what their
	// model is called, and targets of the audit log what a policy is called.
	for _, w := range []string{"authentication methods policy", "authenticationmethodspolicy", "windows hello"} {
		keep[w] = true
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fixtures.Demo(), name)
		for _, found := range publicMember.FindAllString(string(text), -1) {
			for _, value := range regexp.MustCompile(`"[^"]*"`).FindAllString(found, -1) {
				keep[strings.ToLower(strings.Trim(value, `"`))] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secret := make([]string, 0, len(secrets))
	for s := range secrets {
		if !keep[s] {
			secret = append(secret, s)
		}
	}
	if len(secret) < 3000 {
		t.Fatalf("only %d secrets were collected: the test looks for too little", len(secret))
	}
	const start = 5
	byStart := map[string][]string{}
	for _, s := range secret {
		byStart[s[:start]] = append(byStart[s[:start]], s)
	}
	err = filepath.WalkDir(to, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		lower := strings.ToLower(string(text))
		reported := map[string]bool{}
		for i := range max(0, len(lower)-start) {
			for _, s := range byStart[lower[i:i+start]] {
				if strings.HasPrefix(lower[i:], s) && !reported[s] {
					reported[s] = true
					t.Errorf("%s: %q survives in …%s…", filepath.Base(name), s, lower[max(0, i-60):min(len(lower), i+len(s)+40)])
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Copies of one key agree, copies of two keys share no pseudonym.
func TestKeys(t *testing.T) {
	fsys, err := fixtures.Scenario("healthy")
	if err != nil {
		t.Fatal(err)
	}
	read := func(key string) string {
		_, dir := copyOf(t, open(t, fsys), []byte(key))
		text, err := os.ReadFile(filepath.Join(dir, "sections", "users.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	one, again, other := read("the first of the keys"), read("the first of the keys"), read("another of the keys")
	if one != again {
		t.Error("the same key gives other pseudonyms")
	}
	for _, id := range regexp.MustCompile(`"(id|userPrincipalName)":"([^"]*)"`).FindAllStringSubmatch(one, -1) {
		if strings.Contains(other, id[2]) {
			t.Errorf("%s stands under two keys", id[2])
		}
	}
	if _, err := redact.New([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}

func TestRefusesTwice(t *testing.T) {
	fsys, err := fixtures.Scenario("healthy")
	if err != nil {
		t.Fatal(err)
	}
	once, _ := copyOf(t, open(t, fsys), testKey)
	r, err := redact.New(testKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), once, filepath.Join(t.TempDir(), "twice"), snapshot.Zstd); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(fmt.Sprint("got ", err))
	}
}
