package tenantgen

import (
	"strconv"
	"strings"
)

type handset struct{ os, version, maker, model, app, patch string }

// The last two are too old for a passkey in Authenticator.
var handsets = []handset{
	{"iOS", "26.1", "Apple", "iPhone 16", "6.8.54", ""},
	{"iOS", "18.7", "Apple", "iPhone 14", "6.8.51", ""},
	{"Android", "16", "Google", "Pixel 9", "6.2510.7011", "2026-10-05"},
	{"Android", "15", "Samsung", "Galaxy A55", "6.2509.6222", "2026-09-01"},
	{"iOS", "16.7", "Apple", "iPhone 8", "6.8.20", ""},
	{"Android", "13", "Samsung", "Galaxy A52", "6.2407.5108", "2025-03-01"},
}

// handset is the phone an account uses: the one its passkey is in, if it has one.
func (a *account) handset() handset {
	for i, w := range a.held {
		if w == appPasskey {
			first := 2
			if a.model(w, i).aaguid == authenticatorIOS {
				first = 0
			}
			return handsets[first+a.luck(60, 2)]
		}
	}
	if a.luck(61, 12) > 0 {
		return handsets[a.luck(60, 4)]
	}
	return handsets[4+a.luck(60, 2)]
}

func (a *account) computer() string {
	return "ALT-" + strings.ToUpper(strconv.FormatUint(uint64(a.luck(62, 1<<24)), 16))
}

// device is a computer or phone of one account.
type device struct {
	place                     uint64
	name, os, version         string
	maker, model, trust       string
	patch                     string
	managed, compliant, owned bool // owned by the company
}

// devices are those of one account: office workers have a computer, and most people
// who registered Authenticator have a phone that the directory knows.
func (a *account) devices() []device {
	if !a.person() || a.disabled {
		return nil
	}
	var list []device
	if a.department.work != frontline {
		d := device{place: 1, name: a.computer(), os: "Windows", version: "10.0.26100.7171", maker: "Dell Inc.", model: "Latitude 5450",
			trust: "AzureAd", managed: true, owned: true, compliant: a.luck(63, 20) > 0}
		if a.synced && a.luck(64, 3) == 0 {
			d.trust = "ServerAd"
		}
		if a.held.has(macKey) {
			d.os, d.version, d.maker, d.model, d.trust = "MacMDM", "26.1", "Apple", "MacBook Pro", "AzureAd"
		}
		list = append(list, d)
	}
	if a.held.has(appPasskey) || a.held.has(push) && a.luck(65, 3) == 0 {
		h := a.handset()
		d := device{place: 2, name: a.given() + " " + h.model, os: h.os, version: h.version, maker: h.maker, model: h.model,
			trust: "Workplace", patch: h.patch, managed: a.luck(66, 2) == 0}
		d.compliant, d.owned = d.managed, d.managed
		list = append(list, d)
	}
	return list
}

func (t *tenant) deviceRows(add appender) error {
	var r row
	for a := range t.accounts() {
		for _, d := range a.devices() {
			place := []uint64{uint64(a.n), d.place}
			ownership, management := "Personal", ""
			if d.owned {
				ownership = "Company"
			}
			if d.managed {
				management = "MDM"
			}
			r.start().text("id", t.guid(ofDevice, place...)).text("deviceId", t.deviceID(a, d)).text("displayName", d.name).
				flag("accountEnabled", true).text("operatingSystem", d.os).text("operatingSystemVersion", d.version).
				text("manufacturer", d.maker).text("model", d.model).text("trustType", d.trust).text("profileType", "RegisteredDevice").
				text("deviceOwnership", ownership).orNull("managementType", management).flag("isManaged", d.managed).flag("isCompliant", d.compliant).
				time("registrationDateTime", t.past(800, 30, uint64(ofDevice), uint64(a.n), d.place)).
				time("approximateLastSignInDateTime", t.past(20, 1, uint64(ofEvent), uint64(a.n), d.place))
			for _, list := range []string{"registeredOwners", "registeredUsers"} {
				r.open(list, '[').item().text("@odata.type", "#microsoft.graph.user").text("id", a.id).close('}').close(']')
			}
			if err := add(r.end()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tenant) deviceID(a *account, d device) string {
	return t.guid(ofDevice, uint64(a.n), d.place, 1)
}

// managedRows are the devices that Intune knows.
func (t *tenant) managedRows(add appender) error {
	var r row
	for a := range t.accounts() {
		for _, d := range a.devices() {
			if !d.managed {
				continue
			}
			state, os := "compliant", d.os
			if !d.compliant {
				state = "noncompliant"
			}
			if os == "MacMDM" {
				os = "macOS"
			}
			r.start().text("id", t.guid(ofDevice, uint64(a.n), d.place, 2)).text("azureADDeviceId", t.deviceID(a, d)).text("userId", a.id).
				text("userPrincipalName", a.upn()).text("deviceName", d.name).text("operatingSystem", os).text("osVersion", d.version).
				text("manufacturer", d.maker).text("model", d.model).text("complianceState", state).text("managedDeviceOwnerType", "company").
				text("androidSecurityPatchLevel", d.patch).time("enrolledDateTime", t.past(800, 30, uint64(ofDevice), uint64(a.n), d.place)).
				time("lastSyncDateTime", t.past(20, 1, uint64(ofEvent), uint64(a.n), d.place))
			if err := add(r.end()); err != nil {
				return err
			}
		}
	}
	return nil
}

// riskyRows are a few people whom Identity Protection suspects.
func (t *tenant) riskyRows(add appender) error {
	var r row
	for a := range t.accounts() {
		if !a.person() || a.luck(67, 400) > 0 {
			continue
		}
		r.start().text("id", a.id).flag("isDeleted", false).flag("isProcessing", false).
			text("riskLevel", [...]string{"low", "low", "medium", "high"}[a.luck(68, 4)]).text("riskState", "atRisk").text("riskDetail", "none").
			time("riskLastUpdatedDateTime", t.past(10, 2, uint64(ofState), uint64(a.n), 1)).
			text("userDisplayName", a.displayName()).text("userPrincipalName", a.upn())
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}
