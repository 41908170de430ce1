package devices

import "strings"

// Trust is how a device is tied to the directory.
type Trust uint8

const (
	TrustUnknown Trust = iota
	// Registered is a private device with a work account on it.
	Registered
	// Joined to Entra alone.
	Joined
	// Hybrid is joined to Active Directory and known to Entra.
	Hybrid
)

func trustOf(text string) Trust {
	switch {
	case strings.EqualFold(text, "Workplace"):
		return Registered
	case strings.EqualFold(text, "AzureAd"):
		return Joined
	case strings.EqualFold(text, "ServerAd"):
		return Hybrid
	default:
		return TrustUnknown
	}
}

// Ownership is whose property a device is.
type Ownership uint8

const (
	OwnershipUnknown Ownership = iota
	Company
	Personal
)

func ownershipOf(text string) Ownership {
	switch strings.ToLower(text) {
	case "company":
		return Company
	case "personal":
		return Personal
	default:
		return OwnershipUnknown
	}
}

// Form is what a device with a system of phones is.
type Form uint8

const (
	// Handset: a phone, or nothing says that it is no phone.
	Handset Form = iota
	Tablet
	// Appliance is neither: a headset or a meeting room's panel on Android without
	// Google's services.
	Appliance
)

// formOf reads the form from what a device calls itself. Graph has no member for it in
// v1.0. The names of models are those of Apple and of the larger makers of Android
// tablets: Galaxy Tab (SM-T, SM-X, SM-P), Lenovo Tab (TB), and all that are called
// tablet or pad. Inferred.
func formOf(system, model string) Form {
	system, model = strings.ToLower(system), strings.ToLower(model)
	switch {
	case strings.Contains(system, "aosp"), strings.Contains(system, "androidngms"):
		return Appliance
	case strings.Contains(system, "ipad"), strings.Contains(model, "pad"), strings.Contains(model, "tab"):
		return Tablet
	}
	for _, prefix := range []string{"sm-t", "sm-x", "sm-p", "tb-", "tb3", "lenovo tb"} {
		if strings.HasPrefix(model, prefix) {
			return Tablet
		}
	}
	return Handset
}

// Enrolment is how a device came to be managed.
type Enrolment uint8

const (
	EnrolmentUnknown Enrolment = iota
	// ByOwner: its user enrolled it.
	ByOwner
	// ByOrganisation: the organisation did, for a user.
	ByOrganisation
	// WithoutUser: nobody's device, such as a kiosk.
	WithoutUser
	// ByManager: with the account of a device enrolment manager, who does not use it.
	ByManager
	// WorkProfile: an Android work profile beside the personal one.
	WorkProfile
	// FullyManaged: an Android device without a personal profile.
	FullyManaged
)

// enrolmentOf reads deviceEnrollmentType. The last three names of Android are beta's
// (Graph beta deviceEnrollmentType), and may come through as values that v1.0 does not
// model.
func enrolmentOf(text string) Enrolment {
	switch strings.ToLower(text) {
	case "userenrollment", "windowsautoenrollment", "appleuserenrollment", "appleuserenrollmentwithserviceaccount":
		return ByOwner
	case "applebulkwithuser", "windowsazureadjoin", "windowsbulkazuredomainjoin", "windowscomanagement", "windowsazureadjoinusingdeviceauth":
		return ByOrganisation
	case "applebulkwithoutuser", "windowsbulkuserless", "androidenterprisededicateddevice":
		return WithoutUser
	case "deviceenrollmentmanager":
		return ByManager
	case "androidenterprisecorporateworkprofile":
		return WorkProfile
	case "androidenterprisefullymanaged":
		return FullyManaged
	default:
		return EnrolmentUnknown
	}
}

// workProfile tells whether a device is the work profile of an Android phone: by the
// type that Intune gives to those of private phones, AndroidForWork, which stands in
// the system or in the name Intune makes (Graph Intune deviceType; that it does so in
// the name is seen in tenants, not documented).
func workProfile(system, name string) bool {
	return strings.EqualFold(system, "AndroidForWork") || strings.Contains(strings.ToLower(name), "_androidforwork")
}

// server tells whether a Windows is one that nobody signs in to with a passkey of
// theirs.
func server(system string) bool { return strings.Contains(strings.ToLower(system), "server") }
