package entra

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/entra/shareddata"
)

// schemaTypes says which types of Graph's schema a type here models. A union of
// derived types names them all.
var schemaTypes = map[reflect.Type][]string{
	reflect.TypeFor[User]():                                {"user"},
	reflect.TypeFor[AssignedLicense]():                     {"assignedLicense"},
	reflect.TypeFor[ObjectIdentity]():                      {"objectIdentity"},
	reflect.TypeFor[Group]():                               {"group"},
	reflect.TypeFor[RoleAssignment]():                      {"unifiedRoleAssignment", "unifiedRoleEligibilityScheduleInstance"},
	reflect.TypeFor[RoleDefinition]():                      {"unifiedRoleDefinition"},
	reflect.TypeFor[Organization]():                        {"organization"},
	reflect.TypeFor[VerifiedDomain]():                      {"verifiedDomain"},
	reflect.TypeFor[SubscribedSku]():                       {"subscribedSku"},
	reflect.TypeFor[ServicePlan]():                         {"servicePlanInfo"},
	reflect.TypeFor[SecurityDefaults]():                    {"identitySecurityDefaultsEnforcementPolicy"},
	reflect.TypeFor[UserRegistrationDetails]():             {"userRegistrationDetails"},
	reflect.TypeFor[AuthenticationMethodsPolicy]():         {"authenticationMethodsPolicy"},
	reflect.TypeFor[RegistrationEnforcement]():             {"registrationEnforcement"},
	reflect.TypeFor[RegistrationCampaign]():                {"authenticationMethodsRegistrationCampaign"},
	reflect.TypeFor[KeyRestrictions]():                     {"fido2KeyRestrictions"},
	reflect.TypeFor[PasskeyProfile]():                      {"passkeyProfile"},
	reflect.TypeFor[X509AuthenticationModeConfiguration](): {"x509CertificateAuthenticationModeConfiguration"},
	reflect.TypeFor[X509AuthenticationModeRule]():          {"x509CertificateRule"},
	reflect.TypeFor[AuthenticationMethodConfiguration](): {"fido2AuthenticationMethodConfiguration", "microsoftAuthenticatorAuthenticationMethodConfiguration",
		"voiceAuthenticationMethodConfiguration", "temporaryAccessPassAuthenticationMethodConfiguration", "x509CertificateAuthenticationMethodConfiguration",
		"externalAuthenticationMethodConfiguration", "smsAuthenticationMethodConfiguration", "authenticationMethodConfiguration"},
	reflect.TypeFor[AuthenticationMethodTarget](): {"passkeyAuthenticationMethodTarget", "microsoftAuthenticatorAuthenticationMethodTarget", "excludeTarget",
		"authenticationMethodsRegistrationCampaignIncludeTarget", "authenticationMethodTarget", "smsAuthenticationMethodTarget"},
	reflect.TypeFor[AuthenticationMethod](): {"fido2AuthenticationMethod", "microsoftAuthenticatorAuthenticationMethod", "windowsHelloForBusinessAuthenticationMethod",
		"platformCredentialAuthenticationMethod", "phoneAuthenticationMethod", "temporaryAccessPassAuthenticationMethod", "externalAuthenticationMethod"},

	reflect.TypeFor[ConditionalAccessPolicy]():        {"conditionalAccessPolicy"},
	reflect.TypeFor[ConditionalAccessConditions]():    {"conditionalAccessConditionSet"},
	reflect.TypeFor[ConditionalAccessUsers]():         {"conditionalAccessUsers"},
	reflect.TypeFor[ConditionalAccessGuests]():        {"conditionalAccessGuestsOrExternalUsers"},
	reflect.TypeFor[ExternalTenants]():                {"conditionalAccessEnumeratedExternalTenants", "conditionalAccessExternalTenants"},
	reflect.TypeFor[ConditionalAccessApplications]():  {"conditionalAccessApplications"},
	reflect.TypeFor[ConditionalFilter]():              {"conditionalAccessFilter"},
	reflect.TypeFor[ConditionalAccessPlatforms]():     {"conditionalAccessPlatforms"},
	reflect.TypeFor[ConditionalAccessLocations]():     {"conditionalAccessLocations"},
	reflect.TypeFor[ConditionalAccessDevices]():       {"conditionalAccessDevices"},
	reflect.TypeFor[ConditionalAccessFlows]():         {"conditionalAccessAuthenticationFlows"},
	reflect.TypeFor[ConditionalAccessGrant]():         {"conditionalAccessGrantControls"},
	reflect.TypeFor[AuthenticationStrengthPolicy]():   {"authenticationStrengthPolicy"},
	reflect.TypeFor[CombinationConfiguration]():       {"fido2CombinationConfiguration", "x509CertificateCombinationConfiguration"},
	reflect.TypeFor[NamedLocation]():                  {"ipNamedLocation", "countryNamedLocation"},
	reflect.TypeFor[IPRange]():                        {"iPv4CidrRange", "iPv6CidrRange", "ipRange"},
	reflect.TypeFor[Device]():                         {"device"},
	reflect.TypeFor[DirectoryObject]():                {"directoryObject"},
	reflect.TypeFor[ManagedDevice]():                  {"managedDevice"},
	reflect.TypeFor[SignIn]():                         {"signIn"},
	reflect.TypeFor[SignInStatus]():                   {"signInStatus"},
	reflect.TypeFor[DeviceDetail]():                   {"deviceDetail"},
	reflect.TypeFor[SignInLocation]():                 {"signInLocation"},
	reflect.TypeFor[AuthenticationAppDeviceDetails](): {"authenticationAppDeviceDetails"},
	reflect.TypeFor[AppliedConditionalAccessPolicy](): {"appliedConditionalAccessPolicy"},
	reflect.TypeFor[ConditionalAccessRuleSatisfied](): {"conditionalAccessRuleSatisfied"},
	reflect.TypeFor[AuthenticationDetail]():           {"authenticationDetail"},
	reflect.TypeFor[NetworkLocationDetails]():         {"networkLocationDetail"},
	reflect.TypeFor[DirectoryAudit]():                 {"directoryAudit"},
	reflect.TypeFor[AuditActivityInitiator]():         {"auditActivityInitiator"},
	reflect.TypeFor[UserIdentity]():                   {"userIdentity"},
	reflect.TypeFor[AppIdentity]():                    {"appIdentity"},
	reflect.TypeFor[TargetResource]():                 {"targetResource"},
	reflect.TypeFor[ModifiedProperty]():               {"modifiedProperty"},
	reflect.TypeFor[KeyValue]():                       {"keyValue"},
}

// notInSchema are types and members that the schema beside the checkout does not
// have, and why they are modelled all the same.
var notInSchema = map[string]string{
	"GroupMembers":            "a row the collector makes",
	"UserMethods":             "a row the collector makes",
	"UserMethodsError":        "part of a row the collector makes",
	"Domain":                  "the type is not in the subset",
	"FederationConfiguration": "the type is not in the subset",
	"CrossTenantAccessPolicy": "the type is not in the subset",
	"CrossTenantPartner":      "the type is not in the subset",
	"InboundTrust":            "the type is not in the subset",
	"ServicePrincipal":        "the type is not in the subset",
	"RiskyUser":               "the type is not in the subset",
	"AuthenticationContext":   "beta of the global cloud only; the subset is a sovereign cloud's. Spelled as in published sign-ins",

	"AuthenticationMethod.lastUsedDateTime":       "beta only, not in the subset of beta",
	"SignIn.authenticationContextClassReferences": "beta of the global cloud only. Spelled as in published sign-ins",
}

// schema is what the test needs of the two metadata documents.
type schema struct {
	types map[string]schemaType
	enums map[string][]string
}

type schemaType struct {
	base       string
	properties map[string]string // by name: the type, such as "Collection(graph.user)"
}

func readSchema(t *testing.T, fsys fs.FS, name string) schema {
	t.Helper()
	type property struct {
		Name string `xml:"Name,attr"`
		Type string `xml:"Type,attr"`
	}
	type structured struct {
		Name       string     `xml:"Name,attr"`
		BaseType   string     `xml:"BaseType,attr"`
		Properties []property `xml:"Property"`
		Navigation []property `xml:"NavigationProperty"`
	}
	var doc struct {
		Schemas []struct {
			Entities []structured `xml:"EntityType"`
			Complex  []structured `xml:"ComplexType"`
			Enums    []struct {
				Name    string     `xml:"Name,attr"`
				Members []property `xml:"Member"`
			} `xml:"EnumType"`
		} `xml:"DataServices>Schema"`
	}
	text, _ := shareddata.Text(t, fsys, name)
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s := schema{map[string]schemaType{}, map[string][]string{}}
	for _, part := range doc.Schemas {
		for _, e := range slices.Concat(part.Entities, part.Complex) {
			st := schemaType{strings.TrimPrefix(e.BaseType, "graph."), map[string]string{}}
			for _, p := range slices.Concat(e.Properties, e.Navigation) {
				st.properties[p.Name] = p.Type
			}
			s.types[e.Name] = st
		}
		for _, e := range part.Enums {
			for _, m := range e.Members {
				s.enums[e.Name] = append(s.enums[e.Name], m.Name)
			}
		}
	}
	if len(s.types) < 20 || len(s.enums) < 20 {
		t.Fatalf("%s has %d types and %d enumerations", name, len(s.types), len(s.enums))
	}
	return s
}

// property finds the type of a member of any of the named types or their bases.
func (s schema) property(types []string, member string) (string, bool) {
	for _, name := range types {
		for ; name != ""; name = s.types[name].base {
			if typ, ok := s.types[name].properties[member]; ok {
				return typ, true
			}
		}
	}
	return "", false
}

// TestSharedDataSchema: every member modelled here is in Graph's schema with that
// spelling and a type that fits. v1.0 goes first, then the beta subset.
func TestSharedDataSchema(t *testing.T) {
	fsys := shareddata.Schemas(t)
	schemas := []schema{readSchema(t, fsys, "csdl-v1.0-subset.xml"), readSchema(t, fsys, "csdl-beta-signin-subset.xml")}
	used := map[string]bool{}
	excused := func(name string) bool {
		used[name] = true
		return notInSchema[name] != ""
	}
	visited := map[reflect.Type]bool{}
	members := 0
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice && typ != reflect.TypeFor[Raw]() {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || visited[typ] {
			return
		}
		visited[typ] = true
		names := schemaTypes[typ]
		unknown := names == nil
		if unknown && !excused(typ.Name()) {
			t.Errorf("%s models no type of the schema", typ.Name())
		}
		for _, name := range names {
			if _, ok := schemas[0].types[name]; !ok && schemas[1].types[name].properties == nil {
				t.Errorf("%s models %s, which no schema has", typ.Name(), name)
			}
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			visit(f.Type)
			if name == "@odata.type" || unknown {
				continue
			}
			members++
			odata, found := schemas[0].property(names, name)
			if !found {
				odata, found = schemas[1].property(names, name)
			}
			switch full := typ.Name() + "." + name; {
			case !found && !excused(full):
				t.Errorf("%s is in no schema", full)
			case found && notInSchema[full] != "":
				t.Errorf("%s is in the schema; it is listed as %q", full, notInSchema[full])
			case found && !fits(f.Type, odata, schemas):
				t.Errorf("%s is %s there and %s here", full, odata, f.Type)
			}
		}
	}
	for _, v := range everyType() {
		visit(reflect.TypeOf(v))
	}
	for name := range notInSchema {
		if !used[name] {
			t.Errorf("%s is listed and not modelled", name)
		}
	}
	t.Logf("%d types, %d members", len(visited), members)
}

// fits tells whether a field can hold values of a type of the schema.
func fits(typ reflect.Type, odata string, schemas []schema) bool {
	if typ == reflect.TypeFor[Raw]() {
		return true
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	element, list := strings.CutPrefix(strings.TrimSuffix(odata, ")"), "Collection(")
	if list != (typ.Kind() == reflect.Slice) {
		return false
	}
	if list {
		return fits(typ.Elem(), element, schemas)
	}
	name := strings.TrimPrefix(odata, "graph.")
	enum := schemas[0].enums[name] != nil || schemas[1].enums[name] != nil
	switch typ.Kind() {
	case reflect.String:
		return enum || slices.Contains([]string{"Edm.String", "Edm.Guid", "Edm.DateTimeOffset"}, odata)
	case reflect.Bool:
		return odata == "Edm.Boolean"
	case reflect.Int:
		return odata == "Edm.Int32"
	case reflect.Struct:
		for _, modelled := range schemaTypes[typ] {
			// The field may hold a type derived from the declared one.
			for ; modelled != ""; modelled = schemas[0].types[modelled].base {
				if modelled == name {
					return true
				}
			}
			if schemas[1].types[name].properties != nil && slices.Contains(schemaTypes[typ], name) {
				return true
			}
		}
	}
	return false
}

// modelledValues are the enumeration values that verdicts ask about.
var modelledValues = map[string]string{
	"conditionalAccessPolicyState":                   "enabled disabled enabledForReportingButNotEnforced",
	"conditionalAccessGrantControl":                  "block mfa compliantDevice domainJoinedDevice approvedApplication compliantApplication passwordChange",
	"conditionalAccessClientApp":                     "all browser mobileAppsAndDesktopClients exchangeActiveSync other",
	"conditionalAccessDevicePlatform":                "android iOS windows windowsPhone macOS linux all",
	"conditionalAccessGuestOrExternalUserTypes":      "internalGuest b2bCollaborationGuest b2bCollaborationMember b2bDirectConnectUser otherExternalUser serviceProvider",
	"conditionalAccessTransferMethods":               "none deviceCodeFlow authenticationTransfer",
	"conditionalAccessExternalTenantsMembershipKind": "all enumerated",
	"conditionalAccessInsiderRiskLevels":             "minor moderate elevated",
	"riskLevel":                                      "none low medium high",
	"filterMode":                                     "include exclude",
	"countryLookupMethodType":                        "clientIpAddress authenticatorAppGps",
	"appliedConditionalAccessPolicyResult":           "success failure notApplied notEnabled unknown reportOnlySuccess reportOnlyFailure reportOnlyNotApplied reportOnlyInterrupted",
	"conditionalAccessStatus":                        "success failure notApplied",
	"authenticationMethodState":                      "enabled disabled",
	"authenticationMethodTargetType":                 "user group",
	"authenticationMethodsPolicyMigrationState":      "preMigration migrationInProgress migrationComplete",
	"advancedConfigState":                            "default enabled disabled",
	"attestationEnforcement":                         "disabled registrationOnly",
	"attestationLevel":                               "attested notAttested",
	"passkeyTypes":                                   "deviceBound synced",
	"passkeyType":                                    "deviceBound synced",
	"fido2RestrictionEnforcementType":                "allow block",
	"microsoftAuthenticatorAuthenticationMode":       "any push deviceBasedPush",
	"x509CertificateAuthenticationMode":              "x509CertificateSingleFactor " + X509MultiFactor,
	"authenticationPhoneType":                        "mobile alternateMobile office",
	"authenticationStrengthPolicyType":               "builtIn custom",
	"operationResult":                                "success failure timeout",
	"complianceState":                                "compliant noncompliant inGracePeriod unknown",
	"managedDeviceOwnerType":                         "company personal",
	"signInUserType":                                 "member guest",
	"authenticationMethodModes": "password voice hardwareOath softwareOath sms fido2 windowsHelloForBusiness microsoftAuthenticatorPush deviceBasedPush " +
		"temporaryAccessPassOneTime temporaryAccessPassMultiUse email x509CertificateSingleFactor x509CertificateMultiFactor federatedSingleFactor federatedMultiFactor qrCodePin",
}

// TestSharedDataEnumerations: every value asked about is in the schema with that
// spelling, and every enumeration of a modelled member is in the table or listed
// as one of which no value is asked about.
func TestSharedDataEnumerations(t *testing.T) {
	fsys := shareddata.Schemas(t)
	schemas := []schema{readSchema(t, fsys, "csdl-v1.0-subset.xml"), readSchema(t, fsys, "csdl-beta-signin-subset.xml")}
	for name, values := range modelledValues {
		known := schemas[0].enums[name]
		if known == nil {
			known = schemas[1].enums[name]
		}
		for _, value := range strings.Fields(values) {
			if !slices.Contains(known, value) {
				t.Errorf("%s has no value %s, but %v", name, value, known)
			}
		}
	}
	// Carried as they are.
	carried := []string{
		"riskState", "deviceEnrollmentType", "managementAgentType", "protocolType", "originalTransferMethods", "signInAccessType",
		"conditionalAccessConditions", "conditionalAccessRule", "networkType",
	}
	used := map[string]bool{}
	for typ, names := range schemaTypes {
		for i := range typ.NumField() {
			member, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			for _, s := range schemas {
				odata, _ := s.property(names, member)
				name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(odata, ")"), "Collection("), "graph.")
				used[name] = true
				if s.enums[name] != nil && modelledValues[name] == "" && !slices.Contains(carried, name) {
					t.Errorf("%s: no value of %s is checked", fmt.Sprintf("%s.%s", typ.Name(), member), name)
				}
			}
		}
	}
	for _, name := range slices.AppendSeq(carried, maps.Keys(modelledValues)) {
		if !used[name] {
			t.Errorf("no member is a %s", name)
		}
	}
}
