package collect

import (
	"context"
	"net/http"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// readMethodsPolicy reads the methods policy, with the passkey profiles put into
// it where Graph does not send them along: they are a navigation property and
// come only with the one configuration, expanded.
func readMethodsPolicy(ctx context.Context, j *job) error {
	policy, err := j.get(ctx, graphclient.AuthenticationMethodsPolicy())
	if err != nil {
		return err
	}
	bare := func(c entra.Raw) bool {
		_, there := entra.Lookup(c, "/passkeyProfiles")
		return !there && strings.EqualFold(entra.Text(c, "/id"), entra.MethodFido2)
	}
	policy, _, err = replaceElement(policy, "authenticationMethodConfigurations", bare, func(c entra.Raw) (entra.Raw, error) {
		profiles, err := passkeyProfiles(ctx, j.r.client)
		switch {
		case err != nil && (ctx.Err() != nil || lostToken(err)):
			return nil, err
		case err != nil:
			j.lacking(err, "the passkey profiles could not be read: %s", reasonOf(err))
			return c, nil
		case profiles == nil:
			return c, nil
		}
		return splice(c, "passkeyProfiles", profiles)
	})
	if err != nil {
		return err
	}
	return j.append(policy)
}

// passkeyProfiles returns the profiles as Graph wrote them; nil if its answer has
// none.
func passkeyProfiles(ctx context.Context, c *graphclient.Client) (entra.Raw, error) {
	var err error
	for _, req := range fido2Requests() {
		var raw entra.Raw
		if raw, err = c.Get(ctx, req); err == nil {
			raw, err = whole(raw)
		}
		if err == nil {
			profiles, _ := entra.Lookup(raw, "/passkeyProfiles")
			return profiles, nil
		}
		if !refusedWith(err, http.StatusBadRequest) {
			break
		}
	}
	return nil, err
}

func readPartners(ctx context.Context, j *job) error {
	return j.listInto(ctx, &idSet{}, "tenantId", j.keepAll, graphclient.CrossTenantPartners())
}

func conditionalAccessRequests() []graphclient.Request {
	return []graphclient.Request{graphclient.ConditionalAccessPolicies()}
}

// learnPrincipal takes note of who holds a role: it may be a group.
func learnPrincipal(r *run, row entra.Raw) { r.refs.addPrincipal(entra.Text(row, "/principalId")) }
