package entra

import "strings"

// DirectoryAudit is a row of /auditLogs/directoryAudits. Graph reference:
// resources/directoryaudit (v1.0).
type DirectoryAudit struct {
	ID                  string           `json:"id"`
	ActivityDateTime    string           `json:"activityDateTime"`
	ActivityDisplayName string           `json:"activityDisplayName"`
	LoggedByService     string           `json:"loggedByService"`
	Result              string           `json:"result"`
	InitiatedBy         AuditActor       `json:"initiatedBy"`
	TargetResources     []TargetResource `json:"targetResources"`
}

// AuditActor is who did something; in general one of its members is null.
type AuditActor struct {
	User *AuditUser `json:"user"`
	App  *AuditApp  `json:"app"`
}

// AuditUser is an account as an actor.
type AuditUser struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
}

// AuditApp is an application as an actor; some rows have the servicePrincipalId
// only.
type AuditApp struct {
	AppID                string `json:"appId"`
	DisplayName          string `json:"displayName"`
	ServicePrincipalID   string `json:"servicePrincipalId"`
	ServicePrincipalName string `json:"servicePrincipalName"`
}

// TargetResource is what something was done to.
type TargetResource struct {
	ID                 string             `json:"id"`
	DisplayName        string             `json:"displayName"`
	Type               string             `json:"type"`
	UserPrincipalName  string             `json:"userPrincipalName"`
	ModifiedProperties []ModifiedProperty `json:"modifiedProperties"`
}

// ModifiedProperty is one change. Values are JSON inside a text.
type ModifiedProperty struct {
	DisplayName string `json:"displayName"`
	OldValue    Raw    `json:"oldValue"`
	NewValue    Raw    `json:"newValue"`
}

// Is compares the activity's name in any letter case; names come with spaces at
// their end.
func (a *DirectoryAudit) Is(activity string) bool {
	return strings.EqualFold(strings.TrimSpace(a.ActivityDisplayName), activity)
}

// Succeeded tells whether the activity was done; a row that does not say is taken
// to be about something that was.
func (a *DirectoryAudit) Succeeded() bool {
	return a.Result == "" || strings.EqualFold(a.Result, "success")
}

// Inner is the value inside a text of JSON, such as "\"enabled\"" for "enabled"; a
// value that is no such text comes back as it is.
func Inner(value Raw) Raw {
	var text string
	if value.Kind() != '"' || Decode(value, &text) != nil {
		return value
	}
	if inner := Raw(text); inner.IsValid() {
		return inner
	}
	return value
}
