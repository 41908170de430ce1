// Package checks lists every check there is. A check is in the list or it does
// not exist: nothing registers itself.
package checks

import (
	"slices"

	"passkeyaudit/audit"
	aaguidunknown "passkeyaudit/checks/attestation/aaguid-unknown"
	allowlistnotattestable "passkeyaudit/checks/attestation/allow-list-not-attestable"
	allowlistwithoutattestation "passkeyaudit/checks/attestation/allow-list-without-attestation"
	attestationwithsynced "passkeyaudit/checks/attestation/attestation-with-synced"
	authenticatorononeplatform "passkeyaudit/checks/attestation/authenticator-on-one-platform"
	emptyallowlist "passkeyaudit/checks/attestation/empty-allow-list"
	inertrestrictions "passkeyaudit/checks/attestation/inert-restrictions"
	strandedpasskeys "passkeyaudit/checks/attestation/stranded-passkeys"
	strictprofileoutvoted "passkeyaudit/checks/attestation/strict-profile-outvoted"
	unattestedprivilegedkeys "passkeyaudit/checks/attestation/unattested-privileged-keys"
	nobootstrapmethod "passkeyaudit/checks/bootstrap/no-bootstrap-method"
	phoneonlybeforeretirement "passkeyaudit/checks/bootstrap/phone-only-before-retirement"
	tapunavailable "passkeyaudit/checks/bootstrap/tap-unavailable"
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
		unattestedprivilegedkeys.Check,
		aaguidunknown.Check,
		inertrestrictions.Check,
		allowlistnotattestable.Check,
		emptyallowlist.Check,
		strictprofileoutvoted.Check,
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
	return slices.Concat(Scope(), SelfService(), Bootstrap(), Attestation(), Posture())
}
