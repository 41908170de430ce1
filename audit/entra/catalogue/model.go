package catalogue

import (
	"fmt"
	"strings"

	"passkeyaudit/audit/tri"
)

// AAGUIDs of what Microsoft itself makes. Sources: AUT
// (how-to-enable-authenticator-passkey, 2026-07-05) and WIN
// (how-to-authentication-entra-passkeys-on-windows, 2026-02-18).
const (
	AuthenticatorAndroid = "de1e552d-db1d-4423-a619-566b625cdc84"
	AuthenticatorIOS     = "90a3ccdf-635c-4729-a248-9b709135078f"
	WindowsHelloTPM      = "08987058-cadc-4b81-b6e1-30de50dcbe96"
	WindowsHelloVBS      = "9ddd1817-af5a-4672-a2b9-3e3dd95000a9"
	WindowsHelloSoftware = "6028b017-b1d4-4c02-b4b3-afcdafc96bb2"
)

// AAGUIDs of providers that the support matrix names. Source: PDA (aaguid.json,
// 2026-08-07).
const (
	ICloudKeychain        = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
	ICloudKeychainManaged = "dd4ec289-e01d-41c9-bb89-70fa845d4bf2"
	GooglePasswordManager = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"
)

// UndisclosedAAGUID is what an authenticator gives that does not tell its model.
const UndisclosedAAGUID = "00000000-0000-0000-0000-000000000000"

// Undisclosed tells whether an AAGUID names no model: all zero, in any letter
// case and with or without hyphens. Such a passkey is never matched against a list
// of models.
func Undisclosed(aaguid string) bool {
	digits := strings.ReplaceAll(aaguid, "-", "")
	return len(digits) == 32 && strings.Trim(digits, "0") == ""
}

// Model is a make and model of security key, or a keeper of passkeys, by AAGUID.
type Model struct {
	AAGUID string    `json:"aaguid"` // lower case
	Name   string    `json:"name"`
	Vendor string    `json:"vendor"`
	Kind   ModelKind `json:"kind"`
	// Platform is android, iOS or windows where the model exists on one only.
	Platform string `json:"platform"`
	// PasskeyType is deviceBound, synced or unknown. What Graph says about a
	// registered passkey goes before it.
	PasskeyType string      `json:"passkeyType"`
	Attestation Attestation `json:"attestation"`
	KeyStorage  string      `json:"keyStorage"`
	// Campaign: the model makes a profile that is limited to an allow list count
	// for the Microsoft managed registration campaign. Source: CAM
	// (how-to-mfa-registration-campaign, 2026-09-02), which names providers, not
	// AAGUIDs.
	Campaign bool   `json:"campaign"`
	Source   Source `json:"-"`
}

// ModelKind is what sort of thing keeps the passkey.
type ModelKind string

const (
	SecurityKey     ModelKind = "securityKey"
	Platform        ModelKind = "platform" // of an operating system
	App             ModelKind = "app"
	PasswordManager ModelKind = "passwordManager"
	Browser         ModelKind = "browser"
)

// Attestation is what is known about a model where a profile enforces attestation.
type Attestation string

const (
	// AttestationEligible: on Microsoft's list of keys eligible for attestation.
	AttestationEligible Attestation = "eligible"
	// AttestationSupported: not on that list, attested by services of the platform.
	AttestationSupported Attestation = "supported"
	// AttestationNotSupported: does not attest.
	AttestationNotSupported Attestation = "notSupported"
	// AttestationUndocumented: only documents of a preview speak of it, against.
	AttestationUndocumented Attestation = "undocumented"
	AttestationUnknown      Attestation = "unknown"
)

// Attestable tells whether the model can be registered where attestation is
// enforced. A model that is not in the catalogue is not known to be: Microsoft
// takes up new ones every month, up to four weeks late (HWV 2026-10-06).
func (m *Model) Attestable() tri.Value {
	switch m.Attestation {
	case AttestationEligible, AttestationSupported:
		return tri.Yes
	case AttestationNotSupported:
		return tri.No
	default:
		return tri.Unsure
	}
}

// Synced tells whether the model keeps synced passkeys.
func (m *Model) Synced() tri.Value {
	switch m.PasskeyType {
	case "synced":
		return tri.Yes
	case "deviceBound":
		return tri.No
	default:
		return tri.Unsure
	}
}

type modelFile struct {
	origin
	Models []struct {
		Model
		SourceKey string `json:"source"`
	} `json:"models"`
	edition  Edition
	list     []Model
	byAAGUID map[string]*Model
}

func readModels(text []byte) *modelFile {
	var f modelFile
	decode(text, &f)
	f.byAAGUID = make(map[string]*Model, len(f.Models))
	f.list = make([]Model, len(f.Models))
	for i, e := range f.Models {
		e.Model.Source = f.source(e.SourceKey)
		f.list[i] = e.Model
		f.byAAGUID[e.AAGUID] = &f.list[i]
	}
	return &f
}

// Models lists those of the catalogue, without those that only the FIDO Alliance's
// metadata name.
func (c *Catalogue) Models() []Model { return c.models.list }

// ModelOf finds a model by its AAGUID in any letter case; nil if it is not known. The
// FIDO Alliance's metadata know more models, but not what this catalogue tells of them.
func (c *Catalogue) ModelOf(aaguid string) *Model {
	return c.models.byAAGUID[strings.ToLower(aaguid)]
}

// Label names a model for people, with its AAGUID: by the catalogue, or else by the FIDO
// Alliance's metadata, which also tell of a certification that was lost. A model that is
// known to neither is its AAGUID alone.
func (c *Catalogue) Label(aaguid string) string {
	name := ""
	if m := c.ModelOf(aaguid); m != nil {
		name = m.Name
	} else if certification := c.fido.Of(aaguid); certification != nil {
		name = certification.Description
	}
	if name == "" {
		return aaguid + c.Note(aaguid)
	}
	return fmt.Sprintf("%s (%s%s)", name, aaguid, c.Note(aaguid))
}

// Note is what belongs behind the AAGUID of a model wherever it is named: that the FIDO
// Alliance has revoked it, or reports it as compromised. Empty for all others.
func (c *Catalogue) Note(aaguid string) string {
	if certification := c.fido.Of(aaguid); certification != nil && certification.Standing >= Compromised {
		return ", FIDO: " + certification.String()
	}
	return ""
}

// AttestationListPhrase names Microsoft's list with its date, and the file it was read
// from where that is not the program's own.
func (c *Catalogue) AttestationListPhrase() string {
	text := "Microsoft's list of " + c.AttestationList().Date
	if c.AttestationList().Date == "" {
		text = "Microsoft's list, nothing of which is there,"
	}
	if e := c.models.edition; e.Replaced() {
		text += " by the " + e.String()
	}
	return text
}

// AttestationList is the newest edition of Microsoft's list of security keys that are
// eligible for attestation which the catalogue draws on; the zero value where it has no
// such key. A key on it may have been eligible long before that date.
func (c *Catalogue) AttestationList() Source {
	var list Source
	for i := range c.models.list {
		if m := &c.models.list[i]; m.Attestation == AttestationEligible && m.Source.Date > list.Date {
			list = m.Source
		}
	}
	return list
}
