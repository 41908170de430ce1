package catalogue

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

	edition Edition
	cells   []SupportCell
	minimum []MinimumVersion
	hosts   []Host
	silence []CampaignSilence
}

func readSupport(text []byte) *supportFile {
	var f supportFile
	decode(text, &f)
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
}

// MinimumVersions, Hosts and CampaignSilences list what else the support pages say.
func (c *Catalogue) MinimumVersions() []MinimumVersion   { return c.support.minimum }
func (c *Catalogue) Hosts() []Host                       { return c.support.hosts }
func (c *Catalogue) CampaignSilences() []CampaignSilence { return c.support.silence }
