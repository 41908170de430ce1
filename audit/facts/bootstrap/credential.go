package bootstrap

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// credential is a passkey that somebody could register: a kind, and a model that
// policy may name.
type credential struct {
	number int // in the list of credentialsFor, from 1; 0 of one that is not from it
	kind   CredentialKind
	aaguid string     // empty: a model that no list names
	os     devices.OS // of the phone, for passkeys in Authenticator
	// attests: it can be registered where attestation is enforced. One in
	// Authenticator attests only inside the app (AUT,
	// how-to-enable-authenticator-passkey, 2026-07-05), a synced one never (PKC,
	// concept-authentication-passkeys-fido2, 2025-11-10).
	attests audit.Tri
}

// unlisted stands for a model that no list of the tenant names.
const unlisted = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// credentialsFor lists what could be registered: of every kind the models that some
// list names, and one that none does. Of the models of Windows Hello only those that
// a list names count, unless the switch says that the general rule has come.
func credentialsFor(known *catalogue.Catalogue, named []string, sw Switches) []credential {
	list := []credential{
		{kind: KeyCredential, aaguid: unlisted, attests: audit.Yes},
		{kind: SyncedCredential, aaguid: unlisted, attests: audit.No},
		{kind: AuthenticatorCredential, aaguid: catalogue.AuthenticatorIOS, os: devices.IOS, attests: audit.Yes},
		{kind: AuthenticatorCredential, aaguid: catalogue.AuthenticatorAndroid, os: devices.Android, attests: audit.Yes},
	}
	windows := []string{catalogue.WindowsHelloTPM, catalogue.WindowsHelloVBS, catalogue.WindowsHelloSoftware}
	for _, aaguid := range windows {
		if sw.WindowsPasskeys || slices.Contains(named, aaguid) {
			list = append(list, credential{kind: WindowsCredential, aaguid: aaguid, attests: audit.No})
		}
	}
	for _, aaguid := range named {
		switch k := kindOfModel(known, aaguid); k {
		case KeyCredential:
			c := credential{kind: k, aaguid: aaguid, attests: audit.Yes}
			if m := known.ModelOf(aaguid); m != nil && m.Attestable() == audit.No {
				c.attests = audit.No
			}
			list = append(list, c)
		case SyncedCredential:
			list = append(list, credential{kind: k, aaguid: aaguid, attests: audit.No})
		}
	}
	for i := range list {
		list[i].number = i + 1
	}
	return list
}

// kindOfModel tells which kind of passkey a model keeps. A model that is in no
// catalogue is taken for a security key: administrators list keys they bought.
func kindOfModel(known *catalogue.Catalogue, aaguid string) CredentialKind {
	switch strings.ToLower(aaguid) {
	case catalogue.AuthenticatorIOS, catalogue.AuthenticatorAndroid:
		return AuthenticatorCredential
	case catalogue.WindowsHelloTPM, catalogue.WindowsHelloVBS, catalogue.WindowsHelloSoftware:
		return WindowsCredential
	}
	m := known.ModelOf(aaguid)
	switch {
	case m == nil || m.Kind == catalogue.SecurityKey:
		return KeyCredential
	default:
		return SyncedCredential
	}
}

// passkey is the credential as passkey profiles see it.
func (c credential) passkey(inApp bool) methods.Credential {
	out := methods.Credential{AAGUID: c.aaguid, Type: "deviceBound", Attest: c.attests}
	if c.kind == SyncedCredential {
		out.Type = "synced"
	}
	if c.kind == AuthenticatorCredential && !inApp {
		out.Attest = audit.No
	}
	return out
}
