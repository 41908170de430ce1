package entra

// Sign-ins are many and long, and most of their text is about policies. Members that
// only beta has are left to Decode.

func (s *SignIn) decodePlain(p *Plain) bool {
	status, device, location, app, applied := s.Status, s.DeviceDetail, s.Location, s.AuthenticationAppDeviceDetails, s.AppliedConditionalAccessPolicies
	*s = SignIn{}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&s.ID, false)
		case "createdDateTime":
			return p.textOf(&s.CreatedDateTime, false)
		case "correlationId":
			return p.textOf(&s.CorrelationID, false)
		case "userId":
			return p.textOf(&s.UserID, false)
		case "userPrincipalName":
			return p.textOf(&s.UserPrincipalName, false)
		case "appId":
			return p.textOf(&s.AppID, true)
		case "appDisplayName":
			return p.textOf(&s.AppDisplayName, true)
		case "resourceId":
			return p.textOf(&s.ResourceID, true)
		case "resourceDisplayName":
			return p.textOf(&s.ResourceDisplayName, true)
		case "homeTenantId":
			return p.textOf(&s.HomeTenantID, true)
		case "resourceTenantId":
			return p.textOf(&s.ResourceTenantID, true)
		case "ipAddress":
			return p.textOf(&s.IPAddress, true)
		case "clientAppUsed":
			return p.textOf(&s.ClientAppUsed, true)
		case "userAgent":
			return p.textOf(&s.UserAgent, true)
		case "isInteractive":
			return p.flagOf(&s.IsInteractive)
		case "status":
			s.Status = status
			return objectOf(p, &s.Status, (*SignInStatus).plainMember)
		case "deviceDetail":
			s.DeviceDetail = device
			return objectOf(p, &s.DeviceDetail, (*DeviceDetail).plainMember)
		case "location":
			s.Location = location
			return objectOf(p, &s.Location, (*SignInLocation).plainMember)
		case "authenticationAppDeviceDetails":
			s.AuthenticationAppDeviceDetails = app
			return objectOf(p, &s.AuthenticationAppDeviceDetails, (*AuthenticationAppDeviceDetails).plainMember)
		case "riskLevelDuringSignIn":
			return p.textOf(&s.RiskLevelDuringSignIn, true)
		case "riskLevelAggregated":
			return p.textOf(&s.RiskLevelAggregated, true)
		case "riskState":
			return p.textOf(&s.RiskState, true)
		case "conditionalAccessStatus":
			return p.textOf(&s.ConditionalAccessStatus, true)
		case "appliedConditionalAccessPolicies":
			if p.peek() == 'n' {
				return p.word("null")
			}
			if s.AppliedConditionalAccessPolicies = applied; applied == nil {
				s.AppliedConditionalAccessPolicies = new([]AppliedConditionalAccessPolicy)
			}
			return p.applied(s.AppliedConditionalAccessPolicies)
		case "signInEventTypes", "authenticationRequirement", "authenticationProtocol", "authenticationDetails", "originalTransferMethod",
			"crossTenantAccessType", "userType", "authenticationContextClassReferences", "networkLocationDetails", "conditionalAccessAudiences":
			return false
		}
		return p.skip(0)
	})
}

// objectOf reads an object or null, which is none. The object of an earlier row is
// used again.
func objectOf[T any](p *Plain, v **T, member func(*T, *Plain, []byte) bool) bool {
	if p.peek() == 'n' {
		*v = nil
		return p.word("null")
	}
	if *v == nil {
		*v = new(T)
	}
	var none T
	**v = none
	return p.members(func(name []byte) bool { return member(*v, p, name) })
}

func (s *SignInStatus) plainMember(p *Plain, name []byte) bool {
	switch string(name) {
	case "errorCode":
		return p.countOf(&s.ErrorCode)
	case "failureReason":
		return p.textOf(&s.FailureReason, true)
	case "additionalDetails":
		return p.textOf(&s.AdditionalDetails, true)
	}
	return p.skip(0)
}

func (d *DeviceDetail) plainMember(p *Plain, name []byte) bool {
	switch string(name) {
	case "deviceId":
		return p.textOf(&d.DeviceID, false)
	case "displayName":
		return p.textOf(&d.DisplayName, false)
	case "operatingSystem":
		return p.textOf(&d.OperatingSystem, true)
	case "browser":
		return p.textOf(&d.Browser, true)
	case "isCompliant":
		return p.flagOf(&d.IsCompliant)
	case "isManaged":
		return p.flagOf(&d.IsManaged)
	case "trustType":
		return p.textOf(&d.TrustType, true)
	}
	return p.skip(0)
}

func (l *SignInLocation) plainMember(p *Plain, name []byte) bool {
	switch string(name) {
	case "city":
		return p.textOf(&l.City, true)
	case "state":
		return p.textOf(&l.State, true)
	case "countryOrRegion":
		return p.textOf(&l.CountryOrRegion, true)
	}
	return p.skip(0)
}

func (a *AuthenticationAppDeviceDetails) plainMember(p *Plain, name []byte) bool {
	switch string(name) {
	case "appVersion":
		return p.textOf(&a.AppVersion, true)
	case "clientApp":
		return p.textOf(&a.ClientApp, true)
	case "deviceId":
		return p.textOf(&a.DeviceID, false)
	case "operatingSystem":
		return p.textOf(&a.OperatingSystem, true)
	}
	return p.skip(0)
}

// applied reads the entries of policies like listOf, and uses the lists inside entries
// of an earlier row again: there may be a hundred entries to a row.
func (p *Plain) applied(v *[]AppliedConditionalAccessPolicy) bool {
	if !p.take('[') {
		return false
	}
	list := (*v)[:0]
	if list == nil {
		list = []AppliedConditionalAccessPolicy{}
	}
	for !p.take(']') {
		n := len(list)
		if n > 0 && !p.take(',') {
			return false
		}
		if n < cap(list) {
			list = list[:n+1]
		} else {
			list = append(list, AppliedConditionalAccessPolicy{})
		}
		if !list[n].decodePlain(p) {
			return false
		}
	}
	*v = list
	return true
}

func (a *AppliedConditionalAccessPolicy) decodePlain(p *Plain) bool {
	grant, session := a.EnforcedGrantControls, a.EnforcedSessionControls
	*a = AppliedConditionalAccessPolicy{}
	if p.peek() == 'n' {
		return p.word("null")
	}
	return p.members(func(name []byte) bool {
		switch string(name) {
		case "id":
			return p.textOf(&a.ID, true)
		case "displayName":
			return p.textOf(&a.DisplayName, true)
		case "result":
			return p.textOf(&a.Result, true)
		case "enforcedGrantControls":
			a.EnforcedGrantControls = grant
			return listOf(p, &a.EnforcedGrantControls, func(s *string) bool { return p.textOf(s, true) })
		case "enforcedSessionControls":
			a.EnforcedSessionControls = session
			return listOf(p, &a.EnforcedSessionControls, func(s *string) bool { return p.textOf(s, true) })
		case "conditionsSatisfied", "conditionsNotSatisfied", "includeRulesSatisfied", "excludeRulesSatisfied":
			return false
		}
		return p.skip(0)
	})
}
