package tenantgen

import "iter"

// accounts yields every account in order. The value is the loop's own until the
// next one.
func (t *tenant) accounts() iter.Seq[*account] {
	return func(yield func(*account) bool) {
		for n := range t.Users {
			a := t.account(n)
			if !yield(&a) {
				return
			}
		}
	}
}

func (t *tenant) userRows(add appender) error {
	var r row
	for a := range t.accounts() {
		upn, userType, state, employeeType := a.upn(), "Member", "", ""
		issuer := initialDomain
		switch a.role {
		case employee:
			employeeType = "Employee"
		case contractor:
			employeeType = "Contractor"
		case guest:
			userType, state, issuer = "Guest", "Accepted", a.partner()
		}
		r.start().text("id", a.id).text("userPrincipalName", upn).text("displayName", a.displayName()).text("userType", userType).
			flag("accountEnabled", !a.disabled).time("createdDateTime", t.past(2500, 2, uint64(ofState), uint64(a.n))).
			orNull("externalUserState", state)
		if a.synced {
			r.flag("onPremisesSyncEnabled", true)
		} else {
			r.raw("onPremisesSyncEnabled", "null")
		}
		r.open("assignedLicenses", '[')
		if sku := a.sku(); sku != "" {
			r.item().raw("disabledPlans", "[]").text("skuId", sku).close('}')
		}
		r.close(']').orNull("employeeType", employeeType)
		if a.person() {
			r.text("department", a.department.name).text("country", a.country.name).text("usageLocation", a.country.code)
		} else {
			r.raw("department", "null").raw("country", "null").raw("usageLocation", "null")
		}
		r.open("identities", '[').item()
		if a.role == guest {
			r.text("signInType", "federated").text("issuer", issuer).raw("issuerAssignedId", "null").close('}').item()
		}
		r.text("signInType", "userPrincipalName").text("issuer", initialDomain).text("issuerAssignedId", upn).close('}').close(']').
			time("lastPasswordChangeDateTime", t.past(700, 1, uint64(ofKit), uint64(a.n)))
		if err := add(r.end()); err != nil {
			return err
		}
	}
	return nil
}

// Licences by the ids of Microsoft's price list.
const (
	skuE3    = "05e9a617-0261-4cee-bb44-138d3ef5d965"
	skuE5    = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
	skuF3    = "66b55226-6b4f-492c-910c-a3b7a3c9d993"
	skuRooms = "4cde982a-ede4-4409-9ae6-b003453c8ea6"
)

func (t *tenant) skuRows(add appender) error {
	plans := map[string]string{
		"AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
		"INTUNE_A": "c1ec4a95-1f05-45b3-a911-aa3fa01094f5",
	}
	for _, s := range []struct {
		id, part string
		plans    []string
	}{
		{skuE3, "SPE_E3", texts("AAD_PREMIUM", "INTUNE_A")}, {skuE5, "SPE_E5", texts("AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A")},
		{skuF3, "SPE_F1", texts("AAD_PREMIUM", "INTUNE_A")}, {skuRooms, "Microsoft_Teams_Rooms_Pro", texts("AAD_PREMIUM", "INTUNE_A")},
	} {
		var services []object
		for _, p := range s.plans {
			services = append(services, object{"servicePlanId": plans[p], "servicePlanName": p, "provisioningStatus": "Success", "appliesTo": "User"})
		}
		raw, err := object{
			"id": t.id + "_" + s.id, "accountId": t.id, "appliesTo": "User", "capabilityStatus": "Enabled", "skuId": s.id, "skuPartNumber": s.part,
			"prepaidUnits": object{"enabled": t.Users, "suspended": 0, "warning": 0, "lockedOut": 0}, "servicePlans": services,
		}.row()
		if err == nil {
			err = add(raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tenant) organization(add appender) error {
	domain := func(name string, isDefault bool) object {
		return object{"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": isDefault, "isInitial": name == initialDomain, "name": name, "type": "Managed"}
	}
	return addObject(add, object{
		"id": t.id, "displayName": companyName, "createdDateTime": "2016-04-11T09:20:31Z", "countryLetterCode": "NL", "tenantType": "AAD",
		"onPremisesSyncEnabled": true, "onPremisesLastSyncDateTime": "2026-11-22T05:41:12Z",
		"assignedPlans": []object{
			{"assignedDateTime": "2022-01-15T09:30:00Z", "capabilityStatus": "Enabled", "service": "AADPremiumService", "servicePlanId": "eec0eb4f-6444-4f95-aba0-50c24d67f998"},
		},
		"verifiedDomains": []object{domain(mainDomain, true), domain(initialDomain, false), domain(boughtDomain, false), domain(strictDomain, false)},
	})
}

const companyName = "Altamere Group"

// domainRows has two federated domains: one whose provider's multifactor
// authentication counts, and one where Entra always does its own.
func (t *tenant) domainRows(add appender) error {
	for _, d := range []struct{ name, behaviour string }{
		{mainDomain, ""}, {initialDomain, ""}, {boughtDomain, "acceptIfMfaDoneByFederatedIdp"}, {strictDomain, "rejectMfaByFederatedIdp"},
	} {
		kind, federation := "Managed", none()
		if d.behaviour != "" {
			kind = "Federated"
			federation = append(federation, object{
				"@odata.type": "#microsoft.graph.internalDomainFederation", "id": t.guid(ofID, 1<<40, uint64(len(d.name))),
				"displayName": d.name, "issuerUri": "https://sts." + d.name + "/trust", "preferredAuthenticationProtocol": "wsFed",
				"federatedIdpMfaBehavior": d.behaviour,
			})
		}
		err := addObject(add, object{
			"id": d.name, "authenticationType": kind, "isAdminManaged": true, "isDefault": d.name == mainDomain, "isInitial": d.name == initialDomain,
			"isRoot": true, "isVerified": true, "supportedServices": texts("Email"), "federationConfiguration": federation,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func addObject(add appender, o object) error {
	raw, err := o.row()
	if err != nil {
		return err
	}
	return add(raw)
}

func addObjects(add appender, list []object) error {
	for _, o := range list {
		if err := addObject(add, o); err != nil {
			return err
		}
	}
	return nil
}

// servicePrincipalRows are the applications that verdicts ask about.
func (t *tenant) servicePrincipalRows(add appender) error {
	return addObjects(add, []object{
		{"id": t.guid(ofID, 1<<41, 1), "appId": "ea890292-c8c8-4433-b5ea-b09d0668e1a6", "displayName": "Azure Credential Configuration Endpoint Service"},
		{"id": t.guid(ofID, 1<<41, 2), "appId": "4813382a-8fa7-425e-ab75-3b753aab3abb", "displayName": "Microsoft Authenticator"},
		{"id": t.guid(ofID, 1<<41, 3), "appId": "19db86c3-b2b9-44cc-b339-36da233a3be2", "displayName": "My Signins"},
	})
}

func trust(mfa bool) object {
	return object{"isMfaAccepted": mfa, "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false}
}

func (t *tenant) crossTenantDefault(add appender) error {
	return addObject(add, object{"isServiceDefault": false, "inboundTrust": trust(false)})
}

func (t *tenant) crossTenantPartners(add appender) error {
	var list []object
	for i := range partners {
		list = append(list, object{"tenantId": t.guid(ofID, 1<<42, uint64(i)), "isServiceProvider": false, "inboundTrust": trust(i%2 == 0)})
	}
	return addObjects(add, list)
}

func (t *tenant) securityDefaults(add appender) error {
	return addObject(add, object{"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "isEnabled": false})
}
