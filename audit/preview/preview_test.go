package preview_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/snapshot"
)

// A tenant of eight: ana holds a security key, ben Authenticator, cas nothing, dee a
// text message phone and is out of scope, eva a pass and a key of another model, gus is
// a guest, hal is disabled, ivy is in the group inside.
var base = map[string]string{
	"users": `{"id":"ana","userPrincipalName":"ana@contoso.example","accountEnabled":true,"userType":"Member"}
{"id":"ben","userPrincipalName":"ben@contoso.example","accountEnabled":true,"userType":"Member"}
{"id":"cas","userPrincipalName":"cas@contoso.example","accountEnabled":true,"userType":"Member"}
{"id":"dee","userPrincipalName":"dee@contoso.example","accountEnabled":true,"userType":"Member"}
{"id":"eva","userPrincipalName":"eva@contoso.example","accountEnabled":true,"userType":"Member"}
{"id":"gus","userPrincipalName":"gus_fabrikam.example#EXT#@contoso.example","accountEnabled":true,"userType":"Guest"}
{"id":"hal","userPrincipalName":"hal@contoso.example","accountEnabled":false,"userType":"Member"}
{"id":"ivy","userPrincipalName":"ivy@contoso.example","accountEnabled":true,"userType":"Member"}`,
	"groups": `{"id":"rollout","displayName":"Rollout"}
{"id":"pilot","displayName":"Pilot"}`,
	"groupMembers": `{"groupId":"rollout","transitive":false,"userIds":["ana","ben","cas","eva","hal"],"groupIds":["pilot"]}
{"groupId":"pilot","transitive":true,"userIds":["ivy"]}`,
	"roleAssignments": "", "roleEligibility": "", "riskyUsers": "", "devices": "", "managedDevices": "",
	"domains":        `{"id":"contoso.example","authenticationType":"Managed","isDefault":true}`,
	"namedLocations": `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"office","displayName":"Office","isTrusted":true,"ipRanges":[{"cidrAddress":"192.0.2.0/24"}]}`,
	"authenticationStrengthPolicies": `{"id":"00000000-0000-0000-0000-000000000004","displayName":"Phishing-resistant MFA","policyType":"builtIn","allowedCombinations":["windowsHelloForBusiness","fido2","x509CertificateMultiFactor"],"combinationConfigurations":[]}
{"id":"keys","displayName":"Company keys","policyType":"custom","allowedCombinations":["fido2"],"combinationConfigurations":[{"@odata.type":"#microsoft.graph.fido2CombinationConfiguration","id":"models","appliesToCombinations":["fido2"],"allowedAAGUIDs":["2fc0579f-8113-47ea-b116-bb5a8db9202a"]}]}`,
	"authenticationMethodsPolicy": `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[` +
		`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"isAttestationEnforced":false,"keyRestrictions":{"isEnforced":false,"enforcementType":"block","aaGuids":[]},"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001","passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled","keyRestrictions":{"isEnforced":false,"enforcementType":"block","aaGuids":[]}}],"includeTargets":[{"id":"rollout","targetType":"group","allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001"]}],"excludeTargets":[]},` +
		`{"id":"MicrosoftAuthenticator","state":"enabled","isSoftwareOathEnabled":false,"includeTargets":[{"id":"pilot","targetType":"group"},{"id":"rollout","targetType":"group"}],"excludeTargets":[]},` +
		`{"id":"TemporaryAccessPass","state":"enabled","isUsableOnce":false,"includeTargets":[{"id":"all_users","targetType":"group"}],"excludeTargets":[]},` +
		`{"id":"Sms","state":"enabled","includeTargets":[{"id":"all_users","targetType":"group"}],"excludeTargets":[]}]}`,
	"authenticationMethods": `{"userId":"ana","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k1","aaGuid":"2fc0579f-8113-47ea-b116-bb5a8db9202a","passkeyType":"deviceBound"}]}
{"userId":"ben","value":[{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"a1"}]}
{"userId":"cas","value":[]}
{"userId":"dee","value":[{"@odata.type":"#microsoft.graph.phoneAuthenticationMethod","id":"p1","phoneType":"mobile"}]}
{"userId":"eva","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k2","aaGuid":"ee041bce-25e5-4cdb-8f86-897fd6418464","passkeyType":"deviceBound"}]}
{"userId":"gus","value":[]}
{"userId":"hal","value":[]}
{"userId":"ivy","value":[{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"a2"}]}`,
	"userRegistrationDetails": "",
	"conditionalAccessPolicies": `{"id":"mfa","displayName":"MFA for all","createdDateTime":"2026-01-01T00:00:00Z","modifiedDateTime":null,"state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeUsers":[],"includeGroups":[],"excludeGroups":[]},"applications":{"includeApplications":["All"],"excludeApplications":[]},"clientAppTypes":["all"]},"grantControls":{"operator":"OR","builtInControls":["mfa"]}}
{"id":"strong","displayName":"Phishing-resistant","createdDateTime":"2026-01-01T00:00:00Z","modifiedDateTime":null,"state":"enabledForReportingButNotEnforced","conditions":{"users":{"includeUsers":["All"],"excludeUsers":[],"includeGroups":[],"excludeGroups":[]},"applications":{"includeApplications":["All"],"excludeApplications":[]},"clientAppTypes":["all"]},"grantControls":{"operator":"OR","builtInControls":[],"authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}}}
{"id":"company","displayName":"Company keys","state":"disabled","conditions":{"users":{"includeUsers":[],"includeGroups":["rollout"]},"applications":{"includeApplications":["Office365"]},"clientAppTypes":["all"]},"grantControls":{"operator":"OR","builtInControls":[],"authenticationStrength":{"id":"keys"}}}
{"id":"office","displayName":"Security info in the office","state":"disabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":[],"includeUserActions":["urn:user:registersecurityinfo"]},"clientAppTypes":["all"],"locations":{"includeLocations":["All"],"excludeLocations":["office"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`,
	"signIns": signIn("1", "ana", `"appliedConditionalAccessPolicies":[{"id":"strong","result":"reportOnlySuccess"}]`) + "\n" +
		signIn("2", "ben", `"status":{"errorCode":0,"additionalDetails":"MFA completed in Azure AD"}`) + "\n" +
		signIn("3", "cas", `"status":{"errorCode":50126}`) + "\n" +
		signIn("4", "dee", `"resourceId":""`) + "\n" +
		signIn("5", "nobody", "") + "\n" +
		signIn("6", "ivy", `"isInteractive":false`) + "\n" +
		signIn("7", "ivy", `"deviceDetail":null`),
}

func signIn(id, user, more string) string {
	row := map[string]any{
		"id": id, "createdDateTime": "2026-11-20T10:00:0" + id + "Z", "userId": user, "userPrincipalName": user + "@contoso.example",
		"appId": "00000002-0000-0ff1-ce00-000000000000", "resourceId": "00000002-0000-0ff1-ce00-000000000000", "resourceDisplayName": "Exchange",
		"ipAddress": "203.0.113.9", "clientAppUsed": "Browser", "isInteractive": true, "status": map[string]any{"errorCode": 0},
		"deviceDetail": map[string]any{"deviceId": "", "operatingSystem": "Windows10", "isCompliant": false, "trustType": ""},
		"location":     map[string]any{"countryOrRegion": "NL"}, "riskLevelDuringSignIn": "none",
	}
	if err := json.Unmarshal([]byte("{"+more+"}"), &row); err != nil {
		panic(err)
	}
	text, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const manifest = `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`

func fileOf(section string) string {
	if section == "authenticationMethodsPolicy" {
		return "sections/" + section + ".json"
	}
	return "sections/" + section + ".ndjson"
}

type testing2 interface {
	Helper()
	Fatal(...any)
}

func open(t testing2, rows map[string]string) *snapshot.Snapshot {
	t.Helper()
	files := fstest.MapFS{"manifest.json": {Data: []byte(manifest)}}
	for name, text := range rows {
		files[fileOf(name)] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := snapshot.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var today = bootstrap.Options{World: bootstrap.Today}

// previewOf makes a change and compares.
func previewOf(t *testing.T, rows map[string]string, text string) *preview.Preview {
	t.Helper()
	before := open(t, rows)
	p, err := preview.Compare(t.Context(), audit.NewRun(before), changed(t, before, text), today)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func changed(t *testing.T, s *snapshot.Snapshot, text string) *snapshot.Snapshot {
	t.Helper()
	requests, err := change.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	applied, err := change.Apply(t.Context(), s, requests)
	if err != nil {
		t.Fatal(err)
	}
	return applied.Snapshot
}

func say(list []preview.Account) string {
	var out []string
	for _, a := range list {
		text := fmt.Sprintf("%s %s→%s", a.ID, a.Before, a.After)
		if a.UsableBefore != a.UsableAfter {
			text += fmt.Sprintf(" keys %d→%d", a.UsableBefore, a.UsableAfter)
		}
		if a.LockedOut {
			text += " locked-out"
		}
		for _, r := range a.Reasons {
			text += " " + string(r)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

const caURL = `/identity/conditionalAccess/policies/`

func patch(url, body string) string {
	return `{"method":"PATCH","url":"` + url + `","body":` + body + `}`
}

// TestCompare says for some changes who is where afterwards.
func TestCompare(t *testing.T) {
	const fido2 = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2"
	for name, c := range map[string]struct{ change, loses, gains, worsens, signIns string }{
		"nothing": {change: patch(caURL+"mfa", `{"displayName":"Another name"}`), signIns: "3 replayed"},
		"strong on": {
			change: patch(caURL+"strong", `{"state":"enabled"}`),
			// ben and ivy go on to the passkey through the wizard; cas finds a pass of no use.
			loses:   "cas self-service→trapped locked-out strengthUnsatisfiable",
			worsens: "dee out-of-scope→out-of-scope locked-out notTargeted strengthUnsatisfiable",
			signIns: "3 replayed, 2 interrupted, 2 cannot meet",
		},
		"one model of key": {
			change:  patch(caURL+"company", `{"state":"enabled"}`),
			loses:   "eva has-passkey→self-service strengthUnsatisfiable",
			signIns: "3 replayed, 3 interrupted, 2 cannot meet",
		},
		"method off": {
			change:  patch(fido2, `{"state":"disabled"}`),
			loses:   "ana has-passkey→out-of-scope keys 1→0 methodDisabled; eva has-passkey→out-of-scope keys 1→0 methodDisabled",
			worsens: "ben self-service→out-of-scope methodDisabled; cas self-service→out-of-scope methodDisabled; ivy self-service→out-of-scope methodDisabled",
			signIns: "3 replayed",
		},
		"a model less": {
			change:  patch(fido2+"/passkeyProfiles/00000000-0000-0000-0000-000000000001", `{"keyRestrictions":{"isEnforced":true,"enforcementType":"block","aaGuids":["ee041bce-25e5-4cdb-8f86-897fd6418464"]}}`),
			loses:   "eva has-passkey→self-service keys 1→0 passkeyNotAllowedAnymore",
			signIns: "3 replayed",
		},
		"dee in": {
			change:  `{"method":"POST","url":"/groups/rollout/members/$ref","body":{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/dee"}}`,
			gains:   "dee out-of-scope→self-service",
			signIns: "3 replayed",
		},
		"office only": {
			change:  patch(caURL+"office", `{"state":"enabled"}`),
			worsens: "",
			signIns: "3 replayed",
		},
		"office only and no office": {
			// Whoever has a passkey has no need to register.
			change: patch(caURL+"office", `{"state":"enabled","conditions":{"locations":{"excludeLocations":["AllTrusted"]}}}`) + "\n" +
				patch("/identity/conditionalAccess/namedLocations/office", `{"isTrusted":false}`),
			loses:   "ben self-service→trapped locationBlocked; cas self-service→trapped locationBlocked; ivy self-service→trapped locationBlocked",
			signIns: "3 replayed",
		},
		"the other model of key": {
			change: patch("/policies/authenticationStrengthPolicies/keys/combinationConfigurations/models", `{"allowedAAGUIDs":["ee041bce-25e5-4cdb-8f86-897fd6418464"]}`) + "\n" +
				patch(caURL+"company", `{"state":"enabled"}`),
			loses:   "ana has-passkey→self-service strengthUnsatisfiable",
			signIns: "3 replayed, 3 interrupted, 2 cannot meet", // of ana only the mode is asked, not the model
		},
		"strong with a lane": {
			// The strength on the register action takes passes and not Authenticator: an
			// administrator is needed, and nobody is trapped.
			change: patch(caURL+"strong", `{"state":"enabled"}`) + "\n" +
				`{"method":"POST","url":"/policies/authenticationStrengthPolicies","body":{"id":"lane","displayName":"Lane","allowedCombinations":["temporaryAccessPassMultiUse","temporaryAccessPassOneTime","fido2"]}}` + "\n" +
				`{"method":"POST","url":"/identity/conditionalAccess/policies","body":{"id":"register","displayName":"Register","state":"enabled","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}},"grantControls":{"operator":"OR","authenticationStrength":{"id":"lane"}}}}`,
			worsens: "ben self-service→needs-admin-step strengthUnsatisfiable; cas self-service→needs-admin-step noBootstrapMethod; " +
				"dee out-of-scope→out-of-scope locked-out notTargeted strengthUnsatisfiable; ivy self-service→needs-admin-step strengthUnsatisfiable",
			signIns: "3 replayed, 2 interrupted, 2 cannot meet",
		},
		"no passes and no codes": {
			// A text message is the only method left to register, and no way leads through a new
			// number.
			change: patch("/policies/authenticationMethodsPolicy", `{"authenticationMethodConfigurations":[{"id":"TemporaryAccessPass","state":"disabled"},{"id":"MicrosoftAuthenticator","state":"disabled"}]}`),
			loses: "ben self-service→trapped noBootstrapMethod tapDisabled; cas self-service→trapped noBootstrapMethod tapDisabled; " +
				"ivy self-service→trapped noBootstrapMethod tapDisabled",
			signIns: "3 replayed",
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p := previewOf(t, base, c.change)
			for what, pair := range map[string][2]string{
				"loses": {say(p.People.Loses), c.loses}, "gains": {say(p.People.Gains), c.gains}, "worsens": {say(p.People.Worsens), c.worsens},
				"signIns": {saySignIns(p.SignIns), c.signIns},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s\n got %q\nwant %q", what, pair[0], pair[1])
				}
			}
		})
	}
}

func saySignIns(s preview.SignIns) string {
	text := fmt.Sprintf("%d replayed", s.Replayed)
	for _, n := range []struct {
		count int
		what  string
	}{{s.Blocked, "blocked"}, {s.Interrupted, "interrupted"}, {s.CannotMeet, "cannot meet"}, {s.Undetermined, "undetermined"}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %d %s", n.count, n.what)
		}
	}
	return text
}

// edit is a change with the same change made by hand on the rows, and one that takes
// it back.
type edit struct {
	name, change, back string
	byHand             func(rows map[string]string)
}

// swap replaces a text in a section; it must be there.
func swap(section, old, new string) func(map[string]string) {
	return func(rows map[string]string) {
		if !strings.Contains(rows[section], old) {
			panic(section + " does not hold " + old)
		}
		rows[section] = strings.Replace(rows[section], old, new, 1)
	}
}

var edits = []edit{
	{"strong", patch(caURL+"strong", `{"state":"enabled"}`), patch(caURL+"strong", `{"state":"enabledForReportingButNotEnforced"}`),
		swap("conditionalAccessPolicies", `"state":"enabledForReportingButNotEnforced"`, `"state":"enabled"`)},
	{"mfa gone", `{"method":"DELETE","url":"` + caURL + `mfa"}`, "",
		func(rows map[string]string) {
			_, rest, _ := strings.Cut(rows["conditionalAccessPolicies"], "\n")
			rows["conditionalAccessPolicies"] = rest
		}},
	{"fido2 off", patch("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2", `{"state":"disabled"}`),
		patch("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2", `{"state":"enabled"}`),
		swap("authenticationMethodsPolicy", `"id":"Fido2","state":"enabled"`, `"id":"Fido2","state":"disabled"`)},
	{"pass off", patch("/policies/authenticationMethodsPolicy", `{"authenticationMethodConfigurations":[{"id":"TemporaryAccessPass","state":"disabled"}]}`),
		patch("/policies/authenticationMethodsPolicy", `{"authenticationMethodConfigurations":[{"id":"TemporaryAccessPass","state":"enabled"}]}`),
		swap("authenticationMethodsPolicy", `"id":"TemporaryAccessPass","state":"enabled"`, `"id":"TemporaryAccessPass","state":"disabled"`)},
	{"synced only", patch("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2/passkeyProfiles/00000000-0000-0000-0000-000000000001", `{"passkeyTypes":"synced"}`),
		patch("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2/passkeyProfiles/00000000-0000-0000-0000-000000000001", `{"passkeyTypes":"deviceBound,synced"}`),
		swap("authenticationMethodsPolicy", `"passkeyTypes":"deviceBound,synced"`, `"passkeyTypes":"synced"`)},
	{"dee in", `{"method":"POST","url":"/groups/pilot/members/$ref","body":{"@odata.id":"/directoryObjects/dee"}}`, `{"method":"DELETE","url":"/groups/pilot/members/dee/$ref"}`,
		swap("groupMembers", `["ivy"]`, `["ivy","dee"]`)},
	{"ana out", `{"method":"DELETE","url":"/groups/rollout/members/ana@contoso.example/$ref"}`, `{"method":"POST","url":"/groups/rollout/members/$ref","body":{"@odata.id":"/directoryObjects/ana"}}`,
		swap("groupMembers", `"ana",`, "")},
	{"ben off", patch("/users/ben", `{"accountEnabled":false}`), patch("/users/ben", `{"accountEnabled":true}`),
		swap("users", `"ben@contoso.example","accountEnabled":true`, `"ben@contoso.example","accountEnabled":false`)},
	{"company", patch(caURL+"company", `{"state":"enabled"}`), patch(caURL+"company", `{"state":"disabled"}`),
		swap("conditionalAccessPolicies", `"Company keys","state":"disabled"`, `"Company keys","state":"enabled"`)},
	{"office", patch(caURL+"office", `{"state":"enabled"}`), patch(caURL+"office", `{"state":"disabled"}`),
		swap("conditionalAccessPolicies", `"Security info in the office","state":"disabled"`, `"Security info in the office","state":"enabled"`)},
	{"office distrusted", patch("/identity/conditionalAccess/namedLocations/office", `{"isTrusted":false}`), patch("/identity/conditionalAccess/namedLocations/office", `{"isTrusted":true}`),
		swap("namedLocations", `"isTrusted":true`, `"isTrusted":false`)},
	{"keys of eva", patch("/policies/authenticationStrengthPolicies/keys/combinationConfigurations/models", `{"allowedAAGUIDs":["ee041bce-25e5-4cdb-8f86-897fd6418464"]}`),
		patch("/policies/authenticationStrengthPolicies/keys/combinationConfigurations/models", `{"allowedAAGUIDs":["2fc0579f-8113-47ea-b116-bb5a8db9202a"]}`),
		swap("authenticationStrengthPolicies", `"allowedAAGUIDs":["2fc0579f-8113-47ea-b116-bb5a8db9202a"]`, `"allowedAAGUIDs":["ee041bce-25e5-4cdb-8f86-897fd6418464"]`)},
}

// verdicts writes where everybody stands, and the personas.
func verdicts(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	run := audit.NewRun(s)
	r, err := audit.Evaluate(t.Context(), run, bootstrap.Reach)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range r.Directory.All.All() {
		v := r.Of(n)
		registered, usable := r.CountPasskeys(n)
		fmt.Fprintln(&b, r.Directory.Member(n).ID, v.State, v.Conditions, v.Steps, v.BlockedBy, v.Reasons, v.Missing, v.Confidence, v.HangsOn, registered, usable)
	}
	personas, err := r.Personas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range personas {
		fmt.Fprintln(&b, p.Persona, slices.Collect(p.Under.All()), p.Verdict.State, p.Verdict.BlockedBy)
	}
	return b.String()
}

// TestChangeIsTheChangedTenant makes changes in memory and by hand on disk: everybody
// stands at the same place. Taken back, everybody stands where they stood.
func TestChangeIsTheChangedTenant(t *testing.T) {
	was := verdicts(t, open(t, base))
	rapid.Check(t, func(rt *rapid.T) {
		chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(edits)-1), 1, 4, rapid.ID[int]).Draw(rt, "edits")
		slices.Sort(chosen)
		rows := maps.Clone(base)
		var requests, names, back []string
		reversible := true
		for _, i := range chosen {
			edits[i].byHand(rows)
			requests, names = append(requests, edits[i].change), append(names, edits[i].name)
			back = append([]string{edits[i].back}, back...)
			reversible = reversible && edits[i].back != ""
		}
		start := open(t, base)
		view := changed(t, start, "["+strings.Join(requests, ",")+"]")
		onDisk := stored(t, rows)
		if got, want := verdicts(t, view), verdicts(t, onDisk); got != want {
			rt.Fatalf("%v: in memory\n%s\non disk\n%s", names, got, want)
		}
		if !reversible {
			return
		}
		if got := verdicts(t, changed(t, view, "["+strings.Join(back, ",")+"]")); got != was {
			rt.Fatalf("%v taken back:\n%s\nwas\n%s", names, got, was)
		}
		there, err := preview.Compare(t.Context(), audit.NewRun(start), view, today)
		if err != nil {
			rt.Fatal(err)
		}
		again, err := preview.Compare(t.Context(), audit.NewRun(view), changed(t, view, "["+strings.Join(back, ",")+"]"), today)
		if err != nil {
			rt.Fatal(err)
		}
		mirrored(rt, there, again)
	})
}

// mirrored holds that who is worse off one way is not worse off the other, save those
// who are trapped on one side and out of scope on the other, and that states change
// places.
func mirrored(rt *rapid.T, there, again *preview.Preview) {
	states := func(p *preview.Preview, swapped bool) map[string]string {
		out := map[string]string{}
		for _, list := range [][]preview.Account{p.People.Loses, p.People.Gains, p.People.Worsens} {
			for _, a := range list {
				if a.LockedOut && a.Before == a.After {
					continue // the way back is no state
				}
				b, c := a.Before, a.After
				if swapped {
					b, c = c, b
				}
				if b != bootstrap.Unknown && c != bootstrap.Unknown {
					out[a.ID] = fmt.Sprint(b, c)
				}
			}
		}
		return out
	}
	if a, b := states(there, false), states(again, true); !maps.Equal(a, b) {
		rt.Fatalf("there %v, back %v", a, b)
	}
}

// stored writes rows into a folder and opens that.
func stored(t *testing.T, rows map[string]string) *snapshot.Snapshot {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sections"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"manifest.json": manifest}
	for name, text := range rows {
		files[fileOf(name)] = text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSignIns replays single sign-ins under a change.
func TestSignIns(t *testing.T) {
	strong := patch(caURL+"strong", `{"state":"enabled"}`)
	block := `{"displayName":"Block","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"clientAppTypes":["all"],"platforms":{"includePlatforms":["windows"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	compliant := strings.Replace(strings.Replace(block, `"block"`, `"compliantDevice"`, 1), `,"platforms":{"includePlatforms":["windows"]}`, "", 1)
	outside := strings.Replace(block, `"platforms":{"includePlatforms":["windows"]}`, `"locations":{"includeLocations":["All"],"excludeLocations":["office"]}`, 1)
	for name, c := range map[string]struct{ row, change, want string }{
		"blocked":                     {signIn("1", "ben", ""), block, "1 replayed, 1 blocked"},
		"another platform":            {signIn("1", "ben", `"deviceDetail":{"operatingSystem":"Ios 26.1"}`), block, "1 replayed"},
		"a platform that is not told": {signIn("1", "ben", `"deviceDetail":{"operatingSystem":""}`), block, "0 replayed, 1 undetermined"},
		"blocked before already":      {signIn("1", "ben", ""), `[` + block + `,` + block + `]`, "1 replayed, 1 blocked"},
		"an unmanaged device":         {signIn("1", "ben", ""), compliant, "1 replayed, 1 blocked"},
		"a compliant device":          {signIn("1", "ben", `"deviceDetail":{"deviceId":"d","isCompliant":true,"trustType":"Azure AD joined"}`), compliant, "1 replayed"},
		"a device that is not told":   {signIn("1", "ben", `"deviceDetail":null`), compliant, "0 replayed, 1 undetermined"},
		"in the office":               {signIn("1", "ben", `"ipAddress":"192.0.2.7"`), outside, "1 replayed"},
		"outside":                     {signIn("1", "ben", ""), outside, "1 replayed, 1 blocked"},
		"an address that is not told": {signIn("1", "ben", `"ipAddress":"255.255.255.255"`), outside, "0 replayed, 1 undetermined"},
		"holds no passkey":            {signIn("1", "ben", ""), strong, "1 replayed, 1 interrupted, 1 cannot meet"},
		"holds a passkey":             {signIn("1", "ana", ""), strong, "1 replayed, 1 interrupted"},
		"used it":                     {signIn("1", "ana", `"authenticationDetails":[{"authenticationMethod":"Passkey (device-bound)","succeeded":true}]`), strong, "1 replayed"},
		"used something else":         {signIn("1", "ana", `"authenticationDetails":[{"authenticationMethod":"Password","succeeded":true},{"authenticationMethod":"Mobile app notification","succeeded":true}]`), strong, "1 replayed, 1 interrupted"},
		"the log says it would do":    {signIn("1", "ana", `"appliedConditionalAccessPolicies":[{"id":"strong","result":"reportOnlySuccess"}]`), strong, "1 replayed"},
		"not what was there then":     {signIn("1", "ana", `"createdDateTime":"2025-12-01T00:00:00Z","appliedConditionalAccessPolicies":[{"id":"strong","result":"reportOnlySuccess"}]`), strong, "1 replayed, 1 interrupted"},
		"the app may be a resource":   {signIn("1", "ben", `"appId":"11111111-1111-4111-8111-111111111111"`), strings.Replace(block, `"All"]},"client`, `"11111111-1111-4111-8111-111111111111"]},"client`, 1), "0 replayed, 1 undetermined"},
		"another resource":            {signIn("1", "ben", ""), strings.Replace(block, `"All"]},"client`, `"11111111-1111-4111-8111-111111111111"]},"client`, 1), "1 replayed"},
		"a policy less":               {signIn("1", "ben", ""), `{"method":"DELETE","url":"` + caURL + `mfa"}`, "1 replayed"},
		"registering security info":   {signIn("1", "ben", `"authenticationContextClassReferences":[{"id":"urn:user:registersecurityinfo","detail":"required"}]`), patch(caURL+"office", `{"state":"enabled"}`), "1 replayed, 1 blocked"},
		"legacy client":               {signIn("1", "ben", `"clientAppUsed":"IMAP4"`), strings.Replace(block, `"clientAppTypes":["all"]`, `"clientAppTypes":["other"]`, 1), "1 replayed, 1 blocked"},
		"a client that nobody knows":  {signIn("1", "ben", `"clientAppUsed":"Telepathy"`), strings.Replace(block, `"clientAppTypes":["all"]`, `"clientAppTypes":["other"]`, 1), "0 replayed, 1 undetermined"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			rows := maps.Clone(base)
			rows["signIns"] = c.row
			if got := saySignIns(previewOf(t, rows, c.change).SignIns); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestNothingToJudge: without a methods policy the error names it.
func TestNothingToJudge(t *testing.T) {
	s := open(t, base).Without(snapshot.AuthenticationMethodsPolicy)
	_, err := preview.Compare(t.Context(), audit.NewRun(s), s, today)
	if err == nil || !strings.Contains(err.Error(), "authenticationMethodsPolicy") {
		t.Errorf("%v", err)
	}
	rows := maps.Clone(base)
	delete(rows, "signIns")
	if p := previewOf(t, rows, patch(caURL+"strong", `{"state":"enabled"}`)); p.SignIns.State != snapshot.NotCollected || p.SignIns.Replayed != 0 {
		t.Errorf("sign-ins that were not collected: %+v", p.SignIns)
	}
	s2, err := open(t, base).With(snapshot.Users, snapshot.Edits{"ana": nil})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := preview.Compare(t.Context(), audit.NewRun(open(t, base)), s2, today); err == nil {
		t.Error("accounts that are gone were compared")
	}
}
