// Package checks lists every check there is. A check is in the list or it does
// not exist: nothing registers itself.
package checks

import (
	"slices"

	"passkeyaudit/audit"
	aaguidunknown "passkeyaudit/checks/attestation/aaguid-unknown"
	allowlistnotattestable "passkeyaudit/checks/attestation/allow-list-not-attestable"
	allowlistwithoutattestation "passkeyaudit/checks/attestation/allow-list-without-attestation"
	attestationclosescrossdevice "passkeyaudit/checks/attestation/attestation-closes-cross-device"
	attestationwithsynced "passkeyaudit/checks/attestation/attestation-with-synced"
	authenticatorononeplatform "passkeyaudit/checks/attestation/authenticator-on-one-platform"
	emptyallowlist "passkeyaudit/checks/attestation/empty-allow-list"
	inertrestrictions "passkeyaudit/checks/attestation/inert-restrictions"
	strandedpasskeys "passkeyaudit/checks/attestation/stranded-passkeys"
	strengthrejectsregisteredkeys "passkeyaudit/checks/attestation/strength-rejects-registered-keys"
	strictprofileoutvoted "passkeyaudit/checks/attestation/strict-profile-outvoted"
	unattestedprivilegedkeys "passkeyaudit/checks/attestation/unattested-privileged-keys"
	appcontrolstopsauthenticator "passkeyaudit/checks/bootstrap/app-control-stops-authenticator"
	everytimewithonetimepass "passkeyaudit/checks/bootstrap/everytime-with-one-time-pass"
	gueststrengthimpossible "passkeyaudit/checks/bootstrap/guest-strength-impossible"
	nobootstraplane "passkeyaudit/checks/bootstrap/no-bootstrap-lane"
	nobootstrapmethod "passkeyaudit/checks/bootstrap/no-bootstrap-method"
	nobodycanissuepasses "passkeyaudit/checks/bootstrap/nobody-can-issue-passes"
	onepasstwodevices "passkeyaudit/checks/bootstrap/one-pass-two-devices"
	passkeyneededtoregisterpasskey "passkeyaudit/checks/bootstrap/passkey-needed-to-register-passkey"
	phoneonlybeforeretirement "passkeyaudit/checks/bootstrap/phone-only-before-retirement"
	registerpolicygateshello "passkeyaudit/checks/bootstrap/register-policy-gates-hello"
	registrationblockedbylocation "passkeyaudit/checks/bootstrap/registration-blocked-by-location"
	registrationblockedinlogs "passkeyaudit/checks/bootstrap/registration-blocked-in-logs"
	registrationneedsmanageddevice "passkeyaudit/checks/bootstrap/registration-needs-managed-device"
	reportonlywouldtrap "passkeyaudit/checks/bootstrap/report-only-would-trap"
	riskwithoutmethod "passkeyaudit/checks/bootstrap/risk-without-method"
	roleactivationtrap "passkeyaudit/checks/bootstrap/role-activation-trap"
	stalepasskeydefeatspass "passkeyaudit/checks/bootstrap/stale-passkey-defeats-pass"
	strengthnokeyqualifies "passkeyaudit/checks/bootstrap/strength-no-key-qualifies"
	tapmodemismatch "passkeyaudit/checks/bootstrap/tap-mode-mismatch"
	tapunavailable "passkeyaudit/checks/bootstrap/tap-unavailable"
	trappedusers "passkeyaudit/checks/bootstrap/trapped-users"
	legacyclient "passkeyaudit/checks/compatibility/legacy-client"
	platformwithoutmethod "passkeyaudit/checks/compatibility/platform-without-method"
	unsupportedcombination "passkeyaudit/checks/compatibility/unsupported-combination"
	crossdevicefailures "passkeyaudit/checks/cross-device/cross-device-failures"
	phoneonlypasskeysatdesks "passkeyaudit/checks/cross-device/phone-only-passkeys-at-desks"
	orphancandidate "passkeyaudit/checks/orphans/orphan-candidate"
	ownercannotuse "passkeyaudit/checks/orphans/owner-cannot-use"
	phonegone "passkeyaudit/checks/orphans/phone-gone"
	unknownkeyused "passkeyaudit/checks/orphans/unknown-key-used"
	upnchangedafterregistration "passkeyaudit/checks/orphans/upn-changed-after-registration"
	adminsnotphishingresistant "passkeyaudit/checks/posture/admins-not-phishing-resistant"
	coverageisnarrowerthanitlooks "passkeyaudit/checks/posture/coverage-is-narrower-than-it-looks"
	danglingpolicyreference "passkeyaudit/checks/posture/dangling-policy-reference"
	emergencyaccess "passkeyaudit/checks/posture/emergency-access"
	phoneonlynosecondway "passkeyaudit/checks/posture/phone-only-no-second-way"
	registrationunprotected "passkeyaudit/checks/posture/registration-unprotected"
	singlepasskey "passkeyaudit/checks/posture/single-passkey"
	unattendedaccountsinenforcement "passkeyaudit/checks/posture/unattended-accounts-in-enforcement"
	changedbymicrosoft "passkeyaudit/checks/scope/changed-by-microsoft"
	danglingtarget "passkeyaudit/checks/scope/dangling-target"
	excludedpeople "passkeyaudit/checks/scope/excluded-people"
	guestscannotregister "passkeyaudit/checks/scope/guests-cannot-register"
	legacypropertiesonly "passkeyaudit/checks/scope/legacy-properties-only"
	migrationincomplete "passkeyaudit/checks/scope/migration-incomplete"
	passkeymethoddisabled "passkeyaudit/checks/scope/passkey-method-disabled"
	peopleoutsidescope "passkeyaudit/checks/scope/people-outside-scope"
	policysizebudget "passkeyaudit/checks/scope/policy-size-budget"
	targetwithoutprofile "passkeyaudit/checks/scope/target-without-profile"
	campaigncannotwork "passkeyaudit/checks/self-service/campaign-cannot-work"
	selfserviceoff "passkeyaudit/checks/self-service/self-service-off"
	syncedallowedbutunreachable "passkeyaudit/checks/synced/synced-allowed-but-unreachable"
	syncedinprivilegedhands "passkeyaudit/checks/synced/synced-in-privileged-hands"
	syncednotaccepted "passkeyaudit/checks/synced/synced-not-accepted"
)

// Scope: who may register and use a passkey at all.
func Scope() []*audit.Check {
	return []*audit.Check{
		passkeymethoddisabled.Check,
		peopleoutsidescope.Check,
		excludedpeople.Check,
		danglingtarget.Check,
		targetwithoutprofile.Check,
		guestscannotregister.Check,
		policysizebudget.Check,
		migrationincomplete.Check,
		legacypropertiesonly.Check,
		changedbymicrosoft.Check,
	}
}

// SelfService: whether people may register without an administrator.
func SelfService() []*audit.Check {
	return []*audit.Check{
		selfserviceoff.Check,
		campaigncannotwork.Check,
	}
}

// Bootstrap: what people need before they can register the first passkey.
func Bootstrap() []*audit.Check {
	return []*audit.Check{
		nobootstrapmethod.Check,
		tapunavailable.Check,
		trappedusers.Check,
		passkeyneededtoregisterpasskey.Check,
		registrationneedsmanageddevice.Check,
		registrationblockedbylocation.Check,
		appcontrolstopsauthenticator.Check,
		tapmodemismatch.Check,
		reportonlywouldtrap.Check,
		nobootstraplane.Check,
		riskwithoutmethod.Check,
		roleactivationtrap.Check,
		strengthnokeyqualifies.Check,
		gueststrengthimpossible.Check,
		registerpolicygateshello.Check,
		everytimewithonetimepass.Check,
		registrationblockedinlogs.Check,
		stalepasskeydefeatspass.Check,
		onepasstwodevices.Check,
		nobodycanissuepasses.Check,
		phoneonlybeforeretirement.Check,
	}
}

// Attestation: which models of passkeys are admitted.
func Attestation() []*audit.Check {
	return []*audit.Check{
		attestationwithsynced.Check,
		authenticatorononeplatform.Check,
		strandedpasskeys.Check,
		allowlistwithoutattestation.Check,
		strengthrejectsregisteredkeys.Check,
		unattestedprivilegedkeys.Check,
		aaguidunknown.Check,
		attestationclosescrossdevice.Check,
		inertrestrictions.Check,
		allowlistnotattestable.Check,
		emptyallowlist.Check,
		strictprofileoutvoted.Check,
	}
}

// CrossDevice: passkeys on a phone, used at a computer.
func CrossDevice() []*audit.Check {
	return []*audit.Check{
		phoneonlypasskeysatdesks.Check,
		crossdevicefailures.Check,
	}
}

// Compatibility: it works here and not there.
func Compatibility() []*audit.Check {
	return []*audit.Check{
		unsupportedcombination.Check,
		legacyclient.Check,
		platformwithoutmethod.Check,
	}
}

// Orphans: passkeys that are on one side only, or whose owner cannot use them.
func Orphans() []*audit.Check {
	return []*audit.Check{
		orphancandidate.Check,
		unknownkeyused.Check,
		upnchangedafterregistration.Check,
		phonegone.Check,
		ownercannotuse.Check,
	}
}

// Synced: passkeys that a provider copies between devices.
func Synced() []*audit.Check {
	return []*audit.Check{
		syncednotaccepted.Check,
		syncedallowedbutunreachable.Check,
		syncedinprivilegedhands.Check,
	}
}

// Posture: how well the tenant is guarded, and how ready for enforcement.
func Posture() []*audit.Check {
	return []*audit.Check{
		adminsnotphishingresistant.Check,
		emergencyaccess.Check,
		coverageisnarrowerthanitlooks.Check,
		singlepasskey.Check,
		registrationunprotected.Check,
		danglingpolicyreference.Check,
		phoneonlynosecondway.Check,
		unattendedaccountsinenforcement.Check,
	}
}

// All lists every check in the order of the catalogue.
func All() []*audit.Check {
	return slices.Concat(Scope(), SelfService(), Bootstrap(), Attestation(), CrossDevice(), Compatibility(), Orphans(), Synced(), Posture())
}
