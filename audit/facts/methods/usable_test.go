package methods_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// allOff lists the methods that a policy without further entries turns off.
var allOff = []string{"Fido2", "MicrosoftAuthenticator", "Sms", "Voice", "SoftwareOath", "HardwareOath", "TemporaryAccessPass"}

// onlyOn is a policy in which these entries stand and everything else is off.
func onlyOn(t factstest.Tenant, entries ...string) factstest.Tenant {
	for _, id := range allOff {
		if !slices.ContainsFunc(entries, func(e string) bool { return strings.Contains(e, fmt.Sprintf(`"id":%q`, id)) }) {
			entries = append(entries, off(id))
		}
	}
	return policy(t, entries...)
}

func migrating(t factstest.Tenant) factstest.Tenant {
	return t.With(snapshot.AuthenticationMethodsPolicy,
		strings.Replace(t.Rows[snapshot.AuthenticationMethodsPolicy], "migrationComplete", "migrationInProgress", 1))
}

func at(t factstest.Tenant, time string) factstest.Tenant {
	t.TakenAt = time
	return t
}

// alone is a tenant with one person, who is in group g and not in group h.
func alone(rows ...string) factstest.Tenant {
	return factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).
		With(snapshot.Groups, factstest.Groups("g", "h", "cut")).
		With(snapshot.GroupMembers, factstest.Members("g", "a"), factstest.Members("h")).
		Entry(snapshot.GroupMembers, `{"state":"partial","incompleteIds":["cut"]}`).
		With(snapshot.AuthenticationMethods, rows...).
		With(snapshot.UserRegistrationDetails, reported("a"))
}

func strong(t *testing.T, tenant factstest.Tenant) (*methods.Strong, *population.Directory) {
	t.Helper()
	run := tenant.Run(t)
	return factstest.Get(t, run, methods.Usable), factstest.Get(t, run, population.Users)
}

func TestUsableMethod(t *testing.T) {
	const (
		mobile = `phone "phoneType":"mobile"`
		office = `phone "phoneType":"office"`
		other  = `phone "phoneType":"alternateMobile"`
		key    = `fido2 "aaGuid":"` + yubikey + `","passkeyType":"deviceBound"`
	)
	has := func(m string) factstest.Tenant { return alone(listed("a", m)) }
	g, h, cut := target("g"), target("h"), target("cut")
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
	}{
		"passkey":                     {onlyOn(has(key), entry("Fido2", g)), "a"},
		"passkey-off":                 {onlyOn(has(key)), ""},
		"passkey-out-of-scope":        {onlyOn(has(key), entry("Fido2", h)), ""},
		"passkey-scope-unread":        {onlyOn(has(key), entry("Fido2", cut)), "a?"},
		"passkey-excluded":            {onlyOn(has(key), entry("Fido2", g, `"excludeTargets":[`+everybody+`]`)), ""},
		"passkey-rejected":            {onlyOn(has(key), entry("Fido2", g, allow(epass))), ""},
		"passkey-second-one-admitted": {onlyOn(alone(listed("a", `fido2 "aaGuid":"`+epass+`"`, key)), entry("Fido2", g, block(epass))), "a"},
		"passkey-model-not-told":      {onlyOn(has("fido2"), entry("Fido2", g, allow(epass))), "a?"},
		"passkey-profiles-unread":     {onlyOn(has(key), entry("Fido2", target("g", "p"))), "a?"},
		"passkey-no-entry":            {policy(has(key), entry("Sms", g)), "a?"},
		"passkey-state-not-known":     {onlyOn(has(key), `{"id":"Fido2","state":"paused","includeTargets":[`+g+`]}`), "a?"},
		"passkey-while-migrating":     {migrating(onlyOn(has(key))), ""},
		"passkey-by-report":           {onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "passKeySynced")), entry("Fido2", g)), "a"},

		"windows-hello":       {onlyOn(has("windowsHelloForBusiness")), "a"},
		"platform-credential": {onlyOn(has("platformCredential")), "a"},

		"authenticator":               {onlyOn(has("microsoftAuthenticator"), entry("MicrosoftAuthenticator", g)), "a"},
		"authenticator-passwordless":  {onlyOn(has("microsoftAuthenticator"), entry("MicrosoftAuthenticator", `{"id":"g","targetType":"group","authenticationMode":"deviceBasedPush"}`)), "a"},
		"authenticator-off":           {onlyOn(has("microsoftAuthenticator")), ""},
		"authenticator-out-of-scope":  {onlyOn(has("microsoftAuthenticator"), entry("MicrosoftAuthenticator", h)), ""},
		"authenticator-migrating":     {migrating(onlyOn(has("microsoftAuthenticator"))), "a?"},
		"authenticator-on-migrating":  {migrating(onlyOn(has("microsoftAuthenticator"), entry("MicrosoftAuthenticator", g))), "a"},
		"authenticator-no-entry":      {policy(has("microsoftAuthenticator"), off("Fido2")), "a?"},
		"authenticator-state-unknown": {onlyOn(has("microsoftAuthenticator"), `{"id":"MicrosoftAuthenticator","state":"x","includeTargets":[`+g+`]}`), "a?"},

		"code":                       {onlyOn(has("softwareOath"), entry("SoftwareOath", g)), "a"},
		"code-off":                   {onlyOn(has("softwareOath")), ""},
		"code-through-authenticator": {onlyOn(has("softwareOath"), entry("MicrosoftAuthenticator", g, `"isSoftwareOathEnabled":true`)), "a"},
		"code-not-allowed":           {onlyOn(has("softwareOath"), entry("MicrosoftAuthenticator", g, `"isSoftwareOathEnabled":false`)), ""},
		"code-not-told":              {onlyOn(has("softwareOath"), entry("MicrosoftAuthenticator", g)), "a?"},
		"code-authenticator-off":     {onlyOn(has("softwareOath"), `{"id":"MicrosoftAuthenticator","state":"disabled","isSoftwareOathEnabled":true,"includeTargets":[`+g+`]}`), ""},
		"code-migrating":             {migrating(onlyOn(has("softwareOath"))), "a?"},

		"token":                     {onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "hardwareOneTimePasscode")), entry("HardwareOath", g)), "a"},
		"token-off":                 {onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "hardwareOneTimePasscode"))), ""},
		"token-beside-a-listing":    {onlyOn(has("email").With(snapshot.UserRegistrationDetails, reported("a", "hardwareOneTimePasscode")), entry("HardwareOath", g)), "a"},
		"token-unseen":              {onlyOn(has("email").Without(snapshot.UserRegistrationDetails), entry("HardwareOath", g)), "a?"},
		"token-unseen-off":          {onlyOn(has("email").Without(snapshot.UserRegistrationDetails)), ""},
		"token-unseen-out-of-scope": {onlyOn(has("email").Without(snapshot.UserRegistrationDetails), entry("HardwareOath", h)), ""},
		"token-migrating":           {migrating(onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "hardwareOneTimePasscode")))), "a?"},

		"mobile-by-text":           {onlyOn(has(mobile), entry("Sms", g)), "a"},
		"mobile-by-call":           {onlyOn(has(mobile), entry("Voice", g)), "a"},
		"mobile-off":               {onlyOn(has(mobile)), ""},
		"mobile-out-of-scope":      {onlyOn(has(mobile), entry("Sms", h), entry("Voice", h)), ""},
		"mobile-migrating":         {migrating(onlyOn(has(mobile))), "a?"},
		"mobile-before-retirement": {at(onlyOn(has(mobile), entry("Sms", g)), "2027-01-31T23:59:59Z"), "a"},
		"mobile-after-retirement":  {at(onlyOn(has(mobile), entry("Sms", g)), "2027-02-01T00:00:00Z"), "a?"},
		"mobile-off-after":         {at(onlyOn(has(mobile)), "2027-02-01T00:00:00Z"), ""},
		"alternate-by-call":        {onlyOn(has(other), entry("Voice", g)), "a"},
		"alternate-not-by-text":    {onlyOn(has(other), entry("Sms", g)), ""},
		"alternate-after":          {at(onlyOn(has(other), entry("Voice", g)), "2027-02-01T00:00:00Z"), "a?"},
		"office":                   {onlyOn(has(office), entry("Voice", g, `"isOfficePhoneAllowed":true`)), "a"},
		"office-not-allowed":       {onlyOn(has(office), entry("Voice", g, `"isOfficePhoneAllowed":false`)), ""},
		"office-not-told":          {onlyOn(has(office), entry("Voice", g)), "a?"},
		"office-not-by-text":       {onlyOn(has(office), entry("Sms", g)), ""},
		"office-migrating":         {migrating(onlyOn(has(office), entry("Voice", g, `"isOfficePhoneAllowed":true`))), "a"},
		// The methods policy does not let them, legacy settings may.
		"office-not-allowed-migrating": {migrating(onlyOn(has(office), entry("Voice", g, `"isOfficePhoneAllowed":false`))), "a?"},
		"office-after":                 {at(onlyOn(has(office), entry("Voice", g, `"isOfficePhoneAllowed":true`)), "2027-03-01T00:00:00Z"), "a?"},
		"phone-without-type":           {onlyOn(has("phone"), entry("Sms", g)), "a?"},

		"email":               {onlyOn(has("email")), ""},
		"password":            {onlyOn(has("password")), ""},
		"qr-code":             {onlyOn(has("qrCodePin")), ""},
		"questions":           {onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "securityQuestion", "appPassword"))), ""},
		"external":            {onlyOn(has("external")), "a?"},
		"unrecognised":        {onlyOn(has("palm")), "a?"},
		"a-pass-is-no-method": {onlyOn(has(`temporaryAccessPass "isUsable":true`), entry("TemporaryAccessPass", g)), ""},
		"nothing-known":       {onlyOn(alone().Without(snapshot.UserRegistrationDetails)), "a?"},
		"refused":             {onlyOn(alone(refused("a")).Without(snapshot.UserRegistrationDetails)), "a?"},
		"refused-reported":    {onlyOn(alone(refused("a"))), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			if got := factstest.Partly(dir, s.Method); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestUsablePass(t *testing.T) {
	const once, multi = `"isUsable":true,"isUsableOnce":true`, `"isUsable":true,"isUsableOnce":false`
	has := func(members string) factstest.Tenant { return alone(listed("a", "temporaryAccessPass "+members)) }
	tap := func(members ...string) string { return entry("TemporaryAccessPass", target("g"), members...) }
	const wantsOnce, either = `"isUsableOnce":true`, `"isUsableOnce":false`
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
	}{
		"usable":                  {onlyOn(has(multi), tap(either)), "a"},
		"one-time":                {onlyOn(has(once), tap(either)), "a"},
		"one-time-wanted":         {onlyOn(has(once), tap(wantsOnce)), "a"},
		"multi-use-not-wanted":    {onlyOn(has(multi), tap(wantsOnce)), ""},
		"use-not-told":            {onlyOn(has(`"isUsable":true`), tap(wantsOnce)), "a?"},
		"use-not-told-either":     {onlyOn(has(`"isUsable":true`), tap(either)), "a"},
		"policy-not-told-one-use": {onlyOn(has(once), tap()), "a"},
		"policy-not-told-multi":   {onlyOn(has(multi), tap()), "a?"},
		"expired":                 {onlyOn(has(`"isUsable":false,"methodUsabilityReason":"Expired"`), tap(either)), ""},
		"usable-not-told":         {onlyOn(has(`"isUsableOnce":true`), tap(either)), "a?"},
		"out-of-scope":            {onlyOn(has(multi), entry("TemporaryAccessPass", target("h"), either)), ""},
		"scope-unread":            {onlyOn(has(multi), entry("TemporaryAccessPass", target("cut"), either)), "a?"},
		"off":                     {onlyOn(has(multi)), ""},
		"off-while-migrating":     {migrating(onlyOn(has(multi))), ""},
		"no-entry":                {policy(has(once), off("Sms")), "a?"},
		"no-entry-expired":        {policy(has(`"isUsable":false`), off("Sms")), ""},
		"only-in-report":          {onlyOn(alone().With(snapshot.UserRegistrationDetails, reported("a", "temporaryAccessPass")), tap(either)), ""},
		"nothing-known":           {onlyOn(alone().Without(snapshot.UserRegistrationDetails), tap(either)), "a?"},
		"nothing-known-off":       {onlyOn(alone().Without(snapshot.UserRegistrationDetails)), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			if got := factstest.Partly(dir, s.Pass); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEnabled(t *testing.T) {
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
	}{
		"nothing":          {onlyOn(alone()), ""},
		"authenticator":    {onlyOn(alone(), entry("MicrosoftAuthenticator", target("g"))), "a"},
		"code":             {onlyOn(alone(), entry("SoftwareOath", target("g"))), "a"},
		"text":             {onlyOn(alone(), entry("Sms", target("g"))), "a"},
		"text-after":       {at(onlyOn(alone(), entry("Sms", target("g"))), "2027-02-01T00:00:00Z"), "a?"},
		"token-and-pass":   {onlyOn(alone(), entry("HardwareOath", target("g")), entry("TemporaryAccessPass", target("g"))), ""},
		"passkey-only":     {onlyOn(alone(), entry("Fido2", target("g"))), ""},
		"out-of-scope":     {onlyOn(alone(), entry("MicrosoftAuthenticator", target("h"))), ""},
		"migrating":        {migrating(onlyOn(alone())), "a?"},
		"entries-not-told": {policy(alone(), off("Fido2")), "a?"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			if got := factstest.Partly(dir, s.Enabled); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestUnseen(t *testing.T) {
	domain := func(id, kind, behaviour string) string {
		row := fmt.Sprintf(`{"id":%q,"authenticationType":%q`, id, kind)
		if behaviour != "" {
			row += fmt.Sprintf(`,"federationConfiguration":[{"federatedIdpMfaBehavior":%q}]`, behaviour)
		}
		return row + "}"
	}
	const reject = "rejectMfaByFederatedIdp"
	domains := func(rows ...string) factstest.Tenant {
		return onlyOn(alone()).With(snapshot.Domains, rows...).
			With(snapshot.Users, `{"id":"a","userPrincipalName":"a@Emea.Contoso.example"}`)
	}
	const (
		parent = "contoso.example"
		child  = "EMEA.contoso.example"
		x509   = `"authenticationModeConfiguration":{"x509CertificateAuthenticationDefaultMode":"x509CertificateSingleFactor","rules":[%s]}`
	)
	single := fmt.Sprintf(x509, `{"x509CertificateAuthenticationMode":"x509CertificateSingleFactor"}`)
	ruled := fmt.Sprintf(x509, `{"x509CertificateAuthenticationMode":"x509CertificateMultiFactor"}`)
	ruledUnknown := fmt.Sprintf(x509, `{"x509CertificateAuthenticationMode":"unknownFutureValue"}`)
	const external = `"@odata.type":"#microsoft.graph.externalAuthenticationMethodConfiguration"`
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string // who by what
	}{
		"no-domains":             {onlyOn(alone()), ""},
		"managed":                {domains(domain(child, "Managed", "")), ""},
		"federated":              {domains(domain(child, "Federated", "")), "federatedMfa: a"},
		"federated-accepts":      {domains(domain(child, "federated", "acceptIfMfaDoneByFederatedIdp")), "federatedMfa: a"},
		"federated-enforces":     {domains(domain(child, "Federated", "enforceMfaByFederatedIdp")), "federatedMfa: a"},
		"federated-rejects":      {domains(domain(child, "Federated", reject)), ""},
		"federated-not-known":    {domains(domain(child, "Federated", "unknownFutureValue")), "federatedMfa: a"},
		"other-domain-federated": {domains(domain(child, "Managed", ""), domain("fabrikam.example", "Federated", "")), "federatedMfa: "},
		"parent-federated":       {domains(domain(parent, "Federated", "")), "federatedMfa: a"},
		"child-decides":          {domains(domain(parent, "Federated", ""), domain(child, "Managed", "")), "federatedMfa: "},
		"child-federated":        {domains(domain(parent, "Managed", ""), domain(child, "Federated", "")), "federatedMfa: a"},
		"name-ends-alike":        {domains(domain("so.example", "Federated", "")), "federatedMfa: "},

		"certificate":                   {onlyOn(alone(), entry("X509Certificate", target("g"), `"authenticationModeConfiguration":{"x509CertificateAuthenticationDefaultMode":"x509CertificateMultiFactor"}`)), "certificate: a"},
		"certificate-single":            {onlyOn(alone(), entry("X509Certificate", target("g"), single)), ""},
		"certificate-by-rule":           {onlyOn(alone(), entry("X509Certificate", target("g"), ruled)), "certificate: a"},
		"certificate-by-unknown-rule":   {onlyOn(alone(), entry("X509Certificate", target("g"), ruledUnknown)), "certificate: a"},
		"certificate-mode-not-told":     {onlyOn(alone(), entry("X509Certificate", target("g"))), "certificate: a"},
		"certificate-default-not-told":  {onlyOn(alone(), entry("X509Certificate", target("g"), `"authenticationModeConfiguration":{}`)), "certificate: a"},
		"certificate-out-of-scope":      {onlyOn(alone(), entry("X509Certificate", target("h"))), "certificate: "},
		"certificate-off":               {onlyOn(alone(), off("X509Certificate")), "certificate: "},
		"certificate-scope-unread":      {onlyOn(alone(), entry("X509Certificate", target("cut"))), "certificate: a"},
		"external":                      {onlyOn(alone(), entry("1c9d1e4f-0000-4000-8000-000000000001", target("g"), external)), "externalMfa: a"},
		"external-off":                  {onlyOn(alone(), `{"id":"1c9d1e4f-0000-4000-8000-000000000001","state":"disabled",`+external+`,"includeTargets":[`+everybody+`]}`), "externalMfa: "},
		"entry-with-a-guid-of-no-known": {onlyOn(alone(), entry("1c9d1e4f-0000-4000-8000-000000000001", target("g"))), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			var got []string
			hidden := ""
			for _, by := range slices.Sorted(maps.Keys(s.Unseen)) {
				names := factstest.Names(dir, s.Unseen[by])
				got = append(got, by+": "+names)
				if names != "" {
					hidden = "a?"
				}
			}
			if got := strings.Join(got, "; "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if got := factstest.Partly(dir, s.Method); got != hidden {
				t.Errorf("method %q, want %q", got, hidden)
			}
		})
	}
}

// TestUnseenBesideASeenMethod: who has a method that is seen is certain.
func TestUnseenBesideASeenMethod(t *testing.T) {
	tenant := onlyOn(alone(listed("a", "windowsHelloForBusiness"))).With(snapshot.Domains, `{"id":"contoso.example","authenticationType":"Federated"}`)
	s, dir := strong(t, tenant)
	if got := factstest.Partly(dir, s.Method); got != "a" {
		t.Errorf("got %q, want a", got)
	}
}
