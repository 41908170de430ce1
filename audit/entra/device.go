package entra

// Device is a row of /devices. Owners and users are spliced in by the collector.
type Device struct {
	ID                            string            `json:"id"`
	DeviceID                      string            `json:"deviceId"` // the id sign-ins and Intune use
	DisplayName                   string            `json:"displayName"`
	AccountEnabled                *bool             `json:"accountEnabled"`
	OperatingSystem               string            `json:"operatingSystem"`
	OperatingSystemVersion        string            `json:"operatingSystemVersion"`
	Manufacturer                  string            `json:"manufacturer"`
	Model                         string            `json:"model"`
	TrustType                     string            `json:"trustType"`   // AzureAd (joined), ServerAd (hybrid), Workplace (registered)
	ProfileType                   string            `json:"profileType"` // RegisteredDevice, SecureVM, Printer, Shared, IoT
	DeviceOwnership               string            `json:"deviceOwnership"`
	ManagementType                string            `json:"managementType"`
	IsManaged                     *bool             `json:"isManaged"`
	IsCompliant                   *bool             `json:"isCompliant"`
	IsRooted                      *bool             `json:"isRooted"`
	RegistrationDateTime          string            `json:"registrationDateTime"`
	ApproximateLastSignInDateTime string            `json:"approximateLastSignInDateTime"` // late by up to 14 days
	RegisteredOwners              []DirectoryObject `json:"registeredOwners"`              // nil: not told
	RegisteredUsers               []DirectoryObject `json:"registeredUsers"`
}

// DirectoryObject is a reference to one.
type DirectoryObject struct {
	ODataType string `json:"@odata.type"`
	ID        string `json:"id"`
}

// ManagedDevice is a row of /deviceManagement/managedDevices (Intune).
type ManagedDevice struct {
	ID                        string `json:"id"`
	AzureADDeviceID           string `json:"azureADDeviceId"` // Device.DeviceID; all zero if it is not in the directory
	UserID                    string `json:"userId"`
	UserPrincipalName         string `json:"userPrincipalName"`
	DeviceName                string `json:"deviceName"`
	OperatingSystem           string `json:"operatingSystem"`
	OSVersion                 string `json:"osVersion"`
	Manufacturer              string `json:"manufacturer"`
	Model                     string `json:"model"`
	ComplianceState           string `json:"complianceState"`        // compliant, noncompliant, inGracePeriod, unknown …
	ManagedDeviceOwnerType    string `json:"managedDeviceOwnerType"` // company, personal
	DeviceEnrollmentType      string `json:"deviceEnrollmentType"`
	ManagementAgent           string `json:"managementAgent"`
	JailBroken                string `json:"jailBroken"` // a text: "True", "False", "Unknown"
	AndroidSecurityPatchLevel string `json:"androidSecurityPatchLevel"`
	EnrolledDateTime          string `json:"enrolledDateTime"`
	LastSyncDateTime          string `json:"lastSyncDateTime"`
}
