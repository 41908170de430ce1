package catalogue

import (
	"strings"
	"sync"
)

// SupportCell says whether a passkey works in one place.
type SupportCell struct {
	ID           string `json:"id"`
	OS           string `json:"os"` // Windows, macOS, iOS, Android, ChromeOS, Linux, any
	OSVersionMin string `json:"osVersionMin"`
	// Surface is browser, nativeAppBroker, nativeAppNoBroker, nativeAppWAM,
	// browser+WAM, provider, authenticatorApp, osSignIn, rdp, other or any.
	Surface          string `json:"surface"`
	Client           string `json:"client"` // such as Chrome, Outlook, any
	ClientVersionMin string `json:"clientVersionMin"`
	// Authenticator is securityKey, authenticatorPasskey, windowsHelloPasskey,
	// "synced:" with a provider, or any.
	Authenticator string   `json:"authenticator"`
	Operation     string   `json:"operation"` // signIn, registration, registration+signIn
	Flow          string   `json:"flow"`      // sameDevice, crossDevice, inAppVerified, any
	Supported     string   `json:"supported"` // yes, no, conditional, notApplicable, unknown
	Conditions    []string `json:"conditions"`
	Notes         string   `json:"notes"`
	Source        Source   `json:"-"`
}

// MinimumVersion is the oldest version of something that passkeys ask for.
type MinimumVersion struct {
	What   string `json:"what"`
	Min    string `json:"min"`
	Source Source `json:"-"`
}

// Host is one that a phone must reach for cross-device sign-in, without inspection
// on the way.
type Host struct {
	Platform string `json:"platform"`
	Host     string `json:"host"`
	Source   Source `json:"-"`
}

// CampaignSilence says whether having a credential stops the registration campaign
// from asking on a platform. It holds for profiles without AAGUID restriction and
// attestation.
type CampaignSilence struct {
	Credential string `json:"credential"`
	Platform   string `json:"platform"`
	Suppresses bool   `json:"suppresses"`
	Source     Source `json:"-"`
}

type supportFile struct {
	origin
	Cells []struct {
		SupportCell
		SourceKey string `json:"source"`
	} `json:"cells"`
	Minimum []struct {
		MinimumVersion
		SourceKey string `json:"source"`
	} `json:"minimumVersions"`
	Hosts []struct {
		Host
		SourceKey string `json:"source"`
	} `json:"hosts"`
	Silence []struct {
		CampaignSilence
		SourceKey string `json:"source"`
	} `json:"campaignSilence"`

	cells   []SupportCell
	minimum []MinimumVersion
	hosts   []Host
	silence []CampaignSilence
}

var support = sync.OnceValue(func() *supportFile {
	var f supportFile
	read("support.json", &f)
	for _, e := range f.Cells {
		e.SupportCell.Source = f.source(e.SourceKey)
		f.cells = append(f.cells, e.SupportCell)
	}
	for _, e := range f.Minimum {
		e.MinimumVersion.Source = f.source(e.SourceKey)
		f.minimum = append(f.minimum, e.MinimumVersion)
	}
	for _, e := range f.Hosts {
		e.Host.Source = f.source(e.SourceKey)
		f.hosts = append(f.hosts, e.Host)
	}
	for _, e := range f.Silence {
		e.CampaignSilence.Source = f.source(e.SourceKey)
		f.silence = append(f.silence, e.CampaignSilence)
	}
	return &f
})

// Support lists all cells.
func Support() []SupportCell { return support().cells }

// MinimumVersions, Hosts and CampaignSilences list what else the support pages say.
func MinimumVersions() []MinimumVersion   { return support().minimum }
func Hosts() []Host                       { return support().hosts }
func CampaignSilences() []CampaignSilence { return support().silence }

// Place is where somebody wants to use a passkey. Empty members are not known.
type Place struct {
	OS, Surface, Client, Authenticator, Operation, Flow string
}

// SupportAt lists the cells that speak of a place, those that say most about it
// first. A cell for a certain client, authenticator or flow goes before one for
// any. Members of the place that are not known match every cell, so the answers
// may differ: then support depends on what is not known.
func SupportAt(p Place) []SupportCell {
	var tiers [5][]SupportCell
	for _, c := range support().cells {
		exact, ok := 0, true
		for _, d := range [][2]string{{p.OS, c.OS}, {p.Client, c.Client}, {p.Authenticator, c.Authenticator}, {p.Flow, c.Flow}} {
			switch {
			case strings.EqualFold(d[1], "any"):
			case d[0] == "" || strings.EqualFold(d[0], d[1]):
				exact++
			default:
				ok = false
			}
		}
		surface := p.Surface == "" || c.Surface == "any" || strings.EqualFold(p.Surface, c.Surface)
		operation := p.Operation == ""
		for part := range strings.SplitSeq(c.Operation, "+") {
			operation = operation || strings.EqualFold(part, p.Operation)
		}
		if ok && surface && operation {
			tiers[4-exact] = append(tiers[4-exact], c)
		}
	}
	var out []SupportCell
	for _, t := range tiers {
		out = append(out, t...)
	}
	return out
}
