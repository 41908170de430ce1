package entra

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// plainTypes makes a value of each type that Plain reads.
var plainTypes = map[string]func() any{
	"user":    func() any { return &User{} },
	"details": func() any { return &UserRegistrationDetails{} },
	"members": func() any { return &GroupMembers{} },
	"methods": func() any { return &UserMethods{} },
	"device":  func() any { return &Device{} },
	"managed": func() any { return &ManagedDevice{} },
	"sign-in": func() any { return &SignIn{} },
}

// leftToDecode are members that Plain does not read: refusals, and what only beta has.
var leftToDecode = []string{
	"Error", "SignInEventTypes", "AuthenticationRequirement", "AuthenticationProtocol", "AuthenticationDetails", "OriginalTransferMethod",
	"CrossTenantAccessType", "UserType of sign-in", "AuthenticationContexts", "NetworkLocationDetails", "ConditionalAccessAudiences",
}

// plainRows are rows as Graph sends them, and odd ones.
var plainRows = []string{
	`{"id":"a","userPrincipalName":"a@contoso.example","displayName":"Gdańsk","userType":null,"accountEnabled":true,"externalUserState":"Accepted",` +
		`"onPremisesSyncEnabled":null,"assignedLicenses":[{"disabledPlans":[],"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965"},{}],` +
		`"identities":[{"signInType":"federated","issuer":"x","issuerAssignedId":null}],"department":"IT","country":"","usageLocation":"NL","employeeType":"Employee"}`,
	`{"id":"a","userPrincipalName":"a@b","isMfaCapable":false,"methodsRegistered":["mobilePhone","email"],"n":[1,-0.5e+3,{"x":{}}]}`,
	`{"id":"a","methodsRegistered":[]}`, `{"id":"a","methodsRegistered":null}`, `{"id":"a","methodsRegistered":[null]}`,
	`{"groupId":"g","transitive":false,"userIds":["a","b"],"groupIds":["h",null]}`, `{"groupId":"g"}`, `{"groupId":"g","userIds":null}`,
	`{"userId":"a","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k","aaGuid":"x","model":"m","attestationLevel":"attested","passkeyType":"synced"},` +
		`{"@odata.type":"#microsoft.graph.temporaryAccessPassAuthenticationMethod","isUsable":true,"isUsableOnce":false,"methodUsabilityReason":"Expired"}]}`,
	`{"userId":"a","error":{"status":429,"code":"x"}}`, `{"userId":"a","error":null,"value":null}`, `{"userId":"a","value":[{"phoneType":"mobile"},null]}`,
	" {\t\"id\" : \"a\" ,\r\n\"x\" : [ 1 , 2 ] } ", `{}`, `[]`, `null`, `"a"`, ``, ` `, `{"id":"a"} x`, `{"id":"a",}`, `{,"id":"a"}`, `{"id":"a" "b":1}`,
	`{"id":"\u0061"}`, `{"\u0069d":"a"}`, `{"id":"a","id":"b"}`, `{"id":"a","x":1,"x":2}`, `{"id":"a","x":{"y":1,"y":2}}`, `{"id":"a","ID":"b"}`,
	"{\"id\":\"a\x00\"}", "{\"id\":\"\xff\"}", "{\"id\":\"12345678\xed\xa0\x80\"}", `{"id":7}`, `{"id":"a","accountEnabled":"yes"}`, `{"id":"a","x":01}`, `{"id":"a","x":1.}`,
	`{"id":"a","x":-}`, `{"id":"a","x":1e}`, `{"id":"a","x":tru}`, `{"id":"a","x":nul}`, `{"id":"a","x":[1,]}`, `{"id":"a","x":[}`, `{"id":"a","x":"`, `{"id"`,
	`{"id":"a","assignedLicenses":{}}`, `{"id":"a","assignedLicenses":[7]}`, `{"id":"a","assignedLicenses":[null]}`, `{"groupId":"g","userIds":[7]}`,
	`{"id":"s","createdDateTime":"2026-11-21T18:39:07Z","correlationId":"c","userId":"a","userPrincipalName":"a@b","appId":"x","resourceId":"y","isInteractive":true,"ipAddress":"","riskState":"none",` +
		`"status":{"errorCode":53003,"failureReason":"Other.","additionalDetails":null},"deviceDetail":{"deviceId":"d","operatingSystem":"Ios 26.1","isCompliant":false,"isManaged":null,"trustType":null},` +
		`"location":{"city":"Gdańsk","countryOrRegion":"PL","geoCoordinates":{"altitude":null}},"authenticationAppDeviceDetails":null,"conditionalAccessStatus":"failure",` +
		`"appliedConditionalAccessPolicies":[{"id":"p","displayName":"P","enforcedGrantControls":["Mfa","Block"],"enforcedSessionControls":[],"result":"failure"},null,{}]}`,
	`{"id":"s","status":null,"deviceDetail":{},"location":null,"authenticationAppDeviceDetails":{"appVersion":"6.8.37"},"appliedConditionalAccessPolicies":[]}`,
	`{"id":"s","appliedConditionalAccessPolicies":null}`, `{"id":"s","status":"Success"}`, `{"id":"s","location":"NL"}`, `{"id":"s","status":{"errorCode":"0"}}`,
	`{"id":"s","authenticationContextClassReferences":[]}`, `{"id":"s","appliedConditionalAccessPolicies":[{"conditionsSatisfied":"users"}]}`, `{"id":"s","deviceDetail":[]}`,
	`{"":"a","é":1,"É":2}`, `{"id":"a","x":"a\"b"}`, `{"id":"a","x":{"a":{"a":{"a":[[[{}]]]}}}}`,
}

func FuzzPlain(f *testing.F) {
	for _, row := range plainRows {
		f.Add([]byte(row))
	}
	f.Fuzz(func(t *testing.T, row []byte) { comparePlain(t, row) })
}

// comparePlain holds that Plain, where it reads a row, reads what Decode does, and
// that nothing of an earlier row is left in a value that is used again.
func comparePlain(t *testing.T, row []byte) {
	t.Helper()
	for name, of := range plainTypes {
		want := of()
		err := Decode(row, want)
		compare := func(p *Plain, got any) {
			t.Helper()
			if !p.Decode(row, got) {
				return
			}
			if err != nil {
				t.Fatalf("%s: read %q, which Decode does not: %v", name, row, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %q came to %+v, with Decode to %+v", name, row, got, want)
			}
		}
		var p Plain
		compare(&p, of())
		used := of()
		for _, other := range plainRows {
			p.Decode(Raw(other), used)
		}
		compare(&p, used)
		// A row whose names are compared with those of some others, of itself, and of halves
		// of itself.
		others := []string{string(row), string(row[:len(row)/2]) + "}", "{" + string(row[len(row)/2:])}
		for i, other := range plainRows {
			if (i+len(row))%5 == 0 {
				others = append(others, other)
			}
		}
		for _, other := range others {
			var p Plain
			p.Decode(Raw(other), of())
			compare(&p, of())
		}
	}
}

// A name that is given twice is found also where names are as in the row before.
func TestPlainFindsNamesGivenTwice(t *testing.T) {
	for _, rows := range [][2]string{
		{`{"id":"a","x":{"id":1},"y":2}`, `{"id":"a","x":{"id":1},"id":2}`},
		{`{"id":"a","x":{"y":1},"y":2}`, `{"id":"a","x":1,"y":1,"y":2}`},
		{`{"id":"a","x":[{"y":1},{"y":1}]}`, `{"id":"a","x":[{"y":1,"y":1}]}`},
		{`{"id":"a","x":[{"y":1},{"z":1}],"w":1}`, `{"id":"a","x":[{"y":1},{"z":1}],"x":1}`},
		{`{"id":"a","x":1,"y":1,"z":1}`, `{"id":"a","x":1,"y":1,"x":1}`},
		{`{"id":"a","x":{},"y":1}`, `{"id":"a","x":{"x":1,"x":2},"y":1}`},
	} {
		var p Plain
		for range 2 {
			if !p.Decode(Raw(rows[0]), &User{}) {
				t.Errorf("did not read %s", rows[0])
			}
		}
		if p.Decode(Raw(rows[1]), &User{}) {
			t.Errorf("after %s read %s", rows[0], rows[1])
		}
	}
}

// Names that differ from row to row are learned anew in time, and read at any time.
func TestPlainLearnsAnew(t *testing.T) {
	var p Plain
	for i := range 10 * relearnAfter {
		row := fmt.Sprintf(`{"x":%d,"id":"%d","y%d":[{"z":1},{"w":2,"z":3}],"userType":"Member"}`, i, i, i/relearnAfter)
		var u User
		if !p.Decode(Raw(row), &u) || u.ID != fmt.Sprint(i) || u.UserType != "Member" {
			t.Fatalf("%s came to %+v", row, u)
		}
	}
}

// signInRow is where the sign-ins among the rows begin.
var signInRow = slices.IndexFunc(plainRows, func(row string) bool { return strings.Contains(row, "createdDateTime") })

// Rows as Graph sends them take the quick way.
func TestPlainReadsOrdinaryRows(t *testing.T) {
	var p Plain
	for name, rows := range map[string][]int{"user": {0}, "details": {1, 2, 3, 4}, "members": {5, 6, 7}, "methods": {8, 10}, "sign-in": {signInRow, signInRow + 1, signInRow + 2}} {
		for _, i := range rows {
			if !p.Decode(Raw(plainRows[i]), plainTypes[name]()) {
				t.Errorf("%s: did not read %s", name, plainRows[i])
			}
		}
	}
}

func TestPlainKnowsEveryMember(t *testing.T) {
	for name, of := range plainTypes {
		typ := reflect.TypeOf(of()).Elem()
		for i := range typ.NumField() {
			field := typ.Field(i)
			var value string
			switch field.Type.Kind() {
			case reflect.String:
				value = `"x"`
			case reflect.Pointer:
				switch field.Type.Elem().Kind() {
				case reflect.String:
					value = `"x"`
				case reflect.Int:
					value = `480`
				case reflect.Struct:
					value = `{}`
				case reflect.Slice:
					value = `[{}]`
				default:
					value = `true`
				}
			case reflect.Slice:
				if value = `[{}]`; field.Type.Elem().Kind() == reflect.String {
					value = `["x"]`
				}
			}
			row := fmt.Sprintf(`{%q:%s}`, field.Tag.Get("json"), value)
			got, want := of(), of()
			var p Plain
			if !p.Decode(Raw(row), got) {
				if !slices.Contains(leftToDecode, field.Name) && !slices.Contains(leftToDecode, field.Name+" of "+name) {
					t.Errorf("%s: did not read %s", name, row)
				}
				continue
			}
			if err := Decode(Raw(row), want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s came to %+v, with Decode to %+v (%v)", name, row, got, want, err)
			}
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	for name, i := range map[string]int{"user": 0, "methods": 8, "sign-in": signInRow} {
		row := Raw(plainRows[i])
		b.Run(name+"/plain", func(b *testing.B) {
			v := plainTypes[name]()
			var p Plain
			b.SetBytes(int64(len(row)))
			b.ReportAllocs()
			for b.Loop() {
				if !p.Decode(row, v) {
					b.Fatal("not read")
				}
			}
		})
		b.Run(name+"/decode", func(b *testing.B) {
			b.SetBytes(int64(len(row)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Decode(row, plainTypes[name]()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
