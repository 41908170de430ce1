package bootstrap

import "strings"

// reasonTexts say what stands in the way.
var reasonTexts = map[Reason]string{
	MethodDisabled:              "the passkey method is off",
	SelfServiceOff:              "self-service registration is off",
	NoBootstrapMethod:           "there is no method to start with",
	TapDisabled:                 "Temporary Access Pass is off",
	TapNotInScope:               "no target of Temporary Access Pass reaches them",
	ProfileRejects:              "no passkey profile admits what they could register",
	AttestationRequired:         "the passkey profile demands attestation that they cannot give",
	RegistrationBlockedByPolicy: "registration is blocked",
	StrengthUnsatisfiable:       "the authentication demanded is one they cannot do",
	DeviceControlUnsatisfiable:  "a managed device is demanded",
	AppControlUnsatisfiable:     "a protected app is demanded, which Microsoft Authenticator is not",
	LocationBlocked:             "registration is blocked outside given places",
	RiskBlocked:                 "accounts at risk are kept from registering",
	PasskeyNotAllowedAnymore:    "the passkey they have is no longer admitted",
}

// ReasonsText says what stands in the way, in words.
func ReasonsText(reasons []Reason) string {
	var parts []string
	for _, r := range reasons {
		if text := reasonTexts[r]; text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}
