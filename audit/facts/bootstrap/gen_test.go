package bootstrap

import (
	"encoding/json"
	"errors"
	stdflag "flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// Random tenants are the same in every run unless a seed is given: a failure on one
// machine is a failure on all. Look for new ones with -rapid.seed.
func TestMain(m *testing.M) {
	stdflag.Parse()
	if seed := stdflag.Lookup("rapid.seed"); seed != nil && seed.Value.String() == "0" {
		if err := stdflag.Set("rapid.seed", "20261122"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// object is a JSON object as Graph sends one.
type object = map[string]any

// drawn is a random tenant that a property may edit.
type drawn struct {
	rows    map[string][]object
	methods object // the methods policy; nil where it was not collected
	states  map[string]string
}

func userID(i int) string     { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-00000000000%d", i) }
func groupID(i int) string    { return fmt.Sprintf("bbbbbbbb-0000-4000-8000-00000000000%d", i) }
func locationID(i int) string { return fmt.Sprintf("dddddddd-0000-4000-8000-00000000000%d", i) }
func strengthID(i int) string { return fmt.Sprintf("eeeeeeee-0000-4000-8000-00000000000%d", i) }
func profileID(i int) string  { return fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", i+1) }

const (
	adminRole  = "62e90394-69f5-4237-9190-012177145e10"
	yubiKey    = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	iCloud     = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
	authIOS    = "90a3ccdf-635c-4729-a248-9b709135078f"
	authDroid  = "de1e552d-db1d-4423-a619-566b625cdc84"
	helloTPM   = "08987058-cadc-4b81-b6e1-30de50dcbe96"
	groupCount = 4
)

// dice draws from small choices, in which the usual comes first.
type dice struct{ t *rapid.T }

func (d dice) pick(list ...string) string { return rapid.SampledFrom(list).Draw(d.t, "pick") }

// one is true once in n times.
func (d dice) one(n int) bool { return rapid.IntRange(1, n).Draw(d.t, "one") == n }

// some is a list of up to most of the values, each once.
func (d dice) some(most int, values ...string) []string {
	list := []string{}
	for range rapid.IntRange(0, most).Draw(d.t, "some") {
		if v := d.pick(values...); !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func (d dice) group() string { return groupID(rapid.IntRange(0, groupCount-1).Draw(d.t, "group")) }

// drawTenant makes a tenant of which everything was read.
func drawTenant(t *rapid.T) *drawn {
	d := dice{t}
	n := &drawn{rows: map[string][]object{}, states: map[string]string{}}
	for _, section := range []string{"users", "groups", "groupMembers", "roleAssignments", "roleEligibility", "domains", "conditionalAccessPolicies", "namedLocations",
		"authenticationStrengthPolicies", "riskyUsers", "devices", "managedDevices", "authenticationMethods", "userRegistrationDetails"} {
		n.rows[section] = []object{}
	}
	people := rapid.IntRange(2, 5).Draw(t, "people")
	for i := range people {
		d.person(n, i)
	}
	for i := range groupCount {
		n.add("groups", object{"id": groupID(i), "displayName": fmt.Sprint("Group ", i)})
		var ids []string
		for j := range people {
			ids = append(ids, userID(j))
		}
		row := object{"groupId": groupID(i), "transitive": true, "userIds": d.some(3, ids...)}
		if i > 0 && d.one(6) {
			row["transitive"], row["groupIds"] = false, []string{groupID(i - 1)}
		}
		n.add("groupMembers", row)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "locations") {
		n.add("namedLocations", d.location(i))
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "strengths") {
		n.add("authenticationStrengthPolicies", d.strength(i))
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "policies") {
		n.add("conditionalAccessPolicies", d.policy(n, i))
	}
	n.methods = d.methodsPolicy()
	return n
}

// drawTornTenant makes a tenant of which something may not have been read.
func drawTornTenant(t *rapid.T) *drawn {
	n := drawTenant(t)
	for range rapid.IntRange(0, 2).Draw(t, "torn") {
		n.tear(dice{t}, tearable)
	}
	return n
}

// tearable are the sections without which something is not known. Without riskyUsers
// nobody is at risk, and without domains nobody is federated: the search says so.
var tearable = []string{"groups", "groupMembers", "roleAssignments", "conditionalAccessPolicies", "namedLocations", "authenticationStrengthPolicies",
	"devices", "managedDevices", "authenticationMethods", "authenticationMethodsPolicy"}

// tear takes a section away, or some of its rows.
func (n *drawn) tear(d dice, sections []string) string {
	section := d.pick(sections...)
	if d.one(2) || section == "authenticationMethodsPolicy" {
		n.states[section] = d.pick("denied", "notCollected")
		delete(n.rows, section)
		if section == "authenticationMethodsPolicy" {
			n.methods = nil
		}
		return section
	}
	n.states[section] = "partial"
	n.rows[section] = slices.DeleteFunc(n.rows[section], func(object) bool { return d.one(2) })
	return section + " in part"
}

func (n *drawn) add(section string, o object) { n.rows[section] = append(n.rows[section], o) }

func (d dice) person(n *drawn, i int) {
	u := object{"id": userID(i), "userPrincipalName": fmt.Sprintf("user%d@contoso.example", i), "accountEnabled": true, "userType": "Member"}
	switch rapid.IntRange(0, 11).Draw(d.t, "kind of account") {
	case 10:
		u["userType"], u["userPrincipalName"] = "Guest", fmt.Sprintf("user%d_fabrikam.example#EXT#@contoso.example", i)
	case 11:
		u["accountEnabled"] = false
	}
	n.add("users", u)
	methods, reported := []object{{"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": "1"}}, []string{}
	for _, m := range d.some(3, "push", "push", "code", "phone", "hello", "key", "key", "synced", "authenticator", "pass", "passOnce", "email") {
		o, name := registered(m)
		methods, reported = append(methods, o), append(reported, name)
	}
	switch d.pick("listed", "listed", "listed", "listed", "reported", "neither") {
	case "listed":
		n.add("authenticationMethods", object{"userId": userID(i), "value": methods})
	case "reported":
		n.add("userRegistrationDetails", object{"id": userID(i), "userPrincipalName": u["userPrincipalName"], "methodsRegistered": reported})
	}
	if d.one(6) {
		n.add("roleAssignments", object{"id": fmt.Sprint("ra", i), "principalId": userID(i), "roleDefinitionId": adminRole, "directoryScopeId": "/"})
	}
	if d.one(8) {
		n.add("riskyUsers", object{"id": userID(i), "riskLevel": d.pick("high", "medium"), "riskState": "atRisk"})
	}
	switch d.pick("none", "none", "laptop", "compliant", "hybrid", "phone", "managed phone", "mac") {
	case "laptop":
		d.device(n, i, "Windows", "10.0.26100.1", "AzureAd", false)
	case "compliant":
		d.device(n, i, "Windows", "10.0.26100.1", "AzureAd", true)
	case "hybrid":
		d.device(n, i, "Windows", "10.0.26100.1", "ServerAd", d.one(2))
	case "phone":
		d.device(n, i, "Android", "15.0", "Workplace", false)
	case "managed phone":
		d.device(n, i, "iOS", "18.1", "Workplace", true)
	case "mac":
		d.device(n, i, "macOS", "15.1", "AzureAd", d.one(2))
	}
}

func (d dice) device(n *drawn, i int, os, version, trust string, compliant bool) {
	n.add("devices", object{"id": fmt.Sprintf("cccccccc-0000-4000-8000-00000000000%d", i), "deviceId": fmt.Sprint("device", i), "accountEnabled": true, "operatingSystem": os,
		"operatingSystemVersion": version, "trustType": trust, "isCompliant": compliant, "registeredOwners": []object{{"id": userID(i)}}})
}

// registered is a method as the listing has it, and as the report calls it.
func registered(name string) (object, string) {
	o := object{"id": name}
	set := func(kind string, more object) object {
		o["@odata.type"] = "#microsoft.graph." + kind + "AuthenticationMethod"
		maps.Copy(o, more)
		return o
	}
	switch name {
	case "push":
		return set("microsoftAuthenticator", nil), "microsoftAuthenticatorPush"
	case "code":
		return set("softwareOath", nil), "softwareOneTimePasscode"
	case "phone":
		return set("phone", object{"phoneType": "mobile"}), "mobilePhone"
	case "hello":
		return set("windowsHelloForBusiness", nil), "windowsHelloForBusiness"
	case "key":
		return set("fido2", object{"aaGuid": yubiKey, "passkeyType": "deviceBound", "attestationLevel": "attested"}), "passKeyDeviceBound"
	case "synced":
		return set("fido2", object{"aaGuid": iCloud, "passkeyType": "synced", "attestationLevel": "notAttested"}), "passKeySynced"
	case "authenticator":
		return set("fido2", object{"aaGuid": authDroid, "passkeyType": "deviceBound", "attestationLevel": "attested"}), "passKeyDeviceBoundAuthenticator"
	case "pass":
		return set("temporaryAccessPass", object{"isUsable": true, "isUsableOnce": false}), "temporaryAccessPass"
	case "passOnce":
		return set("temporaryAccessPass", object{"isUsable": true, "isUsableOnce": true}), "temporaryAccessPass"
	default:
		return set("email", nil), "email"
	}
}

func (d dice) location(i int) object {
	if d.one(3) {
		return object{"@odata.type": "#microsoft.graph.countryNamedLocation", "id": locationID(i), "displayName": "Countries", "countriesAndRegions": d.some(2, "NL", "DE"),
			"includeUnknownCountriesAndRegions": false, "countryLookupMethod": "clientIpAddress"}
	}
	return object{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": locationID(i), "displayName": "Office", "isTrusted": !d.one(3),
		"ipRanges": []object{{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": d.pick("203.0.113.0/24", "198.51.100.0/24", "203.0.113.0/25")}}}
}

func (d dice) strength(i int) object {
	combinations := d.some(4, "fido2", "fido2", "windowsHelloForBusiness", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse", "password,microsoftAuthenticatorPush", "password,sms")
	if len(combinations) == 0 {
		combinations = []string{"fido2"}
	}
	s := object{"id": strengthID(i), "displayName": fmt.Sprint("Strength ", i), "policyType": "custom", "allowedCombinations": combinations}
	if slices.Contains(combinations, "fido2") && d.one(2) {
		s["combinationConfigurations"] = []object{{"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": "c", "appliesToCombinations": []string{"fido2"},
			"allowedAAGUIDs": slices.Concat([]string{d.pick(yubiKey, authDroid, authIOS, iCloud)}, d.some(1, yubiKey, authDroid))}}
	}
	return s
}

func (d dice) policy(n *drawn, i int) object {
	users := object{"includeUsers": []string{"All"}}
	switch d.pick("all", "all", "all", "group", "role") {
	case "group":
		users = object{"includeGroups": []string{d.group()}}
	case "role":
		users = object{"includeRoles": []string{adminRole}}
	}
	if d.one(3) {
		users["excludeGroups"] = []string{d.group()}
	}
	apps := object{"includeApplications": []string{"All"}}
	switch d.pick("all", "all", "all", "register", "register", "office", "registration resource excluded") {
	case "register":
		apps = object{"includeUserActions": []string{"urn:user:registersecurityinfo"}}
	case "office":
		apps = object{"includeApplications": []string{"Office365"}}
	case "registration resource excluded":
		apps["excludeApplications"] = []string{CredentialRegistration}
	}
	conditions := object{"clientAppTypes": []string{"all"}, "users": users, "applications": apps}
	grant := d.grant(n)
	if slices.Equal(words(grant["builtInControls"]), []string{"block"}) || d.one(3) {
		d.narrow(n, conditions)
	}
	return object{"id": fmt.Sprintf("ca-%d", i), "displayName": fmt.Sprint("Policy ", i), "conditions": conditions, "grantControls": grant,
		"state": d.pick("enabled", "enabled", "enabled", "enabled", "enabled", "enabledForReportingButNotEnforced", "disabled")}
}

func (d dice) narrow(n *drawn, conditions object) {
	switch d.pick("locations", "locations", "platforms", "filter", "risk", "client") {
	case "locations":
		at := object{"includeLocations": []string{"All"}, "excludeLocations": []string{"AllTrusted"}}
		if list := n.rows["namedLocations"]; len(list) > 0 && d.one(2) {
			id := list[rapid.IntRange(0, len(list)-1).Draw(d.t, "location")]["id"].(string)
			at["excludeLocations"] = []string{id}
			if d.one(3) {
				at = object{"includeLocations": []string{id}}
			}
		}
		conditions["locations"] = at
	case "platforms":
		conditions["platforms"] = object{"includePlatforms": []string{d.pick("windows", "android", "iOS")}}
		if d.one(2) {
			conditions["platforms"] = object{"includePlatforms": []string{"all"}, "excludePlatforms": d.some(2, "windows", "iOS", "macOS")}
		}
	case "filter":
		conditions["devices"] = object{"deviceFilter": object{"mode": d.pick("exclude", "include"), "rule": d.pick("device.isCompliant -eq True", `device.trustType -ne "ServerAD"`)}}
	case "risk":
		conditions["userRiskLevels"] = d.pickList([]string{"high"}, []string{"high", "medium"})
	default:
		conditions["clientAppTypes"] = d.pickList([]string{"browser"}, []string{"mobileAppsAndDesktopClients"}, []string{"exchangeActiveSync", "other"})
	}
}

func (d dice) pickList(lists ...[]string) []string {
	return rapid.SampledFrom(lists).Draw(d.t, "list")
}

func (d dice) grant(n *drawn) object {
	g := object{"operator": d.pick("OR", "AND")}
	controls := func(list ...string) object {
		g["builtInControls"] = list
		return g
	}
	switch rapid.IntRange(0, 12).Draw(d.t, "grant") {
	case 0, 1:
		return controls("mfa")
	case 2:
		return controls("compliantDevice")
	case 3:
		return controls("compliantDevice", "domainJoinedDevice")
	case 4:
		return controls("mfa", "compliantDevice")
	case 5:
		return controls(d.pick("compliantApplication", "approvedApplication"))
	case 6:
		return controls("block")
	case 7:
		return controls("mfa", "passwordChange")
	case 8:
		controls("compliantDevice")
	}
	ids := []string{"00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000004"}
	for _, s := range n.rows["authenticationStrengthPolicies"] {
		ids = append(ids, s["id"].(string), s["id"].(string))
	}
	g["authenticationStrength"] = object{"id": d.pick(ids...)}
	return g
}

func (d dice) methodsPolicy() object {
	state := func(odds int) string {
		if d.one(odds) {
			return "disabled"
		}
		return "enabled"
	}
	targets := func() []object {
		if d.one(4) {
			return []object{{"targetType": "group", "id": d.group()}}
		}
		return []object{{"targetType": "group", "id": "all_users"}}
	}
	entry := func(kind, id string, odds int, more object) object {
		o := object{"@odata.type": "#microsoft.graph." + kind + "AuthenticationMethodConfiguration", "id": id, "state": state(odds), "includeTargets": targets(), "excludeTargets": []object{}}
		maps.Copy(o, more)
		return o
	}
	keys := object{"isSelfServiceRegistrationAllowed": !d.one(6)}
	if d.one(6) { // legacy mode
		keys["isAttestationEnforced"], keys["keyRestrictions"] = d.one(2), d.keyRestrictions()
	} else {
		count := rapid.IntRange(1, 2).Draw(d.t, "profiles")
		profiles, ids := []object{}, []string{}
		for i := range count {
			profiles = append(profiles, object{"id": profileID(i), "name": fmt.Sprint("Profile ", i), "passkeyTypes": d.pick("deviceBound,synced", "deviceBound", "synced"),
				"attestationEnforcement": d.pick("disabled", "disabled", "registrationOnly"), "keyRestrictions": d.keyRestrictions()})
			ids = append(ids, profileID(i))
		}
		if d.one(8) { // every target names a profile that does not exist
			ids = []string{profileID(count)}
		}
		var include []object
		for _, t := range slices.Concat(targets(), targets()[:rapid.IntRange(0, 1).Draw(d.t, "second target")]) {
			t["allowedPasskeyProfiles"] = []string{d.pick(ids...)}
			include = append(include, t)
		}
		keys["passkeyProfiles"], keys["defaultPasskeyProfile"], keys["includeTargets"] = profiles, profileID(0), include
	}
	if d.one(5) {
		keys["excludeTargets"] = []object{{"targetType": "group", "id": d.group()}}
	}
	return object{"id": "authenticationMethodsPolicy", "policyMigrationState": d.pick("migrationComplete", "migrationComplete", "migrationComplete", "migrationInProgress"),
		"authenticationMethodConfigurations": []object{
			entry("fido2", "Fido2", 10, keys),
			entry("microsoftAuthenticator", "MicrosoftAuthenticator", 3, object{"isSoftwareOathEnabled": d.one(2)}),
			entry("temporaryAccessPass", "TemporaryAccessPass", 3, object{"isUsableOnce": d.one(3)}),
			entry("softwareOath", "SoftwareOath", 2, nil), entry("sms", "Sms", 2, nil), entry("voice", "Voice", 2, object{"isOfficePhoneAllowed": false}),
			entry("hardwareOath", "HardwareOath", 1, nil), entry("x509Certificate", "X509Certificate", 1, nil),
		}}
}

func (d dice) keyRestrictions() object {
	return object{"isEnforced": d.one(2), "enforcementType": d.pick("allow", "allow", "block"), "aaGuids": d.some(3, yubiKey, authDroid, authIOS, iCloud, helloTPM)}
}

// words reads a list of texts, whichever way it is held.
func words(v any) []string {
	switch list := v.(type) {
	case []string:
		return list
	case []any:
		var out []string
		for _, w := range list {
			out = append(out, w.(string))
		}
		return out
	}
	return nil
}

// clone is a copy that may be edited.
func (n *drawn) clone() *drawn {
	m := &drawn{states: maps.Clone(n.states)}
	text, err := json.Marshal(object{"rows": n.rows, "methods": n.methods})
	if err != nil {
		panic(err)
	}
	var copied struct {
		Rows    map[string][]object
		Methods object
	}
	if err := json.Unmarshal(text, &copied); err != nil {
		panic(err)
	}
	m.rows, m.methods = copied.Rows, copied.Methods
	return m
}

// method is the entry of the methods policy with an id.
func (n *drawn) method(id string) object {
	for _, c := range n.methods["authenticationMethodConfigurations"].([]any) {
		if c := c.(object); c["id"] == id {
			return c
		}
	}
	return nil
}

// find is the row of a section with an id.
func (n *drawn) find(section, id string) object {
	for _, o := range n.rows[section] {
		if o["id"] == id || o["userId"] == id {
			return o
		}
	}
	return nil
}

func (n *drawn) files(t testing.TB) fstest.MapFS {
	files := fstest.MapFS{}
	write := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("writing a drawn tenant: %v", err)
		}
		return text
	}
	entries := object{}
	for section, state := range n.states {
		entries[section] = object{"state": state}
	}
	files["manifest.json"] = &fstest.MapFile{Data: write(object{"format": "passkeyaudit.snapshot/v1", "tenant": object{"id": "t"}, "takenAt": "2026-11-22T00:00:00Z", "sections": entries})}
	for section, rows := range n.rows {
		var lines []string
		for _, o := range rows {
			lines = append(lines, string(write(o)))
		}
		files["sections/"+section+".ndjson"] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
	}
	if n.methods != nil {
		files["sections/authenticationMethodsPolicy.json"] = &fstest.MapFile{Data: write(n.methods)}
	}
	return files
}

// trial is a property under test on a drawn tenant.
type trial struct {
	*rapid.T
	tb testing.TB
}

// try checks a property.
func try(t *testing.T, property func(trial)) {
	rapid.Check(t, func(r *rapid.T) { property(trial{r, t}) })
}

// given opens a tenant; nil where too little was read to judge anybody.
func (t trial) given(n *drawn, settings audit.Settings) *Given {
	snap, err := snapshot.Open(n.files(t.tb))
	if err != nil {
		t.Fatalf("opening a drawn tenant: %v", err)
	}
	g, err := audit.Evaluate(t.tb.Context(), audit.NewRunWith(snap, settings), Grounds)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return nil
	}
	if err != nil {
		t.Fatalf("gathering: %v", err)
	}
	return g
}

func (t trial) judge(n *drawn, o Options) *Result {
	g := t.given(n, audit.Settings{})
	if g == nil {
		return nil
	}
	return t.result(g, o)
}

func (t trial) result(g *Given, o Options) *Result {
	if o.World.Name == "" {
		o.World = Today
	}
	r, err := g.Judge(t.tb.Context(), o)
	if err != nil {
		t.Fatalf("judging: %v", err)
	}
	return r
}

// goal draws what counts, mostly anything.
func (t trial) goal() Options {
	return Options{Goal: rapid.SampledFrom([]Goal{AnyGoal, AnyGoal, AnyGoal, PortableGoal, AuthenticatorGoal, SecurityKeyGoal}).Draw(t.T, "goal")}
}

// options draws what is asked: mostly the tenant as it is, by the careful rules.
func (t trial) options() Options {
	o, d := t.goal(), dice{t.T}
	if d.one(4) {
		o.Switches.Set(d.pick(SwitchNames()...), true)
	}
	o.World = Today
	if d.one(6) {
		o.World = World{Name: "report-only", ReportOnly: true}
	}
	if d.one(6) {
		o.World.NoPhones = true
	}
	return o
}

// text shows a tenant with a failure, one object a line.
func (n *drawn) text() string {
	var b strings.Builder
	show := func(what string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, "%s: %s\n", what, text)
	}
	for _, section := range slices.Sorted(maps.Keys(n.rows)) {
		for _, o := range n.rows[section] {
			show(section, o)
		}
	}
	for _, c := range n.clone().methods {
		if list, ok := c.([]any); ok {
			for _, entry := range list {
				show("methods policy", entry)
			}
		}
	}
	show("states", n.states)
	return b.String()
}

// account is the object id of an account.
func account(r *Result, n uint32) string { return r.Directory.Member(n).ID }
