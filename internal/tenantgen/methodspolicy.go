package tenantgen

// passkeyProfile is a profile and the group whose target names it.
type passkeyProfile struct {
	place                    uint64
	name, group, types, want string
	allowed                  []string
}

const defaultProfile = "00000000-0000-0000-0000-000000000001"

// The profiles of a company that started with Authenticator and security keys, took
// one model off its list, and pilots synced passkeys. Its shop floor gets attested
// keys only.
var passkeyProfiles = []passkeyProfile{
	{0, "Default passkey profile", "office", "deviceBound", "disabled",
		texts(authenticatorAndroid, authenticatorIOS, yubiKeyNFC52, yubiKeyNFC57, yubiKeyFIPS, yubiKeyFIPS57)},
	{1, "Shop floor keys", "floor", "deviceBound", "registrationOnly", texts(yubiKeyFIPS, yubiKeyFIPS57)},
	{2, "Administrators: attested keys", "admins", "deviceBound", "registrationOnly", texts(yubiKeyFIPS, yubiKeyFIPS57)},
	{3, "Synced pilot", "wave2", "deviceBound,synced", "disabled",
		texts(authenticatorAndroid, authenticatorIOS, yubiKeyNFC52, yubiKeyNFC57, appleKeychain, googleManager)},
}

func (t *tenant) profileID(p passkeyProfile) string {
	if p.place == 0 {
		return defaultProfile
	}
	return t.guid(ofPolicy, 1<<40, p.place)
}

func target(id string, more ...any) object {
	o := object{"targetType": "group", "id": id}
	for i := 0; i < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return o
}

// targets are include targets of those of the groups that the tenant has, or of
// everybody where it has none of them.
func (t *tenant) targets(keys ...string) []object {
	var list []object
	for _, id := range t.groups(keys...) {
		list = append(list, target(id, "isRegistrationRequired", false))
	}
	if list == nil {
		list = []object{target("all_users", "isRegistrationRequired", false)}
	}
	return list
}

func configuration(id, kind, state string, include, exclude []object, own object) object {
	o := object{
		"@odata.type": "#microsoft.graph." + kind + "AuthenticationMethodConfiguration", "id": id, "state": state,
		"includeTargets": include, "excludeTargets": exclude,
	}
	for name, value := range own {
		o[name] = value
	}
	return o
}

func (t *tenant) methodsPolicy(add appender) error {
	var profiles, fido2 []object
	for _, p := range passkeyProfiles {
		id, has := t.groupID(p.group)
		if !has {
			continue
		}
		restrictions := object{"isEnforced": true, "enforcementType": "allow", "aaGuids": p.allowed}
		profiles = append(profiles, object{
			"id": t.profileID(p), "name": p.name, "passkeyTypes": p.types, "attestationEnforcement": p.want, "keyRestrictions": restrictions,
		})
		fido2 = append(fido2, target(id, "isRegistrationRequired", false, "allowedPasskeyProfiles", texts(t.profileID(p))))
	}
	var excluded []object
	for _, id := range t.groups("paused", "vdi") {
		excluded = append(excluded, target(id))
	}
	var office []object
	for _, id := range t.groups("office") {
		office = append(office, object{"id": id, "targetType": "group", "targetedAuthenticationMethod": "fido2"})
	}
	if excluded == nil {
		excluded = none()
	}
	enabled, disabled := "enabled", "disabled"
	everybody := t.targets()
	return addObject(add, object{
		"id": "authenticationMethodsPolicy", "displayName": "Authentication Methods Policy", "policyVersion": "1.5",
		"lastModifiedDateTime": "2026-10-12T13:20:44Z", "policyMigrationState": "migrationComplete",
		"registrationEnforcement": object{"authenticationMethodsRegistrationCampaign": object{
			"snoozeDurationInDays": 3, "state": enabled, "excludeTargets": none(), "includeTargets": office,
		}},
		"authenticationMethodConfigurations": []object{
			configuration("Fido2", "fido2", enabled, fido2, excluded, object{
				"isSelfServiceRegistrationAllowed": true, "isAttestationEnforced": false, "defaultPasskeyProfile": defaultProfile,
				"keyRestrictions": profiles[0]["keyRestrictions"], "passkeyProfiles": profiles,
			}),
			configuration("MicrosoftAuthenticator", "microsoftAuthenticator", enabled, t.targets("authenticator"), none(), object{"isSoftwareOathEnabled": true}),
			configuration("Sms", "sms", enabled, t.targets("sms"), none(), nil),
			configuration("TemporaryAccessPass", "temporaryAccessPass", enabled, t.targets("passes"), none(), object{
				"defaultLifetimeInMinutes": 480, "defaultLength": 10, "minimumLifetimeInMinutes": 60, "maximumLifetimeInMinutes": 1440, "isUsableOnce": false,
			}),
			configuration("HardwareOath", "hardwareOath", disabled, everybody, none(), nil),
			configuration("SoftwareOath", "softwareOath", enabled, t.targets("authenticator"), none(), nil),
			configuration("Voice", "voice", disabled, everybody, none(), object{"isOfficePhoneAllowed": false}),
			configuration("Email", "email", enabled, everybody, none(), object{"allowExternalIdToUseEmailOtp": "default"}),
			configuration("X509Certificate", "x509Certificate", disabled, everybody, none(), object{
				"authenticationModeConfiguration": object{
					"x509CertificateAuthenticationDefaultMode": "x509CertificateSingleFactor", "rules": none(),
				},
			}),
			configuration("QRCodePin", "qrCodePin", disabled, everybody, none(), object{"pinLength": 8, "standardQRCodeLifetimeInDays": 365}),
		},
	})
}
