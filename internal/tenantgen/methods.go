package tenantgen

import (
	"encoding/base64"
	"encoding/binary"
	"time"
)

// keyModel is a model of passkey with its AAGUID, from Microsoft's list of hardware
// vendors (concept-fido2-hardware-vendor, 2026-10-06) and of passkey providers.
type keyModel struct {
	aaguid, name string
	attested     bool
	synced       bool
	reported     string // in methodsRegistered
}

const (
	authenticatorAndroid = "de1e552d-db1d-4423-a619-566b625cdc84"
	authenticatorIOS     = "90a3ccdf-635c-4729-a248-9b709135078f"
	yubiKeyNFC52         = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	yubiKeyNFC57         = "a25342c0-3cdc-4414-8e46-f4807fca511c"
	yubiKeyFIPS          = "c1f9a0bc-1dd2-404a-b27f-8e29047a43fd"
	yubiKeyFIPS57        = "fcc0118f-cd45-435b-8da1-9782b2da0715"
	ePassNFC             = "ee041bce-25e5-4cdb-8f86-897fd6418464"
	appleKeychain        = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
	googleManager        = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"
)

const deviceBoundReported = "passKeyDeviceBound"

var keyModels = map[word][]keyModel{
	appPasskey: {
		{authenticatorAndroid, "Microsoft Authenticator", true, false, "passKeyDeviceBoundAuthenticator"},
		{authenticatorIOS, "Microsoft Authenticator", true, false, "passKeyDeviceBoundAuthenticator"},
	},
	securityKey: {
		{yubiKeyNFC52, "YubiKey 5 Series with NFC", true, false, deviceBoundReported},
		{yubiKeyNFC57, "YubiKey 5 Series with NFC", true, false, deviceBoundReported},
	},
	attestedKey: {
		{yubiKeyFIPS, "YubiKey 5 FIPS Series with NFC", true, false, deviceBoundReported},
		{yubiKeyFIPS57, "YubiKey 5 FIPS Series with NFC", true, false, deviceBoundReported},
	},
	oldKey: {{ePassNFC, "Feitian ePass FIDO2-NFC Authenticator", true, false, deviceBoundReported}},
	syncedKey: {
		{appleKeychain, "iCloud Keychain", false, true, "passKeySynced"},
		{googleManager, "Google Password Manager", false, true, "passKeySynced"},
	},
}

// model is the model of an account's i-th method.
func (a *account) model(w word, i int) keyModel {
	models := keyModels[w]
	return models[a.luck(40+i, len(models))]
}

// reported are the words of the registration report for what an account has. The
// report knows no passwords.
func (a *account) reported() []string {
	list := make([]string, 0, 6)
	for i, w := range a.held {
		switch {
		case w == push:
			list = append(list, "microsoftAuthenticatorPush", "softwareOneTimePasscode")
		case w == phone:
			list = append(list, "mobilePhone")
		case w == hello:
			list = append(list, "windowsHelloForBusiness")
		case w == macKey:
			list = append(list, "macOsSecureEnclaveKey")
		case w == external:
			list = append(list, "externalAuthMethod")
		case w == email:
			list = append(list, "email")
		case w.pass():
			list = append(list, "temporaryAccessPass")
		case w.passkey():
			list = append(list, a.model(w, i).reported)
		}
	}
	return list
}

// reportRows is the registration report. It leaves out disabled accounts and, being
// up to a day and a half old, the newest ones.
func (t *tenant) reportRows(add appender) error {
	var r row
	refreshed := takenAt.Add(-29 * time.Hour)
	for a := range t.accounts() {
		if a.disabled || a.unreported {
			continue
		}
		userType := "member"
		if a.role == guest {
			userType = "guest"
		}
		strong := a.held.any(func(w word) bool { return w != email && !w.pass() })
		passwordless := a.held.any(func(w word) bool { return w.passkey() || w == hello || w == macKey })
		preferred, second := texts(), "none"
		switch {
		case a.held.any(word.passkey):
			preferred = texts("Fido2")
		case a.held.has(push):
			preferred = texts("PhoneAppNotification")
		case a.held.has(phone):
			preferred = texts("OneWaySMS")
		}
		switch {
		case a.held.has(push):
			second = "push"
		case a.held.has(phone):
			second = "sms"
		}
		r.start().text("id", a.id).text("userPrincipalName", a.upn()).text("userDisplayName", a.displayName()).text("userType", userType).
			flag("isAdmin", a.administrator() || a.role == emergency).flag("isSsprRegistered", a.held.has(push) || a.held.has(phone)).
			flag("isSsprEnabled", a.person()).flag("isSsprCapable", a.person() && (a.held.has(push) || a.held.has(phone))).
			flag("isMfaRegistered", strong).flag("isMfaCapable", strong).flag("isPasswordlessCapable", passwordless).
			texts("methodsRegistered", a.reported()...).flag("isSystemPreferredAuthenticationMethodEnabled", true).
			texts("systemPreferredAuthenticationMethods", preferred...).text("userPreferredMethodForSecondaryAuthentication", second).
			time("lastUpdatedDateTime", refreshed.Add(time.Duration(a.luck(50, 3000))*time.Second))
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}

// unlistedMost is how many accounts that the report leaves out are asked.
const unlistedMost = 2000

// methodRows has a row for every account that was asked.
func (t *tenant) methodRows(add appender) error {
	var r row
	unlisted := 0
	everybody := t.EverybodyAsked || t.Users <= askEverybody
	for a := range t.accounts() {
		asked := everybody
		switch {
		case asked:
		case !a.disabled && !a.unreported:
			asked = a.held.any(func(w word) bool { return w.passkey() || w.pass() })
		case a.unreported && a.person():
			unlisted++
			asked = unlisted <= unlistedMost
		}
		if !asked {
			continue
		}
		r.start().text("userId", a.id).open("value", '[')
		t.password(&r, a)
		for i, w := range a.held {
			t.method(&r, a, w, i)
		}
		r.close(']')
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}

func (t *tenant) password(r *row, a *account) {
	if a.role == guest {
		return
	}
	r.item().text("@odata.type", "#microsoft.graph.passwordAuthenticationMethod").text("id", "28c10230-6103-485e-b985-444c60001490").
		raw("password", "null").time("createdDateTime", t.past(700, 1, uint64(ofKit), uint64(a.n))).close('}')
}

func (t *tenant) method(r *row, a *account, w word, i int) {
	place := []uint64{uint64(a.n), uint64(i)}
	begin := func(kind string) *row {
		return r.item().text("@odata.type", "#microsoft.graph."+kind+"AuthenticationMethod").text("id", t.guid(ofMethod, place...))
	}
	registered := t.past(900, 20, uint64(ofMethod), uint64(a.n), uint64(i))
	switch {
	case w == push:
		h := a.handset()
		begin("microsoftAuthenticator").text("displayName", h.model).text("deviceTag", "SoftwareTokenActivated").
			text("phoneAppVersion", h.app).time("createdDateTime", registered).close('}')
		r.item().text("@odata.type", "#microsoft.graph.softwareOathAuthenticationMethod").text("id", t.guid(ofMethod, uint64(a.n), uint64(i), 1)).
			raw("secretKey", "null").time("createdDateTime", registered).close('}')
	case w == phone:
		begin("phone").text("phoneNumber", "+31 6555"+string(rune('0'+a.luck(51, 10)))+"0199").text("phoneType", "mobile").
			text("smsSignInState", "notAllowedByPolicy").time("createdDateTime", registered).close('}')
	case w == hello:
		begin("windowsHelloForBusiness").text("displayName", a.computer()).text("keyStrength", "normal").time("createdDateTime", registered).close('}')
	case w == macKey:
		begin("platformCredential").text("displayName", a.computer()).text("keyStrength", "normal").text("platform", "macOS").
			time("createdDateTime", registered).close('}')
	case w == email:
		begin("email").text("emailAddress", a.local()+"@mail.example").close('}')
	case w == external:
		begin("external").text("displayName", "Partner authentication").text("configurationId", t.guid(ofMethod, 1<<40)).time("createdDateTime", registered).close('}')
	case w.pass():
		start, reason := takenAt.Add(-14*time.Hour), "EnabledByPolicy"
		if w == passExpired {
			start, reason = takenAt.Add(-5*24*time.Hour), "Expired"
		}
		begin("temporaryAccessPass").raw("temporaryAccessPass", "null").time("createdDateTime", start).time("startDateTime", start).
			number("lifetimeInMinutes", 1440).flag("isUsableOnce", w == passOnce).flag("isUsable", w != passExpired).
			text("methodUsabilityReason", reason).close('}')
	case w.passkey():
		t.passkey(r, a, w, i, registered)
	}
}

func (t *tenant) passkey(r *row, a *account, w word, i int, registered time.Time) {
	m := a.model(w, i)
	name, kind, level := "Security key", "deviceBound", "notAttested"
	switch {
	case m.aaguid == authenticatorAndroid:
		name = "Authenticator - Android"
	case m.aaguid == authenticatorIOS:
		name = "Authenticator - iOS"
	case m.synced:
		name, kind = m.name, "synced"
	}
	certificates := texts()
	// Of passkeys registered before attestation was wanted there is none.
	if m.attested && (w == attestedKey || a.luck(52, 3) > 0) {
		level, certificates = "attested", texts("b6a1bf0b4fb4ba1c1c6a1f9b03a7bd3c9bd5ea2e")
	}
	r.item().text("@odata.type", "#microsoft.graph.fido2AuthenticationMethod").text("id", t.keyID(a, i)).text("displayName", name).
		time("createdDateTime", registered).text("aaGuid", m.aaguid).text("model", m.name).texts("attestationCertificates", certificates...).
		text("attestationLevel", level).text("passkeyType", kind).close('}')
}

// keyID is a credential id as Graph shows it: base64url, with the number of padding
// characters as last digit.
func (t *tenant) keyID(a *account, i int) string {
	var b [16]byte
	x := t.draw(ofMethod, uint64(a.n), uint64(i), 2)
	binary.BigEndian.PutUint64(b[:8], x)
	binary.BigEndian.PutUint64(b[8:], mix(x))
	return base64.RawURLEncoding.EncodeToString(b[:]) + "2"
}
