package replay

import (
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
)

// SignIn is what a row of the log tells of a sign-in to its resource. What the row
// does not tell is unknown: the user's risk (riskLevelAggregated is that of the
// sign-in), insider risk, whether the app is approved or protected; in v1.0 the transfer
// method and the methods used too. Address and country are those that Entra logged.
func SignIn(row *entra.SignIn) conditionalaccess.SignIn {
	in := conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: row.ResourceID}}
	if client := activity.ClientOf(row.ClientAppUsed); client != activity.UnknownClient {
		in.ClientAppType = conditionalaccess.Is(string(client))
	}
	if d := row.DeviceDetail; d != nil {
		if os := devices.OSOf(d.OperatingSystem); os != "" {
			in.Platform = conditionalaccess.Is(string(os))
		}
		in.Device = deviceOf(d)
	}
	// Logs and exports write 255.255.255.255 where the address is not told.
	if ip, err := netip.ParseAddr(row.IPAddress); err == nil && ip != netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		in.IP = ip
	}
	if l := row.Location; l != nil && len(l.CountryOrRegion) == 2 {
		in.Country = conditionalaccess.Is(l.CountryOrRegion)
	}
	switch risk := strings.ToLower(row.RiskLevelDuringSignIn); risk {
	case "none", "low", "medium", "high":
		in.SignInRisk = conditionalaccess.Is(risk)
	}
	in.Transfer = transferOf(row)
	in.Using = usingOf(row)
	return in
}

// usingOf are the methods used, where beta tells all of them; nil otherwise. What an
// earlier sign-in had satisfied is not told, nor which of two modes some words stand for.
func usingOf(row *entra.SignIn) []string {
	steps, _, all := activity.Steps(row)
	if !all || len(steps) == 0 {
		return nil
	}
	var modes []string
	for _, s := range steps {
		if !slices.Contains(modes, s.Mode) {
			modes = append(modes, s.Mode)
		}
	}
	return modes
}

// deviceOf reads the device. One that did not identify itself has no id, and counts as
// unregistered: all its attributes are null (CND, 2023-07-17; GRT, 2026-03-24).
func deviceOf(d *entra.DeviceDetail) conditionalaccess.Device {
	if d.DeviceID == "" {
		if d.TrustType != "" || d.IsCompliant != nil && *d.IsCompliant {
			return conditionalaccess.Device{} // it contradicts itself
		}
		return conditionalaccess.Unregistered()
	}
	device := conditionalaccess.NewDevice()
	set := func(name, value string) {
		// The values are of the kinds that these attributes have.
		device, _ = device.With(name, conditionalaccess.Text(value))
	}
	set("deviceId", d.DeviceID)
	if d.DisplayName != "" {
		set("displayName", d.DisplayName)
	}
	if d.IsCompliant != nil {
		set("isCompliant", map[bool]string{true: "True", false: "False"}[*d.IsCompliant])
	}
	if trust := trustOf(d.TrustType); trust != "" {
		set("trustType", trust)
	}
	return device
}

// trustOf gives the words of sign-in logs as filters have them.
func trustOf(text string) string {
	switch strings.ToLower(text) {
	case "azure ad joined", "microsoft entra joined", "azuread":
		return "AzureAD"
	case "hybrid azure ad joined", "microsoft entra hybrid joined", "serverad":
		return "ServerAD"
	case "azure ad registered", "microsoft entra registered", "workplace":
		return "Workplace"
	}
	return ""
}

// transferOf is the transfer method, which beta tells.
func transferOf(row *entra.SignIn) conditionalaccess.Input {
	switch method := row.OriginalTransferMethod; {
	case strings.EqualFold(row.AuthenticationProtocol, "deviceCode"), strings.EqualFold(method, "deviceCodeFlow"):
		return conditionalaccess.Is("deviceCodeFlow")
	case strings.EqualFold(method, "authenticationTransfer"):
		return conditionalaccess.Is("authenticationTransfer")
	case strings.EqualFold(method, "none") && row.AuthenticationProtocol != "":
		return conditionalaccess.Is("none")
	}
	return conditionalaccess.Input{}
}

// Scenarios are the sign-ins that a row may stand for, as evaluate takes them: to its
// resource and, where people register security information there, for that action.
// The log of v1.0 does not say which of the two it was.
func Scenarios(row *entra.SignIn) []conditionalaccess.Scenario {
	in := SignIn(row)
	list := []conditionalaccess.Scenario{{ID: row.ID, User: row.UserID, SignIn: in}}
	if activity.RegistersAt(row.ResourceID) {
		in.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}
		list = append(list, conditionalaccess.Scenario{ID: row.ID, User: row.UserID, SignIn: in})
	}
	return list
}
