package entra

import "strings"

// DirectoryAudit is a row of /auditLogs/directoryAudits.
type DirectoryAudit struct {
	// ID is no GUID: "Directory_…", "Authentication Methods_…", with a space.
	ID                  string `json:"id"`
	ActivityDateTime    string `json:"activityDateTime"`
	ActivityDisplayName string `json:"activityDisplayName"` // may end in a space
	Category            string `json:"category"`
	CorrelationID       string `json:"correlationId"` // differs between the records of one registration
	LoggedByService     string `json:"loggedByService"`
	OperationType       string `json:"operationType"`
	Result              string `json:"result"` // success, failure, timeout; compared in any letter case
	// ResultReason names the method in records of security info, also of successes.
	ResultReason      string                  `json:"resultReason"`
	InitiatedBy       *AuditActivityInitiator `json:"initiatedBy"`
	TargetResources   []TargetResource        `json:"targetResources"`
	AdditionalDetails []KeyValue              `json:"additionalDetails"`
}

// AuditActivityInitiator is the user or the application that acted; the other is
// nil, and both may be.
type AuditActivityInitiator struct {
	User *UserIdentity `json:"user"`
	App  *AppIdentity  `json:"app"`
}

// UserIdentity is a user who acted.
type UserIdentity struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	UserPrincipalName string `json:"userPrincipalName"`
	IPAddress         string `json:"ipAddress"`
}

// AppIdentity is an application that acted; often only one of the ids is there.
type AppIdentity struct {
	AppID                string `json:"appId"`
	DisplayName          string `json:"displayName"`
	ServicePrincipalID   string `json:"servicePrincipalId"`
	ServicePrincipalName string `json:"servicePrincipalName"`
}

// TargetResource is what a record is about. That of a passkey can have nothing
// but the owner's user principal name; its display name is the id of the key.
type TargetResource struct {
	ID                 string             `json:"id"`
	Type               string             `json:"type"` // User, Device, Group, Policy …
	DisplayName        string             `json:"displayName"`
	UserPrincipalName  string             `json:"userPrincipalName"`
	ModifiedProperties []ModifiedProperty `json:"modifiedProperties"`
}

// ModifiedProperty is a change. The values are JSON inside a text.
type ModifiedProperty struct {
	DisplayName string  `json:"displayName"`
	OldValue    *string `json:"oldValue"`
	NewValue    *string `json:"newValue"`
}

// KeyValue is one additional detail.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Detail is the value of an additional detail, whatever the letter case and place
// of its key: the AAGUID of a passkey stands under "AAGuid" at no fixed index.
// Empty if there is none.
func (a *DirectoryAudit) Detail(key string) string {
	for _, d := range a.AdditionalDetails {
		if strings.EqualFold(strings.TrimSpace(d.Key), key) {
			return d.Value
		}
	}
	return ""
}
