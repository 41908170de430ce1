package changedbymicrosoft

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

const (
	// policyUpdate is the activity of every change of the policy. Source: the list of
	// audit activities, Microsoft Entra documentation.
	policyUpdate = "Authentication Methods Policy Update"
	// migrationBegins is when passkey profiles became generally available and tenants
	// began to be moved (MC1221452, 2026).
	migrationBegins = "2026-03-01"
)

// history is what the log says about changes Microsoft made.
type history struct {
	// named are the ids of changes of passkey settings or campaign, newest first;
	// unnamed those that do not say what they changed.
	named, unnamed []string
	newest         string // day of the newest of them
	apps           []string
}

type change struct{ id, at, app string }

// changes reads the log.
func changes(ctx context.Context, p *audit.Pass) (history, error) {
	var named, unnamed []change
	strangers := 0
	for o, err := range audit.Objects[entra.DirectoryAudit](ctx, p, snapshot.DirectoryAudits) {
		if err != nil {
			return history{}, err
		}
		e := &o.Value
		// Names of activities come with spaces at their end and in any letter case. An
		// event that does not say how it ended is taken for one that was done.
		if !strings.EqualFold(strings.TrimSpace(e.ActivityDisplayName), policyUpdate) ||
			e.Result != "" && !strings.EqualFold(e.Result, "success") || day(e.ActivityDateTime) < migrationBegins {
			continue
		}
		about := aboutPasskeys(e)
		if about == audit.No {
			continue
		}
		switch app, by := microsoft(e.InitiatedBy); {
		case by == audit.Unsure:
			strangers++
		case by == audit.No:
		case about == audit.Yes:
			named = append(named, change{e.ID, e.ActivityDateTime, app})
		default:
			unnamed = append(unnamed, change{e.ID, e.ActivityDateTime, app})
		}
	}
	if strangers > 0 {
		p.Lacks(snapshot.DirectoryAudits, audit.Hides, "who made "+audit.CountPhrase(strangers, "change of the methods policy", "changes of the methods policy")+" is not told")
	}
	var h history
	for _, list := range []struct {
		of []change
		to *[]string
	}{{named, &h.named}, {unnamed, &h.unnamed}} {
		slices.SortFunc(list.of, func(a, b change) int {
			if c := strings.Compare(b.at, a.at); c != 0 {
				return c
			}
			return strings.Compare(a.id, b.id)
		})
		for _, c := range list.of {
			*list.to = append(*list.to, c.id)
			h.newest = max(h.newest, day(c.at))
			if !slices.Contains(h.apps, c.app) {
				h.apps = append(h.apps, c.app)
			}
		}
	}
	return h, nil
}

// day is the date of a time, which Graph gives in UTC.
func day(at string) string { return at[:min(len(at), len("2026-09-01"))] }

// microsoft tells whether an actor is a service of Microsoft, by its name. Nobody
// vouches for an app's name; an app of the tenant seldom takes one like these. An
// actor without a name is not known.
func microsoft(a *entra.AuditActivityInitiator) (name string, is audit.Tri) {
	if a == nil {
		return "", audit.Unsure
	}
	if a.User != nil && (a.User.ID != "" || a.User.UserPrincipalName != "") {
		return "", audit.No
	}
	if a.App == nil {
		return "", audit.Unsure
	}
	for _, name := range []string{a.App.DisplayName, a.App.ServicePrincipalName} {
		first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
		switch strings.ToLower(first) {
		case "microsoft", "azure", "entra":
			return strings.TrimSpace(name), audit.Yes
		case "windows":
			if strings.HasPrefix(strings.ToLower(name), "windows azure") {
				return strings.TrimSpace(name), audit.Yes
			}
		}
	}
	if a.App.DisplayName == "" && a.App.ServicePrincipalName == "" {
		return "", audit.Unsure
	}
	return "", audit.No
}

// subjects are words of settings this check is about, in lower case.
var subjects = []string{"fido2", "passkey", "registrationcampaign", "registrationenforcement"}

func mentions(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(subjects, func(word string) bool { return strings.Contains(text, word) })
}

// aboutPasskeys tells whether an update changed passkey settings or the campaign.
// Since April 2026 the log holds the changed properties only; changes of the whole
// policy, such as the campaign's, may still hold all of it before and after (WN,
// what's new in Microsoft Entra, April 2026). An update that lists no properties
// does not say.
func aboutPasskeys(e *entra.DirectoryAudit) audit.Tri {
	answer := audit.Unsure
	for _, t := range e.TargetResources {
		for _, m := range t.ModifiedProperties {
			before, after := inner(m.OldValue), inner(m.NewValue)
			switch {
			case bytes.Equal(before, after):
			case isPolicy(before) && isPolicy(after):
				if !bytes.Equal(passkeyPart(before), passkeyPart(after)) {
					return audit.Yes
				}
			case mentions(m.DisplayName), mentions(t.DisplayName), mentions(string(before)), mentions(string(after)):
				return audit.Yes
			}
			answer = audit.No
		}
	}
	return answer
}

// inner is the value of a changed property, which is JSON inside a text, and may be
// wrapped so twice.
func inner(text *string) entra.Raw {
	if text == nil {
		return nil
	}
	value := entra.MustEncode(*text)
	for value.Kind() == '"' {
		var wrapped string
		if entra.Decode(value, &wrapped) != nil || !entra.Raw(wrapped).IsValid() {
			break
		}
		value = entra.Raw(wrapped)
	}
	return value
}

func isPolicy(value entra.Raw) bool {
	_, found := entra.Lookup(value, "/authenticationMethodConfigurations")
	return found
}

// passkeyPart is what of a whole policy this check is about, in a form that can be
// compared.
func passkeyPart(policy entra.Raw) []byte {
	var v struct {
		Configurations []map[string]any `json:"authenticationMethodConfigurations"`
		Enforcement    any              `json:"registrationEnforcement"`
	}
	if entra.Decode(policy, &v) != nil {
		return policy
	}
	part := []any{v.Enforcement}
	for _, c := range v.Configurations {
		if id, _ := c["id"].(string); strings.EqualFold(id, entra.MethodFido2) {
			part = append(part, c)
		}
	}
	text, err := entra.Encode(part)
	if err != nil {
		return policy
	}
	return text
}

// words says what the log holds.
func (h history) words() string {
	if len(h.named) > 0 {
		return fmt.Sprintf("%s passkey settings or the registration campaign, last on %s, made by Microsoft (%s) and not by an administrator",
			audit.CountPhrase(len(h.named), "change of", "changes of"), h.newest, strings.Join(h.apps, ", "))
	}
	return fmt.Sprintf("%s the authentication methods policy, last on %s, made by Microsoft (%s) and not by an administrator; the log does not say what was changed",
		audit.CountPhrase(len(h.unnamed), "change of", "changes of"), h.newest, strings.Join(h.apps, ", "))
}

// quote quotes who made the newest changes.
func (h history) quote(ctx context.Context, p *audit.Pass) ([]audit.Evidence, error) {
	ids := h.named
	if len(ids) == 0 {
		ids = h.unnamed
	}
	const most = 3
	ids = ids[:min(most, len(ids))]
	rows, err := audit.RowsOf(ctx, p, snapshot.DirectoryAudits, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			all = append(all,
				audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/initiatedBy/app", "a service of Microsoft changed the policy"),
				audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/activityDateTime", "when it did"))
		}
	}
	return all, nil
}
