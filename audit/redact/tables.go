package redact

import (
	"strings"
	"sync"
)

// class says what a member holds.
type class uint8

const (
	// unmodelled: nobody knows what it is. Everything in it becomes a pseudonym.
	unmodelled class = iota
	// structural members are modelled, and hold further members, or names and ids.
	structural
	// vocabulary: words of Microsoft's; see inVocabulary.
	vocabulary
	// wording: texts that Microsoft's services write, in which a name may stand.
	wording
	// publicID: ids that are the same in every tenant, or say nothing of people.
	publicID
	// numeric: numbers that are settings or codes.
	numeric
)

// classes of members by name. A test holds them against what package entra models.
var classes = sync.OnceValue(func() map[string]class {
	all := map[string]class{}
	for c, names := range map[class]string{
		vocabulary: `
			state accountEnabled userType externalUserState riskLevel riskState riskLevelDuringSignIn riskLevelAggregated operator
			builtInControls clientAppTypes includePlatforms excludePlatforms userRiskLevels signInRiskLevels servicePrincipalRiskLevels
			insiderRiskLevels agentIdRiskLevels guestOrExternalUserTypes membershipKind transferMethods includeUserActions enforcementType
			attestationEnforcement attestationLevel passkeyType passkeyTypes targetType authenticationMode policyType policyMigrationState
			requirementsSatisfied allowedCombinations appliesToCombinations trustType profileType deviceOwnership managementType
			complianceState managedDeviceOwnerType deviceEnrollmentType managementAgent jailBroken phoneType phoneAppVersion appVersion
			androidSecurityPatchLevel signInType capabilityStatus provisioningStatus authenticationType federatedIdpMfaBehavior code
			countryLookupMethod countriesAndRegions countryOrRegion country usageLocation conditionalAccessStatus result
			conditionalAccessCondition ruleSatisfied conditionsSatisfied conditionsNotSatisfied signInEventTypes authenticationRequirement
			authenticationProtocol originalTransferMethod crossTenantAccessType networkType operationType category mode
			x509CertificateAuthenticationMode x509CertificateAuthenticationDefaultMode methodsRegistered systemPreferredAuthenticationMethods
			methodUsabilityReason type frequencyInterval cloudAppSecurityType @odata.type skuPartNumber servicePlanName detail
			targetedAuthenticationMethod audienceReasons defaultMfaMethod enforcedSessionControls isUsable memberType authenticationInterval
			includeTargetsType numberMatchingRequiredState key mdmAppId appliesTo activityDisplayName loggedByService`,
		wording: `
			operatingSystem operatingSystemVersion osVersion browser userAgent appDisplayName resourceDisplayName clientAppUsed clientApp
			failureReason additionalDetails resultReason authenticationMethod authenticationMethodDetail
			authenticationStepResultDetail authenticationStepRequirement model manufacturer employeeType servicePrincipalName`,
		publicID: `
			appId resourceId aaGuid aaGuids allowedAAGUIDs roleDefinitionId roleTemplateId templateId includeRoles excludeRoles
			includeApplications excludeApplications conditionalAccessAudiences applicationId skuId servicePlanId disabledPlans`,
		numeric: `
			errorCode status lifetimeInMinutes defaultLifetimeInMinutes minimumLifetimeInMinutes maximumLifetimeInMinutes defaultLength
			snoozeDurationInDays value consumedUnits enabled suspended warning lockedOut reconfirmationInDays`,
		structural: `
			activityDateTime allowedIssuerSkis allowedPasskeyProfiles allowedPolicyOIDs app applicationFilter applications
			appliedConditionalAccessPolicies approximateLastSignInDateTime assignedLicenses authenticationAppDeviceDetails
			authenticationContextClassReferences authenticationDetails authenticationFlows authenticationMethodConfigurations
			authenticationMethodsRegistrationCampaign authenticationModeConfiguration authenticationStepDateTime authenticationStrength
			azureADDeviceId cidrAddress city clientApplications combinationConfigurations conditions configurationId correlationId
			createdDateTime customAuthenticationFactors defaultPasskeyProfile department deviceDetail deviceFilter deviceId deviceName
			devices directoryScopeId displayName enforcedGrantControls enrolledDateTime error excludeGroups excludeGuestsOrExternalUsers
			excludeLocations excludeRulesSatisfied excludeTargets excludeUsers externalTenants federationConfiguration grantControls groupId
			groupIds homeTenantId id identities inboundTrust includeAuthenticationContextClassReferences includeGroups
			includeGuestsOrExternalUsers includeLocations includeRulesSatisfied includeTargets includeUnknownCountriesAndRegions includeUsers
			initiatedBy ipAddress ipRanges isAttestationEnforced isBuiltIn isCompliant isCompliantDeviceAccepted isDefault isDeleted
			isEnabled isEnforced isHybridAzureADJoinedDeviceAccepted isInteractive isManaged isMfaAccepted isMfaCapable isMfaRegistered
			isOfficePhoneAllowed isPasswordlessCapable isRooted isSelfServiceRegistrationAllowed isServiceDefault isSoftwareOathEnabled
			isSystemPreferredAuthenticationMethodEnabled isTrusted isUsableOnce issuer keyRestrictions lastSyncDateTime lastUpdatedDateTime
			lastUsedDateTime location locations members modifiedProperties name networkLocationDetails networkNames newValue oldValue
			onPremisesSyncEnabled passkeyProfiles platforms principalId registeredOwners registeredUsers registrationDateTime
			registrationEnforcement resourceTenantId riskLastUpdatedDateTime roleDefinition rule rules servicePlans servicePrincipalId
			sessionControls startDateTime succeeded targetResources tenantId termsOfUse transitive user userId userIds userPrincipalName
			users verifiedDomains signInFrequency persistentBrowser applicationEnforcedRestrictions cloudAppSecurity secureSignInSession
			disableResilienceDefaults continuousAccessEvaluation`,
	} {
		for _, name := range strings.Fields(names) {
			all[name] = c
		}
	}
	return all
})

// reserved are texts that stand for something everywhere, where an id could stand.
var reserved = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(`
		all none all_users alltrusted guestsorexternalusers office365 microsoftadminportals allagentidresources allagentidusers
		securitydefaults authenticationmethodspolicy authenticationflowspolicy
		fido2 microsoftauthenticator temporaryaccesspass softwareoath hardwareoath sms voice email x509certificate qrcodepin
		verifiablecredentials serviceprincipalsinmytenant`) {
		all[word] = true
	}
	return all
})

// words are those that may stay in a wording, in lower case: of systems, browsers, apps
// and of the sentences that Entra writes into its logs.
var words = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(`
		a able access account active activesync ad add added admin administrator advanced after all allowed an and android app apple application
		applications apps as at attempt auth authenticated authentication authenticator autodiscover aware azure back be because been beta block
		blocked book bound browser build business by call campaign cancel canceled cancelled cannot card center change changed chrome chromium
		claim claims client clients cloud code codes company completed compliance compliant conditional configuration console context
		control controls cookie could create created creation credential credentials custom data default delete deleted dell denied
		desktop details device devices did directory disabled does due dynamics edg edga edge edgios endpoint enforced enrollment enterprise
		entra error es exchange excel experience expired explorer external failed failure fake federated fido fido2 first firefox flow for found from
		gecko get google graph group had hardware has have hello her hewlett his home hp hub hybrid id identity imap in inc info inactive
		initiated inprivate intel intune invalid invite ios ip ipad ipados iphone is issue issued it its key khtml latitude legacy lenovo license like
		limit linux location locked log login mac macbook macintosh macos mail managed management manager mapi match member message
		met method methods mfa microsoft mobile model modern motorola mozilla multi multifactor must my name needed network new no nokia not notification nt oath
		object of office offline often on once one onedrive online only options or os other others outlook package packard page partner pass passed passkey passkeys
		password passwordless permission phishing phone pin pixel platform play policies policy pop pop3 portal powerpoint powershell present preview previously primary
		pro profile profiles prompt protected protection protocol provider push qr reason reauthentication received recovery refresh register registered
		registration registrationcampaign registrationenforcement rejected remote removed report reporting request required requirement requires reset resistant resource
		response restricted result retrieved reviewed risk risky role rpc rule safari samsung satisfied security service services session set settings
		setup sharepoint sign signed signin signins signing single skipped smart sms smtp software started status step store strong success successful
		successfully surface synced synchronization system teams temporary tenant terms text the this time timeout to token tool tried ubuntu unable
		universal unknown unregistered unsupported update updated use used user users using valid value verification verified verify version via voice was web
		webview were wi win64 window windows with within without word words work workplace wow64 x x64 x86 xbox yammer yubico yubikey you your
		thinkpad elitebook probook optiplex galaxy edition air mini max plus series nfc nano bio credential titan feitian epass token2 thetis
		equipment room resource shared mailbox bot emergency break glass breakglass serviceaccount employee contractor intern
		fast rs wipe owa ews alternate signals interrupt interrupted failover legacyauth`) {
		all[word] = true
	}
	return all
})
