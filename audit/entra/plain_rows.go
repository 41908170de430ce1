package entra

// How each of the types that come by the million is read plainly.

func (u *User) decodePlain(p *Plain) bool {
	licences, identities := u.AssignedLicenses, u.Identities
	*u = User{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&u.ID, false)
		case "userPrincipalName":
			return p.textOf(&u.UserPrincipalName, false)
		case "displayName":
			return p.textOf(&u.DisplayName, false)
		case "userType":
			return p.textOf(&u.UserType, true)
		case "accountEnabled":
			return p.flagOf(&u.AccountEnabled)
		case "externalUserState":
			if p.peek() == 'n' {
				return p.word("null")
			}
			u.ExternalUserState = new(string)
			return p.textOf(u.ExternalUserState, true)
		case "onPremisesSyncEnabled":
			return p.flagOf(&u.OnPremisesSyncEnabled)
		case "assignedLicenses":
			u.AssignedLicenses = licences
			return listOf(p, &u.AssignedLicenses, func(l *AssignedLicense) bool {
				return p.members(func(name []byte) bool {
					if string(name) == "skuId" {
						return p.textOf(&l.SkuID, true)
					}
					return p.skip(0)
				})
			})
		case "employeeType":
			return p.textOf(&u.EmployeeType, true)
		case "department":
			return p.textOf(&u.Department, true)
		case "country":
			return p.textOf(&u.Country, true)
		case "usageLocation":
			return p.textOf(&u.UsageLocation, true)
		case "identities":
			u.Identities = identities
			return listOf(p, &u.Identities, func(i *ObjectIdentity) bool {
				return p.members(func(name []byte) bool {
					switch string(name) {
					case "signInType":
						return p.textOf(&i.SignInType, true)
					case "issuer":
						return p.textOf(&i.Issuer, true)
					}
					return p.skip(0)
				})
			})
		}
		return p.skip(0)
	})
}

func (d *UserRegistrationDetails) decodePlain(p *Plain) bool {
	registered, preferred := d.MethodsRegistered, d.SystemPreferredAuthenticationMethods
	*d = UserRegistrationDetails{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&d.ID, false)
		case "userPrincipalName":
			return p.textOf(&d.UserPrincipalName, false)
		case "isMfaCapable":
			return p.flagOf(&d.IsMfaCapable)
		case "isMfaRegistered":
			return p.flagOf(&d.IsMfaRegistered)
		case "isPasswordlessCapable":
			return p.flagOf(&d.IsPasswordlessCapable)
		case "lastUpdatedDateTime":
			return p.textOf(&d.LastUpdatedDateTime, true)
		case "isSystemPreferredAuthenticationMethodEnabled":
			return p.flagOf(&d.IsSystemPreferredAuthenticationMethodEnabled)
		case "systemPreferredAuthenticationMethods":
			d.SystemPreferredAuthenticationMethods = preferred
			return listOf(p, &d.SystemPreferredAuthenticationMethods, func(s *string) bool { return p.textOf(s, true) })
		case "methodsRegistered":
			d.MethodsRegistered = registered
			return listOf(p, &d.MethodsRegistered, func(s *string) bool { return p.textOf(s, true) })
		}
		return p.skip(0)
	})
}

func (g *GroupMembers) decodePlain(p *Plain) bool {
	users, groups := g.UserIDs, g.GroupIDs
	*g = GroupMembers{}
	// A row may have a million ids: they are parts of one text.
	var row string
	id := func(s *string) bool {
		if !p.is('"') && p.peek() == 'n' {
			return p.word("null")
		}
		if row == "" {
			row = p.own(p.text)
		}
		at, ok := p.quoted()
		if ok {
			*s = row[at.from:at.to]
		}
		return ok
	}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "groupId":
			return p.textOf(&g.GroupID, true)
		case "transitive":
			return p.flagOf(&g.Transitive)
		case "userIds":
			g.UserIDs = users
			return listOf(p, &g.UserIDs, id)
		case "groupIds":
			g.GroupIDs = groups
			return listOf(p, &g.GroupIDs, id)
		}
		return p.skip(0)
	})
}

func (m *UserMethods) decodePlain(p *Plain) bool {
	methods := m.Methods
	*m = UserMethods{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "userId":
			return p.textOf(&m.UserID, false)
		case "value":
			m.Methods = methods
			return listOf(p, &m.Methods, func(a *AuthenticationMethod) bool { return a.decodePlain(p) })
		case "error":
			// Refusals are rare, and have a number.
			return p.peek() == 'n' && p.word("null")
		}
		return p.skip(0)
	})
}

func (a *AuthenticationMethod) decodePlain(p *Plain) bool {
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "@odata.type":
			return p.textOf(&a.ODataType, true)
		case "id":
			return p.textOf(&a.ID, false)
		case "aaGuid":
			return p.textOf(&a.AAGUID, true)
		case "model":
			return p.textOf(&a.Model, true)
		case "attestationLevel":
			return p.textOf(&a.AttestationLevel, true)
		case "passkeyType":
			return p.textOf(&a.PasskeyType, true)
		case "createdDateTime":
			return p.textOf(&a.CreatedDateTime, false)
		case "phoneType":
			return p.textOf(&a.PhoneType, true)
		case "isUsable":
			return p.flagOf(&a.IsUsable)
		case "isUsableOnce":
			return p.flagOf(&a.IsUsableOnce)
		case "methodUsabilityReason":
			return p.textOf(&a.MethodUsabilityReason, true)
		case "startDateTime":
			return p.textOf(&a.StartDateTime, false)
		case "lifetimeInMinutes":
			return p.countOf(&a.LifetimeInMinutes)
		case "displayName":
			return p.textOf(&a.DisplayName, true)
		case "lastUsedDateTime":
			return p.textOf(&a.LastUsedDateTime, false)
		case "phoneAppVersion":
			return p.textOf(&a.PhoneAppVersion, true)
		case "configurationId":
			return p.textOf(&a.ConfigurationID, true)
		}
		return p.skip(0)
	})
}

func (d *Device) decodePlain(p *Plain) bool {
	owners, users := d.RegisteredOwners, d.RegisteredUsers
	*d = Device{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&d.ID, false)
		case "deviceId":
			return p.textOf(&d.DeviceID, false)
		case "displayName":
			return p.textOf(&d.DisplayName, false)
		case "accountEnabled":
			return p.flagOf(&d.AccountEnabled)
		case "operatingSystem":
			return p.textOf(&d.OperatingSystem, true)
		case "operatingSystemVersion":
			return p.textOf(&d.OperatingSystemVersion, true)
		case "manufacturer":
			return p.textOf(&d.Manufacturer, true)
		case "model":
			return p.textOf(&d.Model, true)
		case "trustType":
			return p.textOf(&d.TrustType, true)
		case "profileType":
			return p.textOf(&d.ProfileType, true)
		case "deviceOwnership":
			return p.textOf(&d.DeviceOwnership, true)
		case "managementType":
			return p.textOf(&d.ManagementType, true)
		case "isManaged":
			return p.flagOf(&d.IsManaged)
		case "isCompliant":
			return p.flagOf(&d.IsCompliant)
		case "isRooted":
			return p.flagOf(&d.IsRooted)
		case "registrationDateTime":
			return p.textOf(&d.RegistrationDateTime, false)
		case "approximateLastSignInDateTime":
			return p.textOf(&d.ApproximateLastSignInDateTime, false)
		case "registeredOwners":
			d.RegisteredOwners = owners
			return listOf(p, &d.RegisteredOwners, func(o *DirectoryObject) bool { return o.decodePlain(p) })
		case "registeredUsers":
			d.RegisteredUsers = users
			return listOf(p, &d.RegisteredUsers, func(o *DirectoryObject) bool { return o.decodePlain(p) })
		}
		return p.skip(0)
	})
}

func (o *DirectoryObject) decodePlain(p *Plain) bool {
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "@odata.type":
			return p.textOf(&o.ODataType, true)
		case "id":
			return p.textOf(&o.ID, false)
		}
		return p.skip(0)
	})
}

func (d *ManagedDevice) decodePlain(p *Plain) bool {
	*d = ManagedDevice{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&d.ID, false)
		case "azureADDeviceId":
			return p.textOf(&d.AzureADDeviceID, false)
		case "userId":
			return p.textOf(&d.UserID, false)
		case "userPrincipalName":
			return p.textOf(&d.UserPrincipalName, false)
		case "deviceName":
			return p.textOf(&d.DeviceName, false)
		case "operatingSystem":
			return p.textOf(&d.OperatingSystem, true)
		case "osVersion":
			return p.textOf(&d.OSVersion, true)
		case "manufacturer":
			return p.textOf(&d.Manufacturer, true)
		case "model":
			return p.textOf(&d.Model, true)
		case "complianceState":
			return p.textOf(&d.ComplianceState, true)
		case "managedDeviceOwnerType":
			return p.textOf(&d.ManagedDeviceOwnerType, true)
		case "deviceEnrollmentType":
			return p.textOf(&d.DeviceEnrollmentType, true)
		case "managementAgent":
			return p.textOf(&d.ManagementAgent, true)
		case "jailBroken":
			return p.textOf(&d.JailBroken, true)
		case "androidSecurityPatchLevel":
			return p.textOf(&d.AndroidSecurityPatchLevel, true)
		case "enrolledDateTime":
			return p.textOf(&d.EnrolledDateTime, false)
		case "lastSyncDateTime":
			return p.textOf(&d.LastSyncDateTime, false)
		}
		return p.skip(0)
	})
}
