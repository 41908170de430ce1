package tenantgen

import (
	"strings"
	"time"
)

// logDays is how far back the logs go.
const logDays = 30

// eventTime spreads n events evenly over the days of the log, newest first.
func eventTime(i, n int) time.Time {
	span := int64(logDays * 24 * time.Hour / time.Second)
	return takenAt.Add(-time.Duration(int64(i+1)*span/int64(n+1)) * time.Second)
}

// signInCodes are what becomes of sign-ins: success, a prompt, a wrong password, a
// policy that blocks, registration wanted.
var (
	signInCodes = []struct {
		code, weight int
		reason       string
	}{
		{0, 900, "Other."},
		{50074, 45, "Strong Authentication is required."},
		{50126, 30, "Error validating credentials due to invalid username or password."},
		{53003, 15, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
		{50072, 10, "Due to a configuration change made by your administrator, you must enroll in multifactor authentication."},
	}
	signInWeights = func() weighted {
		var weights []int
		for _, c := range signInCodes {
			weights = append(weights, c.weight)
		}
		return weigh(weights...)
	}()
	signInApps = []struct{ id, name string }{
		{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"},
		{"00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"},
		{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"},
		{"19db86c3-b2b9-44cc-b339-36da233a3be2", "My Signins"},
	}
)

// someone is an account that signs in, the i-th time anybody does.
func (t *tenant) someone(what trait, i int) account {
	for k := uint64(0); ; k++ {
		a := t.account(below(t.Users, t.draw(what, uint64(i), k)))
		if !a.disabled && (a.person() || a.role == guest || k > 100) {
			return a
		}
	}
}

func (t *tenant) signInRows(add appender) error {
	var r row
	for i := range t.SignIns {
		a := t.someone(ofEvent, i)
		x := t.draw(ofEvent, uint64(i), 1<<20)
		what, app := signInCodes[signInWeights.pick(x)], signInApps[below(len(signInApps), mix(x))]
		status := "success"
		if what.code != 0 {
			status = "failure"
		}
		system, browser, managed, compliant, trust, id, name := "Windows10", "Edge 142.0.0", false, false, "", "", ""
		if all := a.devices(); len(all) > 0 && below(4, mix(x+1)) > 0 {
			d := all[below(len(all), mix(x+2))]
			managed, compliant, id, name = d.managed, d.compliant, t.deviceID(&a, d), d.name
			trust = map[string]string{"AzureAd": "Azure AD joined", "ServerAd": "Hybrid Azure AD joined", "Workplace": "Azure AD registered"}[d.trust]
			switch d.os {
			case "MacMDM":
				system, browser = "MacOs", "Safari 26.1"
			case "iOS":
				system, browser = "Ios "+d.version, ""
			case "Android":
				system, browser = "Android "+d.version, ""
			}
		}
		address := strings.TrimSuffix(a.country.network[:strings.IndexByte(a.country.network, '/')], ".")
		if below(3, mix(x+3)) == 0 {
			address = "198.51.100.77"
		}
		client := "Browser"
		if browser == "" {
			client = "Mobile Apps and Desktop clients"
		}
		r.start().text("id", t.guid(ofEvent, uint64(i), 1<<21)).time("createdDateTime", eventTime(i, t.SignIns)).
			text("userDisplayName", a.displayName()).text("userPrincipalName", a.upn()).text("userId", a.id).
			text("appId", app.id).text("appDisplayName", app.name).text("ipAddress", address).text("clientAppUsed", client).
			text("correlationId", t.guid(ofEvent, uint64(i), 1<<22)).text("conditionalAccessStatus", status).flag("isInteractive", true).
			text("riskDetail", "none").text("riskLevelAggregated", "none").text("riskLevelDuringSignIn", "none").text("riskState", "none").
			raw("riskEventTypes", "[]").raw("riskEventTypes_v2", "[]").text("resourceDisplayName", app.name).text("resourceId", app.id).
			open("status", '{').number("errorCode", what.code).text("failureReason", what.reason).raw("additionalDetails", "null").close('}').
			open("deviceDetail", '{').text("deviceId", id).text("displayName", name).text("operatingSystem", system).text("browser", browser).
			flag("isCompliant", compliant).flag("isManaged", managed).orNull("trustType", trust).close('}').
			open("location", '{').raw("city", "null").raw("state", "null").text("countryOrRegion", a.country.code).close('}')
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}

// auditRows are registrations of methods; every fourth is of a passkey.
func (t *tenant) auditRows(add appender) error {
	const logged = "Authentication Methods"
	for i := range t.Audits {
		a := t.someone(ofRole, i)
		reason := "User registered Authenticator App with Notification and Code"
		if i%4 == 0 {
			reason = "User registered Fido2 Authentication Method"
		}
		user := object{"id": a.id, "displayName": nil, "userPrincipalName": a.upn(), "ipAddress": "198.51.100.77"}
		err := addObject(add, object{
			"id":               logged + "_" + t.guid(ofEvent, uint64(i), 1<<23),
			"activityDateTime": eventTime(i, t.Audits).Format(time.RFC3339), "activityDisplayName": "User registered security info",
			"category": "UserManagement", "correlationId": t.guid(ofEvent, uint64(i), 1<<24), "loggedByService": logged, "operationType": "ServiceApi",
			"result": "success", "resultReason": reason, "initiatedBy": object{"app": nil, "user": user},
			"targetResources":   []object{{"id": a.id, "displayName": a.displayName(), "type": "User", "userPrincipalName": a.upn(), "groupType": nil, "modifiedProperties": none()}},
			"additionalDetails": none(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
